/** For tests: the smallest neighbours of the exchange that keep their contracts, in the seeded world. */
import { addrKey, type NodeName, originOf, type Peer, type Ssrc } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type {
  EngineCommand,
  EngineEvent,
  LinkId,
  MediaChunk,
  ReceiverEvent,
  ReceiverSpec,
  SocketId,
} from "../../core/media/api.ts";
import type { Addr, Clock, UdpSocket } from "../../core/ports.ts";
import type {
  Catalog,
  Datapath,
  Keepalive,
  LinkQuality,
  Membership,
  Route,
  StreamInfo,
  Tree,
} from "../../core/slots.ts";

/** Silence after this long without a packet. */
const SILENT_MS = 80;

interface FakeParent {
  lastMs: number;
  flowing: boolean;
  caughtUp: boolean;
}

interface FakeStream {
  readonly packets: Map<number, Uint8Array>;
  readonly children: Set<LinkId>;
  readonly parents: Map<LinkId, FakeParent>;
  readonly receivers: Set<(event: ReceiverEvent) => void>;
  first: number | undefined;
  head: number | undefined;
  next: number | undefined;
  lastMs: number;
}

/** A datapath without recovery: 4 bytes of SSRC, 4 of sequence number, and the payload. */
export class FakeDatapath implements Datapath {
  readonly streams = new Map<Ssrc, FakeStream>();
  readonly events = new Listeners<[event: EngineEvent]>();
  readonly commands: EngineCommand[] = [];
  /** A secret that changes with every start, as a real jar's does. */
  secret = 1;
  /** Packets that came before their parent was accepted. */
  readonly #early: {
    readonly atMs: number;
    readonly ssrc: Ssrc;
    readonly link: LinkId;
    readonly bytes: Uint8Array;
  }[] = [];
  #links: { readonly socket: SocketId; readonly remote: Addr }[] = [];
  #timer: Disposable | undefined;

  constructor(
    readonly udp: UdpSocket,
    readonly clock: Clock,
    /** Asks the remote's fake for its cookie for an address. */
    readonly ask: (remote: Addr, local: Addr) => number | undefined,
  ) {
    udp.onPacket((from, bytes) => this.#onPacket(from, bytes));
    this.#watchSilence();
  }

  get local(): Addr {
    return this.udp.local;
  }

  openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    return Promise.reject(new Error("Cannot open a socket: the fake has one"));
  }

  closeSocket(): void {}

  /** Streams that are open now. */
  openStreams(): readonly Ssrc[] {
    return [...this.streams.keys()];
  }

  shut(): void {
    this.#timer?.[Symbol.dispose]();
  }

  link(socket: SocketId, remote: Addr): LinkId {
    const known = this.#links.findIndex((one) => addrKey(one.remote) === addrKey(remote));
    return known >= 0 ? known : this.#links.push({ socket, remote }) - 1;
  }

  cookie(link: LinkId, done: (cookie: Uint8Array | undefined) => void): Disposable {
    return this.clock.after(10, () => {
      const secret = this.ask(this.#remote(link), this.local);
      done(secret === undefined ? undefined : new Uint8Array([secret]));
    });
  }

  verify(_remote: Addr, cookie: Uint8Array): boolean {
    return cookie[0] === this.secret;
  }

  command(command: EngineCommand): void {
    this.commands.push(command);
    if (command.kind === "open") {
      this.streams.set(command.ssrc, {
        packets: new Map(),
        children: new Set(),
        parents: new Map(),
        receivers: new Set(),
        first: undefined,
        head: undefined,
        next: undefined,
        lastMs: this.clock.now(),
      });
      return;
    }
    if (command.kind === "link-rtt" || command.kind === "close-link") return;
    const stream = this.streams.get(command.ssrc);
    if (stream === undefined) return;
    if (command.kind === "close") {
      for (const fn of [...stream.receivers]) fn({ kind: "end" });
      this.streams.delete(command.ssrc);
    } else if (command.kind === "originate") stream.next = command.first;
    else if (command.kind === "parent") {
      if (stream.parents.has(command.link)) return;
      const parent = { lastMs: this.clock.now(), flowing: false, caughtUp: false };
      stream.parents.set(command.link, parent);
      stream.next ??= command.first;
      const early = this.#early.splice(0);
      for (const { atMs, ssrc, link, bytes } of early) {
        if (atMs < this.clock.now() - 500) continue;
        if (ssrc === command.ssrc && link === command.link) {
          this.#onPacket(this.#remote(link), bytes);
        }
      }
    } else if (command.kind === "parent-gone") stream.parents.delete(command.link);
    else if (command.kind === "child-gone") stream.children.delete(command.link);
    else {
      for (const fn of [...stream.receivers]) fn({ kind: "end" });
      if (stream.parents.size > 0) return;
      this.events.emit({ kind: "finished", ssrc: command.ssrc, last: stream.head ?? 0 });
    }
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    const stream = this.streams.get(ssrc);
    if (stream === undefined) return;
    stream.children.add(link);
    const next = stream.next ?? 0;
    const first = Math.min(from ?? next, next);
    for (let at = first; at < next; at++) this.#send(link, ssrc, at, stream.packets.get(at));
    done(first);
  }

  publish(ssrc: Ssrc, ts: Uint8Array): void {
    const stream = this.streams.get(ssrc);
    if (stream?.next !== undefined) this.#take(ssrc, stream, stream.next, ts);
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    const stream = this.streams.get(spec.ssrc);
    stream?.receivers.add(fn);
    return { [Symbol.dispose]: () => void stream?.receivers.delete(fn) };
  }

  position(ssrc: Ssrc) {
    const stream = this.streams.get(ssrc);
    const { head, next, lastMs = 0 } = stream ?? {};
    const started = head !== undefined;
    return { head, tail: stream?.first, next: started ? next : undefined, lastArrivalMs: lastMs };
  }

  counters(): ReturnType<Datapath["counters"]> {
    return {
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
  }

  onEvent(fn: (event: EngineEvent) => void): Disposable {
    return this.events.on(fn);
  }

  #remote(link: LinkId): Addr {
    const known = this.#links[link];
    if (known === undefined) throw new Error(`Cannot send: no link ${link}`);
    return known.remote;
  }

  #send(link: LinkId, ssrc: Ssrc, sequence: number, payload: Uint8Array | undefined): void {
    if (payload === undefined) return;
    const bytes = new Uint8Array(8 + payload.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, ssrc);
    view.setUint32(4, sequence);
    bytes.set(payload, 8);
    this.udp.send(this.#remote(link), bytes);
  }

  #onPacket(from: Addr, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const ssrc = view.getUint32(0) as Ssrc;
    const stream = this.streams.get(ssrc);
    const link = this.link(0, from);
    const parent = stream?.parents.get(link);
    if (stream === undefined || parent === undefined) {
      this.#early.push({ atMs: this.clock.now(), ssrc, link, bytes });
      if (this.#early.length > 64) this.#early.shift();
      this.events.emit({ kind: "unwanted", ssrc, link });
      return;
    }
    parent.lastMs = this.clock.now();
    const sequence = view.getUint32(4);
    if (sequence === stream.next) this.#take(ssrc, stream, sequence, bytes.subarray(8));
    if (!parent.flowing) this.events.emit({ kind: "flowing", ssrc, link });
    parent.flowing = true;
    if (parent.caughtUp || sequence < (stream.head ?? 0)) return;
    parent.caughtUp = true;
    this.events.emit({ kind: "caught-up", ssrc, link });
  }

  #take(ssrc: Ssrc, stream: FakeStream, sequence: number, payload: Uint8Array): void {
    stream.packets.set(sequence, payload);
    stream.first ??= sequence;
    stream.head = sequence;
    stream.next = sequence + 1;
    stream.lastMs = this.clock.now();
    const chunk: MediaChunk = { payload, sequence, timestamp: 0, lostBefore: 0 };
    for (const fn of stream.receivers) fn({ kind: "chunks", chunks: [chunk] });
    for (const link of stream.children) this.#send(link, ssrc, sequence, payload);
  }

  #watchSilence(): void {
    this.#timer = this.clock.after(10, () => {
      const now = this.clock.now();
      for (const [ssrc, stream] of this.streams) {
        for (const [link, parent] of stream.parents) {
          const silentMs = now - parent.lastMs;
          if (!parent.flowing || silentMs < SILENT_MS) continue;
          parent.flowing = false;
          parent.caughtUp = false;
          this.events.emit({ kind: "silent", ssrc, link, silentMs });
        }
      }
      this.#watchSilence();
    });
  }
}

const UNKNOWN: LinkQuality = {
  state: "unknown",
  rttMs: undefined,
  rttVarMs: 0,
  lossIn: 0,
  lossOut: 0,
};

/** Says what the test says. */
export class FakeKeepalive implements Keepalive {
  readonly local = { host: "x", port: 1 };
  readonly downs = new Listeners<[peer: Peer, why: "silent" | "restarted" | "left"]>();
  readonly watchedNames: NodeName[] = [];
  watch(peer: Peer): void {
    this.watchedNames.push(peer.name);
  }
  unwatch(name: NodeName): void {
    this.watchedNames.splice(this.watchedNames.indexOf(name), 1);
  }
  heard(): void {}
  link(): LinkQuality {
    return UNKNOWN;
  }
  watched(): readonly [] {
    return [];
  }
  onUp(): Disposable {
    return { [Symbol.dispose]() {} };
  }
  onDown(fn: (peer: Peer, why: "silent" | "restarted" | "left") => void): Disposable {
    return this.downs.on(fn);
  }
}

/** Routes as the test sets them. */
export class FakeTree implements Tree {
  readonly changes = new Listeners<[origin: NodeName]>();
  readonly distrusted: NodeName[] = [];
  sought = 0;
  #routes: readonly Route[] = [];

  /** The parents, best first. */
  set(origin: NodeName, routes: readonly Route[]): void {
    this.#routes = routes;
    this.changes.emit(origin);
  }
  announce(): void {}
  withdraw(): void {}
  transit(): void {}
  full(): void {}
  routes(origin: NodeName): readonly Route[] {
    return this.#routes.filter((route) => route.origin === origin);
  }
  origins(): readonly [] {
    return [];
  }
  onChange(fn: (origin: NodeName) => void): Disposable {
    return this.changes.on(fn);
  }
  distrust(name: NodeName): void {
    this.distrusted.push(name);
  }
  seek(): void {
    this.sought++;
  }
}

/** A catalogue that all nodes of a test share. */
export class FakeCatalog implements Catalog {
  readonly changes = new Listeners();
  readonly #streams = new Map<string, StreamInfo>();
  offerStreams(streams: readonly StreamInfo[]): void {
    for (const stream of streams) this.#streams.set(stream.name, stream);
    this.changes.emit();
  }
  offerPop(): void {}
  streams(): readonly StreamInfo[] {
    return [...this.#streams.values()];
  }
  stream(name: StreamInfo["name"]): StreamInfo | undefined {
    return this.#streams.get(name);
  }
  pops(): readonly [] {
    return [];
  }
  digest(): string {
    return "";
  }
  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }
}

/** Knows itself. */
export function fakeMembership(peer: Peer): Membership & { refreshed: number } {
  return {
    refreshed: 0,
    self: () => peer,
    offer() {},
    neighbors: () => [],
    onChange: () => ({ [Symbol.dispose]() {} }),
    refresh() {
      this.refreshed++;
    },
  };
}

/** A route by way of a neighbour. */
export function routeBy(parent: Peer, stream: StreamInfo["name"], via: readonly NodeName[]): Route {
  const origin = originOf(stream);
  const path = parent.name === origin ? [origin] : [origin, ...via, parent.name];
  return { origin, parent, path, costUs: 1000, feasible: true };
}
