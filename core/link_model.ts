/**
 * A model of one direction of an impaired link: what happens to each packet, as a pure function of the
 * settings, the time and a stream of random numbers. The seeded world uses it for every simulated
 * link; the same model can stand in front of real sockets.
 */
import type { Rng } from "./ports.ts";

/** Gilbert-Elliott burst loss: two states, left with a fixed probability at every packet. */
export interface BurstLoss {
  /** Probability, per packet, that a good link turns bad. */
  readonly pGoodToBad: number;
  /** Probability, per packet, that a bad link turns good; 1 / this is the mean burst in packets. */
  readonly pBadToGood: number;
  /** Share of packets lost while bad; while good, `lossShare` applies. */
  readonly lossInBad: number;
}

/** What a link does to packets. Shares are probabilities per packet, in [0, 1]. */
export interface LinkSettings {
  /** One-way latency. */
  readonly delayMs: number;
  /** Largest deviation from `delayMs`, both ways; the total never falls below 0. */
  readonly jitterMs: number;
  /** `uniform` within the bounds, or `normal`: bell-shaped, `jitterMs` being three standard deviations. */
  readonly jitterShape: "uniform" | "normal";
  /** Keeps the order of packets whatever the jitter, as one queue does; otherwise jitter reorders. */
  readonly fifo: boolean;
  readonly lossShare: number;
  readonly burst: BurstLoss | undefined;
  readonly duplicateShare: number;
  /** These packets are held back by `reorderExtraMs`, and others overtake them, also with `fifo`. */
  readonly reorderShare: number;
  readonly reorderExtraMs: number;
  /** These packets arrive with flipped bits; see `corrupted`. */
  readonly corruptShare: number;
  /** Line rate in bit/s; undefined is unlimited. */
  readonly rateBits: number | undefined;
  /** Packets that would wait longer than this for the line are dropped (tail drop). */
  readonly queueMs: number;
  /** Loses everything. */
  readonly down: boolean;
}

/** A link that delivers everything, in order, at once. */
export const PERFECT_LINK: LinkSettings = {
  delayMs: 0,
  jitterMs: 0,
  jitterShape: "uniform",
  fifo: true,
  lossShare: 0,
  burst: undefined,
  duplicateShare: 0,
  reorderShare: 0,
  reorderExtraMs: 0,
  corruptShare: 0,
  rateBits: undefined,
  // The depth of queue that the network emulators of this field use where nothing is said.
  queueMs: 100,
  down: false,
};

/** What a link did, in packets, since it was made. */
export interface LinkModelCounters {
  readonly offered: number;
  readonly lost: number;
  /** Lost because the queue before the line was full. */
  readonly queueDropped: number;
  /** Lost because the link was down. */
  readonly downDropped: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
}

const LOST: readonly number[] = [];

/** One direction of a link, with the state that its settings need (queue, burst state, order). */
export class LinkModel {
  #settings: LinkSettings;
  #bad = false;
  #lineFreeMs = -Infinity;
  #lastArrivalMs = -Infinity;
  #corrupted = false;
  readonly #delays: number[] = [];
  readonly #counters = {
    offered: 0,
    lost: 0,
    queueDropped: 0,
    downDropped: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
  };

  constructor(settings: Partial<LinkSettings> = {}) {
    this.#settings = { ...PERFECT_LINK, ...settings };
  }

  /** What holds just now. */
  get settings(): LinkSettings {
    return this.#settings;
  }

  /** Changes some settings from the next packet on; the queue and the burst state stay. */
  change(settings: Partial<LinkSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    if (this.#settings.burst === undefined) this.#bad = false;
  }

  /** Totals so far; a live view. */
  get counters(): LinkModelCounters {
    return this.#counters;
  }

  /** Whether the packet of the last `plan` arrives with flipped bits. */
  get corrupted(): boolean {
    return this.#corrupted;
  }

  /**
   * Sends a packet of `sizeBytes` at `nowMs`: one delay in ms for each copy that arrives, none when
   * it is lost. The array is valid until the next call. `nowMs` never falls.
   */
  plan(sizeBytes: number, nowMs: number, rng: Rng): readonly number[] {
    const settings = this.#settings;
    const counters = this.#counters;
    counters.offered++;
    this.#corrupted = false;
    if (settings.down) {
      counters.downDropped++;
      return LOST;
    }
    if (this.#loses(rng)) {
      counters.lost++;
      return LOST;
    }
    const lineMs = this.#line(sizeBytes, nowMs);
    if (lineMs < 0) {
      counters.queueDropped++;
      return LOST;
    }
    const delays = this.#delays;
    delays.length = 0;
    delays.push(this.#flight(lineMs, nowMs, rng));
    if (settings.duplicateShare > 0 && rng.next() < settings.duplicateShare) {
      counters.duplicated++;
      delays.push(this.#flight(lineMs, nowMs, rng));
    }
    if (settings.corruptShare > 0 && rng.next() < settings.corruptShare) {
      counters.corrupted++;
      this.#corrupted = true;
    }
    return delays;
  }

  /** Steps the burst state and draws whether this packet is lost. */
  #loses(rng: Rng): boolean {
    const { burst, lossShare } = this.#settings;
    if (burst !== undefined) {
      const turn = this.#bad ? burst.pBadToGood : burst.pGoodToBad;
      if (rng.next() < turn) this.#bad = !this.#bad;
    }
    const loss = this.#bad && burst !== undefined ? burst.lossInBad : lossShare;
    return loss > 0 && rng.next() < loss;
  }

  /** Milliseconds until the packet has left on the line, -1 when the queue is full. */
  #line(sizeBytes: number, nowMs: number): number {
    const { rateBits, queueMs } = this.#settings;
    if (rateBits === undefined) return 0;
    const startMs = Math.max(nowMs, this.#lineFreeMs);
    if (startMs - nowMs > queueMs) return -1;
    this.#lineFreeMs = startMs + sizeBytes * 8000 / rateBits;
    return this.#lineFreeMs - nowMs;
  }

  /** The whole delay of one copy. */
  #flight(lineMs: number, nowMs: number, rng: Rng): number {
    const settings = this.#settings;
    let delayMs = settings.delayMs;
    if (settings.jitterMs > 0) {
      const draw = settings.jitterShape === "uniform"
        ? rng.next()
        : (rng.next() + rng.next() + rng.next()) / 3;
      delayMs = Math.max(0, delayMs + (2 * draw - 1) * settings.jitterMs);
    }
    delayMs += lineMs;
    if (settings.reorderShare > 0 && rng.next() < settings.reorderShare) {
      this.#counters.reordered++;
      return delayMs + settings.reorderExtraMs;
    }
    if (settings.fifo) {
      delayMs = Math.max(delayMs, this.#lastArrivalMs - nowMs);
      this.#lastArrivalMs = nowMs + delayMs;
    }
    return delayMs;
  }
}

/** A copy of a packet with one or three bits flipped: an odd number, so that none undoes another. */
export function corrupt(bytes: Uint8Array, rng: Rng): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  const flips = rng.next() < 0.5 ? 1 : 3;
  for (let i = 0; i < flips; i++) {
    const at = Math.floor(rng.next() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(rng.next() * 8));
  }
  return copy;
}
