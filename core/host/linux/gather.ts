/**
 * How long to wait for company before packets are read. While the thread has time to spare they are read at once; the
 * busier it is, the longer it lets them gather, so that one call moves more of them.
 */
import type { GatherSpec } from "../../datapath/words.ts";

/** The load is looked at this often: over less time it is chance. */
const WINDOW_MS = 100;
/**
 * Busier than this: wait longer. Calmer than that: wait less. Between them a change would swing. What a thread takes from
 * others that share its cores shows in the slowest packets long before it has no time left itself.
 */
const BUSY = 0.6;
const CALM = 0.35;
/**
 * Between the two a shorter wait is tried after so long: the thread became busy once, which says nothing about now. Each
 * try that fails makes the next one wait twice as long.
 */
const TRY_MS = 500;
const TRY_MAX_MS = 32_000;
/** First step, and the shortest wait. */
const STEP_MS = 0.125;
/**
 * Where more datagrams than this come in a second the thread wakes for them so often at most, however calm it is, as a
 * network card keeps its interrupts apart; no more below the lower of the two.
 */
const MANY_PER_SECOND = 10_000;
const FEW_PER_SECOND = 6000;

/**
 * Decides from the share of time spent working: by the processor's account, for a thread that waits for its turn on a full
 * machine is not busy. A thread that is overrun finds its company in the socket anyway.
 */
export class Gather {
  readonly #spec: GatherSpec;
  readonly #cpuMs: () => number;
  readonly #datagrams: () => number;
  /** The wait for the thread's load, and the one for what comes in. */
  #busyMs = 0;
  #manyMs = 0;
  #counted: number;
  #windowMs: number;
  #usedMs: number;
  /** When the wait was changed last, how long until a shorter one is tried, and whether this one is a try. */
  #changedMs: number;
  #tryMs = TRY_MS;
  #isTry = false;

  /** `cpuMs` tells the processor time that the thread has used, `datagrams` how many have come, joined ones as one. */
  constructor(spec: GatherSpec, nowMs: number, cpuMs: () => number, datagrams: () => number) {
    this.#spec = spec;
    this.#cpuMs = cpuMs;
    this.#datagrams = datagrams;
    this.#counted = datagrams();
    this.#windowMs = nowMs;
    this.#usedMs = cpuMs();
    this.#changedMs = nowMs;
  }

  /** How far apart two reads are at least. */
  get waitMs(): number {
    const { fixedMs, upToMs } = this.#spec;
    return fixedMs ?? Math.min(upToMs, Math.max(this.#busyMs, this.#manyMs));
  }

  /** Looks at the load when it is time to. */
  look(nowMs: number): void {
    const spanMs = nowMs - this.#windowMs;
    if (this.#spec.fixedMs !== undefined || spanMs < WINDOW_MS) return;
    this.#count(spanMs);
    const usedMs = this.#cpuMs();
    const share = (usedMs - this.#usedMs) / spanMs;
    this.#windowMs = nowMs;
    this.#usedMs = usedMs;
    if (share > BUSY) {
      if (this.#isTry) this.#tryMs = Math.min(TRY_MAX_MS, this.#tryMs * 2);
      this.#change(Math.min(this.#spec.upToMs, Math.max(STEP_MS, this.#busyMs * 2)), false, nowMs);
    } else if (share < CALM) {
      this.#tryMs = TRY_MS;
      this.#shorten(false, nowMs);
    } else if (this.#busyMs > 0 && nowMs - this.#changedMs >= this.#tryMs) {
      // The last try has held for as long as this one was waited for.
      if (this.#isTry) this.#tryMs = TRY_MS;
      this.#shorten(true, nowMs);
    }
  }

  #count(spanMs: number): void {
    const datagrams = this.#datagrams();
    const perSecond = (datagrams - this.#counted) / spanMs * 1000;
    this.#counted = datagrams;
    if (perSecond > MANY_PER_SECOND) this.#manyMs = STEP_MS;
    else if (perSecond < FEW_PER_SECOND) this.#manyMs = 0;
  }

  #shorten(isTry: boolean, nowMs: number): void {
    this.#change(this.#busyMs > STEP_MS ? this.#busyMs / 2 : 0, isTry, nowMs);
  }

  #change(waitMs: number, isTry: boolean, nowMs: number): void {
    this.#busyMs = waitMs;
    this.#isTry = isTry;
    this.#changedMs = nowMs;
  }
}
