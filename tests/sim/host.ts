/** Hosts and the processes on them: clocks, timers, sockets, and stalls (frozen or slow). */
import { EventHub } from "../../core/events.ts";
import {
  type Addr,
  type Clock,
  type HttpAnswer,
  type HttpAsk,
  type Net,
  PortError,
  type Ports,
  type UdpOptions,
} from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import { type Link, subSeed } from "./links.ts";
import { type HttpHandler, simHttp } from "./http.ts";
import { MemoryDisk, memoryFiles } from "./memory_files.ts";
import { Programs } from "./programs.ts";
import { EventKind, type EventOwner, SimEvent } from "./queue.ts";
import { MemoryMetrics } from "./records.ts";
import { dial, listen, type TcpEnd, type TcpServer } from "./tcp.ts";
import { SimUdp } from "./udp.ts";
import type { World } from "./world.ts";

const EPHEMERAL_FIRST = 49_152;
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** One address in the simulated network, and the kernel behind it. */
export class SimHost {
  readonly world: World;
  readonly name: string;
  readonly index: number;
  readonly disk: MemoryDisk;
  readonly programs = new Programs();
  readonly processes = new Set<SimProcess>();
  readonly listeners = new Map<number, TcpServer>();
  /** HTTP servers by port; `httpGet` asks them without going over a link. */
  readonly http = new Map<
    number,
    { readonly process: SimProcess; readonly handler: HttpHandler }
  >();
  /** What answers requests of this host to the world outside; nobody does when undefined. */
  outside: ((ask: HttpAsk) => HttpAnswer) | undefined;
  /** Processes that were started here so far. */
  lives = 0;
  /** False after a crash: nothing arrives, nothing answers. */
  up = true;
  frozen = false;
  /** CPU time that every event costs; 0 is an infinitely fast host. */
  eventCostMs = 0;
  diskDelayMs = 0;
  /** Monotonic time runs `rate` times as fast as the world's, from `offsetMs`. */
  rate = 1;
  offsetMs: number;
  wallOffsetMs: number;
  readonly #routes = new Map<string, Link>();
  readonly #bound = new Map<number, SimUdp[]>();
  #ephemeral = EPHEMERAL_FIRST;
  #busyUntilMs = 0;
  #timers: SimEvent[] = [];
  #arrivals: SimEvent[] = [];
  #pumpDue = false;

  constructor(world: World, name: string, index: number) {
    this.world = world;
    this.name = name;
    this.index = index;
    const rng = seededRng(subSeed(world.seed, "clock", name));
    this.offsetMs = 1000 + Math.floor(rng.next() * 1e6);
    this.wallOffsetMs = Math.floor((rng.next() - 0.5) * 4000);
    this.disk = new MemoryDisk(() => this.wall());
  }

  now(): number {
    return this.offsetMs + this.world.nowMs * this.rate;
  }

  wall(): number {
    return Math.floor(WALL_START_MS + this.wallOffsetMs + this.world.nowMs * this.rate);
  }

  /** The world's time at which this host's clock has reached `dueMs`. */
  worldTimeOf(dueMs: number): number {
    let at = (dueMs - this.offsetMs) / this.rate;
    // Rounding must not let a timer see a clock that has not reached its time.
    while (this.offsetMs + at * this.rate < dueMs) at += Math.abs(at) * Number.EPSILON + 1e-12;
    return Math.max(at, this.world.nowMs);
  }

  /** Changes the speed of the clock from now on, without a step. */
  drift(share: number): void {
    const now = this.now();
    this.rate = 1 + share;
    this.offsetMs = now - this.world.nowMs * this.rate;
  }

  linkTo(host: string): Link {
    let link = this.#routes.get(host);
    if (link === undefined) {
      const real = LOOPBACK_NAMES.has(host) ? this.name : this.world.resolve(host);
      link = this.world.links.of(this.name, real);
      this.#routes.set(host, link);
    }
    return link;
  }

  /** Forgets resolved names. */
  forgetRoutes(): void {
    this.#routes.clear();
  }

  /** The address a bind means; throws when it is not this host's. */
  ownAddr(bind: Addr, port: number): Addr {
    const known = WILDCARDS.has(bind.host) || LOOPBACK_NAMES.has(bind.host) ||
      this.world.resolve(bind.host) === this.name;
    if (!known) {
      throw new PortError("address-not-available", `Cannot bind ${bind.host}: not on ${this.name}`);
    }
    return Object.freeze({ host: this.name, port });
  }

  freePort(isTaken: (port: number) => boolean): number {
    for (let tries = 0; tries < 65_536 - EPHEMERAL_FIRST; tries++) {
      const port = this.#ephemeral++;
      if (this.#ephemeral > 65_535) this.#ephemeral = EPHEMERAL_FIRST;
      if (!isTaken(port)) return port;
    }
    throw new PortError("address-in-use", `Cannot bind on ${this.name}: no port is free`);
  }

  openUdp(process: SimProcess, bind: Addr, options: UdpOptions): SimUdp {
    const port = bind.port !== 0 ? bind.port : this.freePort((p) => this.#bound.has(p));
    const local = this.ownAddr(bind, port);
    const others = this.#bound.get(port) ?? [];
    if (others.length > 0 && options.reuseAddress !== true) {
      throw new PortError("address-in-use", `Cannot bind UDP ${this.name}:${port}: it is in use`);
    }
    const socket = new SimUdp(process, local, options);
    this.#bound.set(port, [...others, socket]);
    process.sockets.add(socket);
    if (socket.group !== undefined) this.world.join(socket.group, socket);
    return socket;
  }

  unbind(socket: SimUdp): void {
    const left = (this.#bound.get(socket.local.port) ?? []).filter((one) => one !== socket);
    if (left.length === 0) this.#bound.delete(socket.local.port);
    else this.#bound.set(socket.local.port, left);
    if (socket.group !== undefined) this.world.leave(socket.group, socket);
  }

  /** The socket that gets a packet: the group's member, else the last one bound to the port. */
  socketFor(to: Addr): SimUdp | undefined {
    const bound = this.#bound.get(to.port);
    if (bound === undefined) return undefined;
    return bound.length === 1 ? bound[0] : bound.findLast((s) => s.group === to.host) ??
      bound.at(-1);
  }

  /** Runs an event of this host now, or keeps it for later when the host is stalled. */
  arrive(event: SimEvent): void {
    if (this.frozen || this.eventCostMs > 0 || this.#timers.length + this.#arrivals.length > 0) {
      this.#defer(event);
    } else this.world.perform(event, this);
  }

  /** Runs a function as this host's own work. */
  work(owner: SimProcess, fn: () => void): void {
    const event = new SimEvent();
    event.kind = EventKind.call;
    event.live = true;
    event.fn = () => {
      if (owner.alive) fn();
    };
    this.arrive(event);
  }

  /** SIGSTOP for every process here. */
  freeze(): void {
    this.frozen = true;
  }

  /** SIGCONT: late timers first, as an event loop runs them, then what waits in the sockets. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.#schedulePump();
  }

  /** Ends every process without a word; packets and TCP segments of others find nobody. */
  crash(): void {
    this.up = false;
    this.frozen = false;
    for (const process of [...this.processes]) process.vanish();
    this.#timers = [];
    this.#arrivals = [];
  }

  #defer(event: SimEvent): void {
    if (event.kind === EventKind.packet) {
      const socket = this.socketFor(event.to);
      if (socket !== undefined && !socket.admit(event)) {
        this.world.packetDone(event, "overflow");
        return;
      }
      event.buffer = socket;
      this.#arrivals.push(event);
    } else if (event.kind === EventKind.timer) this.#timers.push(event);
    else this.#arrivals.push(event);
    if (!this.frozen) this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    this.world.later(Math.max(this.world.nowMs, this.#busyUntilMs), () => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.frozen) {
      const event = this.#timers.shift() ?? this.#arrivals.shift();
      if (event === undefined) return;
      event.buffer?.release(event);
      event.buffer = undefined;
      this.world.perform(event, this);
      if (this.eventCostMs === 0) continue;
      this.#busyUntilMs = this.world.nowMs + this.eventCostMs;
      if (this.#timers.length + this.#arrivals.length > 0) this.#schedulePump();
      return;
    }
  }
}

/** Where wall clocks start: an arbitrary day. */
const WALL_START_MS = 1_750_000_000_000;

/** One life of a program on a host: its ports, and all that it holds. */
export class SimProcess implements EventOwner {
  readonly host: SimHost;
  readonly ports: Ports;
  readonly metrics = new MemoryMetrics();
  readonly events: EventHub;
  readonly sockets = new Set<SimUdp>();
  readonly streams = new Set<TcpEnd>();
  readonly servers = new Set<TcpServer>();
  timers = 0;
  alive = true;

  constructor(host: SimHost) {
    this.host = host;
    const { world } = host;
    const life = ++host.lives;
    const clock: Clock = {
      now: () => host.now(),
      wall: () => host.wall(),
      after: (ms, fn) => this.#after(ms, fn),
    };
    this.events = new EventHub(clock, this.metrics);
    this.ports = {
      clock,
      rng: seededRng(subSeed(world.seed, "process", host.name, String(life))),
      net: this.#net(),
      http: simHttp(this),
      spawn: host.programs.spawn((fn) => world.later(world.nowMs, () => host.work(this, fn))),
      files: memoryFiles(host.disk, (operation) => this.#disk(operation)),
      log: world.logs.portFor(host.name, () => world.nowMs),
      metrics: this.metrics,
      events: this.events,
    };
  }

  /** Power is gone: nobody is told. */
  vanish(): void {
    this.alive = false;
    this.host.processes.delete(this);
    for (const socket of [...this.sockets]) socket.close();
    for (const server of [...this.servers]) server.close();
    for (const [port, server] of this.host.http) {
      if (server.process === this) this.host.http.delete(port);
    }
    for (const stream of [...this.streams]) stream.vanish();
    this.timers = 0;
  }

  /** SIGKILL: the kernel closes what the process held, and says so. */
  kill(): void {
    const streams = [...this.streams];
    for (const stream of streams) stream.reset();
    this.vanish();
  }

  #after(ms: number, fn: () => void): Disposable {
    const event = new SimEvent();
    if (!this.alive) return event;
    event.kind = EventKind.timer;
    event.owner = this;
    event.fn = fn;
    this.timers++;
    const due = this.host.now() + (ms > 0 ? ms : 0);
    this.host.world.queue.push(event, this.host.worldTimeOf(due));
    return event;
  }

  #net(): Net {
    const { world } = this.host;
    const attempt = <T>(action: () => T): Promise<T> => {
      if (!this.alive) return Promise.reject(new PortError("closed", "Cannot open: crashed"));
      return world.settled(action);
    };
    return {
      udp: (bind, options) => attempt(() => this.host.openUdp(this, bind, options)),
      listen: (bind, accept) => attempt(() => listen(this, bind, accept)),
      dial: (to, signal) => dial(this, to, signal),
    };
  }

  #disk<T>(operation: () => T): Promise<T> {
    const { world, diskDelayMs } = this.host;
    if (diskDelayMs <= 0) return world.settled(operation);
    return new Promise((resolve, reject) => {
      world.later(world.nowMs + diskDelayMs, () =>
        this.host.work(this, () => {
          world.settled(operation).then(resolve, reject);
        }));
    });
  }
}
