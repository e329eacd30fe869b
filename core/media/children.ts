/**
 * The children of one stream. Those that follow the live flow share one list of targets; one that still
 * catches up has a cursor of its own and receives old and new packets in order through it.
 */
import type { LinkId } from "./api.ts";
import { Child } from "./child.ts";
import type { Link } from "./link.ts";
import type { Outbox } from "./out.ts";
import type { Rate } from "./rate.ts";
import type { Ring } from "./ring.ts";

/** How often a child that catches up is sent the next piece. */
const REPLAY_EVERY_MS = 2;
/** Packets younger than this many round trips are taken to be on their way to the child. */
const IN_FLIGHT_TRIPS = 1.5;
const IN_FLIGHT_MIN_MS = 20;

/** All children of one stream. */
export class Children {
  readonly out: Outbox;
  readonly ring: Ring;
  readonly rate: Rate;
  readonly #byLink = new Map<LinkId, Child>();
  readonly #catching: Child[] = [];
  /** Links that get every new packet at once. Replaced, never changed: packets on their way out refer to it. */
  live: readonly LinkId[] = [];
  #livePackets = 0;
  #liveBytes = 0;
  /** Somebody's retransmissions wait. */
  repairing = false;
  packetsOut = 0;
  bytesOut = 0;
  /** See `add`; Infinity when nothing is awaited. */
  #awaited = Infinity;

  constructor(out: Outbox, ring: Ring, rate: Rate) {
    this.out = out;
    this.ring = ring;
    this.rate = rate;
  }

  get size(): number {
    return this.#byLink.size;
  }

  get(link: LinkId): Child | undefined {
    return this.#byLink.get(link);
  }

  values(): IterableIterator<Child> {
    return this.#byLink.values();
  }

  /**
   * Adds a child, or moves one back; returns the first number it will be sent. A `from` that is beyond
   * what the ring could ever join up with counts as undefined. `awaited` is the oldest number that is
   * missing here but still on its way: a child that wants it gets it when it comes.
   */
  add(
    link: Link,
    from: number | undefined,
    next: number,
    nowMs: number,
    awaited?: number,
  ): number {
    this.#awaited = awaited ?? Infinity;
    const known = this.#byLink.get(link.id);
    if (known !== undefined) return this.#rewind(known, from, next, nowMs);
    const child = new Child(link, nowMs);
    this.#byLink.set(link.id, child);
    link.acquire(nowMs);
    const first = this.#firstFor(from, next, nowMs);
    this.#follow(child, first, next, nowMs);
    return first;
  }

  #firstFor(from: number | undefined, next: number, nowMs: number): number {
    if (from === undefined || from > next + this.ring.max) return next;
    if (from >= next) return from;
    const oldest = Math.min(this.ring.oldest(nowMs), this.#awaited);
    return oldest > this.ring.top ? next : Math.max(from, oldest);
  }

  #rewind(child: Child, from: number | undefined, next: number, nowMs: number): number {
    const sending = child.catching ? child.cursor : next;
    if (from === undefined || from >= sending) return sending;
    const flightMs = Math.max(IN_FLIGHT_MIN_MS, IN_FLIGHT_TRIPS * (child.link.trip.ms ?? 0));
    const cameMs = this.ring.timeOf(this.ring.firstFrom(from));
    if (cameMs > 0 && nowMs - cameMs < flightMs) return from;
    const first = this.#firstFor(from, next, nowMs);
    if (first < sending) this.#follow(child, first, next, nowMs);
    return first;
  }

  #follow(child: Child, first: number, next: number, nowMs: number): void {
    if (child.catching) {
      child.cursor = first;
      return;
    }
    if (first === next) {
      this.#join(child);
      return;
    }
    this.#part(child);
    child.catching = true;
    child.cursor = first;
    this.#catching.push(child);
    this.#replay(child, nowMs);
    this.#settle();
  }

  #join(child: Child): void {
    child.packets -= this.#livePackets;
    child.bytes -= this.#liveBytes;
    this.live = [...this.live, child.link.id];
  }

  #part(child: Child): void {
    if (!this.live.includes(child.link.id)) return;
    child.packets += this.#livePackets;
    child.bytes += this.#liveBytes;
    this.live = this.live.filter((id) => id !== child.link.id);
  }

  remove(link: LinkId): boolean {
    const child = this.#byLink.get(link);
    if (child === undefined) return false;
    this.#part(child);
    const at = this.#catching.indexOf(child);
    if (at >= 0) this.#catching.splice(at, 1);
    this.#byLink.delete(link);
    child.link.release();
    return true;
  }

  /** Packets sent to one child so far. */
  packetsOf(child: Child): number {
    return child.packets + (child.catching ? 0 : this.#livePackets);
  }

  bytesOf(child: Child): number {
    return child.bytes + (child.catching ? 0 : this.#liveBytes);
  }

  /** Sends a packet that is here for the first time to all but `from`. */
  forward(number: number, bytes: Uint8Array, from: LinkId, nowMs: number): void {
    const live = this.#byLink.size > 0 && this.#byLink.has(from)
      ? this.live.filter((id) => id !== from)
      : this.live;
    if (live.length > 0) {
      this.out.send(bytes, live);
      this.#livePackets++;
      this.#liveBytes += bytes.length;
      this.packetsOut += live.length;
      this.bytesOut += bytes.length * live.length;
    }
    if (this.#catching.length === 0) return;
    for (const child of this.#catching) {
      if (number < child.cursor && number < this.ring.top) this.sendAlone(child, bytes);
      else this.#replay(child, nowMs);
    }
    this.#settle();
  }

  /** Sends to one child only. */
  sendAlone(child: Child, bytes: Uint8Array): void {
    this.out.send(bytes, child.link.alone);
    child.packets++;
    child.bytes += bytes.length;
    this.packetsOut++;
    this.bytesOut += bytes.length;
  }

  #replay(child: Child, nowMs: number): void {
    const { ring } = this;
    child.refillPace(this.rate, nowMs);
    if (child.cursor < ring.tail) child.cursor = ring.tail;
    while (child.cursor <= ring.top) {
      const bytes = ring.get(child.cursor);
      if (bytes !== undefined) {
        if (!child.pace.take(1)) return;
        this.sendAlone(child, bytes);
      }
      child.cursor++;
    }
  }

  /** Those that have caught up follow the live flow from here on. */
  #settle(): void {
    for (let at = this.#catching.length - 1; at >= 0; at--) {
      const child = this.#catching[at];
      if (child === undefined || child.cursor !== this.ring.top + 1) continue;
      this.#catching.splice(at, 1);
      child.catching = false;
      this.#join(child);
    }
  }

  /** Sends the next piece to those that catch up; returns when to come again. */
  tick(nowMs: number): number {
    let nextMs = Infinity;
    if (this.#catching.length === 0) return nextMs;
    for (const child of this.#catching) this.#replay(child, nowMs);
    this.#settle();
    for (const child of this.#catching) {
      if (child.cursor <= this.ring.top) nextMs = nowMs + REPLAY_EVERY_MS;
    }
    return nextMs;
  }
}
