/** Intervals between the heartbeats of one neighbour, lost ones included: the last 200 of them. */

/** 40 s at five heartbeats a second: short enough to follow a change of the path. */
const WINDOW = 200;
/** Before anything is measured, so many intervals of the promised length are taken as seen ... */
const PRIOR = 8;
/** ... with this deviation, as a share of the length. */
const PRIOR_DEVIATION = 0.25;
/** A pause longer than this is an outage, not an interval. */
const INTERVAL_MAX_MS = 5000;

/** A window of intervals with mean and deviation. */
export class Arrivals {
  readonly #window = new Float64Array(WINDOW);
  #count = 0;
  #at = 0;
  #sum = 0;
  #squares = 0;
  #lastMs: number | undefined;

  /** Takes an arrival of a heartbeat. */
  note(nowMs: number): void {
    const last = this.#lastMs;
    this.#lastMs = nowMs;
    if (last === undefined || nowMs - last > INTERVAL_MAX_MS) return;
    const interval = nowMs - last;
    if (this.#count === WINDOW) {
      const gone = this.#window[this.#at] ?? 0;
      this.#sum -= gone;
      this.#squares -= gone * gone;
    } else this.#count++;
    this.#window[this.#at] = interval;
    this.#at = (this.#at + 1) % WINDOW;
    this.#sum += interval;
    this.#squares += interval * interval;
  }

  /** What comes next does not end an interval: one of the two ends slept, or the link was down. */
  skip(): void {
    this.#lastMs = undefined;
  }

  /** Another life of the other end. */
  reset(): void {
    this.#count = 0;
    this.#at = 0;
    this.#sum = 0;
    this.#squares = 0;
    this.#lastMs = undefined;
  }

  /** Mean and standard deviation in ms; `promisedMs` is what the other end says its interval is. */
  distribution(promisedMs: number): { readonly meanMs: number; readonly deviationMs: number } {
    const n = this.#count + PRIOR;
    const meanMs = (this.#sum + PRIOR * promisedMs) / n;
    const priorSquares = PRIOR * promisedMs ** 2 * (1 + PRIOR_DEVIATION ** 2);
    const variance = (this.#squares + priorSquares) / n - meanMs ** 2;
    return { meanMs, deviationMs: Math.sqrt(Math.max(0, variance)) };
  }
}
