/** Whom the source listens to: who may begin, and what is known of the one that has. */
import { addrKey, type Ssrc } from "../../core/ids.ts";
import type { Addr } from "../../core/ports.ts";
import { sequenceDistance } from "../../core/wire/rtp.ts";
import { ntpMiddle, type ReportBlock } from "../../core/wire/rtcp.ts";
import { readU32 } from "../../core/wire/rtp_bytes.ts";

/** Beginners that are remembered; a flood of others pushes the oldest out. */
const BEGINNERS_MAX = 16;
/** A beginner's second packet comes within this. */
const BEGIN_WITHIN_MS = 2000;
/** The sender's RTCP may come from another port after this much silence of the known one. */
const RTCP_MOVE_MS = 1000;
/** The loss of a report is taken over this time at least: 100 ms say little. */
const LOSS_OVER_MS = 1000;
/** Packets this old out of order are a sender that counts anew (RFC 3550, appendix A.1)... */
const MISORDER_MAX = 100;
/** ...once the old count has not gone on for this long. */
const STALLED_MS = 200;
/** A longer step ahead is a new count too, unless an outage at the sender's rate explains a quarter of it. */
const DROPOUT_MAX = 3000;
const DROPOUT_RATES = 4;

interface Beginner {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly sinceMs: number;
}

/** Two packets in sequence make a source (RFC 3550, appendix A.1): stray packets begin nothing. */
export class Probation {
  readonly #beginners = new Map<string, Beginner>();

  /** Notes a packet; returns it and the one before it when they are in sequence. */
  add(
    from: Addr,
    ssrc: number,
    sequence: number,
    bytes: Uint8Array,
    nowMs: number,
  ): readonly Uint8Array[] | undefined {
    const key = `${addrKey(from)} ${ssrc}`;
    const known = this.#beginners.get(key);
    this.#beginners.delete(key);
    const follows = known !== undefined && nowMs - known.sinceMs <= BEGIN_WITHIN_MS &&
      sequence === ((known.sequence + 1) & 0xffff);
    if (follows) return [known.bytes, bytes];
    this.#beginners.set(key, { sequence, bytes, sinceMs: nowMs });
    if (this.#beginners.size > BEGINNERS_MAX) {
      for (const oldest of this.#beginners.keys()) {
        this.#beginners.delete(oldest);
        break;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#beginners.clear();
  }
}

/** The sender that is heard. */
export class HeardSender {
  /** Extended number of the newest packet, one turn above the wire's so that it never is negative. */
  highest: number;
  lastMs: number;
  /** Where its RTCP comes from, and feedback goes to. */
  rtcp: Addr | undefined;
  bytesIn = 0;
  bytesOut = 0;
  #rtcpMs = -Infinity;
  #advancedMs: number;
  readonly #beganMs: number;
  readonly #base: number;
  #originals = 0;
  #lastReport = 0;
  #lastReportMs = 0;
  #lossSinceMs: number;
  #lossExpected = 0;
  #lossReceived = 0;
  #lossShare = 0;

  constructor(readonly addr: Addr, readonly ssrc: Ssrc, sequence: number, nowMs: number) {
    this.highest = this.#base = 65_536 + sequence - 1;
    this.lastMs =
      this.#beganMs =
      this.#advancedMs =
      this.#lossSinceMs =
        nowMs;
  }

  /** The first number expected. */
  get first(): number {
    return this.#base + 1;
  }

  /**
   * Counts a packet that is no retransmission. False when it lies so far behind or ahead that the sender may
   * have begun to count anew.
   */
  original(sequence: number, nowMs: number): boolean {
    const ahead = sequenceDistance(this.highest, sequence);
    if (ahead < -MISORDER_MAX && nowMs - this.#advancedMs > STALLED_MS) return false;
    if (ahead > DROPOUT_MAX && ahead > DROPOUT_RATES * this.#sentSince(nowMs)) return false;
    this.#originals++;
    if (ahead <= 0) return true;
    this.highest += ahead;
    this.#advancedMs = nowMs;
    return true;
  }

  /** How many packets the time since the newest explains. */
  #sentSince(nowMs: number): number {
    const rate = this.#originals / Math.max(1, this.#advancedMs - this.#beganMs);
    return rate * (nowMs - this.#advancedMs);
  }

  /** Whether RTCP from this address is the sender's; its first port stays until it falls silent. */
  speaksFrom(from: Addr, nowMs: number): boolean {
    const same = this.rtcp?.port === from.port && this.rtcp.host === from.host;
    if (!same && nowMs - this.#rtcpMs < RTCP_MOVE_MS) return false;
    if (!same) this.rtcp = from;
    this.#rtcpMs = nowMs;
    return true;
  }

  /** Notes a sender report at `at` of a compound. */
  senderReport(bytes: Uint8Array, at: number, nowMs: number): void {
    this.#lastReport =
      ((readU32(bytes, at + 8) & 0xffff) << 16 | readU32(bytes, at + 12) >>> 16) >>>
      0;
    this.#lastReportMs = nowMs;
  }

  /** What a receiver report says (RFC 3550, section 6.4.1). */
  report(jitterMs: number, nowMs: number): ReportBlock {
    const expected = this.highest - this.#base;
    if (nowMs - this.#lossSinceMs >= LOSS_OVER_MS) {
      const due = expected - this.#lossExpected;
      const lost = due - (this.#originals - this.#lossReceived);
      this.#lossShare = due > 0 ? Math.max(0, lost / due) : 0;
      this.#lossExpected = expected;
      this.#lossReceived = this.#originals;
      this.#lossSinceMs = nowMs;
    }
    const known = this.#lastReportMs > 0;
    return {
      ssrc: this.ssrc,
      lossShare: this.#lossShare,
      lostTotal: expected - this.#originals,
      highest: (this.highest - 65_536) % 2 ** 32,
      jitter: jitterMs * 90,
      lastSenderReport: this.#lastReport,
      delaySinceReport: known ? ntpMiddle(nowMs - this.#lastReportMs) : 0,
    };
  }
}
