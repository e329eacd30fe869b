/**
 * Memory that kept packets lie in: slots of one packet each, in blocks whose addresses the kernel is given. Views of
 * slots are made once, so a packet costs no object. What comes in passes through memory that is small enough to stay in
 * the processor's cache, from which it is sent; only what a ring keeps is copied out of it, once.
 */
import type { PacketMemory } from "../../media/memory.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";

/** Longest packet of the engine, and so much that slots begin at cache lines. */
export const SLOT_BYTES = 1536;
const SLOTS_BITS = 10;
const SLOTS_IN_BLOCK = 1 << SLOTS_BITS;
const SLOTS_MASK = SLOTS_IN_BLOCK - 1;

const FREE = 0;
const KEPT = 1;

/** A growing set of slots, up to a limit. */
export class Arena implements PacketMemory {
  readonly #libc: Libc;
  readonly #slotsMax: number;
  readonly #blocks: Block[] = [];
  readonly #blockOf = new Map<ArrayBufferLike, number>();
  readonly #views: Uint8Array[] = [];
  #state = new Uint8Array(0);
  /** A stack of free slots. */
  #free = new Int32Array(0);
  #freeCount = 0;
  /** Slots let go that may still be on their way out. */
  #dropped = new Int32Array(1024);
  #droppedCount = 0;
  #lastBuffer: ArrayBufferLike | undefined;
  #lastBlock = 0;

  /** `passing` is the memory that packets are received into; `maxBytes` is rounded up to whole blocks. */
  constructor(libc: Libc, maxBytes: number, readonly passing: Block) {
    this.#libc = libc;
    this.#slotsMax = Math.ceil(maxBytes / SLOT_BYTES / SLOTS_IN_BLOCK) * SLOTS_IN_BLOCK;
  }

  /** Slots there are. */
  get slots(): number {
    return this.#views.length;
  }

  /** Slots in use. */
  get used(): number {
    return this.#views.length - this.#freeCount - this.#droppedCount;
  }

  /** Whether `count` slots can be taken. */
  has(count: number): boolean {
    while (this.#freeCount < count) if (!this.#grow()) return false;
    return true;
  }

  #take(): number {
    if (this.#freeCount === 0 && !this.#grow()) return -1;
    const slot = this.#free[--this.#freeCount] ?? -1;
    this.#state[slot] = KEPT;
    return slot;
  }

  #grow(): boolean {
    const first = this.#views.length;
    if (first >= this.#slotsMax) return false;
    const block = new Block(this.#libc, SLOTS_IN_BLOCK * SLOT_BYTES);
    const index = this.#blocks.push(block) - 1;
    this.#blockOf.set(block.bytes.buffer, index);
    const state = new Uint8Array(first + SLOTS_IN_BLOCK);
    state.set(this.#state);
    this.#state = state;
    const free = new Int32Array(first + SLOTS_IN_BLOCK);
    free.set(this.#free.subarray(0, this.#freeCount));
    this.#free = free;
    for (let slot = SLOTS_IN_BLOCK - 1; slot >= 0; slot--) {
      const at = slot * SLOT_BYTES;
      this.#views[first + slot] = block.bytes.subarray(at, at + SLOT_BYTES);
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
    for (let at = 0; at < this.#droppedCount; at++) {
      this.#free[this.#freeCount++] = this.#dropped[at] ?? 0;
    }
    this.#droppedCount = 0;
  }

  /** Copies a packet to a slot. Where there is none, the garbage collector keeps it. */
  keep(bytes: Uint8Array): Uint8Array {
    const slot = bytes.length > SLOT_BYTES ? -1 : this.#take();
    if (slot < 0) return bytes.buffer === this.passing.bytes.buffer ? bytes.slice() : bytes;
    const own = this.#view(slot, bytes.length);
    own.set(bytes);
    return own;
  }

  drop(bytes: Uint8Array): void {
    const slot = this.#slotOf(bytes);
    if (slot < 0 || this.#state[slot] !== KEPT) return;
    this.#state[slot] = FREE;
    if (this.#droppedCount === this.#dropped.length) {
      const wider = new Int32Array(2 * this.#dropped.length);
      wider.set(this.#dropped);
      this.#dropped = wider;
    }
    this.#dropped[this.#droppedCount++] = slot;
  }

  copy(bytes: Uint8Array): Uint8Array {
    return bytes.slice();
  }
}
