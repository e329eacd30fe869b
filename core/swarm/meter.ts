/** Rates: how fast bytes may go, and how fast they went. Time is an argument. */

/**
 * A token bucket of bytes that may be overdrawn by one message: whoever takes more than is left makes
 * the next one wait, so the rate holds in the long run whatever the sizes.
 */
export class ByteBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  /** `bytesPerSecond` may be Infinity. */
  constructor(bytesPerSecond: number, burstBytes: number, nowMs: number) {
    this.#perMs = bytesPerSecond / 1000;
    this.#burst = burstBytes;
    this.#tokens = burstBytes;
    this.#atMs = nowMs;
  }

  /** Milliseconds until something may be taken; 0 when it may be now. */
  waitMs(nowMs: number): number {
    if (this.#perMs === Infinity) return 0;
    this.#fill(nowMs);
    return this.#tokens > 0 ? 0 : -this.#tokens / this.#perMs + 0.001;
  }

  /** Takes `bytes`, whatever is left. */
  take(bytes: number, nowMs: number): void {
    if (this.#perMs === Infinity) return;
    this.#fill(nowMs);
    this.#tokens -= bytes;
  }

  #fill(nowMs: number): void {
    const grown = this.#tokens + Math.max(0, nowMs - this.#atMs) * this.#perMs;
    this.#tokens = Math.min(this.#burst, grown);
    this.#atMs = nowMs;
  }
}

/** Buckets of the sliding window. */
const SLOTS = 10;

/** Bytes a second over the last `windowMs`, or over the time since the first byte while that is shorter. */
export class RateMeter {
  readonly #slotMs: number;
  readonly #slots = new Float64Array(SLOTS);
  #slot = 0;
  #startMs: number | undefined;
  /** Everything ever added. */
  totalBytes = 0;

  constructor(windowMs = 2000) {
    this.#slotMs = windowMs / SLOTS;
  }

  add(bytes: number, nowMs: number): void {
    this.#startMs ??= nowMs;
    this.#turn(nowMs);
    const at = this.#slot % SLOTS;
    this.#slots[at] = (this.#slots[at] ?? 0) + bytes;
    this.totalBytes += bytes;
  }

  perSecond(nowMs: number): number {
    if (this.#startMs === undefined) return 0;
    this.#turn(nowMs);
    let sum = 0;
    for (const bytes of this.#slots) sum += bytes;
    const partMs = nowMs - this.#slot * this.#slotMs;
    const spanMs = Math.min(nowMs - this.#startMs, (SLOTS - 1) * this.#slotMs + partMs);
    return (sum * 1000) / Math.max(spanMs, this.#slotMs);
  }

  #turn(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    if (slot <= this.#slot) return;
    const gone = Math.min(SLOTS, slot - this.#slot);
    for (let i = 1; i <= gone; i++) this.#slots[(this.#slot + i) % SLOTS] = 0;
    this.#slot = slot;
  }
}
