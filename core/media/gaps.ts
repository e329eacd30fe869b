/**
 * The numbers of one stream that are known to exist and are not here. Entries are made in ascending order
 * and a Map keeps the order of insertion, so iterating goes from the oldest on.
 */
import type { LinkId } from "./api.ts";

/** One missing packet. */
export interface Missing {
  readonly number: number;
  /** The parent whose later packet showed the gap. */
  readonly shownBy: LinkId;
  sinceMs: number;
  /** When it is asked for next. */
  dueMs: number;
  asks: number;
  /** Urgent requests still to come; -1 before the last moment for a request has come. */
  urgent: number;
}

/** Missing packets of one stream, bounded. */
export class Gaps {
  readonly #missing = new Map<number, Missing>();
  /** Missing packets given up last, so that one that comes after all is counted rightly. */
  readonly #lost = new Set<number>();

  /** `maxMissing`: of a longer hole only the newest are tracked. */
  constructor(readonly maxMissing: number) {}

  get size(): number {
    return this.#missing.size;
  }

  /** The lowest missing number; undefined when nothing is missing. */
  get lowest(): number | undefined {
    for (const number of this.#missing.keys()) return number;
    return undefined;
  }

  has(number: number): boolean {
    return this.#missing.has(number);
  }

  values(): IterableIterator<Missing> {
    return this.#missing.values();
  }

  /** Notes `from` to `to` as missing; returns how many older ones had no room and were given up. */
  open(from: number, to: number, shownBy: LinkId, nowMs: number, dueMs: number): number {
    let gaveUp = Math.max(0, to - from + 1 - this.maxMissing);
    from += gaveUp;
    let excess = this.#missing.size + (to - from + 1) - this.maxMissing;
    for (const number of this.#missing.keys()) {
      if (excess-- <= 0) break;
      this.giveUp(number);
      gaveUp++;
    }
    for (let number = from; number <= to; number++) {
      this.#missing.set(number, { number, shownBy, sinceMs: nowMs, dueMs, asks: 0, urgent: -1 });
    }
    return gaveUp;
  }

  /** The packet came; undefined when it was not missing. */
  take(number: number): Missing | undefined {
    if (this.#missing.size === 0) return undefined;
    const missing = this.#missing.get(number);
    if (missing !== undefined) this.#missing.delete(number);
    return missing;
  }

  /** Nobody waits for this packet any more. */
  giveUp(number: number): void {
    if (!this.#missing.delete(number)) return;
    this.#lost.add(number);
    if (this.#lost.size <= this.maxMissing) return;
    for (const oldest of this.#lost) {
      this.#lost.delete(oldest);
      return;
    }
  }

  /** Whether a packet that was given up came after all; tells it once. */
  takeLost(number: number): boolean {
    return this.#lost.size > 0 && this.#lost.delete(number);
  }

  /** Forgets everything; returns how many were missing. */
  clear(): number {
    const missing = this.#missing.size;
    this.#missing.clear();
    this.#lost.clear();
    return missing;
  }
}
