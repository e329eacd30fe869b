/** Where decoding of a stream may begin: needed by whoever cuts it into segments or starts a new viewer. */
import { isRandomAccess, payloadStart, pesStamps, pidOf, startsUnit, TS_BYTES } from "./ts.ts";
import { ProgramReader } from "./ts_psi.ts";

const MPEG2_VIDEO: ReadonlySet<number> = new Set([0x01, 0x02]);
const H264 = 0x1b;
const H265 = 0x24;

/** Whether elementary streams of this `stream_type` are pictures. */
export const isVideoType = (type: number): boolean =>
  MPEG2_VIDEO.has(type) || type === H264 || type === H265 || type === 0x10;

/** A packet at which a new viewer can begin. */
export interface KeyFrame {
  /** Offset of the packet in the bytes given. */
  readonly at: number;
  readonly pid: number;
  /** Presentation time in ticks of 90 kHz, when the packet tells. */
  readonly pts: number | undefined;
}

/**
 * Finds key frames in whole packets given in order: by the random access flag or by the first NAL units of
 * the PES packet. Without pictures every start of an audio unit is one.
 */
export class KeyFrameFinder {
  readonly tables = new ProgramReader();
  #videoPids: ReadonlyMap<number, number> = new Map();
  #audioPids: ReadonlySet<number> = new Set();

  /** The key frames among these packets. */
  feed(packets: Uint8Array): readonly KeyFrame[] {
    const found: KeyFrame[] = [];
    for (let at = 0; at + TS_BYTES <= packets.length; at += TS_BYTES) {
      if (this.tables.feed(packets, at)) this.#learn();
      if (!startsUnit(packets, at)) continue;
      const pid = pidOf(packets, at);
      const type = this.#videoPids.get(pid);
      const key = type === undefined
        ? this.#videoPids.size === 0 && this.#audioPids.has(pid)
        : isRandomAccess(packets, at) || beginsWithKeyFrame(packets, at, type);
      if (key) found.push({ at, pid, pts: pesStamps(packets, at)?.pts });
    }
    return found;
  }

  #learn(): void {
    const all = [...this.tables.programs.values()].flatMap((program) => program.streams);
    this.#videoPids = new Map(
      all.filter((one) => isVideoType(one.type)).map((one) => [one.pid, one.type]),
    );
    this.#audioPids = new Set(all.filter((one) => !isVideoType(one.type)).map((one) => one.pid));
  }
}

/** Whether the first NAL units or headers in this packet belong to a picture that needs no other. */
function beginsWithKeyFrame(bytes: Uint8Array, at: number, type: number): boolean {
  const pes = payloadStart(bytes, at);
  const end = at + TS_BYTES;
  if (pes === undefined || pes + 9 > end) return false;
  for (let i = pes + 9 + (bytes[pes + 8] ?? 0); i + 3 < end; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    const head = bytes[i + 3] ?? 0;
    if (type === H264) {
      const unit = head & 31;
      if (unit === 5 || unit === 7) return true;
      if (unit === 1) return false;
    } else if (type === H265) {
      const unit = head >>> 1 & 63;
      if (unit >= 16 && unit <= 21 || unit === 32 || unit === 33) return true;
      if (unit < 16) return false;
    } else if (MPEG2_VIDEO.has(type)) {
      if (head === 0xb3) return true;
      if (head === 0) return ((bytes[i + 5] ?? 0) >>> 3 & 7) === 1;
    }
  }
  return false;
}
