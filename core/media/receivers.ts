/** The local receivers of one stream. */
import type { Receiver, StreamEnd } from "./receiver.ts";
import type { Ring } from "./ring.ts";

/** What receivers need of their stream. */
export interface ReceiversHost {
  readonly end: StreamEnd | undefined;
  /** The receiver has run: it may have something to hand out, and wants to run again at its `dueMs`. */
  ran(receiver: Receiver): void;
}

/** A list of receivers over one ring. */
export class Receivers {
  readonly ring: Ring;
  readonly host: ReceiversHost;
  readonly list: Receiver[] = [];
  /** Counted by those that have gone. */
  delivered = 0;
  lost = 0;

  constructor(ring: Ring, host: ReceiversHost) {
    this.ring = ring;
    this.host = host;
  }

  /** Adds one; `base` is the stream's first number, -1 while it is unknown. */
  add(receiver: Receiver, base: number, nowMs: number): void {
    this.list.push(receiver);
    // A receiver reads from the ring for as long as its budget.
    this.ring.keepMs = Math.max(this.ring.keepMs, receiver.spec.budgetMs + 1000);
    if (base >= 0) receiver.begin(this.ring, base, nowMs);
    this.run(receiver, nowMs);
  }

  remove(receiver: Receiver): void {
    const at = this.list.indexOf(receiver);
    if (at < 0) return;
    this.list.splice(at, 1);
    this.delivered += receiver.delivered;
    this.lost += receiver.lost;
  }

  /** The first number is known. */
  begin(base: number, nowMs: number): void {
    for (const receiver of this.list) receiver.begin(this.ring, base, nowMs);
  }

  /** The longest wait of all; 0 when there are none. */
  get budgetMs(): number {
    let budgetMs = 0;
    for (const { spec } of this.list) budgetMs = Math.max(budgetMs, spec.budgetMs);
    return budgetMs;
  }

  /** The ring lets go of everything up to `last`. */
  evicting(last: number, nowMs: number): void {
    for (const receiver of this.list) {
      if (receiver.next >= 0 && receiver.next <= last) receiver.force(this.ring, last, nowMs);
    }
  }

  /** A packet was put into the ring. */
  stored(number: number, bytes: Uint8Array, nowMs: number): void {
    for (const receiver of this.list) {
      receiver.stored(number, bytes, nowMs);
      this.run(receiver, nowMs);
    }
  }

  /** Lets a receiver deliver what is due. */
  run(receiver: Receiver, nowMs: number): void {
    receiver.run(this.ring, this.host.end, nowMs);
    this.host.ran(receiver);
  }

  /** Runs those that are due; returns when the next is. */
  tick(nowMs: number): number {
    let nextMs = Infinity;
    for (const receiver of this.list) {
      if (receiver.dueMs <= nowMs) this.run(receiver, nowMs);
      nextMs = Math.min(nextMs, receiver.dueMs);
    }
    return nextMs;
  }

  /** Delivers what is in order now, whatever its time. */
  hurry(nowMs: number): void {
    for (const receiver of this.list) {
      receiver.hurry(this.ring, nowMs);
      this.host.ran(receiver);
    }
  }

  /** The stream has ended or is closed: everybody drains; `now` whether at once. */
  finish(atOnce: boolean, nowMs: number): void {
    for (const receiver of this.list) {
      if (!atOnce) {
        this.run(receiver, nowMs);
        continue;
      }
      receiver.force(this.ring, this.ring.top, nowMs);
      receiver.ended = true;
      this.host.ran(receiver);
    }
  }
}
