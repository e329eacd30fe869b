/**
 * How a RIST peer is spoken to (VSF TR-06-1, Simple Profile): every RTCP datagram is a compound that begins
 * with a report and the CNAME, and bears nothing that only Espalier knows. RTP has the even port, RTCP
 * the next.
 */
import { APP_RIST, type ReportBlock, RIST_APP, RTCP, RtcpWriter, walkRtcp } from "./rtcp.ts";
import { readU32 } from "./rtp_bytes.ts";

/** Reports come at least every 100 ms; a timer may be late by a few. */
export const RIST_REPORT_MS = 95;
/** A peer that has said nothing for this long is gone. */
export const RIST_SILENCE_MS = 5000;

/** One end's voice: its SSRC and CNAME. */
export class RistVoice {
  readonly ssrc: number;
  readonly cname: string;
  readonly #writer = new RtcpWriter();

  constructor(ssrc: number, cname: string) {
    this.ssrc = ssrc;
    this.cname = cname;
  }

  /** A sender's regular report; the time stamp is the one that belongs to `nowMs`. */
  senderReport(nowMs: number, timestamp: number, packets: number, octets: number): Uint8Array {
    return this.#writer.reset().senderReport(this.ssrc, nowMs, timestamp, packets, octets)
      .cname(this.ssrc, this.cname).take();
  }

  /** A receiver's regular report; without a block as long as nothing came. */
  receiverReport(block?: ReportBlock): Uint8Array {
    return this.#writer.reset().receiverReport(this.ssrc, block).cname(this.ssrc, this.cname)
      .take();
  }

  /** Says that the stream is over. */
  bye(): Uint8Array {
    return this.#writer.reset().receiverReport(this.ssrc).cname(this.ssrc, this.cname)
      .bye(this.ssrc).take();
  }

  /**
   * Answers a peer that is not known yet: a report, and its echo if it asked for one. Never longer than
   * the request; undefined when nothing fits.
   */
  answer(request: Uint8Array): Uint8Array | undefined {
    const { ssrc, cname } = this;
    let echoAt = -1;
    walkRtcp(request, (type, count, at, end) => {
      const asks = type === RTCP.app && count === RIST_APP.echoRequest && end - at >= 24;
      if (asks && readU32(request, at + 8) === APP_RIST) echoAt = at;
    });
    const writer = this.#writer.reset().receiverReport(ssrc).cname(ssrc, cname);
    const plain = writer.take();
    if (plain.length > request.length) return undefined;
    if (echoAt < 0) return plain;
    const full = writer.echoResponse(readU32(request, echoAt + 4), request, echoAt).take();
    return full.length > request.length ? plain : full;
  }

  /**
   * Translates a compound of the media engine: requests for packets and RIST's own echoes go on under
   * this voice's report and name. Undefined when nothing is left to say, as in a plain report: those are
   * sent by the clock of RIST.
   */
  translate(compound: Uint8Array): Uint8Array | undefined {
    const kept: Uint8Array[] = [];
    let length = 0;
    walkRtcp(compound, (type, _count, at, end) => {
      const rist = type === RTCP.app && end - at >= 12 && readU32(compound, at + 8) === APP_RIST;
      if (!rist && type !== RTCP.transportFeedback) return;
      kept.push(compound.subarray(at, end));
      length += end - at;
    });
    if (length === 0) return undefined;
    const head = this.receiverReport();
    const bytes = new Uint8Array(head.length + length);
    bytes.set(head);
    let at = head.length;
    for (const part of kept) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

/** The SSRC a compound speaks for, without the mark of a retransmission. */
export function ristSsrc(compound: Uint8Array): number {
  return (readU32(compound, 4) & ~1) >>> 0;
}
