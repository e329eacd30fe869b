/**
 * Where one stream comes from: chooses parents, joins, renews, fails over and hands over. A state
 * machine without I/O; `group.ts` turns its effects into messages and orders.
 *
 * A change of parent is always make before break: a parent that may still be alive is left only when
 * another one delivers.
 */
import type { NodeName, Ssrc } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Candidate, PathPolicy, StreamInfo, SubscriptionStatus } from "../../core/slots.ts";
import { Blocklist, isHeld, type Leg, newLeg, restart } from "./legs.ts";
import { UPSTREAM_TIMES, type UpstreamTimes } from "./times.ts";
import type { DropReason, UpstreamIn, UpstreamOptions, UpstreamOut } from "./upstream_events.ts";

/** Incarnations that were replaced and are not gone back to. */
const RETIRED_MAX = 8;
/** Parents at once, whatever happens: two held, two on trial. */
const LEGS_MAX = 4;

/** The machine. `handle` with `tick` is wanted at `wakeMs`. */
export class Upstream implements Machine<UpstreamIn, UpstreamOut> {
  readonly #legs = new Map<number, Leg>();
  readonly #blocked: Blocklist;
  readonly #times: UpstreamTimes;
  readonly #retired: Ssrc[] = [];
  #out: UpstreamOut[] = [];
  #candidates: readonly Candidate[] = [];
  #hinted: readonly Candidate[] = [];
  #hintedUntilMs = 0;
  #info: StreamInfo | undefined;
  #catalogSsrc: Ssrc | undefined;
  #nextLeg = 1;
  #standby: Candidate | undefined;
  #warmAtMs = 0;
  #dropSuspectsAtMs = Infinity;
  #outageSinceMs: number | undefined;
  #gapMs = 0;
  #failoverOpen = false;
  #everFlowed = false;
  #seekTries = 0;
  #seekAtMs = 0;
  #ending: { ssrc: Ssrc; last: number; untilMs: number } | undefined;
  #finished = false;
  #failovers = 0;
  #handovers = 0;
  #lastOutageMs: number | undefined;
  #shown = "";
  #shownPath = "";
  #wakeMs = Infinity;

  constructor(readonly options: UpstreamOptions) {
    this.#times = options.times ?? UPSTREAM_TIMES;
    const { blockBaseMs, blockMaxMs } = this.#times;
    this.#blocked = new Blocklist(blockBaseMs, blockMaxMs, options.random);
  }

  /** When `tick` is wanted. */
  get wakeMs(): number {
    return this.#wakeMs;
  }

  /** The incarnation that is played. */
  get info(): StreamInfo | undefined {
    return this.#info;
  }

  /** At least one parent has accepted this node. */
  get ready(): boolean {
    for (const leg of this.#legs.values()) {
      if (isHeld(leg) && leg.ssrc === this.#info?.ssrc) return true;
    }
    return false;
  }

  /** From the origin to the parent, as the media runs; the last known one during an outage. */
  get path(): readonly NodeName[] {
    return this.#path;
  }
  #path: readonly NodeName[] = [];

  /** Whether the stream reaches this node on a way through `name`. */
  comesThrough(name: NodeName): boolean {
    for (const leg of this.#legs.values()) {
      if (isHeld(leg) && (leg.peer.name === name || leg.path.includes(name))) return true;
    }
    return false;
  }

  /** Whether `name` is asked for the stream just now. */
  asks(name: NodeName): boolean {
    const leg = this.#legOf(name);
    return leg !== undefined && !isHeld(leg);
  }

  status(): Omit<SubscriptionStatus, "stream" | "session"> {
    const held = [...this.#legs.values()].filter(isHeld);
    return {
      state: this.#state(),
      parents: held.map((leg) => leg.peer.name),
      standby: this.#standby?.peer.name,
      failovers: this.#failovers,
      handovers: this.#handovers,
      lastOutageMs: this.#lastOutageMs,
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
        this.#candidates = event.list;
        return;
      case "info":
        return this.#onInfo(event.info, nowMs);
      case "down":
        return this.#onDown(event, nowMs);
      case "ended":
        return this.#onEnded(event, nowMs);
      case "tick":
        return this.#onTick(event.next, nowMs);
      case "stop":
        for (const leg of [...this.#legs.values()]) this.#drop(leg, "stop");
        this.#finished = true;
        this.#wakeMs = Infinity;
        return;
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
        if (leg.ssrc === event.ssrc) this.#onSilent(leg, event.silentMs, nowMs);
        return;
      case "move":
        leg.moving = true;
        this.#blocked.rest(leg.peer.name, this.#times.movedMs, nowMs);
        this.#hint(event.hints, nowMs);
    }
  }

  // --- what happens -------------------------------------------------------------------------------

  #onInfo(info: StreamInfo, nowMs: number): void {
    // What ends is played to its end before anything new under its name is.
    if (this.#ending !== undefined) return;
    const news = info.ssrc !== this.#catalogSsrc;
    this.#catalogSsrc = info.ssrc;
    if (this.#info?.ssrc === info.ssrc) {
      this.#info = info;
      return;
    }
    // An old page of the catalogue must not undo what a parent has shown to be newer.
    if (!news || this.#retired.includes(info.ssrc)) return;
    this.#incarnate(info);
    for (const leg of this.#legs.values()) if (leg.ssrc !== info.ssrc) restart(leg, nowMs);
  }

  #incarnate(info: StreamInfo): void {
    const old = this.#info?.ssrc;
    if (old !== undefined) {
      this.#retired.push(old);
      if (this.#retired.length > RETIRED_MAX) this.#retired.shift();
      this.#outageSinceMs = undefined;
      this.#failoverOpen = false;
    }
    this.#info = info;
    this.#ending = undefined;
    this.#out.push({ kind: "stream", info, old });
  }

  #onJoined(leg: Leg, event: Extract<UpstreamIn, { kind: "joined" }>, nowMs: number): void {
    leg.asking = false;
    if (event.path.includes(this.options.self)) {
      this.#blocked.add(leg.peer.name, 0, nowMs);
      return this.#lose(leg, "loop", nowMs);
    }
    if (event.ssrc !== this.#info?.ssrc) {
      // The parent has not heard of the new incarnation yet.
      if (this.#retired.includes(event.ssrc)) return this.#onPending(leg, 0, nowMs);
      const known = this.#info;
      if (known === undefined) return this.#onPending(leg, 0, nowMs);
      this.#incarnate({ ...known, ssrc: event.ssrc });
      for (const other of this.#legs.values()) if (other !== leg) restart(other, nowMs);
    }
    leg.path = event.path;
    leg.pendingSinceMs = undefined;
    leg.leaseUntilMs = nowMs + event.leaseMs;
    leg.askAtMs = nowMs + event.leaseMs / 3;
    if (isHeld(leg) && leg.ssrc === event.ssrc) return;
    leg.ssrc = event.ssrc;
    leg.caughtUp = false;
    this.#setState(leg, "joined", nowMs);
    this.#out.push({ kind: "accept", leg: leg.id, ssrc: event.ssrc, first: event.first });
  }

  #onPending(leg: Leg, retryMs: number, nowMs: number): void {
    leg.asking = false;
    const wait = Math.min(Math.max(retryMs, this.#times.pendingMinMs), this.#times.pendingMaxMs);
    leg.askAtMs = nowMs + wait;
    // A parent that lost its own parent keeps those it has: its lease decides.
    if (isHeld(leg)) return;
    if (leg.state !== "pending") this.#setState(leg, "pending", nowMs);
    leg.pendingSinceMs ??= nowMs;
  }

  #onRefused(leg: Leg, event: Extract<UpstreamIn, { kind: "refused" }>, nowMs: number): void {
    leg.asking = false;
    this.#out.push({ kind: "refusal", reason: event.reason });
    this.#hint(event.hints, nowMs);
    if (event.reason === "cookie" && !leg.cookieTried) {
      leg.cookieTried = true;
      this.#ask(leg, true, nowMs);
      return;
    }
    const { name } = leg.peer;
    this.#blocked.add(name, Math.min(event.retryMs, this.#times.blockMaxMs), nowMs);
    this.#lose(leg, "refused", nowMs);
    // A parent that leaves or serves nobody is of no use for any stream.
    if (event.reason === "leaving" || event.reason === "not-serving") this.#distrust(name);
  }

  #onFailed(leg: Leg, nowMs: number): void {
    leg.asking = false;
    if (leg.state === "flowing" || leg.state === "joined") {
      leg.askAtMs = nowMs + this.#times.renewRetryMs;
      return;
    }
    this.#blocked.add(leg.peer.name, 0, nowMs);
    this.#distrust(leg.peer.name);
    this.#lose(leg, leg.state === "silent" ? "silent" : "failed", nowMs);
  }

  #onFlowing(leg: Leg, nowMs: number): void {
    if (!isHeld(leg)) return;
    this.#setState(leg, "flowing", nowMs);
    this.#blocked.forgive(leg.peer.name);
    if (leg.moving) this.#blocked.rest(leg.peer.name, this.#times.movedMs, nowMs);
    this.#everFlowed = true;
    this.#seekTries = 0;
    if (this.#outageSinceMs === undefined) return;
    this.#gapMs = Math.max(0, nowMs - this.#outageSinceMs);
    this.#outageSinceMs = undefined;
    if (!this.#failoverOpen) return;
    this.#failoverOpen = false;
    this.#failedOver(this.#gapMs);
  }

  #onSilent(leg: Leg, silentMs: number, nowMs: number): void {
    if (leg.state !== "flowing") return;
    this.#setState(leg, "silent", nowMs);
    leg.caughtUp = false;
    // Asks over the control plane whether it is alive; it also repeats what was lost on the way.
    if (!leg.asking) leg.askAtMs = nowMs;
    if (!this.#anyFlowing()) this.#outageSinceMs ??= nowMs - silentMs;
  }

  #onDown(event: Extract<UpstreamIn, { kind: "down" }>, nowMs: number): void {
    const leg = this.#legOf(event.name);
    // Others may hear of a death after this machine; whoever restarted is welcome at once.
    if (event.why !== "restarted") this.#blocked.rest(event.name, this.#times.downMs, nowMs);
    if (leg === undefined) return;
    this.#lose(leg, "down", nowMs, event.lastArrivalMs);
  }

  #onEnded(event: Extract<UpstreamIn, { kind: "ended" }>, nowMs: number): void {
    if (event.ssrc !== this.#info?.ssrc || this.#ending !== undefined) return;
    const untilMs = nowMs + this.#times.endingMs;
    this.#ending = { ssrc: event.ssrc, last: event.last, untilMs };
  }

  #onTick(next: number | undefined, nowMs: number): void {
    const ending = this.#ending;
    if (ending !== undefined) {
      const whole = next !== undefined && next > ending.last;
      if (!whole && nowMs < ending.untilMs) return;
      this.#out.push({ kind: "over", ssrc: ending.ssrc, last: ending.last });
      for (const leg of [...this.#legs.values()]) this.#drop(leg, "stop");
      this.#finished = true;
      this.#wakeMs = Infinity;
      this.#out.push({ kind: "changed" });
      return;
    }
    for (const leg of [...this.#legs.values()]) {
      if (nowMs >= leg.leaseUntilMs) {
        this.#blocked.add(leg.peer.name, 0, nowMs);
        this.#lose(leg, "lease", nowMs);
      } else if (
        leg.pendingSinceMs !== undefined &&
        nowMs - leg.pendingSinceMs >= this.#times.pendingGiveUpMs
      ) {
        this.#blocked.add(leg.peer.name, 0, nowMs);
        this.#lose(leg, "failed", nowMs);
      }
    }
  }

  // --- what follows from it -----------------------------------------------------------------------

  /** Brings the legs in line with what the path policy wants. */
  #reconcile(nowMs: number): void {
    // While the end is near nobody new is asked; the rest arrives from whoever is there.
    if (this.#ending === undefined && this.#info !== undefined) {
      const usable = this.#usable(nowMs);
      this.#dropOutdated(usable, nowMs);
      this.#dropSuspects(usable, nowMs);
      const { parents, standby } = this.#choose(this.#usable(nowMs));
      this.#standby = standby;
      const wanted = [...parents];
      const suspect = this.#suspects(nowMs).length > 0;
      if (suspect && standby !== undefined) wanted.push(standby);
      this.#start(wanted, nowMs);
      this.#settle(parents, wanted, nowMs);
      this.#seekIfLost(nowMs);
      this.#warm(nowMs);
    }
    for (const leg of this.#legs.values()) {
      if (leg.askAtMs <= nowMs && !leg.asking) this.#ask(leg, false, nowMs);
    }
    this.#tell();
    this.#wakeMs = this.#nextWake(nowMs);
  }

  #usable(nowMs: number): readonly Candidate[] {
    const open = (one: Candidate) =>
      one.peer.name !== this.options.self && !this.#blocked.has(one.peer.name, nowMs);
    const listed = this.#candidates.filter(open);
    if (nowMs >= this.#hintedUntilMs) return listed;
    const names = new Set(this.#candidates.map((one) => one.peer.name));
    return [...listed, ...this.#hinted.filter((one) => !names.has(one.peer.name) && open(one))];
  }

  #choose(usable: readonly Candidate[]): ReturnType<PathPolicy["choose"]> {
    if (usable.length === 0) return { parents: [], standby: undefined };
    const current = [...this.#legs.values()].filter((leg) => isHeld(leg) && !leg.moving)
      .map((leg) => leg.peer.name);
    return this.options.policy.choose(usable, current);
  }

  /** A parent that is back as another incarnation of itself knows nothing of us. */
  #dropOutdated(usable: readonly Candidate[], nowMs: number): void {
    for (const { peer } of usable) {
      const leg = this.#legOf(peer.name);
      if (leg === undefined || peer.instance <= leg.peer.instance) continue;
      this.#lose(leg, "down", nowMs);
    }
  }

  /** Legs that should deliver by now and do not. */
  #suspects(nowMs: number): readonly Leg[] {
    const patience = this.#patienceMs();
    return [...this.#legs.values()].filter((leg) =>
      leg.state === "silent" || (leg.state !== "flowing" && nowMs - leg.startedMs >= patience)
    );
  }

  /** How long a new parent may take to deliver: short while nobody else does. */
  #patienceMs(): number {
    if (this.#anyFlowing()) return this.#times.handoverMs;
    return this.#everFlowed ? this.#times.hedgeMs : this.#times.unprovenMs;
  }

  /** Those in doubt go when enough others deliver, after a moment in which they may come back. */
  #dropSuspects(usable: readonly Candidate[], nowMs: number): void {
    const suspects = this.#suspects(nowMs).filter(isHeld);
    const wanted = Math.max(1, this.#choose(usable).parents.length);
    const flowing = [...this.#legs.values()].filter((leg) => leg.state === "flowing").length;
    if (suspects.length === 0 || flowing < wanted) {
      this.#dropSuspectsAtMs = Infinity;
      return;
    }
    if (this.#dropSuspectsAtMs === Infinity) this.#dropSuspectsAtMs = nowMs + this.#times.verdictMs;
    if (nowMs < this.#dropSuspectsAtMs) return;
    this.#dropSuspectsAtMs = Infinity;
    for (const leg of suspects) {
      this.#blocked.add(leg.peer.name, 0, nowMs);
      this.#distrust(leg.peer.name);
      this.#lose(leg, "silent", nowMs);
    }
  }

  #start(wanted: readonly Candidate[], nowMs: number): void {
    for (const { peer } of wanted) {
      if (this.#legOf(peer.name) !== undefined) continue;
      if (this.#legs.size >= LEGS_MAX) this.#dropOldestAttempt(wanted);
      if (this.#legs.size >= LEGS_MAX) return;
      const leg = newLeg(this.#nextLeg++, peer, nowMs);
      this.#legs.set(leg.id, leg);
    }
  }

  #dropOldestAttempt(wanted: readonly Candidate[]): void {
    for (const leg of this.#legs.values()) {
      if (isHeld(leg) || wanted.some((one) => one.peer.name === leg.peer.name)) continue;
      return this.#drop(leg, "replaced");
    }
  }

  /** Leaves parents that nobody wants any more, once all that are wanted deliver. */
  #settle(parents: readonly Candidate[], wanted: readonly Candidate[], nowMs: number): void {
    const isWanted = (leg: Leg) => wanted.some((one) => one.peer.name === leg.peer.name);
    const surplus = [...this.#legs.values()].filter((leg) => !isWanted(leg));
    if (surplus.length === 0 || parents.length === 0) return;
    const surplusFlows = surplus.some((leg) => leg.state === "flowing");
    const settled = parents.every(({ peer }) => {
      const leg = this.#legOf(peer.name);
      if (leg?.state !== "flowing") return false;
      return leg.caughtUp || !surplusFlows || nowMs - leg.sinceMs >= this.#times.handoverMs;
    });
    if (!settled) return;
    for (const leg of surplus) {
      const wasParent = isHeld(leg) && this.#everFlowed && leg.state === "flowing";
      this.#drop(leg, wasParent ? "handover" : "replaced");
      if (!wasParent) continue;
      this.#handovers++;
      this.#out.push({ kind: "handover" });
    }
  }

  #seekIfLost(nowMs: number): void {
    if (this.#legs.size > 0) {
      this.#seekAtMs = 0;
      return;
    }
    if (this.#seekAtMs === 0) this.#seekAtMs = nowMs;
    if (nowMs < this.#seekAtMs) return;
    this.#seekTries++;
    const { seekBaseMs, seekMaxMs } = this.#times;
    const wait = Math.min(seekMaxMs, seekBaseMs * 2 ** Math.min(this.#seekTries - 1, 16));
    this.#seekAtMs = nowMs + wait * (0.75 + this.options.random() / 2);
    this.#out.push({ kind: "seek", tries: this.#seekTries });
  }

  #warmed: NodeName | undefined;
  #warm(nowMs: number): void {
    const standby = this.#standby;
    if (standby === undefined || this.#legOf(standby.peer.name) !== undefined) {
      this.#warmed = undefined;
      return;
    }
    if (this.#warmed === standby.peer.name && nowMs < this.#warmAtMs) return;
    this.#warmed = standby.peer.name;
    this.#warmAtMs = nowMs + this.#times.warmMs;
    this.#out.push({ kind: "warm", peer: standby.peer });
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
    const mattered = leg.state === "flowing" || leg.state === "silent";
    this.#drop(leg, why);
    if (!mattered) return;
    if (this.#anyFlowing()) {
      // Somebody else delivers already: the gap, if there was one, is over and was measured.
      this.#failedOver(leg.state === "silent" ? this.#gapMs : 0);
      return;
    }
    this.#outageSinceMs ??= Math.min(nowMs, lastArrivalMs);
    this.#failoverOpen = true;
  }

  #failedOver(outageMs: number): void {
    this.#failovers++;
    this.#lastOutageMs = outageMs;
    this.#out.push({ kind: "failover", outageMs });
  }

  #drop(leg: Leg, why: DropReason): void {
    this.#legs.delete(leg.id);
    this.#out.push({ kind: "drop", leg: leg.id, peer: leg.peer, why, tell: why !== "refused" });
  }

  #hint(hints: readonly Candidate[], nowMs: number): void {
    if (hints.length === 0) return;
    this.#hinted = hints;
    this.#hintedUntilMs = nowMs + this.#times.hintMs;
  }

  #distrust(name: NodeName): void {
    this.#out.push({ kind: "distrust", name });
  }

  #setState(leg: Leg, state: Leg["state"], nowMs: number): void {
    if (leg.state === state) return;
    leg.state = state;
    leg.sinceMs = nowMs;
  }

  #legOf(name: NodeName): Leg | undefined {
    for (const leg of this.#legs.values()) if (leg.peer.name === name) return leg;
    return undefined;
  }

  #anyFlowing(): boolean {
    for (const leg of this.#legs.values()) if (leg.state === "flowing") return true;
    return false;
  }

  #state(): SubscriptionStatus["state"] {
    if (this.#finished) return "ended";
    const legs = [...this.#legs.values()];
    if (legs.length === 0) return "seeking";
    const flowing = legs.filter((leg) => leg.state === "flowing").length;
    if (flowing === legs.length) return "flowing";
    if (this.#everFlowed && this.#outageSinceMs !== undefined) return "switching";
    return flowing > 0 ? "switching" : "joining";
  }

  /** Says what others want to know, when it changed. */
  #tell(): void {
    const held = [...this.#legs.values()].filter(isHeld);
    const main = held.find((leg) => leg.state === "flowing") ?? held[0];
    if (main !== undefined) {
      const path = main.path.join(" ");
      this.#path = main.path;
      if (path !== this.#shownPath) {
        this.#shownPath = path;
        this.#out.push({ kind: "path", path: main.path });
      }
    }
    const shown = JSON.stringify([this.#state(), held.map((leg) => leg.peer.name)]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#out.push({ kind: "changed" });
  }

  #nextWake(nowMs: number): number {
    if (this.#ending !== undefined) return Math.min(this.#ending.untilMs, nowMs + 20);
    if (this.#info === undefined) return Infinity;
    let wake = Math.min(this.#dropSuspectsAtMs, this.#blocked.nextMs(nowMs));
    const patience = this.#patienceMs();
    for (const leg of this.#legs.values()) {
      wake = Math.min(wake, leg.askAtMs, leg.leaseUntilMs);
      if (leg.pendingSinceMs !== undefined) {
        wake = Math.min(wake, leg.pendingSinceMs + this.#times.pendingGiveUpMs);
      }
      const proven = leg.state === "flowing"
        ? leg.sinceMs + this.#times.handoverMs
        : leg.startedMs + patience;
      if (proven > nowMs) wake = Math.min(wake, proven);
    }
    if (this.#legs.size === 0) wake = Math.min(wake, this.#seekAtMs);
    if (this.#warmed !== undefined) wake = Math.min(wake, this.#warmAtMs);
    return wake;
  }
}
