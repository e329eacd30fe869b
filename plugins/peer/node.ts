/** The shell of a peer: sockets, files, timers and the index around the brains of its files. */
import { addrKey } from "../../core/ids.ts";
import { type Context, type Many, UserError } from "../../core/plugin.ts";
import type { Addr, HttpServer, TcpListener } from "../../core/ports.ts";
import type { Source } from "../../core/slots.ts";
import { type FileId, pieceCount } from "../../core/swarm/identity.ts";
import type { IndexClient } from "../../core/swarm/index_client.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Announcer } from "./announcer.ts";
import type { Config } from "./config.ts";
import { Connections } from "./connections.ts";
import { Downloads } from "./downloads.ts";
import type { In, Out } from "./events.ts";
import type { Needs, PeerHost } from "./host.ts";
import { HashCache } from "./hash_cache.ts";
import { httpHandler } from "./http_routes.ts";
import { indexSide } from "./index_side.ts";
import { Intake } from "./intake.ts";
import { Library, type Shared } from "./library.ts";
import { Transfer } from "./protocol.ts";
import type { ConnectionId } from "./remote.ts";
import { storedFiles } from "./obtain.ts";
import { Running } from "./running.ts";
import { Serving } from "./serving.ts";
import { PARTS_FOLDER } from "./storage.ts";
import type { Session } from "./session.ts";

/** The port that peers listen on by default. */
const DEFAULT_PORT = 7400;
const TICK_MS = 250;

/** A peer and everything it holds. */
export class PeerNode implements PeerHost {
  readonly ctx: Context<Needs>;
  readonly options: Config;
  readonly library: Library;
  readonly running = new Map<FileId, Running>();
  readonly downloads: Downloads;
  readonly index: IndexClient | undefined;
  readonly announcer: Announcer | undefined;
  readonly down = new RateMeter();
  readonly up = new RateMeter();
  readonly connections: Connections;
  readonly abort = new AbortController();
  readonly serving: Serving;
  readonly intake: Intake;
  readonly #sources: Many<Source>;
  readonly #hashes: HashCache | undefined;
  readonly #closing = new Set<Promise<unknown>>();
  #held: Disposable[] = [];
  #listener: TcpListener | undefined;
  #http: HttpServer | undefined;
  #choosing = false;
  #active = false;

  constructor(ctx: Context<Needs>, options: Config) {
    this.ctx = ctx;
    this.options = options;
    const bytes = (bits: number | undefined) => bits === undefined ? Infinity : bits / 8;
    this.serving = new Serving(this, bytes(options.uploadRate), bytes(options.uploadRatePerPeer));
    this.intake = new Intake(this, bytes(options.downloadRate));
    this.#sources = ctx.all("source");
    this.connections = new Connections(this);
    const { downloads } = options;
    const hashes = options.hashes ??
      (downloads === undefined ? undefined : `${downloads}/${PARTS_FOLDER}/hashes`);
    this.#hashes = hashes === undefined ? undefined : new HashCache(ctx.files, ctx.log, hashes);
    this.library = new Library({
      files: ctx.files,
      log: ctx.log,
      clock: ctx.clock,
      watchMs: options.watch,
      cache: this.#hashes,
      folders: options.folders,
      pieceBytes: options.pieceSize,
      maxFiles: options.maxFiles,
      added: (file) => this.announcer?.changed(file.shape.id),
      removed: (file) => this.#withdrawn(file),
    });
    this.downloads = new Downloads(this);
    if (options.index !== undefined) {
      const { client, announcer } = indexSide(this, options.index);
      this.index = client;
      this.announcer = announcer;
    }
  }

  get sessions(): ReadonlyMap<ConnectionId, Session> {
    return this.connections.sessions;
  }

  get active(): boolean {
    return this.#active;
  }

  get local(): Addr | undefined {
    return this.#listener?.local;
  }

  get httpLocal(): Addr | undefined {
    return this.#http?.local;
  }

  async start(): Promise<void> {
    if (this.#active) return;
    const { options, ctx } = this;
    if (options.get.length > 0 && options.downloads === undefined) {
      throw new UserError("no-downloads", "Cannot download: no folder in `downloads`");
    }
    this.#active = true;
    const bind = options.listen ?? { host: ctx.self.listen, port: DEFAULT_PORT };
    this.#listener = await ctx.net.listen(bind, (stream) => this.connections.accept(stream));
    if (options.http !== undefined) {
      this.#http = await ctx.http.serve(options.http, httpHandler(this));
    }
    await this.downloads.start();
    this.#attach();
    this.announcer?.start();
    this.index?.start();
    this.#every(TICK_MS, () => this.#tick());
    this.#every(options.chokeRound, () => this.serving.choose(true));
    this.#watch();
    ctx.log.info("peer listens", { at: addrKey(this.#listener.local), http: this.#http?.local });
  }

  /** Sources of this node may play what is here or comes. */
  #attach(): void {
    const sources = this.#sources;
    const files = storedFiles(this);
    const attached = new Map<Source, Disposable | undefined>();
    const look = (): void => {
      const now = new Set(sources.list().map(({ it }) => it));
      for (const [it, held] of attached) {
        if (!now.has(it)) {
          held?.[Symbol.dispose]();
          attached.delete(it);
        }
      }
      for (const it of now) if (!attached.has(it)) attached.set(it, it.attach?.(files));
    };
    look();
    this.#held.push(sources.onChange(look), {
      [Symbol.dispose]: () => {
        for (const held of attached.values()) held?.[Symbol.dispose]();
      },
    });
  }

  /** Tells the index that everything here goes. */
  drain(): void {
    if (this.#active) this.announcer?.leave();
  }

  async stop(): Promise<void> {
    this.#active = false;
    this.abort.abort();
    this.library.stop();
    this.announcer?.stop();
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.serving.stop();
    this.intake.stop();
    const [listener, http] = [this.#listener, this.#http];
    this.#listener = this.#http = undefined;
    await listener?.[Symbol.asyncDispose]();
    await http?.[Symbol.asyncDispose]();
    await this.index?.stop();
    this.connections.leave();
    // What waits for a full disk is not waited for.
    for (const running of this.running.values()) running.disk.stop();
    await Promise.allSettled([...this.#closing]);
    await this.downloads.stop();
    const all = [...this.running.values()];
    this.running.clear();
    await Promise.all(all.map((running) => running.close()));
  }

  // Files

  /** The file in use under this id; a shared one is taken into use. */
  open(id: FileId): Running | undefined {
    const known = this.running.get(id);
    if (known !== undefined) return known;
    const shared = this.library.get(id);
    if (shared === undefined) return undefined;
    const held = PieceMap.full(pieceCount(shared.shape));
    const running = this.makeRunning(shared.shape, held, shared.layer, shared.name);
    running.shared = shared;
    return running;
  }

  /** Takes a file into use. */
  makeRunning(
    shape: Shared["shape"],
    held: PieceMap,
    layer: Uint8Array | undefined,
    name: string,
  ): Running {
    const { ctx, options } = this;
    const transfer = new Transfer({
      name: ctx.self.name,
      shape,
      held,
      layer,
      picker: ctx.use("piecePicker"),
      random: () => ctx.rng.next(),
      bufferBytes: options.buffer,
      requestTimeoutMs: options.requestTimeout,
    });
    const running: Running = new Running(ctx.files, ctx.clock, transfer, name, {
      failed: (error, isFirst) => this.downloads.diskFailed(running, error, isFirst),
      mended: () => this.downloads.diskMended(running),
    });
    this.running.set(shape.id, running);
    return running;
  }

  /** Hands an event to a file's brain and does what it wants. */
  feed(running: Running, event: In): void {
    if (!this.#active) return;
    for (const effect of running.transfer.handle(event, this.ctx.clock.now())) {
      this.#act(running, effect);
    }
    if (this.#choosing) {
      this.#choosing = false;
      this.serving.choose(false);
    }
  }

  dial(running: Running, to: Addr): Promise<void> {
    return this.connections.dial(running, to);
  }

  isBanned(name: string): boolean {
    return this.connections.isBanned(name);
  }

  /** Keeps track of work that `stop` must wait for. */
  track(work: Promise<unknown>): void {
    this.#closing.add(work);
    const done = () => void this.#closing.delete(work);
    work.then(done, done);
  }

  /** The id of a file that is here under this name, whole or in part. */
  idOf(name: string): FileId | undefined {
    return this.library.named(name)?.shape.id ??
      [...this.running.values()].find((one) => one.name === name)?.shape.id;
  }

  #withdrawn(file: Shared): void {
    const { id } = file.shape;
    this.announcer?.changed(id);
    const running = this.running.get(id);
    if (running === undefined || running.shared !== file) return;
    this.running.delete(id);
    for (const session of [...this.sessions.values()]) {
      if (session.fileKey === id) session.close("withdrawn", "withdrawn");
    }
    this.track(running.close());
  }

  // Effects

  #act(running: Running, effect: Out): void {
    switch (effect.kind) {
      case "send":
        return this.sessions.get(effect.connection)?.send(effect.message);
      case "drop":
        return this.connections.drop(running, effect);
      case "serve":
        if (!this.serving.add(effect.connection, effect.span)) {
          this.sessions.get(effect.connection)?.close("flood");
        }
        return;
      case "leaves":
        return this.serving.leaves(effect.connection, effect.piece);
      case "readable":
        for (const reader of [...running.readers]) reader.wake();
        return;
      case "unserve":
        return this.serving.remove(effect.connection, effect.span);
      case "choose":
        this.#choosing = true;
        return;
      case "accuse": {
        const { name, host, port } = effect.remote;
        return this.connections.accuse(running, name, addrKey({ host, port }), effect.why);
      }
      case "keep":
      case "layer":
      case "complete":
        return this.downloads.act(running, effect);
    }
  }

  // Time

  #every(ms: number, fn: () => void): void {
    let timer: Disposable | undefined;
    const arm = (): void => {
      timer = this.ctx.clock.after(ms, () => {
        fn();
        if (this.#active) arm();
      });
    };
    arm();
    this.#held.push({ [Symbol.dispose]: () => timer?.[Symbol.dispose]() });
  }

  #watch(): void {
    const { folders, watch } = this.options;
    if (folders.length === 0) return;
    const loaded = this.#hashes?.load();
    const look = async (): Promise<void> => {
      await loaded;
      await this.library.scan();
      if (!this.#active) return;
      const timer = this.ctx.clock.after(watch, () => this.track(look()));
      this.#watchTimer = timer;
    };
    this.#held.push({ [Symbol.dispose]: () => this.#watchTimer?.[Symbol.dispose]() });
    this.track(look());
  }
  #watchTimer: Disposable | undefined;

  #tick(): void {
    const nowMs = this.ctx.clock.now();
    this.connections.tick(nowMs);
    for (const [id, running] of [...this.running]) {
      this.feed(running, { kind: "tick" });
      const idle = running.transfer.remotes.size === 0 && running.readers.size === 0;
      if (idle && running.part === undefined && running.completedMs === undefined) {
        // Nobody wants this shared file any more: its handle need not stay open.
        const busy = [...this.sessions.values()].some((session) => session.fileKey === id);
        if (!busy && this.running.delete(id)) this.track(running.close());
      }
    }
    this.downloads.tick(nowMs);
  }
}
