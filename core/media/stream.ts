/**
 * One stream at one node: what comes from parents is kept, handed on at once, and put in order for local
 * receivers. Numbers are extended; nothing here reads a clock or sends by itself.
 */
import type { Ssrc } from "../ids.ts";
import { rtpSequence, rtpTimestamp } from "../wire/rtp.ts";
import type { RtcpWriter } from "../wire/rtcp.ts";
import type { LinkId, StreamLimits, StreamPosition } from "./api.ts";
import { Children } from "./children.ts";
import { Tally } from "./counters.ts";
import { Gaps, NONE, type Place } from "./gaps.ts";
import type { Link } from "./link.ts";
import type { Outbox } from "./out.ts";
import { Packetizer } from "./packetizer.ts";
import { Parent } from "./parent.ts";
import { ParityStage } from "./parity_stage.ts";
import { PendingChildren } from "./pending.ts";
import { PreRoll } from "./pre_roll.ts";
import { Rate } from "./rate.ts";
import type { Receiver, StreamEnd } from "./receiver.ts";
import { Receivers, type ReceiversHost } from "./receivers.ts";
import type { HopRecovery, HopView } from "./recovery/recovery.ts";
import { Rhythm } from "./rhythm.ts";
import { Ring } from "./ring.ts";
import type { StreamHost } from "./stream_host.ts";

/** Parents beyond dual path and one handover are refused. */
const PARENTS_MAX = 4;
/** Missing packets tracked at most. */
const MISSING_MAX = 8192;
/** A jump further than this counts only when confirmed: a third of a second at 8 Mbit/s. */
const JUMP_PACKETS = 256;
/** The origin itself: no link. */
const NO_LINK: LinkId = -1;

/** One stream. */
export class Stream implements HopView, ReceiversHost {
  readonly ssrc: Ssrc;
  limits: StreamLimits;
  readonly recovery: HopRecovery;
  readonly host: StreamHost;
  readonly ring: Ring;
  readonly gaps: Gaps;
  readonly rate = new Rate();
  readonly rhythm = new Rhythm();
  readonly tally = new Tally();
  readonly children: Children;
  readonly parents: Parent[] = [];
  readonly receivers: Receivers;
  readonly preRoll = new PreRoll();
  readonly out: Outbox;
  readonly writer: RtcpWriter;
  readonly reporter: number;
  packetizer: Packetizer | undefined;
  end: StreamEnd | undefined;
  /** Farewells still to send. */
  farewells = 0;
  farewellMs = Infinity;
  /** When `tick` is due: see `Agenda`. */
  deadlineMs = Infinity;
  place = -1;
  /** Children's reports and idle reports, kept by `reports.ts`. */
  nextReportMs = Infinity;
  idleReportMs = Infinity;
  idleStep = 0;
  parentSaidBye = false;
  /** In the engine's list of streams whose position may have changed. */
  moved = false;
  /** First number expected; -1 before it is known. */
  base = -1;
  /** Newest number that is held, missing or skipped. */
  top = -1;
  lastTimestamp = 0;
  lastArrivalMs = 0;
  readonly #pending = new PendingChildren();
  readonly #parity: ParityStage;
  #storedMs = 0;

  constructor(ssrc: Ssrc, limits: StreamLimits, recovery: HopRecovery, host: StreamHost) {
    this.ssrc = ssrc;
    this.limits = limits;
    this.recovery = recovery;
    this.host = host;
    this.out = host.out;
    this.writer = host.writer;
    this.reporter = host.reporter;
    this.ring = new Ring(limits.ringPackets, limits.ringMs, host.memory);
    this.gaps = new Gaps(Math.min(this.ring.max, MISSING_MAX), this.ring.max);
    this.children = new Children(this.out, this.ring, this.rate);
    this.receivers = new Receivers(this.ring, this);
    this.#parity = new ParityStage(ssrc, this.ring, this.children, recovery.parity);
  }

  /** The hop's time; where nobody else waits, not longer than the local receivers do. */
  get repairMs(): number {
    const { repairMs } = this.limits;
    if (this.children.size > 0 || this.receivers.list.length === 0) return repairMs;
    return Math.min(repairMs, this.receivers.budgetMs);
  }

  /** The parent on this link. */
  parentOn(link: LinkId): Parent | undefined {
    for (const parent of this.parents) if (parent.link.id === link) return parent;
    return undefined;
  }

  /** This node numbers the packets itself. */
  originate(first: number, nowMs: number): void {
    if (this.packetizer !== undefined || this.base >= 0) return;
    this.packetizer = new Packetizer(this.ssrc, first, (bytes, number, atMs) => {
      this.top = number;
      this.#store(number, bytes, NO_LINK, atMs);
    });
    this.#anchor(first, nowMs);
  }

  #anchor(first: number, nowMs: number): void {
    if (this.base >= 0) return;
    this.base = first;
    this.top = first - 1;
    for (const { link, from, done } of this.#pending.take()) {
      done(this.#join(link, from, nowMs));
    }
    this.receivers.begin(this.base, nowMs);
  }

  /** Accepts media from `link`, beginning with `first`; false when there are too many parents. */
  accept(link: Link, first: number, nowMs: number): boolean {
    let parent = this.parentOn(link.id);
    if (parent !== undefined) {
      // Repeating an order changes nothing; a parent that begins anew beyond what it showed does.
      if (first === parent.first || first <= parent.shown + 1) return true;
      parent.anchor(first);
    } else {
      if (this.parents.length >= PARENTS_MAX) return false;
      parent = new Parent(link, first, nowMs);
      this.parents.push(parent);
      link.acquire(nowMs);
    }
    this.#anchor(first, nowMs);
    if (first > this.top + 1 && !this.#fedByOther(parent)) this.#skip(first);
    this.host.wake(this, nowMs);
    for (const bytes of this.preRoll.take(link.id, nowMs)) this.media(parent, bytes, nowMs);
    return true;
  }

  #fedByOther(parent: Parent): boolean {
    return this.parents.some((other) => other !== parent && other.flowing && !other.silent);
  }

  /** Nobody has what lies before `first`: the stream goes on there. */
  #skip(first: number): void {
    const packets = first - 1 - this.top;
    this.ring.skip(this.top + 1, first - 1);
    this.top = first - 1;
    this.tally.gaps += packets;
    this.tally.unrecovered += packets;
    this.out.events.push({ kind: "skipped", ssrc: this.ssrc, packets });
  }

  /** Forgets a parent. */
  leave(link: LinkId): boolean {
    const at = this.parents.findIndex((parent) => parent.link.id === link);
    const parent = this.parents[at];
    if (parent === undefined) return false;
    this.parents.splice(at, 1);
    parent.link.release();
    this.recovery.forget(link);
    return true;
  }

  /** An RTP packet of this stream from one of its parents. */
  media(parent: Parent, bytes: Uint8Array, nowMs: number): void {
    const { tally } = this;
    const repaired = ((bytes[11] ?? 0) & 1) !== 0;
    const number = parent.unwrap(rtpSequence(bytes));
    tally.packetsIn++;
    tally.bytesIn += bytes.length;
    parent.packets++;
    parent.bytes += bytes.length;
    if (number - this.top > JUMP_PACKETS && !this.#jumps(parent, number, bytes, nowMs)) return;
    const jump = number - this.top;
    if (!parent.flowing || parent.silent) this.#flows(parent, nowMs);
    if (repaired) parent.retransmits++;
    else parent.original(number, rtpTimestamp(bytes), nowMs);
    if (jump > 0) {
      if (jump > 1) this.#open(this.top + 1, number - 1, parent, nowMs);
      this.top = number;
    } else if (!this.#wanted(number, parent, repaired, nowMs)) {
      this.#noteCaughtUp(parent, number, nowMs);
      return;
    }
    const late = number < this.ring.top;
    this.#store(number, bytes, parent.link.id, nowMs);
    // A repair says nothing about how far behind its parent is.
    if (!late) this.#noteCaughtUp(parent, number, nowMs);
  }

  /** A far jump that nobody announced; true when it is confirmed and the packet before it is in. */
  #jumps(parent: Parent, number: number, bytes: Uint8Array, nowMs: number): boolean {
    const before = parent.jump(number, this.host.memory.copy(bytes));
    if (before === undefined) return false;
    if (number - this.top > this.ring.max) this.#skip(number - 1);
    else this.#open(this.top + 1, number - 2, parent, nowMs);
    parent.original(number - 1, rtpTimestamp(before), nowMs);
    this.top = number - 1;
    this.#store(number - 1, before, parent.link.id, nowMs);
    return true;
  }

  #noteCaughtUp(parent: Parent, number: number, nowMs: number): void {
    const { ring } = this;
    if (parent.caughtUp || !parent.catchesUp(number, ring.top, ring.timeOf(number), nowMs)) return;
    parent.caughtUp = true;
    this.out.events.push({ kind: "caught-up", ssrc: this.ssrc, link: parent.link.id });
  }

  #flows(parent: Parent, nowMs: number): void {
    if (this.parents.every((other) => other.silent)) {
      // What was asked for in vain during the silence gets its full time again.
      const { gaps } = this;
      for (let one = gaps.first; one !== NONE; one = gaps.laterThan(one)) gaps.restart(one, nowMs);
    }
    parent.flowing = true;
    parent.silent = false;
    this.host.wake(this, parent.rhythm.silentFromMs);
    this.out.events.push({ kind: "flowing", ssrc: this.ssrc, link: parent.link.id });
  }

  #open(from: number, to: number, parent: Parent, nowMs: number): void {
    const dueMs = this.recovery.firstAskMs(parent, nowMs, this.repairMs);
    this.tally.gaps += to - from + 1;
    this.tally.unrecovered += this.gaps.open(from, to, parent.link.id, nowMs, dueMs);
    this.host.wake(this, Math.min(dueMs, nowMs + this.limits.repairMs));
  }

  /** Whether a packet that is not newer than the newest is needed; counts why. */
  #wanted(number: number, parent: Parent, repaired: boolean, nowMs: number): boolean {
    const { tally } = this;
    if (this.ring.has(number)) {
      tally.duplicates++;
      return false;
    }
    const missing = this.gaps.take(number);
    if (missing === NONE) {
      if (number <= this.ring.top - this.ring.capacity || !this.gaps.takeLost(number)) {
        tally.late++;
        return false;
      }
      tally.unrecovered--;
    }
    this.#countRecovery(parent, missing, repaired, nowMs);
    return true;
  }

  #countRecovery(parent: Parent, missing: Place, repaired: boolean, nowMs: number): void {
    const sinceMs = this.gaps.sinceMs(missing);
    if (!repaired && missing !== NONE && this.gaps.shownBy(missing) === parent.link.id) {
      this.tally.reordered++;
      this.recovery.reordered(parent, sinceMs, nowMs);
      return;
    }
    if (missing !== NONE) this.tally.repairDelays.add(nowMs - sinceMs);
    if (repaired) this.tally.recoveredByNack++;
    else this.tally.recoveredByPath++;
  }

  #store(number: number, came: Uint8Array, from: LinkId, nowMs: number): void {
    const { ring, receivers, host: { memory } } = this;
    const kept = memory.keep(came);
    receivers.evicting(Math.min(ring.top, number - ring.max), nowMs);
    const newest = number > ring.top;
    // The pass that reports a pause goes on by itself once it has begun.
    if (newest && (this.idleStep > 0 || ring.top < 0)) this.host.wake(this, nowMs + 1);
    if (!ring.put(number, kept, nowMs)) {
      memory.drop(kept);
      this.tally.late++;
      return;
    }
    this.rate.add(came.length, nowMs);
    this.lastArrivalMs = nowMs;
    if (newest) {
      this.lastTimestamp = rtpTimestamp(came);
      this.rhythm.arrival(nowMs, true);
      this.idleStep = 0;
    }
    // What came in just now is sent from where it came in.
    const outgoing = from === NO_LINK ? memory.bytesOf(kept) : came;
    if (this.children.size > 0) this.children.forward(number, outgoing, from, nowMs);
    receivers.stored(number, came, nowMs);
    this.#storedMs = nowMs;
    this.#parity.stored(number, came, this.gaps.size > 0, this.#rebuilt);
  }

  /** A parity packet of this stream from one of its parents; false when it is none. */
  parity(bytes: Uint8Array, nowMs: number): boolean {
    this.#storedMs = nowMs;
    return this.#parity.receive(this.host.memory.copy(bytes), this.#rebuilt);
  }

  /** Parity follows the worst loss that children report. */
  adaptParity(loss: number): void {
    this.#parity.adapt(loss);
  }

  /** Parity has rebuilt a packet; false when nobody knows yet that it exists. */
  readonly #rebuilt = (number: number, bytes: Uint8Array): boolean => {
    if (number > this.top + 1) return false;
    if (number > this.top) {
      this.top = number;
      this.tally.gaps++;
    } else {
      const missing = this.gaps.take(number);
      if (missing !== NONE) {
        this.tally.repairDelays.add(this.#storedMs - this.gaps.sinceMs(missing));
      } else if (!this.gaps.takeLost(number)) return true;
      else this.tally.unrecovered--;
    }
    this.tally.recoveredByFec++;
    this.#store(number, bytes, NO_LINK, this.#storedMs);
    return true;
  };

  /** A receiver has run. */
  ran(receiver: Receiver): void {
    this.host.touched(receiver);
    if (receiver.dueMs < this.deadlineMs) this.host.wake(this, receiver.dueMs);
  }

  /** Adds a child; `done` is told the first number as soon as it is known. False when there is no room. */
  addChild(
    link: Link,
    from: number | undefined,
    nowMs: number,
    done: (first: number) => void,
  ): boolean {
    if (this.base >= 0) {
      done(this.#join(link, from, nowMs));
      return true;
    }
    return this.#pending.add({ link, from, done });
  }

  #join(link: Link, from: number | undefined, nowMs: number): number {
    const next = Math.max(this.base, this.ring.top + 1, this.ring.skippedTo + 1);
    const first = this.children.add(link, from, next, nowMs, this.gaps.lowest);
    this.nextReportMs = Math.min(this.nextReportMs, nowMs + 100);
    if (this.end !== undefined) this.farewell(nowMs);
    this.host.wake(this, nowMs);
    return first;
  }

  /** Forgets a child. */
  removeChild(link: LinkId): boolean {
    const waited = this.#pending.remove(link);
    return this.children.remove(link) || waited;
  }

  /** A parent told the newest number it has sent, and when it speaks again at the latest. */
  headReport(parent: Parent, head: number, nextMs: number, nowMs: number): void {
    if (nextMs > 0) {
      parent.rhythm.promise(nowMs, nextMs);
      // It speaks: the pause is its source's own, and what it shows to be missing can be asked of it.
      if (parent.silent) this.#flows(parent, nowMs);
      if (!parent.idle) this.host.wake(this, nowMs);
      parent.idle = true;
    }
    if (head > parent.shown && head - parent.shown <= this.ring.max) parent.shown = head;
    if (head <= this.top || head - this.top > this.ring.max) return;
    this.#open(this.top + 1, head, parent, nowMs);
    this.top = head;
  }

  /** The stream is over: children are told, receivers drain and end. */
  finish(nowMs: number): void {
    if (this.end !== undefined) return;
    this.packetizer?.flush(nowMs);
    const last = Math.max(this.top, this.base - 1);
    this.end = { last, sinceMs: nowMs };
    if (this.packetizer !== undefined) {
      this.out.events.push({ kind: "finished", ssrc: this.ssrc, last: Math.max(0, last) });
    }
    this.farewell(nowMs);
    this.receivers.finish(false, nowMs);
  }

  /** Says farewell to the children, three times in all: one of them arrives. */
  farewell(nowMs: number): void {
    this.farewells = 3;
    this.farewellMs = nowMs;
    this.host.wake(this, nowMs);
  }

  /** Closes: every link is released, receivers end. */
  close(nowMs: number): void {
    this.receivers.finish(true, nowMs);
    for (const parent of this.parents.splice(0)) parent.link.release();
    for (const child of [...this.children.values()]) this.children.remove(child.link.id);
    this.#pending.take();
    this.ring.clear();
  }

  /** The first number that is not here; -1 before any is known. */
  get next(): number {
    return this.base < 0 ? -1 : this.gaps.lowest ?? this.top + 1;
  }

  /** The oldest number that is held; -1 when there is none. */
  tail(nowMs: number): number {
    const oldest = this.ring.oldest(nowMs);
    return oldest > this.ring.top ? -1 : oldest;
  }

  /** Where the stream stands. */
  position(nowMs: number): StreamPosition {
    const known = (number: number) => number < 0 ? undefined : number;
    return {
      head: known(this.ring.top),
      tail: known(this.tail(nowMs)),
      next: known(this.next),
      lastArrivalMs: this.lastArrivalMs,
    };
  }
}
