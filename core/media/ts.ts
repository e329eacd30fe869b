/**
 * MPEG transport stream packets (ISO/IEC 13818-1) over plain byte arrays. Readers take the whole buffer and
 * the offset of one 188-byte packet, check what they need and answer undefined for what is not there;
 * nothing here throws or keeps state.
 */
import { TS_BYTES, TS_PER_RTP } from "../wire/rtp.ts";

export { TS_BYTES };
/** First byte of every packet. */
export const TS_SYNC = 0x47;
/** Bytes of transport stream in one full RTP packet. */
export const TS_PAYLOAD_BYTES = TS_BYTES * TS_PER_RTP;
/** PID of packets that carry nothing. */
export const NULL_PID = 0x1fff;
/** Ticks of the system clock a second. */
export const CLOCK_HZ = 27_000_000;
/** Ticks of the system clock in one tick of a 90 kHz time stamp. */
export const CLOCK_PER_STAMP = 300;
/** A time stamp turns over after this many ticks of 90 kHz (26.5 hours). */
export const STAMP_MODULUS = 2 ** 33;
/** A PCR turns over after this many ticks of 27 MHz. */
export const PCR_MODULUS = STAMP_MODULUS * CLOCK_PER_STAMP;

/** The packet identifier: which elementary stream or table this packet belongs to. */
export function pidOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 1] ?? 0) & 0x1f) << 8) | (bytes[at + 2] ?? 0);
}

/** Whether a PES packet or a table section begins in this packet. */
export const startsUnit = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 1] ?? 0) & 0x40) !== 0;

/** Whether the sender marked this packet as damaged. */
export const isDamaged = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 1] ?? 0) & 0x80) !== 0;

/** Whether the payload is scrambled. */
export const isScrambled = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 3] ?? 0) & 0xc0) !== 0;

/** Whether the packet has a payload; only then its continuity counter counts up. */
export const hasPayload = (bytes: Uint8Array, at: number): boolean =>
  ((bytes[at + 3] ?? 0) & 0x10) !== 0;

/** The continuity counter, 0 to 15. */
export const continuityOf = (bytes: Uint8Array, at: number): number => (bytes[at + 3] ?? 0) & 15;

/** Sets the continuity counter. */
export function writeContinuity(bytes: Uint8Array, at: number, counter: number): void {
  bytes[at + 3] = ((bytes[at + 3] ?? 0) & 0xf0) | (counter & 15);
}

/** Flags of the adaptation field; 0 when there is none or it is empty. */
function adaptationFlags(bytes: Uint8Array, at: number): number {
  if (((bytes[at + 3] ?? 0) & 0x20) === 0) return 0;
  const length = bytes[at + 4] ?? 0;
  return length === 0 || length > 183 ? 0 : bytes[at + 5] ?? 0;
}

/** The sender says that clock or counters jump here. */
export const isDiscontinuity = (bytes: Uint8Array, at: number): boolean =>
  (adaptationFlags(bytes, at) & 0x80) !== 0;

/** The sender says that decoding may begin here. */
export const isRandomAccess = (bytes: Uint8Array, at: number): boolean =>
  (adaptationFlags(bytes, at) & 0x40) !== 0;

/** Offset of the payload within the buffer; undefined when there is none. */
export function payloadStart(bytes: Uint8Array, at: number): number | undefined {
  if (!hasPayload(bytes, at)) return undefined;
  if (((bytes[at + 3] ?? 0) & 0x20) === 0) return at + 4;
  const start = 5 + (bytes[at + 4] ?? 0);
  return start < TS_BYTES ? at + start : undefined;
}

/** The program clock reference in ticks of 27 MHz; undefined when the packet carries none. */
export function pcrOf(bytes: Uint8Array, at: number): number | undefined {
  if ((adaptationFlags(bytes, at) & 0x10) === 0 || (bytes[at + 4] ?? 0) < 7) return undefined;
  const high = (bytes[at + 6] ?? 0) * 2 ** 25 + (bytes[at + 7] ?? 0) * 2 ** 17 +
    (bytes[at + 8] ?? 0) * 2 ** 9 + (bytes[at + 9] ?? 0) * 2 + ((bytes[at + 10] ?? 0) >>> 7);
  return high * CLOCK_PER_STAMP + (((bytes[at + 10] ?? 0) & 1) << 8) + (bytes[at + 11] ?? 0);
}

/** Replaces the PCR of a packet that has one. */
export function writePcr(bytes: Uint8Array, at: number, pcr: number): void {
  const wrapped = modulo(Math.round(pcr), PCR_MODULUS);
  const base = Math.floor(wrapped / CLOCK_PER_STAMP);
  const extension = wrapped % CLOCK_PER_STAMP;
  bytes[at + 6] = Math.floor(base / 2 ** 25);
  bytes[at + 7] = Math.floor(base / 2 ** 17);
  bytes[at + 8] = Math.floor(base / 2 ** 9);
  bytes[at + 9] = Math.floor(base / 2);
  bytes[at + 10] = ((base % 2) << 7) | 0x7e | (extension >>> 8);
  bytes[at + 11] = extension;
}

/** Where the time stamps of a PES header stand, and what they say in ticks of 90 kHz. */
export interface PesStamps {
  readonly ptsAt: number;
  readonly pts: number;
  readonly dtsAt: number | undefined;
  /** When the unit is decoded: equal to `pts` where the stream has no reordering. */
  readonly dts: number;
}

/** Stream ids whose PES packets have no optional header (ISO/IEC 13818-1, table 2-21). */
const PLAIN_STREAM_IDS: ReadonlySet<number> = new Set([
  0xbc,
  0xbe,
  0xbf,
  0xf0,
  0xf1,
  0xf2,
  0xf8,
  0xff,
]);

/** Time stamps of the PES packet that begins in this packet; undefined when none can be read here. */
export function pesStamps(bytes: Uint8Array, at: number): PesStamps | undefined {
  if (!startsUnit(bytes, at) || isScrambled(bytes, at)) return undefined;
  const pes = payloadStart(bytes, at);
  if (pes === undefined || pes + 14 > at + TS_BYTES) return undefined;
  if (bytes[pes] !== 0 || bytes[pes + 1] !== 0 || bytes[pes + 2] !== 1) return undefined;
  if (PLAIN_STREAM_IDS.has(bytes[pes + 3] ?? 0)) return undefined;
  if (((bytes[pes + 6] ?? 0) & 0xc0) !== 0x80) return undefined;
  const which = (bytes[pes + 7] ?? 0) >>> 6;
  if (which < 2) return undefined;
  const pts = readStamp(bytes, pes + 9);
  if (which === 2) return { ptsAt: pes + 9, pts, dtsAt: undefined, dts: pts };
  if (pes + 19 > at + TS_BYTES) return undefined;
  return { ptsAt: pes + 9, pts, dtsAt: pes + 14, dts: readStamp(bytes, pes + 14) };
}

/** A 33-bit time stamp in its five bytes. */
export function readStamp(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) >>> 1 & 7) * 2 ** 30 + (bytes[at + 1] ?? 0) * 2 ** 22 +
    ((bytes[at + 2] ?? 0) >>> 1) * 2 ** 15 + (bytes[at + 3] ?? 0) * 2 ** 7 +
    ((bytes[at + 4] ?? 0) >>> 1);
}

/** Replaces a time stamp; its prefix stays. */
export function writeStamp(bytes: Uint8Array, at: number, stamp: number): void {
  const value = modulo(stamp, STAMP_MODULUS);
  bytes[at] = ((bytes[at] ?? 0) & 0xf0) | (Math.floor(value / 2 ** 30) << 1) | 1;
  bytes[at + 1] = Math.floor(value / 2 ** 22);
  bytes[at + 2] = (Math.floor(value / 2 ** 15) << 1) | 1;
  bytes[at + 3] = Math.floor(value / 2 ** 7);
  bytes[at + 4] = (value << 1) | 1;
}

/** The remainder that is never negative. */
export function modulo(value: number, modulus: number): number {
  const rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

/** The signed distance from one wrapping clock value to another, by the shorter way round. */
export function clockDistance(from: number, to: number, modulus: number): number {
  const distance = modulo(to - from, modulus);
  return distance > modulus / 2 ? distance - modulus : distance;
}

/** Fills one packet with nothing: PID 8191, no meaning but to take its time. */
export function writeNullPacket(bytes: Uint8Array, at: number): void {
  bytes[at] = TS_SYNC;
  bytes[at + 1] = NULL_PID >>> 8;
  bytes[at + 2] = NULL_PID & 0xff;
  bytes[at + 3] = 0x10;
  bytes.fill(0xff, at + 4, at + TS_BYTES);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 0x80000000) !== 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
});

/** CRC-32/MPEG-2 of table sections (ISO/IEC 13818-1, annex A); over a whole section with its CRC it is 0. */
export function crc32Mpeg(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) {
    crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ (bytes[i] ?? 0)] ?? 0)) >>> 0;
  }
  return crc;
}
