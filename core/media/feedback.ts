/** Reads RTCP that comes in: from parents reports and head reports, from children requests and reports. */
import {
  APP_ESPALIER,
  APP_RIST,
  ESPALIER_APP,
  GENERIC_NACK,
  readClockMs,
  readHead,
  RIST_APP,
  RTCP,
  type RtcpWriter,
  walkNack,
  walkRangeNack,
  walkRtcp,
} from "../wire/rtcp.ts";
import { readU32 } from "../wire/rtp_bytes.ts";
import { sequenceDistance } from "../wire/rtp.ts";
import type { LinkId } from "./api.ts";
import type { Child } from "./child.ts";
import type { Link } from "./link.ts";
import type { Outbox } from "./out.ts";
import { resend, tripFromReport } from "./reports.ts";
import type { Stream } from "./stream.ts";
import { CNAME } from "./recovery/nack.ts";

/** A repeated request counts as a new one only after this share of a round trip. */
const REPEAT_SHARE = 0.85;
/** The same before the round trip is known. */
const REPEAT_UNKNOWN_MS = 20;

/** An urgent request was sent several times on purpose; what a link doubled comes closer together. */
const REPEAT_URGENT_MS = 1.5;

/** What feedback needs of its engine. */
export interface FeedbackHost {
  readonly out: Outbox;
  readonly writer: RtcpWriter;
  readonly reporter: number;
  streamOf(ssrc: number): Stream | undefined;
  linkOf(link: LinkId): Link | undefined;
  wakeStream(stream: Stream, atMs: number): void;
}

/** Reads feedback. One object an engine: its visitors are bound once. */
export class Feedback {
  readonly host: FeedbackHost;
  #bytes: Uint8Array = new Uint8Array(0);
  #link: Link | undefined;
  #nowMs = 0;
  #stream: Stream | undefined;
  #child: Child | undefined;
  #repeatMs = 0;
  #flightMs = 0;
  #urgent = false;

  constructor(host: FeedbackHost) {
    this.host = host;
  }

  /** Reads one compound that `rtcpValid` accepted. */
  receive(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    this.#link = this.host.linkOf(link);
    if (this.#link === undefined || this.#link.roles === 0) return;
    this.#bytes = bytes;
    this.#nowMs = nowMs;
    this.#urgent = false;
    walkRtcp(bytes, this.#visit);
  }

  readonly #visit = (type: number, count: number, at: number, end: number): void => {
    if (end - at < 8) return;
    if (type === RTCP.transportFeedback) {
      if (count === GENERIC_NACK && end - at >= 16) {
        this.#nack(readU32(this.#bytes, at + 8), at, end);
      }
    } else if (type === RTCP.app) this.#app(count, at, end);
    else if (type === RTCP.senderReport) this.#senderReport(at, end);
    else if (type === RTCP.receiverReport) this.#receiverReport(count, at, end);
    else if (type === RTCP.bye && count > 0) this.#bye(readU32(this.#bytes, at + 4));
  };

  #app(subtype: number, at: number, end: number): void {
    if (end - at < 12 || this.#link === undefined) return;
    const name = readU32(this.#bytes, at + 8);
    const ssrc = readU32(this.#bytes, at + 4);
    if (name === APP_ESPALIER && subtype === ESPALIER_APP.head && end - at >= 24) {
      this.#head(ssrc, at);
    } else if (name === APP_ESPALIER && subtype === ESPALIER_APP.urgent) this.#urgent = true;
    else if (name !== APP_RIST) return;
    else if (subtype === RIST_APP.rangeNack && end - at >= 16) this.#nack(ssrc, at, end);
    else if (subtype === RIST_APP.echoRequest && end - at >= 24) this.#answerEcho(ssrc, at);
    else if (subtype === RIST_APP.echoResponse && end - at >= 24) {
      const delayMs = readU32(this.#bytes, at + 20) / 1000;
      this.#link.echoed(readClockMs(this.#bytes, at + 12), delayMs, this.#nowMs);
    }
  }

  #answerEcho(ssrc: number, at: number): void {
    const { host } = this;
    if (this.#link === undefined || !this.#link.mayAnswer(this.#nowMs)) return;
    host.writer.reset().receiverReport(host.reporter).cname(host.reporter, CNAME)
      .echoResponse(ssrc, this.#bytes, at);
    host.out.send(host.writer.take(), this.#link.alone);
  }

  #head(ssrc: number, at: number): void {
    const stream = this.host.streamOf(ssrc);
    const parent = stream?.parentOn(this.#link?.id ?? -1);
    if (stream === undefined || parent === undefined) return;
    const nextMs = Math.min(2000, readU32(this.#bytes, at + 20));
    stream.headReport(parent, readHead(this.#bytes, at), nextMs, this.#nowMs);
  }

  #senderReport(at: number, end: number): void {
    if (end - at < 28) return;
    const stream = this.host.streamOf(readU32(this.#bytes, at + 4));
    stream?.parentOn(this.#link?.id ?? -1)?.senderReport(this.#bytes, at, this.#nowMs);
  }

  #receiverReport(count: number, at: number, end: number): void {
    for (let block = at + 8; count > 0 && block + 24 <= end; count--, block += 24) {
      const stream = this.host.streamOf(readU32(this.#bytes, block));
      const child = stream?.children.get(this.#link?.id ?? -1);
      if (stream === undefined || child === undefined) continue;
      const lastReport = readU32(this.#bytes, block + 16);
      if (lastReport !== 0) {
        const delay = readU32(this.#bytes, block + 20);
        const tripMs = tripFromReport(lastReport, delay, this.#nowMs);
        if (tripMs < 10_000) child.link.trip.sample(tripMs);
      }
      const lossShare = (this.#bytes[block + 4] ?? 0) / 256;
      if (child.report(lossShare, readU32(this.#bytes, block + 12) / 90, this.#nowMs)) {
        const { ssrc } = stream;
        const link = child.link.id;
        this.host.out.events.push({ kind: "struggling", ssrc, link, lossShare });
      }
    }
  }

  #bye(ssrc: number): void {
    const stream = this.host.streamOf(ssrc);
    if (stream === undefined || stream.parentSaidBye) return;
    if (stream.parentOn(this.#link?.id ?? -1) === undefined) return;
    stream.parentSaidBye = true;
    this.host.out.events.push({ kind: "ended", ssrc: stream.ssrc });
  }

  #nack(ssrc: number, at: number, end: number): void {
    const stream = this.host.streamOf(ssrc);
    const child = stream?.children.get(this.#link?.id ?? -1);
    if (stream === undefined || child === undefined) return;
    stream.tally.nacksReceived++;
    if (stream.recovery.budgetShare <= 0 || stream.ring.top < 0) return;
    // The first number of each request costs as much as 17: what is over the limit is not read at all.
    if (!child.mayAsk(1, stream.rate, this.#nowMs)) {
      stream.tally.retransmitsRefused++;
      return;
    }
    this.#stream = stream;
    this.#child = child;
    const tripMs = child.link.trip.ms;
    this.#repeatMs = this.#urgent
      ? REPEAT_URGENT_MS
      : tripMs === undefined
      ? REPEAT_UNKNOWN_MS
      : REPEAT_SHARE * tripMs;
    this.#flightMs = REPEAT_SHARE * (tripMs ?? 0);
    child.refillPace(stream.rate, this.#nowMs);
    const generic = (this.#bytes[at + 1] ?? 0) === RTCP.transportFeedback;
    (generic ? walkNack : walkRangeNack)(this.#bytes, at, end, this.#asked);
    if (child.waiting > 0) {
      stream.children.repairing = true;
      this.host.wakeStream(stream, this.#nowMs + 1);
    }
  }

  /** One number asked for; false ends the walk. */
  readonly #asked = (sequence: number): boolean => {
    const stream = this.#stream;
    const child = this.#child;
    if (stream === undefined || child === undefined) return false;
    if (!child.mayAsk(1, stream.rate, this.#nowMs)) {
      stream.tally.retransmitsRefused++;
      return false;
    }
    const { ring } = stream;
    const number = ring.top + sequenceDistance(ring.top, sequence);
    const bytes = number > ring.top ? undefined : ring.get(number);
    // What this node misses itself goes to all children when it comes.
    if (bytes === undefined || this.#nowMs - ring.timeOf(number) > stream.limits.ringMs) {
      return true;
    }
    if (child.catching && number >= child.cursor) return true;
    // The request crossed it on the way: a repair from upstream (its SSRC is marked) just handed on.
    const repair = ((bytes[11] ?? 0) & 1) === 1;
    if (repair && this.#nowMs - ring.timeOf(number) < this.#flightMs) return true;
    if (child.repairedWithin(number, this.#repeatMs, this.#nowMs)) return true;
    if (!child.mayRepair(bytes.length, stream.recovery.budgetShare, stream.rate, this.#nowMs)) {
      stream.tally.retransmitsRefused++;
      return true;
    }
    if (child.pace.take(1)) resend(stream, child, bytes);
    else if (!child.enqueue(number)) {
      stream.tally.retransmitsRefused++;
      return true;
    }
    child.repaired(number, this.#nowMs);
    return true;
  };
}
