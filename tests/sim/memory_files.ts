/** Files in memory, with links, a quota and slowness, for the seeded world. */
import { type FileInfo, type Files, PortError } from "../../core/ports.ts";
import { provePiece } from "../../core/swarm/piece_proof.ts";

type Entry =
  | { kind: "file"; bytes: Uint8Array; size: number; modifiedMs: number }
  | { kind: "directory"; modifiedMs: number }
  | { kind: "link"; target: string };

/** Links followed at most, as Linux does. */
const LINKS_MAX = 40;

/** A disk: survives crashes of the host it belongs to. */
export class MemoryDisk {
  readonly #entries = new Map<string, Entry>([["/", { kind: "directory", modifiedMs: 0 }]]);
  readonly #wall: () => number;
  /** Writes beyond this fail with `full`. */
  quotaBytes = Infinity;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** Puts a file there, with the folders it needs. */
  put(path: string, bytes: Uint8Array | string): void {
    const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    const full = normal(path);
    this.makeFolder(parentOf(full));
    this.#entries.set(full, {
      kind: "file",
      bytes: data.slice(),
      size: data.length,
      modifiedMs: this.#wall(),
    });
  }

  /** Changes a file's bytes behind the back of its size and its time of change. */
  tamper(path: string, bytes: Uint8Array): void {
    const entry = this.#entries.get(this.resolve(path));
    if (entry?.kind !== "file" || entry.size !== bytes.length) {
      throw new Error(`Cannot tamper with ${path}: it has not ${bytes.length} bytes`);
    }
    entry.bytes = bytes.slice();
  }

  /** What a file holds; undefined when there is none. */
  read(path: string): Uint8Array | undefined {
    const entry = this.#entries.get(this.resolve(path));
    return entry?.kind === "file" ? entry.bytes.subarray(0, entry.size) : undefined;
  }

  /** Makes a symbolic link. */
  link(path: string, target: string): void {
    const full = normal(path);
    this.makeFolder(parentOf(full));
    this.#entries.set(full, { kind: "link", target });
  }

  /** Makes a folder and those above it. */
  makeFolder(path: string): void {
    const full = this.resolve(path);
    const entry = this.#entries.get(full);
    if (entry?.kind === "directory") return;
    if (entry !== undefined) throw trouble("exists", "make folder", path, "a file is in its place");
    this.makeFolder(parentOf(full));
    this.#entries.set(full, { kind: "directory", modifiedMs: this.#wall() });
  }

  /** The path without links; the last parts need not exist. */
  resolve(path: string): string {
    let parts = normal(path).split("/").filter((part) => part !== "");
    let done = "";
    for (let links = 0; parts.length > 0;) {
      const next = `${done}/${parts[0] ?? ""}`;
      const entry = this.#entries.get(next);
      if (entry?.kind === "link") {
        if (++links > LINKS_MAX) throw trouble("io", "resolve", path, "too many links");
        const target = entry.target.startsWith("/") ? entry.target : `${done}/${entry.target}`;
        parts = [...normal(target).split("/").filter((part) => part !== ""), ...parts.slice(1)];
        done = "";
      } else {
        done = next;
        parts = parts.slice(1);
      }
    }
    return done === "" ? "/" : done;
  }

  info(path: string): FileInfo | undefined {
    const full = this.resolve(path);
    const entry = this.#entries.get(full);
    if (entry === undefined || entry.kind === "link") return undefined;
    return {
      path: full,
      kind: entry.kind,
      sizeBytes: entry.kind === "file" ? entry.size : 0,
      modifiedMs: entry.modifiedMs,
    };
  }

  list(path: string): readonly FileInfo[] {
    const folder = this.resolve(path);
    if (this.#entries.get(folder)?.kind !== "directory") {
      throw trouble("not-found", "list", path, "there is no such folder");
    }
    return [...this.#entries.keys()]
      .filter((full) => full !== "/" && parentOf(full) === folder).sort()
      .map((full) => this.info(full)).filter((info) => info !== undefined);
  }

  /** The file for reading. */
  file(path: string): Extract<Entry, { kind: "file" }> {
    const entry = this.#entries.get(this.resolve(path));
    if (entry === undefined) throw trouble("not-found", "open", path, "there is no such file");
    if (entry.kind !== "file") throw trouble("io", "open", path, "it is no file");
    return entry;
  }

  /** The file for writing. */
  fileToWrite(path: string, mode: "create" | "truncate" | "append") {
    const full = this.resolve(path);
    if (this.#entries.get(parentOf(full))?.kind !== "directory") {
      throw trouble("not-found", "open", path, "its folder does not exist");
    }
    const known = this.#entries.get(full);
    if (known !== undefined && known.kind !== "file") {
      throw trouble("io", "open", path, "it is no file");
    }
    if (known !== undefined && mode === "create") {
      throw trouble("exists", "create", path, "it exists");
    }
    if (known !== undefined && mode === "append") return known;
    const made = {
      kind: "file" as const,
      bytes: new Uint8Array(0),
      size: 0,
      modifiedMs: this.#wall(),
    };
    this.#entries.set(full, made);
    return made;
  }

  /** Adds to the end of an open file. */
  append(file: Extract<Entry, { kind: "file" }>, bytes: Uint8Array): void {
    if (this.usedBytes() + bytes.length > this.quotaBytes) {
      throw new PortError("full", "Cannot write: the disk is full");
    }
    if (file.size + bytes.length > file.bytes.length) {
      const grown = new Uint8Array(Math.max(4096, 2 * (file.size + bytes.length)));
      grown.set(file.bytes.subarray(0, file.size));
      file.bytes = grown;
    }
    file.bytes.set(bytes, file.size);
    file.size += bytes.length;
    file.modifiedMs = this.#wall();
  }

  /** Puts bytes anywhere into an open file. */
  write(file: Extract<Entry, { kind: "file" }>, offset: number, bytes: Uint8Array): void {
    const missing = offset + bytes.length - file.size;
    if (missing > 0) this.append(file, new Uint8Array(missing));
    file.bytes.set(bytes, offset);
    file.modifiedMs = this.#wall();
  }

  usedBytes(): number {
    if (this.quotaBytes === Infinity) return 0;
    let used = 0;
    for (const entry of this.#entries.values()) if (entry.kind === "file") used += entry.size;
    return used;
  }

  rename(from: string, to: string): void {
    const source = this.resolve(from);
    const entry = this.#entries.get(source);
    if (entry === undefined) throw trouble("not-found", "rename", from, "there is no such file");
    const target = this.resolve(to);
    for (const [path, moved] of [...this.#entries]) {
      if (path !== source && !path.startsWith(`${source}/`)) continue;
      this.#entries.delete(path);
      this.#entries.set(target + path.slice(source.length), moved);
    }
  }

  remove(path: string): void {
    // A link is removed itself, not what it points to.
    const full = this.#entries.has(normal(path)) ? normal(path) : this.resolve(path);
    if (!this.#entries.has(full)) {
      throw trouble("not-found", "remove", path, "there is no such file");
    }
    for (const below of this.#entries.keys()) {
      if (below.startsWith(`${full}/`)) throw trouble("io", "remove", path, "it is not empty");
    }
    this.#entries.delete(full);
  }
}

/** The port over a disk. `during` wraps every operation: it waits, and notes that a promise settles. */
export function memoryFiles(
  disk: MemoryDisk,
  during: <T>(operation: () => T) => Promise<T>,
): Files {
  return {
    stat: (path) => during(() => disk.info(path)),
    realPath: (path) =>
      during(() => {
        const info = disk.info(path);
        if (info === undefined) throw trouble("not-found", "resolve", path, "it does not exist");
        return info.path;
      }),
    list: (path) => during(() => disk.list(path)),
    openRead: (path) =>
      during(() => {
        const file = disk.file(path);
        return {
          get sizeBytes() {
            return file.size;
          },
          read: (offset, into) =>
            during(() => {
              const from = file.bytes.subarray(offset, Math.min(file.size, offset + into.length));
              into.set(from);
              return from.length;
            }),
          [Symbol.asyncDispose]: () => during(() => {}),
        };
      }),
    openWrite: (path, mode) =>
      during(() => {
        const file = disk.fileToWrite(path, mode);
        return {
          write: (bytes) => during(() => disk.append(file, bytes)),
          sync: () => during(() => {}),
          [Symbol.asyncDispose]: () => during(() => {}),
        };
      }),
    openUpdate: (path) =>
      during(() => {
        const file = disk.fileToWrite(path, "append");
        return {
          sizeBytes: file.size,
          read: (offset, into) =>
            during(() => {
              const from = file.bytes.subarray(offset, Math.min(file.size, offset + into.length));
              into.set(from);
              return from.length;
            }),
          write: (offset, bytes) => during(() => disk.write(file, offset, bytes)),
          keep: (offset, bytes, target) =>
            during(() => {
              const proof = provePiece(bytes, target);
              if (proof.isRight) disk.write(file, offset, bytes);
              return proof;
            }),
          sync: () => during(() => {}),
          [Symbol.asyncDispose]: () => during(() => {}),
        };
      }),
    makeFolder: (path) => during(() => disk.makeFolder(path)),
    rename: (from, to) => during(() => disk.rename(from, to)),
    remove: (path) => during(() => disk.remove(path)),
  };
}

/** Without `.`, `..`, doubled and trailing slashes; relative paths hang under `/`. */
function normal(path: string): string {
  const out: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return `/${out.join("/")}`;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

function trouble(
  code: "not-found" | "exists" | "io",
  action: string,
  path: string,
  why: string,
): PortError {
  return new PortError(code, `Cannot ${action} ${path}: ${why}`);
}
