/**
 * How long to wait for company before packets are read. While the thread has time to spare they are read at once; the
 * busier it is, the longer it lets them gather, so that one call moves more of them.
 */
import type { GatherSpec } from "../../datapath/words.ts";

/** The load is looked at this often: over less time it is chance. */
const WINDOW_MS = 100;
/** Busier than this: wait longer. Calmer than that: wait less. Between them a change would swing. */
const BUSY = 0.85;
const CALM = 0.6;
/**
 * Between the two a shorter wait is tried after so long: the thread became busy once, which says nothing about now. Each
 * try that fails makes the next one wait twice as long.
 */
const TRY_MS = 500;
const TRY_MAX_MS = 32_000;
/** First step, and the shortest wait: the kernel's timers are no finer. */
const STEP_MS = 0.125;

/**
 * Decides from the share of time spent working: by the processor's account, for a thread that waits for its turn on a full
 * machine is not busy. A thread that is overrun finds its company in the socket anyway.
 */
export class Gather {
  /** How far apart two reads are at least. */
  waitMs: number;
  readonly #spec: GatherSpec;
  readonly #cpuMs: () => number;
  #windowMs: number;
  #usedMs: number;
  /** When the wait was changed last, how long until a shorter one is tried, and whether this one is a try. */
  #changedMs: number;
  #tryMs = TRY_MS;
  #isTry = false;

  /** `cpuMs` tells the processor time that the thread has used. */
  constructor(spec: GatherSpec, nowMs: number, cpuMs: () => number) {
    this.#spec = spec;
    this.waitMs = spec.fixedMs ?? 0;
    this.#cpuMs = cpuMs;
    this.#windowMs = nowMs;
    this.#usedMs = cpuMs();
    this.#changedMs = nowMs;
  }

  /** Looks at the load when it is time to. */
  look(nowMs: number): void {
    const { fixedMs, upToMs } = this.#spec;
    const spanMs = nowMs - this.#windowMs;
    if (fixedMs !== undefined || spanMs < WINDOW_MS) return;
    const usedMs = this.#cpuMs();
    const share = (usedMs - this.#usedMs) / spanMs;
    this.#windowMs = nowMs;
    this.#usedMs = usedMs;
    if (share > BUSY) {
      if (this.#isTry) this.#tryMs = Math.min(TRY_MAX_MS, this.#tryMs * 2);
      this.#change(Math.min(upToMs, Math.max(STEP_MS, this.waitMs * 2)), false, nowMs);
    } else if (share < CALM) {
      this.#tryMs = TRY_MS;
      this.#shorten(false, nowMs);
    } else if (this.waitMs > 0 && nowMs - this.#changedMs >= this.#tryMs) {
      // The last try has held for as long as this one was waited for.
      if (this.#isTry) this.#tryMs = TRY_MS;
      this.#shorten(true, nowMs);
    }
  }

  #shorten(isTry: boolean, nowMs: number): void {
    this.#change(this.waitMs > STEP_MS ? this.waitMs / 2 : 0, isTry, nowMs);
  }

  #change(waitMs: number, isTry: boolean, nowMs: number): void {
    this.waitMs = waitMs;
    this.#isTry = isTry;
    this.#changedMs = nowMs;
  }
}
