/**
 * A media engine with links and cookies, sans-I/O: what every datapath has in common. A shell owns sockets
 * and one timer, hands in datagrams, and sends what comes out through `wires`.
 */
import type { Ssrc } from "../ids.ts";
import { Listeners } from "../listeners.ts";
import type { Addr, Rng } from "../ports.ts";
import { CookieJar } from "../wire/cookie.ts";
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
} from "./api.ts";
import { MediaEngine } from "./engine.ts";
import { CookieAsks, CookieDesk, type CookieDone, isHandshake } from "./handshake.ts";
import { LinkTable } from "./link_table.ts";
import type { PacketMemory } from "./memory.ts";
import type { PackedCounters } from "./packed_counters.ts";

/** No step is finer than this: timers fire late by about as much. */
const STEP_MIN_MS = 1;

/** Sends one datagram from one socket. */
export type Wires = (socket: SocketId, to: Addr, bytes: Uint8Array) => void;

/** Sends many packets at once: everything between two calls of `flush` may be rearranged between links, never within one. */
export interface Carrier {
  /** The same bytes to every target. The list of targets never changes; the bytes are valid until `flush` returns. */
  send(bytes: Uint8Array, targets: readonly LinkId[]): void;
  flush(): void;
}

/** What a driver is made with. */
export interface DriverOptions {
  readonly recovery: RecoverySpec;
  readonly rng: Rng;
  readonly now: () => number;
  readonly wires: Wires;
  /** Takes what goes over links, instead of `wires`. */
  readonly carrier?: Carrier;
  /** Makes and checks cookies; one with a secret of its own when left out. */
  readonly jar?: CookieJar;
  /** See `EngineOptions`. */
  readonly memory?: PacketMemory;
  readonly tracksMoves?: boolean;
  /** The driver wants `tick` at this moment, instead of the one it named before. */
  readonly arm: (atMs: number) => void;
  /** A listener threw. */
  readonly failed: (error: unknown) => void;
}

/** Drives one engine. */
export class MediaDriver {
  readonly engine: MediaEngine;
  readonly links = new LinkTable();
  /** Datagrams from addresses no link leads to. */
  strangers = 0;
  /** Exceptions thrown by listeners. */
  listenerErrors = 0;
  /** Answers nobody asked for. */
  strayAnswers = 0;
  /** Datagrams for links that are gone. */
  sendErrors = 0;
  readonly #options: DriverOptions;
  readonly #desk: CookieDesk;
  readonly #asks: CookieAsks;
  readonly #events = new Listeners<[EngineEvent]>();
  readonly #receivers = new Map<number, (event: ReceiverEvent) => void>();
  #draining = false;
  #armedMs = Infinity;
  #tickedMs = -Infinity;

  constructor(options: DriverOptions) {
    this.#options = options;
    const { rng } = options;
    const reporter = Math.floor(rng.next() * 2 ** 32);
    const { recovery, memory, tracksMoves = false } = options;
    this.engine = new MediaEngine({
      recovery,
      reporter,
      tracksMoves,
      ...(memory === undefined ? {} : { memory }),
    });
    this.#desk = new CookieDesk(options.jar ?? new CookieJar(rng, "media"), options.now());
    this.#asks = new CookieAsks(rng);
  }

  /** A datagram came in. Never throws. */
  receive(socket: SocketId, from: Addr, bytes: Uint8Array): void {
    const nowMs = this.#options.now();
    if (isHandshake(bytes)) {
      this.#handshake(socket, from, bytes, nowMs);
      return;
    }
    const link = this.links.find(socket, from);
    if (link === undefined) {
      this.strangers++;
      return;
    }
    this.engine.receiveOne(link.id, bytes, nowMs);
    // Under load packets outrun timers.
    if (this.#isDue(nowMs)) this.#tickEngine(nowMs);
    this.#drain();
  }

  /**
   * Takes in what came together: `fn` calls `take` and `receive`. Nothing is sent, told or delivered before
   * it has returned.
   */
  batch(fn: () => void): void {
    this.#draining = true;
    try {
      fn();
    } finally {
      this.#draining = false;
    }
    const nowMs = this.#options.now();
    if (this.#isDue(nowMs)) this.#tickEngine(nowMs);
    this.#drain();
  }

  /** A datagram of a known link, within `batch`. Never throws. */
  take(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    this.engine.receiveOne(link, bytes, nowMs);
  }

  #handshake(socket: SocketId, from: Addr, bytes: Uint8Array, nowMs: number): void {
    const answer = this.#desk.answer(from, bytes, nowMs);
    if (answer !== undefined) {
      this.#options.wires(socket, from, answer);
      return;
    }
    const link = this.links.find(socket, from);
    this.#guard(() => {
      if (link === undefined || !this.#asks.answered(link.id, bytes, nowMs)) this.strayAnswers++;
    });
    this.#drain();
  }

  /** The link to a remote address; the same pair gives the same link. */
  link(socket: SocketId, remote: Addr): LinkId {
    return this.links.open(socket, remote, (id) => this.engine.isBusy(id)).id;
  }

  /** See `Datapath.cookie`. */
  cookie(link: LinkId, done: CookieDone, fresh: boolean): Disposable {
    const asked = this.#asks.ask(link, fresh, this.#options.now(), done);
    this.#drain();
    return asked;
  }

  verify(remote: Addr, cookie: Uint8Array): boolean {
    return this.#desk.verify(remote, cookie);
  }

  command(command: EngineCommand): void {
    this.engine.command(command, this.#options.now());
    if (command.kind === "close-link") this.#forget(command.link);
    this.#drain();
  }

  #forget(link: LinkId): void {
    this.links.close(link);
    this.#guard(() => this.#asks.forget(link));
  }

  /** The socket is gone, and with it its links. */
  closeSocket(socket: SocketId): void {
    for (const { id } of this.links.closeSocket(socket)) {
      this.engine.command({ kind: "close-link", link: id }, this.#options.now());
      this.#forget(id);
    }
    this.#drain();
  }

  /** See `Datapath.addChild`. */
  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    this.engine.addChild(ssrc, link, from, this.#options.now(), (first) => {
      this.#guard(() => done(first));
    });
    this.#drain();
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.engine.publish(ssrc, ts, dueMs, this.#options.now());
    this.#drain();
  }

  /** Adds a receiver; one too many ends at once. */
  subscribe(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    const id = this.engine.addReceiver(spec, this.#options.now());
    if (id < 0) this.#guard(() => fn({ kind: "end" }));
    else this.#receivers.set(id, fn);
    this.#drain();
    return {
      [Symbol.dispose]: () => {
        this.#receivers.delete(id);
        this.engine.removeReceiver(id);
      },
    };
  }

  /** Delivers what is in order now, whatever its time. */
  hurry(): void {
    this.engine.hurry(this.#options.now());
    this.#drain();
  }

  position(ssrc: Ssrc): StreamPosition {
    return this.engine.position(ssrc, this.#options.now());
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.#events.on(fn);
  }

  counters(): DatapathCounters {
    const streams = this.engine.streams((link) => this.links.remoteOf(link));
    return { ...this.#totals(), streams };
  }

  #totals(): PackedCounters["totals"] {
    return {
      ...this.engine.totals(),
      strangers: this.strangers,
      badCookies: this.#desk.badCookies,
      sendErrors: this.sendErrors,
      queueDropped: 0,
    };
  }

  /** The same for another thread. */
  packedCounters(): PackedCounters {
    return { totals: this.#totals(), rows: this.engine.packStreams() };
  }

  /** Does what is due. */
  tick(): void {
    const nowMs = this.#options.now();
    this.#armedMs = Infinity;
    if (this.#isDue(nowMs)) this.#tickEngine(nowMs);
    this.#guard(() => this.#asks.tick(nowMs));
    this.#drain();
  }

  #isDue(nowMs: number): boolean {
    const dueMs = this.engine.nextDeadlineMs();
    return dueMs !== undefined && dueMs <= nowMs && nowMs - this.#tickedMs >= STEP_MIN_MS;
  }

  #tickEngine(nowMs: number): void {
    this.#tickedMs = nowMs;
    this.engine.tick(nowMs);
  }

  #guard(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.listenerErrors++;
      this.#options.failed(error);
    }
  }

  /** Carries out what the engine wants; what listeners cause meanwhile joins the end of the same lists. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const { out } = this.engine;
    const { sends } = this.#asks;
    let sent = 0;
    let told = 0;
    let delivered = 0;
    while (
      sent < out.sends || told < out.events.length || delivered < out.deliveries.length ||
      sends.length > 0
    ) {
      for (; sent < out.sends; sent++) this.#send(sent);
      this.#options.carrier?.flush();
      for (const { link, bytes } of sends.splice(0)) this.#sendTo(link, bytes);
      for (; told < out.events.length; told++) this.#tell(out.events[told]);
      for (; delivered < out.deliveries.length; delivered++) {
        const delivery = out.deliveries[delivered];
        if (delivery !== undefined) this.#deliver(delivery.receiver, delivery.event);
      }
    }
    out.clear();
    this.#draining = false;
    this.#arm();
  }

  #send(index: number): void {
    const packet = this.engine.out.sendAt(index);
    if (packet === undefined) return;
    const { carrier } = this.#options;
    if (carrier !== undefined) {
      carrier.send(packet.bytes, packet.targets);
      return;
    }
    for (const target of packet.targets) this.#sendTo(target, packet.bytes);
  }

  #sendTo(target: LinkId, bytes: Uint8Array): void {
    const link = this.links.get(target);
    if (link === undefined) this.sendErrors++;
    else this.#options.wires(link.socket, link.remote, bytes);
  }

  #tell(event: EngineEvent | undefined): void {
    if (event !== undefined) this.#guard(() => this.#events.emit(event));
  }

  #deliver(receiver: number, event: ReceiverEvent): void {
    const fn = this.#receivers.get(receiver);
    if (event.kind === "end") this.#receivers.delete(receiver);
    if (fn !== undefined) this.#guard(() => fn(event));
  }

  /** Moves the timer only to an earlier moment: one tick too many is cheaper than a timer a packet. */
  #arm(): void {
    const engineMs = this.engine.nextDeadlineMs() ?? Infinity;
    const dueMs = Math.min(engineMs, this.#asks.nextDeadlineMs() ?? Infinity);
    if (dueMs >= this.#armedMs) return;
    const soonest = this.#options.now() + STEP_MIN_MS;
    const atMs = dueMs < soonest ? soonest : dueMs;
    if (atMs >= this.#armedMs) return;
    this.#armedMs = atMs;
    this.#options.arm(atMs);
  }
}
