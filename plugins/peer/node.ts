/** The shell of a peer: sockets, files, timers and the index around the brains of its files. */
import { addrKey } from "../../core/ids.ts";
import { limitKey } from "../../core/host_key.ts";
import { type Context, UserError } from "../../core/plugin.ts";
import type { Addr, HttpServer, TcpListener, TcpStream } from "../../core/ports.ts";
import { type FileId, pieceCount } from "../../core/swarm/identity.ts";
import type { IndexClient } from "../../core/swarm/index_client.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { type Hello, PEER_VERSION } from "../../core/swarm/peer_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Announcer } from "./announcer.ts";
import type { Config } from "./config.ts";
import { Downloads } from "./downloads.ts";
import { type In, type Out, type Reason, REASONS, REPORTED } from "./events.ts";
import { httpHandler } from "./http_routes.ts";
import { indexSide } from "./index_side.ts";
import { Intake } from "./intake.ts";
import { Library, type Shared } from "./library.ts";
import { Transfer } from "./protocol.ts";
import type { ConnectionId } from "./remote.ts";
import { Running } from "./running.ts";
import { Serving } from "./serving.ts";
import { Session, type SessionEvents } from "./session.ts";

/** What the peer role uses of other plugins. */
export type Needs = "piecePicker" | "choker";

/** The port that peers listen on by default. */
const DEFAULT_PORT = 7400;
const TICK_MS = 250;
/** A message that has begun must end within this; requests are sized to take a fraction of a second. */
const MESSAGE_MS = 30_000;
/** How long who cheated is kept away. */
const BAN_MS = 600_000;

/** A peer and everything it holds. */
export class PeerNode {
  readonly ctx: Context<Needs>;
  readonly options: Config;
  readonly library: Library;
  readonly running = new Map<FileId, Running>();
  readonly sessions = new Map<ConnectionId, Session>();
  readonly downloads: Downloads;
  readonly index: IndexClient | undefined;
  readonly announcer: Announcer | undefined;
  readonly down = new RateMeter();
  readonly up = new RateMeter();
  /** Totals by reason, and whom they were about. */
  readonly dropped: Record<Reason, number>;
  readonly banned = new Map<string, { readonly why: Reason; readonly untilMs: number }>();
  readonly abort = new AbortController();
  readonly serving: Serving;
  readonly intake: Intake;
  readonly #events: SessionEvents;
  readonly #closing = new Set<Promise<unknown>>();
  #held: Disposable[] = [];
  #listener: TcpListener | undefined;
  #http: HttpServer | undefined;
  #ids = 0;
  #choosing = false;
  #active = false;

  constructor(ctx: Context<Needs>, options: Config) {
    this.ctx = ctx;
    this.options = options;
    const bytes = (bits: number | undefined) => bits === undefined ? Infinity : bits / 8;
    this.serving = new Serving(this, bytes(options.uploadRate), bytes(options.uploadRatePerPeer));
    this.intake = new Intake(this, bytes(options.downloadRate));
    // The keys are exactly the list the record is typed by.
    this.dropped = Object.fromEntries(REASONS.map((r) => [r, 0])) as Record<Reason, number>;
    this.#events = this.#sessionEvents();
    this.library = new Library({
      files: ctx.files,
      log: ctx.log,
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
    this.#listener = await ctx.net.listen(bind, (stream) => this.#accept(stream));
    if (options.http !== undefined) {
      this.#http = await ctx.http.serve(options.http, httpHandler(this));
    }
    await this.downloads.start();
    this.announcer?.start();
    this.index?.start();
    this.#every(TICK_MS, () => this.#tick());
    this.#every(options.chokeRound, () => this.serving.choose(true));
    this.#watch();
    ctx.log.info("peer listens", { at: addrKey(this.#listener.local), http: this.#http?.local });
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
    for (const session of [...this.sessions.values()]) session.close(undefined, "leaving");
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
    const running = new Running(ctx.files, transfer, name, ctx.clock.now());
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

  /** Keeps track of work that `stop` must wait for. */
  track(work: Promise<unknown>): void {
    this.#closing.add(work);
    const done = () => void this.#closing.delete(work);
    work.then(done, done);
  }

  // Connections

  /** Whether a peer is kept away. */
  isBanned(name: string): boolean {
    return (this.banned.get(name)?.untilMs ?? 0) > this.ctx.clock.now();
  }

  /** Dials a peer for a file. */
  async dial(running: Running, to: Addr): Promise<void> {
    const key = addrKey(to);
    running.dialing.add(key);
    try {
      const stream = await this.#connect(to);
      if (!this.#active || running.transfer.complete) return await stream[Symbol.asyncDispose]();
      const session = this.#session(stream, true);
      session.fileKey = running.shape.id;
      this.#sayHello(session, running);
    } catch {
      const failures = (running.rest.get(key)?.failures ?? 0) + 1;
      const untilMs = this.ctx.clock.now() + Math.min(60_000, 1000 * 2 ** failures);
      running.rest.set(key, { untilMs, failures });
    } finally {
      running.dialing.delete(key);
    }
  }

  async #connect(to: Addr): Promise<TcpStream> {
    const abort = new AbortController();
    const call = (): void => abort.abort();
    this.abort.signal.addEventListener("abort", call);
    const timer = this.ctx.clock.after(this.options.helloTimeout, call);
    try {
      return await this.ctx.net.dial(to, abort.signal);
    } finally {
      timer[Symbol.dispose]();
      this.abort.signal.removeEventListener("abort", call);
    }
  }

  #accept(stream: TcpStream): void {
    const key = limitKey(stream.remote.host);
    const ofAddress =
      [...this.sessions.values()].filter((one) =>
        !one.dialed && limitKey(one.stream.remote.host) === key
      ).length;
    const full = this.sessions.size >= this.options.maxConnections ||
      ofAddress >= this.options.maxPerAddress;
    const session = this.#session(stream, false);
    if (!full) return;
    this.dropped.full++;
    session.close("full", "full");
  }

  #session(stream: TcpStream, dialed: boolean): Session {
    const session = new Session(++this.#ids, stream, dialed, this.ctx.clock, this.#events);
    this.sessions.set(session.id, session);
    return session;
  }

  #sessionEvents(): SessionEvents {
    const of = (session: Session) =>
      session.fileKey === undefined ? undefined : this.running.get(session.fileKey);
    return {
      hello: (session, hello) => this.#hello(session, hello),
      message: (session, message) => {
        const running = of(session);
        if (running !== undefined) {
          this.feed(running, { kind: "message", connection: session.id, message });
        }
      },
      begins: (session, span) =>
        of(session)?.transfer.begins(session.id, span, this.ctx.clock.now()),
      arrived: (session, span, kept) => {
        const running = of(session);
        if (running === undefined) return;
        this.intake.taken(span.length);
        this.feed(running, { kind: "arrived", connection: session.id, span, kept });
      },
      progress: (session) => of(session)?.transfer.progress(session.id, this.ctx.clock.now()),
      drained: (session) => {
        this.serving.drained(session);
      },
      closed: (session, why) => this.#closed(session, why),
    };
  }

  #sayHello(session: Session, running: Running): void {
    const { name, instance } = this.ctx.self;
    const { id, sizeBytes: size, pieceBytes: piece } = running.shape;
    session.saidHello = true;
    const port = this.#listener?.local.port ?? 0;
    const file = { id, size, piece };
    const hello: Hello = { version: PEER_VERSION, name, instance, port, file };
    session.send({ kind: "hello", hello });
  }

  #hello(session: Session, hello: Hello): void {
    if (hello.name === this.ctx.self.name) return session.close("hello", "same-node");
    if (hello.version !== PEER_VERSION) return session.close("hello", "bad-hello");
    if (this.isBanned(hello.name)) return session.close("banned", "banned");
    const id = hello.lookup !== undefined ? this.#idOf(hello.lookup) : hello.file?.id;
    const running = id === undefined ? undefined : this.open(id);
    if (running === undefined) return session.close("hello", "no-such-file");
    if (hello.lookup !== undefined) return this.#sayHello(session, running);
    const { sizeBytes, pieceBytes } = running.shape;
    const same = hello.file?.size === sizeBytes && hello.file.piece === pieceBytes;
    if (!same || (session.dialed && session.fileKey !== id)) {
      return session.close("hello", "bad-hello");
    }
    session.fileKey = id;
    if (!this.#isWelcome(session, hello)) return session.close("replaced", "duplicate");
    if (!session.saidHello) this.#sayHello(session, running);
    const { host } = session.stream.remote;
    const { name, instance, port } = hello;
    const remote = { connection: session.id, name, instance, host, port, dialed: session.dialed };
    this.feed(running, { kind: "opened", remote });
  }

  /** One connection to a peer for a file: of two, both sides keep the one that the lesser name dialed. */
  #isWelcome(session: Session, hello: Hello): boolean {
    for (const other of this.sessions.values()) {
      if (other === session || other.name !== hello.name) continue;
      if (other.fileKey !== session.fileKey || other.over) continue;
      const dialer = (one: Session) => one.dialed ? this.ctx.self.name : hello.name;
      const keep = other.instance < hello.instance || dialer(session) <= dialer(other);
      if (!keep) return false;
      other.close("replaced", "duplicate");
    }
    return true;
  }

  #idOf(name: string): FileId | undefined {
    return this.library.named(name)?.shape.id ??
      [...this.running.values()].find((one) => one.name === name)?.shape.id;
  }

  #closed(session: Session, why: Reason | undefined): void {
    if (!this.sessions.delete(session.id)) return;
    if (why !== undefined) this.dropped[why]++;
    this.serving.forget(session.id);
    const running = session.fileKey === undefined ? undefined : this.running.get(session.fileKey);
    if (running !== undefined) {
      this.feed(running, { kind: "gone", connection: session.id });
      if (running.transfer.remotes.size === 0) running.searchTries = running.nextSearchMs = 0;
    }
    // A dispose cuts off at once: whoever is told something last gets the time to read it.
    if (!this.#active) this.track((async () => await session.stream[Symbol.asyncDispose]())());
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
        return this.#drop(running, effect);
      case "serve":
        if (!this.serving.add(effect.connection, effect.span)) {
          this.sessions.get(effect.connection)?.close("flood");
        }
        return;
      case "unserve":
        return this.serving.remove(effect.connection, effect.span);
      case "choose":
        this.#choosing = true;
        return;
      case "store":
      case "layer":
      case "complete":
        return this.downloads.act(running, effect);
    }
  }

  #drop(running: Running, { connection, why, bye }: Extract<Out, { kind: "drop" }>): void {
    const session = this.sessions.get(connection);
    if (session === undefined) return;
    const { name } = session;
    session.close(why, bye);
    if (!REPORTED.has(why) || name === undefined) return;
    // Who cheated is kept away for long, who stalled may only have been slow.
    const untilMs = this.ctx.clock.now() + (why === "stalled" ? BAN_MS / 10 : BAN_MS);
    this.banned.set(name, { why, untilMs });
    const { id } = running.shape;
    const at = addrKey(session.stream.remote);
    this.ctx.log.warn("peer dropped", { peer: name, at, why, file: running.name });
    this.index?.ask("REPORT", { id, name, by: this.ctx.self.name, why }, () => {});
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
    const look = async (): Promise<void> => {
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
    for (const session of [...this.sessions.values()]) this.#lookAt(session, nowMs);
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
    for (const [name, ban] of this.banned) if (ban.untilMs <= nowMs) this.banned.delete(name);
  }

  #lookAt(session: Session, nowMs: number): void {
    const { helloTimeout, idleTimeout } = this.options;
    const { midMessageMs } = session;
    if (session.name === undefined) {
      if (nowMs - session.openedMs > helloTimeout) session.close("idle");
    } else if (midMessageMs !== undefined && nowMs - midMessageMs > MESSAGE_MS) {
      session.close("slow");
    } else if (nowMs - session.lastHeardMs > idleTimeout) session.close("idle", "idle");
    else if (nowMs - session.lastSaidMs > idleTimeout / 3) session.send({ kind: "ping" });
  }
}
