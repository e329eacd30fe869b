/** Puts RTP packets in order that a local network swapped; what stays away is given up soon. */
import { sequenceDistance } from "../../core/wire/rtp.ts";

/** Packets held at most: 20 ms at 30 Mbit/s. */
const HELD_MAX = 64;
/** A number this far off is no late packet but a sender that counts anew. */
const RESET_DISTANCE = 1000;

/** Totals. */
export interface ReorderCounters {
  readonly reordered: number;
  readonly lost: number;
  /** Packets that came twice or after they were given up. */
  readonly stale: number;
}

interface Held {
  readonly payload: Uint8Array;
  readonly sinceMs: number;
}

/** Order by sequence number within a bounded wait. */
export class RtpReorder {
  readonly #held = new Map<number, Held>();
  #next: number | undefined;
  #reordered = 0;
  #lost = 0;
  #stale = 0;

  constructor(readonly waitMs: number) {}

  get counters(): ReorderCounters {
    return { reordered: this.#reordered, lost: this.#lost, stale: this.#stale };
  }

  /** When the oldest packet that waits is let go. */
  deadlineMs(): number | undefined {
    let oldest: number | undefined;
    for (const { sinceMs } of this.#held.values()) oldest = Math.min(oldest ?? sinceMs, sinceMs);
    return oldest === undefined ? undefined : oldest + this.waitMs;
  }

  /** Takes a packet; returns the payloads that are in order now. */
  feed(sequence: number, payload: Uint8Array, nowMs: number): readonly Uint8Array[] {
    this.#next ??= sequence;
    const distance = sequenceDistance(this.#next, sequence);
    const before = Math.abs(distance) > RESET_DISTANCE ? this.flush() : [];
    if (before.length > 0 || this.#next === undefined || Math.abs(distance) > RESET_DISTANCE) {
      this.#next = (sequence + 1) & 0xffff;
      return [...before, payload];
    }
    if (distance < 0 || this.#held.has(sequence)) {
      this.#stale++;
      return [];
    }
    if (distance > 0) {
      this.#held.set(sequence, { payload, sinceMs: nowMs });
      return this.#held.size > HELD_MAX ? this.#skip() : [];
    }
    this.#next = (sequence + 1) & 0xffff;
    if (this.#held.size > 0) this.#reordered++;
    return [payload, ...this.#ready()];
  }

  /** Gives up what has been waited for long enough. */
  expire(nowMs: number): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    for (;;) {
      const deadline = this.deadlineMs();
      if (deadline === undefined || deadline > nowMs) return out;
      out.push(...this.#skip());
    }
  }

  /** Lets go of everything, in order, and forgets where the sender stood. */
  flush(): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    while (this.#held.size > 0) out.push(...this.#skip());
    this.#next = undefined;
    return out;
  }

  /** Goes on behind the hole in front. */
  #skip(): readonly Uint8Array[] {
    const next = this.#next ?? 0;
    let step: number | undefined;
    for (const sequence of this.#held.keys()) {
      const distance = sequenceDistance(next, sequence);
      if (step === undefined || distance < step) step = distance;
    }
    if (step === undefined) return [];
    this.#lost += step;
    this.#next = (next + step) & 0xffff;
    return this.#ready();
  }

  #ready(): readonly Uint8Array[] {
    const out: Uint8Array[] = [];
    for (;;) {
      const next = this.#next ?? 0;
      const held = this.#held.get(next);
      if (held === undefined) return out;
      this.#held.delete(next);
      this.#next = (next + 1) & 0xffff;
      out.push(held.payload);
    }
  }
}
