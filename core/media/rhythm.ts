/** How regularly packets come, and from when on their absence is a silence. */

/** Shortest silence: a source that sends in bursts of one video frame pauses up to 40 ms. */
const SILENCE_MIN_MS = 80;
/** Weight of a new spacing in the mean and its deviation. */
const WEIGHT = 1 / 16;
/** A pause longer than this is not taken for the source's habit. */
const PAUSE_MAX_MS = 1000;
/** How long the longest harmless pause is remembered. */
const PAUSE_MEMORY_MS = 10_000;

/** Two lost reports are no silence: distances double, so that takes seven intervals, or three of the longest. */
const PROMISE_INTERVALS = 7;
const PROMISE_MAX_MS = 3000;

/** Spacing of one parent's packets. */
export class Rhythm {
  #lastMs = 0;
  #meanMs = 0;
  #deviationMs = 0;
  #arrivals = 0;
  #pauseMs = 0;
  #pauseBeforeMs = 0;
  #pauseSinceMs = 0;
  #promisedMs = 0;

  /** Nothing came yet; silence counts from `graceMs` after now. */
  start(nowMs: number, graceMs: number): void {
    this.#lastMs = nowMs;
    this.#promisedMs = nowMs + graceMs;
    this.#pauseSinceMs = nowMs;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  /** `contiguous`: nothing is missing between the last packet and this one, so a pause was the source's own. */
  arrival(nowMs: number, contiguous: boolean): void {
    const spacing = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#promisedMs = nowMs;
    if (this.#arrivals++ === 0) return;
    if (nowMs - this.#pauseSinceMs > PAUSE_MEMORY_MS) {
      this.#pauseBeforeMs = this.#pauseMs;
      this.#pauseMs = 0;
      this.#pauseSinceMs = nowMs;
    }
    if (contiguous && spacing > this.#pauseMs) this.#pauseMs = Math.min(spacing, PAUSE_MAX_MS);
    const bounded = Math.min(spacing, PAUSE_MAX_MS);
    this.#deviationMs += (Math.abs(bounded - this.#meanMs) - this.#deviationMs) * WEIGHT;
    this.#meanMs += (bounded - this.#meanMs) * WEIGHT;
  }

  /** The parent is alive, has nothing new, and speaks again within `nextMs`. */
  promise(nowMs: number, nextMs: number): void {
    this.#promisedMs = Math.max(
      this.#promisedMs,
      nowMs + Math.min(PROMISE_INTERVALS * nextMs, PROMISE_MAX_MS),
    );
  }

  /** The moment from which a sender that owes nothing should say so: longer than its own usual pauses. */
  idleFromMs(minMs: number): number {
    const pause = Math.max(this.#pauseMs, this.#pauseBeforeMs);
    return this.#lastMs + Math.max(minMs, 3 * this.#meanMs, 1.25 * pause);
  }

  /** The moment from which the absence of packets is a silence. */
  get silentFromMs(): number {
    const pause = Math.max(this.#pauseMs, this.#pauseBeforeMs);
    const patience = Math.max(
      SILENCE_MIN_MS,
      this.#meanMs + 4 * this.#deviationMs,
      3 * this.#meanMs,
      1.25 * pause,
    );
    return Math.max(this.#lastMs, this.#promisedMs) + patience;
  }
}
