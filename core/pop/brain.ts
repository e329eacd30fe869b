/**
 * The common brain of POP selections: probes, smooths, scores, and changes its mind slowly; whom it looks at
 * is the plugin's, as a `Chooser`. The formula and the rules are in the README of `pop-selection`.
 */
import type { Rng } from "../ports.ts";
import type { NodeName } from "../ids.ts";
import type { Machine } from "../plugin.ts";
import type { PopInfo, RankedPop } from "../slots.ts";
import type { PopConfig } from "./config.ts";
import { type Chooser, lowest } from "./chooser.ts";
import { type Knowledge, type Load, MeasuredPop } from "./measure.ts";

/** What the brain is told. */
export type In =
  /** The catalogue's POPs, all of them. */
  | { readonly kind: "pops"; readonly pops: readonly PopInfo[] }
  | {
    readonly kind: "replied";
    readonly name: NodeName;
    readonly probe: number;
    readonly rttMs: number;
    readonly load: Load;
  }
  | { readonly kind: "missed"; readonly name: NodeName; readonly probe: number }
  | { readonly kind: "distrust"; readonly name: NodeName }
  | { readonly kind: "tick" };

/** What the brain wants done. */
export type Out =
  | {
    readonly kind: "probe";
    readonly pop: PopInfo;
    readonly probe: number;
    readonly timeoutMs: number;
  }
  /** The ranking changed in its first place, its members or its order. */
  | { readonly kind: "changed" }
  /** Send a `tick` at this time; a later wish replaces an earlier one. */
  | { readonly kind: "wake"; readonly atMs: number };

/** Why the first of the list was replaced. */
export type ChangeReason = "first" | "better" | "lost";

/** Totals for metrics. */
export interface SelectionCounters {
  probes: number;
  replies: number;
  misses: number;
  ignoredPops: number;
  readonly changes: Record<ChangeReason, number>;
}

/** Probes are spread by this share of the interval to either side. */
const INTERVAL_JITTER_SHARE = 0.2;
/** Patience is stretched by up to this share. */
const PATIENCE_JITTER_SHARE = 0.5;
/** Probes of a burst follow an answer within this time. */
const BURST_GAP_MS = 20;
/** Of more POPs than are probed at once, this share of the probes goes round among the distant ones. */
const ROTATION_SHARE = 1 / 4;
/** Dead POPs are probed ever more rarely, up to this. */
const DEAD_INTERVAL_MAX_MS = 10_000;
/** A POP that was not probed for so many intervals is as full as the catalogue says. */
const STALE_INTERVALS = 3;
/** A score that changed by less than this share and this much keeps its place in the list. */
const SHUFFLE_SHARE = 0.1;
const SHUFFLE_MIN_MS = 1;

/** Ranks POPs for one viewer. */
export class PopBrain implements Machine<In, Out> {
  readonly counters: SelectionCounters = {
    probes: 0,
    replies: 0,
    misses: 0,
    ignoredPops: 0,
    changes: { first: 0, better: 0, lost: 0 },
  };
  readonly #self: NodeName;
  readonly #config: PopConfig;
  readonly #chooser: Chooser;
  readonly #rng: Rng;
  readonly #pops = new Map<NodeName, MeasuredPop>();
  #inherited: ReadonlyMap<string, Knowledge> = new Map();
  #order: readonly MeasuredPop[] = [];
  #first: MeasuredPop | undefined;
  #patienceMs = 0;
  #metMs: number | undefined;
  #rotateMs = Infinity;
  #probe = 0;
  #out: Out[] = [];

  constructor(self: NodeName, config: PopConfig, chooser: Chooser, rng: Rng) {
    this.#self = self;
    this.#config = config;
    this.#chooser = chooser;
    this.#rng = rng;
  }

  /** Those that answer and are open, best first. */
  ranked(): readonly RankedPop[] {
    return this.#order.map((pop) => ({
      pop: { ...pop.info, ...pop.load },
      rttMs: pop.rttMs,
      lossShare: pop.lossShare,
      score: pop.score(this.#config, pop === this.#first),
    }));
  }

  /** Everything known, for the admin API. */
  all(nowMs: number): readonly object[] {
    return [...this.#pops.values()].map((pop) => ({
      name: pop.info.peer.name,
      rank: this.#order.indexOf(pop) + 1 || undefined,
      rttMs: pop.rttMs,
      rttVarMs: pop.rttVarMs,
      lossShare: pop.lossShare,
      score: pop.rttMs === undefined ? undefined : pop.score(this.#config, pop === this.#first),
      ...pop.load,
      answers: pop.answered && pop.misses < this.#config.misses,
      trusted: pop.trusted(nowMs),
    }));
  }

  /** POPs known and POPs that may be used. */
  get sizes(): { readonly known: number; readonly usable: number } {
    return { known: this.#pops.size, usable: this.#order.length };
  }

  /** What a successor may start from. */
  knowledge(): readonly Knowledge[] {
    return [...this.#pops.values()].flatMap((pop) =>
      pop.rttMs === undefined || pop.misses > 0 ? [] : [{
        name: pop.info.peer.name,
        instance: pop.info.peer.instance,
        rttMs: pop.rttMs,
        lossShare: pop.lossShare,
        first: pop === this.#first,
      }]
    );
  }

  /** Takes over what a predecessor knew, its choice included: a swap moves nobody. */
  inherit(known: readonly Knowledge[]): void {
    this.#inherited = new Map(known.map((one) => [one.name, one]));
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    switch (event.kind) {
      case "pops":
        this.#meet(event.pops, nowMs);
        break;
      case "replied":
        this.#replied(event, nowMs);
        break;
      case "missed":
        this.#missed(event, nowMs);
        break;
      case "distrust":
        this.#distrust(event.name, nowMs);
        break;
      case "tick":
        break;
    }
    if (nowMs >= this.#rotateMs) this.#rotate(nowMs);
    this.#probeDue(nowMs);
    this.#choose(nowMs);
    this.#wake(nowMs);
    return this.#out;
  }

  /** Follows the catalogue; a POP that restarted or moved is measured anew. */
  #meet(pops: readonly PopInfo[], nowMs: number): void {
    const gone = new Set(this.#pops.keys());
    const others = pops.filter(({ peer }) => peer.name !== this.#self);
    let met = false;
    for (const info of others.slice(0, this.#config.popsMax)) {
      const { name, instance, control } = info.peer;
      gone.delete(name);
      const known = this.#pops.get(name);
      const before = known?.info.peer;
      const same = before?.instance === instance && before.control.host === control.host &&
        before.control.port === control.port;
      if (known !== undefined && same) {
        const stale = nowMs - known.lastProbeMs > STALE_INTERVALS * this.#config.interval;
        known.describe(info, stale);
        continue;
      }
      const pop = new MeasuredPop(info, this.#config.burst);
      const past = this.#inherited.get(name);
      if (past?.instance === instance) {
        pop.inherit(past);
        if (past.first) this.#first ??= pop;
      }
      this.#pops.set(name, pop);
      met = true;
    }
    this.counters.ignoredPops += Math.max(0, others.length - this.#config.popsMax);
    for (const name of gone) this.#pops.delete(name);
    if (this.#pops.size > 0) this.#metMs ??= nowMs;
    if (met) this.#rotate(nowMs);
  }

  /** Decides who is probed until the next turn. */
  #rotate(nowMs: number): void {
    const { probedMax, interval } = this.#config;
    const all = [...this.#pops.values()];
    if (all.length <= probedMax) {
      this.#rotateMs = Infinity;
      for (const pop of all) this.#activate(pop, nowMs);
      return;
    }
    this.#rotateMs = nowMs + interval;
    const near = Math.ceil(probedMax * (1 - ROTATION_SHARE));
    // Strangers come in random order, or a thousand viewers would all begin with the same POPs.
    const shuffled = all.map((pop) => ({ pop, dice: this.#rng.next() }));
    shuffled.sort((a, b) => order(this.#nearness(a.pop), this.#nearness(b.pop)) || a.dice - b.dice);
    const nearest = shuffled.slice(0, near);
    const distant = shuffled.slice(near).sort((a, b) =>
      order(a.pop.lastProbeMs, b.pop.lastProbeMs) || a.dice - b.dice
    );
    const turn = distant.slice(0, probedMax - near);
    for (const { pop } of [...nearest, ...turn]) this.#activate(pop, nowMs);
    for (const { pop } of distant.slice(probedMax - near)) pop.nextProbeMs = Infinity;
  }

  /** How near a POP is by what is known; the first always stays near. */
  #nearness(pop: MeasuredPop): number {
    return pop === this.#first ? -1 : pop.score(this.#config, false);
  }

  #activate(pop: MeasuredPop, nowMs: number): void {
    if (pop.nextProbeMs < Infinity || pop.probe !== undefined) return;
    pop.nextProbeMs = nowMs + this.#rng.next() * BURST_GAP_MS;
  }

  #probeDue(nowMs: number): void {
    for (const pop of this.#pops.values()) {
      if (pop.probe !== undefined || nowMs < pop.nextProbeMs) continue;
      pop.probe = this.#probe = (this.#probe + 1) >>> 0;
      pop.lastProbeMs = nowMs;
      // Planned when its fate is known.
      pop.nextProbeMs = Infinity;
      this.counters.probes++;
      const { info, probe, timeoutMs } = pop;
      this.#out.push({ kind: "probe", pop: info, probe, timeoutMs });
    }
  }

  #replied(event: Extract<In, { kind: "replied" }>, nowMs: number): void {
    const pop = this.#pops.get(event.name);
    if (pop?.probe !== event.probe) return;
    pop.replied(event.rttMs, event.load);
    this.counters.replies++;
    pop.burstLeft = Math.max(0, pop.burstLeft - 1);
    pop.nextProbeMs = nowMs +
      (pop.burstLeft > 0 ? this.#rng.next() * BURST_GAP_MS : this.#intervalMs());
  }

  /** One miss may be chance, so the next probes follow at once; then it is dead, and asked rarely. */
  #missed(event: Extract<In, { kind: "missed" }>, nowMs: number): void {
    const pop = this.#pops.get(event.name);
    if (pop?.probe !== event.probe) return;
    pop.missed();
    this.counters.misses++;
    pop.burstLeft = Math.max(0, pop.burstLeft - 1);
    const dead = pop.misses - this.#config.misses;
    const waitMs = Math.min(
      this.#intervalMs() * 2 ** Math.max(0, dead),
      Math.max(DEAD_INTERVAL_MAX_MS, this.#config.interval),
    );
    pop.nextProbeMs = dead < 0 ? nowMs : nowMs + waitMs;
  }

  #distrust(name: NodeName, nowMs: number): void {
    const pop = this.#pops.get(name);
    if (pop === undefined) return;
    pop.distrust(nowMs, this.#config.distrust);
    if (pop.probe === undefined) pop.nextProbeMs = nowMs;
  }

  #intervalMs(): number {
    const stretch = 1 + INTERVAL_JITTER_SHARE * (2 * this.#rng.next() - 1);
    return this.#config.interval * stretch;
  }

  /** Whether the first choice may be made: everybody was heard often enough, or time is up. */
  #settled(nowMs: number): boolean {
    if (this.#metMs === undefined) return false;
    if (nowMs - this.#metMs >= this.#config.settle) return true;
    for (const pop of this.#pops.values()) {
      if (pop.burstLeft > 0 && (pop.nextProbeMs < Infinity || pop.probe !== undefined)) {
        return false;
      }
    }
    return true;
  }

  #choose(nowMs: number): void {
    if (this.#first === undefined && !this.#settled(nowMs)) return;
    const usable = this.#usable(nowMs);
    const previous = this.#first;
    this.#first = this.#pick(usable, nowMs);
    if (this.#first !== previous) {
      this.#patienceMs = this.#config.patience * (1 + PATIENCE_JITTER_SHARE * this.#rng.next());
      for (const pop of usable) pop.betterSinceMs = undefined;
    }
    const list = [...this.#sort(usable), ...this.#distrusted(usable, nowMs)];
    const changed = list.length !== this.#order.length ||
      list.some((pop, i) => pop !== this.#order[i]);
    this.#order = list;
    if (changed) this.#out.push({ kind: "changed" });
  }

  #usable(nowMs: number): readonly MeasuredPop[] {
    const alive = [...this.#pops.values()].filter((pop) =>
      pop.usable(this.#config, pop === this.#first)
    );
    const trusted = alive.filter((pop) => pop.trusted(nowMs));
    return trusted.length > 0 ? trusted : alive.filter((pop) => pop.lastResort(nowMs));
  }

  /** Those that failed lately and answer again: behind all others, better than nobody when the first dies. */
  #distrusted(usable: readonly MeasuredPop[], nowMs: number): readonly MeasuredPop[] {
    if (usable.length === 0) return [];
    const rest = [...this.#pops.values()].filter((pop) =>
      !usable.includes(pop) && pop.usable(this.#config, false) && pop.lastResort(nowMs)
    );
    return rest.sort((a, b) => a.score(this.#config, false) - b.score(this.#config, false));
  }

  /** The first of the list: the one there is, unless it is lost or another has been better for long. */
  #pick(usable: readonly MeasuredPop[], nowMs: number): MeasuredPop | undefined {
    const { hysteresis, minGain } = this.#config;
    const first = this.#first;
    if (first === undefined || !usable.includes(first)) {
      const next = this.#chooser.initial(usable);
      if (next !== undefined) this.counters.changes[first === undefined ? "first" : "lost"]++;
      return next;
    }
    const held = first.score(this.#config, true);
    const bar = Math.min(held * (1 - hysteresis), held - minGain);
    const rivals = new Set(this.#chooser.rivals(usable, first, nowMs));
    for (const pop of usable) if (!rivals.has(pop)) pop.betterSinceMs = undefined;
    const patient = [...rivals].filter((pop) => {
      pop.betterSinceMs = pop.score(this.#config, false) < bar
        ? pop.betterSinceMs ?? nowMs
        : undefined;
      return pop.betterSinceMs !== undefined && nowMs - pop.betterSinceMs >= this.#patienceMs;
    });
    const next = lowest(patient, (pop) => pop.score(this.#config, false));
    if (next === undefined) return first;
    this.counters.changes.better++;
    return next;
  }

  /** The first, then the others by score; scores that hardly changed keep their places. */
  #sort(usable: readonly MeasuredPop[]): readonly MeasuredPop[] {
    for (const pop of usable) {
      const score = pop.score(this.#config, pop === this.#first);
      const change = Math.abs(score - pop.shownScore);
      const small = change < Math.max(SHUFFLE_MIN_MS, SHUFFLE_SHARE * pop.shownScore);
      if (!small || pop.shownScore === Infinity) pop.shownScore = score;
    }
    // From the old order on, sorting takes next to nothing.
    const left = new Set(usable);
    const kept = this.#order.filter((pop) => left.delete(pop));
    return [...kept, ...left].sort((a, b) => {
      if (a === this.#first || b === this.#first) return a === this.#first ? -1 : 1;
      return a.shownScore - b.shownScore || (a.info.peer.name < b.info.peer.name ? -1 : 1);
    });
  }

  #wake(nowMs: number): void {
    let atMs = this.#rotateMs;
    for (const pop of this.#pops.values()) {
      atMs = Math.min(atMs, pop.nextProbeMs, pop.trustChangesMs(nowMs));
    }
    if (this.#first === undefined && this.#metMs !== undefined) {
      const settledMs = this.#metMs + this.#config.settle;
      if (settledMs > nowMs) atMs = Math.min(atMs, settledMs);
    }
    if (atMs < Infinity) this.#out.push({ kind: "wake", atMs });
  }
}

/** Compares numbers that may both be infinite. */
function order(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
