/**
 * Hashes of shared files that are known from before: a file whose path, size and time of change are the
 * same is not read again after a restart. One small file, replaced as a whole, so that a crash leaves
 * the old one or the new one. What it says is checked as far as it can be: every layer must fit its id.
 */
import { z } from "zod";
import { decode as decodeCbor, encode as encodeCbor } from "../../core/cbor.ts";
import type { FileInfo, Files, Log } from "../../core/ports.ts";
import {
  type FileId,
  fileId,
  type FileShape,
  isGeometry,
  isLayerOf,
} from "../../core/swarm/identity.ts";
import { isPlainCbor } from "../../core/wire/cbor_shape.ts";
import { readWhole } from "./storage.ts";

/** Bytes of layers kept at most: 500 files of 2048 pieces. The costliest to hash are kept. */
const KEPT_MAX_BYTES = 32 * 1024 * 1024;
/** Longest file that is read: the same with room for paths. */
const FILE_MAX_BYTES = 2 * KEPT_MAX_BYTES;
const PATH_MAX_CHARS = 4096;

const entrySchema = z.strictObject({
  path: z.string().min(1).max(PATH_MAX_CHARS),
  modifiedMs: z.number().int(),
  id: z.custom<FileId>((v) => fileId(v) !== undefined),
  size: z.number().int(),
  piece: z.number().int(),
  layer: z.custom<Uint8Array>((v) => v instanceof Uint8Array),
}).refine((entry) => isGeometry(entry.size, entry.piece));
const cacheSchema = z.tuple([z.literal(1), z.array(entrySchema).max(100_000)]);
type Entry = z.output<typeof entrySchema>;

/** A file's identity as it was found once. */
export interface KnownHash {
  readonly shape: FileShape;
  readonly layer: Uint8Array;
}

/** What was hashed, by path. */
export class HashCache {
  readonly #files: Files;
  readonly #log: Log;
  readonly #path: string;
  #entries = new Map<string, Entry>();
  #dirty = false;
  #warned = false;

  constructor(files: Files, log: Log, path: string) {
    this.#files = files;
    this.#log = log;
    this.#path = path;
  }

  /** Files it knows. */
  get size(): number {
    return this.#entries.size;
  }

  /** Reads what an earlier life kept; a damaged file counts as none. */
  async load(): Promise<void> {
    try {
      const bytes = await readWhole(this.#files, this.#path, FILE_MAX_BYTES);
      if (bytes === undefined) return;
      const entries = parse(bytes);
      if (entries === undefined) this.#warn("hashes kept before cannot be read", undefined);
      else this.#entries = entries;
    } catch (error) {
      this.#warn("hashes kept before cannot be read", error);
    }
  }

  /** The identity of a file that is as it was, cut into pieces of this length. */
  find(info: FileInfo, pieceBytes: number): KnownHash | undefined {
    const entry = this.#entries.get(info.path);
    if (
      entry === undefined || entry.size !== info.sizeBytes || entry.piece !== pieceBytes ||
      entry.modifiedMs !== Math.round(info.modifiedMs)
    ) return undefined;
    const shape: FileShape = { id: entry.id, sizeBytes: entry.size, pieceBytes: entry.piece };
    return isLayerOf(entry.layer, shape) ? { shape, layer: entry.layer } : undefined;
  }

  /** Keeps what was found. */
  add(path: string, modifiedMs: number, { shape, layer }: KnownHash): void {
    if (path.length > PATH_MAX_CHARS) return;
    const { id, sizeBytes: size, pieceBytes: piece } = shape;
    this.#entries.set(path, { path, modifiedMs: Math.round(modifiedMs), id, size, piece, layer });
    this.#dirty = true;
  }

  /** Forgets files that are gone. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of this.#entries.keys()) {
      if (!paths.has(path)) this.#dirty = this.#entries.delete(path);
    }
  }

  /** Writes it down, where there is something new. Never rejects: without it files are only hashed again. */
  async save(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const fresh = `${this.#path}.new`;
    try {
      await this.#files.makeFolder(this.#path.slice(0, this.#path.lastIndexOf("/")) || "/");
      {
        await using handle = await this.#files.openWrite(fresh, "truncate");
        await handle.write(encodeCbor([1, this.#costliest()]));
        await handle.sync();
      }
      await this.#files.rename(fresh, this.#path);
    } catch (error) {
      this.#warn("hashes cannot be kept", error);
    }
  }

  #costliest(): readonly Entry[] {
    const kept: Entry[] = [];
    let left = KEPT_MAX_BYTES;
    for (const entry of [...this.#entries.values()].sort((a, b) => b.size - a.size)) {
      left -= entry.layer.length + 2 * entry.path.length + 256;
      if (left < 0) break;
      kept.push(entry);
    }
    return kept;
  }

  #warn(event: string, error: unknown): void {
    if (!this.#warned) this.#log.warn(event, { path: this.#path, error });
    this.#warned = true;
  }
}

function parse(bytes: Uint8Array): Map<string, Entry> | undefined {
  if (!isPlainCbor(bytes)) return undefined;
  const parsed = cacheSchema.safeParse(decodeCbor(bytes));
  if (!parsed.success) return undefined;
  return new Map(parsed.data[1].map((entry) => [entry.path, entry]));
}
