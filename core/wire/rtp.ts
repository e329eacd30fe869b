/**
 * RTP (RFC 3550) over plain byte arrays. Readers of single fields do not check anything: ask
 * `rtpHeaderBytes` first. Nothing here throws or allocates, except `rtpPayload`, which makes one view.
 */
import { readU16, readU32, writeU16, writeU32 } from "./rtp_bytes.ts";

/** Length of a header without CSRC list and extension. */
export const RTP_HEADER_BYTES = 12;
/** Payload type of MPEG-TS (RFC 3551, RFC 2250). */
export const RTP_TYPE_MPEG_TS = 33;
/** Length of a transport stream packet. */
export const TS_BYTES = 188;
/** Transport stream packets in one full RTP packet: 12 + 7 * 188 = 1328 bytes, under every MTU in use. */
export const TS_PER_RTP = 7;

/**
 * Whether a datagram on a port shared by both is RTCP and not RTP: the second byte of RTCP lies between
 * 192 and 223, where no RTP payload type in use puts it (RFC 5761, section 4).
 */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Length of a valid RTP packet's header with CSRC list and extension; 0 when this is no RTP packet. */
export function rtpHeaderBytes(bytes: Uint8Array): number {
  const size = bytes.length;
  if (size < RTP_HEADER_BYTES) return 0;
  const first = bytes[0] ?? 0;
  if (first === 0x80) return RTP_HEADER_BYTES;
  if (first >>> 6 !== 2) return 0;
  let header = RTP_HEADER_BYTES + (first & 15) * 4;
  if ((first & 16) !== 0) {
    if (header + 4 > size) return 0;
    header += 4 + readU16(bytes, header + 2) * 4;
  }
  const padding = (first & 32) !== 0 ? bytes[size - 1] ?? 0 : 0;
  if ((first & 32) !== 0 && padding === 0) return 0;
  return header + padding > size ? 0 : header;
}

/** The 16-bit sequence number. */
export const rtpSequence = (bytes: Uint8Array): number => readU16(bytes, 2);
/** The 32-bit time stamp. */
export const rtpTimestamp = (bytes: Uint8Array): number => readU32(bytes, 4);
/** The SSRC; the lowest bit marks a retransmission (VSF TR-06-1). */
export const rtpSsrc = (bytes: Uint8Array): number => readU32(bytes, 8);
/** The payload type, 0 to 127. */
export const rtpType = (bytes: Uint8Array): number => (bytes[1] ?? 0) & 127;
/** The marker bit: a discontinuity of the time stamps in MPEG-TS (RFC 2250). */
export const rtpMarker = (bytes: Uint8Array): boolean => ((bytes[1] ?? 0) & 128) !== 0;

/** The payload without padding, as a view; undefined when this is no RTP packet. */
export function rtpPayload(bytes: Uint8Array): Uint8Array | undefined {
  const header = rtpHeaderBytes(bytes);
  if (header === 0) return undefined;
  const padding = ((bytes[0] ?? 0) & 32) !== 0 ? bytes[bytes.length - 1] ?? 0 : 0;
  return bytes.subarray(header, bytes.length - padding);
}

/** Writes a plain 12-byte header of version 2 at the start of `bytes`. */
export function writeRtpHeader(
  bytes: Uint8Array,
  type: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  bytes[0] = 0x80;
  bytes[1] = (marker ? 128 : 0) | (type & 127);
  writeU16(bytes, 2, sequence);
  writeU32(bytes, 4, timestamp);
  writeU32(bytes, 8, ssrc);
}

/** The signed distance from sequence number `from` to `to`, by the shorter way round. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}
