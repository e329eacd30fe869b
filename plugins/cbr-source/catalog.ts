/** Which files are streams: listed ones and those of the folder. */
import { type Files, type Log, PortError } from "../../core/ports.ts";
import { UserError } from "../../core/plugin.ts";
import {
  checkRate,
  PROBE_BYTES,
  PROBE_FAILURES,
  probeTs,
  type TsProbe,
} from "../../core/media/ts_probe.ts";
import type { Config } from "./config.ts";
import { baseName, isInside, stemOf, streamNameFor } from "./names.ts";
import { type FileKind, kindOf } from "./remux.ts";

/** How a file is played. */
export interface Wish {
  readonly loop: boolean;
  readonly bitrate: number | undefined;
  readonly start: "always" | "demand";
  readonly restamp: boolean;
}

/** A file that is offered as a stream. */
export interface Entry extends Wish {
  readonly name: string;
  readonly title: string;
  /** With every link resolved. */
  readonly path: string;
  /** The folder that `path` must stay in; undefined for a listed file. */
  readonly root: string | undefined;
  readonly kind: FileKind;
  /** Nominal bits a second, when known. */
  readonly rate: number | undefined;
}

/** A file that cannot be offered, for the operator. */
export class FileError extends UserError {
  override name = "FileError";
}

/** Streams are taken from at most this many files of the folder. */
const FOLDER_MAX = 1000;

/** Reads the ends of a file. Rejects with `FileError` or `PortError`. */
export async function probeFile(files: Files, path: string): Promise<TsProbe | "other-stride"> {
  await using handle = await files.openRead(path);
  const head = await readAt(handle, 0, Math.min(PROBE_BYTES, handle.sizeBytes));
  const tailAt = Math.max(0, handle.sizeBytes - PROBE_BYTES);
  const tail = tailAt === 0 ? head : await readAt(handle, tailAt, PROBE_BYTES);
  const probe = probeTs(head, tail, tailAt);
  if (probe === "other-stride" || typeof probe === "object") return probe;
  throw new FileError("not-playable", `Cannot play ${path}: ${PROBE_FAILURES[probe]}`);
}

async function readAt(
  handle: { read(offset: number, into: Uint8Array): Promise<number> },
  from: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const got = await handle.read(from + filled, bytes.subarray(filled));
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

/** Finds the files and keeps their stream names stable from scan to scan. */
export class FileCatalog {
  #entries: ReadonlyMap<string, Entry> = new Map();
  readonly #complaints = new Map<string, string>();

  constructor(readonly files: Files, readonly log: Log, readonly config: Config) {}

  /** What is offered, by stream name. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Files of the folder that cannot be played, with the reason. */
  get complaints(): ReadonlyMap<string, string> {
    return this.#complaints;
  }

  /** The first look: a wrong path in the config is the user's error. */
  async open(): Promise<void> {
    const entries = new Map<string, Entry>();
    for (const wanted of this.config.files) {
      const entry = await this.#listed(wanted, entries);
      entries.set(entry.name, entry);
    }
    this.#entries = entries;
    const { folder } = this.config;
    if (folder !== undefined) {
      const info = await this.files.stat(folder);
      if (info?.kind !== "directory") {
        throw new FileError("no-folder", `Cannot offer ${folder}: there is no such folder`);
      }
    }
    await this.scan();
  }

  /** Looks at the folder again; true when the offer changed. */
  async scan(): Promise<boolean> {
    const { folder } = this.config;
    if (folder === undefined) return false;
    const root = await this.files.realPath(folder);
    const found = (await this.files.list(root)).filter((info) =>
      info.kind === "file" && isInside(info.path, root) && !baseName(info.path).startsWith(".") &&
      kindOf(info.path) !== undefined
    );
    const paths = new Set(found.slice(0, FOLDER_MAX).map((info) => info.path));
    const next = new Map<string, Entry>();
    for (const [name, entry] of this.#entries) {
      if (entry.root === undefined || paths.has(entry.path)) next.set(name, entry);
    }
    const known = new Set([...next.values()].map((entry) => entry.path));
    for (const path of this.#complaints.keys()) if (!paths.has(path)) this.#complaints.delete(path);
    for (const path of paths) {
      if (known.has(path)) continue;
      const entry = await this.#inFolder(path, root, next);
      if (entry !== undefined) next.set(entry.name, entry);
    }
    const before = this.#entries;
    this.#entries = next;
    return before.size !== next.size || [...next.keys()].some((name) => !before.has(name));
  }

  async #listed(
    wanted: Config["files"][number],
    taken: ReadonlyMap<string, Entry>,
  ): Promise<Entry> {
    const info = await this.files.stat(wanted.path);
    if (info?.kind !== "file") {
      const what = info === undefined ? "there is no such file" : "it is no regular file";
      throw new FileError("no-file", `Cannot offer ${wanted.path}: ${what}`);
    }
    const name = wanted.name ?? streamNameFor(wanted.path, (one) => taken.has(one));
    if (taken.has(name)) {
      throw new FileError("name-taken", `Cannot offer ${wanted.path}: "${name}" is taken`);
    }
    // A listed file may have any name: what is no known container is looked at as MPEG-TS.
    const kind = kindOf(info.path) ?? { kind: "transport" };
    return await this.#entry(info.path, undefined, name, kind, {
      title: wanted.title ?? stemOf(wanted.path),
      ...this.#wish(wanted),
    });
  }

  async #inFolder(
    path: string,
    root: string,
    taken: ReadonlyMap<string, Entry>,
  ): Promise<Entry | undefined> {
    const kind = kindOf(path);
    if (kind === undefined) return undefined;
    try {
      const name = streamNameFor(path, (one) => taken.has(one));
      const wish = { title: stemOf(path).slice(0, 120), ...this.#wish({}) };
      const entry = await this.#entry(path, root, name, kind, wish);
      this.#complaints.delete(path);
      return entry;
    } catch (error) {
      if (!(error instanceof UserError) && !(error instanceof PortError)) throw error;
      // Said once, and again only when the reason is another.
      if (this.#complaints.get(path) !== error.message) {
        this.#complaints.set(path, error.message);
        this.log.warn("file left out", { path, why: error.message });
      }
      return undefined;
    }
  }

  #wish(own: Partial<Config["files"][number]>): Wish {
    const loop = own.loop ?? this.config.loop;
    return {
      loop,
      bitrate: own.bitrate ?? this.config.bitrate,
      start: own.start ?? this.config.start ?? (loop ? "always" : "demand"),
      restamp: own.restamp ?? this.config.restamp,
    };
  }

  async #entry(
    path: string,
    root: string | undefined,
    name: string,
    kind: FileKind,
    wish: Wish & { readonly title: string },
  ): Promise<Entry> {
    const base = { name, path, root, ...wish };
    if (kind.kind === "container") return { ...base, kind, rate: wish.bitrate };
    const probe = await probeFile(this.files, path);
    if (probe === "other-stride") {
      return { ...base, kind: { kind: "container", format: "mpegts" }, rate: wish.bitrate };
    }
    checkRate(path, probe.rate, wish.bitrate);
    return { ...base, kind, rate: wish.bitrate ?? probe.rate };
  }
}
