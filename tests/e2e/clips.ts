/** Transport streams for tests: the demo clip, and ones made of numbered packets. */

/** The clip of `config/clips`. */
export const CLIP = new URL("../../config/clips/garden.mpegts", import.meta.url).pathname;

const PACKET = 188;

/** Where `part` begins in `whole`, both sequences of 188-byte packets; -1 when it is nowhere. */
export function packetOffset(whole: Uint8Array, part: Uint8Array): number {
  outer: for (let at = 0; at + part.length <= whole.length; at += PACKET) {
    for (let i = 0; i < part.length; i++) if (whole[at + i] !== part[i]) continue outer;
    return at;
  }
  return -1;
}

/** Fails unless `recording` is one contiguous run of `source`; says how it differs. */
export function contiguousIn(source: Uint8Array, recording: Uint8Array): string | undefined {
  if (recording.length === 0) return "the recording is empty";
  if (recording.length % PACKET !== 0) return "the recording is no whole number of packets";
  const start = packetOffset(
    source,
    recording.subarray(0, Math.min(recording.length, 20 * PACKET)),
  );
  if (start < 0) return "the recording's first packets are not in the source";
  for (let i = 0; i < recording.length; i++) {
    if (recording[i] !== source[start + i]) {
      return `packet ${Math.floor(i / PACKET)} of the recording differs from packet ${
        Math.floor((start + i) / PACKET)
      } of the source`;
    }
  }
  return undefined;
}

/** Whether two byte arrays are equal; where they are not, says where. */
export function sameBytes(a: Uint8Array, b: Uint8Array): string | undefined {
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  if (same === a.length && same === b.length) return undefined;
  return `${a.length} bytes against ${b.length}; the first ${same} are equal`;
}

/**
 * A transport stream of `seconds` at `bitrate`: PAT, PMT, PCR every 20 ms, and payload packets that carry
 * `tag` and their number, so that every packet of every stream is told apart.
 */
export function numberedStream(tag: number, seconds: number, bitrate: number): Uint8Array {
  const packets = Math.floor(seconds * bitrate / 8 / PACKET);
  const bytes = new Uint8Array(packets * PACKET).fill(0xff);
  const view = new DataView(bytes.buffer);
  const pcrEvery = Math.max(1, Math.floor(0.02 * bitrate / 8 / PACKET));
  const counters = new Map<number, number>();
  const head = (at: number, pid: number, control: number, start: boolean) => {
    const counter = counters.get(pid) ?? 0;
    counters.set(pid, control & 1 ? (counter + 1) & 15 : counter);
    view.setUint8(at, 0x47);
    view.setUint16(at + 1, (start ? 0x4000 : 0) | pid);
    view.setUint8(at + 3, (control << 4) | counter);
  };
  for (let n = 0; n < packets; n++) {
    const at = n * PACKET;
    if (n % (pcrEvery * 5) === 1) section(bytes, at, head, 0, pat());
    else if (n % (pcrEvery * 5) === 2) section(bytes, at, head, 0x100, pmt());
    else if (n % pcrEvery === 0) {
      head(at, 0x101, 2, false);
      view.setUint8(at + 4, 183);
      view.setUint8(at + 5, 0x10);
      const pcr = Math.round(n * PACKET * 8 / bitrate * 27e6);
      const base = Math.floor(pcr / 300);
      view.setUint32(at + 6, Math.floor(base / 2));
      view.setUint16(at + 10, ((base & 1) << 15) | 0x7e00 | (pcr % 300));
      view.setUint32(at + 12, tag);
      view.setUint32(at + 16, n);
    } else {
      head(at, 0x102, 1, false);
      view.setUint32(at + 4, tag);
      view.setUint32(at + 8, n);
    }
  }
  return bytes;
}

function section(
  bytes: Uint8Array,
  at: number,
  head: (at: number, pid: number, control: number, start: boolean) => void,
  pid: number,
  body: Uint8Array,
): void {
  head(at, pid, 1, true);
  bytes[at + 4] = 0;
  bytes.set(body, at + 5);
}

/** CRC-32/MPEG-2 (ISO/IEC 13818-1 annex A). */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
    }
  }
  return value >>> 0;
}

function withCrc(body: number[]): Uint8Array {
  const bytes = new Uint8Array(body.length + 4);
  bytes.set(body);
  new DataView(bytes.buffer).setUint32(body.length, crc(Uint8Array.from(body)));
  return bytes;
}

const pat = () => withCrc([0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0x00]);
const pmt = () =>
  withCrc([2, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 0x01, 0xf0, 0, 6, 0xe1, 0x02, 0xf0, 0]);
