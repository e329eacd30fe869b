/** How regularly packets come, and from when on their absence is a silence. */

/** Shortest silence: a source that sends in bursts of one video frame pauses up to 40 ms. */
const SILENCE_MIN_MS = 80;
/** Weight of a new spacing in the mean and its deviation. */
const WEIGHT = 1 / 16;
/** A longer spacing counts as this long in the mean. */
const SPACING_MAX_MS = 1000;
/** A longer habit is not learned: in such a pause the sender says that it has nothing to send. */
const HABIT_MAX_MS = 200;
/** A habit shows this often: a machine that hung once, or a change of parent further up, is none. */
const HABIT_TIMES = 3;
/** How long pauses are remembered. */
const PAUSE_MEMORY_MS = 10_000;
/** In a habitual pause too, a sender speaks before the shortest silence is over. */
const IDLE_MAX_MS = 60;

/** Two lost reports are no silence: distances double, so that takes seven intervals, or three of the longest. */
const PROMISE_INTERVALS = 7;
const PROMISE_MAX_MS = 3000;

/** Spacing of one parent's packets. */
export class Rhythm {
  #lastMs = 0;
  #meanMs = 0;
  #deviationMs = 0;
  #arrivals = 0;
  /** The longest pauses of this time and of the one before, longest first. */
  #pauses: number[] = [];
  /** The pause that showed often enough in this time, and in the one before; 0 for none. */
  #habitNowMs = 0;
  #habitBeforeMs = 0;
  #pauseSinceMs = 0;
  #promisedMs = 0;
  #notBeforeMs = 0;

  /** Nothing came yet; silence counts from `graceMs` after now. */
  start(nowMs: number, graceMs: number): void {
    this.#lastMs = nowMs;
    this.#promisedMs = nowMs + graceMs;
    this.#pauseSinceMs = nowMs;
  }

  /** Mean spacing of packets. */
  get meanMs(): number {
    return this.#meanMs;
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
      this.#habitBeforeMs = this.#habitNowMs;
      this.#habitNowMs = 0;
      this.#pauses = [];
      this.#pauseSinceMs = nowMs;
    }
    if (contiguous && spacing > this.#habitNowMs) this.#note(spacing);
    const bounded = Math.min(spacing, SPACING_MAX_MS);
    this.#deviationMs += (Math.abs(bounded - this.#meanMs) - this.#deviationMs) * WEIGHT;
    this.#meanMs += (bounded - this.#meanMs) * WEIGHT;
  }

  #note(pauseMs: number): void {
    this.#pauses.push(Math.min(pauseMs, HABIT_MAX_MS));
    this.#pauses.sort((a, b) => b - a);
    if (this.#pauses.length > HABIT_TIMES) this.#pauses.pop();
    this.#habitNowMs = this.#pauses[HABIT_TIMES - 1] ?? 0;
  }

  get #habitMs(): number {
    return Math.max(this.#habitNowMs, this.#habitBeforeMs);
  }

  /** Nobody looked for a while: what came meanwhile is read within `graceMs`. */
  extend(nowMs: number, graceMs: number): void {
    this.#notBeforeMs = nowMs + graceMs;
  }

  /** The parent is alive, has nothing new, and speaks again within `nextMs`. */
  promise(nowMs: number, nextMs: number): void {
    this.#promisedMs = Math.max(
      this.#promisedMs,
      nowMs + Math.min(PROMISE_INTERVALS * nextMs, PROMISE_MAX_MS),
    );
  }

  /** For how long a promise to others is covered by the one that was made here. */
  promisedForMs(nowMs: number): number {
    return Math.max(0, (this.#promisedMs - nowMs) / PROMISE_INTERVALS);
  }

  /**
   * The moment from which a sender that owes nothing should say so: longer than its own usual spacing, and
   * before anybody takes the pause for a silence.
   */
  idleFromMs(minMs: number): number {
    const habit = Math.min(1.25 * this.#habitMs, IDLE_MAX_MS);
    return this.#lastMs + Math.max(minMs, 2 * this.#meanMs, habit);
  }

  /** The moment from which the absence of packets is a silence. */
  get silentFromMs(): number {
    const patience = Math.max(
      SILENCE_MIN_MS,
      this.#meanMs + 4 * this.#deviationMs,
      3 * this.#meanMs,
      1.25 * this.#habitMs,
    );
    return Math.max(Math.max(this.#lastMs, this.#promisedMs) + patience, this.#notBeforeMs);
  }
}
