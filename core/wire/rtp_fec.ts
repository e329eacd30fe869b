/**
 * XOR parity over RTP as in SMPTE ST 2022-1 (on the lines of RFC 5109): a parity packet covers `count`
 * packets that lie `step` apart, and rebuilds any one of them from the others. It travels on the media port
 * with a payload type and an SSRC of its own, so that players of the media take no notice.
 *
 * After the RTP header: sequence base (low 16 bits), length recovery, payload type recovery, 24 bits of mask (the
 * lowest: marker recovery), time stamp recovery, direction, step (offset), count (NA), base extension.
 */
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.ts";
import { readU16, readU32, writeU16, writeU32 } from "./rtp_bytes.ts";

/** Payload type of parity: the first dynamic one. */
export const RTP_TYPE_PARITY = 96;
/** Bytes before the parity of the payload. */
export const PARITY_HEADER_BYTES = RTP_HEADER_BYTES + 16;
/** Longest payload that is covered. */
export const PARITY_PAYLOAD_MAX = 1460;
const SSRC_MASK = 0x46454300;
const ROW = 0x40;

/** The SSRC of a stream's parity, and the other way round. */
export function paritySsrc(ssrc: number): number {
  return (ssrc ^ SSRC_MASK) >>> 0;
}

/** XORs `from` beginning at `fromAt` into `into` beginning at `intoAt`. */
export function xorInto(
  into: Uint8Array,
  intoAt: number,
  from: Uint8Array,
  fromAt: number,
  length: number,
): void {
  const start = into.byteOffset + intoAt;
  const source = from.byteOffset + fromAt;
  let done = 0;
  if (start % 4 === 0 && source % 4 === 0) {
    const words = length >>> 2;
    const target = new Uint32Array(into.buffer, start, words);
    const other = new Uint32Array(from.buffer, source, words);
    for (let index = 0; index < words; index++) {
      target[index] = (target[index] ?? 0) ^ (other[index] ?? 0);
    }
    done = words * 4;
  }
  for (; done < length; done++) {
    into[intoAt + done] = (into[intoAt + done] ?? 0) ^ (from[fromAt + done] ?? 0);
  }
}

/** Whether a packet can be covered: a plain header, a payload that is not too long. */
export function isCoverable(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && bytes.length - RTP_HEADER_BYTES <= PARITY_PAYLOAD_MAX;
}

/** Gathers the packets of one row or column. */
export class ParityBuilder {
  readonly base: number;
  readonly step: number;
  readonly count: number;
  added = 0;
  readonly #bytes = new Uint8Array(PARITY_HEADER_BYTES + PARITY_PAYLOAD_MAX);
  #longest = 0;
  #lengths = 0;
  #types = 0;
  #timestamps = 0;

  constructor(base: number, step: number, count: number) {
    this.base = base;
    this.step = step;
    this.count = count;
  }

  /** Adds a packet that `isCoverable`. */
  add(bytes: Uint8Array): void {
    const length = bytes.length - RTP_HEADER_BYTES;
    this.#longest = Math.max(this.#longest, length);
    this.#lengths ^= length;
    this.#types ^= bytes[1] ?? 0;
    this.#timestamps ^= readU32(bytes, 4);
    xorInto(this.#bytes, PARITY_HEADER_BYTES, bytes, RTP_HEADER_BYTES, length);
    this.added++;
  }

  /** The parity packet; the builder is not used again. */
  packet(ssrc: number, sequence: number, timestamp: number): Uint8Array {
    const bytes = this.#bytes;
    writeRtpHeader(bytes, RTP_TYPE_PARITY, false, sequence, timestamp, paritySsrc(ssrc));
    writeU16(bytes, 12, this.base);
    writeU16(bytes, 14, this.#lengths);
    bytes[16] = 0x80 | (this.#types & 0x7f);
    bytes[19] = this.#types >>> 7;
    writeU32(bytes, 20, this.#timestamps);
    bytes[24] = this.step === 1 ? ROW : 0;
    bytes[25] = this.step;
    bytes[26] = this.count;
    bytes[27] = this.base >>> 16;
    return bytes.subarray(0, PARITY_HEADER_BYTES + this.#longest);
  }
}

/** A parity packet that was received. */
export interface Parity {
  /** Low 16 bits of the first number covered. */
  readonly base: number;
  readonly step: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Reads a parity packet; undefined when it is none. */
export function readParity(bytes: Uint8Array): Parity | undefined {
  if (bytes.length <= PARITY_HEADER_BYTES || bytes[0] !== 0x80) return undefined;
  if (bytes.length > PARITY_HEADER_BYTES + PARITY_PAYLOAD_MAX) return undefined;
  const step = bytes[25] ?? 0;
  const count = bytes[26] ?? 0;
  if (step === 0 || count < 2) return undefined;
  return { base: readU16(bytes, 12), step, count, bytes };
}

/** Rebuilds the one missing packet from the parity and the others; undefined when lengths do not fit. */
export function rebuild(
  parity: Parity,
  others: readonly Uint8Array[],
  sequence: number,
  ssrc: number,
): Uint8Array | undefined {
  let length = readU16(parity.bytes, 14);
  let types = ((parity.bytes[16] ?? 0) & 0x7f) | ((parity.bytes[19] ?? 0) & 1) << 7;
  let timestamp = readU32(parity.bytes, 20);
  for (const bytes of others) {
    length ^= bytes.length - RTP_HEADER_BYTES;
    types ^= bytes[1] ?? 0;
    timestamp ^= readU32(bytes, 4);
  }
  const covered = parity.bytes.length - PARITY_HEADER_BYTES;
  if (length > covered || length === 0) return undefined;
  const rebuilt = new Uint8Array(RTP_HEADER_BYTES + length);
  writeRtpHeader(rebuilt, types & 0x7f, types >= 128, sequence, timestamp, ssrc);
  xorInto(rebuilt, RTP_HEADER_BYTES, parity.bytes, PARITY_HEADER_BYTES, length);
  for (const bytes of others) {
    const common = Math.min(length, bytes.length - RTP_HEADER_BYTES);
    xorInto(rebuilt, RTP_HEADER_BYTES, bytes, RTP_HEADER_BYTES, common);
  }
  return rebuilt;
}
