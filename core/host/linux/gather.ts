/**
 * How long to wait for company before packets are read. While the thread has time to spare they are read at once; the
 * busier it is, the longer it lets them gather, so that one call moves more of them.
 */
import type { GatherSpec } from "../../datapath/words.ts";

/** The load is looked at this often. */
const WINDOW_MS = 20;
/** Busier than this: wait longer. Calmer than that: wait less. Between them a change would swing. */
const BUSY = 0.6;
const CALM = 0.3;
/** First step, and the shortest wait: the kernel's timers are no finer. */
const STEP_MS = 0.125;

/** Decides from the share of time spent working. */
export class Gather {
  /** How far apart two reads are at least. */
  waitMs: number;
  readonly #spec: GatherSpec;
  #windowMs: number;
  #workedMs = 0;

  constructor(spec: GatherSpec, nowMs: number) {
    this.#spec = spec;
    this.waitMs = spec.fixedMs ?? 0;
    this.#windowMs = nowMs;
  }

  /** The thread worked from `fromMs` to `nowMs`. */
  worked(fromMs: number, nowMs: number): void {
    const { fixedMs, upToMs } = this.#spec;
    if (fixedMs !== undefined) return;
    this.#workedMs += nowMs - fromMs;
    const spanMs = nowMs - this.#windowMs;
    if (spanMs < WINDOW_MS) return;
    const share = this.#workedMs / spanMs;
    this.#windowMs = nowMs;
    this.#workedMs = 0;
    if (share > BUSY) this.waitMs = Math.min(upToMs, Math.max(STEP_MS, this.waitMs * 2));
    else if (share < CALM) this.waitMs = this.waitMs > STEP_MS ? this.waitMs / 2 : 0;
  }
}
