/** A bounded queue of bytes in front of something that takes them slowly: a TCP peer, a child's input. */

/** Limits of a queue, and whom it tells. */
export interface ByteQueueOptions {
  /** Above this `offer` asks the caller to wait for `onDrain`. */
  readonly highBytes: number;
  /** Above this bytes are refused. */
  readonly maxBytes: number;
  /** Writes all of `bytes`; one call at a time. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** The queue fell to half of `highBytes` after it was above it. */
  readonly onDrain: () => void;
  /** A write failed: the queue is closed and empty. */
  readonly onError: (error: unknown) => void;
}

/** Bytes that wait, and who wants to know when they do no more. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly taken: (() => void) | undefined;
}

/** Writes in order, one write at a time. Never throws, never rejects. */
export class ByteQueue {
  readonly #options: ByteQueueOptions;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #writing = false;
  #closed = false;
  #wasHigh = false;
  #idle: (() => void)[] = [];

  constructor(options: ByteQueueOptions) {
    this.#options = options;
  }

  /** Bytes that wait, those in the current write included. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Queues bytes. `full`: queued, but wait for the drain; `refused`: not queued. `taken` is called once
   * the bytes are needed no more, written or not.
   */
  offer(bytes: Uint8Array, taken?: () => void): "ok" | "full" | "refused" {
    if (this.#closed || this.#bytes + bytes.length > this.#options.maxBytes) {
      taken?.();
      return "refused";
    }
    this.#bytes += bytes.length;
    this.#waiting.push({ bytes, taken });
    if (!this.#writing) void this.#pump();
    if (this.#bytes <= this.#options.highBytes) return "ok";
    this.#wasHigh = true;
    return "full";
  }

  /** Resolves once nothing waits any more, written or closed. */
  flushed(): Promise<void> {
    if (this.#bytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Drops what waits and takes no more. */
  close(): void {
    this.#closed = true;
    const dropped = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const { taken } of dropped) taken?.();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #pump(): Promise<void> {
    this.#writing = true;
    try {
      while (!this.#closed && this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        for (const { bytes, taken } of batch) {
          if (!this.#closed) {
            await this.#options.write(bytes).finally(taken);
            if (!this.#closed) this.#written(bytes.length);
          } else taken?.();
        }
      }
    } catch (error) {
      const tell = !this.#closed;
      this.close();
      if (tell) this.#options.onError(error);
    } finally {
      this.#writing = false;
    }
  }

  #written(length: number): void {
    this.#bytes -= length;
    if (this.#bytes === 0) { for (const resolve of this.#idle.splice(0)) resolve(); }
    if (this.#wasHigh && this.#bytes <= this.#options.highBytes / 2) {
      this.#wasHigh = false;
      this.#options.onDrain();
    }
  }
}
