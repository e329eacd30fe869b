/**
 * One interface for each slot. Plugins talk to each other through these and through nothing else.
 * A method that registers a listener begins with `on` and returns a Disposable; the kernel carries such
 * listeners over when a plugin is swapped.
 */
import type { Addr, Plane } from "./ports.ts";
import type { NodeName, Peer, Ssrc, StreamName } from "./ids.ts";
import type { HistoryView, NetworkView, NodeSummary } from "./observe.ts";
import type { Message, MessageBody, MessageType } from "./wire/messages.ts";
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
} from "./media/api.ts";

/** What a node is for. A role drives the other slots; nobody calls it. */
export interface Role {
  /** What it does just now, for the admin API. */
  status(): object;
}

/** Whom a control message goes to. */
export type ControlTarget = Pick<Peer, "name" | "control">;

/** Why a request got no answer. */
export type ControlFailure = "timeout" | "unreachable" | "stopped";

/** The control plane: CBOR messages over UDP, to and from addresses that have proven themselves. */
export interface Control {
  /** The bound address of the control port. */
  readonly local: Addr;
  /** Hears every valid message of one type. */
  onMessage<T extends MessageType>(type: T, fn: (message: Message<T>) => void): Disposable;
  /** Sends once, best effort. The first message to an address waits (bounded) for its cookie. */
  send<T extends MessageType>(to: ControlTarget, type: T, body: MessageBody<T>): void;
  /** Answers a message; the sender's `request` hears it. */
  reply<T extends MessageType>(to: Message<MessageType>, type: T, body: MessageBody<T>): void;
  /**
   * Sends and repeats until an answer or a failure comes; `done` is called exactly once, unless the
   * request is disposed before.
   */
  request<T extends MessageType>(
    to: ControlTarget,
    type: T,
    body: MessageBody<T>,
    options: { readonly timeoutMs: number; readonly firstRetryMs?: number },
    done: (answer: Message<MessageType> | ControlFailure) => void,
  ): Disposable;
  /** Hears of every authentic message, whoever it is from: it counts as life. */
  onHeard(fn: (name: NodeName) => void): Disposable;
}

/** The quality of the link to one neighbour, measured by echoes; no clock has to agree with another. */
export interface LinkQuality {
  readonly state: "unknown" | "up" | "suspect" | "down";
  /** Smoothed round trip (RFC 6298); undefined before the first echo. */
  readonly rttMs: number | undefined;
  /** Smoothed mean deviation of the round trip. */
  readonly rttVarMs: number;
  /** Share of heartbeats lost on the way in and on the way out. */
  readonly lossIn: number;
  readonly lossOut: number;
}

/** Who is alive. */
export interface Keepalive {
  /** The bound address of the keepalive port. */
  readonly local: Addr;
  /** Starts to watch; a new instance or address of the same name replaces the old. Counted: `unwatch` as often. */
  watch(peer: Peer): void;
  unwatch(name: NodeName): void;
  /** Another plane got something authentic from this node. */
  heard(name: NodeName): void;
  link(name: NodeName): LinkQuality;
  /** Everybody watched. */
  watched(): readonly { readonly peer: Peer; readonly link: LinkQuality }[];
  /** First answer, or the first after it was down. */
  onUp(fn: (peer: Peer) => void): Disposable;
  /** Declared dead, or came back as a new instance (`restarted`), or said goodbye (`left`). */
  onDown(fn: (peer: Peer, why: "silent" | "restarted" | "left") => void): Disposable;
}

/** What a node says of itself to the bootstrapper beyond name and addresses. */
export interface SelfOffer {
  readonly pop: boolean;
}

/** Who belongs to the network, seen from this node. Keeps neighbours watched by keepalive. */
export interface Membership {
  /** This node as others shall know it (addresses as they are reached from outside). */
  self(): Peer;
  /** Changes what this node says of itself. */
  offer(offer: SelfOffer): void;
  neighbors(): readonly Peer[];
  onChange(fn: () => void): Disposable;
  /** Asks for fresh neighbours soon: nobody known is reachable. */
  refresh(): void;
}

/** A node as the bootstrapper holds it. */
export interface Registration {
  readonly peer: Peer;
  /** Measured round trips to others, as the node reported them. */
  readonly rttMs: ReadonlyMap<NodeName, number>;
  readonly registeredMs: number;
}

/** The bootstrapper's algorithm: who is whose neighbour. */
export interface Discovery {
  /**
   * Neighbours for every registered node; symmetric (if A has B, B has A) and connected wherever
   * the algorithm can make it so. Called after every change; must be cheap for 1,000 nodes.
   */
  assign(nodes: readonly Registration[]): ReadonlyMap<NodeName, readonly NodeName[]>;
  /**
   * Whose round trip `node` should measure next (at most 16), among the nodes last assigned. An algorithm
   * that looks at no round trips leaves this out.
   */
  measure?(node: NodeName): readonly NodeName[];
}

/** A way to an origin. */
export interface Route {
  readonly origin: NodeName;
  /** The neighbour to take streams from. */
  readonly parent: Peer;
  /** From the origin to the parent, both included. */
  readonly path: readonly NodeName[];
  /** Microseconds of measured one-way latency from the origin to this node. */
  readonly costUs: number;
  /** Provably free of loops (Babel's feasibility condition, RFC 8966); only such routes may be joined. */
  readonly feasible: boolean;
}

/** An origin this node knows of. */
export interface OriginView {
  readonly origin: NodeName;
  readonly epoch: number;
  readonly digest: string;
  readonly routes: readonly Route[];
}

/** Builds and repairs the tree. */
export interface Tree {
  /** The origin role announces itself, and again whenever its digest changes. */
  announce(digest: string): void;
  /** The origin goes. */
  withdraw(): void;
  /** Whether this node passes announcements on (relays do, viewers do not; a full or draining one stops). */
  transit(open: boolean): void;
  /** This node has no room for more children: it goes on announcing to those it has, and says so. */
  full(full: boolean): void;
  /** Candidates, best first: [0] is the parent, [1] the standby, on another path where there is one. */
  routes(origin: NodeName): readonly Route[];
  origins(): readonly OriginView[];
  /** The routes to this origin changed. */
  onChange(fn: (origin: NodeName) => void): Disposable;
  /** A parent proved dead or useless in the media plane; the tree need not wait for keepalive. */
  distrust(parent: NodeName): void;
  /** No feasible route: ask neighbours for one now. */
  seek(origin: NodeName): void;
}

/** What a tree knows of one origin, as plain data. */
export interface OriginSnapshot {
  readonly origin: NodeName;
  readonly epoch: number;
  readonly digest: string;
  /**
   * The best (newest sequence number, then lowest cost) that this node has ever announced in this epoch;
   * undefined: nothing. It binds the successor: it may follow a neighbour anew only if what that neighbour
   * announced is better (RFC 8966, section 3.5.1), or loops can form.
   */
  readonly feasibility: { readonly sequence: number; readonly costUs: number } | undefined;
  /** The neighbour followed; it may go on being followed without any further proof. */
  readonly parent: NodeName | undefined;
  /** What neighbours were told last; undefined: that there is no way. */
  readonly announced: MessageBody<"BUILDTREE"> | undefined;
  /** The neighbours' last words, each with the time since its sequence number was first heard here. */
  readonly offers: readonly {
    readonly from: NodeName;
    readonly instance: number;
    readonly sequence: number;
    readonly costUs: number;
    /** From the origin to the neighbour. */
    readonly path: readonly NodeName[];
    readonly full: boolean;
    readonly ageMs: number;
  }[];
  /** The number of the last message about this origin from each neighbour, so that none counts twice. */
  readonly heard: readonly {
    readonly from: NodeName;
    readonly instance: number;
    readonly seq: number;
  }[];
}

/**
 * What `snapshot()` of a tree returns and `adopt()` of any other takes, whatever their algorithms. All trees
 * speak BUILDTREE, WITHDRAW and SEEK with one common sequence space for each origin, so nodes with different
 * trees are neighbours like any others.
 */
export interface TreeSnapshot {
  readonly kind: "tree/1";
  /** This node as an origin: its epoch and the last sequence number it gave. */
  readonly own:
    | { readonly epoch: number; readonly sequence: number; readonly digest: string }
    | undefined;
  readonly transit: boolean;
  readonly full: boolean;
  readonly origins: readonly OriginSnapshot[];
  /** The neighbours; `costUs` is undefined for one that is not up. */
  readonly links: readonly {
    readonly peer: Peer;
    readonly costUs: number | undefined;
    readonly distrustedMs: number;
  }[];
  /**
   * To be called by the successor when it starts, before it says anything: the predecessor, which may run on
   * beside it for a while, falls silent. Two that announce in one node's name would not know what the other
   * committed to. Undefined when the predecessor has stopped: the snapshot itself is the last word then.
   */
  takeOver?(): TreeTakeOver | undefined;
}

/** A predecessor that has fallen silent. */
export interface TreeTakeOver {
  /** Its state in this moment. */
  readonly state: TreeSnapshot;
  /** The successor stops: if the predecessor has not, it goes on from here (a swap that is rolled back). */
  giveBack(state: TreeSnapshot): void;
}

/** A stream as everybody knows it. */
export interface StreamInfo {
  readonly name: StreamName;
  /** Chosen anew by every start of the origin. */
  readonly ssrc: Ssrc;
  /** Bits per second of the transport stream, when known. */
  readonly bitrate: number | undefined;
  readonly title: string;
}

/** A POP as everybody knows it. */
export interface PopInfo {
  readonly peer: Peer;
  readonly children: number;
  readonly maxChildren: number;
  /** Takes no new viewers: full or draining. */
  readonly closed: boolean;
}

/** Streams and POPs of the whole network, spread by gossip among neighbours. */
export interface Catalog {
  /** The origin's own list, whole, each time it changes. */
  offerStreams(streams: readonly StreamInfo[]): void;
  /** This POP's own entry; undefined takes it back. */
  offerPop(pop: Omit<PopInfo, "peer"> | undefined): void;
  streams(): readonly StreamInfo[];
  stream(name: StreamName): StreamInfo | undefined;
  pops(): readonly PopInfo[];
  /** Digest of this node's own streams, as carried by BUILDTREE. */
  digest(): string;
  onChange(fn: () => void): Disposable;
}

/** A parent that might be joined. */
export interface Candidate {
  readonly peer: Peer;
  readonly cost: number;
  readonly path: readonly NodeName[];
}

/** Where a subscription looks for parents: the tree for relays, POP selection for viewers. */
export interface Candidates {
  /** Best first; only such as may be joined now. */
  list(): readonly Candidate[];
  onChange(fn: () => void): Disposable;
  /** This one proved dead or refused. */
  distrust(name: NodeName): void;
  /** None of the list works: look for others. */
  seek(): void;
}

/** What a subscription does just now. */
export interface SubscriptionStatus {
  readonly stream: StreamName;
  readonly session: string;
  readonly state: "idle" | "joining" | "flowing" | "switching" | "seeking" | "ended";
  /** Those that have accepted this node: in trouble also one that fell silent, and one on trial. */
  readonly parents: readonly NodeName[];
  /** Those of them that media comes from. */
  readonly delivering: readonly NodeName[];
  readonly standby: NodeName | undefined;
  readonly failovers: number;
  readonly handovers: number;
  /** How long the last failover left this node without packets. */
  readonly lastOutageMs: number | undefined;
}

/** A claim on a stream, held until disposed. */
export interface Subscription extends Disposable {
  status(): SubscriptionStatus;
  /** The stream's number is known and media can be received. Also after an origin's restart, with the new number. */
  onStream(fn: (info: StreamInfo) => void): Disposable;
  /** The stream ended for good (a file without loop). */
  onEnd(fn: () => void): Disposable;
}

/** A stream that this node originates. */
export interface Publication extends Disposable {
  readonly info: StreamInfo;
  /** Whole TS packets; `dueMs` is the clock's time they are meant to leave at. */
  push(ts: Uint8Array, dueMs: number): void;
  end(): void;
  /** Somebody watches or nobody does any more. */
  onWatched(fn: (watched: boolean) => void): Disposable;
  readonly watched: boolean;
}

/** A child as the admin API shows it. */
export interface ChildStatus {
  readonly stream: StreamName;
  readonly child: NodeName;
  readonly session: string;
  readonly media: Addr;
  readonly sinceMs: number;
  /** Bits per second of what it is sent, as far as known; repairs not counted. */
  readonly bitrate: number;
}

/** How this node serves others. */
export interface ServePolicy {
  /** Whether streams of other origins are fetched for children. */
  readonly transit: boolean;
  readonly maxChildren: number;
  /** Bits per second this node sends at most, summed over children. */
  readonly maxBitrate: number;
}

/** Joins streams, serves joins, changes parents. */
export interface Exchange {
  publish(info: StreamInfo): Publication;
  subscribe(want: {
    readonly stream: StreamName;
    /** Unique on this node. */
    readonly session: string;
    /** The tree's routes when undefined. */
    readonly candidates?: Candidates;
    /** A socket of its own, as `openSocket` gave it; the media port when undefined. */
    readonly socket?: { readonly id: SocketId; readonly local: Addr };
  }): Subscription;
  /** Until this is called every JOIN of a child is refused. */
  serve(policy: ServePolicy): void;
  children(): readonly ChildStatus[];
  subscriptions(): readonly SubscriptionStatus[];
  onChange(fn: () => void): Disposable;
  /** Refuses new children and tells all children to go to others; resolves when the last has gone or time is up. */
  drain(withinMs: number): Promise<void>;
}

/** How many parents a stream has and which. Pure. */
export interface PathPolicy {
  /**
   * `current` are the parents held now. Returns those to hold (best first) and the standby. Must
   * return at least one parent when there is a candidate.
   */
  choose(
    candidates: readonly Candidate[],
    current: readonly NodeName[],
  ): { readonly parents: readonly Candidate[]; readonly standby: Candidate | undefined };
}

/** Names the engine's loss recovery. */
export interface Recovery {
  spec(): RecoverySpec;
}

/** Moves media: sockets, links and the media engine over them. */
export interface Datapath {
  /** The bound address of the media port (socket 0). */
  readonly local: Addr;
  /** A socket of its own for a viewer's session, on a port the system picks. */
  openSocket(): Promise<{ readonly id: SocketId; readonly local: Addr }>;
  closeSocket(id: SocketId): void;
  /** The link to a remote address; the same pair gives the same link. */
  link(socket: SocketId, remote: Addr): LinkId;
  /**
   * Fetches (or has) the remote's cookie for this socket: proof that we can be reached there. `fresh`
   * fetches it anew: the remote has refused the known one.
   */
  cookie(
    link: LinkId,
    done: (cookie: Uint8Array | undefined) => void,
    fresh?: boolean,
  ): Disposable;
  /** Whether `cookie` is one that this node gave to exactly this remote address. */
  verify(remote: Addr, cookie: Uint8Array): boolean;
  command(command: EngineCommand): void;
  /**
   * Starts sending `ssrc` to a child, from `from` if the ring has it, else from the oldest packet
   * after it, or from the next to come when undefined. Tells the first number it will send. Repeating it moves nothing
   * unless `from` lies before what was sent.
   */
  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    done: (first: number) => void,
  ): void;
  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void;
  receive(spec: ReceiverSpec, fn: (event: ReceiverEvent) => void): Disposable;
  position(ssrc: Ssrc): StreamPosition;
  counters(): DatapathCounters;
  onEvent(fn: (event: EngineEvent) => void): Disposable;
}

/** A POP with what is measured of it. */
export interface RankedPop {
  readonly pop: PopInfo;
  readonly rttMs: number | undefined;
  readonly lossShare: number;
  /** Lower is better. */
  readonly score: number;
}

/** Which POP is closest. Probes for as long as it runs. */
export interface PopSelector {
  /** Those that answer and are open, best first; the first changes only for one that stays better. */
  ranked(): readonly RankedPop[];
  onChange(fn: () => void): Disposable;
  /** A POP refused or died. */
  distrust(name: NodeName): void;
}

/** A stream that a source can produce. */
export interface SourceStream {
  /** The half of the stream's name after the origin's. */
  readonly name: string;
  readonly title: string;
  readonly bitrate: number | undefined;
  /** `always`: runs from the start; `demand`: runs while somebody watches, a file then begins at its beginning. */
  readonly start: "always" | "demand";
}

/** Where a source puts what it produces. */
export interface SourceOutput {
  /** Whole TS packets, due at the clock's time `dueMs`. */
  push(ts: Uint8Array, dueMs: number): void;
  /** The stream is over for good. */
  end(): void;
}

/** A file of the swarm that can be read while it downloads. */
export interface StoredFile {
  /** Its id: the SHA-256 Merkle root in hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** A reader from the file's beginning; where it stands is where pieces are needed first. */
  reader(): StoredReader;
}

/** Somebody who reads such a file. */
export interface StoredReader extends AsyncDisposable {
  /** Reads at most `into.length` bytes at `offset`, waiting until they are here; 0 at the end. Rejects when the file goes or the signal aborts. */
  read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<number>;
}

/** Files that a peer holds or can get. */
export interface StoredFiles {
  /** The file of this id or exact name, its download begun where it is not here; undefined when nobody is known to have it. */
  open(what: string, signal: AbortSignal): Promise<StoredFile | undefined>;
}

/** Produces streams. */
export interface Source {
  streams(): readonly SourceStream[];
  onChange(fn: () => void): Disposable;
  /** Starts one stream; disposing stops it. Trouble is logged, counted and retried by the source itself. */
  open(name: string, output: SourceOutput): AsyncDisposable;
  /** A peer of this node offers its files to sources that play such; disposing takes the offer back. */
  attach?(files: StoredFiles): Disposable;
}

/** A session as a sink sees it. */
export interface SessionInfo {
  readonly session: string;
  readonly stream: StreamName;
  readonly title: string;
}

/** One stream that goes into a sink. */
export interface SinkSession {
  push(chunks: readonly MediaChunk[]): void;
  /** The sink wants no more (the user closed the window): the session ends. */
  onEnd(fn: () => void): Disposable;
  /** Flushes and closes; rejects only when something was lost. */
  close(): Promise<void>;
  status(): object;
}

/** Consumes streams. */
export interface Sink {
  /** What the receiver in front of this sink does unless the session says otherwise. */
  readonly pace: "asap" | "smooth";
  /**
   * Whether it takes this session, whatever sinks the session names; undefined, or left out, leaves that to
   * the session. A change is told by the slot's `onChange`.
   */
  wants?(session: Pick<SessionInfo, "session" | "stream">): boolean | undefined;
  open(session: SessionInfo): SinkSession;
  /**
   * A sink whose audience comes and goes (people with browsers) says here which streams it wants sessions of just
   * now; the node's role opens and closes them. Other sinks leave this and `onWanted` out.
   */
  wanted?(): readonly StreamName[];
  /** What `wanted` says has changed. */
  onWanted?(fn: () => void): Disposable;
}

/** Tells somebody outside what happens on this node. Nobody calls it. */
export interface Hook {
  /** What it told and could not tell so far, for the admin API. */
  status(): object;
}

/** Impairs this node's own UDP traffic, for demos and tests. The kernel asks it for every datagram of every plugin. */
export interface Chaos {
  /** Calls `send` at once, later, several times or never. */
  outgoing(plane: Plane, to: Addr, bytes: Uint8Array, send: (bytes: Uint8Array) => void): void;
  /** The same for what comes in. */
  incoming(plane: Plane, from: Addr, bytes: Uint8Array, hand: (bytes: Uint8Array) => void): void;
}

/** Somebody reads a file while it downloads, in order, from here on. */
export interface PlayHead {
  /** The first piece that is needed. */
  readonly piece: number;
  /** How fast the reader goes on; 0 while that is not known. */
  readonly piecesPerSecond: number;
  /** Where in the piece it began to read, in bytes; its beginning when left out. */
  readonly begin?: number;
}

/** What a piece picker sees of one file and of the peer that is to be asked next. */
export interface PickerView {
  readonly pieces: number;
  /** Missing here, held by that peer, and nobody has been asked for it. */
  free(piece: number): boolean;
  /** Held by that peer, and others have been asked for parts of it, but not for all of it. */
  begun(piece: number): boolean;
  /** How many connected peers hold it. */
  copies(piece: number): number;
  /**
   * Whether this node, of all that lack the piece, is the one to fetch it first: peers that know each other
   * share the pieces out by the order of their names, so that a lone seeder sends each piece once.
   */
  preferred?(piece: number): boolean;
  /** Pieces a second that this peer delivers; 0 before it is measured. */
  readonly piecesPerSecond: number;
  readonly heads: readonly PlayHead[];
  /** Uniform in [0, 1). */
  random(): number;
}

/** Which piece to ask a peer for next. Pure; called for every request, so it may look at each piece once. */
export interface PiecePicker {
  /** A piece that is `free` or `begun`; undefined leaves this peer idle for now. */
  next(view: PickerView): number | undefined;
}

/** A peer that may be served, as a choker sees it. */
export interface ChokeView {
  /** Stays the same for as long as the connection lives. */
  readonly connection: number;
  readonly name: NodeName;
  readonly unchoked: boolean;
  /** Bytes a second it gives to this node, and this node to it, over the last seconds. */
  readonly downRate: number;
  readonly upRate: number;
  /** Bytes sent to it since it connected. */
  readonly sentBytes: number;
  readonly connectedMs: number;
  /** When it was last given a slot, or lost it. */
  readonly changedMs: number;
  /** This node still wants something of this file itself. */
  readonly trading: boolean;
}

/** Who is served when upload is scarce. */
export interface Choker {
  /**
   * The connections to serve, at most `slots`, out of those that want something. Called every few
   * seconds (`round` counts these calls), and in between when a slot is free.
   */
  choose(
    peers: readonly ChokeView[],
    slots: number,
    round: number,
    nowMs: number,
  ): readonly number[];
}

/** Watches: this node's own figures over time, and the whole network as far as nodes tell. */
export interface Observer {
  /** This node, now. */
  summary(): NodeSummary;
  /**
   * The network as it is known. Asking keeps the collecting going for a while; the first answer waits
   * (bounded) until the nodes found so far have told.
   */
  network(): Promise<NetworkView>;
  /** Series of a node from sample `since` on; this node's own when none is named. */
  history(node?: NodeName, since?: number): Promise<HistoryView>;
}

/** All slots and what fills them. */
export interface Slots {
  role: Role;
  control: Control;
  keepalive: Keepalive;
  membership: Membership;
  discovery: Discovery;
  tree: Tree;
  catalog: Catalog;
  exchange: Exchange;
  path: PathPolicy;
  recovery: Recovery;
  datapath: Datapath;
  pop: PopSelector;
  chaos: Chaos;
  source: Source;
  sink: Sink;
  hook: Hook;
  piecePicker: PiecePicker;
  choker: Choker;
  observer: Observer;
}

/** A slot's name. */
export type Slot = keyof Slots;

/** Slots that any number of plugins may fill. All others take one. */
export const MANY_SLOTS = ["role", "source", "sink", "hook"] as const;
/** A slot that takes many. */
export type ManySlot = typeof MANY_SLOTS[number];
/** A slot that takes one. */
export type OneSlot = Exclude<Slot, ManySlot>;

/**
 * Slots whose filling cannot be swapped while media flows, and why: a swap of these is refused, because it
 * would interrupt what it is meant to keep. They change with a restart of the node.
 */
export const FIXED_SLOTS: Readonly<Partial<Record<Slot, string>>> = {
  datapath:
    "it owns the media sockets, their cookies and the packets that children still ask for; nothing can take those over",
  exchange:
    "it owns the leases of parents and children and every running subscription and publication",
  recovery:
    "the running media engine was made with it, and each stream keeps its repair state in its form",
};
