/** How long changes of parent leave a node without packets. */

/**
 * Measures from the last packet of the old parent to the first of the new one. A failover counts when
 * the old parent is given up, which may be before or after the new one delivers.
 */
export class OutageMeter {
  #sinceMs: number | undefined;
  #gapMs = 0;
  #waiting = false;
  #failovers = 0;
  #lastMs: number | undefined;

  /** Nothing comes just now. */
  get open(): boolean {
    return this.#sinceMs !== undefined;
  }

  get failovers(): number {
    return this.#failovers;
  }

  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** Nobody delivers since then. */
  begin(sinceMs: number): void {
    this.#sinceMs ??= sinceMs;
  }

  /** Somebody delivers; returns the outage when this ends a failover. */
  flowing(nowMs: number): number | undefined {
    if (this.#sinceMs === undefined) return undefined;
    this.#gapMs = Math.max(0, nowMs - this.#sinceMs);
    this.#sinceMs = undefined;
    if (!this.#waiting) return undefined;
    this.#waiting = false;
    return this.#count(this.#gapMs);
  }

  /** A parent was lost and nobody else delivers. */
  lost(lastArrivalMs: number): void {
    this.begin(lastArrivalMs);
    this.#waiting = true;
  }

  /** A parent was given up and another delivers already; `silent`: the other has taken its place. */
  replaced(silent: boolean): number {
    return this.#count(silent ? this.#gapMs : 0);
  }

  /** Another incarnation begins. */
  reset(): void {
    this.#sinceMs = undefined;
    this.#waiting = false;
  }

  #count(outageMs: number): number {
    this.#failovers++;
    this.#lastMs = outageMs;
    return outageMs;
  }
}
