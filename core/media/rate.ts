/** Rate of a stream, measured over short windows. */

/** A quarter second: long enough for one video frame's burst to even out. */
const WINDOW_MS = 250;
/** Before anything is measured: one megabit a second. */
const FIRST_BYTES_PER_MS = 125;
const FIRST_PACKETS_PER_MS = 0.1;

/** Bytes and packets per millisecond. */
export class Rate {
  bytesPerMs = FIRST_BYTES_PER_MS;
  packetsPerMs = FIRST_PACKETS_PER_MS;
  #sinceMs = -1;
  #bytes = 0;
  #packets = 0;
  #measured = false;

  add(bytes: number, nowMs: number): void {
    if (this.#sinceMs < 0) this.#sinceMs = nowMs;
    const elapsed = nowMs - this.#sinceMs;
    if (elapsed >= WINDOW_MS) {
      const weight = this.#measured ? 0.5 : 1;
      // After a pause the window says nothing about the rate while it flows.
      if (elapsed < 4 * WINDOW_MS) {
        this.bytesPerMs += (this.#bytes / elapsed - this.bytesPerMs) * weight;
        this.packetsPerMs += (this.#packets / elapsed - this.packetsPerMs) * weight;
        this.#measured = true;
      }
      this.#sinceMs = nowMs;
      this.#bytes = 0;
      this.#packets = 0;
    }
    this.#bytes += bytes;
    this.#packets++;
  }
}
