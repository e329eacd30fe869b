/** What the sink holds of one stream: its channel, what feeds it, and who is there. */
import type { StreamName } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Clock } from "../../core/ports.ts";
import type { Channel } from "./channel.ts";

/** Remembered viewers of segments, each stream: beyond, the one seen longest ago is forgotten. */
const VIEWERS_MAX = 10_000;

/** A session that brings the stream; only the first of several is shown. */
export interface Feed {
  readonly session: string;
  readonly ended: Listeners;
}

/** One stream. */
export class Entry {
  readonly feeds: Feed[] = [];
  /** Players of segments, by address and program, and when each asked last. */
  readonly viewers = new Map<string, number>();
  /** Somebody was here last at this time. */
  audienceMs: number;
  /** Whether the node's role is asked for a session. */
  wanted = false;
  readonly #waiting = new Set<() => void>();
  readonly #stops = new Set<() => void>();

  constructor(readonly stream: StreamName, readonly channel: Channel, nowMs: number) {
    this.audienceMs = nowMs;
  }

  /** Readers, players and requests that wait. */
  get audience(): number {
    return this.channel.clients.size + this.viewers.size + this.#waiting.size;
  }

  /** A player of segments asked for something. */
  seen(viewer: string, nowMs: number): void {
    this.audienceMs = nowMs;
    this.viewers.delete(viewer);
    this.viewers.set(viewer, nowMs);
    if (this.viewers.size <= VIEWERS_MAX) return;
    const [oldest] = this.viewers.keys();
    if (oldest !== undefined) this.viewers.delete(oldest);
  }

  /** Forgets players that have not asked for `silentMs`. */
  forgetViewers(nowMs: number, silentMs: number): void {
    for (const [viewer, sinceMs] of this.viewers) {
      if (nowMs - sinceMs < silentMs) return;
      this.viewers.delete(viewer);
    }
  }

  /** Something changed: whoever waits looks again. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves with true once `test` holds, with false when that takes too long. */
  when(test: () => boolean, withinMs: number, clock: Clock): Promise<boolean> {
    if (test()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (held: boolean) => {
        timer[Symbol.dispose]();
        this.#waiting.delete(look);
        this.#stops.delete(give);
        resolve(held);
      };
      const look = () => {
        if (test()) finish(true);
      };
      const give = () => finish(false);
      const timer = clock.after(withinMs, give);
      this.#waiting.add(look);
      this.#stops.add(give);
    });
  }

  /** Nothing more comes: nobody waits any longer, readers are ended. */
  close(): void {
    for (const give of [...this.#stops]) give();
    for (const client of [...this.channel.clients]) {
      this.channel.leave(client);
      client.writer.end();
    }
  }
}
