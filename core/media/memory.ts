/**
 * Who owns the bytes of packets. What is kept is told by a number, so that a ring of packets is a row of numbers and costs the
 * garbage collector nothing. A shell that receives into memory of its own (and hands its addresses to the kernel) learns here
 * what is kept, and may use all else again.
 */

/** A packet that is kept. */
export type Kept = number;

/** Where packets lie. What comes in is only valid until everything the call caused has been sent and delivered. */
export interface PacketMemory {
  /** The packet is kept beyond the call, until it is dropped. */
  keep(bytes: Uint8Array): Kept;
  /** The bytes of a packet that is kept. */
  bytesOf(kept: Kept): Uint8Array;
  /** The packet is not needed any more, once everything on its way out has been sent. */
  drop(kept: Kept): void;
  /** The packet, to be held for a while outside of the rings. */
  copy(bytes: Uint8Array): Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** The garbage collector's: every packet that comes in is an object of its own. */
export class HeapMemory implements PacketMemory {
  readonly #packets: Uint8Array[] = [];
  readonly #free: Kept[] = [];

  keep(bytes: Uint8Array): Kept {
    const kept = this.#free.pop();
    if (kept === undefined) return this.#packets.push(bytes) - 1;
    this.#packets[kept] = bytes;
    return kept;
  }

  bytesOf(kept: Kept): Uint8Array {
    return this.#packets[kept] ?? NOTHING;
  }

  drop(kept: Kept): void {
    if (this.#packets[kept] === NOTHING) return;
    this.#packets[kept] = NOTHING;
    this.#free.push(kept);
  }

  copy(bytes: Uint8Array): Uint8Array {
    return bytes;
  }
}
