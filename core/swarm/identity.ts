/**
 * What a file is to the swarm: its size and the SHA-256 Merkle root over blocks of 16 KiB, laid out as
 * BEP 52 (BitTorrent v2) has it. The last block is hashed at its true length; hashes missing at the end
 * of a tree are 32 zero bytes at the level of the blocks. The piece layer is the level of the tree where
 * one hash covers one piece, so every piece is verified on its own; the root does not depend on the
 * length of the pieces.
 */
import { hash } from "node:crypto";

/** Bytes of one leaf of the tree. */
export const BLOCK_BYTES = 16 * 1024;
/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;
/** Smallest and largest piece that is chosen by itself. */
export const PIECE_MIN_BYTES = 256 * 1024;
/** Largest piece. */
export const PIECE_MAX_BYTES = 4 * 1024 * 1024;
/** Pieces of one file at most: 256 GiB in pieces of 4 MiB, a map of 8 KiB, a layer of 2 MiB. */
export const PIECES_MAX = 65_536;
/** Pieces aimed at: a map of 256 bytes, a layer of 64 KiB. */
const PIECES_GOAL = 2048;

/** A file's Merkle root in 64 lower-case hexadecimal digits. */
export type FileId = string & { readonly brand: "FileId" };

/** Parses a file id; undefined when it is none. */
export function fileId(text: unknown): FileId | undefined {
  return typeof text === "string" && /^[0-9a-f]{64}$/.test(text) ? text as FileId : undefined;
}

/** Identity and geometry of a file. The id alone is enough for honest files; the size is checked with it. */
export interface FileShape {
  readonly id: FileId;
  readonly sizeBytes: number;
  /** A power of two from 16 KiB to 4 MiB. */
  readonly pieceBytes: number;
}

/** Whether sizes are such as a file of the swarm can have. */
export function isGeometry(sizeBytes: number, pieceBytes: number): boolean {
  return Number.isSafeInteger(sizeBytes) && sizeBytes > 0 && pieceBytes >= BLOCK_BYTES &&
    pieceBytes <= PIECE_MAX_BYTES && Number.isInteger(Math.log2(pieceBytes)) &&
    Math.ceil(sizeBytes / pieceBytes) <= PIECES_MAX;
}

/** The piece length for a file: the smallest from 256 KiB on that makes at most 2048 pieces, at most 4 MiB. */
export function pieceBytesFor(sizeBytes: number): number {
  let pieceBytes = PIECE_MIN_BYTES;
  while (pieceBytes < PIECE_MAX_BYTES && sizeBytes / pieceBytes > PIECES_GOAL) pieceBytes *= 2;
  return pieceBytes;
}

/** Number of pieces. */
export function pieceCount(shape: Pick<FileShape, "sizeBytes" | "pieceBytes">): number {
  return Math.ceil(shape.sizeBytes / shape.pieceBytes);
}

/** Length of a piece in bytes; the last may be shorter. */
export function pieceLength(
  shape: Pick<FileShape, "sizeBytes" | "pieceBytes">,
  piece: number,
): number {
  return Math.min(shape.pieceBytes, shape.sizeBytes - piece * shape.pieceBytes);
}

/** Values of hexadecimal digits by their code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return Math.max(0, value);
});

/**
 * Puts the SHA-256 of some bytes at a place. In hexadecimal it comes as a string: a buffer for every 32 bytes costs
 * a tenth of the time for a block, and half of it for two hashes.
 */
function putHash(bytes: Uint8Array, into: Uint8Array, at: number): void {
  const digits = hash("sha256", bytes, "hex");
  for (let i = 0; i < HASH_BYTES; i++) {
    const high = DIGITS[digits.charCodeAt(2 * i)] ?? 0;
    into[at + i] = (high << 4) | (DIGITS[digits.charCodeAt(2 * i + 1)] ?? 0);
  }
}

/** Hashes of all-padding subtrees, by level: 0 is a missing block. */
const padding: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
function paddingHash(level: number): Uint8Array {
  for (let have = padding.length; have <= level; have++) {
    const below = padding[have - 1] ?? new Uint8Array(HASH_BYTES);
    const hashed = new Uint8Array(HASH_BYTES);
    putHash(Uint8Array.from([...below, ...below]), hashed, 0);
    padding.push(hashed);
  }
  return padding[level] ?? new Uint8Array(HASH_BYTES);
}

/**
 * The root over `hashes` (32 bytes each), padded to `width` (a power of two) with hashes of padding
 * whose own level is `level`.
 */
export function merkleRoot(hashes: Uint8Array, width: number, level: number): Uint8Array {
  let row = hashes;
  let at = level;
  for (let size = width; size > 1; size /= 2, at++) {
    const count = row.length / HASH_BYTES;
    const next = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES);
    for (let i = 0; i < count; i += 2) {
      const pair = row.subarray(i * HASH_BYTES, (i + 2) * HASH_BYTES);
      const whole = i + 1 < count ? pair : Uint8Array.from([...pair, ...paddingHash(at)]);
      putHash(whole, next, (i / 2) * HASH_BYTES);
    }
    row = next;
  }
  return row;
}

function powerOfTwo(atLeast: number): number {
  let power = 1;
  while (power < atLeast) power *= 2;
  return power;
}

/** Blocks that the tree of a piece is wide. */
export function pieceWidth(shape: Pick<FileShape, "sizeBytes" | "pieceBytes">): number {
  // A file of one piece is a tree of its own blocks; pieces of larger files are all equally wide.
  return pieceCount(shape) === 1
    ? powerOfTwo(Math.ceil(shape.sizeBytes / BLOCK_BYTES))
    : shape.pieceBytes / BLOCK_BYTES;
}

/** The hash of a piece from the hashes of its blocks. */
export function pieceHash(
  leaves: Uint8Array,
  shape: Pick<FileShape, "sizeBytes" | "pieceBytes">,
): Uint8Array {
  return merkleRoot(leaves, pieceWidth(shape), 0);
}

/** The file's root from its piece layer. */
export function rootOfLayer(layer: Uint8Array, pieceBytes: number): Uint8Array {
  const level = Math.log2(pieceBytes / BLOCK_BYTES);
  return merkleRoot(layer, powerOfTwo(layer.length / HASH_BYTES), level);
}

/** Whether a piece layer belongs to the file. */
export function isLayerOf(layer: Uint8Array, shape: FileShape): boolean {
  return layer.length === pieceCount(shape) * HASH_BYTES &&
    toHex(rootOfLayer(layer, shape.pieceBytes)) === shape.id;
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of hexadecimal digits that are known to be such. */
export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Whether `bytes` is the hash at `index` of a list of hashes. */
export function isHashAt(hashes: Uint8Array, index: number, bytes: Uint8Array): boolean {
  const at = index * HASH_BYTES;
  if (hashes.length < at + HASH_BYTES || bytes.length !== HASH_BYTES) return false;
  for (let i = 0; i < HASH_BYTES; i++) if (hashes[at + i] !== bytes[i]) return false;
  return true;
}

/** The block hashes of a run of bytes that begins at a block's boundary. */
export function blockHashes(bytes: Uint8Array): Uint8Array {
  const count = Math.ceil(bytes.length / BLOCK_BYTES);
  const leaves = new Uint8Array(count * HASH_BYTES);
  for (let i = 0; i < count; i++) {
    const block = bytes.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
    putHash(block, leaves, i * HASH_BYTES);
  }
  return leaves;
}

/** Finds the identity of a file that is read from beginning to end. */
export class FileHasher {
  readonly #sizeBytes: number;
  readonly #pieceBytes: number;
  readonly #layer: Uint8Array;
  readonly #leaves: Uint8Array;
  #doneBytes = 0;

  constructor(sizeBytes: number, pieceBytes: number) {
    this.#sizeBytes = sizeBytes;
    this.#pieceBytes = pieceBytes;
    this.#layer = new Uint8Array(pieceCount({ sizeBytes, pieceBytes }) * HASH_BYTES);
    this.#leaves = new Uint8Array((pieceBytes / BLOCK_BYTES) * HASH_BYTES);
  }

  /** Takes the next bytes: whole blocks, but for the end of the file. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      const block = bytes.subarray(at, at + BLOCK_BYTES);
      const inPiece = (this.#doneBytes % this.#pieceBytes) / BLOCK_BYTES;
      putHash(block, this.#leaves, inPiece * HASH_BYTES);
      this.#doneBytes += block.length;
      const last = this.#doneBytes === this.#sizeBytes;
      if (last || this.#doneBytes % this.#pieceBytes === 0) this.#closePiece(inPiece + 1);
    }
  }

  #closePiece(blocks: number): void {
    const shape = { sizeBytes: this.#sizeBytes, pieceBytes: this.#pieceBytes };
    const piece = Math.ceil(this.#doneBytes / this.#pieceBytes) - 1;
    const hash = pieceHash(this.#leaves.subarray(0, blocks * HASH_BYTES), shape);
    this.#layer.set(hash, piece * HASH_BYTES);
  }

  /** The identity and the piece layer; undefined unless exactly the file's bytes were pushed. */
  finish(): { readonly shape: FileShape; readonly layer: Uint8Array } | undefined {
    if (this.#doneBytes !== this.#sizeBytes) return undefined;
    const id = fileId(toHex(rootOfLayer(this.#layer, this.#pieceBytes)));
    if (id === undefined) return undefined;
    const shape = { id, sizeBytes: this.#sizeBytes, pieceBytes: this.#pieceBytes };
    return { shape, layer: this.#layer };
  }
}
