/** Smoothed round trip and its deviation, as RFC 6298 computes them. */

/** One path's round trip. */
export class RoundTrip {
  #smoothedMs: number | undefined;
  #deviationMs = 0;
  #hintMs: number | undefined;

  /** The smoothed round trip, or what another plane measured, or undefined. */
  get ms(): number | undefined {
    return this.#smoothedMs ?? this.#hintMs;
  }

  /** The smoothed mean deviation; half the hint while there is no measurement. */
  get deviationMs(): number {
    return this.#smoothedMs === undefined ? (this.#hintMs ?? 0) / 2 : this.#deviationMs;
  }

  /** One measurement. */
  sample(ms: number): void {
    if (!(ms >= 0) || ms > 60_000) return;
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += (Math.abs(this.#smoothedMs - ms) - this.#deviationMs) / 4;
    this.#smoothedMs += (ms - this.#smoothedMs) / 8;
  }

  /** What another plane measured; counts until the first sample. */
  hint(ms: number): void {
    if (ms >= 0 && ms <= 60_000) this.#hintMs = ms;
  }

  /** After how long an answer that did not come is asked for again. */
  retryMs(fallbackMs: number, marginMinMs: number): number {
    const ms = this.ms;
    return ms === undefined ? fallbackMs : ms + Math.max(marginMinMs, 4 * this.deviationMs);
  }
}
