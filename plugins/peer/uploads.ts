/** Whose request is answered next, and when: in turn, within the rate of all and of each. */
import { ByteBucket } from "../../core/swarm/meter.ts";
import { type Span, SPAN_MAX_BYTES } from "../../core/swarm/peer_messages.ts";
import { type ConnectionId, keyOf } from "./remote.ts";

/** Requests that wait for one peer; more are dropped, and the peer with them. */
export const QUEUE_MAX = 512;

/** One peer's waiting requests. */
interface Queue {
  readonly spans: Map<number, Span>;
  readonly bucket: ByteBucket;
  /** Its socket takes no more, or its last answer is being read. */
  busy: boolean;
}

/** What to do now. */
export type NextUpload =
  | { readonly kind: "send"; readonly connection: ConnectionId; readonly span: Span }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "idle" };

/** The order of uploads, all files together. */
export class Uploads {
  readonly #perPeer: number;
  readonly #bucket: ByteBucket;
  readonly #queues = new Map<ConnectionId, Queue>();

  /** Rates in bytes a second; Infinity for none. */
  constructor(total: number, perPeer: number, nowMs: number) {
    this.#perPeer = perPeer;
    this.#bucket = new ByteBucket(total, burstOf(total), nowMs);
  }

  /** Adds a request; false when too many wait. A repeated one counts once. */
  add(connection: ConnectionId, span: Span, nowMs: number): boolean {
    let queue = this.#queues.get(connection);
    if (queue === undefined) {
      const bucket = new ByteBucket(this.#perPeer, burstOf(this.#perPeer), nowMs);
      this.#queues.set(connection, queue = { spans: new Map(), bucket, busy: false });
    }
    if (queue.spans.size >= QUEUE_MAX) return false;
    queue.spans.set(keyOf(span), span);
    return true;
  }

  /** Takes one request back, or all of a connection. */
  remove(connection: ConnectionId, span: Span | undefined): void {
    const queue = this.#queues.get(connection);
    if (span === undefined) queue?.spans.clear();
    else queue?.spans.delete(keyOf(span));
  }

  /** The connection is over. */
  forget(connection: ConnectionId): void {
    this.#queues.delete(connection);
  }

  /** Whether a connection can take another answer. */
  setBusy(connection: ConnectionId, busy: boolean): void {
    const queue = this.#queues.get(connection);
    if (queue !== undefined) queue.busy = busy;
  }

  /** Who is served next; the one it names is taken off its queue and goes to the end of the line. */
  next(nowMs: number): NextUpload {
    let waitMs = Infinity;
    for (const [connection, queue] of this.#queues) {
      const span = queue.spans.values().next().value;
      if (queue.busy || span === undefined) continue;
      const ms = Math.max(this.#bucket.waitMs(nowMs), queue.bucket.waitMs(nowMs));
      if (ms > 0) {
        waitMs = Math.min(waitMs, ms);
        continue;
      }
      queue.spans.delete(keyOf(span));
      queue.bucket.take(span.length, nowMs);
      this.#bucket.take(span.length, nowMs);
      this.#queues.delete(connection);
      this.#queues.set(connection, queue);
      return { kind: "send", connection, span };
    }
    return waitMs === Infinity ? { kind: "idle" } : { kind: "wait", ms: waitMs };
  }
}

/** A quarter of a second at once, so that timers need not be exact; at most one span. */
function burstOf(rate: number): number {
  return Math.min(SPAN_MAX_BYTES, Math.max(1, rate / 4));
}
