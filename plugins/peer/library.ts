/** Files that are shared from folders: found, hashed, looked at again and again. */
import type { FileInfo, Files, Log } from "../../core/ports.ts";
import { publicName } from "../../core/swarm/file_name.ts";
import {
  FileHasher,
  type FileId,
  type FileShape,
  pieceBytesFor,
} from "../../core/swarm/identity.ts";

/** Folders below a shared one that are gone into. */
const DEPTH_MAX = 8;
/** Read and hashed at once: about 1 ms of hashing between two awaits. */
const CHUNK_BYTES = 1024 * 1024;

/** A shared file. */
export interface Shared {
  readonly path: string;
  readonly name: string;
  readonly modifiedMs: number;
  readonly shape: FileShape;
  readonly layer: Uint8Array;
}

/** What the library needs. */
export interface LibraryOptions {
  readonly files: Files;
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
  #warned = new Set<string>();
  /** Entries left out: outside the folder, unreadable, or too many. */
  leftOut = 0;

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  get(id: FileId): Shared | undefined {
    return this.#byId.get(id);
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
    for (const [path, info] of found) {
      if (this.#stopped) return;
      if (this.#byPath.has(path)) continue;
      const known = before.get(path);
      const still = known !== undefined && known.sizeBytes === info.sizeBytes &&
        known.modifiedMs === info.modifiedMs;
      // What is there from the start is taken as it is; what appears later may still be written.
      if (this.#first || still) await this.#takeUp(info);
    }
    this.#first = false;
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
    const { files, log, pieceBytes } = this.#options;
    try {
      const length = pieceBytes ?? pieceBytesFor(info.sizeBytes);
      const hasher = new FileHasher(info.sizeBytes, length);
      {
        await using handle = await files.openRead(info.path);
        const buffer = new Uint8Array(Math.max(CHUNK_BYTES, length));
        for (let offset = 0; offset < info.sizeBytes && !this.#stopped;) {
          const got = await fill(handle, offset, buffer, info.sizeBytes - offset);
          if (got === 0) break;
          hasher.push(buffer.subarray(0, got));
          offset += got;
        }
      }
      const identity = hasher.finish();
      const name = publicName(info.path.slice(info.path.lastIndexOf("/") + 1));
      if (identity === undefined || this.#stopped) return;
      const file: Shared = { path: info.path, name, modifiedMs: info.modifiedMs, ...identity };
      // It may have been written to meanwhile: then the next look takes it up.
      if (!isSame(await this.#lookAt(info.path), file)) return;
      this.#byPath.set(file.path, file);
      if (this.#byId.has(file.shape.id)) return;
      this.#byId.set(file.shape.id, file);
      this.#options.added(file);
    } catch (error) {
      this.leftOut++;
      log.warn("file cannot be shared", { path: info.path, error });
    }
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
