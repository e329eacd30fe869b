/**
 * Stand-ins: the smallest filling of every slot that keeps its interface, for tests of the plugins that
 * need it. Each remembers what it was told, and has triggers for what it would tell. They hold timers
 * and sockets of their own host, so that whatever the plugin under test holds can be told apart.
 */
import { addrKey, type NodeName, originOf, type Peer, type Ssrc } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type {
  DatapathCounters,
  EngineCommand,
  EngineEvent,
  LinkId,
  MediaChunk,
  ReceiverEvent,
  ReceiverSpec,
  RecoverySpec,
  SocketId,
  StreamPosition,
} from "../../core/media/api.ts";
import type { HistoryView, NetworkView, NodeSummary } from "../../core/observe.ts";
import type { Many } from "../../core/plugin.ts";
import type { Addr, Clock, Plane } from "../../core/ports.ts";
import type {
  Candidate,
  Catalog,
  Chaos,
  ChildStatus,
  Choker,
  ChokeView,
  Control,
  ControlFailure,
  ControlTarget,
  Datapath,
  Discovery,
  Exchange,
  Hook,
  Keepalive,
  LinkQuality,
  ManySlot,
  Membership,
  Observer,
  OriginView,
  PathPolicy,
  PickerView,
  PiecePicker,
  PopInfo,
  PopSelector,
  Publication,
  RankedPop,
  Recovery,
  Registration,
  Role,
  Route,
  SelfOffer,
  ServePolicy,
  SessionInfo,
  Sink,
  SinkSession,
  Slot,
  Slots,
  Source,
  SourceOutput,
  SourceStream,
  StreamInfo,
  Subscription,
  SubscriptionStatus,
  Tree,
} from "../../core/slots.ts";
import type { Message, MessageBody, MessageType } from "../../core/wire/messages.ts";

/** Listeners that can be counted: none may be left after the listening plugin's stop. */
export class Ears<A extends unknown[] = []> {
  readonly #listeners = new Listeners<A>();
  open = 0;

  on(fn: (...args: A) => void): Disposable {
    const held = this.#listeners.on(fn);
    let live = true;
    this.open++;
    return {
      [Symbol.dispose]: () => {
        if (live) this.open--;
        live = false;
        held[Symbol.dispose]();
      },
    };
  }

  emit(...args: A): void {
    this.#listeners.emit(...args);
  }
}

/** Something that counts what others hold of it. */
export interface Held {
  /** Listeners, requests, subscriptions and the like that were taken and not given back. */
  held(): number;
}

/** A peer with addresses on its own host. */
export function peerOf(name: string, host = name, instance = 1, more: Partial<Peer> = {}): Peer {
  return {
    name: name as NodeName,
    instance,
    roles: ["relay"],
    pop: false,
    control: { host, port: 6000 },
    keepalive: { host, port: 6001 },
    media: { host, port: 7000 },
    ...more,
  };
}

/** A control plane that keeps what is sent; requests time out unless `answer` knows one. */
export class FakeControl implements Control, Held {
  readonly sent: { to: ControlTarget; type: MessageType; body: unknown; kind: string }[] = [];
  readonly heardEars = new Ears<[NodeName]>();
  /** What a request gets back, at once; undefined lets it time out. */
  answer: (
    to: ControlTarget,
    type: MessageType,
    body: unknown,
  ) => Message<MessageType> | ControlFailure | undefined = () => undefined;
  readonly #ears = new Map<MessageType, Ears<[Message<MessageType>]>>();
  #requests = 0;

  constructor(readonly local: Addr, readonly clock: Clock) {}

  onMessage<T extends MessageType>(type: T, fn: (message: Message<T>) => void): Disposable {
    let ears = this.#ears.get(type);
    if (ears === undefined) this.#ears.set(type, ears = new Ears());
    // Only messages of this type are emitted to these ears.
    return ears.on((message) => fn(message as Message<T>));
  }

  /** A message arrives. */
  receive<T extends MessageType>(
    from: string,
    type: T,
    body: MessageBody<T>,
    more: Partial<Message<T>> = {},
  ): Message<T> {
    const message: Message<T> = {
      type,
      from: from as NodeName,
      instance: 1,
      addr: { host: from, port: 6000 },
      seq: 1,
      re: undefined,
      body,
      ...more,
    };
    this.#ears.get(type)?.emit(message as Message<MessageType>);
    return message;
  }

  send<T extends MessageType>(to: ControlTarget, type: T, body: MessageBody<T>): void {
    this.sent.push({ to, type, body, kind: "send" });
  }

  reply<T extends MessageType>(to: Message<MessageType>, type: T, body: MessageBody<T>): void {
    this.sent.push({ to: { name: to.from, control: to.addr }, type, body, kind: "reply" });
  }

  request<T extends MessageType>(
    to: ControlTarget,
    type: T,
    body: MessageBody<T>,
    options: { readonly timeoutMs: number },
    done: (answer: Message<MessageType> | ControlFailure) => void,
  ): Disposable {
    this.sent.push({ to, type, body, kind: "request" });
    let open = true;
    this.#requests++;
    const close = (): boolean => {
      if (!open) return false;
      open = false;
      this.#requests--;
      return true;
    };
    const answer = this.answer(to, type, body);
    const waitMs = answer === undefined ? options.timeoutMs : 0;
    const timer = this.clock.after(waitMs, () => {
      if (close()) done(answer ?? "timeout");
    });
    return {
      [Symbol.dispose]: () => {
        close();
        timer[Symbol.dispose]();
      },
    };
  }

  onHeard(fn: (name: NodeName) => void): Disposable {
    return this.heardEars.on(fn);
  }

  held(): number {
    let open = this.heardEars.open + this.#requests;
    for (const ears of this.#ears.values()) open += ears.open;
    return open;
  }
}

const UNKNOWN_LINK: LinkQuality = {
  state: "unknown",
  rttMs: undefined,
  rttVarMs: 0,
  lossIn: 0,
  lossOut: 0,
};

/** A keepalive that believes what a test says. */
export class FakeKeepalive implements Keepalive, Held {
  readonly peers = new Map<NodeName, { peer: Peer; count: number }>();
  readonly links = new Map<NodeName, LinkQuality>();
  readonly heardNames: NodeName[] = [];
  readonly ups = new Ears<[Peer]>();
  readonly downs = new Ears<[Peer, "silent" | "restarted" | "left"]>();

  constructor(readonly local: Addr) {}

  watch(peer: Peer): void {
    this.peers.set(peer.name, { peer, count: (this.peers.get(peer.name)?.count ?? 0) + 1 });
  }

  unwatch(name: NodeName): void {
    const entry = this.peers.get(name);
    if (entry !== undefined && --entry.count === 0) this.peers.delete(name);
  }

  heard(name: NodeName): void {
    this.heardNames.push(name);
  }

  link(name: NodeName): LinkQuality {
    return this.links.get(name) ?? UNKNOWN_LINK;
  }

  watched(): readonly { readonly peer: Peer; readonly link: LinkQuality }[] {
    return [...this.peers.values()].map(({ peer }) => ({ peer, link: this.link(peer.name) }));
  }

  onUp(fn: (peer: Peer) => void): Disposable {
    return this.ups.on(fn);
  }

  onDown(fn: (peer: Peer, why: "silent" | "restarted" | "left") => void): Disposable {
    return this.downs.on(fn);
  }

  /** A neighbour answers, with this round trip. */
  up(peer: Peer, rttMs = 10): void {
    this.links.set(peer.name, { ...UNKNOWN_LINK, state: "up", rttMs });
    this.ups.emit(peer);
  }

  /** A neighbour dies. */
  down(peer: Peer, why: "silent" | "restarted" | "left" = "silent"): void {
    this.links.set(peer.name, { ...UNKNOWN_LINK, state: "down" });
    this.downs.emit(peer, why);
  }

  held(): number {
    return this.ups.open + this.downs.open;
  }
}

/** A membership whose neighbours a test sets. */
export class FakeMembership implements Membership, Held {
  readonly changes = new Ears();
  offered: SelfOffer = { pop: false };
  refreshes = 0;
  #neighbors: readonly Peer[] = [];

  constructor(readonly me: Peer) {}

  self(): Peer {
    return { ...this.me, pop: this.offered.pop };
  }

  offer(offer: SelfOffer): void {
    this.offered = offer;
  }

  neighbors(): readonly Peer[] {
    return this.#neighbors;
  }

  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }

  refresh(): void {
    this.refreshes++;
  }

  /** The bootstrapper hands out other neighbours. */
  set(neighbors: readonly Peer[]): void {
    this.#neighbors = neighbors;
    this.changes.emit();
  }

  held(): number {
    return this.changes.open;
  }
}

/** Makes everybody everybody's neighbour. */
export class FakeDiscovery implements Discovery, Held {
  assign(nodes: readonly Registration[]): ReadonlyMap<NodeName, readonly NodeName[]> {
    const names = nodes.map(({ peer }) => peer.name);
    return new Map(names.map((name) => [name, names.filter((other) => other !== name)]));
  }

  held(): number {
    return 0;
  }
}

/** A tree whose routes a test sets. */
export class FakeTree implements Tree, Held {
  readonly changes = new Ears<[NodeName]>();
  readonly announced: string[] = [];
  readonly distrusted: NodeName[] = [];
  readonly sought: NodeName[] = [];
  withdrawn = 0;
  open = false;
  isFull = false;
  readonly #views = new Map<NodeName, OriginView>();

  announce(digest: string): void {
    this.announced.push(digest);
  }

  withdraw(): void {
    this.withdrawn++;
  }

  transit(open: boolean): void {
    this.open = open;
  }

  full(full: boolean): void {
    this.isFull = full;
  }

  routes(origin: NodeName): readonly Route[] {
    return this.#views.get(origin)?.routes ?? [];
  }

  origins(): readonly OriginView[] {
    return [...this.#views.values()];
  }

  onChange(fn: (origin: NodeName) => void): Disposable {
    return this.changes.on(fn);
  }

  distrust(parent: NodeName): void {
    this.distrusted.push(parent);
  }

  seek(origin: NodeName): void {
    this.sought.push(origin);
  }

  /** Routes to an origin, best first. */
  set(origin: NodeName, routes: readonly Route[], digest = "d", epoch = 1): void {
    this.#views.set(origin, { origin, epoch, digest, routes });
    this.changes.emit(origin);
  }

  held(): number {
    return this.changes.open;
  }
}

/** A catalogue whose entries a test sets. */
export class FakeCatalog implements Catalog, Held {
  readonly changes = new Ears();
  own: readonly StreamInfo[] = [];
  ownPop: Omit<PopInfo, "peer"> | undefined;
  #streams: readonly StreamInfo[] = [];
  #pops: readonly PopInfo[] = [];

  offerStreams(streams: readonly StreamInfo[]): void {
    this.own = streams;
  }

  offerPop(pop: Omit<PopInfo, "peer"> | undefined): void {
    this.ownPop = pop;
  }

  streams(): readonly StreamInfo[] {
    return [...this.#streams, ...this.own];
  }

  stream(name: string): StreamInfo | undefined {
    return this.streams().find((info) => info.name === name);
  }

  pops(): readonly PopInfo[] {
    return this.#pops;
  }

  digest(): string {
    return String(this.own.length);
  }

  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }

  /** What gossip brings. */
  set(streams: readonly StreamInfo[], pops: readonly PopInfo[] = []): void {
    this.#streams = streams;
    this.#pops = pops;
    this.changes.emit();
  }

  held(): number {
    return this.changes.open;
  }
}

/** A publication that keeps what is pushed. */
export class FakePublication implements Publication {
  readonly pushed: { ts: Uint8Array; dueMs: number }[] = [];
  readonly watchers = new Ears<[boolean]>();
  watched = false;
  ended = false;
  disposed = false;

  constructor(readonly info: StreamInfo) {}

  push(ts: Uint8Array, dueMs: number): void {
    this.pushed.push({ ts, dueMs });
  }

  end(): void {
    this.ended = true;
  }

  onWatched(fn: (watched: boolean) => void): Disposable {
    return this.watchers.on(fn);
  }

  /** Somebody comes, or the last one goes. */
  watch(watched: boolean): void {
    this.watched = watched;
    this.watchers.emit(watched);
  }

  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

/** A subscription that a test drives. */
export class FakeSubscription implements Subscription {
  readonly streams = new Ears<[StreamInfo]>();
  readonly ends = new Ears();
  disposed = false;

  constructor(readonly want: Parameters<Exchange["subscribe"]>[0]) {}

  status(): SubscriptionStatus {
    return {
      stream: this.want.stream,
      session: this.want.session,
      state: "joining",
      parents: [],
      delivering: [],
      standby: undefined,
      failovers: 0,
      handovers: 0,
      lastOutageMs: undefined,
    };
  }

  onStream(fn: (info: StreamInfo) => void): Disposable {
    return this.streams.on(fn);
  }

  onEnd(fn: () => void): Disposable {
    return this.ends.on(fn);
  }

  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

/** An exchange that keeps publications and subscriptions for a test to drive. */
export class FakeExchange implements Exchange, Held {
  readonly changes = new Ears();
  readonly publications: FakePublication[] = [];
  readonly wanted: FakeSubscription[] = [];
  policy: ServePolicy | undefined;
  drains = 0;
  kids: readonly ChildStatus[] = [];

  publish(info: StreamInfo): FakePublication {
    const publication = new FakePublication(info);
    this.publications.push(publication);
    return publication;
  }

  subscribe(want: Parameters<Exchange["subscribe"]>[0]): FakeSubscription {
    const subscription = new FakeSubscription(want);
    this.wanted.push(subscription);
    return subscription;
  }

  serve(policy: ServePolicy): void {
    this.policy = policy;
  }

  children(): readonly ChildStatus[] {
    return this.kids;
  }

  subscriptions(): readonly SubscriptionStatus[] {
    return this.wanted.filter((one) => !one.disposed).map((one) => one.status());
  }

  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }

  drain(): Promise<void> {
    this.drains++;
    return Promise.resolve();
  }

  held(): number {
    return this.changes.open + this.publications.filter((one) => !one.disposed).length +
      this.wanted.filter((one) => !one.disposed).length;
  }
}

/** The best candidate is the parent, the next the standby. */
export class FakePath implements PathPolicy, Held {
  choose(candidates: readonly Candidate[]) {
    return { parents: candidates.slice(0, 1), standby: candidates[1] };
  }

  held(): number {
    return 0;
  }
}

/** No recovery. */
export class FakeRecovery implements Recovery, Held {
  spec(): RecoverySpec {
    return { algorithm: "none" };
  }

  held(): number {
    return 0;
  }
}

/** A datapath that keeps its orders. */
export class FakeDatapath implements Datapath, Held {
  readonly commands: EngineCommand[] = [];
  readonly published: { ssrc: Ssrc; ts: Uint8Array; dueMs: number }[] = [];
  readonly children: { ssrc: Ssrc; link: LinkId; from: number | undefined }[] = [];
  readonly events = new Ears<[EngineEvent]>();
  readonly receivers = new Map<Ssrc, Ears<[ReceiverEvent]>>();
  readonly links: { readonly socket: SocketId; readonly remote: Addr }[] = [];
  readonly positions = new Map<Ssrc, StreamPosition>();
  /** The cookie that every remote gives; undefined: none answers. */
  remoteCookie: Uint8Array | undefined = new Uint8Array(8);
  #nextSocket = 1;
  readonly #sockets = new Set<SocketId>();

  constructor(readonly local: Addr, readonly clock: Clock) {}

  openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }> {
    const id = this.#nextSocket++;
    this.#sockets.add(id);
    return Promise.resolve({ id, local: { host: this.local.host, port: 40_000 + id } });
  }

  closeSocket(id: SocketId): void {
    this.#sockets.delete(id);
  }

  link(socket: SocketId, remote: Addr): LinkId {
    const known = this.links.findIndex((one) =>
      one.socket === socket && addrKey(one.remote) === addrKey(remote)
    );
    return known >= 0 ? known : this.links.push({ socket, remote }) - 1;
  }

  cookie(_link: LinkId, done: (cookie: Uint8Array | undefined) => void): Disposable {
    return this.clock.after(1, () => done(this.remoteCookie));
  }

  verify(_remote: Addr, cookie: Uint8Array): boolean {
    return cookie.length === 8;
  }

  command(command: EngineCommand): void {
    this.commands.push(command);
    if (command.kind !== "end") return;
    const { ssrc } = command;
    this.events.emit({ kind: "finished", ssrc, last: this.positions.get(ssrc)?.head ?? 0 });
  }

  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void {
    this.children.push({ ssrc, link, from });
    done(from ?? 0);
  }

  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    this.published.push({ ssrc, ts, dueMs });
  }

  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable {
    let ears = this.receivers.get(spec.ssrc);
    if (ears === undefined) this.receivers.set(spec.ssrc, ears = new Ears());
    return ears.on(fn);
  }

  position(ssrc: Ssrc): StreamPosition {
    return this.positions.get(ssrc) ??
      { head: undefined, tail: undefined, next: undefined, lastArrivalMs: -Infinity };
  }

  counters(): DatapathCounters {
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

  held(): number {
    let open = this.events.open + this.#sockets.size;
    for (const ears of this.receivers.values()) open += ears.open;
    return open;
  }
}

/** A POP ranking that a test sets. */
export class FakePop implements PopSelector, Held {
  readonly changes = new Ears();
  readonly distrusted: NodeName[] = [];
  #ranked: readonly RankedPop[] = [];

  ranked(): readonly RankedPop[] {
    return this.#ranked;
  }

  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }

  distrust(name: NodeName): void {
    this.distrusted.push(name);
  }

  set(ranked: readonly RankedPop[]): void {
    this.#ranked = ranked;
    this.changes.emit();
  }

  held(): number {
    return this.changes.open;
  }
}

/** Lets everything pass. */
export class FakeChaos implements Chaos, Held {
  outgoing(_plane: Plane, _to: Addr, bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    send(bytes);
  }

  incoming(_plane: Plane, _from: Addr, bytes: Uint8Array, hand: (bytes: Uint8Array) => void): void {
    hand(bytes);
  }

  held(): number {
    return 0;
  }
}

/** Takes the first piece that is to be had. */
export class FakePiecePicker implements PiecePicker, Held {
  next(view: PickerView): number | undefined {
    for (let piece = 0; piece < view.pieces; piece++) if (view.free(piece)) return piece;
    return undefined;
  }

  held(): number {
    return 0;
  }
}

/** Serves who came first. */
export class FakeChoker implements Choker, Held {
  choose(peers: readonly ChokeView[], slots: number): readonly number[] {
    return peers.slice(0, slots).map(({ connection }) => connection);
  }

  held(): number {
    return 0;
  }
}

/** An observer that sees nothing but its node. */
export class FakeObserver implements Observer, Held {
  constructor(readonly me: Peer) {}

  summary(): NodeSummary {
    const { name, instance, roles, pop, control, keepalive, media } = this.me;
    return {
      ...{ name, instance, roles, pop, host: control.host, version: "0", uptimeMs: 0 },
      ports: { control: control.port, keepalive: keepalive.port, media: media.port },
      ...{ cpu: 0, memoryBytes: 0, rateIn: 0, rateOut: 0, loss: 0, repaired: 0, lost: 0 },
      ...{ sessions: 0, children: 0, maxChildren: 0, closed: false, waitMs: 0, cut: 0 },
      links: [],
      streams: [],
    };
  }

  network(): Promise<NetworkView> {
    const nodes = [{ ...this.summary(), state: "here" as const, ageMs: 0 }];
    return Promise.resolve({ self: this.me.name, atMs: 0, nodes, unanswered: [], leftOut: 0 });
  }

  history(): Promise<HistoryView> {
    return Promise.resolve({ node: this.me.name, stepMs: 1, first: 0, agesMs: [], series: {} });
  }

  held(): number {
    return 0;
  }
}

/** A role that does nothing. */
export class FakeRole implements Role, Held {
  status(): object {
    return {};
  }

  held(): number {
    return 0;
  }
}

/** A source of one stream that a test feeds. */
export class FakeSource implements Source, Held {
  readonly changes = new Ears();
  list: readonly SourceStream[] = [
    { name: "clip", title: "Clip", bitrate: 1_000_000, start: "always" },
  ];
  readonly outputs = new Map<string, SourceOutput>();

  streams(): readonly SourceStream[] {
    return this.list;
  }

  onChange(fn: () => void): Disposable {
    return this.changes.on(fn);
  }

  open(name: string, output: SourceOutput): AsyncDisposable {
    this.outputs.set(name, output);
    return {
      [Symbol.asyncDispose]: () => {
        this.outputs.delete(name);
        return Promise.resolve();
      },
    };
  }

  set(list: readonly SourceStream[]): void {
    this.list = list;
    this.changes.emit();
  }

  held(): number {
    return this.changes.open + this.outputs.size;
  }
}

/** A session in a fake sink. */
export class FakeSinkSession implements SinkSession {
  readonly chunks: MediaChunk[] = [];
  readonly ends = new Ears();
  closed = false;

  constructor(readonly info: SessionInfo) {}

  push(chunks: readonly MediaChunk[]): void {
    this.chunks.push(...chunks);
  }

  onEnd(fn: () => void): Disposable {
    return this.ends.on(fn);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  status(): object {
    return { chunks: this.chunks.length };
  }
}

/** A sink that keeps everything. */
export class FakeSink implements Sink, Held {
  readonly sessions: FakeSinkSession[] = [];
  readonly pace = "asap";

  open(session: SessionInfo): FakeSinkSession {
    const made = new FakeSinkSession(session);
    this.sessions.push(made);
    return made;
  }

  held(): number {
    return this.sessions.filter((one) => !one.closed).length;
  }
}

/** A hook that tells nobody. */
export class FakeHook implements Hook, Held {
  status(): object {
    return {};
  }

  held(): number {
    return 0;
  }
}

/** All stand-ins of one node. */
export function standIns(me: Peer, clock: Clock) {
  return {
    role: new FakeRole(),
    control: new FakeControl(me.control, clock),
    keepalive: new FakeKeepalive(me.keepalive),
    membership: new FakeMembership(me),
    discovery: new FakeDiscovery(),
    tree: new FakeTree(),
    catalog: new FakeCatalog(),
    exchange: new FakeExchange(),
    path: new FakePath(),
    recovery: new FakeRecovery(),
    datapath: new FakeDatapath(me.media, clock),
    pop: new FakePop(),
    chaos: new FakeChaos(),
    piecePicker: new FakePiecePicker(),
    choker: new FakeChoker(),
    observer: new FakeObserver(me),
    source: new FakeSource(),
    sink: new FakeSink(),
    hook: new FakeHook(),
  } satisfies { [K in Slot]: Slots[K] & Held };
}
/** What `standIns` gives. */
export type StandIns = ReturnType<typeof standIns>;

/** A slot that takes many, with these fillings. */
export function manyOf<K extends ManySlot>(fillings: Readonly<Record<string, Slots[K]>>) {
  const changes = new Ears();
  const many: Many<Slots[K]> & Held & { changed(): void } = {
    list: () => Object.entries(fillings).map(([id, it]) => ({ id, it })),
    get: (id) => fillings[id],
    onChange: (fn) => changes.on(fn),
    changed: () => changes.emit(),
    held: () => changes.open,
  };
  return many;
}

/** A stream's entry. */
export function streamInfo(name: string, ssrc = 1000): StreamInfo {
  // Tests write well-formed names and even numbers.
  return {
    name: name as StreamInfo["name"],
    ssrc: ssrc as Ssrc,
    bitrate: 1_000_000,
    title: originOf(name as StreamInfo["name"]),
  };
}
