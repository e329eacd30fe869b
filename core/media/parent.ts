/** What a stream knows of one parent: how its numbers unwrap, its rhythm, its losses, its silence. */
import { readU32 } from "../wire/rtp_bytes.ts";
import { sequenceDistance } from "../wire/rtp.ts";
import type { Link } from "./link.ts";
import { Rhythm } from "./rhythm.ts";

/** What is left after a second of an older loss: half a minute's memory would hide a link gone bad. */
const LOSS_MEMORY = 0.7;
/** A parent that has just been accepted may be that late with its first packet, and two round trips. */
const FIRST_GRACE_MS = 170;
/** Two ways through a continent differ by less. */
const CAUGHT_UP_LAG_MS = 50;
/** Fewer packets than this say nothing about a link's loss. */
const LOSS_SAMPLE_MIN = 20;

/** One parent of one stream. */
export class Parent {
  readonly link: Link;
  first: number;
  /** Highest number it sent (or `first - 1`): the point its 16-bit numbers are unwrapped from. */
  highest: number;
  /** Highest number it has shown to exist, by a packet or by a head report. */
  shown: number;
  packets = 0;
  bytes = 0;
  retransmits = 0;
  /** Media has come since it was accepted or since it was silent. */
  flowing = false;
  /** It was reported silent and has not come back. */
  silent = false;
  /** It has said that it has nothing to send just now. */
  idle = false;
  caughtUp = false;
  readonly rhythm = new Rhythm();
  /** RFC 3550 jitter in ms. */
  jitterMs = 0;
  lossShare = 0;
  lostTotal = 0;
  nextReportMs: number;
  lastSenderReport = 0;
  lastSenderReportMs = 0;
  /** Not before this moment is it asked for repairs again. */
  nextAskMs = 0;
  #jumpTo = -1;
  #jumpBytes: Uint8Array | undefined;
  /** How long the latest packet was on its way, by the clocks of both ends; NaN before the first. */
  #transit = NaN;
  #sampledMs = 0;
  #sentAtReport: number | undefined;
  #packetsAtReport = 0;

  constructor(link: Link, first: number, nowMs: number) {
    this.link = link;
    this.first = first;
    this.highest = first - 1;
    this.shown = first - 1;
    this.nextReportMs = nowMs + 100;
    this.rhythm.start(nowMs, FIRST_GRACE_MS + 2 * (link.trip.ms ?? 0));
  }

  /** Starts counting anew from `first`: the parent said where it begins now. */
  anchor(first: number): void {
    this.first = first;
    this.highest = first - 1;
    this.shown = first - 1;
    this.caughtUp = false;
  }

  /** The extended number nearest to the newest one from this parent. */
  unwrap(sequence: number): number {
    return this.highest + sequenceDistance(this.highest, sequence);
  }

  /**
   * A far jump counts only when the next packet confirms it (RFC 3550, appendix A.1). Returns the packet
   * before `number` when it did; otherwise keeps this one for that purpose.
   */
  jump(number: number, bytes: Uint8Array): Uint8Array | undefined {
    const before = number === this.#jumpTo ? this.#jumpBytes : undefined;
    this.#jumpTo = number + 1;
    this.#jumpBytes = before === undefined ? bytes : undefined;
    return before;
  }

  /** Counts an original packet: rhythm, jitter, position. */
  original(number: number, timestamp: number, nowMs: number): void {
    this.rhythm.arrival(nowMs, number === this.highest + 1);
    if (number <= this.highest) return;
    this.highest = number;
    if (number > this.shown) this.shown = number;
    const transit = (Math.floor(nowMs * 90) - timestamp) | 0;
    if (!Number.isNaN(this.#transit)) {
      const difference = Math.abs((transit - this.#transit) | 0) / 90;
      // A break in the time stamps is no jitter.
      if (difference < 10_000) this.jitterMs += (difference - this.jitterMs) / 16;
    }
    this.#transit = transit;
  }

  /**
   * Whether it is up with the newest packet `top`. On a slower path it never delivers that first: it has
   * caught up when `number`, which came by another way at `cameMs`, lies no further behind than paths differ.
   */
  catchesUp(number: number, top: number, cameMs: number, nowMs: number): boolean {
    if (number >= top) return true;
    return cameMs > 0 && nowMs - cameMs <= Math.max(CAUGHT_UP_LAG_MS, this.link.trip.ms ?? 0);
  }

  /** A sender report at `at`: what was sent against what came gives the loss of this link alone. */
  senderReport(bytes: Uint8Array, at: number, nowMs: number): void {
    const sinceMs = nowMs - this.#sampledMs;
    this.lastSenderReport = ((readU32(bytes, at + 8) & 0xffff) << 16 |
      readU32(bytes, at + 12) >>> 16) >>> 0;
    this.lastSenderReportMs = nowMs;
    const sent = readU32(bytes, at + 20);
    if (this.#sentAtReport !== undefined) {
      const expected = (sent - this.#sentAtReport) >>> 0;
      const lost = expected - (this.packets - this.#packetsAtReport);
      if (expected < LOSS_SAMPLE_MIN) return;
      if (expected < 2 ** 24) {
        const share = Math.max(0, Math.min(1, lost / expected));
        this.lossShare += (share - this.lossShare) * (1 - LOSS_MEMORY ** (sinceMs / 1000));
        this.lostTotal = Math.max(0, this.lostTotal + lost);
      }
    }
    this.#sampledMs = nowMs;
    this.#sentAtReport = sent;
    this.#packetsAtReport = this.packets;
  }
}
