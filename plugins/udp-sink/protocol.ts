/** Datagrams from chunks, and which session sends to which port. No I/O. */
import type { MediaChunk } from "../../core/media/api.ts";
import { RTP_HEADER_BYTES, RTP_TYPE_MPEG_TS, writeRtpHeader } from "../../core/wire/rtp.ts";

/** RTP takes an even port and leaves the next to RTCP (RFC 3550, section 11). */
export const PORT_STEP = 2;

/** The chunk as an RTP packet; its number and time stamp are those of the stream. */
export function rtpPacket(chunk: MediaChunk, ssrc: number): Uint8Array {
  const bytes = new Uint8Array(RTP_HEADER_BYTES + chunk.payload.length);
  writeRtpHeader(
    bytes,
    RTP_TYPE_MPEG_TS,
    false,
    chunk.sequence & 0xffff,
    chunk.timestamp >>> 0,
    ssrc >>> 0,
  );
  bytes.set(chunk.payload, RTP_HEADER_BYTES);
  return bytes;
}

/** Hands out ports: the lowest free one of first, first + 2, first + 4, ... */
export class PortPlan {
  readonly #taken = new Set<number>();

  constructor(readonly first: number) {}

  /** A port; undefined when none is left. */
  take(): number | undefined {
    for (let port = this.first; port <= 65_535; port += PORT_STEP) {
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    return undefined;
  }

  give(port: number): void {
    this.#taken.delete(port);
  }
}
