/** What a stream knows of one child: where it is sent from, what it may cost, what it reports. */
import { Budget } from "./budget.ts";
import type { Link } from "./link.ts";
import type { Rate } from "./rate.ts";

/** Packets sent to one child in one go: a default socket buffer holds about 90 datagrams. */
export const BURST_PACKETS = 32;
/** A replay runs at four times the stream's rate, or at 20 Mbit/s where that is more. */
const REPLAY_FACTOR = 4;
const REPLAY_PACKETS_PER_MS = 20_000 / 8 / 1328;
/** Retransmissions that wait for their turn. */
const QUEUE_MAX = 1024;
/** Retransmissions remembered, so that none is sent twice within a round trip. */
const RECENT_SLOTS = 512;
/** The retransmission budget holds what half a second earns, and never less than this. */
const REPAIR_DEPTH_MS = 500;
const REPAIR_DEPTH_BYTES = 64 * 1328;
/** Numbers one child may ask for: four times the stream's, and 1,000 a second. */
const ASK_DEPTH = 4096;
/** Loss from which a link is not worth repairing: every repair would need more than one and a half tries. */
const STRAIN_LOSS = 0.35;
/** Strain that lasts this long cuts the budget; that long, and the child is told to go, again and again. */
const STRAIN_CUT_MS = 1500;
const STRAIN_TELL_MS = 4000;
const STRAIN_AGAIN_MS = 5000;
/** Round trip that has grown to three times the shortest and 100 ms: a queue is filling. */
const STRAIN_TRIP_FACTOR = 3;
const STRAIN_TRIP_MS = 100;

/** Packets per millisecond at which one child is replayed to. */
export function replayRate(rate: Rate): number {
  return Math.max(REPLAY_FACTOR * rate.packetsPerMs, REPLAY_PACKETS_PER_MS);
}

/** One child of one stream. */
export class Child {
  readonly link: Link;
  /** While catching up: the next number to send. */
  cursor = 0;
  catching = false;
  /** Packets and bytes sent to it alone, and those of the live flow before it joined that (negative). */
  packets = 0;
  bytes = 0;
  retransmits = 0;
  nextReportMs: number;
  lossShare = 0;
  jitterMs = 0;
  readonly pace: Budget;
  readonly #repairs: Budget;
  readonly #asks: Budget;
  #queue: number[] = [];
  #queueAt = 0;
  #recentNumbers: Float64Array | undefined;
  #recentTimes: Float64Array | undefined;
  /** Since when every report shows strain. */
  #strainedMs = Infinity;
  #toldMs = -Infinity;
  #shortestTripMs = Infinity;

  constructor(link: Link, nowMs: number) {
    this.link = link;
    this.nextReportMs = nowMs + 100;
    this.pace = new Budget(BURST_PACKETS, nowMs);
    this.#repairs = new Budget(REPAIR_DEPTH_BYTES, nowMs);
    this.#asks = new Budget(ASK_DEPTH, nowMs);
  }

  /** Lets `count` asked numbers pass, or none: what is over the limit is not even read. */
  mayAsk(count: number, rate: Rate, nowMs: number): boolean {
    this.#asks.refill(nowMs, 4 * rate.packetsPerMs + 1, ASK_DEPTH);
    return this.#asks.take(count);
  }

  /** Whether the budget covers one more retransmission of `bytes`. */
  mayRepair(bytes: number, share: number, rate: Rate, nowMs: number): boolean {
    const perMs = rate.bytesPerMs * share * (nowMs - this.#strainedMs >= STRAIN_CUT_MS ? 0.25 : 1);
    this.#repairs.refill(nowMs, perMs, Math.max(REPAIR_DEPTH_BYTES, perMs * REPAIR_DEPTH_MS));
    return this.#repairs.take(bytes);
  }

  /** Whether this number was sent again less than `withinMs` ago. */
  repairedWithin(number: number, withinMs: number, nowMs: number): boolean {
    const slot = number % RECENT_SLOTS;
    return this.#recentNumbers?.[slot] === number &&
      nowMs - (this.#recentTimes?.[slot] ?? 0) < withinMs;
  }

  /** Remembers that this number was sent again. */
  repaired(number: number, nowMs: number): void {
    this.#recentNumbers ??= new Float64Array(RECENT_SLOTS).fill(-1);
    this.#recentTimes ??= new Float64Array(RECENT_SLOTS);
    this.#recentNumbers[number % RECENT_SLOTS] = number;
    this.#recentTimes[number % RECENT_SLOTS] = nowMs;
  }

  /** Lets the pace earn what time has earned. */
  refillPace(rate: Rate, nowMs: number): void {
    this.pace.refill(nowMs, replayRate(rate), BURST_PACKETS);
  }

  /** Retransmissions that wait. */
  get waiting(): number {
    return this.#queue.length - this.#queueAt;
  }

  /** Queues a retransmission; false when the queue is full. */
  enqueue(number: number): boolean {
    if (this.waiting >= QUEUE_MAX) return false;
    this.#queue.push(number);
    return true;
  }

  /** The next retransmission that waits, if the pace lets it go. */
  dequeue(): number | undefined {
    if (this.waiting === 0 || !this.pace.take(1)) return undefined;
    const number = this.#queue[this.#queueAt++];
    if (this.#queueAt === this.#queue.length) {
      this.#queue = [];
      this.#queueAt = 0;
    }
    return number;
  }

  /** A receiver report; true when the child should be told to go elsewhere. */
  report(lossShare: number, jitterMs: number, nowMs: number): boolean {
    this.lossShare = lossShare;
    this.jitterMs = jitterMs;
    const tripMs = this.link.trip.ms;
    if (tripMs !== undefined) this.#shortestTripMs = Math.min(this.#shortestTripMs, tripMs);
    const slow = tripMs !== undefined &&
      tripMs > STRAIN_TRIP_FACTOR * this.#shortestTripMs + STRAIN_TRIP_MS;
    if (lossShare <= STRAIN_LOSS && !slow) this.#strainedMs = Infinity;
    else this.#strainedMs = Math.min(this.#strainedMs, nowMs);
    if (nowMs - this.#strainedMs < STRAIN_TELL_MS) return false;
    if (nowMs - this.#toldMs < STRAIN_AGAIN_MS) return false;
    this.#toldMs = nowMs;
    return true;
  }
}
