/** How long to wait before the next try. */

/** Doubles from the first delay to the longest; `reset` after a success. */
export class RetryDelay {
  #nextMs: number;

  constructor(readonly options: { readonly firstMs: number; readonly maxMs: number }) {
    this.#nextMs = options.firstMs;
  }

  /** The delay before the next try. */
  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(this.options.maxMs, delayMs * 2);
    return delayMs;
  }

  /** A try succeeded. */
  reset(): void {
    this.#nextMs = this.options.firstMs;
  }
}
