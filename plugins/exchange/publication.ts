/** A stream that this node originates. */
import { Listeners } from "../../core/listeners.ts";
import type { Clock, Rng } from "../../core/ports.ts";
import type { Datapath, Publication, StreamInfo } from "../../core/slots.ts";
import type { StreamTable } from "./streams.ts";

/** What a publication needs of its node. */
export interface PublicationNeeds {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly datapath: Datapath;
  readonly streams: StreamTable;
  /** Whether somebody here or below has it. */
  readonly isWatched: () => boolean;
  readonly onEnded: (publication: OwnStream) => void;
  readonly onDisposed: (publication: OwnStream) => void;
}

/** What a datapath spreads over time has gone out by then; what has not goes out with the end. */
const SETTLE_MS = 100;
/** How long an ended or withdrawn stream stays open, so that its last packets can be repaired. */
const DRAIN_MS = 3000;

/** The publication. */
export class OwnStream implements Publication {
  readonly #startedMs: number;
  readonly #hold: Disposable;
  readonly #watchers = new Listeners<[watched: boolean]>();
  #told = false;
  #bytes = 0;
  #state: "live" | "ending" | "ended" | "disposed" = "live";
  #last = 0;
  #timer: Disposable | undefined;

  constructor(readonly info: StreamInfo, readonly needs: PublicationNeeds) {
    this.#startedMs = needs.clock.now();
    this.#hold = needs.streams.hold(info.ssrc);
    const random = needs.rng.bytes(2);
    // RFC 3550, section 5.1: the first number is random, so that it cannot be guessed.
    const first = ((random[0] ?? 0) << 8) | (random[1] ?? 0);
    needs.datapath.command({ kind: "originate", ssrc: info.ssrc, first });
  }

  /** The number of the last packet once the stream is over. */
  get last(): number | undefined {
    return this.#state === "ended" ? this.#last : undefined;
  }

  get watched(): boolean {
    return this.needs.isWatched();
  }

  /** Bits per second: as announced, else as measured. */
  get bitrate(): number {
    if (this.info.bitrate !== undefined) return this.info.bitrate;
    const seconds = (this.needs.clock.now() - this.#startedMs) / 1000;
    return seconds < 1 ? 0 : this.#bytes * 8 / seconds;
  }

  push(ts: Uint8Array, dueMs: number): void {
    if (this.#state !== "live") return;
    this.#bytes += ts.length;
    this.needs.datapath.publish(this.info.ssrc, ts, dueMs);
  }

  end(): void {
    if (this.#state !== "live") return;
    this.#state = "ending";
    const { clock, datapath } = this.needs;
    const { ssrc } = this.info;
    this.#timer = clock.after(SETTLE_MS, () => datapath.command({ kind: "end", ssrc }));
  }

  /** The engine has sent everything: the last packet is number `last`. */
  finished(last: number): void {
    if (this.#state !== "ending") return;
    this.#last = last;
    this.#state = "ended";
    this.needs.onEnded(this);
  }

  onWatched(fn: (watched: boolean) => void): Disposable {
    return this.#watchers.on(fn);
  }

  /** Tells listeners when somebody watches now and nobody did, or the other way round. */
  refresh(): void {
    const watched = this.watched;
    if (watched === this.#told || this.#state === "disposed") return;
    this.#told = watched;
    this.#watchers.emit(watched);
  }

  [Symbol.dispose](): void {
    if (this.#state === "disposed") return;
    this.#state = "disposed";
    this.#timer?.[Symbol.dispose]();
    this.#watchers.clear();
    this.#timer = this.needs.clock.after(DRAIN_MS, () => this.#hold[Symbol.dispose]());
    this.needs.onDisposed(this);
  }

  /** Closes at once: the node stops. */
  close(): void {
    this.#state = "disposed";
    this.#timer?.[Symbol.dispose]();
    this.#watchers.clear();
    this.#hold[Symbol.dispose]();
  }
}
