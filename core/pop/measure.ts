/** What is known of one POP. */
import type { PopInfo } from "../slots.ts";
import { RoundTrip } from "../media/round_trip.ts";
import type { PopConfig } from "./config.ts";

/** One lost probe counts 3 %; half of that is forgotten after 22 more. */
const LOSS_GAIN = 1 / 32;
/** A probe is given up after the round trip and four deviations (RFC 6298), within these bounds. */
const TIMEOUT_MIN_MS = 100;
const TIMEOUT_MAX_MS = 1000;
/** A POP that was trusted this long starts again with the shortest distrust. */
const FORGIVEN_MS = 60_000;
const DISTRUST_MAX_MS = 60_000;
/** A distrusted POP is offered after this share of the distrust when there is no other. */
const LAST_RESORT_SHARE = 0.2;

/** A POP's room, as its own answers say. */
export interface Load {
  readonly children: number;
  readonly maxChildren: number;
  readonly closed: boolean;
}

/** What survives when this plugin is swapped for another. */
export interface Knowledge {
  readonly name: string;
  readonly instance: number;
  readonly rttMs: number;
  readonly lossShare: number;
  /** Whether it was the first of the list. */
  readonly first: boolean;
}

/** One POP, measured. */
export class MeasuredPop {
  readonly #trip = new RoundTrip();
  lossShare = 0;
  /** Unanswered probes in a row. */
  misses = 0;
  /** Whether it ever answered, us or the plugin that was here before. */
  answered = false;
  burstLeft: number;
  nextProbeMs = Infinity;
  lastProbeMs = -Infinity;
  /** Number of the probe that is under way. */
  probe: number | undefined;
  /** Since when it beats the first by the hysteresis without a break. */
  betterSinceMs: number | undefined;
  /** The score it was last ordered by: small changes do not shuffle the list. */
  shownScore = Infinity;
  #load: Load | undefined;
  #distrusts = 0;
  #distrustedUntilMs = -Infinity;
  #lastResortMs = -Infinity;
  #answeredSinceDistrust = true;

  #info: PopInfo;

  constructor(info: PopInfo, burst: number) {
    this.#info = info;
    this.burstLeft = burst;
  }

  get info(): PopInfo {
    return this.#info;
  }

  /** Follows the catalogue; `stale`: its own last answer is older than what the catalogue says. */
  describe(info: PopInfo, stale: boolean): void {
    this.#info = info;
    if (stale) this.#load = undefined;
  }

  /** Smoothed round trip; a predecessor's until the first answer. */
  get rttMs(): number | undefined {
    return this.#trip.ms;
  }

  get rttVarMs(): number {
    return this.#trip.deviationMs;
  }

  /** Its room: what it answered, else what the catalogue says. */
  get load(): Load {
    const { children, maxChildren, closed } = this.#room();
    return { children, maxChildren, closed };
  }

  /** The same without a copy: scores are taken often. */
  #room(): Load {
    return this.#load ?? this.#info;
  }

  get timeoutMs(): number {
    if (!this.answered) return TIMEOUT_MAX_MS;
    return Math.min(
      TIMEOUT_MAX_MS,
      Math.max(TIMEOUT_MIN_MS, this.#trip.retryMs(TIMEOUT_MAX_MS, 0)),
    );
  }

  /** Takes over what a predecessor measured: it answered then, so it counts as alive until it proves dead. */
  inherit(known: Knowledge): void {
    this.answered = true;
    this.#trip.hint(known.rttMs);
    this.lossShare = known.lossShare;
  }

  replied(rttMs: number, load: Load): void {
    this.probe = undefined;
    this.misses = 0;
    this.lossShare -= LOSS_GAIN * this.lossShare;
    this.#load = load;
    this.#answeredSinceDistrust = true;
    this.#trip.sample(rttMs);
    this.answered = true;
  }

  missed(): void {
    this.probe = undefined;
    this.misses++;
    this.lossShare += LOSS_GAIN * (1 - this.lossShare);
  }

  distrust(nowMs: number, baseMs: number): void {
    if (nowMs - this.#distrustedUntilMs > FORGIVEN_MS) this.#distrusts = 0;
    const forMs = Math.min(baseMs * 2 ** this.#distrusts, Math.max(baseMs, DISTRUST_MAX_MS));
    this.#distrusts++;
    this.#distrustedUntilMs = nowMs + forMs;
    this.#lastResortMs = nowMs + LAST_RESORT_SHARE * forMs;
    this.#answeredSinceDistrust = false;
  }

  /** When it changes from distrusted to a last resort or to trusted; Infinity when neither lies ahead. */
  trustChangesMs(nowMs: number): number {
    if (nowMs < this.#lastResortMs) return this.#lastResortMs;
    return nowMs < this.#distrustedUntilMs ? this.#distrustedUntilMs : Infinity;
  }

  trusted(nowMs: number): boolean {
    return nowMs >= this.#distrustedUntilMs;
  }

  /** Distrusted, but alive and perhaps better than nothing. */
  lastResort(nowMs: number): boolean {
    return nowMs >= this.#lastResortMs && this.#answeredSinceDistrust;
  }

  /**
   * Answers and is open. For the first of the list a full house is no reason to leave: this viewer
   * may be one of those who fill it.
   */
  usable(config: PopConfig, first: boolean): boolean {
    const { closed, children, maxChildren } = this.#room();
    const open = !closed || (first && children >= maxChildren);
    return this.answered && this.misses < config.misses && open;
  }

  /** Share of its room that is taken. `joined`: this viewer is among the children already. */
  loadShare(joined: boolean): number {
    const { children, maxChildren } = this.#room();
    return Math.min(1, (children + (joined ? 0 : 1)) / Math.max(1, maxChildren));
  }

  /** How far away it is: milliseconds, with jitter and loss counted in; lower is better. */
  distance(config: PopConfig): number {
    const { ms, deviationMs } = this.#trip;
    if (ms === undefined) return Infinity;
    return ms + config.jitterWeight * deviationMs + config.lossWeight * this.lossShare ** 2;
  }

  /** Distance and load together, in milliseconds; lower is better. */
  score(config: PopConfig, joined: boolean): number {
    return this.distance(config) + config.loadWeight * this.loadShare(joined) ** 2;
  }
}
