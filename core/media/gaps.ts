/**
 * The numbers of one stream that are known to exist and are not here, in ascending order. What a storm of losses costs is
 * what a node has least of then: everything known of them lies in rows of numbers, at the low bits of theirs.
 */
import type { LinkId } from "./api.ts";

/** Places a new table has: most streams never miss more at a time. */
const FIRST_PLACES = 64;
/** No place, and no number. */
export const NONE = -1;

/** Where a missing packet is noted. Another packet gets it as soon as this one has come or is given up. */
export type Place = number;

/** What is known of missing packets, by place. */
class Columns {
  readonly number: Float64Array;
  /** Missing packets given up last, so that one that comes after all is counted rightly. */
  readonly lost: Float64Array;
  readonly sinceMs: Float64Array;
  readonly dueMs: Float64Array;
  readonly shownBy: Int32Array;
  readonly asks: Int32Array;
  readonly urgent: Int32Array;
  /** The places of the next higher and the next lower number. */
  readonly later: Int32Array;
  readonly earlier: Int32Array;

  constructor(places: number) {
    this.number = new Float64Array(places).fill(NONE);
    this.lost = new Float64Array(places).fill(NONE);
    this.sinceMs = new Float64Array(places);
    this.dueMs = new Float64Array(places);
    this.shownBy = new Int32Array(places);
    this.asks = new Int32Array(places);
    this.urgent = new Int32Array(places);
    this.later = new Int32Array(places);
    this.earlier = new Int32Array(places);
  }

  copy(at: Place, from: Columns, place: Place): void {
    this.number[at] = from.number[place] ?? NONE;
    this.sinceMs[at] = from.sinceMs[place] ?? 0;
    this.dueMs[at] = from.dueMs[place] ?? 0;
    this.shownBy[at] = from.shownBy[place] ?? 0;
    this.asks[at] = from.asks[place] ?? 0;
    this.urgent[at] = from.urgent[place] ?? 0;
  }
}

/** Of streams that have missed nothing yet. */
const NOTHING = new Columns(0);

/** Missing packets of one stream, bounded. */
export class Gaps {
  readonly maxMissing: number;
  readonly maxSpan: number;
  #columns = NOTHING;
  #mask = -1;
  #size = 0;
  #first: Place = NONE;
  #last: Place = NONE;

  /** `maxMissing`: of a longer hole only the newest are tracked; `maxSpan`, a power of two: none is further behind the newest. */
  constructor(maxMissing: number, maxSpan: number) {
    this.maxMissing = maxMissing;
    this.maxSpan = maxSpan;
  }

  get size(): number {
    return this.#size;
  }

  /** The missing packet with the lowest number, `NONE` when nothing is missing; the others follow by `laterThan`. */
  get first(): Place {
    return this.#first;
  }

  /** The lowest missing number; undefined when nothing is missing. */
  get lowest(): number | undefined {
    return this.#first === NONE ? undefined : this.numberAt(this.#first);
  }

  /** The missing packet with the next higher number; `NONE` after the last. */
  laterThan(place: Place): Place {
    return this.#columns.later[place] ?? NONE;
  }

  numberAt(place: Place): number {
    return this.#columns.number[place] ?? NONE;
  }

  /** The parent whose later packet showed the gap. */
  shownBy(place: Place): LinkId {
    return this.#columns.shownBy[place] ?? NONE;
  }

  sinceMs(place: Place): number {
    return this.#columns.sinceMs[place] ?? 0;
  }

  /** What is missing counts as missing from this moment on. */
  restart(place: Place, nowMs: number): void {
    this.#columns.sinceMs[place] = nowMs;
  }

  /** When it is asked for next. */
  dueMs(place: Place): number {
    return this.#columns.dueMs[place] ?? 0;
  }

  setDue(place: Place, atMs: number): void {
    this.#columns.dueMs[place] = atMs;
  }

  /** How often it was asked for. */
  asks(place: Place): number {
    return this.#columns.asks[place] ?? 0;
  }

  setAsks(place: Place, asks: number): void {
    this.#columns.asks[place] = asks;
  }

  /** Urgent requests still to come; -1 before the last moment for a request has come. */
  urgent(place: Place): number {
    return this.#columns.urgent[place] ?? -1;
  }

  setUrgent(place: Place, requests: number): void {
    this.#columns.urgent[place] = requests;
  }

  has(number: number): boolean {
    return this.#columns.number[number & this.#mask] === number;
  }

  /** Notes `from` to `to` as missing, which are higher than any before; returns how many had no room and were given up. */
  open(from: number, to: number, shownBy: LinkId, nowMs: number, dueMs: number): number {
    let gaveUp = Math.max(0, to - from + 1 - this.maxMissing);
    from += gaveUp;
    const excess = this.#size + (to - from + 1) - this.maxMissing;
    for (let over = 0; over < excess && this.#first !== NONE; over++) {
      this.giveUp(this.numberAt(this.#first));
      gaveUp++;
    }
    for (let number = from; number <= to; number++) {
      for (let other = this.#placed(number); other !== NONE; other = this.#placed(number)) {
        if (this.#mask + 1 < this.maxSpan) this.#grow();
        else {
          this.giveUp(other);
          gaveUp++;
        }
      }
      this.#append(number, shownBy, nowMs, dueMs);
    }
    return gaveUp;
  }

  /** Which number has the place of `number`; a table that is not there yet is made. */
  #placed(number: number): number {
    if (this.#mask < 0) this.#grow();
    return this.numberAt(number & this.#mask);
  }

  #append(number: number, shownBy: LinkId, nowMs: number, dueMs: number): void {
    const columns = this.#columns;
    const place = number & this.#mask;
    columns.number[place] = number;
    columns.sinceMs[place] = nowMs;
    columns.dueMs[place] = dueMs;
    columns.shownBy[place] = shownBy;
    columns.asks[place] = 0;
    columns.urgent[place] = -1;
    this.#chain(columns, place);
    this.#size++;
  }

  #chain({ later, earlier }: Columns, place: Place): void {
    later[place] = NONE;
    earlier[place] = this.#last;
    if (this.#last === NONE) this.#first = place;
    else later[this.#last] = place;
    this.#last = place;
  }

  #grow(): void {
    const old = this.#columns;
    const columns = new Columns(Math.max(FIRST_PLACES, 2 * old.number.length));
    const mask = columns.number.length - 1;
    for (const number of old.lost) if (number >= 0) columns.lost[number & mask] = number;
    let place = this.#first;
    this.#first = NONE;
    this.#last = NONE;
    for (; place !== NONE; place = old.later[place] ?? NONE) {
      const at = (old.number[place] ?? 0) & mask;
      columns.copy(at, old, place);
      this.#chain(columns, at);
    }
    this.#columns = columns;
    this.#mask = mask;
  }

  #remove(place: Place): void {
    const { number, later, earlier } = this.#columns;
    const before = earlier[place] ?? NONE;
    const after = later[place] ?? NONE;
    if (before === NONE) this.#first = after;
    else later[before] = after;
    if (after === NONE) this.#last = before;
    else earlier[after] = before;
    number[place] = NONE;
    this.#size--;
  }

  /** The packet came; `NONE` when it was not missing. What is known of it holds until the next hole opens. */
  take(number: number): Place {
    if (this.#size === 0) return NONE;
    const place = number & this.#mask;
    if (this.numberAt(place) !== number) return NONE;
    this.#remove(place);
    return place;
  }

  /** Nobody waits for this packet any more. */
  giveUp(number: number): void {
    const place = this.take(number);
    if (place !== NONE) this.#columns.lost[place] = number;
  }

  /** Whether a packet that was given up came after all; tells it once. */
  takeLost(number: number): boolean {
    const at = number & this.#mask;
    if (this.#columns.lost[at] !== number) return false;
    this.#columns.lost[at] = NONE;
    return true;
  }
}
