/**
 * Who owns the bytes of packets. A shell that lets the garbage collector own them needs nothing of this; one that receives into
 * memory of its own (and hands its addresses to the kernel) learns here what is kept, and may use all else again.
 */

/** Where packets lie. What comes in is only valid until everything the call caused has been sent and delivered. */
export interface PacketMemory {
  /** The packet is kept beyond the call; returns the bytes to keep, until `drop` gets exactly these. */
  keep(bytes: Uint8Array): Uint8Array;
  /** What `keep` returned is not needed any more, once everything on its way out has been sent. */
  drop(bytes: Uint8Array): void;
  /** The packet, to be held for a while outside of the rings. */
  copy(bytes: Uint8Array): Uint8Array;
}

/** The garbage collector's: every packet that comes in is an object of its own. */
export const HEAP: PacketMemory = {
  keep: (bytes) => bytes,
  drop() {},
  copy: (bytes) => bytes,
};
