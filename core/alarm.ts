/** One timer that a shell re-arms from what its brain says is due. */
import type { Clock } from "./ports.ts";

/** Calls `fn` at the time last set. A brain's time is a value; this is the one handle behind it. */
export class Alarm implements Disposable {
  readonly #clock: Clock;
  readonly #fn: () => void;
  #atMs: number | undefined;
  #timer: Disposable | undefined;

  constructor(clock: Clock, fn: () => void) {
    this.#clock = clock;
    this.#fn = fn;
  }

  /** Moves the alarm to `atMs` on the clock; undefined silences it. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#atMs = atMs;
    if (atMs === undefined) return;
    this.#timer = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => {
      this.#timer = undefined;
      this.#atMs = undefined;
      this.#fn();
    });
  }

  [Symbol.dispose](): void {
    this.set(undefined);
  }
}
