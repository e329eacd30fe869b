/** Series of one node over the last minutes, in rings of one length. */
import { BODY_MAX_BYTES, bodyBytes } from "../../core/wire/control_codec.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import { whole } from "./wire.ts";

/** Series that every node has. Bits a second, shares, packets a second, bytes. */
export const BASE_SERIES = ["in", "out", "loss", "repairs", "cpu", "memory"] as const;
/** Links whose round trip is kept. */
export const LINKS_MAX = 16;
/** Series beyond these are not kept. */
const SERIES_MAX = 24;
/** What a value is multiplied by on its way, so that whole numbers carry it. */
const SCALE: Readonly<Record<string, number>> = { loss: 1e6, repairs: 1e3, cpu: 1e6, memory: 1 };

const scaleOf = (key: string): number => key.startsWith("rtt:") ? 1000 : SCALE[key] ?? 1;

/** The name of the series of a link's round trip, in ms. */
export const tripSeries = (neighbor: string): string => `rtt:${neighbor}`;

interface Series {
  readonly ring: Float64Array;
  /** Number of the newest sample that has a value. */
  newest: number;
}

/** The last samples of some series. */
export class History {
  readonly #samples: number;
  readonly #series = new Map<string, Series>();
  #next = 0;
  newestMs = 0;

  constructor(samples: number) {
    this.#samples = samples;
  }

  /** Number of the next sample. */
  get next(): number {
    return this.#next;
  }

  /** Number of the oldest sample that is kept. */
  get oldest(): number {
    return Math.max(0, this.#next - this.#samples);
  }

  get keys(): readonly string[] {
    return [...this.#series.keys()];
  }

  /** Adds one sample of everything that was measured now. */
  add(values: ReadonlyMap<string, number>, nowMs: number): void {
    for (const key of values.keys()) {
      if (this.#series.has(key) || this.#series.size >= SERIES_MAX) continue;
      this.#series.set(key, {
        ring: new Float64Array(this.#samples).fill(NaN),
        newest: this.#next,
      });
    }
    for (const [key, series] of this.#series) {
      const value = values.get(key) ?? NaN;
      series.ring[this.#next % this.#samples] = value;
      if (!Number.isNaN(value)) series.newest = this.#next;
      else if (this.#next - series.newest >= this.#samples) this.#series.delete(key);
    }
    this.#next++;
    this.newestMs = nowMs;
  }

  #at(key: string, sample: number): number {
    return this.#series.get(key)?.ring[sample % this.#samples] ?? NaN;
  }

  /** Values of a series from a sample on; null where nothing was measured. */
  values(key: string, from: number): (number | null)[] {
    const first = Math.max(from, this.oldest);
    return Array.from({ length: Math.max(0, this.#next - first) }, (_, at) => {
      const value = this.#at(key, first + at);
      return Number.isNaN(value) ? null : value;
    });
  }

  /** The answer to a question from another node: as many samples as fit. */
  page(
    { series, from }: MessageBody<"HISTORY_WANT">,
    stepMs: number,
    nowMs: number,
  ): MessageBody<"HISTORY"> {
    const first = Math.min(Math.max(from, this.oldest), this.#next);
    const body: MessageBody<"HISTORY"> = {
      stepMs,
      from: first,
      next: this.#next,
      newestAgeMs: whole(nowMs - this.newestMs, 0xffffffff),
      values: series.map(() => []),
    };
    let room = BODY_MAX_BYTES - bodyBytes("HISTORY", body) - 2 * series.length;
    for (let sample = first; sample < this.#next; sample++) {
      const row = series.map((key) => {
        const value = this.#at(key, sample);
        return Number.isNaN(value) ? 0 : whole(value * scaleOf(key)) + 1;
      });
      // One byte for small numbers, up to nine for the largest.
      room -= row.reduce((sum, value) => sum + (value < 24 ? 1 : value < 65536 ? 3 : 9), 0);
      if (room < 0 || sample - first >= 512) break;
      row.forEach((value, at) => body.values[at]?.push(value));
    }
    return body;
  }
}

/** Values as they came from another node. */
export function valuesIn(key: string, values: readonly number[]): (number | null)[] {
  return values.map((value) => value === 0 ? null : (value - 1) / scaleOf(key));
}
