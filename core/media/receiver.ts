/** A local consumer of a stream: order restored within a latency budget. */
import { readU32 } from "../wire/rtp_bytes.ts";
import { rtpPayload, rtpTimestamp, TS_BYTES } from "../wire/rtp.ts";
import type { MediaChunk, ReceiverSpec } from "./api.ts";
import type { Outbox } from "./out.ts";
import type { Ring } from "./ring.ts";
import { Playout } from "./playout.ts";

/** A run that comes this late was held up on this node: what arrived meanwhile is still to be read. */
const HELD_UP_MS = 5;
/** So for as long as that took nothing is called lost: at most for this long, and once in a second. */
const PATIENCE_MAX_MS = 50;
const PATIENCE_EVERY_MS = 1000;

/** How a stream ends for its receivers. */
export interface StreamEnd {
  /** The last number there is. */
  readonly last: number;
  readonly sinceMs: number;
}

/** One receiver. It reads the stream's ring; nothing is copied. */
export class Receiver {
  readonly id: number;
  readonly spec: ReceiverSpec;
  /** When it wants to run next. */
  dueMs = Infinity;
  delivered = 0;
  lost = 0;
  ended = false;
  #next = -1;
  #blockedAt = -1;
  #lostBefore = 0;
  #patientUntilMs = -Infinity;
  #chunks: MediaChunk[] = [];
  readonly #playout: Playout | undefined;

  constructor(id: number, spec: ReceiverSpec) {
    this.id = id;
    this.spec = spec;
    this.#playout = spec.pace === "smooth" ? new Playout(spec.budgetMs) : undefined;
  }

  /** The next number it delivers; -1 before it has begun. */
  get next(): number {
    return this.#next;
  }

  /** Chooses where to begin: `base` is the first number expected, `top` the newest packet held. */
  begin(ring: Ring, base: number, nowMs: number): void {
    if (this.#next >= 0) return;
    const live = Math.max(base, ring.top + 1);
    const { from } = this.spec;
    if (from === undefined) this.#next = live;
    else if (ring.top < 0) this.#next = Math.max(from, base);
    else if (from === 0) this.#next = ring.oldest(nowMs);
    else this.#next = from > live + ring.max ? live : from;
    if (this.#playout === undefined) return;
    for (let number = this.#next; number <= ring.top; number++) {
      const bytes = ring.get(number);
      if (bytes !== undefined) this.#playout.arrival(rtpTimestamp(bytes), ring.timeOf(number));
    }
  }

  /** A packet was put into the ring. */
  stored(number: number, bytes: Uint8Array, nowMs: number): void {
    this.#playout?.arrival(readU32(bytes, 4), nowMs);
    if (number < this.#blockedAt && number >= this.#next) this.#blockedAt = number;
  }

  /** Delivers what is due and says in `dueMs` when the next is. */
  run(ring: Ring, end: StreamEnd | undefined, nowMs: number): void {
    this.#noteHoldUp(nowMs);
    this.dueMs = Infinity;
    if (this.#next < 0 || this.ended) return;
    while (this.#next <= ring.top) {
      const held = this.#heldFrom(ring);
      if (held < 0) break;
      const gap = held > this.#next;
      const dueMs = this.#releaseMs(ring, held, gap);
      const releaseMs = gap && dueMs > 0 ? Math.max(dueMs, this.#patientUntilMs) : dueMs;
      if (releaseMs > nowMs) {
        this.dueMs = releaseMs;
        return;
      }
      this.#deliver(ring, held, nowMs);
    }
    if (end === undefined) return;
    const missing = end.last + 1 - this.#next;
    const giveUpMs = end.sinceMs + this.spec.budgetMs;
    if (missing <= 0 || nowMs >= giveUpMs) {
      this.#skip(Math.max(0, missing));
      this.ended = true;
    } else this.dueMs = giveUpMs;
  }

  #noteHoldUp(nowMs: number): void {
    const lateMs = nowMs - this.dueMs;
    if (lateMs < HELD_UP_MS || nowMs - this.#patientUntilMs < PATIENCE_EVERY_MS) return;
    this.#patientUntilMs = nowMs + Math.min(lateMs, PATIENCE_MAX_MS);
  }

  /** The ring is about to let go of everything up to `last`: it goes out early rather than never. */
  force(ring: Ring, last: number, nowMs: number): void {
    if (this.#next < 0 || this.ended) return;
    while (this.#next <= last) {
      const held = this.#heldFrom(ring);
      if (held < 0 || held > last) {
        this.#skip(last + 1 - this.#next);
        return;
      }
      this.#deliver(ring, held, nowMs);
    }
  }

  /** Delivers up to the first gap. */
  hurry(ring: Ring, nowMs: number): void {
    while (this.#next >= 0 && !this.ended && ring.has(this.#next)) {
      this.#deliver(ring, this.#next, nowMs);
    }
  }

  #heldFrom(ring: Ring): number {
    if (ring.has(this.#next)) return this.#next;
    if (this.#blockedAt <= this.#next || !ring.has(this.#blockedAt)) {
      this.#blockedAt = ring.firstFrom(this.#next);
    }
    return this.#blockedAt;
  }

  #releaseMs(ring: Ring, held: number, gap: boolean): number {
    const bytes = ring.get(held);
    if (this.#playout !== undefined && bytes !== undefined) {
      return this.#playout.dueMs(rtpTimestamp(bytes), ring.timeOf(held));
    }
    if (!gap || ring.isSkipped(this.#next, held - 1)) return 0;
    return ring.timeOf(held) + this.spec.budgetMs;
  }

  #skip(count: number): void {
    this.#next += count;
    this.#lostBefore += count;
    this.lost += count;
  }

  #deliver(ring: Ring, held: number, nowMs: number): void {
    const bytes = ring.get(held);
    if (held > this.#next) this.#skip(held - this.#next);
    if (bytes === undefined) return;
    this.#playout?.played(rtpTimestamp(bytes), ring.timeOf(held), nowMs);
    this.#next = held + 1;
    const payload = rtpPayload(bytes);
    if (payload === undefined || payload.length === 0 || payload.length % TS_BYTES !== 0) {
      this.#lostBefore++;
      this.lost++;
      return;
    }
    this.#chunks.push({
      payload,
      sequence: held,
      timestamp: rtpTimestamp(bytes),
      lostBefore: this.#lostBefore,
    });
    this.#lostBefore = 0;
    this.delivered++;
  }

  /** Hands out what was delivered since the last flush, and the end, once. */
  flush(out: Outbox): void {
    if (this.#chunks.length === 0) return;
    const chunks = this.#chunks;
    this.#chunks = [];
    out.deliveries.push({ receiver: this.id, event: { kind: "chunks", chunks } });
  }
}
