/** The portable datapath: the host's UDP sockets and one timer around a `MediaDriver`. */
import { Alarm } from "../alarm.ts";
import type { Ssrc } from "../ids.ts";
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
import { MediaDriver } from "../media/driver.ts";
import { collectMedia } from "../media/metrics.ts";
import type { Context, Life } from "../plugin.ts";
import { type Addr, PortError, type UdpSocket } from "../ports.ts";
import type { Datapath } from "../slots.ts";
import type { DatapathState } from "./state.ts";

const MEDIA_SOCKET: SocketId = 0;
/** Counters of a datapath that does not run. */
export const NO_COUNTERS: DatapathCounters = {
  packetsIn: 0,
  bytesIn: 0,
  packetsOut: 0,
  bytesOut: 0,
  malformed: 0,
  unknownStream: 0,
  unwanted: 0,
  strangers: 0,
  badCookies: 0,
  sendErrors: 0,
  queueDropped: 0,
  streams: [],
};
const NOTHING: Disposable = { [Symbol.dispose]() {} };

/** One socket and its registration. */
interface Bound {
  readonly socket: UdpSocket;
  readonly receiving: Disposable;
}

/** Media over the host's UDP port. Orders before `start` and after `stop` do nothing. */
export class UdpDatapath implements Datapath, Life {
  readonly #ctx: Context<"recovery">;
  readonly #maxSockets: number;
  readonly #recovery: () => RecoverySpec;
  readonly #before: DatapathState | undefined;
  readonly #alarm: Alarm;
  readonly #sockets = new Map<SocketId, Bound>();
  #driver: MediaDriver | undefined;
  #held: Disposable[] = [];
  #nextSocket = MEDIA_SOCKET + 1;
  #opening = 0;
  #failureLogged = false;
  #local: Addr | undefined;

  /** With `before` it goes on where another datapath has died. */
  constructor(
    ctx: Context<"recovery">,
    maxSockets: number,
    recovery: () => RecoverySpec,
    before?: DatapathState,
  ) {
    this.#ctx = ctx;
    this.#maxSockets = maxSockets;
    this.#before = before;
    this.#recovery = recovery;
    this.#alarm = new Alarm(ctx.clock, () => this.#driver?.tick());
  }

  get local(): Addr {
    const { listen, ports } = this.#ctx.self;
    return this.#sockets.get(MEDIA_SOCKET)?.socket.local ?? this.#local ??
      { host: listen, port: ports.media };
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#driver !== undefined) throw new Error("Cannot start the datapath: it is running");
    const { clock, rng, metrics, self } = this.#ctx;
    const before = this.#before;
    const driver = new MediaDriver({
      recovery: this.#recovery(),
      rng,
      now: () => clock.now(),
      wires: (id, to, bytes) => this.#sockets.get(id)?.socket.send(to, bytes),
      arm: (atMs) => this.#alarm.set(atMs),
      failed: (error) => this.#failed(error),
      ...(before === undefined ? {} : { jar: before.jar }),
    });
    this.#driver = driver;
    this.#held = collectMedia(metrics, () => driver.counters());
    if (before === undefined) await this.#bind(driver, MEDIA_SOCKET, self.ports.media);
    else await this.#resume(driver, before);
    signal.throwIfAborted();
  }

  /** Takes over at once; the sockets follow, at the ports that others know. */
  async #resume(driver: MediaDriver, before: DatapathState): Promise<void> {
    this.#local = before.sockets.get(MEDIA_SOCKET);
    this.#nextSocket = Math.max(MEDIA_SOCKET, ...before.sockets.keys()) + 1;
    resume(driver, before);
    await before.released;
    if (this.#driver === driver) resumeReceivers(driver, before);
    for (const [id, { port }] of before.sockets) await this.#bind(driver, id, port);
  }

  async #bind(driver: MediaDriver, id: SocketId, port: number): Promise<Addr> {
    const bind = { host: this.#ctx.self.listen, port };
    const socket = await this.#ctx.net.udp(bind, { plane: "media" });
    if (this.#driver !== driver) {
      await socket[Symbol.asyncDispose]();
      throw new PortError("closed", "Cannot open a media socket: the datapath has stopped");
    }
    const receiving = socket.onPacket((from, bytes) => driver.receive(id, from, bytes));
    this.#sockets.set(id, { socket, receiving });
    return socket.local;
  }

  #failed(error: unknown): void {
    if (this.#failureLogged) return;
    this.#failureLogged = true;
    // Once: a listener that throws may do so at every packet; the counter tells how often.
    this.#ctx.log.error("media-listener-failed", { error });
  }

  async stop(): Promise<void> {
    this.#driver = undefined;
    this.#alarm.set(undefined);
    for (const held of this.#held.splice(0)) held[Symbol.dispose]();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    for (const { receiving } of sockets) receiving[Symbol.dispose]();
    await Promise.all(sockets.map(({ socket }) => socket[Symbol.asyncDispose]()));
  }

  async openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    const driver = this.#driver;
    if (driver === undefined) {
      throw new PortError("closed", "Cannot open a media socket: the datapath is not running");
    }
    if (this.#sockets.size - 1 + this.#opening >= this.#maxSockets) {
      throw new PortError("full", `Cannot open a media socket: ${this.#maxSockets} are open`);
    }
    const id = this.#nextSocket++;
    this.#opening++;
    try {
      return { id, local: await this.#bind(driver, id, 0) };
    } finally {
      this.#opening--;
    }
  }

  closeSocket(id: SocketId): void {
    const bound = this.#sockets.get(id);
    if (bound === undefined || id === MEDIA_SOCKET) return;
    this.#driver?.closeSocket(id);
    this.#sockets.delete(id);
    bound.receiving[Symbol.dispose]();
    Promise.resolve(bound.socket[Symbol.asyncDispose]()).catch((error: unknown) => {
      this.#ctx.log.warn("media-socket-close-failed", { error });
    });
  }

  link(socket: SocketId, remote: Addr): LinkId {
    return this.#driver?.link(socket, remote) ?? 0;
  }

  cookie(
    link: LinkId,
    done: (cookie: Uint8Array | undefined) => void,
    fresh = false,
  ): Disposable {
    return this.#driver?.cookie(link, done, fresh) ?? NOTHING;
  }

  verify(remote: Addr, cookie: Uint8Array): boolean {
    return this.#driver?.verify(remote, cookie) ?? false;
  }

  command(command: EngineCommand): void {
    this.#driver?.command(command);
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    this.#driver?.addChild(ssrc, link, from, done);
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.#driver?.publish(ssrc, ts, dueMs);
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    return this.#driver?.subscribe(spec, fn) ?? NOTHING;
  }

  position(ssrc: Ssrc): StreamPosition {
    return this.#driver?.position(ssrc) ??
      { head: undefined, tail: undefined, next: undefined, lastArrivalMs: 0 };
  }

  counters(): DatapathCounters {
    return this.#driver?.counters() ?? NO_COUNTERS;
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.#driver?.onEvent(fn) ?? NOTHING;
  }
}

/** Gives a new driver the orders that hold. */
function resume(driver: MediaDriver, before: DatapathState): void {
  for (const link of before.links) driver.links.adopt(link);
  for (const [link, rttMs] of before.trips) driver.command({ kind: "link-rtt", link, rttMs });
  for (const [ssrc, held] of before.streams) {
    const { head, next } = before.position(ssrc);
    driver.command({ kind: "open", ssrc, limits: held.limits });
    if (held.originate !== undefined) {
      const first = head === undefined ? held.originate : head + 1;
      driver.command({ kind: "originate", ssrc, first });
    }
    for (const [link, first] of held.parents) {
      driver.command({ kind: "parent", ssrc, link, first: Math.max(first, next ?? first) });
    }
    for (const link of held.children) driver.addChild(ssrc, link, undefined, () => {});
    if (held.ended) driver.command({ kind: "end", ssrc });
  }
  for (const one of before.asks) {
    const asked = driver.cookie(one.link, one.done, one.fresh);
    one.off = () => asked[Symbol.dispose]();
  }
  for (const { ssrc, link, from, done } of before.children) {
    driver.addChild(ssrc, link, from, done);
  }
}

/** Receivers go on behind what they have been given. */
function resumeReceivers(driver: MediaDriver, before: DatapathState): void {
  for (const one of [...before.receivers]) {
    const spec = one.next === undefined ? one.spec : { ...one.spec, from: one.next };
    const receiving = driver.subscribe(spec, one.hear);
    one.off = () => receiving[Symbol.dispose]();
  }
}
