/** The exchange of one node: publications, upstream groups and children under one roof. */
import { type NodeName, originOf, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { EngineEvent } from "../../core/media/api.ts";
import { Listeners } from "../../core/listeners.ts";
import { UserError } from "../../core/plugin.ts";
import type { Clock, Events, Log, Rng } from "../../core/ports.ts";
import type {
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
import { Leaver } from "./leaver.ts";
import { OwnStream } from "./publication.ts";
import type { StreamView } from "./serving_events.ts";
import type { Stats } from "./stats.ts";
import { StreamTable } from "./streams.ts";
import { LocalSubscription } from "./subscription.ts";
import { Upstreams } from "./upstreams.ts";

/** The node's slots and ports. */
export interface ExchangeNeeds {
  readonly self: NodeName;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly events: Pick<Events, "emit">;
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

/** Longest name of a session, so that it fits into a message. */
const SESSION_MAX = 72;
/** A withdrawn publication holds its stream open for no longer than this. */
const RETIRED_MS = 5000;
/** How often the bit rate of a stream whose origin does not say is measured anew. */
const MEASURE_MS = 1000;

/** The exchange. */
export class ExchangeNode implements Exchange {
  readonly #streams: StreamTable;
  readonly #leaver: Leaver;
  readonly #children: Children;
  readonly #upstreams: Upstreams;
  readonly #own = new Map<StreamName, OwnStream>();
  readonly #retired = new Map<OwnStream, Disposable>();
  readonly #subscriptions = new Set<LocalSubscription>();
  readonly #changes = new Listeners();
  readonly #measured = new Map<Ssrc, { bytes: number; atMs: number; bitrate: number }>();
  #changeTimer: Disposable | undefined;
  #drains: (() => void)[] = [];
  #held: Disposable[] = [];
  #running = false;

  constructor(readonly options: ExchangeOptions, readonly needs: ExchangeNeeds) {
    const { ringPackets, ringMs, repairMs, leaseMs, maxTable, lingerMs } = options;
    this.#streams = new StreamTable(needs.datapath, { ringPackets, ringMs, repairMs });
    this.#leaver = new Leaver(needs.control);
    const onChange = () => this.#changed();
    this.#children = new Children({ self: needs.self, leaseMs, tableMax: maxTable }, {
      ...needs,
      onInterest: (stream) => this.#onInterest(stream),
      onChange,
    });
    this.#upstreams = new Upstreams({
      ...needs,
      lingerMs,
      random: () => needs.rng.next(),
      streams: this.#streams,
      leaver: this.#leaver,
      refuseTooMany: (stream) => this.#refuseTooMany(stream),
      interest: (stream) => this.#children.machine.interest(stream),
      wantedFrom: (stream, ssrc) => this.#children.machine.wantedFrom(stream, ssrc),
      onReady: ({ leaf, stream }, since) => {
        if (!leaf) this.#sayReady(stream, since);
      },
      onOver: ({ leaf, stream }, ssrc, last) => {
        if (!leaf) this.#children.feed({ kind: "ended", stream, ssrc, last });
      },
      onLost: ({ leaf, stream }) => {
        if (!leaf) this.#children.feed({ kind: "lost", stream });
      },
      onChange,
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
      control.onMessage("JOINED", (message) => this.#upstreams.message(message)),
      control.onMessage("MOVE", (message) => this.#upstreams.message(message)),
      control.onMessage("ENDED", (message) => {
        const { stream, session } = message.body;
        control.reply(message, "DONE", { stream, session });
        this.#upstreams.message(message);
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
    this.#upstreams.stop();
    this.#children.stop();
    this.#leaver.stop();
    for (const timer of this.#retired.values()) timer[Symbol.dispose]();
    for (const own of [...this.#own.values(), ...this.#retired.keys()]) own.close();
    this.#own.clear();
    this.#retired.clear();
    this.#measured.clear();
    this.#changeTimer?.[Symbol.dispose]();
    this.#changeTimer = undefined;
    this.#changes.clear();
    for (const done of this.#drains.splice(0)) done();
  }

  // --- the slot's interface -----------------------------------------------------------------------

  publish(info: StreamInfo): Publication {
    this.#own.get(info.name)?.[Symbol.dispose]();
    this.#refuseTooMany(info.name);
    const own: OwnStream = new OwnStream(info, {
      ...this.needs,
      streams: this.#streams,
      isWatched: () => this.#own.get(info.name) === own && this.#isWatched(info.name),
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
    const one = new LocalSubscription(stream, session, (gone) => this.#onUnsubscribed(gone));
    if (originOf(stream) === this.needs.self) {
      this.#subscriptions.add(one);
      const own = this.#own.get(stream);
      if (own !== undefined) one.tell(own.info);
      own?.refresh();
    } else {
      this.#upstreams.use(want, one);
      this.#subscriptions.add(one);
    }
    return one;
  }

  serve(policy: ServePolicy): void {
    this.#children.feed({ kind: "policy", policy });
  }

  children(): readonly ChildStatus[] {
    return this.#children.machine.list();
  }

  subscriptions(): readonly SubscriptionStatus[] {
    const local = [...this.#subscriptions].map((one) => one.status());
    return [...local, ...this.#upstreams.forChildren()];
  }

  onChange(fn: () => void): Disposable {
    return this.#changes.on(fn);
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

  // --- children -----------------------------------------------------------------------------------

  #onJoin(message: Message<"JOIN">): void {
    const { from, body: { stream, media, cookie } } = message;
    const upstream = this.#upstreams.main(stream)?.machine;
    this.#children.feed({
      kind: "join",
      message,
      proven: this.needs.datapath.verify(media, cookie),
      loop: from === this.needs.self || upstream?.comesThrough(from) === true,
      asked: upstream?.asks(from) === true,
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
    const group = this.#upstreams.main(stream);
    const info = group?.info ?? catalog.stream(stream);
    if (group !== undefined && info !== undefined && group.machine.ready) {
      const path = [...group.machine.path, self];
      const bitrate = info.bitrate ?? this.#measure(info.ssrc);
      return { kind: "ready", ssrc: info.ssrc, path, bitrate, since };
    }
    const over = this.#upstreams.over(stream);
    if (over !== undefined && info?.ssrc === over.ssrc) return { kind: "over", ...over };
    if (info === undefined || originOf(stream) === self) return { kind: "absent" };
    return { kind: "fetch", bitrate: info.bitrate ?? 0 };
  }

  /** Bits per second of what came in of a stream since it was last measured. */
  #measure(ssrc: Ssrc): number {
    const now = this.needs.clock.now();
    const known = this.#measured.get(ssrc);
    if (known !== undefined && now - known.atMs < MEASURE_MS) return known.bitrate;
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

  /** Tells a child to take its streams (one of them, or all) from another parent; gives how many it has here. */
  sendAway(name: NodeName, stream: StreamName | undefined): number {
    const meant = this.children().filter((one) =>
      one.child === name && (stream === undefined || one.stream === stream)
    );
    this.#children.feed({ kind: "send-away", name, stream });
    return meant.length;
  }

  #onInterest(stream: StreamName): void {
    const own = this.#own.get(stream);
    if (own !== undefined) return own.refresh();
    if (!this.#running || originOf(stream) === this.needs.self) return;
    try {
      this.#upstreams.refresh(stream);
    } catch (error) {
      // Those who wait for it give up by themselves.
      if (!(error instanceof UserError)) throw error;
      this.needs.stats.tableFull.add();
    }
  }

  // --- streams ------------------------------------------------------------------------------------

  #isWatched(stream: StreamName): boolean {
    for (const one of this.#subscriptions) if (one.stream === stream) return true;
    return this.#children.machine.attached(stream) > 0;
  }

  #refuseTooMany(stream: StreamName): void {
    if (this.#own.size + this.#upstreams.size < this.options.maxStreams) return;
    throw new UserError(
      "too-many-streams",
      `Cannot take ${stream}: ${this.options.maxStreams} streams are open already`,
    );
  }

  #onUnsubscribed(subscription: LocalSubscription): void {
    this.#subscriptions.delete(subscription);
    this.#own.get(subscription.stream)?.refresh();
    this.#upstreams.unuse(subscription);
    this.#changed();
  }

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
    const timer = this.needs.clock.after(RETIRED_MS, () => this.#retired.delete(own));
    this.#retired.set(own, timer);
    this.#children.feed({ kind: "closed", stream: name });
    this.#changed();
  }

  // --- events -------------------------------------------------------------------------------------

  #onDown(name: NodeName, why: "silent" | "restarted" | "left"): void {
    this.#upstreams.down(name, why);
    this.#children.feed({ kind: "gone", name });
  }

  #onEngine(event: EngineEvent): void {
    switch (event.kind) {
      case "flowing":
      case "caught-up":
      case "silent":
        return this.#upstreams.engine(event);
      case "alive":
        return this.#upstreams.alive(event.link);
      case "struggling":
        return this.#children.feed(event);
      case "unwanted": {
        const { ssrc, link } = event;
        // Media that overtook its JOINED is wanted after all.
        if (this.#upstreams.awaits(ssrc, link)) return;
        const { unwanted, strangers } = this.needs.stats;
        return (this.#leaver.unwanted(ssrc, link) ? unwanted : strangers).add();
      }
      case "finished":
        return this.#onFinished(event.ssrc, event.last);
      case "ended":
      case "skipped":
        return;
    }
  }

  #onFinished(ssrc: Ssrc, last: number): void {
    for (const own of [...this.#own.values()]) if (own.info.ssrc === ssrc) own.finished(last);
  }

  #changed(): void {
    if (this.#children.machine.size === 0) { for (const done of [...this.#drains]) done(); }
    if (!this.#running || this.#changeTimer !== undefined) return;
    // Many changes at once are told as one.
    this.#changeTimer = this.needs.clock.after(0, () => {
      this.#changeTimer = undefined;
      this.#changes.emit();
    });
  }
}
