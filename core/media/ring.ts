/**
 * The packets of one stream that a node still has, by extended sequence number. It begins small, doubles
 * while packets younger than the limit would fall out, and drops what is too old as new ones come.
 */

import type { Kept, PacketMemory } from "./memory.ts";

/** Packets a new ring holds: a third of a second at 8 Mbit/s; most streams grow it once or twice. */
const FIRST_CAPACITY = 256;

/** Smallest power of two that is not below `value`. */
export function powerOfTwo(value: number): number {
  let power = 1;
  while (power < value && power < 2 ** 24) power *= 2;
  return power;
}

/** No packet in this slot. */
const NONE: Kept = -1;

/** A ring of packets, bounded by count and by age. */
export class Ring {
  keepMs: number;
  readonly memory: PacketMemory;
  readonly #max: number;
  #capacity: number;
  #mask: number;
  #packets: Int32Array;
  #numbers: Float64Array;
  #times: Float64Array;
  #tail = 0;
  #top = -1;
  #holeFrom = 0;
  #holeTo = -1;

  /**
   * `maxPackets` is rounded up to a power of two; nothing older than `keepMs` is kept. What is not held any more is dropped
   * from `memory`.
   */
  constructor(maxPackets: number, keepMs: number, memory: PacketMemory) {
    this.keepMs = keepMs;
    this.memory = memory;
    this.#max = powerOfTwo(Math.max(64, maxPackets));
    this.#capacity = Math.min(FIRST_CAPACITY, this.#max);
    this.#mask = this.#capacity - 1;
    this.#packets = new Int32Array(this.#capacity).fill(NONE);
    this.#numbers = new Float64Array(this.#capacity).fill(-1);
    this.#times = new Float64Array(this.#capacity);
  }

  /** Packets it can hold at most. */
  get max(): number {
    return this.#max;
  }

  /** Packets it can hold without growing. */
  get capacity(): number {
    return this.#capacity;
  }

  /** No packet below this number is held. */
  get tail(): number {
    return this.#tail;
  }

  /** The newest number put in; -1 before the first. */
  get top(): number {
    return this.#top;
  }

  has(number: number): boolean {
    return this.#numbers[number & this.#mask] === number;
  }

  /** The packet, or undefined when it is not held. */
  get(number: number): Uint8Array | undefined {
    const slot = number & this.#mask;
    return this.#numbers[slot] === number
      ? this.memory.bytesOf(this.#packets[slot] ?? NONE)
      : undefined;
  }

  /** When the packet came; 0 when it is not held. */
  timeOf(number: number): number {
    const slot = number & this.#mask;
    return this.#numbers[slot] === number ? this.#times[slot] ?? 0 : 0;
  }

  /** Holds a packet. False when the number is too old for the ring. */
  put(number: number, kept: Kept, nowMs: number): boolean {
    if (this.#top < 0 || number - this.#top >= this.#max) this.#restart(number);
    else if (number > this.#top) this.#advance(number, nowMs);
    else if (number <= this.#top - this.#capacity) return false;
    else if (number < this.#tail) this.#tail = number;
    const slot = number & this.#mask;
    this.#empty(slot);
    this.#packets[slot] = kept;
    this.#numbers[slot] = number;
    this.#times[slot] = nowMs;
    return true;
  }

  /** The oldest packet held that is young enough to be sent; `top + 1` when there is none. */
  oldest(nowMs: number): number {
    this.#expire(this.#top + 1, nowMs);
    for (let number = this.#tail; number <= this.#top; number++) {
      if (this.has(number) && nowMs - this.timeOf(number) <= this.keepMs) return number;
    }
    return this.#top + 1;
  }

  /** The first number from `number` on that is held; -1 when there is none. */
  firstFrom(number: number): number {
    for (let at = Math.max(number, this.#tail); at <= this.#top; at++) if (this.has(at)) return at;
    return -1;
  }

  /** Notes that nothing from `from` to `to` will ever come. */
  skip(from: number, to: number): void {
    if (from !== this.#holeTo + 1) this.#holeFrom = from;
    this.#holeTo = to;
  }

  /** The newest number that will never come; -1 when there is none. */
  get skippedTo(): number {
    return this.#holeTo;
  }

  /** Whether nothing from `from` to `to` will ever come. */
  isSkipped(from: number, to: number): boolean {
    return from >= this.#holeFrom && to <= this.#holeTo;
  }

  #empty(slot: number): void {
    const kept = this.#packets[slot] ?? NONE;
    if (kept === NONE) return;
    this.#packets[slot] = NONE;
    this.memory.drop(kept);
  }

  /** Lets go of everything. */
  clear(): void {
    for (let slot = 0; slot < this.#capacity; slot++) this.#empty(slot);
    this.#numbers.fill(-1);
  }

  #restart(number: number): void {
    this.clear();
    this.#tail = number;
    this.#top = number;
  }

  #advance(number: number, nowMs: number): void {
    this.#expire(number, nowMs);
    while (number - this.#tail >= this.#capacity && this.#capacity < this.#max) this.#grow();
    // A skipped slot bears the time it was skipped, so that age is known for holes too.
    for (let skipped = this.#top + 1; skipped < number; skipped++) {
      const slot = skipped & this.#mask;
      this.#empty(slot);
      this.#numbers[slot] = -1;
      this.#times[slot] = nowMs;
    }
    this.#top = number;
    if (this.#tail < number - this.#capacity + 1) this.#tail = number - this.#capacity + 1;
  }

  #expire(before: number, nowMs: number): void {
    const oldest = nowMs - this.keepMs;
    while (this.#tail < before && this.#tail <= this.#top) {
      const slot = this.#tail & this.#mask;
      if ((this.#times[slot] ?? 0) >= oldest) return;
      this.#empty(slot);
      this.#numbers[slot] = -1;
      this.#tail++;
    }
  }

  #grow(): void {
    const { packets, numbers, times } = {
      packets: this.#packets,
      numbers: this.#numbers,
      times: this.#times,
    };
    const oldMask = this.#mask;
    this.#capacity *= 2;
    this.#mask = this.#capacity - 1;
    this.#packets = new Int32Array(this.#capacity).fill(NONE);
    this.#numbers = new Float64Array(this.#capacity).fill(-1);
    this.#times = new Float64Array(this.#capacity);
    for (let number = this.#tail; number <= this.#top; number++) {
      const slot = number & this.#mask;
      this.#times[slot] = times[number & oldMask] ?? 0;
      if (numbers[number & oldMask] !== number) continue;
      this.#packets[slot] = packets[number & oldMask] ?? NONE;
      this.#numbers[slot] = number;
    }
  }
}
