/**
 * Memory whose address the kernel may be given. A block is one `ArrayBuffer` of its own: the engine never moves it,
 * and it lives as long as the block is referred to, so whoever hands an address to a call keeps the block.
 */
import type { Libc } from "./libc.ts";

const WORD = 2 ** 32;

/** Memory with a known address. Offsets of words must be multiples of four. */
export class Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Where it begins; a user-space address fits a number (47 bits). */
  readonly address: number;

  /** Zeroed memory; the length is rounded up to a multiple of 8. */
  constructor(libc: Libc, length: number) {
    const buffer = new ArrayBuffer(Math.max(8, Math.ceil(length / 8) * 8));
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.address = libc.addressOf(this.bytes);
  }

  /** Writes a 64-bit number below 2^53 at a multiple of four. */
  setLong(offset: number, value: number): void {
    const at = offset >>> 2;
    // Storing takes a number's lowest 32 bits.
    this.words[at] = value;
    this.words[at + 1] = value / WORD;
  }

  /** Reads a 64-bit number; exact below 2^53. */
  long(offset: number): number {
    const at = offset >>> 2;
    return (this.words[at] ?? 0) + (this.words[at + 1] ?? 0) * WORD;
  }

  /** Writes 32 bits at a multiple of four. */
  setInt(offset: number, value: number): void {
    this.words[offset >>> 2] = value;
  }

  /** Reads 32 unsigned bits at a multiple of four. */
  int(offset: number): number {
    return this.words[offset >>> 2] ?? 0;
  }
}
