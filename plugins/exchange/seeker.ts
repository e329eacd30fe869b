/** When to look for parents while there is none. */
import type { UpstreamTimes } from "./times.ts";

/** Pauses that double, with jitter, so that nodes that lost the same parent do not ask in step. */
export class Seeker {
  #tries = 0;
  #atMs: number | undefined;

  constructor(readonly times: UpstreamTimes, readonly random: () => number) {}

  /** When the next search is due; Infinity while none is needed. */
  get atMs(): number {
    return this.#atMs ?? Infinity;
  }

  /** Somebody is asked: no search for now. */
  rest(): void {
    this.#atMs = undefined;
  }

  /** Media flows: the next search is the first again. */
  reset(): void {
    this.#tries = 0;
  }

  /** Nobody is asked; returns the number of the search that is due, if one is. */
  due(nowMs: number): number | undefined {
    this.#atMs ??= nowMs;
    if (nowMs < this.#atMs) return undefined;
    this.#tries++;
    const { seekBaseMs, seekMaxMs } = this.times;
    const wait = Math.min(seekMaxMs, seekBaseMs * 2 ** Math.min(this.#tries - 1, 16));
    this.#atMs = nowMs + wait * (0.75 + this.random() / 2);
    return this.#tries;
  }
}
