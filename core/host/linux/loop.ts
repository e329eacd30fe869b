/**
 * The media engine on Linux sockets, in a thread of its own: waits, receives a batch, runs the engine to completion on it, sends,
 * and goes back to waiting. The thread's event loop gets a turn only when the main thread has rung.
 */
import { lookup } from "node:dns/promises";
import { addrKey } from "../../ids.ts";
import type { LinkId, SocketId } from "../../media/api.ts";
import { isHandshake } from "../../media/handshake.ts";
import type { LinkEntry } from "../../media/link_table.ts";
import { type Addr, PortError } from "../../ports.ts";
import type { EngineThreadOptions, Order, Report } from "../../datapath/words.ts";
import { ServedEngine } from "../../datapath/served.ts";
import { netPermitted } from "../addr_book.ts";
import { denoRng } from "../deno_clock.ts";
import { demand } from "../port_errors.ts";
import { Arena } from "./arena.ts";
import { BatchCarrier } from "./carrier.ts";
import { Gather } from "./gather.ts";
import { Intake, type IntakeSink, PASSING_BYTES } from "./intake.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { type OwnSocket, RemoteEnds } from "./peers.ts";
import { type Doorbell, KernelClock, Poller } from "./poller.ts";
import { familyOfHost, readSockaddr } from "./sockaddr.ts";
import { LinuxUdpSocket } from "./socket.ts";

const BELL = 0x7fff_ffff;
/** Longest sleep: the main thread sees that this one lives. */
const SLEEP_MAX_MS = 100;
/** Packets of all rings: 256 streams of 4096. Beyond it what comes in is dropped and counted. */
const ARENA_BYTES = 1.5 * 2 ** 30;
/** Bytes for receivers travel this often at most. */
const REPORT_EVERY_MS = 2;
/** Names that are resolved while nobody rings get the event loop this often. */
const RESOLVE_EVERY_MS = 5;
/** The kernel's own drops are read this often. */
const DROPS_EVERY_MS = 1000;

/** What connects the loop with the main thread. */
export interface LoopLink {
  readonly bell: Doorbell;
  /** Gives the event loop a turn; returns the orders that came, in order. */
  orders(): Promise<readonly Order[]>;
  /** Sends reports; bytes for receivers may be left out when the main thread does not keep up. */
  report(reports: readonly Report[]): void;
  /** The thread lives. */
  beat(): void;
  /** A handle that the main thread closes should this one die. */
  opened(handle: number): void;
  closed(handle: number): void;
  readonly isStopping: boolean;
}

/** Runs until it is told to stop. */
export class MediaLoop implements IntakeSink {
  readonly #libc: Libc;
  readonly #options: EngineThreadOptions;
  readonly #link: LoopLink;
  readonly #clock: KernelClock;
  readonly #poller: Poller;
  readonly #arena: Arena;
  readonly #intake: Intake;
  readonly #ends: RemoteEnds;
  readonly #carrier: BatchCarrier;
  readonly #served: ServedEngine;
  readonly #gather: Gather;
  readonly #sockets = new Map<SocketId, OwnSocket>();
  readonly #now: () => number;
  readonly #resolving = new Set<Promise<void>>();
  readonly #drops = new Map<SocketId, number>();
  #pending: Report[] = [];
  #reportedMs = -Infinity;
  #readMs = -Infinity;
  #dropsMs = 0;
  #goneDrops = 0;
  #hinted = false;
  #denied = 0;
  // What is being received now.
  #socket: OwnSocket | undefined;
  #from: LinkId | undefined;
  #names: Block | undefined;
  #nameAt = 0;
  #nowMs = 0;

  /** `now` is the main thread's clock. */
  constructor(libc: Libc, options: EngineThreadOptions, link: LoopLink, now: () => number) {
    this.#libc = libc;
    this.#options = options;
    this.#link = link;
    this.#now = now;
    this.#clock = new KernelClock(libc);
    this.#poller = new Poller(libc);
    this.#poller.add(link.bell.handle, BELL);
    this.#arena = new Arena(libc, ARENA_BYTES, new Block(libc, PASSING_BYTES));
    this.#intake = new Intake(libc, this.#arena);
    this.#ends = new RemoteEnds(libc);
    this.#carrier = new BatchCarrier(libc, this.#arena, this.#ends, this.#clock);
    this.#gather = new Gather(
      options.gather,
      now(),
      () => this.#clock.used(),
      () => this.#intake.messages,
    );
    this.#served = new ServedEngine({
      thread: options,
      rng: denoRng(),
      now,
      carrier: this.#carrier,
      memory: this.#arena,
      wires: (socket, to, bytes) => {
        const own = this.#sockets.get(socket);
        if (own !== undefined) this.#carrier.sendTo(own, to, bytes);
      },
      linked: (entry) => this.#linked(entry),
      unlinked: (id) => this.#ends.remove(id),
      counts: () => this.#counts(),
    });
  }

  #counts(): { sendErrors: number; queueDropped: number } {
    const { counts, unresolved } = this.#carrier;
    let dropped = counts.dropped + this.#intake.memoryFull + this.#goneDrops;
    for (const drops of this.#drops.values()) dropped += drops;
    return {
      sendErrors: counts.failed + unresolved + this.#denied,
      queueDropped: dropped,
    };
  }

  /** Works until `isStopping`. Throws when it cannot go on: then nothing of it may be used again. */
  async run(): Promise<void> {
    while (!this.#link.isStopping) {
      const rung = this.#turn();
      if (rung || this.#resolving.size > 0) await this.#obey();
    }
  }

  /** Closes all sockets. */
  close(): void {
    for (const id of [...this.#sockets.keys()]) this.#closeSocket(id);
    this.#poller.close();
  }

  #timeoutMs(): number {
    let dueMs = this.#served.dueMs;
    if (this.#pending.length > 0) dueMs = Math.min(dueMs, this.#reportedMs + REPORT_EVERY_MS);
    const most = this.#resolving.size > 0 ? RESOLVE_EVERY_MS : SLEEP_MAX_MS;
    return Math.max(0, Math.min(most, Math.ceil(dueMs - this.#now())));
  }

  /** Waits once and does what there is to do; true when the main thread has rung. */
  #turn(): boolean {
    this.#gatherCompany();
    const ready = this.#poller.wait(this.#timeoutMs());
    this.#link.beat();
    let rung = false;
    let isMedia = false;
    for (let index = 0; index < ready; index++) {
      if (this.#poller.token(index) === BELL) rung = true;
      else isMedia = true;
    }
    if (isMedia) this.#receiveAll(ready);
    const startMs = this.#now();
    if (this.#served.dueMs <= startMs) this.#served.tick();
    this.#served.showPositions();
    this.#report();
    if (startMs >= this.#dropsMs) this.#readDrops(startMs);
    this.#gather.look(startMs);
    return rung;
  }

  /** Two reads are at least so far apart. A thread that sleeps until then is woken once and finds all that came meanwhile. */
  #gatherCompany(): void {
    const { waitMs } = this.#gather;
    if (waitMs === 0) return;
    const early = this.#readMs + waitMs - this.#now();
    if (early > 0) this.#clock.sleep(Math.min(early, waitMs));
  }

  #receiveAll(ready: number): void {
    const startMs = this.#now();
    this.#readMs = startMs;
    this.#nowMs = startMs;
    for (let index = 0; index < ready; index++) {
      const socket = this.#sockets.get(this.#poller.token(index));
      if (socket === undefined) continue;
      this.#socket = socket;
      this.#arena.recycle();
      this.#served.driver.batch(this.#receive);
    }
  }

  readonly #receive = (): void => {
    if (this.#socket !== undefined) this.#intake.receive(this.#socket.udp, this);
  };

  from(names: Block, at: number): void {
    this.#names = names;
    this.#nameAt = at;
    const { id } = this.#socket ?? { id: -1 };
    this.#from = this.#ends.find(id, names.words, at >>> 2)?.link;
  }

  datagram(bytes: Uint8Array): void {
    const { driver } = this.#served;
    if (isHandshake(bytes)) {
      const { id } = this.#socket ?? { id: -1 };
      const { bytes: names } = this.#names ?? { bytes: new Uint8Array(0) };
      driver.receive(id, readSockaddr(names, this.#nameAt), bytes);
    } else if (this.#from === undefined) driver.strangers++;
    else driver.take(this.#from, bytes, this.#nowMs);
  }

  /** Reports go out at once, but for bytes: a message costs the main thread some 50 us. */
  #report(): void {
    const reports = this.#served.take();
    if (reports.length > 0) this.#pending.push(...reports);
    if (this.#pending.length === 0) return;
    const nowMs = this.#now();
    const isUrgent = reports.some(({ kind }) => kind !== "chunks");
    if (!isUrgent && nowMs - this.#reportedMs < REPORT_EVERY_MS) return;
    this.#reportedMs = nowMs;
    const pending = this.#pending;
    this.#pending = [];
    this.#link.report(pending);
  }

  #readDrops(nowMs: number): void {
    this.#dropsMs = nowMs + DROPS_EVERY_MS;
    for (const { id, udp } of this.#sockets.values()) this.#drops.set(id, udp.drops() ?? 0);
  }

  /** Carries out what the main thread has ordered. */
  async #obey(): Promise<void> {
    this.#link.bell.answer();
    const orders = await this.#link.orders();
    for (const order of orders) {
      this.#arena.recycle();
      if (order.kind === "open-socket") await this.#openSocket(order.socket, order.bind);
      else if (order.kind === "close-socket") {
        this.#served.closeSocket(order.socket);
        this.#closeSocket(order.socket);
      } else this.#served.handle(order);
    }
    this.#served.showPositions();
    this.#report();
  }

  async #openSocket(id: SocketId, bind: Addr): Promise<void> {
    const { socketBytes } = this.#options;
    const action = `open UDP ${addrKey(bind)}`;
    try {
      demand(action, { name: "net", host: addrKey(bind) });
      const host = familyOfHost(bind.host.split("%")[0] ?? "") === undefined
        ? (await lookup(bind.host)).address
        : bind.host;
      const udp = new LinuxUdpSocket(this.#libc, { host, port: bind.port }, {
        receiveBytes: socketBytes,
        sendBytes: socketBytes,
        gro: true,
      });
      this.#link.opened(udp.handle);
      this.#sockets.set(id, { id, udp, segments: udp.gso });
      this.#poller.add(udp.handle, id);
      this.#served.report({ kind: "socket", socket: id, local: udp.local });
      this.#hint(udp);
    } catch (error) {
      const known = error instanceof PortError ? error : undefined;
      const message = error instanceof Error ? error.message : String(error);
      this.#served.report({
        kind: "no-socket",
        socket: id,
        code: known?.code ?? "address-not-available",
        message: known?.message ?? `Cannot ${action}: ${message}`,
      });
    }
  }

  /** The system doubles what it grants: less than was asked is a limit. */
  #hint({ receiveBytes, sendBytes }: LinuxUdpSocket): void {
    const { socketBytes } = this.#options;
    if (this.#hinted || (receiveBytes >= socketBytes && sendBytes >= socketBytes)) return;
    this.#hinted = true;
    this.#served.log("warn", "media-socket-buffer-small", {
      receiveBytes,
      sendBytes,
      wantedBytes: socketBytes,
      hint: `sysctl -w net.core.rmem_max=${socketBytes} net.core.wmem_max=${socketBytes}`,
    });
  }

  #closeSocket(id: SocketId): void {
    const socket = this.#sockets.get(id);
    if (socket === undefined) return;
    this.#sockets.delete(id);
    this.#goneDrops += socket.udp.drops() ?? 0;
    this.#drops.delete(id);
    this.#poller.remove(socket.udp.handle);
    socket.udp.close();
    this.#link.closed(socket.udp.handle);
  }

  /** A link gets its address, a name as soon as it is resolved. */
  #linked({ id, socket, remote }: LinkEntry): void {
    const own = this.#sockets.get(socket);
    if (own === undefined) return;
    if (!netPermitted(remote)) {
      this.#denied++;
      return;
    }
    const [host = ""] = remote.host.split("%");
    if (familyOfHost(host) !== undefined) {
      this.#ends.add(id, own, remote);
      return;
    }
    const family = own.udp.family === 2 ? 4 : 6;
    const resolving = lookup(remote.host, { family }).then(({ address }) => {
      if (this.#served.driver.links.get(id) === undefined) return;
      this.#ends.add(id, own, { host: address, port: remote.port });
      this.#carrier.forgetTables();
    }, (error: unknown) => {
      this.#served.log("warn", "media-name-unresolved", {
        host: remote.host,
        error: String(error),
      });
    }).finally(() => void this.#resolving.delete(resolving));
    this.#resolving.add(resolving);
  }
}
