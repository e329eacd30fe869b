/** What a piece proves to be: hashed block by block, and compared with what the piece layer says. */
import { blockHashes, HASH_BYTES, isHashAt, merkleRoot } from "./identity.ts";

/** What a piece must be. */
export interface PieceTarget {
  /** Blocks that its tree is wide, a power of two. */
  readonly width: number;
  /** Its hash. */
  readonly hash: Uint8Array;
}

/** What it is. */
export interface PieceProof {
  /** The hash of each block. */
  readonly leaves: Uint8Array;
  readonly isRight: boolean;
}

/** Hashes the bytes of a piece and says whether they are what they should be. */
export function provePiece(bytes: Uint8Array, { width, hash }: PieceTarget): PieceProof {
  const leaves = blockHashes(bytes);
  const isRight = leaves.length <= width * HASH_BYTES &&
    isHashAt(merkleRoot(leaves, width, 0), 0, hash);
  return { leaves, isRight };
}
