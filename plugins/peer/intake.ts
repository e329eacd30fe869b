/** How fast this peer takes payload: above the rate nothing more is asked for until it is paid. */
import { ByteBucket } from "../../core/swarm/meter.ts";
import type { PeerHost } from "./host.ts";

/** At once at most, so that an unlimited bucket has a finite burst. */
const BURST_MAX_BYTES = 1024 * 1024;

/** The limit on downloads, all files together. */
export class Intake {
  readonly #node: PeerHost;
  readonly #bucket: ByteBucket;
  #timer: Disposable | undefined;

  constructor(node: PeerHost, bytesPerSecond: number) {
    this.#node = node;
    const burst = Math.min(BURST_MAX_BYTES, bytesPerSecond / 4);
    this.#bucket = new ByteBucket(bytesPerSecond, burst, node.ctx.clock.now());
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** Payload came. */
  taken(bytes: number): void {
    const { clock } = this.#node.ctx;
    const nowMs = clock.now();
    this.#node.down.add(bytes, nowMs);
    this.#bucket.take(bytes, nowMs);
    const waitMs = this.#bucket.waitMs(nowMs);
    if (waitMs === 0 || this.#timer !== undefined) return;
    this.#setPaused(true);
    this.#timer = clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#setPaused(false);
    });
  }

  #setPaused(paused: boolean): void {
    for (const running of [...this.#node.running.values()]) {
      running.transfer.paused = paused || running.disk.error !== undefined;
      if (!paused) this.#node.feed(running, { kind: "turn" });
    }
  }
}
