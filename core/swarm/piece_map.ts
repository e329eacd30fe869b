/** Which pieces of a file somebody holds: one bit each, most significant first, spare bits clear. */
export class PieceMap {
  readonly pieces: number;
  readonly #bits: Uint8Array;
  #held = 0;

  constructor(pieces: number) {
    this.pieces = pieces;
    this.#bits = new Uint8Array(Math.ceil(pieces / 8));
  }

  /** All pieces. */
  static full(pieces: number): PieceMap {
    const map = new PieceMap(pieces);
    for (let piece = 0; piece < pieces; piece++) map.add(piece);
    return map;
  }

  /** A map from the wire; undefined when its length or its spare bits are wrong. */
  static parse(bytes: Uint8Array, pieces: number): PieceMap | undefined {
    if (bytes.length !== Math.ceil(pieces / 8)) return undefined;
    const spare = bytes.length * 8 - pieces;
    if (((bytes.at(-1) ?? 0) & ((1 << spare) - 1)) !== 0) return undefined;
    const map = new PieceMap(pieces);
    for (let piece = 0; piece < pieces; piece++) {
      if (((bytes[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0) map.add(piece);
    }
    return map;
  }

  /** Pieces held. */
  get held(): number {
    return this.#held;
  }

  get complete(): boolean {
    return this.#held === this.pieces;
  }

  has(piece: number): boolean {
    return ((this.#bits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0;
  }

  /** Adds a piece; false when it was there. */
  add(piece: number): boolean {
    if (piece < 0 || piece >= this.pieces || this.has(piece)) return false;
    this.#bits[piece >> 3] = (this.#bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7));
    this.#held++;
    return true;
  }

  /** Takes a piece out; false when it was not there. */
  delete(piece: number): boolean {
    if (!this.has(piece)) return false;
    this.#bits[piece >> 3] = (this.#bits[piece >> 3] ?? 0) & ~(0x80 >> (piece & 7));
    this.#held--;
    return true;
  }

  /** The map as it travels. */
  bytes(): Uint8Array {
    return this.#bits.slice();
  }
}
