/**
 * Repair by request (RFC 4585): a gap is asked for after a short wait for reordered packets, again each
 * round trip (RFC 6298), until the hop's time is spent. Answers are bounded by a budget at the sender.
 */
import type { LinkId, NackOptions } from "../api.ts";
import { NONE, type Place } from "../gaps.ts";
import type { Parent } from "../parent.ts";
import { giveUp, type HopRecovery, type HopView, patienceMs } from "./recovery.ts";

/** The first wait for reordered packets, where the round trip is not shorter: networks seldom reorder. */
const REORDER_FIRST_MS = 10;
/** Where hardly one round trip fits, no more than this share of the time beside it goes into that wait. */
const REORDER_SPARE_SHARE = 1 / 4;
const REORDER_LEAST_MS = 2;
/** The wait is a bit longer than the latest packet that was only reordered. */
const REORDER_MARGIN = 1.25;
/** How much of a wait that proved too long is forgotten with each gap. */
const REORDER_DECAY = 1 / 64;
/** Repeats come at least this long after the smoothed round trip: timers are no finer than 1 ms. */
const RETRY_MARGIN_MS = 3;
/** Repeat interval before anything is measured: RIST's usual assumption for an unknown path is 100 ms. */
const RETRY_UNKNOWN_MS = 100;
/** Requests to one parent keep this distance, so that a storm of losses makes few, full requests. */
const ASK_GAP_MS = 4;
/** Another parent that has not come as far yet is given a quarter of the time, at most this long. */
const OTHER_PATH_MAX_MS = 50;
/**
 * When there is no time for another round trip the last request is sent several times, and each is answered:
 * as often as it takes to leave one packet in 100,000 missing, three times at most.
 */
const URGENT_RESIDUE = 1e-5;
const URGENT_MAX = 3;
const URGENT_GAP_MS = 5;
const URGENT_GAP_MIN_MS = 2;
/**
 * A request goes out in several copies, of which the parent answers one: it is small and seldom, and a
 * lost one costs a round trip. Where losses come in bursts the same burst would swallow one request after
 * the other, because a burst lasts as long as it takes a few packets to go up. So the first and the second
 * go out twice, the third three times, up to this. In a storm nearly all requests are repeated ones: so
 * every number that is asked for first earns one copy, and a link that loses more than that share gets none.
 */
const FIRST_COPIES = 2;
const REPEAT_COPIES_MAX = 6;
const REPEAT_EARNED = 1;
const REPEAT_EARNED_MAX = 32;
const REPEAT_LOSS_MAX = 0.25;
/** Reports tell a storm a second late; that most requests are repeated ones tells it at once. */
const STORM_REPEATS = 0.5;
const STORM_WEIGHT = 1 / 32;
/** The answer should be here this long before it is needed: a hole shows later than its packet was due. */
const ANSWER_MARGIN_MS = 3;
/** Loss assumed of a link that has shown less. */
const URGENT_LOSS_MIN = 0.03;
/** With more missing than this they are gone through no more often than requests may be sent, */
const MANY_MISSING = 256;
/** and with more than this less often: looking at all of them costs most when a node has least time. */
const LOOKED_AT = 1024;
/** Numbers asked for in the time between two requests: far more than any parent's budget answers. The oldest come first. */
const ASKED_MAX = 512;
/** Nobody to ask just now: looked at again after this. */
const NOBODY_MS = 5;

/** CNAME of reports: the same on every node, as the SSRC of a stream is (RFC 3550, section 6.5.1). */
export const CNAME = "espalier";

/** Requests for one parent that wait to be sent together. */
class Asking {
  reorderMs: number | undefined;
  numbers: number[] = [];
  repeated: number[] = [];
  urgent: number[] = [];
  /** Copies for what has been asked for in vain. */
  copies = 2;
  /** Copies that may be sent. */
  earned = 0;
  /** Share of the latest requests that were repeated ones. */
  repeatShare = 0;

  get size(): number {
    return this.numbers.length + this.repeated.length + this.urgent.length;
  }
}

/** How often the last request is sent, after `asks` in vain, on a link that loses `loss` each way. */
function urgentCopies(loss: number, asks: number): number {
  const share = Math.max(URGENT_LOSS_MIN, loss);
  const failure = 1 - (1 - share) ** 2;
  // Two in vain say that this link loses in bursts, and that the share promises too much.
  let copies = asks < 2 ? 1 : 2;
  for (let left = share * failure ** (asks + 1); left > URGENT_RESIDUE; left *= failure) {
    if (copies === URGENT_MAX) break;
    copies++;
  }
  return copies;
}

/** Requests of one stream. */
export class NackRecovery implements HopRecovery {
  readonly #options: NackOptions;
  readonly #asking = new Map<LinkId, Asking>();
  #restMs = -Infinity;

  constructor(options: NackOptions) {
    this.#options = options;
  }

  get budgetShare(): number {
    return this.#options.budgetShare;
  }

  forget(link: LinkId): void {
    this.#asking.delete(link);
  }

  #of(parent: Parent): Asking {
    let asking = this.#asking.get(parent.link.id);
    if (asking === undefined) this.#asking.set(parent.link.id, asking = new Asking());
    return asking;
  }

  /** The wait while no reordering has been seen. */
  #baseMs(parent: Parent, repairMs: number): number {
    const tripMs = parent.link.trip.ms ?? 4 * REORDER_FIRST_MS;
    const spareMs = Math.max(REORDER_LEAST_MS, (repairMs - tripMs) * REORDER_SPARE_SHARE);
    return Math.min(REORDER_FIRST_MS, tripMs / 4, spareMs, this.#options.reorderMaxMs);
  }

  firstAskMs(parent: Parent, nowMs: number, repairMs: number): number {
    const asking = this.#of(parent);
    const baseMs = this.#baseMs(parent, repairMs);
    if (asking.reorderMs === undefined) return nowMs + baseMs;
    asking.reorderMs -= (asking.reorderMs - baseMs) * REORDER_DECAY;
    return nowMs + Math.max(baseMs, asking.reorderMs);
  }

  reordered(parent: Parent, sinceMs: number, nowMs: number): void {
    const asking = this.#of(parent);
    const lateMs = nowMs - sinceMs;
    // What comes later than any wait is no reordering: a replay, or a path that changed.
    if (lateMs > this.#options.reorderMaxMs) return;
    const waitMs = Math.min(this.#options.reorderMaxMs, lateMs * REORDER_MARGIN);
    if (waitMs > (asking.reorderMs ?? 0)) asking.reorderMs = waitMs;
  }

  run(view: HopView, nowMs: number): number {
    if (nowMs < this.#restMs) return this.#restMs;
    const { gaps } = view;
    const turns = Math.ceil(gaps.size / LOOKED_AT);
    this.#restMs = gaps.size > MANY_MISSING ? nowMs + turns * ASK_GAP_MS : -Infinity;
    const waitMs = patienceMs(view);
    let nextMs = Infinity;
    let room = turns * ASKED_MAX;
    for (let missing = gaps.first; missing !== NONE;) {
      const later = gaps.laterThan(missing);
      const overMs = gaps.sinceMs(missing) + waitMs;
      if (nowMs >= overMs) giveUp(view, missing);
      else {
        nextMs = Math.min(nextMs, overMs);
        if (gaps.asks(missing) < this.#options.triesMax) {
          const isDue = gaps.dueMs(missing) <= nowMs;
          // Whoever could still be asked for is, as soon as requests may be sent again: the rest need not be looked at.
          if (isDue && room-- === 0) {
            nextMs = nowMs;
            break;
          }
          if (isDue) gaps.setDue(missing, this.#ask(view, missing, overMs, nowMs));
          nextMs = Math.min(nextMs, gaps.dueMs(missing));
        }
      }
      missing = later;
    }
    for (const parent of view.parents) this.#send(view, parent, nowMs);
    return Math.max(nextMs, this.#restMs);
  }

  /** Asks for it, or sees that it cannot be asked for yet; returns when to ask again. */
  #ask(view: HopView, missing: Place, overMs: number, nowMs: number): number {
    const { gaps } = view;
    const parent = this.#choose(view, missing, nowMs);
    if (parent === undefined) return nowMs + NOBODY_MS;
    if (nowMs < parent.nextAskMs) return parent.nextAskMs;
    const { trip } = parent.link;
    const retryMs = trip.retryMs(RETRY_UNKNOWN_MS, RETRY_MARGIN_MS);
    const lastMs = overMs - (trip.ms ?? RETRY_UNKNOWN_MS) - ANSWER_MARGIN_MS;
    const number = gaps.numberAt(missing);
    const before = gaps.asks(missing);
    let urgent = gaps.urgent(missing);
    if (urgent < 0 && nowMs + retryMs > lastMs && nowMs <= lastMs) {
      urgent = urgentCopies(parent.lossShare, before);
    }
    const asking = this.#of(parent);
    const repeated = before > 0;
    gaps.setAsks(missing, before + 1);
    asking.repeatShare += ((repeated ? 1 : 0) - asking.repeatShare) * STORM_WEIGHT;
    if (!repeated) asking.earned = Math.min(REPEAT_EARNED_MAX, asking.earned + REPEAT_EARNED);
    asking.copies = Math.min(REPEAT_COPIES_MAX, Math.max(asking.copies, before + 1));
    if (urgent <= 0) {
      gaps.setUrgent(missing, urgent);
      (repeated ? asking.repeated : asking.numbers).push(number);
      return nowMs + retryMs;
    }
    gaps.setUrgent(missing, --urgent);
    asking.urgent.push(number);
    const gapMs = Math.max(URGENT_GAP_MIN_MS, Math.min(URGENT_GAP_MS, (lastMs - nowMs) / 2));
    return nowMs + (urgent > 0 ? gapMs : retryMs);
  }

  /** The parent that should have delivered it: first the one that showed the gap, then in turn. */
  #choose(view: HopView, missing: Place, nowMs: number): Parent | undefined {
    const number = view.gaps.numberAt(missing);
    let chosen: Parent | undefined;
    let candidates = 0;
    const turn = view.gaps.asks(missing);
    for (const parent of view.parents) {
      if (number < parent.first || parent.silent) continue;
      if (number > parent.shown) {
        const waitMs = Math.min(OTHER_PATH_MAX_MS, view.limits.repairMs / 4);
        if (parent.flowing && nowMs - view.gaps.sinceMs(missing) < waitMs) return undefined;
        continue;
      }
      candidates++;
      if (turn === 0 && parent.link.id === view.gaps.shownBy(missing)) return parent;
    }
    if (candidates === 0) return undefined;
    let index = turn % candidates;
    for (const parent of view.parents) {
      if (number < parent.first || parent.silent || number > parent.shown) continue;
      if (index-- === 0) chosen = parent;
    }
    return chosen;
  }

  #send(view: HopView, parent: Parent, nowMs: number): void {
    const asking = this.#asking.get(parent.link.id);
    if (asking === undefined || asking.size === 0) return;
    const { numbers, repeated, urgent } = asking;
    asking.numbers = [];
    asking.repeated = [];
    asking.urgent = [];
    const isStorm = parent.lossShare > REPEAT_LOSS_MAX;
    const copies = isStorm ? 1 : Math.min(asking.copies, 1 + asking.earned);
    if (repeated.length + urgent.length > 0) asking.earned -= copies - 1;
    asking.copies = 2;
    const isNewStorm = isStorm || asking.repeatShare > STORM_REPEATS;
    this.#sendList(view, parent, numbers, isNewStorm ? 1 : FIRST_COPIES, false);
    this.#sendList(view, parent, repeated, copies, false);
    this.#sendList(view, parent, urgent, copies, true);
    parent.nextAskMs = nowMs + (urgent.length > 0 ? URGENT_GAP_MIN_MS : ASK_GAP_MS);
  }

  #sendList(
    view: HopView,
    parent: Parent,
    numbers: readonly number[],
    copies: number,
    urgent: boolean,
  ): void {
    const { writer, reporter, ssrc } = view;
    for (let sent = 0; sent < numbers.length;) {
      writer.reset().receiverReport(reporter).cname(reporter, CNAME);
      if (urgent) writer.urgent(ssrc);
      const used = writer.nack(reporter, ssrc, numbers, sent);
      if (used === 0) return;
      sent += used;
      const request = writer.take();
      for (let copy = 0; copy < copies; copy++) {
        view.tally.nacksSent++;
        view.out.send(request, parent.link.alone);
      }
    }
  }
}
