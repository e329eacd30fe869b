/** What one end knows of one neighbour. Times are the node's own clock in ms. */
import type { Addr } from "../ports.ts";
import type { NodeName, Peer } from "../ids.ts";
import type { LinkQuality } from "../slots.ts";
import { RoundTrip } from "../media/round_trip.ts";
import { Arrivals } from "./arrivals.ts";
import type { Detector } from "./detector.ts";
import { NO_ECHO, type Token } from "./packets.ts";
import { Reception } from "./reception.ts";

/** Share by which heartbeats vary, so that nodes do not beat in step. */
export const BEAT_JITTER = 0.05;
/** Someone who watches this node gets heartbeats for so long after it last said so: 15 heartbeats. */
export const WATCHER_LEASE_MS = 3000;
/** Back-off of probes to an address that does not answer. */
export const TRY_MIN_MS = 200;
/** The longest such wait: a healed partition is found within about this. */
export const TRY_MAX_MS = 2000;
/** The wait for a late heartbeat, beyond its due time: four mean deviations of the delay, within these bounds. */
const GRACE_MIN_MS = 10;
const GRACE_MAX_MS = 100;
/** How long the answer to the last probe is awaited when no round trip is known, and at most. */
const ANSWER_DEFAULT_MS = 250;
const ANSWER_MAX_MS = 1000;
/** An echo older than this is none: the stamps turn over after 71 minutes. */
const ECHO_MAX_US = 60e6;

/** The clock as a stamp: microseconds, modulo 2^32. */
export function stampOf(nowMs: number): number {
  return Math.floor(nowMs * 1000) >>> 0;
}

/** One neighbour: watched, or watching this node, or both. */
export class Link {
  /** The watched peer as others name it; undefined for somebody who only watches this node. */
  peer: Peer | undefined;
  watchCount = 0;
  state: LinkQuality["state"] = "unknown";
  /** Where this end's handshake was answered from; differs from `addr` when that is a host name. */
  answeredFrom: Addr | undefined;
  remoteToken: Token | undefined;
  cookie: Uint8Array | undefined;
  /** Another life answered at this address: the handshake runs anew beside the old tokens. */
  renewing = false;
  openedMs = -Infinity;
  heardMs = -Infinity;
  upMs = -Infinity;
  downMs = -Infinity;
  /** The other end wants heartbeats until then. */
  wantedUntilMs = -Infinity;
  tryAtMs = Infinity;
  tryGapMs = TRY_MIN_MS;
  /** Of a suspect: probes sent, and those that have to go unanswered. */
  probesSent = 0;
  probesWanted = 0;
  probeAtMs = Infinity;
  deadlineMs = Infinity;
  seq = 0;
  lossOut = 0;
  intervalMs: number;
  readonly reception = new Reception();
  readonly arrivals = new Arrivals();
  roundTrip = new RoundTrip();
  /** The newest stamp of the other end, and when it came. */
  #stampUs = 0;
  #stampedMs = -Infinity;
  #deviationMs = 0;

  constructor(
    readonly name: NodeName,
    public addr: Addr,
    public instance: number,
    public token: Token,
    intervalMs: number,
  ) {
    this.intervalMs = intervalMs;
  }

  get watched(): boolean {
    return this.watchCount > 0;
  }

  /** Whether the other end is taken for alive. */
  get alive(): boolean {
    return this.state === "up" || this.state === "suspect";
  }

  /** What the slot shows. */
  quality(): LinkQuality {
    return {
      state: this.state,
      rttMs: this.roundTrip.ms,
      rttVarMs: this.roundTrip.deviationMs,
      lossIn: this.reception.loss,
      lossOut: this.lossOut,
    };
  }

  /** The other end has said which life it is. */
  meet(instance: number): void {
    this.instance = instance;
    if (this.peer !== undefined && this.peer.instance !== instance) {
      this.peer = { ...this.peer, instance };
    }
  }

  /** Whether a heartbeat goes out at each beat. */
  wantsBeat(nowMs: number): boolean {
    return this.remoteToken !== undefined &&
      ((this.watchCount > 0 && this.alive) || this.wantedUntilMs > nowMs);
  }

  /** When this link needs a look at the latest. */
  dueMs(detector: Detector): number {
    if (this.watchCount === 0) return this.wantedUntilMs;
    switch (this.state) {
      case "up":
        return this.renewing
          ? Math.min(this.tryAtMs, detector.suspectAtMs(this))
          : detector.suspectAtMs(this);
      case "suspect":
        return this.probesSent < this.probesWanted ? this.probeAtMs : this.deadlineMs;
      default:
        return this.tryAtMs;
    }
  }

  /** How much later than due a heartbeat may come: four mean deviations of the delay. */
  get graceMs(): number {
    return Math.min(GRACE_MAX_MS, Math.max(GRACE_MIN_MS, 4 * this.#deviationMs));
  }

  /** How long the answer to the last probe may take. */
  answerMs(probeIntervalMs: number): number {
    const wait = this.roundTrip.retryMs(ANSWER_DEFAULT_MS, probeIntervalMs / 4);
    return Math.min(ANSWER_MAX_MS, Math.max(probeIntervalMs, wait));
  }

  /** Takes the newest stamp, to be echoed. */
  stamped(stampUs: number, nowMs: number): void {
    if (this.#stampedMs !== -Infinity) {
      const sentApartMs = ((stampUs - this.#stampUs) | 0) / 1000;
      const jumpMs = Math.abs(nowMs - this.#stampedMs - sentApartMs);
      // A freeze of either end is no jitter of the path.
      if (jumpMs < GRACE_MAX_MS * 2) this.#deviationMs += (jumpMs - this.#deviationMs) / 16;
    }
    this.#stampUs = stampUs;
    this.#stampedMs = nowMs;
  }

  /** The stamp to echo, with the time it was held. */
  echo(nowMs: number): { echoUs: number; holdUs: number } {
    const holdUs = (nowMs - this.#stampedMs) * 1000;
    if (!(holdUs <= ECHO_MAX_US)) return NOTHING_TO_ECHO;
    return { echoUs: this.#stampUs, holdUs: Math.max(0, Math.round(holdUs)) };
  }

  /**
   * Reads an echo of this node's own stamp. Returns when the echoed packet was sent, undefined for none; `measure`
   * takes the round trip too.
   */
  echoed(echoUs: number, holdUs: number, measure: boolean, nowMs: number): number | undefined {
    if (holdUs === NO_ECHO) return undefined;
    const ageUs = (stampOf(nowMs) - echoUs) >>> 0;
    if (ageUs > ECHO_MAX_US) return undefined;
    // The two clocks' rounding may make it one microsecond less than nothing.
    const tripUs = Math.max(0, ageUs - holdUs);
    if (measure) this.roundTrip.sample(tripUs / 1000);
    return nowMs - ageUs / 1000;
  }

  /** A new life or a new link: nothing measured holds any more. */
  forgetMeasures(): void {
    this.reception.reset();
    this.arrivals.reset();
    this.roundTrip = new RoundTrip();
    this.lossOut = 0;
    this.forgetStamps();
  }

  /** Stamps of a former life say nothing to the new one. */
  forgetStamps(): void {
    this.#stampedMs = -Infinity;
    this.#deviationMs = 0;
  }

  /** The node itself slept for `ms`: waits that ran meanwhile are extended, nobody is accused. */
  extend(ms: number, nowMs: number): void {
    this.arrivals.skip();
    if (!this.alive) return;
    this.heardMs = Math.min(nowMs, this.heardMs + ms);
    this.probeAtMs += ms;
    this.deadlineMs += ms;
  }

  /** Tries again after the back-off, spread by a quarter so that many do not try in step. */
  backOff(nowMs: number, random: number): void {
    this.tryAtMs = nowMs + this.tryGapMs * (0.75 + random / 2);
    this.tryGapMs = Math.min(TRY_MAX_MS, this.tryGapMs * 2);
  }

  /** Tries at once, and begins the back-off anew. */
  tryNow(nowMs: number): void {
    this.tryGapMs = TRY_MIN_MS;
    this.tryAtMs = nowMs;
  }
}

const NOTHING_TO_ECHO = { echoUs: 0, holdUs: NO_ECHO };
