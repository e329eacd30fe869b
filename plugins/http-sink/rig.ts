/** Transport streams made to measure, and a segmenter fed with them. */
import { crc32Mpeg, TS_BYTES, writeNullPacket, writeStamp } from "../../core/media/ts.ts";
import type { MediaChunk } from "../../core/media/api.ts";

const PMT = 0x1000;
export const VIDEO = 0x100;
export const AUDIO = 0x101;

/** Writes packets with continuity counters. */
export class TsMaker {
  readonly #counters = new Map<number, number>();
  #sequence = 0;

  #packet(pid: number, start: boolean, payload: readonly number[], key = false): Uint8Array {
    const bytes = new Uint8Array(TS_BYTES).fill(0xff);
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, (counter + 1) & 15);
    const room = TS_BYTES - 4 - payload.length;
    bytes.set([
      0x47,
      (start ? 0x40 : 0) | (pid >>> 8),
      pid & 255,
      (room > 0 ? 0x30 : 0x10) | counter,
    ]);
    if (room > 0) {
      bytes[4] = room - 1;
      if (room > 1) bytes[5] = key ? 0x40 : 0;
    }
    bytes.set(payload, TS_BYTES - payload.length);
    return bytes;
  }

  #section(pid: number, body: readonly number[]): Uint8Array {
    const bytes = Uint8Array.from(body);
    const crc = crc32Mpeg(bytes);
    const payload = [0, ...body, crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255];
    while (payload.length < 184) payload.push(0xff);
    return this.#packet(pid, true, payload);
  }

  /** PAT and PMT: H.264 with AAC, or AAC alone. */
  tables(withVideo = true): Uint8Array[] {
    const video = [0x1b, 0xe0 | (VIDEO >>> 8), VIDEO & 255, 0xf0, 0];
    const audio = [0x0f, 0xe0 | (AUDIO >>> 8), AUDIO & 255, 0xf0, 0];
    const streams = withVideo ? [...video, ...audio] : audio;
    const pcr = withVideo ? VIDEO : AUDIO;
    const length = 13 + streams.length;
    return [
      this.#section(0, [0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (PMT >>> 8), PMT & 255]),
      this.#section(PMT, [
        ...[2, 0xb0, length, 0, 1, 0xc1, 0, 0],
        ...[0xe0 | (pcr >>> 8), pcr & 255, 0xf0, 0],
        ...streams,
      ]),
    ];
  }

  /** One PES packet over `packets` packets; `sized` writes its length, as sound has it. */
  unit(pid: number, stamp: number, packets: number, key: boolean, sized = false): Uint8Array[] {
    const length = sized ? packets * 170 - 6 : 0;
    const head = [0, 0, 1, pid === VIDEO ? 0xe0 : 0xc0, length >>> 8, length & 255, 0x80, 0x80, 5];
    const pes = Uint8Array.from([...head, 0x21, 0, 1, 0, 1]);
    writeStamp(pes, 9, stamp);
    const body = (used: number) => Array.from({ length: 170 - used }, () => 0xaa);
    return Array.from(
      { length: packets },
      (_, index) =>
        index === 0
          ? this.#packet(pid, true, [...pes, ...body(pes.length)], key)
          : this.#packet(pid, false, body(0)),
    );
  }

  /** A packet of padding. */
  padding(): Uint8Array {
    const bytes = new Uint8Array(TS_BYTES);
    writeNullPacket(bytes, 0);
    return bytes;
  }

  /** Packets as a receiver hands them over, at a time stamp. */
  chunks(packets: readonly Uint8Array[], timestamp: number, lostBefore = 0): MediaChunk[] {
    const chunks: MediaChunk[] = [];
    for (let i = 0; i < packets.length; i += 7) {
      const some = packets.slice(i, i + 7);
      const payload = new Uint8Array(some.length * TS_BYTES);
      for (const [k, packet] of some.entries()) payload.set(packet, k * TS_BYTES);
      chunks.push({
        payload,
        sequence: this.#sequence++,
        timestamp: timestamp >>> 0,
        lostBefore: i === 0 ? lostBefore : 0,
      });
    }
    return chunks;
  }
}

/** How a stream is made. */
export interface Recipe {
  /** Frames of each group of pictures, in turn; the last is repeated. */
  readonly groups: readonly number[];
  /** Ticks of 90 kHz between frames. */
  readonly step?: number;
  readonly start?: number;
}

/** Frames of a stream with sound between them, one by one: packets and decoding time. */
export function* frames(
  maker: TsMaker,
  recipe: Recipe,
): Generator<{ packets: Uint8Array[]; dts: number; key: boolean }> {
  const { groups, step = 3600, start = 900_000 } = recipe;
  let dts = start;
  for (let group = 0;; group++) {
    const length = groups[Math.min(group, groups.length - 1)] ?? 25;
    for (let i = 0; i < length; i++) {
      const key = i === 0;
      const sound = maker.unit(AUDIO, dts, 2, false, true);
      const picture = maker.unit(VIDEO, dts, key ? 6 : 3, key);
      yield {
        packets: [
          ...(key ? maker.tables() : []),
          ...picture.slice(0, 2),
          ...sound.slice(0, 1),
          maker.padding(),
          ...picture.slice(2),
          ...sound.slice(1),
        ],
        dts,
        key,
      };
      dts = (dts + step) % 2 ** 33;
    }
  }
}
