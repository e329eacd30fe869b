/** Counts what arrives at a sink and how regularly. No I/O. */
import type { MediaChunk } from "../../core/media/api.ts";
import { TS_BYTES, TS_SYNC } from "../../core/media/ts.ts";

/** The rate is that of the last whole second or more. */
const RATE_WINDOW_MS = 1000;
const STAMPS_PER_MS = 90;
/** A number that far behind is no late packet: the origin began anew and counts from elsewhere. */
const RESTART_DISTANCE = 1000;

/** What is known of a session so far. */
export interface SinkStats {
  readonly packets: number;
  readonly bytes: number;
  /** Holes in the sequence, and the packets that they lack. */
  readonly gaps: number;
  readonly lost: number;
  /** Packets that came twice or behind a later one: always 0, or the relay engine is broken. */
  readonly outOfOrder: number;
  /** The origin began anew. */
  readonly restarts: number;
  /** Payloads that are not whole TS packets: always 0 too. */
  readonly malformed: number;
  /** Bits a second over the last second. */
  readonly bitrate: number;
  /** RFC 3550, section 6.4.1, of arrival against the stream's own time stamps. */
  readonly jitterMs: number;
  readonly longestPauseMs: number;
  /** Since the last packet. */
  readonly silentMs: number | undefined;
}

/** One session's numbers. */
export class StatsBook {
  #packets = 0;
  #bytes = 0;
  #gaps = 0;
  #lost = 0;
  #outOfOrder = 0;
  #malformed = 0;
  #restarts = 0;
  #jitterMs = 0;
  #longestPauseMs = 0;
  #last: { readonly atMs: number; readonly sequence: number; readonly stamp: number } | undefined;
  #windowMs: number | undefined;
  #windowBytes = 0;
  #bitrate = 0;

  /** Counts chunks that arrived together. */
  add(chunks: readonly MediaChunk[], nowMs: number): void {
    for (const chunk of chunks) this.#count(chunk, nowMs);
    this.#roll(nowMs);
  }

  /** The numbers as they are at `nowMs`. */
  read(nowMs: number): SinkStats {
    this.#roll(nowMs);
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      gaps: this.#gaps,
      lost: this.#lost,
      outOfOrder: this.#outOfOrder,
      restarts: this.#restarts,
      malformed: this.#malformed,
      bitrate: Math.round(this.#bitrate),
      jitterMs: this.#jitterMs,
      longestPauseMs: this.#longestPauseMs,
      silentMs: this.#last === undefined ? undefined : nowMs - this.#last.atMs,
    };
  }

  #count(chunk: MediaChunk, nowMs: number): void {
    this.#packets++;
    this.#bytes += chunk.payload.length;
    this.#windowMs ??= nowMs;
    this.#windowBytes += chunk.payload.length;
    if (!isWhole(chunk.payload)) this.#malformed++;
    if (chunk.lostBefore > 0) {
      this.#gaps++;
      this.#lost += chunk.lostBefore;
    }
    const last = this.#last;
    this.#last = { atMs: nowMs, sequence: chunk.sequence, stamp: chunk.timestamp };
    if (last === undefined) return;
    if (chunk.sequence < last.sequence - RESTART_DISTANCE) {
      this.#restarts++;
      return;
    }
    if (chunk.sequence <= last.sequence) this.#outOfOrder++;
    this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - last.atMs);
    // Time stamps turn over at 32 bits: the signed distance is right across the turn.
    const sentMs = ((chunk.timestamp - last.stamp) | 0) / STAMPS_PER_MS;
    const deviation = Math.abs(nowMs - last.atMs - sentMs);
    this.#jitterMs += (deviation - this.#jitterMs) / 16;
  }

  #roll(nowMs: number): void {
    if (this.#windowMs === undefined || nowMs - this.#windowMs < RATE_WINDOW_MS) return;
    this.#bitrate = this.#windowBytes * 8000 / (nowMs - this.#windowMs);
    this.#windowMs = nowMs;
    this.#windowBytes = 0;
  }
}

function isWhole(payload: Uint8Array): boolean {
  if (payload.length === 0 || payload.length % TS_BYTES !== 0) return false;
  for (let at = 0; at < payload.length; at += TS_BYTES) if (payload[at] !== TS_SYNC) return false;
  return true;
}
