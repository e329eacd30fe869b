/** One reader of the endless transport stream: a bounded queue, and a skip to a later key frame when it is full. */
import type { HttpWriter } from "../../core/ports.ts";
import type { RateMeter } from "../../core/swarm/meter.ts";

/** Totals of readers. */
export interface ClientTotals {
  /** Times that a reader was too slow and skipped. */
  skips: number;
  /** Bytes left out by these skips. */
  skippedBytes: number;
  /** Readers closed because they took nothing. */
  stalled: number;
  /** Everything handed to clients. */
  readonly out: RateMeter;
}

/** A reader. */
export class TsClient {
  #skipping = false;
  #waiting = true;
  #writtenBytes = 0;
  #takenBytes = 0;
  #tookMs: number;

  constructor(
    readonly writer: HttpWriter,
    readonly queueBytes: number,
    readonly totals: ClientTotals,
    /** What is given back when it leaves. */
    readonly held: Disposable,
    nowMs: number,
  ) {
    this.#tookMs = nowMs;
  }

  /** Bytes handed to the client's connection. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** What it gets first: everything from the last key frame on. */
  begin(bytes: Uint8Array, nowMs: number): void {
    this.#waiting = false;
    this.#write(bytes, nowMs);
  }

  /** More of the stream; `key` when a key frame begins it. */
  push(bytes: Uint8Array, key: boolean, nowMs: number): void {
    if (this.#waiting) {
      if (!key) return;
      this.#waiting = false;
    }
    const { queuedBytes } = this.writer;
    // Half empty before it goes on, or it would skip again at once.
    if (this.#skipping && key && queuedBytes <= this.queueBytes / 2) this.#skipping = false;
    else if (!this.#skipping && queuedBytes + bytes.length > this.queueBytes && queuedBytes > 0) {
      this.#skipping = true;
      this.totals.skips++;
    }
    if (this.#skipping) this.totals.skippedBytes += bytes.length;
    else this.#write(bytes, nowMs);
  }

  /** Whether nothing that waits was taken for `stallMs`. */
  isStalled(nowMs: number, stallMs: number): boolean {
    const { queuedBytes } = this.writer;
    const takenBytes = this.#writtenBytes - queuedBytes;
    if (queuedBytes === 0 || takenBytes > this.#takenBytes) {
      this.#takenBytes = takenBytes;
      this.#tookMs = nowMs;
    }
    return nowMs - this.#tookMs >= stallMs;
  }

  #write(bytes: Uint8Array, nowMs: number): void {
    if (this.writer.queuedBytes === 0) this.#tookMs = nowMs;
    this.#writtenBytes += bytes.length;
    this.totals.out.add(bytes.length, nowMs);
    this.writer.write(bytes);
  }
}
