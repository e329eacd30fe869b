/** One stream's upstream on ports: all local consumers and all children of a node share it. */
import type { NodeName, Peer, Ssrc } from "../../core/ids.ts";
import type { EngineEvent, LinkId } from "../../core/media/api.ts";
import type { EventFields, EventKind } from "../../core/ports.ts";
import type {
  Candidate,
  ControlFailure,
  StreamInfo,
  SubscriptionStatus,
} from "../../core/slots.ts";
import { Listeners } from "../../core/listeners.ts";
import { isMessage, type Message, type MessageType } from "../../core/wire/messages.ts";
import type { GroupNeeds, GroupSpec } from "./group_spec.ts";
import type { Joined } from "./leaver.ts";
import { Pump } from "./pump.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamIn, UpstreamOut } from "./upstream_events.ts";

/** A parent, as far as ports are concerned. */
interface LegPorts {
  readonly id: number;
  readonly peer: Peer;
  readonly link: LinkId;
  waiting: Disposable | undefined;
  asked: boolean;
  accepted: Ssrc | undefined;
  watched: boolean;
}

/** How long a JOIN is repeated. */
const JOIN_MS = 1000;
/** A JOIN is worth a hasty repeat: a lost one is time without packets. */
const RETRY_FACTOR = 1.5;
const RETRY_MARGIN_MS = 10;
/** A parent that is alive has answered within twice the wait before the first repeat, and a busy one within this. */
const ANSWER_RETRIES = 2;
const ANSWER_MIN_MS = 60;
/** A replaced incarnation stays open for this long: receivers play it to its end. */
const DRAIN_MS = 3000;
/** After so many searches in vain the bootstrapper is asked. */
const SEEK_TRIES = 3;

/** One upstream. */
export class Group {
  readonly machine: Upstream;
  readonly #pump: Pump<UpstreamIn, UpstreamOut>;
  readonly #legs = new Map<number, LegPorts>();
  readonly #infos = new Listeners<[info: StreamInfo]>();
  readonly #ends = new Listeners();
  #held: Disposable[] = [];
  #hold: Disposable | undefined;
  #draining = new Set<Disposable>();
  #since: number | undefined;
  #fresh = false;
  #readyDirty = false;
  #over = false;
  #stopped = false;

  constructor(readonly spec: GroupSpec, readonly needs: GroupNeeds) {
    this.machine = new Upstream({
      self: needs.self,
      policy: needs.policy,
      random: needs.random,
      urgent: () => {
        const ssrc = this.info?.ssrc;
        return ssrc !== undefined && needs.wantedFrom(spec.stream, ssrc) !== undefined;
      },
    });
    this.#pump = new Pump(
      needs.clock,
      this.machine,
      () => ({ kind: "tick", next: this.#next() }),
      (out) => this.#run(out),
      () => this.#tellReady(),
    );
  }

  get over(): boolean {
    return this.#over;
  }

  get info(): StreamInfo | undefined {
    return this.machine.info;
  }

  /** Begins to look for parents; only once. */
  start(): void {
    if (this.#held.length > 0 || this.#stopped) return;
    const { candidates } = this.spec;
    const offer = () => this.#pump.feed({ kind: "candidates", list: candidates.list() });
    const inform = () => {
      const info = this.needs.catalog.stream(this.spec.stream);
      if (info !== undefined) this.#pump.feed({ kind: "info", info });
    };
    this.#held = [candidates.onChange(offer), this.needs.catalog.onChange(inform)];
    offer();
    inform();
  }

  /** Leaves all parents; the stream itself goes on for what receivers still play. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#pump.feed({ kind: "stop" });
    this.#pump.stop();
    for (const one of this.#held.splice(0)) one[Symbol.dispose]();
    this.#hold?.[Symbol.dispose]();
    this.#hold = undefined;
    for (const one of this.#draining) one[Symbol.dispose]();
    this.#draining.clear();
    this.#infos.clear();
    this.#ends.clear();
  }

  /** Hears the incarnation, at once if it is known. */
  onInfo(fn: (info: StreamInfo) => void): Disposable {
    const held = this.#infos.on(fn);
    const info = this.info;
    if (info !== undefined) fn(info);
    return held;
  }

  onEnd(fn: () => void): Disposable {
    return this.#ends.on(fn);
  }

  status(): Omit<SubscriptionStatus, "session"> {
    return { stream: this.spec.stream, ...this.machine.status() };
  }

  /** An event of the engine about one link. */
  engine(event: Extract<EngineEvent, { link: LinkId }>): void {
    if (event.kind === "alive") return;
    for (const leg of this.#legs.values()) {
      // Hundreds of streams may come over one link: what one of them does is news for its own group only.
      if (leg.link !== event.link || leg.accepted !== event.ssrc) continue;
      if (event.kind === "flowing" || event.kind === "caught-up") {
        this.#pump.feed({ kind: event.kind, leg: leg.id, ssrc: event.ssrc });
      } else if (event.kind === "silent") {
        const { ssrc, silentMs } = event;
        const next = this.#next();
        const answerMs = this.#answerMs(leg.peer.name);
        this.#pump.feed({ kind: "silent", leg: leg.id, ssrc, silentMs, next, answerMs });
      }
    }
  }

  /** A parent whose media comes is alive, whatever became of its heartbeats. */
  alive(link: LinkId): void {
    for (const leg of this.#legs.values()) {
      if (leg.link === link) this.needs.keepalive.heard(leg.peer.name);
    }
  }

  /** Whether this group takes the stream from this link. */
  takes(ssrc: Ssrc, link: LinkId): boolean {
    for (const leg of this.#legs.values()) {
      if (leg.link === link && leg.accepted === ssrc) return true;
    }
    return false;
  }

  /** Whether this link is taken from, or is about to be. */
  awaits(ssrc: Ssrc, link: LinkId): boolean {
    if (ssrc !== this.info?.ssrc) return false;
    for (const leg of this.#legs.values()) if (leg.link === link) return true;
    return false;
  }

  down(name: NodeName, why: "silent" | "restarted" | "left"): void {
    const ssrc = this.info?.ssrc;
    const now = this.needs.clock.now();
    const lastArrivalMs = ssrc === undefined
      ? now
      : this.needs.datapath.position(ssrc).lastArrivalMs;
    this.#pump.feed({ kind: "down", name, why, lastArrivalMs });
  }

  /** A message from a parent that answers no request. */
  message(message: Message<"JOINED" | "MOVE" | "ENDED">): void {
    const { body, from } = message;
    if (body.stream !== this.spec.stream || body.session !== this.spec.session) return;
    const leg = [...this.#legs.values()].find((one) => one.peer.name === from && one.asked);
    if (leg === undefined) return;
    if (isMessage(message, "MOVE")) {
      const hints = this.#hints(message.body.hints);
      const soon = message.body.reason === "lost-source";
      this.#pump.feed({ kind: "move", leg: leg.id, hints, soon });
    } else if (isMessage(message, "ENDED")) {
      const { ssrc, last } = message.body;
      this.#pump.feed({ kind: "ended", ssrc, last });
    } else {
      this.#answered(leg, message);
    }
  }

  // --- effects ------------------------------------------------------------------------------------

  #run(out: UpstreamOut): void {
    const { needs } = this;
    switch (out.kind) {
      case "ask":
        return this.#ask(out);
      case "accept":
        return this.#accept(out);
      case "drop":
        return this.#drop(out);
      case "stream":
        return this.#incarnate(out.info, out.old);
      case "distrust":
        return this.spec.candidates.distrust(out.name);
      case "seek":
        this.spec.candidates.seek();
        if (out.tries % SEEK_TRIES === 0) needs.membership.refresh();
        if (out.tries === SEEK_TRIES) needs.onLost(this.spec);
        return;
      case "stranded":
        return needs.onLost(this.spec);
      case "warm":
        return this.#warm(out.peer);
      case "path":
        this.#readyDirty = true;
        return;
      case "failover":
        needs.stats.failovers.add();
        needs.stats.outage.observe(out.outageMs / 1000);
        needs.log.info("failed over", { stream: this.spec.stream, outageMs: out.outageMs });
        this.#tell("failed-over", { outageMs: out.outageMs });
        return needs.onChange();
      case "handover":
        needs.stats.handovers.add();
        this.#tell("handed-over", { parents: [...this.machine.status().parents] });
        return;
      case "refusal":
        needs.stats.refusedByParent(out.reason);
        this.#tell("refused", { why: out.reason, byParent: true });
        return;
      case "changed":
        return needs.onChange();
      case "over":
        return this.#end(out.ssrc, out.last);
    }
  }

  #tell(kind: EventKind, fields: EventFields): void {
    const { stream, session } = this.spec;
    this.needs.events.emit(kind, { stream, session, ...fields });
  }

  #ask(out: Extract<UpstreamOut, { kind: "ask" }>): void {
    const { datapath, leaver } = this.needs;
    let leg = this.#legs.get(out.leg);
    if (leg === undefined) {
      const link = datapath.link(this.spec.socket, out.peer.media);
      leg = {
        id: out.leg,
        peer: out.peer,
        link,
        waiting: undefined,
        asked: false,
        accepted: undefined,
        watched: false,
      };
      this.#legs.set(out.leg, leg);
      leaver.cancel(this.#joined(leg));
    }
    const asker = leg;
    let answered = false;
    const waiting = datapath.cookie(asker.link, (cookie) => {
      answered = true;
      asker.waiting = undefined;
      if (this.#legs.get(asker.id) !== asker) return;
      if (cookie === undefined) this.#pump.feed({ kind: "failed", leg: asker.id });
      else this.#join(asker, cookie, out.renew);
    }, out.freshCookie);
    if (!answered) asker.waiting = waiting;
  }

  #join(leg: LegPorts, cookie: Uint8Array, renew: boolean): void {
    const { control, stats } = this.needs;
    const { stream, session, media } = this.spec;
    const ssrc = this.info?.ssrc;
    const next = this.#next() ??
      (ssrc === undefined ? undefined : this.needs.wantedFrom(stream, ssrc));
    leg.asked = true;
    stats.joinsSent.add();
    const body = {
      stream,
      session,
      media,
      cookie,
      ...(ssrc === undefined ? {} : { ssrc }),
      ...(next === undefined ? {} : { next }),
      ...(renew ? { renew } : {}),
    };
    const firstRetryMs = this.#retryMs(leg.peer.name);
    const options = firstRetryMs === undefined
      ? { timeoutMs: JOIN_MS }
      : { timeoutMs: JOIN_MS, firstRetryMs };
    let answered = false;
    const request = control.request(leg.peer, "JOIN", body, options, (answer) => {
      answered = true;
      leg.waiting = undefined;
      if (this.#legs.get(leg.id) === leg) this.#answered(leg, answer);
    });
    if (!answered) leg.waiting = request;
  }

  #retryMs(name: NodeName): number | undefined {
    const { rttMs } = this.needs.keepalive.link(name);
    return rttMs === undefined ? undefined : RETRY_FACTOR * rttMs + RETRY_MARGIN_MS;
  }

  /** A leaf has nobody to warn, and stays with a bad POP until it is told to go: it leaves the verdict to keepalive. */
  #answerMs(name: NodeName): number {
    if (this.spec.leaf) return Infinity;
    const retryMs = this.#retryMs(name);
    return retryMs === undefined ? JOIN_MS : Math.max(ANSWER_MIN_MS, ANSWER_RETRIES * retryMs);
  }

  #answered(leg: LegPorts, answer: Message<MessageType> | ControlFailure): void {
    const failed = () => this.#pump.feed({ kind: "failed", leg: leg.id });
    if (typeof answer === "string") return failed();
    const { stream, session } = this.spec;
    if (isMessage(answer, "JOINED")) {
      const { body } = answer;
      if (body.stream !== stream || body.session !== session) return failed();
      const { ssrc, first, path, leaseMs } = body;
      this.#pump.feed({ kind: "joined", leg: leg.id, ssrc, first, path, leaseMs });
    } else if (isMessage(answer, "PENDING")) {
      this.#pump.feed({ kind: "pending", leg: leg.id, retryMs: answer.body.retryMs });
    } else if (isMessage(answer, "REFUSED")) {
      const { reason, retryMs, hints } = answer.body;
      const others = this.#hints(hints);
      this.#pump.feed({ kind: "refused", leg: leg.id, reason, retryMs, hints: others });
    } else if (isMessage(answer, "ENDED")) {
      const { ssrc, last } = answer.body;
      this.#pump.feed({ kind: "ended", ssrc, last });
    } else {
      failed();
    }
  }

  #accept(out: Extract<UpstreamOut, { kind: "accept" }>): void {
    const leg = this.#legs.get(out.leg);
    if (leg === undefined) return;
    const { datapath, keepalive, leaver, stats } = this.needs;
    const { ssrc, first } = out;
    if (leg.accepted !== undefined && leg.accepted !== ssrc) this.#parentGone(leg);
    leg.accepted = ssrc;
    stats.joined.add();
    datapath.command({ kind: "parent", ssrc, link: leg.link, first });
    const { rttMs } = keepalive.link(leg.peer.name);
    if (rttMs !== undefined) datapath.command({ kind: "link-rtt", link: leg.link, rttMs });
    if (!leg.watched) {
      leg.watched = true;
      keepalive.watch(leg.peer);
    }
    leaver.remember(ssrc, leg.link, this.#joined(leg));
    if (this.#fresh) [this.#fresh, this.#since] = [false, first];
    this.#readyDirty = true;
    const parent = leg.peer.name;
    this.needs.log.info("joined", { stream: this.spec.stream, parent, first });
    this.#tell("joined", { parent });
  }

  #drop(out: Extract<UpstreamOut, { kind: "drop" }>): void {
    const leg = this.#legs.get(out.leg);
    if (leg === undefined) return;
    this.#legs.delete(out.leg);
    leg.waiting?.[Symbol.dispose]();
    if (leg.accepted !== undefined) this.#parentGone(leg);
    if (leg.watched) this.needs.keepalive.unwatch(leg.peer.name);
    if (out.tell && leg.asked) this.needs.leaver.leave(this.#joined(leg));
    const parent = leg.peer.name;
    this.needs.log.info("left", { stream: this.spec.stream, parent, why: out.why });
    this.#tell("left", { parent, why: out.why });
  }

  #parentGone(leg: LegPorts): void {
    const ssrc = leg.accepted;
    leg.accepted = undefined;
    if (ssrc === undefined || this.needs.linkInUse(this.spec, ssrc, leg.link)) return;
    this.needs.datapath.command({ kind: "parent-gone", ssrc, link: leg.link });
  }

  #incarnate(info: StreamInfo, old: Ssrc | undefined): void {
    const hold = this.#hold;
    if (hold !== undefined && old !== undefined) this.#drainHold(hold);
    this.#hold = this.needs.streams.hold(info.ssrc);
    this.#fresh = true;
    for (const leg of this.#legs.values()) this.#parentGone(leg);
    this.#infos.emit(info);
    this.needs.onChange();
  }

  /** Keeps a replaced incarnation open for a while. */
  #drainHold(hold: Disposable): void {
    const timer = this.needs.clock.after(DRAIN_MS, () => {
      this.#draining.delete(both);
      hold[Symbol.dispose]();
    });
    const both = {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        hold[Symbol.dispose]();
      },
    };
    this.#draining.add(both);
  }

  #warm(peer: Peer): void {
    const { control, datapath } = this.needs;
    const { stream, session } = this.spec;
    datapath.cookie(datapath.link(this.spec.socket, peer.media), () => {});
    // Says nothing, but opens the control session.
    control.send(peer, "DONE", { stream, session });
  }

  #end(ssrc: Ssrc, last: number): void {
    this.#over = true;
    // Children and receivers are told by the engine and by ENDED; this group has done its work.
    this.needs.onOver(this.spec, ssrc, last);
    this.needs.datapath.command({ kind: "end", ssrc });
    this.#ends.emit();
  }

  #tellReady(): void {
    if (!this.#readyDirty || !this.machine.ready) return;
    this.#readyDirty = false;
    const since = this.#since;
    this.#since = undefined;
    this.needs.onReady(this.spec, since);
  }

  // --- helpers ------------------------------------------------------------------------------------

  #next(): number | undefined {
    const ssrc = this.info?.ssrc;
    return ssrc === undefined ? undefined : this.needs.datapath.position(ssrc).next;
  }

  #joined(leg: LegPorts): Joined {
    const { stream, session, media } = this.spec;
    return { peer: leg.peer, stream, session, media };
  }

  #hints(names: readonly NodeName[]): readonly Candidate[] {
    if (!this.spec.leaf) return [];
    const pops = this.needs.catalog.pops();
    return names.flatMap((name) => {
      const pop = pops.find((one) => one.peer.name === name);
      return pop === undefined ? [] : [{ peer: pop.peer, cost: Infinity, path: [name] }];
    });
  }
}
