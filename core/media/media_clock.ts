/**
 * Maps the time stamps of a stream from elsewhere to the local clock: the sender's spacing is kept,
 * its drift is followed, a new time base begins anew. What is published at the times it gives is as even
 * as the sender made it, whatever the network and repairs did to the arrivals.
 */
import { Playout } from "./playout.ts";

/** A time stamp this far from its arrival is a new time base; no repair takes longer. */
const LEAP_MS = 1000;

/** Times of one stream. */
export class MediaClock {
  #playout = new Playout(0);
  #lastMs = -Infinity;
  #started = false;
  /** Time bases that ended. */
  leaps = 0;

  /** When a packet with this 90 kHz time stamp, which is here at `nowMs`, was due; it never goes back. */
  dueMs(timestamp: number, nowMs: number): number {
    this.#playout.arrival(timestamp, nowMs);
    let dueMs = this.#playout.dueMs(timestamp, nowMs);
    if (this.#started && nowMs - dueMs > LEAP_MS) {
      this.leaps++;
      this.#playout = new Playout(0);
      this.#playout.arrival(timestamp, nowMs);
      dueMs = nowMs;
    }
    this.#started = true;
    this.#playout.played(timestamp, nowMs, nowMs);
    this.#lastMs = Math.max(this.#lastMs, dueMs);
    return this.#lastMs;
  }
}
