/**
 * Memory that kept packets lie in: slots of one packet each, in blocks whose addresses the kernel is given. A view of a
 * slot is made when somebody reads it, so a packet that is only handed on costs no object. What comes in passes through
 * memory that is small enough to stay in the processor's cache, from which it is sent; only what a ring keeps is copied out of it, once.
 */
import { HeapMemory, type Kept, type PacketMemory } from "../../media/memory.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { PacketRow } from "./packet_row.ts";

/** Longest packet of the engine, and so much that slots begin at cache lines. */
export const SLOT_BYTES = 1536;
const SLOTS_BITS = 10;
const SLOTS_IN_BLOCK = 1 << SLOTS_BITS;
const SLOTS_MASK = SLOTS_IN_BLOCK - 1;

const FREE = 0;

/** A growing set of slots, up to a limit. */
export class Arena implements PacketMemory {
  readonly passing: Block;
  readonly #libc: Libc;
  readonly #slotsMax: number;
  readonly #blocks: Block[] = [];
  readonly #blockOf = new Map<ArrayBufferLike, number>();
  readonly #views: (Uint8Array | undefined)[] = [];
  /** What is kept in each slot: its length in bytes, or `FREE`. */
  #lengths = new Uint16Array(0);
  /** Packets that found no slot; their numbers follow those of slots. */
  readonly #others = new HeapMemory();
  /** A stack of free slots. */
  #free = new Int32Array(0);
  #freeCount = 0;
  /** Slots let go that may still be on their way out. */
  readonly #dropped = new PacketRow();
  #lastBuffer: ArrayBufferLike | undefined;
  #lastBlock = 0;

  /** `passing` is the memory that packets are received into; `maxBytes` is rounded up to whole blocks. */
  constructor(libc: Libc, maxBytes: number, passing: Block) {
    this.passing = passing;
    this.#libc = libc;
    this.#slotsMax = Math.ceil(maxBytes / SLOT_BYTES / SLOTS_IN_BLOCK) * SLOTS_IN_BLOCK;
  }

  /** Slots there are. */
  get slots(): number {
    return this.#lengths.length;
  }

  /** Slots in use. */
  get used(): number {
    return this.slots - this.#freeCount - this.#dropped.length;
  }

  /** Whether `count` slots can be taken. */
  has(count: number): boolean {
    while (this.#freeCount < count) if (!this.#grow()) return false;
    return true;
  }

  #take(): number {
    if (this.#freeCount === 0 && !this.#grow()) return -1;
    return this.#free[--this.#freeCount] ?? -1;
  }

  #grow(): boolean {
    const first = this.slots;
    if (first >= this.#slotsMax) return false;
    const block = new Block(this.#libc, SLOTS_IN_BLOCK * SLOT_BYTES);
    const index = this.#blocks.push(block) - 1;
    this.#blockOf.set(block.bytes.buffer, index);
    const lengths = new Uint16Array(first + SLOTS_IN_BLOCK);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const free = new Int32Array(first + SLOTS_IN_BLOCK);
    free.set(this.#free.subarray(0, this.#freeCount));
    this.#free = free;
    for (let slot = SLOTS_IN_BLOCK - 1; slot >= 0; slot--) {
      this.#views[first + slot] = undefined;
      this.#free[this.#freeCount++] = first + slot;
    }
    return true;
  }

  #addressOf(slot: number): number {
    return (this.#blocks[slot >> SLOTS_BITS]?.address ?? 0) + (slot & SLOTS_MASK) * SLOT_BYTES;
  }

  /** The first `length` bytes of a slot. */
  #view(slot: number, length: number): Uint8Array {
    const known = this.#views[slot];
    if (known?.length === length) return known;
    const at = (slot & SLOTS_MASK) * SLOT_BYTES;
    const bytes = this.#blocks[slot >> SLOTS_BITS]?.bytes.subarray(at, at + length) ??
      new Uint8Array(length);
    this.#views[slot] = bytes;
    return bytes;
  }

  #slotOf(bytes: Uint8Array): number {
    const { buffer } = bytes;
    if (buffer !== this.#lastBuffer) {
      const block = this.#blockOf.get(buffer);
      if (block === undefined) return -1;
      this.#lastBuffer = buffer;
      this.#lastBlock = block;
    }
    return (this.#lastBlock << SLOTS_BITS) + Math.floor(bytes.byteOffset / SLOT_BYTES);
  }

  /** The address of bytes that lie here or pass; -1 for others. */
  locate(bytes: Uint8Array): number {
    if (bytes.buffer === this.passing.bytes.buffer) return this.passing.address + bytes.byteOffset;
    const slot = this.#slotOf(bytes);
    return slot < 0 ? -1 : this.#addressOf(slot) + bytes.byteOffset % SLOT_BYTES;
  }

  /** Everything on its way out has been sent: what was let go may be used again. */
  recycle(): void {
    for (let at = 0; at < this.#dropped.length; at++) {
      this.#free[this.#freeCount++] = this.#dropped.at(at);
    }
    this.#dropped.clear();
  }

  /** Copies a packet to a slot. Where there is none, the garbage collector keeps it. */
  keep(bytes: Uint8Array): Kept {
    const { length } = bytes;
    const slot = length === FREE || length > SLOT_BYTES ? -1 : this.#take();
    const block = this.#blocks[slot >> SLOTS_BITS];
    if (slot < 0 || block === undefined) return this.#slotsMax + this.#others.keep(bytes.slice());
    block.bytes.set(bytes, (slot & SLOTS_MASK) * SLOT_BYTES);
    this.#lengths[slot] = length;
    return slot;
  }

  bytesOf(kept: Kept): Uint8Array {
    return kept < this.#slotsMax
      ? this.#view(kept, this.#lengths[kept] ?? 0)
      : this.#others.bytesOf(kept - this.#slotsMax);
  }

  drop(kept: Kept): void {
    if (kept >= this.#slotsMax) {
      this.#others.drop(kept - this.#slotsMax);
      return;
    }
    if ((this.#lengths[kept] ?? FREE) === FREE) return;
    this.#lengths[kept] = FREE;
    this.#dropped.push(kept);
  }

  copy(bytes: Uint8Array): Uint8Array {
    return bytes.slice();
  }
}
