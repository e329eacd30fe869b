/** Transport stream packets into RTP packets (RFC 2250): seven to a packet, time stamps from due times. */
import {
  RTP_HEADER_BYTES,
  RTP_TYPE_MPEG_TS,
  TS_BYTES,
  TS_PER_RTP,
  writeRtpHeader,
} from "../wire/rtp.ts";

/** A packet that is not full waits this long for more: at 500 kbit/s seven TS packets take 21 ms. */
const FLUSH_MS = 20;
/** Due times that leap by more than this, or go back, are a new time base: the marker bit says so. */
const LEAP_MS = 1000;
const PAYLOAD_BYTES = TS_BYTES * TS_PER_RTP;

/** Takes a numbered packet. */
export type PacketSink = (bytes: Uint8Array, number: number, nowMs: number) => void;

/** Numbers and packs what one origin publishes. */
export class Packetizer {
  readonly ssrc: number;
  next: number;
  readonly sink: PacketSink;
  /** When the packet begun must go out. */
  flushMs = Infinity;
  /** Bytes that were no whole TS packets. */
  malformed = 0;
  #bytes: Uint8Array | undefined;
  #filled = 0;
  #dueMs = 0;
  #lastDueMs: number | undefined;
  #marker = false;

  constructor(ssrc: number, next: number, sink: PacketSink) {
    this.ssrc = ssrc;
    this.next = next;
    this.sink = sink;
  }

  /** Adds TS packets that are due at `dueMs`. */
  push(ts: Uint8Array, dueMs: number, nowMs: number): void {
    const whole = ts.length - ts.length % TS_BYTES;
    if (whole !== ts.length || !Number.isFinite(dueMs)) this.malformed++;
    if (whole === 0 || !Number.isFinite(dueMs)) return;
    const last = this.#lastDueMs;
    this.#lastDueMs = dueMs;
    if (last !== undefined && (dueMs < last || dueMs - last > LEAP_MS)) {
      this.flush(nowMs);
      this.#marker = true;
    }
    for (let at = 0; at < whole;) {
      if (this.#bytes === undefined) this.#open(dueMs, nowMs);
      const room = PAYLOAD_BYTES - this.#filled;
      const part = Math.min(room, whole - at);
      this.#bytes?.set(ts.subarray(at, at + part), RTP_HEADER_BYTES + this.#filled);
      this.#filled += part;
      at += part;
      if (this.#filled === PAYLOAD_BYTES) this.flush(nowMs);
    }
  }

  #open(dueMs: number, nowMs: number): void {
    this.#bytes = new Uint8Array(RTP_HEADER_BYTES + PAYLOAD_BYTES);
    this.#filled = 0;
    this.#dueMs = dueMs;
    this.flushMs = nowMs + FLUSH_MS;
  }

  /** Sends what has been begun. */
  flush(nowMs: number): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    this.#bytes = undefined;
    this.flushMs = Infinity;
    const number = this.next++;
    const timestamp = Math.round(this.#dueMs * 90) % 2 ** 32;
    writeRtpHeader(bytes, RTP_TYPE_MPEG_TS, this.#marker, number, timestamp, this.ssrc);
    this.#marker = false;
    const packet = this.#filled === PAYLOAD_BYTES
      ? bytes
      : bytes.subarray(0, RTP_HEADER_BYTES + this.#filled);
    this.sink(packet, number, nowMs);
  }
}
