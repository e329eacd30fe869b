/** The exchange of one node: publications, upstream groups and children under one roof. */
import { type NodeName, originOf, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { EngineEvent, LinkId } from "../../core/media/api.ts";
import { UserError } from "../../core/plugin.ts";
import type { Addr, Clock, Log, Rng } from "../../core/ports.ts";
import type {
  Candidates,
  Catalog,
  ChildStatus,
  Control,
  Datapath,
  Exchange,
  Keepalive,
  Membership,
  PathPolicy,
  Publication,
  ServePolicy,
  StreamInfo,
  Subscription,
  SubscriptionStatus,
  Tree,
} from "../../core/slots.ts";
import type { Message } from "../../core/wire/messages.ts";
import { Children } from "./children.ts";
import { Group, type GroupNeeds, type GroupSpec } from "./group.ts";
import { Leaver } from "./leaver.ts";
import { OwnStream } from "./publication.ts";
import type { StreamView } from "./serving.ts";
import type { Stats } from "./stats.ts";
import { StreamTable } from "./streams.ts";
import { LocalSubscription } from "./subscription.ts";

/** The node's slots and ports. */
export interface ExchangeNeeds {
  readonly self: NodeName;
  /** The host others reach this node by. */
  readonly advertise: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly control: Control;
  readonly keepalive: Keepalive;
  readonly membership: Membership;
  readonly tree: Tree;
  readonly catalog: Catalog;
  readonly datapath: Datapath;
  readonly policy: PathPolicy;
  readonly stats: Stats;
}

/** Limits and times. */
export interface ExchangeOptions {
  readonly lingerMs: number;
  readonly leaseMs: number;
  readonly ringPackets: number;
  readonly ringMs: number;
  readonly repairMs: number;
  readonly maxStreams: number;
  readonly maxTable: number;
}

/** An upstream, who uses it here, and when it may go. */
interface Upstreams {
  readonly group: Group;
  readonly users: Set<LocalSubscription>;
  linger: Disposable | undefined;
}

/** The session name of what all consumers of a node share. */
const MAIN_SESSION = "main";
/** Longest name of a session, so that it fits into a message. */
const SESSION_MAX = 72;
/** A stream that ended is still open for this long: children fetch its last packets. */
const OVER_MS = 5000;

/** The exchange. */
export class ExchangeNode implements Exchange {
  readonly #streams: StreamTable;
  readonly #leaver: Leaver;
  readonly #children: Children;
  readonly #own = new Map<StreamName, OwnStream>();
  readonly #retired = new Set<OwnStream>();
  readonly #upstreams = new Map<string, Upstreams>();
  readonly #over = new Map<StreamName, { ssrc: Ssrc; last: number }>();
  readonly #overTimers = new Set<Disposable>();
  readonly #subscriptions = new Set<LocalSubscription>();
  readonly #changeFns = new Set<() => void>();
  readonly #measured = new Map<Ssrc, { bytes: number; atMs: number; bitrate: number }>();
  #changeTimer: Disposable | undefined;
  #drains: (() => void)[] = [];
  #held: Disposable[] = [];
  #running = false;

  constructor(readonly options: ExchangeOptions, readonly needs: ExchangeNeeds) {
    const { self, clock, log, control, catalog, datapath, stats } = needs;
    const { ringPackets, ringMs, repairMs, leaseMs, maxTable } = options;
    this.#streams = new StreamTable(datapath, { ringPackets, ringMs, repairMs });
    this.#leaver = new Leaver(control);
    this.#children = new Children({ self, leaseMs, tableMax: maxTable }, {
      clock,
      log,
      control,
      catalog,
      datapath,
      stats,
      onInterest: (stream) => this.#onInterest(stream),
      onChange: () => this.#changed(),
    });
  }

  start(): void {
    const { control, datapath, keepalive } = this.needs;
    this.#running = true;
    this.#held = [
      control.onMessage("JOIN", (message) => this.#onJoin(message)),
      control.onMessage("LEAVE", (message) => {
        this.#children.feed({ kind: "leave", message });
        const { stream, session } = message.body;
        control.reply(message, "DONE", { stream, session });
      }),
      control.onMessage("JOINED", (message) => this.#toGroups(message)),
      control.onMessage("MOVE", (message) => this.#toGroups(message)),
      control.onMessage("ENDED", (message) => {
        const { stream, session } = message.body;
        control.reply(message, "DONE", { stream, session });
        this.#toGroups(message);
      }),
      control.onMessage("GOODBYE", ({ from }) => this.#onDown(from, "left")),
      keepalive.onDown(({ name }, why) => this.#onDown(name, why)),
      datapath.onEvent((event) => this.#onEngine(event)),
    ];
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    for (const subscription of [...this.#subscriptions]) subscription[Symbol.dispose]();
    for (const entry of [...this.#upstreams.values()]) this.#close(entry);
    this.#children.stop();
    this.#leaver.stop();
    for (const own of [...this.#own.values(), ...this.#retired]) own.close();
    this.#own.clear();
    this.#retired.clear();
    for (const timer of this.#overTimers) timer[Symbol.dispose]();
    this.#overTimers.clear();
    this.#over.clear();
    this.#measured.clear();
    this.#changeTimer?.[Symbol.dispose]();
    this.#changeTimer = undefined;
    this.#changeFns.clear();
    for (const done of this.#drains.splice(0)) done();
  }

  // --- the slot's interface -----------------------------------------------------------------------

  publish(info: StreamInfo): Publication {
    this.#own.get(info.name)?.[Symbol.dispose]();
    this.#refuseTooMany(info.name);
    const { clock, rng, datapath } = this.needs;
    const own: OwnStream = new OwnStream(info, {
      clock,
      rng,
      datapath,
      streams: this.#streams,
      isWatched: () =>
        this.#own.get(info.name) === own &&
        (this.#localUsers(info.name) > 0 || this.#children.machine.attached(info.name) > 0),
      onEnded: (publication) => this.#onOwnEnded(publication),
      onDisposed: (publication) => this.#onOwnGone(publication),
    });
    this.#own.set(info.name, own);
    for (const subscription of this.#subscriptions) {
      if (subscription.stream === info.name) subscription.tell(info);
    }
    this.#sayReady(info.name, undefined);
    own.refresh();
    this.#changed();
    return own;
  }

  subscribe(want: Parameters<Exchange["subscribe"]>[0]): Subscription {
    const { stream, session } = want;
    if (session.length > SESSION_MAX) {
      throw new UserError(
        "session-name",
        `Cannot subscribe to ${stream}: the session's name is longer than ${SESSION_MAX}`,
      );
    }
    const subscription = new LocalSubscription(
      stream,
      session,
      this.needs.clock,
      (one) => this.#onUnsubscribed(one),
    );
    this.#subscriptions.add(subscription);
    if (originOf(stream) === this.needs.self) {
      const own = this.#own.get(stream);
      if (own !== undefined) subscription.tell(own.info);
      own?.refresh();
      return subscription;
    }
    const ofItsOwn = want.candidates !== undefined || want.socket !== undefined;
    const entry = ofItsOwn ? this.#openSession(want) : this.#openMain(stream);
    entry.users.add(subscription);
    this.#keep(entry);
    subscription.follow(entry.group);
    entry.group.start();
    return subscription;
  }

  serve(policy: ServePolicy): void {
    this.#children.feed({ kind: "policy", policy });
  }

  children(): readonly ChildStatus[] {
    return this.#children.machine.list();
  }

  subscriptions(): readonly SubscriptionStatus[] {
    const local = [...this.#subscriptions].map((one) => one.status());
    const forChildren = [...this.#upstreams.values()].filter(({ users }) => users.size === 0)
      .map(({ group }) => ({ ...group.status(), session: group.spec.session }));
    return [...local, ...forChildren];
  }

  onChange(fn: () => void): Disposable {
    this.#changeFns.add(fn);
    return { [Symbol.dispose]: () => void this.#changeFns.delete(fn) };
  }

  drain(withinMs: number): Promise<void> {
    this.#children.feed({ kind: "drain" });
    if (this.#children.machine.size === 0 || !this.#running) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.needs.clock.after(withinMs, () => done());
      const done = () => {
        timer[Symbol.dispose]();
        this.#drains = this.#drains.filter((one) => one !== done);
        resolve();
      };
      this.#drains.push(done);
    });
  }

  // --- groups -------------------------------------------------------------------------------------

  #openMain(stream: StreamName): Upstreams {
    const known = this.#upstreams.get(stream);
    if (known !== undefined) return known;
    return this.#openGroup({
      key: stream,
      stream,
      session: MAIN_SESSION,
      socket: 0,
      media: this.needs.membership.self().media,
      candidates: this.#treeCandidates(originOf(stream)),
      leaf: false,
    });
  }

  #openSession(want: Parameters<Exchange["subscribe"]>[0]): Upstreams {
    const { stream, session, socket } = want;
    const media: Addr = socket === undefined
      ? this.needs.membership.self().media
      : { host: this.needs.advertise, port: socket.local.port };
    return this.#openGroup({
      key: `${stream} ${session}`,
      stream,
      session: `s:${session}`,
      socket: socket?.id ?? 0,
      media,
      candidates: want.candidates ?? this.#treeCandidates(originOf(stream)),
      leaf: true,
    });
  }

  #openGroup(spec: GroupSpec): Upstreams {
    const known = this.#upstreams.get(spec.key);
    if (known !== undefined) {
      throw new UserError(
        "session-exists",
        `Cannot subscribe to ${spec.stream}: session "${spec.session}" is there already`,
      );
    }
    this.#refuseTooMany(spec.stream);
    const entry = {
      group: new Group(spec, this.#groupNeeds()),
      users: new Set<LocalSubscription>(),
      linger: undefined,
    };
    this.#upstreams.set(spec.key, entry);
    return entry;
  }

  #groupNeeds(): GroupNeeds {
    return {
      ...this.needs,
      random: () => this.needs.rng.next(),
      streams: this.#streams,
      leaver: this.#leaver,
      wantedFrom: (stream, ssrc) => this.#children.machine.wantedFrom(stream, ssrc),
      linkInUse: (group, ssrc, link) =>
        [...this.#upstreams.values()].some((one) =>
          one.group !== group && one.group.takes(ssrc, link)
        ),
      onReady: (group, since) => {
        if (!group.spec.leaf) this.#sayReady(group.spec.stream, since);
      },
      onOver: (group, ssrc, last) => this.#onGroupOver(group, ssrc, last),
      onLost: (group) => {
        if (group.spec.leaf) return;
        this.#children.feed({ kind: "lost", stream: group.spec.stream });
      },
      onChange: () => this.#changed(),
    };
  }

  #treeCandidates(origin: NodeName): Candidates {
    const { tree } = this.needs;
    return {
      list: () =>
        tree.routes(origin).filter((route) => route.feasible).map(({ parent, path, costUs }) => ({
          peer: parent,
          cost: costUs,
          path,
        })),
      onChange: (fn) =>
        tree.onChange((changed) => {
          if (changed === origin) fn();
        }),
      distrust: (name) => tree.distrust(name),
      seek: () => tree.seek(origin),
    };
  }

  #refuseTooMany(stream: StreamName): void {
    if (this.#own.size + this.#upstreams.size < this.options.maxStreams) return;
    throw new UserError(
      "too-many-streams",
      `Cannot take ${stream}: ${this.options.maxStreams} streams are open already`,
    );
  }

  /** Somebody uses it: it stays. Nobody does: it goes after the linger. */
  #keep(entry: Upstreams): void {
    const { spec } = entry.group;
    const used = entry.users.size > 0 ||
      (!spec.leaf && this.#children.machine.interest(spec.stream) > 0);
    if (used) {
      entry.linger?.[Symbol.dispose]();
      entry.linger = undefined;
    } else if (spec.leaf) {
      // Its socket goes with it.
      this.#close(entry);
    } else {
      entry.linger ??= this.needs.clock.after(this.options.lingerMs, () => this.#close(entry));
    }
  }

  #close(entry: Upstreams): void {
    entry.linger?.[Symbol.dispose]();
    entry.linger = undefined;
    const { key } = entry.group.spec;
    if (this.#upstreams.get(key) === entry) this.#upstreams.delete(key);
    entry.group.stop();
    this.#changed();
  }

  #onUnsubscribed(subscription: LocalSubscription): void {
    this.#subscriptions.delete(subscription);
    this.#own.get(subscription.stream)?.refresh();
    for (const entry of [...this.#upstreams.values()]) {
      if (entry.users.delete(subscription)) this.#keep(entry);
    }
    this.#changed();
  }

  #localUsers(stream: StreamName): number {
    let count = 0;
    for (const one of this.#subscriptions) if (one.stream === stream) count++;
    return count;
  }

  // --- children -----------------------------------------------------------------------------------

  #onJoin(message: Message<"JOIN">): void {
    const { stream, media, cookie } = message.body;
    const group = this.#upstreams.get(stream)?.group;
    this.#children.feed({
      kind: "join",
      message,
      proven: this.needs.datapath.verify(media, cookie),
      loop: message.from === this.needs.self || group?.machine.comesThrough(message.from) === true,
      asked: group?.machine.asks(message.from) === true,
      view: this.#view(stream, undefined),
    });
  }

  #view(stream: StreamName, since: number | undefined): StreamView {
    const { self, catalog } = this.needs;
    const own = this.#own.get(stream);
    if (own !== undefined) {
      const { ssrc } = own.info;
      if (own.last !== undefined) return { kind: "over", ssrc, last: own.last };
      return { kind: "ready", ssrc, path: [self], bitrate: own.bitrate, since: undefined };
    }
    const group = this.#upstreams.get(stream)?.group;
    const info = group?.info ?? catalog.stream(stream);
    if (group !== undefined && info !== undefined && group.machine.ready) {
      const path = [...group.machine.path, self];
      const bitrate = info.bitrate ?? this.#measure(info.ssrc);
      return { kind: "ready", ssrc: info.ssrc, path, bitrate, since };
    }
    const over = this.#over.get(stream);
    if (over !== undefined && info?.ssrc === over.ssrc) return { kind: "over", ...over };
    if (info === undefined || originOf(stream) === self) return { kind: "absent" };
    return { kind: "fetch", bitrate: info.bitrate ?? 0 };
  }

  /** Bits per second of a stream whose origin does not say, from what came in since it was last asked. */
  #measure(ssrc: Ssrc): number {
    const now = this.needs.clock.now();
    const known = this.#measured.get(ssrc);
    if (known !== undefined && now - known.atMs < 1000) return known.bitrate;
    const stream = this.needs.datapath.counters().streams.find((one) => one.ssrc === ssrc);
    const bytes = stream?.bytesIn ?? 0;
    const bitrate = known === undefined ? 0 : (bytes - known.bytes) * 8000 / (now - known.atMs);
    if (this.#measured.size > this.options.maxStreams) this.#measured.clear();
    this.#measured.set(ssrc, { bytes, atMs: now, bitrate });
    return bitrate;
  }

  #sayReady(stream: StreamName, since: number | undefined): void {
    const view = this.#view(stream, since);
    if (view.kind === "ready") this.#children.feed({ kind: "ready", stream, view });
  }

  #onInterest(stream: StreamName): void {
    const own = this.#own.get(stream);
    if (own !== undefined) return own.refresh();
    const known = this.#upstreams.get(stream);
    if (known !== undefined) return this.#keep(known);
    const wanted = this.#children.machine.interest(stream) > 0;
    if (!this.#running || !wanted || originOf(stream) === this.needs.self) return;
    if (this.#own.size + this.#upstreams.size >= this.options.maxStreams) return;
    this.#openMain(stream).group.start();
  }

  // --- events -------------------------------------------------------------------------------------

  #onOwnEnded(own: OwnStream): void {
    const { info: { name, ssrc }, last } = own;
    if (this.#own.get(name) !== own || last === undefined) return;
    this.#children.feed({ kind: "ended", stream: name, ssrc, last });
    for (const one of [...this.#subscriptions]) if (one.stream === name) one.end();
    own.refresh();
  }

  #onOwnGone(own: OwnStream): void {
    const { name } = own.info;
    if (this.#own.get(name) === own) this.#own.delete(name);
    // Its hold outlives it by a moment; a node that stops ends that moment.
    this.#retired.add(own);
    const timer = this.needs.clock.after(OVER_MS, () => {
      this.#overTimers.delete(timer);
      this.#retired.delete(own);
    });
    this.#overTimers.add(timer);
    this.#children.feed({ kind: "closed", stream: name });
    this.#changed();
  }

  #onGroupOver(group: Group, ssrc: Ssrc, last: number): void {
    const { key, stream, leaf } = group.spec;
    const entry = this.#upstreams.get(key);
    if (entry?.group !== group) return;
    this.#upstreams.delete(key);
    entry.linger?.[Symbol.dispose]();
    if (!leaf) this.#over.set(stream, { ssrc, last });
    const timer = this.needs.clock.after(OVER_MS, () => {
      this.#overTimers.delete(closing);
      if (this.#over.get(stream)?.ssrc === ssrc) this.#over.delete(stream);
      group.stop();
    });
    const closing = {
      [Symbol.dispose]() {
        timer[Symbol.dispose]();
        group.stop();
      },
    };
    this.#overTimers.add(closing);
    if (!leaf) this.#children.feed({ kind: "ended", stream, ssrc, last });
  }

  #toGroups(message: Message<"JOINED"> | Message<"MOVE"> | Message<"ENDED">): void {
    for (const { group } of [...this.#upstreams.values()]) group.message(message);
  }

  #onDown(name: NodeName, why: "silent" | "restarted" | "left"): void {
    for (const { group } of [...this.#upstreams.values()]) group.down(name, why);
    this.#children.feed({ kind: "gone", name });
  }

  #onEngine(event: EngineEvent): void {
    switch (event.kind) {
      case "flowing":
      case "caught-up":
      case "silent":
        for (const { group } of [...this.#upstreams.values()]) group.engine(event);
        return;
      case "struggling":
        return this.#children.feed(event);
      case "unwanted":
        return this.#onUnwanted(event.ssrc, event.link);
      case "ended":
      case "skipped":
        return;
    }
  }

  #onUnwanted(ssrc: Ssrc, link: LinkId): void {
    const { stats } = this.needs;
    for (const { group } of this.#upstreams.values()) {
      // Media that overtook its JOINED is wanted after all.
      if (group.awaits(ssrc, link)) return;
    }
    if (this.#leaver.unwanted(ssrc, link)) stats.unwanted.add();
    else stats.strangers.add();
  }

  #changed(): void {
    if (this.#children.machine.size === 0) { for (const done of [...this.#drains]) done(); }
    if (!this.#running || this.#changeTimer !== undefined) return;
    // Many changes at once are told as one.
    this.#changeTimer = this.needs.clock.after(0, () => {
      this.#changeTimer = undefined;
      for (const fn of [...this.#changeFns]) fn();
    });
  }
}
