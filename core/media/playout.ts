/**
 * When a packet is due at a smooth receiver: its time stamp, mapped to the local clock by the fastest
 * delivery seen, plus the budget. Sender's and receiver's clocks may drift against each other, so "fastest"
 * forgets after a while and follows slowly upwards.
 */

/** Two windows of this length remember the fastest delivery: a clock 100 ppm off drifts 3 ms meanwhile. */
const WINDOW_MS = 15_000;
/** How fast the mapping follows a delivery that has become slower: 5 ms a second, unseen by a player. */
const FOLLOW = 0.005;
/** A time stamp this far from its arrival is a new time base. */
const BREAK_MS = 10_000;

/** Maps time stamps to the moment of delivery. */
export class Playout {
  readonly #budgetMs: number;
  #anchor: number | undefined;
  #anchorMs = 0;
  #offsetMs = 0;
  #fastestMs = Infinity;
  #fastestBeforeMs = Infinity;
  #windowMs = 0;
  #followedMs = 0;

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Media time in ms on a line without turns, near the last time stamp played. */
  #mediaMs(timestamp: number): number {
    return this.#anchorMs + ((timestamp - (this.#anchor ?? timestamp)) | 0) / 90;
  }

  #restart(timestamp: number, arrivalMs: number): void {
    this.#anchor = timestamp;
    this.#anchorMs = 0;
    this.#offsetMs = arrivalMs;
    this.#fastestMs = arrivalMs;
    this.#fastestBeforeMs = Infinity;
    this.#windowMs = arrivalMs;
    this.#followedMs = arrivalMs;
  }

  /** A packet came. */
  arrival(timestamp: number, nowMs: number): void {
    if (this.#anchor === undefined) this.#restart(timestamp, nowMs);
    const offsetMs = nowMs - this.#mediaMs(timestamp);
    if (Math.abs(offsetMs - this.#offsetMs) > BREAK_MS) return;
    if (nowMs - this.#windowMs > WINDOW_MS) {
      this.#fastestBeforeMs = this.#fastestMs;
      this.#fastestMs = Infinity;
      this.#windowMs = nowMs;
    }
    if (offsetMs < this.#fastestMs) this.#fastestMs = offsetMs;
    const fastestMs = Math.min(this.#fastestMs, this.#fastestBeforeMs);
    if (fastestMs < this.#offsetMs) this.#offsetMs = fastestMs;
    else {
      const followMs = Math.max(0, nowMs - this.#followedMs) * FOLLOW;
      this.#offsetMs = Math.min(fastestMs, this.#offsetMs + followMs);
    }
    this.#followedMs = nowMs;
  }

  /** When the packet is due; never later than `budgetMs` after it came. */
  dueMs(timestamp: number, arrivalMs: number): number {
    const sentMs = this.#mediaMs(timestamp) + this.#offsetMs;
    // A time base that is not the current one says nothing; the packet waits its budget from its arrival.
    if (Math.abs(arrivalMs - sentMs) > BREAK_MS) return arrivalMs + this.#budgetMs;
    return Math.min(sentMs, arrivalMs) + this.#budgetMs;
  }

  /** The packet goes out: its time base is the current one from here on. */
  played(timestamp: number, arrivalMs: number, nowMs: number): void {
    const sentMs = this.#mediaMs(timestamp) + this.#offsetMs;
    if (this.#anchor === undefined || Math.abs(arrivalMs - sentMs) > BREAK_MS) {
      this.#restart(timestamp, Math.min(arrivalMs, nowMs));
      return;
    }
    this.#anchorMs = this.#mediaMs(timestamp);
    this.#anchor = timestamp;
  }
}
