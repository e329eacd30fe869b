/**
 * Where one stream comes from: chooses parents, joins, renews, fails over and hands over. A state
 * machine without I/O; `group.ts` turns its effects into messages and orders.
 *
 * A change of parent is always make before break: a parent that may still be alive is left only when
 * another one delivers.
 */
import type { NodeName, Ssrc } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Candidate, StreamInfo, SubscriptionStatus } from "../../core/slots.ts";
import { Choice } from "./choice.ts";
import { Incarnations } from "./incarnations.ts";
import { isHeld, type Leg, legWakeMs, restart, setState, unanswering } from "./legs.ts";
import { LegSet } from "./legset.ts";
import { OutageMeter } from "./outage.ts";
import { Seeker } from "./seeker.ts";
import { UPSTREAM_TIMES, type UpstreamTimes } from "./times.ts";
import { Warmth } from "./warmth.ts";
import {
  type DropReason,
  MENDING,
  type Told,
  type UpstreamIn,
  type UpstreamOptions,
  type UpstreamOut,
  USELESS,
} from "./upstream_events.ts";

/** How often the last packets of an ended stream are looked for. */
const ENDING_TICK_MS = 20;

/** The machine. `handle` with `tick` is wanted at `wakeMs`. */
export class Upstream implements Machine<UpstreamIn, UpstreamOut> {
  readonly #legs = new LegSet();
  readonly #choice: Choice;
  readonly #outage = new OutageMeter();
  readonly #seeker: Seeker;
  readonly #times: UpstreamTimes;
  readonly #incarnations = new Incarnations();
  #out: UpstreamOut[] = [];
  /** The first packet not yet here, as of the last tick. */
  #next: number | undefined;
  #path: readonly NodeName[] = [];
  #standby: Candidate | undefined;
  readonly #warmth: Warmth;
  #dropSuspectsAtMs = Infinity;
  #everFlowed = false;
  #stranded = false;
  #ending: { readonly ssrc: Ssrc; readonly last: number; readonly untilMs: number } | undefined;
  #finished = false;
  #handovers = 0;
  #shown = "";
  #shownPath = "";
  #wakeMs = Infinity;

  constructor(readonly options: UpstreamOptions) {
    this.#times = options.times ?? UPSTREAM_TIMES;
    this.#choice = new Choice(options.self, options.policy, this.#times, options.random);
    this.#warmth = new Warmth(this.#times.warmMs);
    this.#seeker = new Seeker(this.#times, options.random);
  }

  /** When `tick` is wanted. */
  get wakeMs(): number {
    return this.#wakeMs;
  }

  /** The incarnation that is played. */
  get info(): StreamInfo | undefined {
    return this.#incarnations.info;
  }

  /** At least one parent has accepted this node. */
  get ready(): boolean {
    return this.#legs.held().some((leg) => leg.ssrc === this.info?.ssrc);
  }

  /** From the origin to the parent, as the media runs; the last known one during an outage. */
  get path(): readonly NodeName[] {
    return this.#path;
  }

  /** Whether the stream reaches this node on a way through `name`. */
  comesThrough(name: NodeName): boolean {
    return this.#legs.held().some((leg) => leg.peer.name === name || leg.path.includes(name));
  }

  /** Whether `name` is asked for the stream just now. */
  asks(name: NodeName): boolean {
    const leg = this.#legs.of(name);
    return leg !== undefined && !isHeld(leg);
  }

  status(): Omit<SubscriptionStatus, "stream" | "session"> {
    return {
      state: this.#state(),
      ...this.#legs.names(),
      standby: this.#standby?.peer.name,
      failovers: this.#outage.failovers,
      handovers: this.#handovers,
      lastOutageMs: this.#outage.lastMs,
    };
  }

  handle(event: UpstreamIn, nowMs: number): readonly UpstreamOut[] {
    this.#out = [];
    if (this.#finished) return this.#out;
    this.#apply(event, nowMs);
    if (!this.#finished) this.#reconcile(nowMs);
    return this.#out;
  }

  #apply(event: UpstreamIn, nowMs: number): void {
    switch (event.kind) {
      case "candidates":
        return this.#choice.list(event.list);
      case "info":
        return this.#onInfo(event.info, nowMs);
      case "down":
        return this.#onDown(event, nowMs);
      case "ended":
        return this.#onEnded(event, nowMs);
      case "tick":
        return this.#onTick(event.next, nowMs);
      case "stop":
        return this.#finish();
      default: {
        const leg = this.#legs.get(event.leg);
        if (leg !== undefined) this.#onLeg(leg, event, nowMs);
      }
    }
  }

  #onLeg(leg: Leg, event: Extract<UpstreamIn, { leg: number }>, nowMs: number): void {
    switch (event.kind) {
      case "joined":
        return this.#onJoined(leg, event, nowMs);
      case "pending":
        return this.#onPending(leg, event.retryMs, nowMs);
      case "refused":
        return this.#onRefused(leg, event, nowMs);
      case "failed":
        return this.#onFailed(leg, nowMs);
      case "flowing":
        if (leg.ssrc === event.ssrc) this.#onFlowing(leg, nowMs);
        return;
      case "caught-up":
        if (leg.ssrc !== event.ssrc) return;
        if (leg.state !== "flowing") this.#onFlowing(leg, nowMs);
        leg.caughtUp = true;
        return;
      case "silent":
        if (leg.ssrc === event.ssrc) this.#onSilent(leg, event, nowMs);
        return;
      case "move":
        leg.moving = true;
        this.#choice.sentAway(leg.peer.name, event.soon === true, event.hints, nowMs);
    }
  }

  // --- the stream ---------------------------------------------------------------------------------

  #onInfo(info: StreamInfo, nowMs: number): void {
    // What ends is played to its end before anything new under its name is.
    if (this.#ending !== undefined) return;
    const old = this.#incarnations.info?.ssrc;
    if (!this.#incarnations.listed(info)) return;
    this.#incarnate(old);
    for (const leg of this.#legs.all()) if (leg.ssrc !== info.ssrc) restart(leg, nowMs);
  }

  #incarnate(old: Ssrc | undefined): void {
    const { info } = this;
    if (info === undefined) return;
    if (old !== undefined) this.#outage.reset();
    this.#out.push({ kind: "stream", info, old });
  }

  #onEnded(event: Told<"ended">, nowMs: number): void {
    if (event.ssrc !== this.info?.ssrc || this.#ending !== undefined) return;
    const untilMs = nowMs + this.#times.endingMs;
    this.#ending = { ssrc: event.ssrc, last: event.last, untilMs };
  }

  #endWhenWhole(next: number | undefined, nowMs: number): void {
    const ending = this.#ending;
    if (ending === undefined) return;
    const whole = next !== undefined && next > ending.last;
    if (!whole && nowMs < ending.untilMs) return;
    this.#out.push({ kind: "over", ssrc: ending.ssrc, last: ending.last });
    this.#finish();
    this.#out.push({ kind: "changed" });
  }

  #finish(): void {
    for (const leg of this.#legs.all()) this.#drop(leg, "stop");
    this.#finished = true;
    this.#wakeMs = Infinity;
  }

  // --- answers of parents -------------------------------------------------------------------------

  #onJoined(leg: Leg, event: Told<"joined">, nowMs: number): void {
    // What a parent tells of itself, such as a new path, renews nothing there.
    const renews = leg.asking || !isHeld(leg);
    [leg.asking, leg.doubtAtMs] = [false, Infinity];
    if (event.path.includes(this.options.self)) {
      this.#choice.blocked.add(leg.peer.name, 0, nowMs);
      return this.#lose(leg, "loop", nowMs);
    }
    const old = this.info?.ssrc;
    const incarnation = this.#incarnations.sent(event.ssrc);
    if (incarnation === "old") return this.#onPending(leg, 0, nowMs);
    if (incarnation === "new") {
      this.#incarnate(old);
      for (const other of this.#legs.all()) if (other !== leg) restart(other, nowMs);
    }
    leg.path = event.path;
    leg.pendingSinceMs = undefined;
    if (renews) {
      leg.leaseUntilMs = nowMs + event.leaseMs;
      leg.askAtMs = nowMs + event.leaseMs / 3;
    }
    if (isHeld(leg) && leg.ssrc === event.ssrc) return;
    leg.ssrc = event.ssrc;
    leg.caughtUp = false;
    setState(leg, "joined", nowMs);
    this.#out.push({ kind: "accept", leg: leg.id, ssrc: event.ssrc, first: event.first });
  }

  #onPending(leg: Leg, retryMs: number, nowMs: number): void {
    leg.asking = false;
    leg.doubtAtMs = Infinity;
    const { pendingMinMs, pendingMaxMs } = this.#times;
    leg.askAtMs = nowMs + Math.min(Math.max(retryMs, pendingMinMs), pendingMaxMs);
    // A parent that lost its own parent keeps those it has: its lease decides.
    if (isHeld(leg)) return;
    setState(leg, "pending", nowMs);
    leg.pendingSinceMs ??= nowMs;
  }

  #onRefused(leg: Leg, event: Told<"refused">, nowMs: number): void {
    leg.asking = false;
    this.#out.push({ kind: "refusal", reason: event.reason });
    this.#choice.hint(event.hints, nowMs);
    if (event.reason === "cookie" && !leg.cookieTried) {
      leg.cookieTried = true;
      return this.#ask(leg, true, nowMs);
    }
    const { name } = leg.peer;
    const { mendsMs, blockMaxMs } = this.#times;
    const mends = MENDING.has(event.reason);
    const leastMs = Math.min(event.retryMs, blockMaxMs);
    this.#choice.blocked.add(name, leastMs, nowMs, mends ? mendsMs : blockMaxMs);
    this.#lose(leg, "refused", nowMs);
    if (USELESS.has(event.reason)) this.#out.push({ kind: "distrust", name });
  }

  #onFailed(leg: Leg, nowMs: number): void {
    leg.asking = false;
    if (leg.state === "flowing" || leg.state === "joined") {
      leg.askAtMs = nowMs + this.#times.renewRetryMs;
      return;
    }
    this.#choice.blocked.add(leg.peer.name, 0, nowMs);
    this.#out.push({ kind: "distrust", name: leg.peer.name });
    this.#lose(leg, leg.state === "silent" ? "silent" : "failed", nowMs);
  }

  // --- what parents do ----------------------------------------------------------------------------

  #onFlowing(leg: Leg, nowMs: number): void {
    if (!isHeld(leg)) return;
    setState(leg, "flowing", nowMs);
    leg.doubtAtMs = Infinity;
    if (!leg.moving) this.#choice.blocked.forgive(leg.peer.name);
    this.#everFlowed = true;
    this.#seeker.reset();
    const outageMs = this.#outage.flowing(nowMs);
    if (outageMs !== undefined) this.#out.push({ kind: "failover", outageMs });
  }

  #onSilent(leg: Leg, { silentMs, next, answerMs }: Told<"silent">, nowMs: number): void {
    if (leg.state !== "flowing") return;
    setState(leg, "silent", nowMs);
    leg.silentAt = next;
    leg.caughtUp = false;
    // Asks over the control plane whether it is alive; it also repeats what was lost on the way.
    if (!leg.asking) leg.askAtMs = nowMs;
    leg.doubtAtMs = nowMs + answerMs;
    if (this.#legs.flowing() === 0) this.#outage.begin(nowMs - silentMs);
  }

  #onDown(event: Told<"down">, nowMs: number): void {
    // Others may hear of a death after this machine; whoever restarted is welcome at once.
    if (event.why !== "restarted") {
      this.#choice.blocked.rest(event.name, this.#times.downMs, nowMs);
    }
    const leg = this.#legs.of(event.name);
    if (leg !== undefined) this.#lose(leg, "down", nowMs, event.lastArrivalMs);
  }

  #onTick(next: number | undefined, nowMs: number): void {
    this.#next = next;
    if (this.#ending !== undefined) return this.#endWhenWhole(next, nowMs);
    for (const leg of this.#legs.all()) {
      const pendingMs = nowMs - (leg.pendingSinceMs ?? nowMs);
      const lapsed = nowMs >= leg.leaseUntilMs;
      if (!lapsed && pendingMs < this.#times.pendingGiveUpMs) continue;
      this.#choice.blocked.add(leg.peer.name, 0, nowMs);
      this.#lose(leg, lapsed ? "lease" : "failed", nowMs);
    }
  }

  // --- what follows from it -----------------------------------------------------------------------

  /** Brings the legs in line with what the path policy wants. */
  #reconcile(nowMs: number): void {
    // While the end is near nobody new is asked; the rest arrives from whoever is there.
    if (this.#ending === undefined && this.info !== undefined) {
      this.#dropOutdated(nowMs);
      this.#dropSuspects(nowMs);
      for (const leg of unanswering(this.#legs.all(), nowMs)) {
        if (this.#legs.flowing() === 0) this.#out.push({ kind: "distrust", name: leg.peer.name });
      }
      const { parents, standby } = this.#chosen(nowMs);
      this.#standby = standby;
      const suspect = this.#legs.suspects(this.#patienceMs(), nowMs).length > 0;
      this.#tellStranded(suspect && standby === undefined);
      const wanted = suspect && standby !== undefined ? [...parents, standby] : parents;
      this.#start(wanted, nowMs);
      this.#settle(parents, wanted, nowMs);
      this.#seekIfLost(nowMs);
      this.#warm(nowMs);
    }
    for (const leg of this.#legs.all()) {
      if (leg.askAtMs <= nowMs && !leg.asking) this.#ask(leg, false, nowMs);
    }
    this.#tell();
    this.#wakeMs = this.#nextWake(nowMs);
  }

  #chosen(nowMs: number): ReturnType<Choice["choose"]> {
    const current = this.#legs.held().filter((leg) => !leg.moving).map((leg) => leg.peer.name);
    return this.#choice.choose(current, nowMs);
  }

  /** A parent that is back in another life knows nothing of us; 0 is a life whose number is not known. */
  #dropOutdated(nowMs: number): void {
    for (const { peer } of this.#choice.usable(nowMs)) {
      const leg = this.#legs.of(peer.name);
      if (leg === undefined || leg.peer.instance === 0) continue;
      if (peer.instance > leg.peer.instance) this.#lose(leg, "down", nowMs);
    }
  }

  /** How long a new parent may take to deliver: short while nobody else does. */
  #patienceMs(): number {
    if (this.#legs.flowing() > 0) return this.#times.handoverMs;
    if (this.options.urgent?.() ?? false) return this.#times.urgentMs;
    return this.#everFlowed ? this.#times.hedgeMs : this.#times.unprovenMs;
  }

  /** Those in doubt go when enough others deliver, after a moment in which they may come back. */
  #dropSuspects(nowMs: number): void {
    const suspects = this.#legs.suspects(this.#patienceMs(), nowMs).filter(isHeld);
    const wanted = Math.max(1, this.#chosen(nowMs).parents.length);
    if (suspects.length === 0 || this.#legs.flowing() < wanted) {
      this.#dropSuspectsAtMs = Infinity;
      return;
    }
    if (this.#dropSuspectsAtMs === Infinity) this.#dropSuspectsAtMs = nowMs + this.#times.verdictMs;
    if (nowMs < this.#dropSuspectsAtMs) return;
    this.#dropSuspectsAtMs = nowMs + this.#times.verdictMs;
    for (const leg of suspects) {
      // The other one repeats what is known already: the source itself may pause.
      if (leg.silentAt !== undefined && leg.silentAt === this.#next) continue;
      this.#choice.blocked.add(leg.peer.name, 0, nowMs);
      this.#out.push({ kind: "distrust", name: leg.peer.name });
      this.#lose(leg, "silent", nowMs);
    }
  }

  /** Says once in each outage that nobody is left who could be asked. */
  #tellStranded(alone: boolean): void {
    const stranded = alone && this.#everFlowed && this.#legs.flowing() === 0 &&
      this.#legs.held().length === this.#legs.size;
    if (stranded && !this.#stranded) this.#out.push({ kind: "stranded" });
    this.#stranded = stranded;
  }

  #start(wanted: readonly Candidate[], nowMs: number): void {
    for (const { peer } of wanted) {
      if (this.#legs.of(peer.name) !== undefined) continue;
      const oldest = this.#legs.full ? this.#legs.oldestAttempt(wanted) : undefined;
      if (oldest !== undefined) this.#drop(oldest, "replaced");
      if (!this.#legs.full) this.#legs.add(peer, nowMs);
    }
  }

  /** Leaves parents that nobody wants any more. */
  #settle(parents: readonly Candidate[], wanted: readonly Candidate[], nowMs: number): void {
    for (const leg of this.#legs.excess(parents)) this.#drop(leg, "replaced");
    for (const leg of this.#legs.surplus(parents, wanted, this.#times.handoverMs, nowMs)) {
      const delivered = leg.state === "flowing";
      this.#drop(leg, delivered ? "handover" : "replaced");
      if (!delivered) continue;
      this.#handovers++;
      this.#out.push({ kind: "handover" });
    }
  }

  #seekIfLost(nowMs: number): void {
    if (this.#legs.size > 0) return this.#seeker.rest();
    const tries = this.#seeker.due(nowMs);
    if (tries !== undefined) this.#out.push({ kind: "seek", tries });
  }

  #warm(nowMs: number): void {
    const peer = this.#standby?.peer;
    const idle = peer && this.#legs.of(peer.name) === undefined ? peer : undefined;
    if (this.#warmth.due(idle, nowMs)) this.#out.push({ kind: "warm", peer: idle });
  }

  #ask(leg: Leg, freshCookie: boolean, nowMs: number): void {
    leg.asking = true;
    leg.askAtMs = Infinity;
    // Somebody who is suspected is asked to resume, not only to prolong.
    const renew = leg.state === "flowing" || (leg.state === "joined" && nowMs > leg.sinceMs);
    this.#out.push({ kind: "ask", leg: leg.id, peer: leg.peer, renew, freshCookie });
  }

  /** A parent is gone, not left by choice. */
  #lose(leg: Leg, why: DropReason, nowMs: number, lastArrivalMs = nowMs): void {
    this.#drop(leg, why);
    if (leg.state !== "flowing" && leg.state !== "silent") return;
    if (this.#legs.flowing() === 0) {
      this.#outage.lost(Math.min(nowMs, lastArrivalMs));
      return;
    }
    const outageMs = this.#outage.replaced(leg.state === "silent");
    this.#out.push({ kind: "failover", outageMs });
  }

  #drop(leg: Leg, why: DropReason): void {
    this.#legs.delete(leg);
    this.#out.push({ kind: "drop", leg: leg.id, peer: leg.peer, why, tell: why !== "refused" });
  }

  // --- what others see ----------------------------------------------------------------------------

  #state(): SubscriptionStatus["state"] {
    if (this.#finished) return "ended";
    return this.#legs.state(this.#everFlowed && this.#outage.open);
  }

  /** Says what others want to know, when it changed. */
  #tell(): void {
    const held = this.#legs.held();
    const main = held.find((leg) => leg.state === "flowing") ?? held[0];
    if (main !== undefined) {
      this.#path = main.path;
      const shownPath = main.path.join(" ");
      if (shownPath !== this.#shownPath) this.#out.push({ kind: "path", path: main.path });
      this.#shownPath = shownPath;
    }
    const shown = `${this.#state()} ${held.map((leg) => leg.peer.name).join(" ")}`;
    if (shown !== this.#shown) this.#out.push({ kind: "changed" });
    this.#shown = shown;
  }

  #nextWake(nowMs: number): number {
    if (this.#ending !== undefined) return Math.min(this.#ending.untilMs, nowMs + ENDING_TICK_MS);
    if (this.info === undefined) return Infinity;
    let wake = Math.min(this.#dropSuspectsAtMs, this.#choice.blocked.nextMs(nowMs));
    const { pendingGiveUpMs, handoverMs } = this.#times;
    const patienceMs = this.#patienceMs();
    for (const leg of this.#legs.all()) {
      wake = Math.min(wake, legWakeMs(leg, pendingGiveUpMs, handoverMs, patienceMs, nowMs));
    }
    if (this.#legs.size === 0) wake = Math.min(wake, this.#seeker.atMs);
    return Math.min(wake, this.#warmth.atMs);
  }
}
