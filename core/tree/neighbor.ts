/** What the tree knows of one neighbor: whether it is up, what its link costs, whether it is trusted. */
import type { Peer } from "../ids.ts";
import type { LinkQuality } from "../slots.ts";

/** No link is cheaper, so that costs grow strictly along every path. */
const COST_MIN_US = 50;
/** No link is dearer: ten seconds. */
const COST_MAX_US = 10_000_000;
/** Costs are multiples of this, so that noise does not change them. */
const COST_STEP_US = 10;
/** Weight of the newest of the measurements, one a second. */
const GAIN = 0.3;
/** A deviation beyond this is a change of the link, not noise: taken at once. */
const JUMP_SHARE = 0.2;
const JUMP_MIN_US = 250;
/** Loss below this is not told from none by 32 heartbeats. */
const LOSS_MIN = 0.02;
const LOSS_MAX = 0.9;
/** For how long distrust bars a parent: first, at most, and forgotten after so long without. */
const DISTRUST_MIN_MS = 1000;
const DISTRUST_MAX_MS = 30_000;
const DISTRUST_FORGET_MS = 60_000;

function usableLoss(share: number): number {
  return share < LOSS_MIN ? 0 : Math.min(LOSS_MAX, share);
}

/** What a link costs: half its round trip, as often as a packet and its answer must be sent to get through (ETX). */
export function linkCostUs(quality: LinkQuality): number | undefined {
  if (quality.rttMs === undefined) return undefined;
  if (quality.state !== "up" && quality.state !== "suspect") return undefined;
  const arrives = (1 - usableLoss(quality.lossIn)) * (1 - usableLoss(quality.lossOut));
  return Math.min(COST_MAX_US, Math.max(COST_MIN_US, quality.rttMs * 500 / arrives));
}

/** One neighbor. */
export class Neighbor {
  up = false;
  /** Steady cost of the link; undefined: not to be used. */
  linkUs: number | undefined;
  distrustedUntilMs = -Infinity;
  #distrustMs = DISTRUST_MIN_MS;
  #smoothUs: number | undefined;

  constructor(public peer: Peer) {}

  /** Whether streams may be taken from it, as far as the link goes. */
  get usable(): boolean {
    return this.up && this.linkUs !== undefined;
  }

  /**
   * Takes a measurement; true when the steady cost changed. Small drifts are taken in only when
   * `refresh` says so, once for each announcement interval.
   */
  measure(quality: LinkQuality, refresh: boolean): boolean {
    const cost = linkCostUs(quality);
    if (cost === undefined) return false;
    const before = this.#smoothUs;
    const smooth = before === undefined ? cost : before + GAIN * (cost - before);
    this.#smoothUs = smooth;
    const held = this.linkUs;
    const off = held === undefined ? Infinity : Math.abs(smooth - held);
    const jumped = off > Math.max(JUMP_MIN_US, (held ?? 0) * JUMP_SHARE);
    if (!jumped && !refresh) return false;
    const next = Math.max(COST_MIN_US, Math.round(smooth / COST_STEP_US) * COST_STEP_US);
    this.linkUs = next;
    return next !== held;
  }

  /** The link is gone; what was measured says nothing of the next, and a death explains what it was distrusted for. */
  forget(): void {
    this.up = false;
    this.linkUs = undefined;
    this.#smoothUs = undefined;
    this.distrustedUntilMs = -Infinity;
    this.#distrustMs = DISTRUST_MIN_MS;
  }

  /** Bars it as parent; each time longer. */
  distrust(nowMs: number): void {
    if (nowMs - this.distrustedUntilMs > DISTRUST_FORGET_MS) this.#distrustMs = DISTRUST_MIN_MS;
    // Told several times about one and the same trouble.
    if (nowMs < this.distrustedUntilMs) return;
    this.distrustedUntilMs = nowMs + this.#distrustMs;
    this.#distrustMs = Math.min(DISTRUST_MAX_MS, this.#distrustMs * 2);
  }

  /** Continues a predecessor's distrust and measurements. */
  adopt(costUs: number | undefined, distrustedMs: number, nowMs: number): void {
    this.linkUs = costUs;
    this.#smoothUs = costUs;
    if (distrustedMs > 0) this.distrustedUntilMs = nowMs + distrustedMs;
  }
}
