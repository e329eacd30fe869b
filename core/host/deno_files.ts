/** Files by Deno's file system calls: links resolved, every failure a `PortError`. */
import type { FileInfo, Files, ReadHandle, UpdateHandle, WriteHandle } from "../ports.ts";
import { provePiece } from "../swarm/piece_proof.ts";
import { PieceThreads } from "./piece_threads.ts";
import { demand, portError } from "./port_errors.ts";

type Access = "read" | "write";

/** Runs one file operation after asking for its permission; what it throws becomes a `PortError`. */
async function attempt<T>(
  action: string,
  access: Access,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    demand(action, { name: access, path });
    return await work();
  } catch (error) {
    throw portError(action, error);
  }
}

function infoOf(path: string, stat: Deno.FileInfo): FileInfo {
  return {
    path,
    kind: stat.isFile ? "file" : stat.isDirectory ? "directory" : "other",
    sizeBytes: stat.size,
    modifiedMs: stat.mtime?.getTime() ?? 0,
  };
}

/** What a path leads to, its links resolved; undefined when nothing is there (a dangling link too). */
async function inspect(path: string): Promise<FileInfo | undefined> {
  try {
    const real = await Deno.realPath(path);
    return infoOf(real, await Deno.stat(real));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function listFolder(path: string): Promise<readonly FileInfo[]> {
  const found: FileInfo[] = [];
  const names: string[] = [];
  for await (const entry of Deno.readDir(path)) names.push(entry.name);
  for (const name of names.sort()) {
    const info = await inspect(`${path}/${name}`);
    if (info !== undefined) found.push(info);
  }
  return found;
}

async function openRead(path: string): Promise<ReadHandle> {
  const file = await Deno.open(path, { read: true });
  try {
    const stat = await file.stat();
    if (stat.isDirectory) throw new Error("it is a folder");
    return readHandle(path, file, stat.size);
  } catch (error) {
    file.close();
    throw error;
  }
}

function readHandle(path: string, file: Deno.FsFile, sizeBytes: number): ReadHandle {
  let tail: Promise<unknown> = Promise.resolve();
  let open = true;
  const readAt = async (offset: number, into: Uint8Array): Promise<number> => {
    // Seeking touches no disk: done at once it saves a turn through the pool of threads.
    file.seekSync(offset, Deno.SeekMode.Start);
    return await file.read(into) ?? 0;
  };
  return {
    sizeBytes,
    read(offset, into) {
      // Seek and read are two calls on one file: reads that are asked for together take turns.
      const turn = tail.then(() => readAt(offset, into)).catch((error) => {
        throw portError(`read ${path}`, error);
      });
      tail = turn.catch(() => {});
      return turn;
    },
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await tail;
      file.close();
    },
  };
}

const OPEN_OPTIONS: Readonly<Record<"create" | "truncate" | "append", Deno.OpenOptions>> = {
  create: { write: true, createNew: true },
  truncate: { write: true, create: true, truncate: true },
  append: { append: true, create: true },
};

function writeHandle(path: string, file: Deno.FsFile): WriteHandle {
  let tail: Promise<unknown> = Promise.resolve();
  let open = true;
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  };
  const inTurn = (action: string, work: () => Promise<void>): Promise<void> => {
    const turn = tail.then(work).catch((error) => {
      throw portError(`${action} ${path}`, error);
    });
    tail = turn.catch(() => {});
    return turn;
  };
  return {
    write: (bytes) => inTurn("write", () => writeAll(bytes)),
    sync: () => inTurn("flush", () => file.syncData()),
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await tail;
      file.close();
    },
  };
}

async function openUpdate(path: string, threads: PieceThreads): Promise<UpdateHandle> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  let tail: Promise<unknown> = Promise.resolve();
  let open = true;
  // Seek and transfer are two calls on one file: whatever is asked for together takes turns.
  const inTurn = <T>(action: string, work: () => Promise<T>): Promise<T> => {
    const turn = tail.then(work).catch((error) => {
      throw portError(`${action} ${path}`, error);
    });
    tail = turn.catch(() => {});
    return turn;
  };
  const seek = (offset: number) => file.seekSync(offset, Deno.SeekMode.Start);
  const write = (offset: number, bytes: Uint8Array): Promise<void> =>
    inTurn("write", async () => {
      seek(offset);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    });
  threads.opened();
  return {
    sizeBytes: (await file.stat()).size,
    read: (offset, into) =>
      inTurn("read", async () => {
        seek(offset);
        return await file.read(into) ?? 0;
      }),
    write,
    keep: (offset, bytes, target) =>
      threads.keep({ path, offset, bytes, target }, async () => {
        const proof = provePiece(bytes, target);
        if (proof.isRight) await write(offset, bytes);
        return proof;
      }),
    sync: () => inTurn("flush", () => file.syncData()),
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await tail;
      file.close();
      threads.closed(path);
    },
  };
}

/** The Files port of this machine. */
export function denoFiles(): Files {
  const threads = new PieceThreads();
  return {
    stat: (path) => attempt(`look at ${path}`, "read", path, () => inspect(path)),
    realPath: (path) => attempt(`resolve ${path}`, "read", path, () => Deno.realPath(path)),
    list: (path) => attempt(`list ${path}`, "read", path, () => listFolder(path)),
    openRead: (path) => attempt(`open ${path}`, "read", path, () => openRead(path)),
    openWrite: (path, mode) =>
      attempt(
        `open ${path} for writing`,
        "write",
        path,
        async () => writeHandle(path, await Deno.open(path, OPEN_OPTIONS[mode])),
      ),
    openUpdate: async (path) => {
      const action = `open ${path} for changes`;
      await attempt(action, "read", path, () => Promise.resolve());
      return await attempt(action, "write", path, () => openUpdate(path, threads));
    },
    makeFolder: (path) =>
      attempt(
        `make folder ${path}`,
        "write",
        path,
        () => Deno.mkdir(path, { recursive: true }),
      ),
    async rename(from, to) {
      const action = `rename ${from} to ${to}`;
      await attempt(action, "read", from, () => Promise.resolve());
      await attempt(action, "write", from, () => Promise.resolve());
      await attempt(action, "write", to, () => Deno.rename(from, to));
    },
    remove: (path) => attempt(`remove ${path}`, "write", path, () => Deno.remove(path)),
  };
}
