/** What this peer fetches: finding files, finding peers for them, keeping pieces, ending well. */
import { addrKey } from "../../core/ids.ts";
import {
  fileId,
  type FileShape,
  isGeometry,
  pieceCount,
  toHex,
} from "../../core/swarm/identity.ts";
import { RESULTS_MAX } from "../../core/swarm/index_messages.ts";
import type { FoundFile } from "../../core/swarm/index_messages.ts";
import { isFileName } from "../../core/swarm/file_name.ts";
import { stripOf } from "../../core/swarm/strip.ts";
import { lookUpFile } from "../../core/swarm/lookup.ts";
import type { Out } from "./events.ts";
import type { PeerHost } from "./host.ts";
import type { Running } from "./running.ts";
import { Part, sameShape } from "./storage.ts";

/** A wanted file that nobody is known to have is looked for this often. */
const RESOLVE_MS = 1000;
/** Searches come after this time, then after twice as long, up to the configured one: others begin too. */
const SEARCH_FIRST_MS = 500;
/** Progress is announced this often. */
const PROGRESS_MS = 3000;

/** A wish that is not yet a transfer. */
interface Wish {
  /** An id, or an exact name. */
  readonly what: string;
  readonly out: string | undefined;
  nextMs: number;
  asking: boolean;
  found: boolean;
  /** Called when the download has begun. */
  readonly begun: (() => void)[];
}

/** All downloads of a peer. */
export class Downloads {
  readonly #node: PeerHost;
  readonly #wishes: Wish[] = [];
  #progressMs = 0;
  /** File operations that failed. */
  diskErrors = 0;
  readonly #opening = new Map<string, Promise<Running | undefined>>();

  constructor(node: PeerHost) {
    this.#node = node;
  }

  /** Wishes that no file was found for yet. */
  get unresolved(): readonly string[] {
    return this.#wishes.filter((wish) => !wish.found).map((wish) => wish.what);
  }

  async start(): Promise<void> {
    const { options, ctx } = this.#node;
    if (options.downloads === undefined) return;
    await ctx.files.makeFolder(options.downloads);
    if (options.resume) {
      for (const { shape, name } of await Part.begun(ctx.files, options.downloads)) {
        await this.begin(shape, name, undefined);
      }
    }
    for (const what of options.get) this.want(what, options.out);
  }

  stop(): Promise<void> {
    this.#wishes.length = 0;
    return Promise.resolve();
  }

  /** Asks for a file by id or exact name; it begins as soon as somebody is known to have it, which `begun` hears. */
  want(what: string, out?: string, begun?: () => void): void {
    let wish = this.#wishes.find((one) => one.what === what && !one.found);
    const isNew = wish === undefined;
    wish ??= { what, out, nextMs: 0, asking: false, found: false, begun: [] };
    if (begun !== undefined) wish.begun.push(begun);
    if (!isNew) return;
    this.#wishes.push(wish);
    this.tick(this.#node.ctx.clock.now());
  }

  /** Begins a download, or goes on with one; asked twice at once it begins once. */
  begin(shape: FileShape, name: string, out: string | undefined): Promise<Running | undefined> {
    const known = this.#node.open(shape.id);
    const { downloads } = this.#node.options;
    if (known !== undefined || downloads === undefined) return Promise.resolve(known);
    const begun = this.#opening.get(shape.id);
    if (begun !== undefined) return begun;
    const work = this.#begin(downloads, shape, name, out).finally(() =>
      this.#opening.delete(shape.id)
    );
    this.#opening.set(shape.id, work);
    return work;
  }

  async #begin(
    downloads: string,
    shape: FileShape,
    name: string,
    out: string | undefined,
  ): Promise<Running | undefined> {
    const node = this.#node;
    const part = await Part.open(node.ctx.files, downloads, shape, name);
    if (node.abort.signal.aborted) {
      await part.close();
      return undefined;
    }
    const running = node.makeRunning(shape, part.held, part.layer, name);
    running.part = part;
    running.out = out;
    const { layer } = running.transfer;
    if (layer !== undefined && part.layer === undefined) {
      this.#onDisk(running, () => part.setLayer(layer));
    }
    const resumed = part.held.held;
    node.ctx.log.info("download begins", { file: name, id: shape.id, resumed });
    node.announcer?.changed(shape.id);
    if (running.transfer.complete) this.#complete(running);
    else this.tick(node.ctx.clock.now());
    return running;
  }

  /** Does what a brain wants of the disk. */
  act(running: Running, effect: Extract<Out, { kind: "keep" | "layer" | "complete" }>): void {
    const { part } = running;
    if (effect.kind === "complete") return this.#complete(running);
    if (part === undefined) return;
    if (effect.kind === "layer") {
      return this.#onDisk(running, () => part.setLayer(effect.layer));
    }
    const { assembly, target } = effect;
    this.#onDisk(running, async () => {
      const proof = await part.keep(assembly.piece, assembly.bytes, target);
      this.#node.feed(running, { kind: "proved", assembly, proof });
      if (proof.isRight) { for (const reader of [...running.readers]) reader.wake(); }
    });
  }

  /** Work of a download on disk, which waits and is tried again where the disk fails. */
  #onDisk(running: Running, work: () => Promise<void>): void {
    const done = running.disk.run(work);
    this.#node.track(running.track(done));
  }

  /** Searches again at once: the index is back. */
  searchSoon(): void {
    for (const running of this.#node.running.values()) running.nextSearchMs = 0;
    for (const wish of this.#wishes) wish.nextMs = 0;
  }

  tick(nowMs: number): void {
    for (const wish of this.#wishes) {
      if (wish.found || wish.asking || wish.nextMs > nowMs) continue;
      wish.asking = true;
      wish.nextMs = nowMs + RESOLVE_MS;
      this.#node.track(this.#resolve(wish));
    }
    for (const running of this.#node.running.values()) {
      const done = running.transfer.complete || running.disk.error !== undefined;
      if (!done && !running.searching && running.nextSearchMs <= nowMs) {
        this.#search(running, nowMs);
      }
    }
    if (nowMs - this.#progressMs < PROGRESS_MS) return;
    this.#progressMs = nowMs;
    for (const running of this.#node.running.values()) {
      const { held } = running.transfer.held;
      if (running.part === undefined || held === running.announcedHeld) continue;
      running.announcedHeld = held;
      this.#node.announcer?.changed(running.shape.id);
    }
  }

  /** The disk failed: nothing is asked for until it works again. */
  diskFailed(running: Running, error: unknown, isFirst: boolean): void {
    this.diskErrors++;
    running.transfer.paused = true;
    // Many writes fail of one full disk: it is told once.
    if (!isFirst) return;
    this.#node.ctx.log.error("download waits for the disk", { file: running.name, error });
  }

  diskMended(running: Running): void {
    running.transfer.paused = false;
    this.#node.ctx.log.info("download goes on", { file: running.name });
    this.#node.feed(running, { kind: "turn" });
  }

  #complete(running: Running): void {
    const node = this.#node;
    const { downloads } = node.options;
    if (downloads === undefined || running.completedMs !== undefined) return;
    running.completedMs = node.ctx.clock.now();
    const unsafe = (error: unknown): void => {
      this.diskErrors++;
      node.ctx.log.error("download may not outlive a crash", { file: running.name, error });
    };
    this.#onDisk(running, async () => {
      const shared = await running.finish(downloads, unsafe);
      node.library.adopt(shared);
      node.announcer?.changed(shared.shape.id);
      node.ctx.log.info("download complete", {
        file: running.name,
        path: shared.path,
        ms: Math.round(node.ctx.clock.now() - running.startedMs),
      });
      this.#finishNode();
    });
  }

  /** With everything complete that was asked for, a node that runs only for it ends. */
  #finishNode(): void {
    const { options, running, ctx } = this.#node;
    const open = [...running.values()].some((one) => one.part !== undefined);
    if (options.finish && !open && this.unresolved.length === 0) ctx.finish("downloads complete");
  }

  async #resolve(wish: Wish): Promise<void> {
    try {
      const found = await this.#find(wish.what);
      if (found === undefined || wish.found || !this.#node.active) return;
      wish.found = true;
      await this.begin(found.shape, found.name, wish.out);
      for (const begun of wish.begun.splice(0)) begun();
      this.#finishNode();
    } catch (error) {
      wish.found = false;
      this.#node.ctx.log.warn("download cannot begin", { what: wish.what, error });
    } finally {
      wish.asking = false;
    }
  }

  async #find(what: string): Promise<{ shape: FileShape; name: string } | undefined> {
    const id = fileId(what);
    const results = await this.search(id === undefined ? { text: what } : { id });
    const match = results.find((one) => one.id === id || one.name === what);
    if (match !== undefined) return { shape: shapeOf(match), name: match.name };
    if (id !== undefined || !isFileName(what)) return undefined;
    const { ctx, options, abort } = this.#node;
    const { name, instance } = ctx.self;
    for (const to of options.peers) {
      const { net, clock } = ctx;
      const { signal } = abort;
      const self = { name, instance };
      const found = await lookUpFile(what, { net, clock, to, signal, self });
      if (found !== undefined) return { shape: found.shape, name: what };
    }
    return undefined;
  }

  /** Asks the index; nothing when it does not answer. */
  search(
    query: { readonly text: string } | { readonly id: FoundFile["id"] },
  ): Promise<readonly FoundFile[]> {
    const { index } = this.#node;
    const { promise, resolve } = Promise.withResolvers<readonly FoundFile[]>();
    if (index === undefined) resolve([]);
    index?.ask("SEARCH", { ...query, limit: RESULTS_MAX }, (answer) => {
      const files = typeof answer === "object" && answer.type === "FOUND" ? answer.body.files : [];
      resolve(files.filter((file) => isGeometry(file.size, file.piece)));
    });
    return promise;
  }

  #search(running: Running, nowMs: number): void {
    const node = this.#node;
    const { search, maxPeersPerFile, peers } = node.options;
    const { size } = running.transfer.remotes;
    const hungryMs = SEARCH_FIRST_MS * 2 ** Math.min(10, running.searchTries++);
    running.nextSearchMs = nowMs + Math.min(search, hungryMs);
    if (size >= maxPeersPerFile) return;
    for (const to of peers) this.#dial(running, to);
    running.searching = true;
    const work = this.search({ id: running.shape.id }).then((files) => {
      running.searching = false;
      const match = files.find((file) => sameShape(shapeOf(file), running.shape));
      const connected = new Set(
        [...running.transfer.remotes.values()].map((remote) => remote.info.name),
      );
      for (const { name, host, port } of match?.peers ?? []) {
        if (name === node.ctx.self.name || connected.has(name) || node.isBanned(name)) continue;
        this.#dial(running, { host, port });
      }
    });
    node.track(work);
  }

  #dial(running: Running, to: { readonly host: string; readonly port: number }): void {
    const node = this.#node;
    const key = addrKey(to);
    const { remotes } = running.transfer;
    if (!node.active || running.transfer.complete || running.dialing.has(key)) return;
    if (remotes.size + running.dialing.size >= node.options.maxPeersPerFile) return;
    if (node.sessions.size + running.dialing.size >= node.options.maxConnections) return;
    if ((running.rest.get(key)?.untilMs ?? 0) > node.ctx.clock.now()) return;
    const there = [...remotes.values()].some(({ info }) =>
      info.host === to.host && info.port === to.port
    );
    if (!there) node.track(node.dial(running, to));
  }

  /** Every download and complete file in use, for the admin API. */
  describe(nowMs: number): readonly object[] {
    return [...this.#node.running.values()].map((running) => {
      const { transfer, shape, name } = running;
      return {
        id: shape.id,
        name,
        sizeBytes: shape.sizeBytes,
        pieceBytes: shape.pieceBytes,
        pieces: pieceCount(shape),
        heldPieces: transfer.held.held,
        verifiedBytes: transfer.verifiedBytes,
        wastedBytes: transfer.wastedBytes,
        complete: transfer.complete && running.part === undefined,
        path: running.shared?.path,
        error: running.disk.error,
        readers: running.readers.size,
        map: toHex(transfer.held.bytes()),
        strip: stripOf(transfer.held),
        peers: [...transfer.remotes.values()].map((remote) => ({
          name: remote.info.name,
          at: `${remote.info.host}:${remote.info.port}`,
          pieces: remote.map.held,
          strip: stripOf(remote.map),
          choked: remote.choked,
          interested: remote.interested,
          served: remote.unchoked,
          downBytesPerSecond: Math.round(remote.down.perSecond(nowMs)),
          upBytesPerSecond: Math.round(remote.up.perSecond(nowMs)),
          downBytes: remote.down.totalBytes,
          upBytes: remote.up.totalBytes,
          rttMs: remote.rttMs,
          askedBytes: remote.askedBytes,
        })),
      };
    });
  }
}

function shapeOf(file: Pick<FoundFile, "id" | "size" | "piece">): FileShape {
  return { id: file.id, sizeBytes: file.size, pieceBytes: file.piece };
}
