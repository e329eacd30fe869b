/**
 * RTCP: reports and descriptions (RFC 3550), generic NACK (RFC 4585), RIST's range NACK and round-trip
 * echo (VSF TR-06-1). Readers never throw and never allocate; the writer fills one scratch buffer.
 *
 * Espalier's own APP packets bear the name `ESPR`: a cookie's question (0) and answer (1), and the head
 * report (2), which tells what was sent last so that the end of a burst can be repaired, and a mark (3) in
 * front of a NACK that is the last in time: it is answered although the same was answered just before.
 */
import { readU16, readU32, writeU16, writeU32 } from "./rtp_bytes.ts";

/** RTCP packet types. */
export const RTCP = {
  senderReport: 200,
  receiverReport: 201,
  description: 202,
  bye: 203,
  app: 204,
  transportFeedback: 205,
} as const;

/** Format of the generic NACK within transport feedback. */
export const GENERIC_NACK = 1;
/** `RIST` as a number. */
export const APP_RIST = 0x52495354;
/** `ESPR` as a number. */
export const APP_ESPALIER = 0x45535052;
/** Subtypes of `RIST`. */
export const RIST_APP = { rangeNack: 0, echoRequest: 2, echoResponse: 3 } as const;
/** Subtypes of `ESPR`. */
export const ESPALIER_APP = { cookieAsk: 0, cookieAnswer: 1, head: 2, urgent: 3 } as const;
/** Longest RTCP datagram written here: fits every path without fragments. */
export const RTCP_MAX_BYTES = 1200;

/** Whether the datagram is one well-formed compound: versions, lengths that add up, padding only at the end. */
export function rtcpValid(bytes: Uint8Array): boolean {
  let at = 0;
  while (at + 4 <= bytes.length) {
    const first = bytes[at] ?? 0;
    const type = bytes[at + 1] ?? 0;
    if (first >>> 6 !== 2 || type < 192 || type > 223) return false;
    const end = at + 4 + readU16(bytes, at + 2) * 4;
    if (end > bytes.length) return false;
    if ((first & 32) !== 0) {
      const padding = bytes[end - 1] ?? 0;
      if (end !== bytes.length || padding === 0 || padding % 4 !== 0 || padding > end - at - 4) {
        return false;
      }
    }
    at = end;
  }
  return at === bytes.length && at > 0;
}

/** One packet of a compound; `count` is the 5-bit field, `end` excludes padding. */
export type RtcpVisitor = (type: number, count: number, at: number, end: number) => void;

/** Visits each packet of a compound that `rtcpValid` accepted. */
export function walkRtcp(bytes: Uint8Array, visit: RtcpVisitor): void {
  let at = 0;
  while (at + 4 <= bytes.length) {
    const first = bytes[at] ?? 0;
    const end = at + 4 + readU16(bytes, at + 2) * 4;
    const padding = (first & 32) !== 0 ? bytes[end - 1] ?? 0 : 0;
    visit(bytes[at + 1] ?? 0, first & 31, at, end - padding);
    at = end;
  }
}

/** Visits the numbers asked for by a generic NACK, until `visit` says false. */
export function walkNack(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: (sequence: number) => boolean,
): void {
  for (let field = at + 12; field + 4 <= end; field += 4) {
    const first = readU16(bytes, field);
    if (!visit(first)) return;
    let mask = readU16(bytes, field + 2);
    for (let offset = 1; mask !== 0; offset++, mask >>>= 1) {
      if ((mask & 1) !== 0 && !visit((first + offset) & 0xffff)) return;
    }
  }
}

/** Visits the numbers asked for by a RIST range NACK, until `visit` says false. */
export function walkRangeNack(
  bytes: Uint8Array,
  at: number,
  end: number,
  visit: (sequence: number) => boolean,
): void {
  for (let field = at + 12; field + 4 <= end; field += 4) {
    const first = readU16(bytes, field);
    const more = readU16(bytes, field + 2);
    for (let offset = 0; offset <= more; offset++) {
      if (!visit((first + offset) & 0xffff)) return;
    }
  }
}

/** One report block (RFC 3550, section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** 0 to 1; carried in 1/256. */
  readonly lossShare: number;
  readonly lostTotal: number;
  readonly highest: number;
  /** In time stamp units. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  /** In 1/65536 s. */
  readonly delaySinceReport: number;
}

/** The middle 32 bits of a clock in milliseconds taken as an NTP time stamp. */
export function ntpMiddle(nowMs: number): number {
  return Math.floor(nowMs * 65.536) % 2 ** 32;
}

/** Builds compounds in one scratch buffer. What does not fit is left out; `fits` tells before. */
export class RtcpWriter {
  readonly #bytes = new Uint8Array(RTCP_MAX_BYTES);
  #at = 0;

  /** Forgets what was written. */
  reset(): this {
    this.#at = 0;
    return this;
  }

  /** Whether `bytes` more fit. */
  fits(bytes: number): boolean {
    return this.#at + bytes <= RTCP_MAX_BYTES;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #open(count: number, type: number, length: number): number {
    if (!this.fits(length)) return -1;
    const at = this.#at;
    this.#bytes[at] = 0x80 | count;
    this.#bytes[at + 1] = type;
    writeU16(this.#bytes, at + 2, length / 4 - 1);
    this.#at += length;
    return at;
  }

  #u32(at: number, value: number): void {
    writeU32(this.#bytes, at, value);
  }

  #clock(at: number, nowMs: number): void {
    const seconds = Math.floor(nowMs / 1000);
    this.#u32(at, seconds);
    this.#u32(at + 4, Math.floor((nowMs / 1000 - seconds) * 2 ** 32));
  }

  /** A sender report without report blocks; the clock counts from an arbitrary start (RFC 3550, 6.4.1). */
  senderReport(
    ssrc: number,
    nowMs: number,
    timestamp: number,
    packets: number,
    octets: number,
  ): this {
    const at = this.#open(0, RTCP.senderReport, 28);
    if (at < 0) return this;
    this.#u32(at + 4, ssrc);
    this.#clock(at + 8, nowMs);
    this.#u32(at + 16, timestamp);
    this.#u32(at + 20, packets);
    this.#u32(at + 24, octets);
    return this;
  }

  /** A receiver report with at most one block. */
  receiverReport(reporter: number, block?: ReportBlock): this {
    const at = this.#open(block === undefined ? 0 : 1, RTCP.receiverReport, block ? 32 : 8);
    if (at < 0) return this;
    this.#u32(at + 4, reporter);
    if (block === undefined) return this;
    const lost = Math.max(0, Math.min(0x7fffff, block.lostTotal));
    this.#u32(at + 8, block.ssrc);
    this.#u32(at + 12, (Math.min(255, Math.floor(block.lossShare * 256)) << 24) | lost);
    this.#u32(at + 16, block.highest);
    this.#u32(at + 20, Math.round(block.jitter));
    this.#u32(at + 24, block.lastSenderReport);
    this.#u32(at + 28, block.delaySinceReport);
    return this;
  }

  /** A description with the CNAME only. */
  cname(ssrc: number, name: string): this {
    const chunk = 4 + 2 + name.length;
    const at = this.#open(1, RTCP.description, 4 + chunk + (4 - chunk % 4));
    if (at < 0) return this;
    this.#u32(at + 4, ssrc);
    this.#bytes.fill(0, at + 8, this.#at);
    this.#bytes[at + 8] = 1;
    this.#bytes[at + 9] = name.length;
    for (let i = 0; i < name.length; i++) this.#bytes[at + 10 + i] = name.charCodeAt(i) & 127;
    return this;
  }

  /** Says that a stream is over. */
  bye(ssrc: number): this {
    const at = this.#open(1, RTCP.bye, 8);
    if (at >= 0) this.#u32(at + 4, ssrc);
    return this;
  }

  #app(subtype: number, ssrc: number, name: number, length: number): number {
    const at = this.#open(subtype, RTCP.app, 12 + length);
    if (at < 0) return at;
    this.#u32(at + 4, ssrc);
    this.#u32(at + 8, name);
    return at + 12;
  }

  /** RIST's round-trip question: the asker's clock, which comes back unchanged. */
  echoRequest(ssrc: number, nowMs: number): this {
    const at = this.#app(RIST_APP.echoRequest, ssrc, APP_RIST, 12);
    if (at < 0) return this;
    this.#clock(at, nowMs);
    this.#u32(at + 8, 0);
    return this;
  }

  /** RIST's round-trip answer to the request at `from` in `request`; answered at once, so the delay is 0. */
  echoResponse(ssrc: number, request: Uint8Array, from: number): this {
    const at = this.#app(RIST_APP.echoResponse, ssrc, APP_RIST, 12);
    if (at < 0) return this;
    this.#u32(at, readU32(request, from + 12));
    this.#u32(at + 4, readU32(request, from + 16));
    this.#u32(at + 8, 0);
    return this;
  }

  /** The head report: the first extended number not yet sent, and in how many ms the next report comes. */
  head(ssrc: number, next: number, nextMs: number): this {
    const at = this.#app(ESPALIER_APP.head, ssrc, APP_ESPALIER, 12);
    if (at < 0) return this;
    this.#u32(at, Math.floor(next / 2 ** 32));
    this.#u32(at + 4, next % 2 ** 32);
    this.#u32(at + 8, Math.min(60_000, Math.max(0, Math.round(nextMs))));
    return this;
  }

  /** Marks the NACKs that follow in this compound as urgent. */
  urgent(ssrc: number): this {
    this.#app(ESPALIER_APP.urgent, ssrc, APP_ESPALIER, 0);
    return this;
  }

  /** A generic NACK from ascending extended numbers; returns how many of `sequences` from `start` on fit. */
  nack(reporter: number, media: number, sequences: readonly number[], start: number): number {
    const at = this.#at;
    if (start >= sequences.length || !this.fits(16)) return 0;
    this.#open(GENERIC_NACK, RTCP.transportFeedback, 12);
    this.#u32(at + 4, reporter);
    this.#u32(at + 8, media);
    let used = start;
    while (used < sequences.length && this.fits(4)) {
      const first = sequences[used++] ?? 0;
      let mask = 0;
      for (; used < sequences.length; used++) {
        const offset = (sequences[used] ?? 0) - first;
        if (offset > 16) break;
        mask |= 1 << (offset - 1);
      }
      writeU16(this.#bytes, this.#at, first);
      writeU16(this.#bytes, this.#at + 2, mask);
      this.#at += 4;
    }
    writeU16(this.#bytes, at + 2, (this.#at - at) / 4 - 1);
    return used - start;
  }
}

/** Milliseconds in the NTP-like time stamp that an echo carries at `at`. */
export function readClockMs(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 1000 + readU32(bytes, at + 4) * 1000 / 2 ** 32;
}

/** The newest extended number sent before a head report at `at`; -1 when there was none. */
export function readHead(bytes: Uint8Array, at: number): number {
  return (readU32(bytes, at + 12) & 0x1fffff) * 2 ** 32 + readU32(bytes, at + 16) - 1;
}
