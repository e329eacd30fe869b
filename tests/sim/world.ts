/**
 * The seeded world: a network of hosts in one process and in simulated time, behind the very ports that
 * plugins get from Deno. One seed gives one history. Most events are synchronous; after an event that
 * settles a promise of a port (a bind, a dial, a file operation), and at least every `flushMs` of
 * simulated time, the world lets all promise jobs run before it goes on.
 */
import { setImmediate } from "node:timers";
import type { LinkSettings } from "../../core/link_model.ts";
import { PERFECT_LINK } from "../../core/link_model.ts";
import type { Addr, NodeEvent, Plane, Ports, Rng } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import { SimHost, SimProcess } from "./host.ts";
import { type Link, Links, type PairTotals, subSeed } from "./links.ts";
import type { MemoryDisk } from "./memory_files.ts";
import type { Programs } from "./programs.ts";
import { EventKind, EventQueue, SimEvent } from "./queue.ts";
import { LogBook, type LogLine, type MemoryMetrics } from "./records.ts";
import type { SimUdp } from "./udp.ts";

/** What became of a datagram: lost on the link, nobody there, the receive buffer full, or delivered. */
export type Fate = "delivered" | "lost" | "unheard" | "overflow";
/** Sees every datagram: on arrival, or on sending when the link loses it. */
export type Sniffer = (from: Addr, to: Addr, bytes: Uint8Array, fate: Fate, plane: Plane) => void;

/** How a world is made. */
export interface WorldOptions {
  readonly seed: number;
  /** Settings of every link that has none of its own; 1 ms and no loss when left out. */
  readonly link?: Partial<LinkSettings>;
  /** A SYN that nobody answers is given up after this. */
  readonly dialTimeoutMs?: number;
  /** TCP gives up a peer that acknowledges nothing for this long (Linux: 15 min; cut for simulations). */
  readonly tcpTimeoutMs?: number;
  /** An ended TCP stream whose peer does not close is dropped after this. */
  readonly tcpLingerMs?: number;
  /** Promise jobs run at least this often in simulated time. */
  readonly flushMs?: number;
  /** Log lines kept. */
  readonly logLimit?: number;
}

/** Packet events kept for reuse. */
const POOL_MAX = 4096;

/** Hosts, links and time. */
export class World {
  readonly seed: number;
  readonly options: Required<Omit<WorldOptions, "link">>;
  readonly queue = new EventQueue();
  readonly links: Links;
  readonly hosts = new Map<string, SimHost>();
  readonly groups = new Map<string, Set<SimUdp>>();
  readonly sniffers: Sniffer[] = [];
  readonly logs: LogBook;
  /** For scenarios: where to cut, whom to crash. Plugins never draw from it. */
  readonly rng: Rng;
  /** World time in ms since the beginning. */
  nowMs = 0;
  /** Events performed so far. */
  events = 0;
  readonly #aliases = new Map<string, string>();
  readonly #pool: SimEvent[] = [];
  #hash = 0x9e3779b9;
  #promised = false;
  #flushedMs = 0;
  #running = false;

  constructor(options: WorldOptions) {
    const { link = {}, ...rest } = options;
    this.seed = options.seed;
    this.options = {
      dialTimeoutMs: 10_000,
      tcpTimeoutMs: 15_000,
      tcpLingerMs: 5_000,
      flushMs: 20,
      logLimit: 5_000,
      ...rest,
    };
    this.links = new Links(this.seed, { ...PERFECT_LINK, delayMs: 1, ...link });
    this.logs = new LogBook(this.options.logLimit);
    this.rng = seededRng(subSeed(this.seed, "scenario"));
  }

  // Hosts

  /** The host of this address, made on first use. */
  host(name: string): SimHost {
    let host = this.hosts.get(name);
    if (host === undefined) {
      host = new SimHost(this, name, this.hosts.size);
      this.hosts.set(name, host);
    }
    return host;
  }

  /** Starts a process on a host, which comes up if it was down, and gives its ports. */
  ports(name: string): Ports {
    const host = this.host(name);
    host.up = true;
    const process = new SimProcess(host);
    host.processes.add(process);
    return process.ports;
  }

  /** The process behind ports that this world gave. */
  processOf(ports: Ports): SimProcess {
    for (const host of this.hosts.values()) {
      for (const process of host.processes) if (process.ports === ports) return process;
    }
    throw new Error("Cannot find the process: these ports are not of a living one");
  }

  /** Power fails: sockets, timers and streams of the host are gone, nobody is told. Its disk stays. */
  crash(name: string): void {
    this.host(name).crash();
    this.#mix(0x63, this.host(name).index);
  }

  /** SIGKILL: the processes end, their kernel resets their TCP connections. */
  kill(name: string): void {
    for (const process of [...this.host(name).processes]) process.kill();
    this.#mix(0x6b, this.host(name).index);
  }

  /** A new life on a host that crashed or whose processes were killed. */
  restart(name: string): Ports {
    return this.ports(name);
  }

  /** SIGSTOP: its timers and packets wait, as far as the receive buffers go. */
  freeze(name: string): void {
    this.host(name).freeze();
  }

  /** SIGCONT: everything that waited happens now, late. */
  thaw(name: string): void {
    this.host(name).thaw();
  }

  /** Every packet and timer costs the host this much time; 0 makes it fast again. */
  slow(name: string, eventCostMs: number): void {
    this.host(name).eventCostMs = eventCostMs;
  }

  /** Steps the wall clock of a host; the monotonic one goes on. */
  jumpWall(name: string, byMs: number): void {
    this.host(name).wallOffsetMs += byMs;
  }

  /** Lets a host's clocks run faster (or slower) by this share, 50e-6 being 50 ppm. */
  drift(name: string, share: number): void {
    this.host(name).drift(share);
  }

  /** The disk of a host. */
  disk(name: string): MemoryDisk {
    return this.host(name).disk;
  }

  /** Who answers the requests of a host to the world outside. */
  outside(name: string, answer: SimHost["outside"]): void {
    this.host(name).outside = answer;
  }

  /** The programs that can be spawned on a host. */
  programs(name: string): Programs {
    return this.host(name).programs;
  }

  /** Metrics of the newest living process on a host. */
  metrics(name: string): MemoryMetrics {
    const newest = [...this.host(name).processes].at(-1);
    if (newest === undefined) throw new Error(`Cannot read metrics: nothing runs on ${name}`);
    return newest.metrics;
  }

  /** What happened in the newest living process of a host. */
  happened(name: string): readonly NodeEvent[] {
    const newest = [...this.host(name).processes].at(-1);
    return newest?.events.page(0).events ?? [];
  }

  /** Listeners for events that the processes of a host hold. */
  eventListeners(name: string): number {
    return sum(this.host(name).processes, (process) => process.events.listeners);
  }

  /** Captured log lines, of one host or of all. */
  log(name?: string): readonly LogLine[] {
    return name === undefined
      ? this.logs.lines
      : this.logs.lines.filter((line) => line.host === name);
  }

  /** Timers that the processes of a host hold. */
  timers(name: string): number {
    return sum(this.host(name).processes, (process) => process.timers);
  }

  /** UDP sockets, TCP listeners and TCP streams that the processes of a host hold. */
  sockets(name: string): number {
    return sum(
      this.host(name).processes,
      (p) => p.sockets.size + p.servers.size + p.streams.size,
    );
  }

  // Network

  /** Lets a name stand for a host's address. */
  alias(name: string, host: string): void {
    this.#aliases.set(name, host);
    for (const one of this.hosts.values()) one.forgetRoutes();
  }

  /** The address a name stands for. */
  resolve(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** Changes all links that have no settings of their own. */
  setDefaultLink(settings: Partial<LinkSettings>): void {
    this.links.changeDefault(settings);
  }

  /** Changes one direction of one link. */
  setLink(from: string, to: string, settings: Partial<LinkSettings>): void {
    this.links.change(this.resolve(from), this.resolve(to), settings);
  }

  /** Changes both directions of one link. */
  setLinks(a: string, b: string, settings: Partial<LinkSettings>): void {
    this.setLink(a, b, settings);
    this.setLink(b, a, settings);
  }

  /** Cuts everything between two groups of hosts, both ways, until disposed. */
  partition(a: readonly string[], b: readonly string[]): Disposable {
    const [left, right] = [new Set(a), new Set(b)];
    return this.links.cut((from, to) =>
      (left.has(from) && right.has(to)) || (right.has(from) && left.has(to))
    );
  }

  /** Cuts one direction only, until disposed. */
  partitionOneWay(from: readonly string[], to: readonly string[]): Disposable {
    const [left, right] = [new Set(from), new Set(to)];
    return this.links.cut((a, b) => left.has(a) && right.has(b));
  }

  /** Cuts hosts off from all others, but not from each other, until disposed. */
  isolate(...names: readonly string[]): Disposable {
    const inside = new Set(names);
    return this.links.cut((from, to) => inside.has(from) !== inside.has(to));
  }

  /** Takes back every partition. */
  heal(): void {
    this.links.heal();
  }

  /** Puts a datagram on the wire with any source address, real or forged; it is not impaired. */
  inject(from: Addr, to: Addr, bytes: Uint8Array, plane: Plane = "control"): void {
    const link = this.links.of("injected", this.resolve(to.host));
    this.sendPacket(link, from, to, bytes, plane, 0);
  }

  /** Sees every datagram until disposed. */
  sniff(fn: Sniffer): Disposable {
    this.sniffers.push(fn);
    return { [Symbol.dispose]: () => void this.sniffers.splice(this.sniffers.indexOf(fn), 1) };
  }

  /** Datagram totals of an ordered pair. */
  totals(from: string, to: string): Readonly<PairTotals> {
    return this.links.of(this.resolve(from), this.resolve(to)).totals;
  }

  /** Datagrams that a host sent, to anybody. */
  packetsSentBy(name: string): number {
    return sum(this.links.all(), (link) => link.from === name ? link.totals.packetsSent : 0);
  }

  // Time

  /** Runs all events up to `untilMs` of world time. */
  async run(untilMs: number): Promise<void> {
    await this.#exclusively(async () => {
      await this.#flush();
      await this.#advance(untilMs, () => false);
      this.nowMs = Math.max(this.nowMs, untilMs);
      await this.#flush();
    });
  }

  /** Runs for `ms` more. */
  runFor(ms: number): Promise<void> {
    return this.run(this.nowMs + ms);
  }

  /** Runs until a promise settles, and gives what it settled to. Fails after `withinMs` of world time. */
  async until<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    await this.#exclusively(async () => {
      const untilMs = this.nowMs + withinMs;
      await this.#flush();
      await this.#advance(untilMs, () => settled);
      if (!settled) {
        this.nowMs = untilMs;
        await this.#flush();
      }
    });
    if (!settled) throw new Error(`Not settled within ${withinMs} ms (seed ${this.seed})`);
    return await promise;
  }

  /** Runs until `truth` holds, looking every `everyMs`. Fails after `withinMs` of world time. */
  async when(what: string, truth: () => boolean, withinMs = 60_000, everyMs = 5): Promise<void> {
    const untilMs = this.nowMs + withinMs;
    while (!truth()) {
      if (this.nowMs >= untilMs) {
        throw new Error(`Not within ${withinMs} ms: ${what} (seed ${this.seed})`);
      }
      await this.runFor(everyMs);
    }
  }

  /** Two runs of one scenario are the same exactly when these are. */
  get traceHash(): number {
    return this.#hash >>> 0;
  }

  // For the hosts and sockets of this world

  /** Calls `fn` at `atMs` whatever becomes of any process. */
  later(atMs: number, fn: () => void): SimEvent {
    const event = new SimEvent();
    event.kind = EventKind.call;
    event.fn = fn;
    this.queue.push(event, atMs);
    return event;
  }

  /** Puts a datagram on its way; it arrives after `delayMs`. */
  sendPacket(
    link: Link,
    from: Addr,
    to: Addr,
    bytes: Uint8Array,
    plane: Plane,
    delayMs: number,
  ): void {
    const event = this.#pool.pop() ?? new SimEvent();
    event.kind = EventKind.packet;
    event.link = link;
    event.from = from;
    event.to = to;
    event.bytes = bytes;
    event.plane = plane;
    this.queue.push(event, this.nowMs + delayMs);
  }

  /** A promise of a port settles: promise jobs run before the next event. */
  note(): void {
    this.#promised = true;
  }

  /** The outcome of an operation, or a value, as a promise that the world waits for. */
  settled<T>(outcome: T | (() => T)): Promise<T> {
    this.#promised = true;
    try {
      return Promise.resolve(outcome instanceof Function ? outcome() : outcome);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Performs a due event of a host that is not stalled. */
  perform(event: SimEvent, host: SimHost | undefined): void {
    if (event.kind === EventKind.packet) return this.#deliver(event, host);
    if (!event.live) return;
    event.live = false;
    if (event.owner !== undefined) {
      if (!event.owner.alive) return;
      event.owner.timers--;
    }
    const { fn } = event;
    event.fn = undefined;
    fn?.();
  }

  /** A datagram's way ends. */
  packetDone(event: SimEvent, fate: Fate): void {
    if (this.sniffers.length > 0) {
      this.sniffed(event.from, event.to, event.bytes, fate, event.plane);
    }
    if (this.#pool.length < POOL_MAX) this.#pool.push(event);
  }

  sniffed(from: Addr, to: Addr, bytes: Uint8Array, fate: Fate, plane: Plane): void {
    for (const fn of this.sniffers) fn(from, to, bytes, fate, plane);
  }

  join(group: string, socket: SimUdp): void {
    const members = this.groups.get(group) ?? new Set();
    this.groups.set(group, members.add(socket));
  }

  leave(group: string, socket: SimUdp): void {
    const members = this.groups.get(group);
    members?.delete(socket);
    if (members?.size === 0) this.groups.delete(group);
  }

  #deliver(event: SimEvent, host: SimHost | undefined): void {
    const socket = host?.socketFor(event.to);
    if (socket === undefined || !socket.deliver(event.from, event.bytes)) {
      this.packetDone(event, "unheard");
      return;
    }
    const { link } = event;
    if (link !== undefined) {
      link.totals.packetsDelivered++;
      link.totals.bytesDelivered += event.bytes.length;
    }
    this.packetDone(event, "delivered");
  }

  #step(event: SimEvent): void {
    this.events++;
    if (event.kind === EventKind.packet) {
      const host = event.link === undefined ? undefined : this.hosts.get(event.link.to);
      this.#mixPacket(event, host?.index ?? -1);
      if (host === undefined || !host.up) this.packetDone(event, "unheard");
      else host.arrive(event);
    } else if (event.kind === EventKind.timer) {
      const process = event.owner;
      if (!(process instanceof SimProcess) || !process.alive || !event.live) return;
      this.#mix(event.at, process.host.index);
      process.host.arrive(event);
    } else {
      this.#mix(event.at, -1);
      this.perform(event, undefined);
    }
  }

  async #advance(untilMs: number, isDone: () => boolean): Promise<void> {
    const { queue } = this;
    while (!isDone()) {
      const at = queue.nextAt();
      if (at > untilMs) break;
      const event = queue.pop();
      if (event === undefined) break;
      this.nowMs = at;
      this.#step(event);
      if (this.#promised || at - this.#flushedMs >= this.options.flushMs) await this.#flush();
    }
  }

  /** Lets every promise job run, those that they make included. */
  async #flush(): Promise<void> {
    do {
      this.#promised = false;
      await new Promise<void>((resolve) => void setImmediate(resolve));
    } while (this.#promised);
    this.#flushedMs = this.nowMs;
  }

  async #exclusively(action: () => Promise<void>): Promise<void> {
    if (this.#running) {
      throw new Error("Cannot run the world: it runs already; await the first run");
    }
    this.#running = true;
    try {
      await action();
    } finally {
      this.#running = false;
    }
  }

  #mix(at: number, who: number): void {
    const micros = Math.floor(at * 1000) | 0;
    this.#hash = Math.imul(this.#hash ^ micros, 0x01000193) + who | 0;
    this.#hash ^= this.#hash >>> 15;
  }

  #mixPacket(event: SimEvent, who: number): void {
    const { bytes } = event;
    const { length } = bytes;
    const some = (bytes[0] ?? 0) | (bytes[length >> 1] ?? 0) << 8 | (bytes[length - 1] ?? 0) << 16;
    this.#hash = Math.imul(this.#hash ^ some ^ (length << 20), 0x85ebca6b) | 0;
    this.#mix(event.at, who + event.to.port);
  }
}

function sum<T>(things: Iterable<T>, value: (thing: T) => number): number {
  let total = 0;
  for (const thing of things) total += value(thing);
  return total;
}
