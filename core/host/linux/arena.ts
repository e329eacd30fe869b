/**
 * Memory that packets are received into and stay in: slots of one packet each, in blocks whose addresses the kernel is
 * given. A slot goes from free to lent (the kernel may write to it, the engine looks at it) to kept (a ring holds it) and back. Views of
 * slots are made once, so a packet costs no object.
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
const LENT = 1;
const KEPT = 2;

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

  /** `maxBytes` is rounded up to whole blocks. */
  constructor(libc: Libc, maxBytes: number) {
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

  /** Lends a slot; -1 when the limit is reached. */
  take(): number {
    if (this.#freeCount === 0 && !this.#grow()) return -1;
    const slot = this.#free[--this.#freeCount] ?? -1;
    this.#state[slot] = LENT;
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

  /** Where a slot begins. */
  addressOf(slot: number): number {
    return (this.#blocks[slot >> SLOTS_BITS]?.address ?? 0) + (slot & SLOTS_MASK) * SLOT_BYTES;
  }

  /** The first `length` bytes of a slot. */
  view(slot: number, length: number): Uint8Array {
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

  /** The address of bytes that lie here; -1 for others. */
  locate(bytes: Uint8Array): number {
    const slot = this.#slotOf(bytes);
    return slot < 0 ? -1 : this.addressOf(slot) + bytes.byteOffset % SLOT_BYTES;
  }

  /** A lent slot comes back, unless its packet was kept meanwhile. */
  give(slot: number): void {
    if (this.#state[slot] !== LENT) return;
    this.#state[slot] = FREE;
    this.#free[this.#freeCount++] = slot;
  }

  /** Everything on its way out has been sent: what was let go may be used again. */
  recycle(): void {
    for (let at = 0; at < this.#droppedCount; at++) {
      this.#free[this.#freeCount++] = this.#dropped[at] ?? 0;
    }
    this.#droppedCount = 0;
  }

  /** Keeps a packet where it lies; one from elsewhere is copied to a slot, or stays where it is when there is none. */
  keep(bytes: Uint8Array): Uint8Array {
    let slot = this.#slotOf(bytes);
    if (slot >= 0) {
      this.#state[slot] = KEPT;
      return bytes;
    }
    if (bytes.length > SLOT_BYTES) return bytes;
    slot = this.take();
    if (slot < 0) return bytes;
    this.#state[slot] = KEPT;
    const own = this.view(slot, bytes.length);
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
