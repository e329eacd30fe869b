/**
 * A datapath whose engine runs in a thread of its own: the main thread's side. It gives orders, mirrors what has
 * to be answered at once (links, cookies, positions, counters), and can hand all that holds to a successor.
 */
import type { Ssrc } from "../ids.ts";
import { Listeners } from "../listeners.ts";
import type {
  DatapathCounters,
  EngineCommand,
  EngineEvent,
  LinkId,
  ReceiverEvent,
  ReceiverSpec,
  SocketId,
  StreamPosition,
} from "../media/api.ts";
import { LinkTable } from "../media/link_table.ts";
import type { Context } from "../plugin.ts";
import { type Addr, PortError } from "../ports.ts";
import type { Datapath } from "../slots.ts";
import { CookieJar } from "../wire/cookie.ts";
import { AskedChildren } from "./asked.ts";
import { Counted } from "./counted.ts";
import { OrderQueue } from "./order_queue.ts";
import { unpackChunks } from "./packed_chunks.ts";
import { Places } from "./places.ts";
import { PositionTable } from "./position_table.ts";
import { type DatapathState, type HeldAsk, type HeldReceiver, OrderBook } from "./state.ts";
import type { EngineThread, EngineThreads, Report } from "./words.ts";
import type { RecoverySpec } from "../media/api.ts";

const MEDIA_SOCKET: SocketId = 0;
const SECRET_BYTES = 32;
/** A thousand streams of one parent renew with one cookie: it is asked of the thread this often at most. */
const COOKIE_MS = 1000;

/** What it is made with. */
export interface ThreadDatapathOptions {
  readonly threads: EngineThreads;
  readonly recovery: RecoverySpec;
  readonly maxSockets: number;
  readonly socketBytes: number;
  readonly gatherMs: number | undefined;
  readonly gatherUpToMs: number;
  readonly burstMs: number;
  /** The thread has died: nothing that holds is lost, a successor may take `state`. */
  readonly onDeath: (why: string) => void;
}

interface Opening {
  readonly resolve: (local: Addr) => void;
  readonly reject: (error: unknown) => void;
}

/** One engine in one thread. */
export class ThreadDatapath implements Datapath, AsyncDisposable {
  readonly #ctx: Context<"recovery">;
  readonly #options: ThreadDatapathOptions;
  readonly #jar: CookieJar;
  readonly #secret: Uint8Array;
  readonly #links: LinkTable;
  readonly #book = new OrderBook();
  readonly #positions = new PositionTable();
  readonly #places = new Places();
  readonly #events = new Listeners<[EngineEvent]>();
  readonly #sockets = new Map<SocketId, Addr>();
  readonly #openings = new Map<SocketId, Opening>();
  readonly #receivers = new Map<number, HeldReceiver>();
  readonly #asks = new Map<number, HeldAsk>();
  readonly #cookies = new Map<LinkId, { readonly cookie: Uint8Array; readonly sinceMs: number }>();
  readonly #children = new AskedChildren();
  readonly #queue: OrderQueue;
  #thread: EngineThread | undefined;
  #dead = false;
  #nextId = 1;
  #nextSocket = MEDIA_SOCKET;
  #badCookies = 0;
  readonly #counted: Counted;
  #failureLogged = false;
  #released: Promise<void> = Promise.resolve();
  #retiring = false;

  constructor(ctx: Context<"recovery">, options: ThreadDatapathOptions) {
    this.#ctx = ctx;
    this.#options = options;
    this.#secret = ctx.rng.bytes(SECRET_BYTES);
    this.#jar = new CookieJar({ bytes: () => this.#secret }, "media");
    this.#queue = new OrderQueue(ctx.clock);
    this.#links = new LinkTable((link) => {
      this.#book.forget(link);
      this.#cookies.delete(link);
      this.#queue.add({ kind: "unlink", link });
    });
    this.#counted = new Counted(ctx.clock, this.#links, () => this.#queue.add({ kind: "count" }));
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#sockets.get(MEDIA_SOCKET) ?? { host: listen, port: ports.media };
  }

  /** Starts the thread and opens the media port. Rejects when either fails. */
  async start(signal: AbortSignal): Promise<void> {
    const { threads, recovery, socketBytes, gatherMs, gatherUpToMs, burstMs } = this.#options;
    const thread = await threads.start({
      recovery,
      socketBytes,
      burstMs,
      cookieSecret: this.#secret,
      positions: this.#positions.buffer,
      gather: { fixedMs: gatherMs, upToMs: gatherUpToMs },
    });
    this.#thread = thread;
    this.#queue.open(thread);
    thread.onReports((reports) => this.#hear(reports));
    thread.onDeath((why) => this.#died(why));
    signal.throwIfAborted();
    await this.#open(this.#ctx.self.ports.media);
  }

  #died(why: string): void {
    if (this.#dead) return;
    this.#leave(why);
    this.#options.onDeath(why);
  }

  #leave(why: string): void {
    this.#dead = true;
    this.#queue.close();
    for (const { reject } of this.#openings.values()) {
      reject(new PortError("closed", `Cannot open a media socket: ${why}`));
    }
    this.#openings.clear();
  }

  /** Ends the thread for a successor, who may take `state`. Receivers get what is there for them. */
  retire(why: string): void {
    if (this.#dead) return;
    this.#queue.add({ kind: "hurry" });
    this.#queue.flush();
    this.#leave(why);
    this.#retiring = true;
    this.#released = Promise.resolve(this.#thread?.[Symbol.asyncDispose]())
      .then(() => void (this.#retiring = false));
  }

  /** Everything that holds, for a successor. */
  get state(): DatapathState {
    return {
      jar: this.#jar,
      sockets: this.#sockets,
      links: this.#links.values(),
      streams: this.#book.streams,
      trips: this.#book.trips,
      receivers: { [Symbol.iterator]: () => this.#receivers.values() },
      asks: this.#asks.values(),
      children: this.#children.values(),
      released: this.#released,
      position: (ssrc) => this.position(ssrc),
    };
  }

  /** Ends the thread; nothing is heard afterwards. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave("the datapath has stopped");
    this.#events.clear();
    this.#receivers.clear();
    this.#asks.clear();
    this.#children.clear();
    await this.#thread?.[Symbol.asyncDispose]();
  }

  #open(port: number): Promise<Addr> {
    const socket = this.#nextSocket++;
    const { promise, resolve, reject } = Promise.withResolvers<Addr>();
    this.#openings.set(socket, { resolve, reject });
    this.#queue.add({
      kind: "open-socket",
      socket,
      bind: { host: this.#ctx.self.listen, port },
    });
    return promise;
  }

  async openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    const { maxSockets } = this.#options;
    if (this.#dead) {
      throw new PortError("closed", "Cannot open a media socket: the datapath is not running");
    }
    if (this.#sockets.size - 1 + this.#openings.size >= maxSockets) {
      throw new PortError("full", `Cannot open a media socket: ${maxSockets} are open`);
    }
    const id = this.#nextSocket;
    return { id, local: await this.#open(0) };
  }

  closeSocket(id: SocketId): void {
    if (id === MEDIA_SOCKET || !this.#sockets.delete(id)) return;
    for (const { id: link } of this.#links.closeSocket(id)) this.#forget(link);
    this.#queue.add({ kind: "close-socket", socket: id });
  }

  #forget(link: LinkId): void {
    this.#book.forget(link);
    this.#cookies.delete(link);
    for (const [id, ask] of [...this.#asks]) {
      if (ask.link !== link || !this.#asks.delete(id)) continue;
      this.#guard(() => ask.done(undefined));
    }
  }

  link(socket: SocketId, remote: Addr): LinkId {
    const known = this.#links.find(socket, remote);
    if (known !== undefined) return known.id;
    const link = this.#links.open(socket, remote, (id) => this.#book.isBusy(id));
    this.#queue.add({ kind: "link", link });
    return link.id;
  }

  cookie(
    link: LinkId,
    done: (cookie: Uint8Array | undefined) => void,
    fresh = false,
  ): Disposable {
    const known = fresh ? undefined : this.#cookies.get(link);
    if (known !== undefined && this.#ctx.clock.now() - known.sinceMs < COOKIE_MS) {
      done(known.cookie);
      return { [Symbol.dispose]() {} };
    }
    const id = this.#nextId++;
    const ask: HeldAsk = {
      link,
      fresh,
      done,
      off: () => {
        if (this.#asks.delete(id)) this.#queue.add({ kind: "ask-off", id });
      },
    };
    this.#asks.set(id, ask);
    this.#queue.add({ kind: "ask", id, link, fresh });
    return { [Symbol.dispose]: () => ask.off() };
  }

  verify(remote: Addr, cookie: Uint8Array): boolean {
    const isGood = this.#jar.check(remote, cookie);
    if (!isGood) this.#badCookies++;
    return isGood;
  }

  command(command: EngineCommand): void {
    this.#book.note(command);
    if (command.kind === "open") this.#settle(command.ssrc);
    if (command.kind === "close") this.#unsettle(command.ssrc);
    if (command.kind === "child-gone") this.#children.forget(command.ssrc, command.link);
    if (command.kind === "close-link") {
      this.#links.close(command.link);
      this.#forget(command.link);
    }
    this.#queue.add({ kind: "command", command });
  }

  /** A stream gets its place among the positions. */
  #settle(ssrc: Ssrc): void {
    const place = this.#places.settle(ssrc);
    if (place !== undefined) this.#queue.add({ kind: "life", ssrc, ...place });
  }

  #unsettle(ssrc: Ssrc): void {
    this.#places.unsettle(ssrc);
    this.#children.close(ssrc);
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    // As with any engine nothing is said about a stream that is not open.
    if (!this.#book.streams.has(ssrc)) return;
    this.#book.child(ssrc, link);
    const id = this.#children.add({ ssrc, link, from, done });
    this.#queue.add({ kind: "child", id, ssrc, link, from });
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.#queue.publish(ssrc, ts, dueMs);
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    const id = this.#nextId++;
    const held: HeldReceiver = {
      spec,
      next: undefined,
      hear: (event) => {
        if (event.kind === "end") this.#receivers.delete(id);
        else held.next = (event.chunks.at(-1)?.sequence ?? 0) + 1;
        fn(event);
      },
      off: () => {
        if (this.#receivers.delete(id)) this.#queue.add({ kind: "receive-off", id });
      },
    };
    this.#receivers.set(id, held);
    this.#queue.add({ kind: "receive", id, spec });
    return { [Symbol.dispose]: () => held.off() };
  }

  position(ssrc: Ssrc): StreamPosition {
    const place = this.#places.get(ssrc);
    return this.#positions.read(place?.slot ?? -1, place?.life ?? -1);
  }

  /** As the thread counted last, at most a second ago; asking makes it count anew. */
  counters(): DatapathCounters {
    const counters = this.#counted.read();
    return {
      ...counters,
      badCookies: counters.badCookies + this.#badCookies,
      queueDropped: counters.queueDropped + this.#queue.dropped,
    };
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.#events.on(fn);
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      if (this.#failureLogged) return;
      this.#failureLogged = true;
      // Once: a listener that throws may do so at every packet.
      this.#ctx.log.error("media-listener-failed", { error });
    }
  }

  #hear(reports: readonly Report[]): void {
    for (const report of reports) {
      if (this.#dead && !(this.#retiring && report.kind === "chunks")) continue;
      this.#guard(() => this.#report(report));
    }
  }

  #report(report: Report): void {
    switch (report.kind) {
      case "socket":
        return this.#opened(report.socket, report.local);
      case "no-socket":
        this.#openings.get(report.socket)?.reject(new PortError(report.code, report.message));
        return void this.#openings.delete(report.socket);
      case "event":
        return this.#event(report.event, report.life);
      case "first":
        return this.#children.answered(report.id, report.first);
      case "cookie": {
        const ask = this.#asks.get(report.id);
        this.#asks.delete(report.id);
        return this.#answered(ask, report.cookie);
      }
      case "chunks": {
        const chunks = unpackChunks(report.chunks);
        return this.#receivers.get(report.chunks.id)?.hear({ kind: "chunks", chunks });
      }
      case "end":
        return this.#receivers.get(report.id)?.hear({ kind: "end" });
      case "counters":
        return this.#counted.heard(report.counters);
      case "log":
        return this.#ctx.log[report.level](report.event, report.fields);
    }
  }

  #answered(ask: HeldAsk | undefined, cookie: Uint8Array | undefined): void {
    if (ask === undefined) return;
    const sinceMs = this.#ctx.clock.now();
    if (cookie === undefined) this.#cookies.delete(ask.link);
    else this.#cookies.set(ask.link, { cookie, sinceMs });
    ask.done(cookie);
  }

  #opened(socket: SocketId, local: Addr): void {
    this.#sockets.set(socket, local);
    this.#openings.get(socket)?.resolve(local);
    this.#openings.delete(socket);
  }

  /** What an earlier life of a stream, or a link that is gone, has caused is not news any more. */
  #event(event: EngineEvent, life: number): void {
    if ("ssrc" in event && this.#places.get(event.ssrc)?.life !== life) return;
    this.#events.emit(event);
  }
}
