/** Where each stream's position is found: a slot of the `PositionTable`, and which life of the stream it is. */
import type { Ssrc } from "../ids.ts";
import { POSITION_SLOTS } from "./position_table.ts";

/** The place of one life of a stream. */
export interface Place {
  /** -1 when the table is full. */
  readonly slot: number;
  /** Grows with each stream that is opened. */
  readonly life: number;
}

/** Places of the streams that are open. */
export class Places {
  readonly #places = new Map<Ssrc, Place>();
  readonly #free: number[] = [];
  #next = 0;
  #lives = 0;

  get(ssrc: Ssrc): Place | undefined {
    return this.#places.get(ssrc);
  }

  /** Gives a stream its place; undefined when it has one. */
  settle(ssrc: Ssrc): Place | undefined {
    if (this.#places.has(ssrc)) return undefined;
    const fresh = this.#next < POSITION_SLOTS ? this.#next : -1;
    const slot = this.#free.pop() ?? fresh;
    if (slot === this.#next) this.#next++;
    const place = { slot, life: ++this.#lives };
    this.#places.set(ssrc, place);
    return place;
  }

  /** The stream is closed. */
  unsettle(ssrc: Ssrc): void {
    const place = this.#places.get(ssrc);
    if (place !== undefined && place.slot >= 0) this.#free.push(place.slot);
    this.#places.delete(ssrc);
  }
}
