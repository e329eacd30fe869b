/** A token bucket whose rate follows what it is a share of. */

/** Tokens that refill with time; rate and depth are told at each use. */
export class Budget {
  #tokens: number;
  #atMs: number;

  /** Starts full: with `tokens` at `nowMs`. */
  constructor(tokens: number, nowMs: number) {
    this.#tokens = tokens;
    this.#atMs = nowMs;
  }

  /** Adds what time has earned. */
  refill(nowMs: number, perMs: number, depth: number): void {
    const elapsed = nowMs - this.#atMs;
    if (elapsed > 0) this.#tokens += elapsed * perMs;
    if (this.#tokens > depth) this.#tokens = depth;
    this.#atMs = nowMs;
  }

  /** Takes `cost` if that much is there. */
  take(cost: number): boolean {
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  get tokens(): number {
    return this.#tokens;
  }
}
