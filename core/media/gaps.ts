/**
 * The numbers of one stream that are known to exist and are not here. Entries are made in ascending order
 * and a Map keeps the order of insertion, so iterating goes from the oldest on. The oldest alone is found by counting up:
 * a Map that lost its first entries walks over their places whenever it is asked for its first.
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
  /** The same in the order of their loss, around and around. */
  readonly #lostOrder: number[] = [];
  #lostAt = 0;
  /** Nothing below this is missing. */
  #low = 0;

  /** `maxMissing`: of a longer hole only the newest are tracked. */
  constructor(readonly maxMissing: number) {}

  get size(): number {
    return this.#missing.size;
  }

  /** The lowest missing number; undefined when nothing is missing. */
  get lowest(): number | undefined {
    if (this.#missing.size === 0) return undefined;
    while (!this.#missing.has(this.#low)) this.#low++;
    return this.#low;
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
    const excess = this.#missing.size + (to - from + 1) - this.maxMissing;
    for (let over = 0; over < excess; over++) {
      this.giveUp(this.lowest ?? from);
      gaveUp++;
    }
    if (this.#missing.size === 0) this.#low = from;
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
    const oldest = this.#lostOrder[this.#lostAt];
    if (oldest !== undefined) this.#lost.delete(oldest);
    this.#lost.add(number);
    this.#lostOrder[this.#lostAt] = number;
    this.#lostAt = (this.#lostAt + 1) % this.maxMissing;
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
    this.#lostOrder.length = 0;
    this.#lostAt = 0;
    return missing;
  }
}
