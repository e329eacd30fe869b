/**
 * Spreads what a source produces in lumps. A thread that was held up catches up all at once, and what leaves a node in
 * one burst overflows the first small buffer on its way. Packets wait here until the stream's own rate lets them go.
 */

/** Due times within which the rate is measured: a video frame each 40 ms is not seen as the rate. */
const WINDOW_MS = 500;
/** What is late goes out at twice the stream's rate: a pause of 500 ms is made up for in as much time. */
const CATCH_UP = 2;
/** A thread that gets its turn seldom may send what this time earns in one go, or it would never catch up. */
const TURN_MAX_MS = 20;
/** Bytes that wait at most; beyond it the oldest go at once. Two seconds of 32 Mbit/s. */
const WAITING_MAX_BYTES = 8 * 1024 * 1024;
/** Nothing is paced until this much due time has been seen: there is no rate before. */
const LEARN_MS = 40;
/** A due time that leaps further, or goes back, begins a new measurement. */
const LEAP_MS = 1000;

interface Piece {
  readonly ts: Uint8Array;
  readonly dueMs: number;
}

/** Paces one published stream. */
export class Pacer {
  readonly burstMs: number;
  readonly unit: number;
  /** Pieces that went early because too many waited. */
  overflowed = 0;
  readonly #waiting: Piece[] = [];
  #at = 0;
  #bytes = 0;
  #tokens = 0;
  #filledMs = -Infinity;
  #windowMs = NaN;
  #windowBytes = 0;
  #lastDueMs = NaN;
  /** A window has been whole since the last new beginning. */
  #isWhole = false;
  /** Bytes a millisecond, of the last window that was whole, or of this one before there is one. */
  #rate = 0;

  /** `burstMs` is the longest burst; `unit` the bytes that always may go as one. */
  constructor(burstMs: number, unit: number) {
    this.burstMs = burstMs;
    this.unit = unit;
  }

  /** A piece came; `send` gets what may go now, in order. */
  push(
    ts: Uint8Array,
    dueMs: number,
    nowMs: number,
    send: (ts: Uint8Array, dueMs: number) => void,
  ): void {
    // While nothing waited no more was saved up than one burst.
    if (this.#at >= this.#waiting.length) {
      this.#earn(nowMs);
      this.#tokens = Math.min(this.#depth, this.#tokens);
    }
    this.#measure(ts.length, dueMs);
    for (let at = 0; at < ts.length; at += this.unit) {
      this.#waiting.push({ ts: ts.subarray(at, at + this.unit), dueMs });
    }
    this.#bytes += ts.length;
    this.run(nowMs, send);
  }

  #measure(bytes: number, dueMs: number): void {
    const stepMs = dueMs - this.#lastDueMs;
    this.#lastDueMs = dueMs;
    if (!(stepMs >= 0 && stepMs <= LEAP_MS)) {
      this.#windowMs = dueMs;
      this.#windowBytes = 0;
      this.#isWhole = false;
      this.#rate = 0;
      return;
    }
    // A piece that is due now is what was produced since the one before.
    this.#windowBytes += bytes;
    const spanMs = dueMs - this.#windowMs;
    if (spanMs >= WINDOW_MS) {
      this.#rate = this.#windowBytes / spanMs;
      this.#windowMs = dueMs;
      this.#windowBytes = 0;
      this.#isWhole = true;
    } else if (!this.#isWhole && spanMs >= LEARN_MS) {
      this.#rate = this.#windowBytes / spanMs;
    }
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Lets go of what may go by now. */
  run(nowMs: number, send: (ts: Uint8Array, dueMs: number) => void): void {
    const depth = this.#depth;
    this.#earn(nowMs);
    while (this.#at < this.#waiting.length) {
      const piece = this.#waiting[this.#at];
      if (piece === undefined) return;
      const isFull = this.#bytes > WAITING_MAX_BYTES;
      if (isFull) this.overflowed++;
      if (this.#rate > 0 && !isFull && this.#tokens < Math.min(depth, piece.ts.length)) return;
      // What goes before there is a rate is not owed afterwards.
      this.#tokens = Math.max(0, this.#tokens - piece.ts.length);
      this.#bytes -= piece.ts.length;
      this.#at++;
      if (this.#at > 256 && this.#at * 2 > this.#waiting.length) this.#compact();
      send(piece.ts, piece.dueMs);
    }
    this.#compact();
  }

  get #depth(): number {
    return Math.max(this.unit, this.#rate * this.burstMs);
  }

  #earn(nowMs: number): void {
    const sinceMs = Math.min(TURN_MAX_MS, nowMs - this.#filledMs);
    this.#tokens = Math.min(this.#depth, this.#tokens) + sinceMs * this.#rate * CATCH_UP;
    this.#filledMs = nowMs;
  }

  #compact(): void {
    this.#waiting.splice(0, this.#at);
    this.#at = 0;
  }

  /** When `run` has something to do; Infinity when nothing waits. */
  nextMs(): number {
    const piece = this.#waiting[this.#at];
    if (piece === undefined) return Infinity;
    const missing = Math.max(0, piece.ts.length - this.#tokens);
    return this.#filledMs + missing / Math.max(1e-6, this.#rate * CATCH_UP);
  }

  /** Lets go of everything. */
  flush(send: (ts: Uint8Array, dueMs: number) => void): void {
    for (const { ts, dueMs } of this.#waiting.splice(this.#at)) send(ts, dueMs);
    this.#waiting.length = 0;
    this.#at = 0;
    this.#bytes = 0;
  }
}
