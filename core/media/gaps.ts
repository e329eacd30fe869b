/**
 * The numbers of one stream that are known to exist and are not here, in ascending order. What a storm of losses costs is
 * what a node has least of then: entries are chained and used again, and found by the low bits of their numbers.
 */
import type { LinkId } from "./api.ts";

/** Places a new table has: most streams never miss more at a time. */
const FIRST_PLACES = 64;
const NOBODY: LinkId = -1;

/** One missing packet. It is used for another as soon as the packet has come or is given up. */
export class Missing {
  number = -1;
  /** The parent whose later packet showed the gap. */
  shownBy: LinkId = NOBODY;
  sinceMs = 0;
  /** When it is asked for next. */
  dueMs = 0;
  asks = 0;
  /** Urgent requests still to come; -1 before the last moment for a request has come. */
  urgent = -1;
  /** The next higher number that is missing. */
  later: Missing | undefined = undefined;
  earlier: Missing | undefined = undefined;
}

/** Missing packets of one stream, bounded. */
export class Gaps {
  #places: (Missing | undefined)[] = [];
  /** Missing packets given up last, so that one that comes after all is counted rightly. */
  #lost = new Float64Array(0);
  #mask = -1;
  #size = 0;
  #first: Missing | undefined;
  #last: Missing | undefined;
  /** Entries to use again. */
  #spare: Missing | undefined;

  /** `maxMissing`: of a longer hole only the newest are tracked; `maxSpan`, a power of two: none is further behind the newest. */
  constructor(readonly maxMissing: number, readonly maxSpan: number) {}

  get size(): number {
    return this.#size;
  }

  /** The missing packet with the lowest number; the others follow by `later`. */
  get first(): Missing | undefined {
    return this.#first;
  }

  /** The lowest missing number; undefined when nothing is missing. */
  get lowest(): number | undefined {
    return this.#first?.number;
  }

  has(number: number): boolean {
    return this.#places[number & this.#mask]?.number === number;
  }

  /** Notes `from` to `to` as missing, which are higher than any before; returns how many had no room and were given up. */
  open(from: number, to: number, shownBy: LinkId, nowMs: number, dueMs: number): number {
    let gaveUp = Math.max(0, to - from + 1 - this.maxMissing);
    from += gaveUp;
    const excess = this.#size + (to - from + 1) - this.maxMissing;
    for (let over = 0; over < excess && this.#first !== undefined; over++) {
      this.giveUp(this.#first.number);
      gaveUp++;
    }
    for (let number = from; number <= to; number++) {
      for (let other = this.#placed(number); other !== undefined; other = this.#placed(number)) {
        if (this.#places.length < this.maxSpan) this.#grow();
        else {
          this.giveUp(other.number);
          gaveUp++;
        }
      }
      this.#append(number, shownBy, nowMs, dueMs);
    }
    return gaveUp;
  }

  /** Who has the place of `number`; a table that is not there yet is made. */
  #placed(number: number): Missing | undefined {
    if (this.#mask < 0) this.#grow();
    return this.#places[number & this.#mask];
  }

  #append(number: number, shownBy: LinkId, nowMs: number, dueMs: number): void {
    const missing = this.#spare ?? new Missing();
    this.#spare = missing.later;
    missing.number = number;
    missing.shownBy = shownBy;
    missing.sinceMs = nowMs;
    missing.dueMs = dueMs;
    missing.asks = 0;
    missing.urgent = -1;
    missing.later = undefined;
    missing.earlier = this.#last;
    if (this.#last === undefined) this.#first = missing;
    else this.#last.later = missing;
    this.#last = missing;
    this.#places[number & this.#mask] = missing;
    this.#size++;
  }

  #grow(): void {
    const places = Math.max(FIRST_PLACES, 2 * this.#places.length);
    const lost = this.#lost;
    this.#mask = places - 1;
    this.#places = new Array<Missing | undefined>(places).fill(undefined);
    this.#lost = new Float64Array(places).fill(-1);
    for (const number of lost) if (number >= 0) this.#lost[number & this.#mask] = number;
    for (let one = this.#first; one !== undefined; one = one.later) {
      this.#places[one.number & this.#mask] = one;
    }
  }

  #remove(missing: Missing): void {
    const { earlier, later } = missing;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    this.#places[missing.number & this.#mask] = undefined;
    this.#size--;
    missing.earlier = undefined;
    missing.later = this.#spare;
    this.#spare = missing;
  }

  /** The packet came; undefined when it was not missing. The entry is valid until the next hole opens. */
  take(number: number): Missing | undefined {
    if (this.#size === 0) return undefined;
    const missing = this.#places[number & this.#mask];
    if (missing?.number !== number) return undefined;
    this.#remove(missing);
    return missing;
  }

  /** Nobody waits for this packet any more. */
  giveUp(number: number): void {
    if (this.take(number) !== undefined) this.#lost[number & this.#mask] = number;
  }

  /** Whether a packet that was given up came after all; tells it once. */
  takeLost(number: number): boolean {
    const at = number & this.#mask;
    if (this.#lost[at] !== number) return false;
    this.#lost[at] = -1;
    return true;
  }
}
