/** Media from links that are no parent yet: the order to accept them may be only a moment behind. */
import type { LinkId } from "./api.ts";

/** A third of a second at 8 Mbit/s; an order takes a round trip. */
const PACKETS_MAX = 256;
const AGE_MAX_MS = 2000;

interface Waiting {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
  readonly sinceMs: number;
}

/** A bounded queue; the oldest goes first. */
export class PreRoll {
  #waiting: Waiting[] = [];
  dropped = 0;

  add(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    this.#waiting.push({ link, bytes, sinceMs: nowMs });
    if (this.#waiting.length <= PACKETS_MAX) return;
    this.#waiting.shift();
    this.dropped++;
  }

  /** Takes out what came from `link` and is not too old, in order of arrival. */
  take(link: LinkId, nowMs: number): Uint8Array[] {
    if (this.#waiting.length === 0) return [];
    const young = this.#waiting.filter((one) => nowMs - one.sinceMs <= AGE_MAX_MS);
    this.#waiting = young.filter((one) => one.link !== link);
    return young.filter((one) => one.link === link).map((one) => one.bytes);
  }
}
