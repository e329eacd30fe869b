/** The world's agenda: a binary heap of events by time, then by the order they were made in. */
import type { Addr, Plane } from "../../core/ports.ts";
import type { Link } from "./links.ts";

/** What an event is about; decides how the world delivers it. */
export const EventKind = { timer: 0, packet: 1, call: 2 } as const;

const NOWHERE: Addr = { host: "", port: 0 };
const NO_BYTES = new Uint8Array(0);

/** Something that will happen. One shape for all kinds, so that the heap stays monomorphic. */
export class SimEvent implements Disposable {
  /** World time in ms. */
  at = 0;
  order = 0;
  kind: number = EventKind.timer;
  /** Still to happen. */
  live = false;
  /** Whose life ends this event when it ends; for a packet the receiver is looked up on arrival. */
  owner: EventOwner | undefined = undefined;
  fn: (() => void) | undefined = undefined;
  /** Packets only: the datagram and its way. */
  link: Link | undefined = undefined;
  from: Addr = NOWHERE;
  to: Addr = NOWHERE;
  plane: Plane = "control";
  bytes: Uint8Array = NO_BYTES;
  /** The receive buffer that a packet waits in. */
  buffer: { release(event: SimEvent): void } | undefined = undefined;
  queue: EventQueue | undefined = undefined;

  /** Cancels; a no-op once it has happened. */
  [Symbol.dispose](): void {
    if (!this.live) return;
    this.live = false;
    this.fn = undefined;
    if (this.owner !== undefined && this.owner.alive) this.owner.timers--;
    this.queue?.cancelled();
  }
}

/** Whoever holds timers. */
export interface EventOwner {
  /** Timers that are set and have not fired. */
  timers: number;
  /** After its end none of its timers fires. */
  readonly alive: boolean;
}

/** Cancelled events are swept out once they are this many and half of the heap. */
const SWEEP_MIN = 1024;

/** A heap with lazy cancel. */
export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #order = 0;
  #dead = 0;

  /** Events in the heap, the cancelled ones included. */
  get size(): number {
    return this.#heap.length;
  }

  /** Puts an event on the agenda for `at`. */
  push(event: SimEvent, at: number): void {
    event.at = at;
    event.order = this.#order++;
    event.live = true;
    event.queue = this;
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
  }

  /** Time of the next event, cancelled ones skipped; Infinity when there is none. */
  nextAt(): number {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return Infinity;
      if (first.live) return first.at;
      this.#removeFirst();
      this.#dead--;
    }
  }

  /** Takes the next event; call `nextAt` first. */
  pop(): SimEvent | undefined {
    const first = this.#heap[0];
    if (first === undefined) return undefined;
    this.#removeFirst();
    first.queue = undefined;
    return first;
  }

  /** An event in the heap was cancelled. */
  cancelled(): void {
    this.#dead++;
    if (this.#dead < SWEEP_MIN || this.#dead * 2 < this.#heap.length) return;
    const alive = this.#heap.filter((event) => event.live);
    this.#heap.length = 0;
    for (const event of alive) this.#heap.push(event);
    for (let i = (alive.length >> 1) - 1; i >= 0; i--) this.#down(i);
    this.#dead = 0;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(index: number): void {
    const heap = this.#heap;
    const event = heap[index];
    if (event === undefined) return;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  #down(index: number): void {
    const heap = this.#heap;
    const { length } = heap;
    const event = heap[index];
    if (event === undefined) return;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (child === undefined || isBefore(event, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = event;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
