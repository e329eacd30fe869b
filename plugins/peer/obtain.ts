/** Files for those who read them on this machine: found or fetched, and read while the rest comes. */
import { UserError } from "../../core/plugin.ts";
import { fileId } from "../../core/swarm/identity.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import type { StoredFile, StoredFiles, StoredReader } from "../../core/slots.ts";
import type { PeerHost } from "./host.ts";
import type { FileReader, Running } from "./running.ts";

/** How long a file that nobody is known to have is looked for. */
const FIND_MS = 5000;
/** How long the player of a page may take until it asks for the file. */
const PLAYER_MS = 3000;

/** The file in use of this id or exact name; its download begins where it is not here. */
export async function obtain(
  node: PeerHost,
  what: string,
  signal?: AbortSignal,
): Promise<Running | undefined> {
  const known = (): Running | undefined => {
    const id = fileId(what) ?? node.idOf(what);
    return id === undefined ? undefined : node.open(id);
  };
  const here = known();
  if (here !== undefined || node.options.downloads === undefined) return here;
  const { promise, resolve } = Promise.withResolvers<void>();
  const ends = [node.abort.signal, ...(signal === undefined ? [] : [signal])];
  for (const end of ends) end.addEventListener("abort", () => resolve(), { once: true });
  const timer = node.ctx.clock.after(FIND_MS, resolve);
  // Heard at once, so that whoever reads is known before the first piece is asked for.
  node.downloads.want(what, undefined, resolve);
  if (ends.some((end) => end.aborted)) resolve();
  await promise;
  timer[Symbol.dispose]();
  return ends.some((end) => end.aborted) ? undefined : known();
}

/** Readers came, went or moved: the picker looks where they are now. */
export function readersMoved(node: PeerHost, running: Running): void {
  const { pieceBytes } = running.shape;
  const heads = [...running.readers].map((reader) => ({
    piece: reader.piece,
    begin: reader.begin,
    piecesPerSecond: reader.bytesPerSecond / pieceBytes,
  }));
  node.feed(running, { kind: "readers", heads });
}

/** A page was opened: where its player will read is known before it asks, so nothing else is fetched meanwhile. */
export function expectPlayer(node: PeerHost, running: Running): void {
  if (running.transfer.complete || running.readers.size > 0) return;
  const reader: FileReader = { piece: 0, begin: 0, bytesPerSecond: 0, wake() {} };
  const timer = node.ctx.clock.after(PLAYER_MS, () => {
    running.expected = undefined;
    running.readers.delete(reader);
    readersMoved(node, running);
  });
  running.expected = {
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      running.readers.delete(reader);
    },
  };
  running.readers.add(reader);
  readersMoved(node, running);
}

/** This peer's files, for sources of the same node. */
export function storedFiles(node: PeerHost): StoredFiles {
  return {
    async open(what, signal): Promise<StoredFile | undefined> {
      const running = await obtain(node, what, signal);
      if (running === undefined) return undefined;
      const { id, sizeBytes } = running.shape;
      return { id, name: running.name, sizeBytes, reader: () => new OrderedReader(node, running) };
    },
  };
}

/** One reader that waits for what is not here. */
class OrderedReader implements StoredReader, FileReader {
  readonly #node: PeerHost;
  readonly #running: Running;
  readonly #meter = new RateMeter(10_000);
  #piece = 0;
  #begin = 0;
  #wake: (() => void) | undefined;

  constructor(node: PeerHost, running: Running) {
    this.#node = node;
    this.#running = running;
    running.reads(this);
    readersMoved(node, running);
  }

  get piece(): number {
    return this.#piece;
  }

  get begin(): number {
    return this.#begin;
  }

  get bytesPerSecond(): number {
    return this.#meter.perSecond(this.#node.ctx.clock.now());
  }

  wake(): void {
    this.#wake?.();
  }

  async read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<number> {
    const { shape, transfer } = this.#running;
    if (offset >= shape.sizeBytes) return 0;
    const piece = Math.floor(offset / shape.pieceBytes);
    if (piece !== this.#piece) {
      this.#piece = piece;
      this.#begin = offset % shape.pieceBytes;
      readersMoved(this.#node, this.#running);
    }
    while (transfer.readable(offset) === 0) {
      this.#check(signal);
      await this.#change(signal);
    }
    this.#check(signal);
    const stop = offset + Math.min(transfer.readable(offset), into.length);
    const ok = await this.#running.track(
      this.#running.read(offset, into.subarray(0, stop - offset)),
    );
    if (!ok) throw this.#gone();
    this.#meter.add(stop - offset, this.#node.ctx.clock.now());
    return stop - offset;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#running.readers.delete(this);
    if (this.#node.active) readersMoved(this.#node, this.#running);
    return Promise.resolve();
  }

  #check(signal: AbortSignal): void {
    if (this.#running.closed || !this.#node.active || signal.aborted) throw this.#gone();
  }

  #gone(): UserError {
    return new UserError("gone", `Cannot read ${this.#running.name}: it is here no more`);
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    signal.addEventListener("abort", () => resolve());
    await promise;
    this.#wake = undefined;
  }
}
