/**
 * Bytes of files on disk. A download lives in a hidden folder of the downloads folder under its id, so
 * that no name from outside touches a path; beside it lies its state: identity, layer and the numbers of
 * pieces that were written. On resume exactly those pieces are verified again, so a torn write costs
 * one piece and nothing that was verified is fetched twice. A complete file moves to its own name.
 */
import { decode as decodeCbor, encode as encodeCbor } from "../../core/cbor.ts";
import { z } from "zod";
import type { Files, ReadHandle, UpdateHandle, WriteHandle } from "../../core/ports.ts";
import { isFileName } from "../../core/swarm/file_name.ts";
import {
  blockHashes,
  type FileId,
  fileId,
  type FileShape,
  isGeometry,
  isHashAt,
  isLayerOf,
  pieceCount,
  pieceHash,
  pieceLength,
} from "../../core/swarm/identity.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import type { PieceProof, PieceTarget } from "../../core/swarm/piece_proof.ts";
import { isPlainCbor } from "../../core/wire/cbor_shape.ts";

/** Folder for what is not complete. */
export const PARTS_FOLDER = ".espalier";
/** Longest state file that is read. */
const STATE_MAX_BYTES = 4 * 1024 * 1024;
/** Names tried for a complete file before it is given up. */
const NAMES_MAX = 1000;

const stateSchema = z.strictObject({
  id: z.custom<FileId>((v) => fileId(v) !== undefined),
  size: z.number().int(),
  piece: z.number().int(),
  name: z.string().refine(isFileName),
  layer: z.custom<Uint8Array>((v) => v instanceof Uint8Array),
}).refine((state) => isGeometry(state.size, state.piece));

/** A file whose bytes can be read, some or all. */
export interface Content {
  readonly path: string;
  readonly complete: boolean;
  read(offset: number, into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** Reads exactly `into.length` bytes; false when the file is shorter. */
export async function readFully(
  handle: Pick<ReadHandle, "read">,
  offset: number,
  into: Uint8Array,
): Promise<boolean> {
  for (let at = 0; at < into.length;) {
    const length = await handle.read(offset + at, at === 0 ? into : into.subarray(at));
    if (length <= 0) return false;
    at += length;
  }
  return true;
}

/** Everything of a small file; undefined when there is none, or it is larger than `maxBytes`. */
export async function readWhole(
  files: Files,
  path: string,
  maxBytes: number = STATE_MAX_BYTES,
): Promise<Uint8Array | undefined> {
  const info = await files.stat(path);
  if (info?.kind !== "file" || info.sizeBytes > maxBytes) return undefined;
  await using handle = await files.openRead(path);
  const bytes = new Uint8Array(info.sizeBytes);
  return await readFully(handle, 0, bytes) ? bytes : undefined;
}

/** A file that is being downloaded. */
export class Part {
  readonly shape: FileShape;
  readonly name: string;
  readonly held: PieceMap;
  layer: Uint8Array | undefined;
  readonly #files: Files;
  readonly #base: string;
  #data: UpdateHandle | undefined;
  #state: WriteHandle | undefined;
  #noting: Promise<void> = Promise.resolve();

  private constructor(files: Files, folder: string, shape: FileShape, name: string) {
    this.#files = files;
    this.shape = shape;
    this.name = name;
    this.held = new PieceMap(pieceCount(shape));
    this.#base = `${folder}/${PARTS_FOLDER}/${shape.id}`;
  }

  get path(): string {
    return `${this.#base}.part`;
  }

  /** Opens a download, new or begun before. */
  static async open(
    files: Files,
    folder: string,
    shape: FileShape,
    name: string,
  ): Promise<Part> {
    const part = new Part(files, folder, shape, name);
    await files.makeFolder(`${folder}/${PARTS_FOLDER}`);
    await part.#resume();
    part.#data = await files.openUpdate(part.path);
    return part;
  }

  /** Ids of downloads that were begun in a folder. */
  static async begun(files: Files, folder: string): Promise<{ shape: FileShape; name: string }[]> {
    const parts = `${folder}/${PARTS_FOLDER}`;
    if (await files.stat(parts) === undefined) return [];
    const found: { shape: FileShape; name: string }[] = [];
    for (const info of await files.list(parts)) {
      if (!info.path.endsWith(".state")) continue;
      const state = parseState(await readWhole(files, info.path) ?? new Uint8Array());
      if (state !== undefined) found.push({ shape: state.shape, name: state.name });
    }
    return found;
  }

  /** The layer is known: from here on pieces can be kept. */
  async setLayer(layer: Uint8Array): Promise<void> {
    this.layer = layer;
    if (this.#state !== undefined) return;
    await this.#inTurn(() => this.#writeState(layer));
  }

  /** Changes of the state file come one after another. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#noting.then(work);
    this.#noting = turn.catch(() => {});
    return turn;
  }

  async #writeState(layer: Uint8Array): Promise<void> {
    if (this.#state !== undefined) return;
    // Written anew and put in place whole: a torn note must not shift those to come.
    const path = `${this.#base}.state`;
    {
      await using fresh = await this.#files.openWrite(`${path}.new`, "truncate");
      await fresh.write(this.#stateBytes(layer));
    }
    await this.#files.rename(`${path}.new`, path);
    this.#state = await this.#files.openWrite(path, "append");
  }

  #stateBytes(layer: Uint8Array): Uint8Array {
    const { id, sizeBytes: size, pieceBytes: piece } = this.shape;
    const head = encodeCbor({ id, size, piece, name: this.name, layer });
    const bytes = new Uint8Array(4 + head.length + 4 * this.held.held);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, head.length);
    bytes.set(head, 4);
    let at = 4 + head.length;
    for (let number = 0; number < this.held.pieces; number++) {
      if (!this.held.has(number)) continue;
      view.setUint32(at, number);
      at += 4;
    }
    return bytes;
  }

  /** Proves a piece; a right one is written, and noted to be there. */
  async keep(piece: number, bytes: Uint8Array, target: PieceTarget): Promise<PieceProof> {
    if (this.#data === undefined) throw new Error("Cannot keep a piece: the download is closed");
    const proof = await this.#data.keep(piece * this.shape.pieceBytes, bytes, target);
    if (proof.isRight) await this.#inTurn(() => this.#note(piece));
    return proof;
  }

  async #note(piece: number): Promise<void> {
    if (this.layer !== undefined) await this.#writeState(this.layer);
    const note = new Uint8Array(4);
    new DataView(note.buffer).setUint32(0, piece);
    try {
      await this.#state?.write(note);
    } catch (error) {
      // A part of the note may be there: the next one begins the file anew.
      const torn = this.#state;
      this.#state = undefined;
      await torn?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    return await this.#data?.read(offset, into) ?? 0;
  }

  async close(): Promise<void> {
    await this.#noting;
    const [data, state] = [this.#data, this.#state];
    this.#data = this.#state = undefined;
    await data?.[Symbol.asyncDispose]();
    await state?.[Symbol.asyncDispose]();
  }

  /**
   * Moves the complete file to its name, or to a free one like it; tells where it is. It can be read from
   * there at once; `settled` resolves when it is on disk for good and its state is forgotten: a crash of
   * the whole machine before that costs the download, never a file that only looks complete.
   */
  async finish(
    folder: string,
    out: string | undefined,
  ): Promise<{ readonly path: string; readonly settled: Promise<void> }> {
    const path = out ?? await this.#freeName(folder);
    await this.#files.rename(this.path, path);
    return { path, settled: this.#settle() };
  }

  async #settle(): Promise<void> {
    await this.#data?.sync();
    await this.close();
    if (await this.#files.stat(`${this.#base}.state`) !== undefined) {
      await this.#files.remove(`${this.#base}.state`);
    }
  }

  async #freeName(folder: string): Promise<string> {
    const dot = this.name.lastIndexOf(".");
    const [stem, extension] = dot > 0
      ? [this.name.slice(0, dot), this.name.slice(dot)]
      : [this.name, ""];
    for (let copy = 1; copy <= NAMES_MAX; copy++) {
      const name = copy === 1 ? this.name : `${stem} (${copy})${extension}`;
      if (await this.#files.stat(`${folder}/${name}`) === undefined) return `${folder}/${name}`;
    }
    return `${folder}/${this.shape.id}${extension}`;
  }

  /** Reads the state of an earlier life, if there is one, and verifies the pieces it names. */
  async #resume(): Promise<void> {
    const bytes = await readWhole(this.#files, `${this.#base}.state`);
    const state = parseState(bytes ?? new Uint8Array());
    if (state === undefined || !sameShape(state.shape, this.shape)) return;
    this.layer = state.layer;
    if (await this.#files.stat(this.path) === undefined) return;
    await using data = await this.#files.openRead(this.path);
    const buffer = new Uint8Array(this.shape.pieceBytes);
    for (const piece of state.pieces) {
      if (piece >= this.held.pieces || this.held.has(piece)) continue;
      const part = buffer.subarray(0, pieceLength(this.shape, piece));
      if (!await readFully(data, piece * this.shape.pieceBytes, part)) continue;
      const hash = pieceHash(blockHashes(part), this.shape);
      if (isHashAt(state.layer, piece, hash)) this.held.add(piece);
    }
  }
}

/** Whether two shapes are the same file in the same pieces. */
export function sameShape(a: FileShape, b: FileShape): boolean {
  return a.id === b.id && a.sizeBytes === b.sizeBytes && a.pieceBytes === b.pieceBytes;
}

/** Reads a state file; a torn end is left out. */
function parseState(bytes: Uint8Array) {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headEnd = 4 + view.getUint32(0);
  if (headEnd > bytes.length) return undefined;
  const head = bytes.slice(4, headEnd);
  if (!isPlainCbor(head)) return undefined;
  const parsed = stateSchema.safeParse(decodeCbor(head));
  if (!parsed.success) return undefined;
  const { id, size, piece, name, layer } = parsed.data;
  const shape: FileShape = { id, sizeBytes: size, pieceBytes: piece };
  if (!isLayerOf(layer, shape)) return undefined;
  const pieces = new Set<number>();
  for (let at = headEnd; at + 4 <= bytes.length; at += 4) pieces.add(view.getUint32(at));
  return { shape, name, layer, pieces };
}
