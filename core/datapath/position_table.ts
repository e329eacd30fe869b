/**
 * Where streams stand, in memory that two threads share: the engine's writes, the main one reads. A reader
 * never sees half of a change: the version is odd while one is under way (a sequence lock).
 */
import type { StreamPosition } from "../media/api.ts";

/** Streams that have a place: four times what the largest node measured carries. */
export const POSITION_SLOTS = 4096;
const HEADER_INTS = 2;
const FIELDS = 5;
const SLOT_BYTES = HEADER_INTS * 4 + FIELDS * 8;
/** A writer is done within microseconds; one that died in the middle must not hold the reader up. */
const READ_TRIES = 1000;
const UNKNOWN: StreamPosition = {
  head: undefined,
  tail: undefined,
  next: undefined,
  lastArrivalMs: 0,
};

/** One side's view of the table. */
export class PositionTable {
  readonly buffer: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #fields: Float64Array;

  /** Makes a table, or opens the other side of one. */
  constructor(buffer = new SharedArrayBuffer(POSITION_SLOTS * SLOT_BYTES)) {
    this.buffer = buffer;
    this.#ints = new Int32Array(buffer);
    this.#fields = new Float64Array(buffer);
  }

  /** Writes the position of one life of a stream, -1 for what is not known; one writer at a time. */
  write(
    slot: number,
    life: number,
    head: number,
    tail: number,
    next: number,
    lastArrivalMs: number,
  ): void {
    if (slot < 0 || slot >= POSITION_SLOTS) return;
    const version = slot * SLOT_BYTES / 4;
    const at = (slot * SLOT_BYTES + HEADER_INTS * 4) / 8;
    Atomics.add(this.#ints, version, 1);
    this.#fields[at] = life;
    this.#fields[at + 1] = head;
    this.#fields[at + 2] = tail;
    this.#fields[at + 3] = next;
    this.#fields[at + 4] = lastArrivalMs;
    Atomics.add(this.#ints, version, 1);
  }

  /** Reads a stream's position; nothing is known when the slot holds another stream, or an earlier life of this one. */
  read(slot: number, life: number): StreamPosition {
    if (slot < 0 || slot >= POSITION_SLOTS) return UNKNOWN;
    const version = slot * SLOT_BYTES / 4;
    const at = (slot * SLOT_BYTES + HEADER_INTS * 4) / 8;
    const field = (index: number) => this.#fields[at + index] ?? -1;
    const number = (index: number) => field(index) < 0 ? undefined : field(index);
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const before = Atomics.load(this.#ints, version);
      const owner = field(0);
      const position = {
        head: number(1),
        tail: number(2),
        next: number(3),
        lastArrivalMs: Math.max(0, field(4)),
      };
      const after = Atomics.load(this.#ints, version);
      if (before === after && before % 2 === 0) return owner === life ? position : UNKNOWN;
    }
    return UNKNOWN;
  }
}
