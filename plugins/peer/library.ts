/** Files that are shared from folders: found, hashed, looked at again and again. */
import type { Clock, FileInfo, Files, Log } from "../../core/ports.ts";
import { publicName } from "../../core/swarm/file_name.ts";
import {
  FileHasher,
  type FileId,
  type FileShape,
  pieceBytesFor,
} from "../../core/swarm/identity.ts";
import type { HashCache } from "./hash_cache.ts";

/** Folders below a shared one that are gone into. */
const DEPTH_MAX = 8;
/** Read and hashed at once: about 1 ms of hashing between two awaits. */
const CHUNK_BYTES = 1024 * 1024;
/** With this much hashed since, what is known is written down although the scan goes on. */
const SAVE_BYTES = 1e9;

/** A shared file. */
export interface Shared {
  readonly path: string;
  readonly name: string;
  readonly modifiedMs: number;
  readonly shape: FileShape;
  readonly layer: Uint8Array;
}

/** How far the hashing of new files is. */
export interface Hashing {
  /** The one that is being read. */
  readonly name: string;
  readonly doneBytes: number;
  readonly sizeBytes: number;
  /** Those that come after it. */
  readonly filesLeft: number;
  readonly bytesLeft: number;
}

/** What the library needs. */
export interface LibraryOptions {
  readonly files: Files;
  readonly clock: Clock;
  /** How often folders are looked at: who changed a file within this may still be writing. */
  readonly watchMs: number;
  readonly cache: HashCache | undefined;
  readonly log: Log;
  readonly folders: readonly string[];
  readonly pieceBytes: number | undefined;
  readonly maxFiles: number;
  readonly added: (file: Shared) => void;
  readonly removed: (file: Shared) => void;
}

/** Knows every shared file by id. Scans never run twice at once. */
export class Library {
  readonly #options: LibraryOptions;
  readonly #byPath = new Map<string, Shared>();
  readonly #byId = new Map<FileId, Shared>();
  /** Files seen once as they are; taken up if the next look finds them the same. */
  #seen = new Map<string, FileInfo>();
  #first = true;
  #stopped = false;
  #hashing: { name: string; doneBytes: number; sizeBytes: number } | undefined;
  #toHash: FileInfo[] = [];
  #unsavedBytes = 0;
  #warned = new Set<string>();
  /** Entries left out: outside the folder, unreadable, or too many. */
  leftOut = 0;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  get(id: FileId): Shared | undefined {
    return this.#byId.get(id);
  }

  /** The hashing that goes on; undefined when there is none. */
  get hashing(): Hashing | undefined {
    if (this.#hashing === undefined) return undefined;
    const bytesLeft = this.#toHash.reduce((sum, info) => sum + info.sizeBytes, 0);
    return { ...this.#hashing, filesLeft: this.#toHash.length, bytesLeft };
  }

  /** Every shared file. */
  list(): readonly Shared[] {
    return [...this.#byId.values()];
  }

  /** The first file of this public name. */
  named(name: string): Shared | undefined {
    return this.list().find((file) => file.name === name);
  }

  /** Takes up a file whose identity is known already: a download that is complete. */
  adopt(file: Shared): void {
    this.#byPath.set(file.path, file);
    this.#byId.set(file.shape.id, file);
    this.#options.cache?.add(file.path, file.modifiedMs, file);
  }

  /** No file is taken up any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Looks at all folders once. */
  async scan(): Promise<void> {
    const found = new Map<string, FileInfo>();
    this.leftOut = 0;
    for (const folder of this.#options.folders) {
      try {
        const root = await this.#options.files.realPath(folder);
        await this.#walk(root, root, 0, found);
        this.#warned.delete(folder);
      } catch (error) {
        if (!this.#warned.has(folder)) {
          this.#options.log.warn("shared folder cannot be read", { folder, error });
        }
        this.#warned.add(folder);
        this.leftOut++;
      }
    }
    for (const file of [...this.#byPath.values()]) {
      const info = found.get(file.path) ?? await this.#lookAt(file.path);
      if (!isSame(info, file)) this.#withdraw(file);
    }
    const before = this.#seen;
    this.#seen = found;
    this.#toHash = [...found.values()].filter((info) => this.#isReady(info, before.get(info.path)));
    for (let info = this.#toHash.shift(); info !== undefined; info = this.#toHash.shift()) {
      if (this.#stopped) return;
      await this.#takeUp(info);
    }
    const { cache } = this.#options;
    cache?.keepOnly(new Set([...found.keys(), ...this.#byPath.keys()]));
    await cache?.save();
    this.#first = false;
  }

  /** Whether a file is to be taken up now: it stays as it is, and is not shared yet. */
  #isReady(info: FileInfo, known: FileInfo | undefined): boolean {
    if (this.#byPath.has(info.path)) return false;
    const { clock, watchMs } = this.#options;
    if (this.#first) {
      return clock.wall() - info.modifiedMs >= watchMs || this.#known(info) !== undefined;
    }
    // What appears or changes may still be written: a recording, for one.
    return known !== undefined && known.sizeBytes === info.sizeBytes &&
      known.modifiedMs === info.modifiedMs;
  }

  #known(info: FileInfo): ReturnType<HashCache["find"]> {
    const { cache, pieceBytes } = this.#options;
    return cache?.find(info, pieceBytes ?? pieceBytesFor(info.sizeBytes));
  }

  /** Whether a shared file is still what was hashed; withdraws it if not. */
  async check(file: Shared): Promise<boolean> {
    if (isSame(await this.#lookAt(file.path), file)) return true;
    this.#withdraw(file);
    return false;
  }

  async #lookAt(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.#options.files.stat(path);
    } catch {
      return undefined;
    }
  }

  #withdraw(file: Shared): void {
    if (this.#byPath.get(file.path) !== file) return;
    this.#byPath.delete(file.path);
    if (this.#byId.get(file.shape.id) === file) {
      this.#byId.delete(file.shape.id);
      this.#options.removed(file);
    }
  }

  async #walk(
    root: string,
    folder: string,
    depth: number,
    found: Map<string, FileInfo>,
  ): Promise<void> {
    for (const info of await this.#options.files.list(folder)) {
      const name = info.path.slice(info.path.lastIndexOf("/") + 1);
      // Links were resolved: what they lead to must lie inside, whatever it is called there.
      const inside = info.path.startsWith(root.endsWith("/") ? root : `${root}/`);
      if (!inside || name.startsWith(".")) {
        if (!inside) this.leftOut++;
      } else if (info.kind === "directory" && depth < DEPTH_MAX) {
        await this.#walk(root, info.path, depth + 1, found);
      } else if (info.kind === "file" && info.sizeBytes > 0) {
        if (found.size >= this.#options.maxFiles) this.leftOut++;
        else found.set(info.path, info);
      }
    }
  }

  async #takeUp(info: FileInfo): Promise<void> {
    const { log, cache } = this.#options;
    try {
      const known = this.#known(info);
      const identity = known ?? await this.#hash(info);
      if (identity === undefined || this.#stopped) return;
      const name = publicName(info.path.slice(info.path.lastIndexOf("/") + 1));
      const file: Shared = { path: info.path, name, modifiedMs: info.modifiedMs, ...identity };
      // It may have been written to meanwhile: then the next look takes it up.
      if (!isSame(await this.#lookAt(info.path), file)) return;
      if (known === undefined) {
        cache?.add(info.path, info.modifiedMs, identity);
        this.#unsavedBytes += info.sizeBytes;
        if (this.#unsavedBytes >= SAVE_BYTES) {
          this.#unsavedBytes = 0;
          await cache?.save();
        }
      }
      this.#byPath.set(file.path, file);
      if (this.#byId.has(file.shape.id)) return;
      this.#byId.set(file.shape.id, file);
      this.#options.added(file);
    } catch (error) {
      this.leftOut++;
      log.warn("file cannot be shared", { path: info.path, error });
    } finally {
      this.#hashing = undefined;
    }
  }

  async #hash(info: FileInfo): Promise<ReturnType<FileHasher["finish"]>> {
    const { files, pieceBytes } = this.#options;
    const length = pieceBytes ?? pieceBytesFor(info.sizeBytes);
    const hasher = new FileHasher(info.sizeBytes, length);
    const name = info.path.slice(info.path.lastIndexOf("/") + 1);
    const hashing = this.#hashing = { name, doneBytes: 0, sizeBytes: info.sizeBytes };
    await using handle = await files.openRead(info.path);
    const buffer = new Uint8Array(Math.min(info.sizeBytes, Math.max(CHUNK_BYTES, length)));
    while (hashing.doneBytes < info.sizeBytes && !this.#stopped) {
      const { doneBytes } = hashing;
      const got = await fill(handle, doneBytes, buffer, info.sizeBytes - doneBytes);
      if (got === 0) break;
      hasher.push(buffer.subarray(0, got));
      hashing.doneBytes += got;
    }
    return hasher.finish();
  }
}

/** Fills the buffer with whole blocks, as far as the file goes. */
async function fill(
  handle: { read(offset: number, into: Uint8Array): Promise<number> },
  offset: number,
  buffer: Uint8Array,
  left: number,
): Promise<number> {
  const wanted = Math.min(buffer.length, left);
  let got = 0;
  while (got < wanted) {
    const length = await handle.read(offset + got, buffer.subarray(got, wanted));
    if (length <= 0) return 0;
    got += length;
  }
  return got;
}

function isSame(info: FileInfo | undefined, file: Shared): boolean {
  return info !== undefined && info.kind === "file" && info.path === file.path &&
    info.sizeBytes === file.shape.sizeBytes && info.modifiedMs === file.modifiedMs;
}
