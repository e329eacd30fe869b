/**
 * The receiving end of RIST Simple Profile (VSF TR-06-1). The media engine does the work, as a node with one
 * parent and one receiver; this brain chooses the one sender that is heard and keeps RIST's rhythm of reports.
 * No I/O.
 */
import { TokenBucket } from "../../core/token_bucket.ts";
import { type Ssrc, ssrcOf } from "../../core/ids.ts";
import type { LinkId, StreamCounters } from "../../core/media/api.ts";
import { MediaEngine } from "../../core/media/engine.ts";
import { MediaClock } from "../../core/media/media_clock.ts";
import { TS_SYNC } from "../../core/media/ts.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import { RIST_REPORT_MS, RIST_SILENCE_MS, ristSsrc, RistVoice } from "../../core/wire/rist.ts";
import { RTCP, rtcpValid, RtcpWriter, walkRtcp } from "../../core/wire/rtcp.ts";
import {
  isRtcp,
  RTP_TYPE_MPEG_TS,
  rtpHeaderBytes,
  rtpSequence,
  rtpSsrc,
  rtpType,
} from "../../core/wire/rtp.ts";
import { HeardSender, Probation } from "./sender.ts";

/** The sender, as the engine's one link. */
const SENDER: LinkId = 1;
/** Packets per ms that the ring has room for: 200 Mbit/s. */
const RING_PACKETS_PER_MS = 20;
/** Gaps are closed from the ring for this much longer than they are asked for. */
const RING_EXTRA_MS = 1000;
/** The longest wait for a reordered packet; librist waits 25 ms. */
const REORDER_MAX_MS = 30;
/** A packet is asked for until its time is over; at the shortest round trips this many times. */
const TRIES_MAX = 100;
/** An Ethernet frame's worth. */
const PACKET_MAX_BYTES = 1500;
/** A sender that reports is alive for the next two reports, even if it has nothing to send. */
const ALIVE_MS = 200;
/** Answers to senders that have not begun: librist says something 20 times a second. */
const ANSWERS_PER_SECOND = 100;

/** What the receiving end hears. */
export type ReceiverEvent =
  /** A datagram at the even port. */
  | { readonly kind: "rtp"; readonly from: Addr; readonly bytes: Uint8Array }
  /** A datagram at the odd port. */
  | { readonly kind: "rtcp"; readonly from: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "tick" };

/** What is to be done. */
export type ReceiverEffect =
  /** From the odd port. */
  | { readonly kind: "rtcp"; readonly to: Addr; readonly bytes: Uint8Array }
  /** Whole TS packets, in order, that were due at `dueMs`. */
  | { readonly kind: "push"; readonly bytes: Uint8Array; readonly dueMs: number }
  /** This sender is heard from now on. */
  | { readonly kind: "sender"; readonly addr: Addr; readonly ssrc: Ssrc }
  /** It has been silent for too long: another may begin. */
  | { readonly kind: "released"; readonly addr: Addr };

/** How a receiving end is set. */
export interface ReceiverOptions {
  /** Hosts that are heard; everybody when empty. */
  readonly from: readonly string[];
  readonly bufferMs: number;
  /** 32 random bits. */
  readonly reporter: number;
  readonly cname: string;
}

/** Totals of things the engine does not count. */
class Counts {
  packets = 0;
  bytes = 0;
  /** Neither RTP with MPEG-TS nor RTCP. */
  bad = 0;
  /** From others than the sender, or not allowed. */
  foreign = 0;
  /** Senders and new counts of one sender. */
  begins = 0;
  /** Feedback that would have made more bytes than the sender sent. */
  withheld = 0;
  answered = 0;
  /** Packets that went on, and those given up before one that did. */
  delivered = 0;
  lost = 0;
}

const ENGINE_COUNTS = [
  "duplicates",
  "late",
  "reordered",
  "gaps",
  "recoveredByNack",
  "unrecovered",
  "nacksSent",
] as const;
type EngineCount = typeof ENGINE_COUNTS[number];

/** Totals. */
export type ReceiverCounters =
  & Readonly<Record<EngineCount, number>>
  & { readonly [K in keyof Counts]: number };

/** The receiving end behind one pair of ports. */
export class RistReceiver implements Machine<ReceiverEvent, ReceiverEffect> {
  readonly #engine: MediaEngine;
  readonly #voice: RistVoice;
  readonly #writer = new RtcpWriter();
  readonly #allowed: ReadonlySet<string>;
  readonly #probation = new Probation();
  readonly #counts = new Counts();
  readonly #past: Record<EngineCount, number>;
  readonly #answers: TokenBucket;
  readonly #clock = new MediaClock();
  #sender: HeardSender | undefined;
  #nextReportMs = Infinity;

  constructor(readonly options: ReceiverOptions, nowMs: number) {
    this.#allowed = new Set(options.from);
    this.#answers = new TokenBucket(ANSWERS_PER_SECOND, ANSWERS_PER_SECOND, nowMs);
    this.#voice = new RistVoice(options.reporter >>> 0, options.cname);
    this.#past = {
      duplicates: 0,
      late: 0,
      reordered: 0,
      gaps: 0,
      recoveredByNack: 0,
      unrecovered: 0,
      nacksSent: 0,
    };
    this.#engine = new MediaEngine({
      reporter: options.reporter,
      recovery: {
        algorithm: "nack",
        options: { reorderMaxMs: REORDER_MAX_MS, triesMax: TRIES_MAX, budgetShare: 0 },
      },
    });
  }

  /** When `tick` is due. */
  deadlineMs(): number | undefined {
    const dueMs = Math.min(
      this.#engine.nextDeadlineMs() ?? Infinity,
      this.#nextReportMs,
      this.#sender === undefined ? Infinity : this.#sender.lastMs + RIST_SILENCE_MS,
    );
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** The sender that is heard. */
  get sender(): Addr | undefined {
    return this.#sender?.addr;
  }

  /** Round trip and jitter of the way from the sender. */
  get link(): { readonly rttMs: number | undefined; readonly jitterMs: number } {
    const parent = this.#stream()?.parents[0];
    return { rttMs: parent?.rttMs, jitterMs: parent?.jitterMs ?? 0 };
  }

  get counters(): ReceiverCounters {
    const stream = this.#stream();
    const now = { ...this.#past };
    if (stream !== undefined) { for (const name of ENGINE_COUNTS) now[name] += stream[name]; }
    return { ...this.#counts, ...now };
  }

  #stream(): StreamCounters | undefined {
    const addr = this.#sender?.addr ?? { host: "", port: 0 };
    return this.#engine.streams(() => addr)[0];
  }

  handle(event: ReceiverEvent, nowMs: number): readonly ReceiverEffect[] {
    const out: ReceiverEffect[] = [];
    if (event.kind !== "tick") this.#receive(event.kind, event.from, event.bytes, nowMs, out);
    if ((this.#engine.nextDeadlineMs() ?? Infinity) <= nowMs) this.#engine.tick(nowMs);
    this.#drain(nowMs, out);
    if (this.#nextReportMs <= nowMs) this.#report(nowMs, out);
    const sender = this.#sender;
    if (sender !== undefined && nowMs - sender.lastMs >= RIST_SILENCE_MS) {
      this.#leave(nowMs, out);
      out.push({ kind: "released", addr: sender.addr });
    }
    return out;
  }

  #receive(
    kind: "rtp" | "rtcp",
    from: Addr,
    bytes: Uint8Array,
    nowMs: number,
    out: ReceiverEffect[],
  ): void {
    this.#counts.packets++;
    this.#counts.bytes += bytes.length;
    if (this.#allowed.size > 0 && !this.#allowed.has(from.host)) this.#counts.foreign++;
    else if (kind === "rtp") this.#media(from, bytes, nowMs, out);
    else this.#feedback(from, bytes, nowMs, out);
  }

  #media(from: Addr, bytes: Uint8Array, nowMs: number, out: ReceiverEffect[]): void {
    const header = rtpHeaderBytes(bytes);
    if (
      bytes.length > PACKET_MAX_BYTES || header === 0 || isRtcp(bytes) ||
      rtpType(bytes) !== RTP_TYPE_MPEG_TS || bytes[header] !== TS_SYNC
    ) {
      this.#counts.bad++;
      return;
    }
    const sender = this.#sender;
    if (
      sender !== undefined && (from.port !== sender.addr.port || from.host !== sender.addr.host)
    ) {
      this.#counts.foreign++;
      return;
    }
    const ssrc = ssrcOf(rtpSsrc(bytes));
    const repaired = rtpSsrc(bytes) !== ssrc;
    if (sender !== undefined && ssrc === sender.ssrc) {
      if (repaired || sender.original(rtpSequence(bytes), nowMs)) {
        sender.lastMs = nowMs;
        sender.bytesIn += bytes.length;
        this.#engine.receiveOne(SENDER, bytes, nowMs);
        return;
      }
    }
    if (repaired) {
      this.#counts.foreign++;
      return;
    }
    const begun = this.#probation.add(from, ssrc, rtpSequence(bytes), bytes, nowMs);
    if (begun !== undefined) this.#begin(from, ssrc, begun, nowMs, out);
  }

  /** Two packets in sequence: from a new sender, or from one that counts anew. */
  #begin(
    from: Addr,
    ssrc: Ssrc,
    packets: readonly Uint8Array[],
    nowMs: number,
    out: ReceiverEffect[],
  ): void {
    const first = packets[0];
    if (first === undefined) return;
    const before = this.#sender;
    this.#leave(nowMs, out);
    this.#probation.clear();
    this.#counts.begins++;
    const sender = new HeardSender(from, ssrc, rtpSequence(first), nowMs);
    if (before !== undefined) {
      // The same sender at the same address: only its numbers are new.
      sender.bytesIn = before.bytesIn;
      sender.bytesOut = before.bytesOut;
    }
    this.#sender = sender;
    this.#nextReportMs = nowMs;
    const engine = this.#engine;
    const { bufferMs } = this.options;
    const limits = {
      ringPackets: (bufferMs + RING_EXTRA_MS) * RING_PACKETS_PER_MS,
      ringMs: bufferMs + RING_EXTRA_MS,
      repairMs: bufferMs,
    };
    engine.command({ kind: "open", ssrc, limits }, nowMs);
    engine.addReceiver({ ssrc, budgetMs: bufferMs, pace: "smooth" }, nowMs);
    engine.command({ kind: "parent", ssrc, link: SENDER, first: sender.first }, nowMs);
    for (const bytes of packets) {
      sender.original(rtpSequence(bytes), nowMs);
      sender.bytesIn += bytes.length;
      engine.receiveOne(SENDER, bytes, nowMs);
    }
    out.push({ kind: "sender", addr: from, ssrc });
  }

  /** Forgets the sender; what is held goes out at once. */
  #leave(nowMs: number, out: ReceiverEffect[]): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    const stream = this.#stream();
    if (stream !== undefined) {
      for (const name of ENGINE_COUNTS) {
        this.#past[name] += stream[name];
      }
    }
    this.#engine.command({ kind: "close", ssrc: sender.ssrc }, nowMs);
    this.#engine.command({ kind: "close-link", link: SENDER }, nowMs);
    this.#drain(nowMs, out);
    this.#sender = undefined;
    this.#nextReportMs = Infinity;
  }

  #feedback(from: Addr, bytes: Uint8Array, nowMs: number, out: ReceiverEffect[]): void {
    if (bytes.length > PACKET_MAX_BYTES || !isRtcp(bytes) || !rtcpValid(bytes)) {
      this.#counts.bad++;
      return;
    }
    const sender = this.#sender;
    if (sender === undefined) {
      this.#answer(from, bytes, nowMs, out);
      return;
    }
    const its = from.host === sender.addr.host && ristSsrc(bytes) === sender.ssrc;
    if (!its || !sender.speaksFrom(from, nowMs)) {
      this.#counts.foreign++;
      return;
    }
    sender.bytesIn += bytes.length;
    walkRtcp(bytes, (type, _count, at, end) => {
      if (type === RTCP.senderReport && end - at >= 28) sender.senderReport(bytes, at, nowMs);
    });
    this.#engine.receiveOne(SENDER, bytes, nowMs);
    // A sender that reports and has nothing to send is not silent.
    const alive = this.#writer.reset().head(sender.ssrc, sender.highest, ALIVE_MS).take();
    this.#engine.receiveOne(SENDER, alive, nowMs);
  }

  /** A sender shakes hands before it sends: it is answered, with no more bytes than it sent. */
  #answer(to: Addr, request: Uint8Array, nowMs: number, out: ReceiverEffect[]): void {
    const bytes = this.#answers.take(nowMs) ? this.#voice.answer(request) : undefined;
    if (bytes === undefined) {
      this.#counts.withheld++;
      return;
    }
    this.#counts.answered++;
    out.push({ kind: "rtcp", to, bytes });
  }

  #report(nowMs: number, out: ReceiverEffect[]): void {
    const sender = this.#sender;
    if (sender === undefined) return;
    this.#nextReportMs = nowMs + RIST_REPORT_MS;
    const block = sender.report(this.link.jitterMs, nowMs);
    this.#say(this.#voice.receiverReport(block), out);
  }

  /** To the sender, in all no more bytes than it sent: nobody is a third party's amplifier. */
  #say(bytes: Uint8Array, out: ReceiverEffect[]): void {
    const sender = this.#sender;
    if (sender?.rtcp === undefined) return;
    if (sender.bytesOut + bytes.length > sender.bytesIn) {
      this.#counts.withheld++;
      return;
    }
    sender.bytesOut += bytes.length;
    out.push({ kind: "rtcp", to: sender.rtcp, bytes });
  }

  /** What the engine wants sent and delivered. */
  #drain(nowMs: number, out: ReceiverEffect[]): void {
    const { out: box } = this.#engine;
    for (let index = 0; index < box.sends; index++) {
      const bytes = box.sendAt(index)?.bytes;
      const translated = bytes === undefined ? undefined : this.#voice.translate(bytes);
      if (translated !== undefined) this.#say(translated, out);
    }
    for (const { event } of box.deliveries) {
      if (event.kind !== "chunks") continue;
      for (const { payload, timestamp, lostBefore } of event.chunks) {
        this.#counts.delivered++;
        this.#counts.lost += lostBefore;
        out.push({ kind: "push", bytes: payload, dueMs: this.#clock.dueMs(timestamp, nowMs) });
      }
    }
    box.clear();
  }
}
