/**
 * The tables that `sendmmsg` and `recvmmsg` work on: vectors that point at payload, messages that point at an address,
 * at vectors and at control data. They hold addresses only: whoever fills them keeps the blocks that they point into.
 */
import { type Layout, MSG_TRUNC, SOL_UDP, UDP_GRO, UDP_SEGMENT } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";

const SEGMENT_DATA_BYTES = 2;
const GRO_DATA_BYTES = 4;
/** Room for control data of one message that was received. */
export const CONTROL_BYTES = 64;

/** A row of `struct iovec`. */
export class Vectors {
  readonly count: number;
  readonly block: Block;
  readonly #size: number;
  readonly #base: number;
  readonly #length: number;

  constructor(libc: Libc, count: number) {
    this.count = count;
    const { size, base, length } = libc.layout.iovec;
    this.block = new Block(libc, count * size);
    this.#size = size;
    this.#base = base;
    this.#length = length;
  }

  /** Where entry `index` lies. */
  addressOf(index: number): number {
    return this.block.address + index * this.#size;
  }

  /** Points entry `index` at `length` bytes. */
  set(index: number, address: number, length: number): void {
    const at = index * this.#size;
    this.block.setLong(at + this.#base, address);
    this.block.setLong(at + this.#length, length);
  }

  /** Moves entry `index`, its length stays. */
  move(index: number, address: number): void {
    this.block.setLong(index * this.#size + this.#base, address);
  }
}

/** A row of `struct mmsghdr`. */
export class Messages {
  readonly count: number;
  readonly block: Block;
  readonly #kept: unknown[] = [];
  readonly #layout: Layout["mmsghdr"];

  constructor(libc: Libc, count: number) {
    this.count = count;
    this.#layout = libc.layout.mmsghdr;
    this.block = new Block(libc, count * this.#layout.size);
  }

  /** Where message `index` lies. */
  addressOf(index: number): number {
    return this.block.address + index * this.#layout.size;
  }

  /** Keeps what the table points into for as long as the table itself: nobody else may refer to it. */
  keep(...owners: readonly unknown[]): void {
    this.#kept.push(...owners);
  }

  /** To whom it goes, or where the sender's address is to be written. */
  setName(index: number, address: number, length: number): void {
    const at = index * this.#layout.size;
    this.block.setLong(at + this.#layout.name, address);
    this.block.setInt(at + this.#layout.nameLength, length);
  }

  /** Which vectors are its payload. */
  setVectors(index: number, address: number, count: number): void {
    const at = index * this.#layout.size;
    this.block.setLong(at + this.#layout.vector, address);
    this.block.setLong(at + this.#layout.vectorCount, count);
  }

  /** Its control data; length 0 for none. */
  setControl(index: number, address: number, length: number): void {
    const at = index * this.#layout.size;
    this.block.setLong(at + this.#layout.control, address);
    this.block.setLong(at + this.#layout.controlLength, length);
  }

  /** Makes a message that was received into ready to be received into again. */
  rearm(index: number, nameLength: number, controlLength: number): void {
    const at = index * this.#layout.size;
    this.block.setInt(at + this.#layout.nameLength, nameLength);
    this.block.setLong(at + this.#layout.controlLength, controlLength);
  }

  /** Bytes that were sent or received. */
  lengthOf(index: number): number {
    return this.block.int(index * this.#layout.size + this.#layout.length);
  }

  /** Bytes of the sender's address. */
  nameLengthOf(index: number): number {
    return this.block.int(index * this.#layout.size + this.#layout.nameLength);
  }

  /** Bytes of control data that came with it. */
  controlLengthOf(index: number): number {
    return this.block.int(index * this.#layout.size + this.#layout.controlLength);
  }

  /** Whether it was longer than its vectors. */
  isTruncated(index: number): boolean {
    const flags = this.block.int(index * this.#layout.size + this.#layout.flags);
    return (flags & MSG_TRUNC) !== 0;
  }
}

function aligned(length: number, align: number): number {
  return Math.ceil(length / align) * align;
}

/** Bytes that `writeSegment` takes. */
export function segmentControlBytes(layout: Layout): number {
  return aligned(layout.cmsghdr.data + SEGMENT_DATA_BYTES, layout.cmsghdr.align);
}

/** Writes control data that cuts a super-datagram into pieces of `bytes`; returns its length. */
export function writeSegment(layout: Layout, block: Block, at: number, bytes: number): number {
  const { cmsghdr } = layout;
  block.setLong(at + cmsghdr.length, cmsghdr.data + SEGMENT_DATA_BYTES);
  block.setInt(at + cmsghdr.level, SOL_UDP);
  block.setInt(at + cmsghdr.type, UDP_SEGMENT);
  block.setInt(at + cmsghdr.data, bytes);
  return segmentControlBytes(layout);
}

/** Length of each piece of a super-datagram that was received; 0 when it is a single datagram. */
export function readSegment(layout: Layout, block: Block, at: number, length: number): number {
  const { cmsghdr } = layout;
  let offset = 0;
  while (offset + cmsghdr.data + GRO_DATA_BYTES <= length) {
    const own = block.int(at + offset + cmsghdr.length);
    if (own < cmsghdr.data) return 0;
    const isSegment = block.int(at + offset + cmsghdr.level) === SOL_UDP &&
      block.int(at + offset + cmsghdr.type) === UDP_GRO;
    if (isSegment) return block.int(at + offset + cmsghdr.data);
    offset += aligned(own, cmsghdr.align);
  }
  return 0;
}
