/** One file that this node downloads or serves just now: its brain, its bytes and its readers. */
import type { Clock, Files, ReadHandle } from "../../core/ports.ts";
import type { FileShape } from "../../core/swarm/identity.ts";
import { type DiskEvents, DiskWork } from "./disk_work.ts";
import type { Shared } from "./library.ts";
import type { Transfer } from "./protocol.ts";
import { type Part, readFully } from "./storage.ts";

/** Somebody who reads the file in order. */
export interface FileReader {
  readonly piece: number;
  /** Where in the piece it began to read, in bytes. */
  readonly begin: number;
  readonly bytesPerSecond: number;
  /** A piece has come, or the file is withdrawn. */
  wake(): void;
}

/** A file in use. */
export class Running {
  readonly transfer: Transfer;
  readonly name: string;
  readonly readers = new Set<FileReader>();
  /** Held while the player of a page is expected. */
  expected: Disposable | undefined;
  readonly startedMs: number;
  /** Held while it downloads. */
  part: Part | undefined;
  shared: Shared | undefined;
  completedMs: number | undefined;
  /** Its work on disk. */
  readonly disk: DiskWork;
  /** Where it shall be when complete, if not under its own name. */
  out: string | undefined;
  nextSearchMs = 0;
  searchTries = 0;
  searching = false;
  /** It is in use no more: withdrawn, or the peer stops. */
  closed = false;
  announcedHeld = -1;
  /** By address: not to be dialed before. */
  readonly rest = new Map<string, { untilMs: number; failures: number }>();
  readonly dialing = new Set<string>();
  readonly #files: Files;
  #handle: Promise<ReadHandle> | undefined;
  #moving: Promise<void> = Promise.resolve();
  #work = new Set<Promise<unknown>>();
  #settled: Promise<void> = Promise.resolve();

  constructor(
    files: Files,
    clock: Clock,
    transfer: Transfer,
    name: string,
    disk: DiskEvents,
  ) {
    this.#files = files;
    this.transfer = transfer;
    this.name = name;
    this.startedMs = clock.now();
    this.disk = new DiskWork(clock, disk);
  }

  get shape(): FileShape {
    return this.transfer.shape;
  }

  /** Somebody begins to read; whoever was expected is there now. */
  reads(reader: FileReader): void {
    this.expected?.[Symbol.dispose]();
    this.expected = undefined;
    this.readers.add(reader);
  }

  /** Reads exactly `into.length` bytes of what is verified; false when they cannot be had. */
  async read(offset: number, into: Uint8Array): Promise<boolean> {
    await this.#moving;
    if (this.closed) return false;
    const piece = Math.floor(offset / this.shape.pieceBytes);
    if (!this.transfer.held.has(piece)) return this.transfer.copy(offset, into);
    if (this.part !== undefined) return await readFully(this.part, offset, into);
    const { shared } = this;
    if (shared === undefined) return false;
    this.#handle ??= this.#files.openRead(shared.path);
    return await readFully(await this.#handle, offset, into);
  }

  /**
   * The download is complete: its file gets its own name. Reads wait for it. `failed` hears of a disk that
   * does not keep what it took.
   */
  async finish(folder: string, failed: (error: unknown) => void): Promise<Shared> {
    const { part } = this;
    if (part?.layer === undefined) throw new Error("Cannot finish: nothing was downloaded");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#moving = promise;
    try {
      const { path, settled } = await part.finish(folder, this.out);
      this.#settled = settled.catch(failed);
      const info = await this.#files.stat(path);
      this.shared = {
        path: info?.path ?? path,
        name: this.name,
        modifiedMs: info?.modifiedMs ?? 0,
        shape: this.shape,
        layer: part.layer,
      };
      this.part = undefined;
      return this.shared;
    } finally {
      resolve();
    }
  }

  /** Keeps track of file operations, so that `close` can wait for them. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const done = () => void this.#work.delete(work);
    work.then(done, done);
    return work;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.expected?.[Symbol.dispose]();
    this.disk.stop();
    for (const reader of [...this.readers]) reader.wake();
    await Promise.allSettled([...this.#work]);
    await this.#moving;
    await this.part?.close();
    await this.#settled;
    const handle = this.#handle;
    this.#handle = undefined;
    await (await handle?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
