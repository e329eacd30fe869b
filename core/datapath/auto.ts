/**
 * The datapath that picks its engine: a thread of its own with batched socket calls where the host has that, the host's
 * plain UDP port elsewhere, and that too from the moment on when the thread dies.
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
  RecoverySpec,
  SocketId,
  StreamPosition,
} from "../media/api.ts";
import { collectMedia } from "../media/metrics.ts";
import type { Context, Life } from "../plugin.ts";
import { type Addr, PortError } from "../ports.ts";
import type { Datapath } from "../slots.ts";
import { ThreadDatapath } from "./thread.ts";
import { NO_COUNTERS, UdpDatapath } from "./udp.ts";
import type { DatapathState } from "./state.ts";

const MEDIA_SOCKET: SocketId = 0;
const NOTHING: Disposable = { [Symbol.dispose]() {} };
const NO_POSITION: StreamPosition = {
  head: undefined,
  tail: undefined,
  next: undefined,
  lastArrivalMs: 0,
};

/** Options, checked. */
export interface AutoOptions {
  readonly maxSockets: number;
  readonly socketBytes: number;
  readonly gatherMs: number | undefined;
  readonly gatherUpToMs: number;
  readonly burstMs: number;
  /** Doing without the thread is worth a warning: the config asks for it by name. */
  readonly wantsThread: boolean;
}

/** One of two engines, and a change from one to the other that nobody above notices. */
export class AutoDatapath implements Datapath, Life {
  readonly #ctx: Context<"recovery">;
  readonly #options: AutoOptions;
  readonly #recovery: () => RecoverySpec;
  readonly #events = new Listeners<[EngineEvent]>();
  #thread: ThreadDatapath | undefined;
  #udp: UdpDatapath | undefined;
  #held: Disposable[] = [];
  #abort = new AbortController();
  #change: Promise<void> | undefined;
  #local: Addr | undefined;
  #watch: Disposable = NOTHING;

  constructor(ctx: Context<"recovery">, options: AutoOptions, recovery: () => RecoverySpec) {
    this.#ctx = ctx;
    this.#options = options;
    this.#recovery = recovery;
  }

  get #current(): Datapath | undefined {
    return this.#thread ?? this.#udp;
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#current?.local ?? this.#local ?? { host: listen, port: ports.media };
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#current !== undefined) throw new Error("Cannot start the datapath: it is running");
    this.#abort = new AbortController();
    const { threads } = this.#ctx;
    const missing = threads === undefined ? "this host has no threads" : threads.missing();
    const why = missing ?? await this.#startThread(signal);
    if (why !== undefined) await this.#startUdp(signal);
    this.#tell(why, "media-datapath");
    if (this.#thread === undefined || threads === undefined) return;
    this.#watch = threads.onMissing((gone) => this.#doWithout(gone));
    const since = threads.missing();
    if (since !== undefined) this.#doWithout(since);
  }

  #tell(why: string | undefined, event: string): void {
    const { log } = this.#ctx;
    if (why === undefined) {
      log.info(event, { datapath: "linux", why: "batched socket calls work here" });
    } else if (this.#options.wantsThread) log.warn(event, { datapath: "deno", why });
    else log.info(event, { datapath: "deno", why });
  }

  /** Returns why it could not be; undefined when it runs. */
  async #startThread(signal: AbortSignal): Promise<string | undefined> {
    const { threads, metrics } = this.#ctx;
    if (threads === undefined) return "this host has no threads";
    const own = this.#abort.signal;
    const thread = new ThreadDatapath(this.#ctx, {
      ...this.#options,
      threads,
      recovery: this.#recovery(),
      onDeath: (why) => this.#died(thread, why),
    });
    try {
      await thread.start(signal);
      // Whoever stops it meanwhile does not know the thread yet.
      own.throwIfAborted();
    } catch (error) {
      await thread[Symbol.asyncDispose]();
      signal.throwIfAborted();
      own.throwIfAborted();
      // What is wrong with an address is wrong for every engine: it is told as itself.
      if (error instanceof PortError && error.code !== "closed" && error.code !== "io") throw error;
      return error instanceof Error ? error.message : String(error);
    }
    this.#thread = thread;
    this.#held = [
      thread.onEvent((event) => this.#events.emit(event)),
      ...collectMedia(metrics, () => thread.counters()),
    ];
    return undefined;
  }

  async #startUdp(signal: AbortSignal, before?: DatapathState): Promise<void> {
    const { maxSockets } = this.#options;
    const udp = new UdpDatapath(this.#ctx, maxSockets, this.#recovery, before);
    this.#udp = udp;
    const started = udp.start(signal);
    this.#held.push(udp.onEvent((event) => this.#events.emit(event)));
    try {
      await started;
    } catch (error) {
      this.#udp = undefined;
      await udp.stop();
      throw error;
    }
  }

  #died(thread: ThreadDatapath, why: string): void {
    if (this.#thread !== thread) return;
    this.#ctx.log.error("media-datapath-changed", { datapath: "deno", why });
    this.#replace(thread);
  }

  #doWithout(why: string): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#ctx.log.warn("media-datapath-changed", { datapath: "deno", why });
    thread.retire(why);
    this.#replace(thread);
  }

  /** Media goes on through plain sockets, with the same links, streams, receivers and ports. */
  #replace(thread: ThreadDatapath): void {
    this.#thread = undefined;
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#change = this.#startUdp(this.#abort.signal, thread.state)
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#ctx.log.error("media-datapath-lost", { error });
      })
      .then(() => thread[Symbol.asyncDispose]());
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#watch[Symbol.dispose]();
    this.#watch = NOTHING;
    this.#local = this.#current?.local;
    const [thread, udp] = [this.#thread, this.#udp];
    this.#thread = undefined;
    this.#udp = undefined;
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    this.#events.clear();
    await Promise.all([thread?.[Symbol.asyncDispose](), udp?.stop(), this.#change]);
    this.#change = undefined;
  }

  openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    return this.#current?.openSocket() ?? Promise.reject(
      new PortError("closed", "Cannot open a media socket: the datapath is not running"),
    );
  }

  closeSocket(id: SocketId): void {
    if (id !== MEDIA_SOCKET) this.#current?.closeSocket(id);
  }

  link(socket: SocketId, remote: Addr): LinkId {
    return this.#current?.link(socket, remote) ?? 0;
  }

  cookie(
    link: LinkId,
    done: (cookie: Uint8Array | undefined) => void,
    fresh = false,
  ): Disposable {
    return this.#current?.cookie(link, done, fresh) ?? NOTHING;
  }

  verify(remote: Addr, cookie: Uint8Array): boolean {
    return this.#current?.verify(remote, cookie) ?? false;
  }

  command(command: EngineCommand): void {
    this.#current?.command(command);
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    this.#current?.addChild(ssrc, link, from, done);
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.#current?.publish(ssrc, ts, dueMs);
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    return this.#current?.receive(spec, fn) ?? NOTHING;
  }

  position(ssrc: Ssrc): StreamPosition {
    return this.#current?.position(ssrc) ?? NO_POSITION;
  }

  counters(): DatapathCounters {
    return this.#current?.counters() ?? NO_COUNTERS;
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.#events.on(fn);
  }
}
