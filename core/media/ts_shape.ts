/** From raw bytes of a transport stream to datagram-sized pieces, each with the time it is due. */
import { CLOCK_HZ, TS_BYTES, TS_PAYLOAD_BYTES, writeNullPacket } from "./ts.ts";
import { TsAligner } from "./ts_align.ts";
import { Resampler } from "./ts_resample.ts";
import { Restamper } from "./ts_restamp.ts";
import { PcrTimeline, type TimedRun } from "./ts_timeline.ts";

const TICKS_PER_MS = CLOCK_HZ / 1000;

/** One datagram's worth of whole packets, due `atMs` after the stream's begin. */
export interface TimedPiece {
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

/** Collects packets into pieces of seven. */
class Cutter {
  #partial: Uint8Array = new Uint8Array(TS_PAYLOAD_BYTES);
  #filled = 0;
  #atTicks = 0;

  feed(run: TimedRun, out: TimedPiece[]): void {
    const packets = run.bytes.length / TS_BYTES;
    const step = packets === 0 ? 0 : (run.end - run.start) / packets;
    let at = 0;
    while (at < run.bytes.length) {
      const ticks = run.start + (at / TS_BYTES) * step;
      const left = run.bytes.length - at;
      if (this.#filled === 0 && left >= TS_PAYLOAD_BYTES) {
        const bytes = run.bytes.subarray(at, at + TS_PAYLOAD_BYTES);
        out.push({ bytes, atMs: ticks / TICKS_PER_MS });
        at += TS_PAYLOAD_BYTES;
        continue;
      }
      if (this.#filled === 0) this.#atTicks = ticks;
      const take = Math.min(left, TS_PAYLOAD_BYTES - this.#filled);
      this.#partial.set(run.bytes.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === TS_PAYLOAD_BYTES) this.flush(out);
    }
  }

  flush(out: TimedPiece[]): void {
    if (this.#filled === 0) return;
    const bytes = this.#partial.subarray(0, this.#filled);
    out.push({ bytes, atMs: this.#atTicks / TICKS_PER_MS });
    this.#partial = new Uint8Array(TS_PAYLOAD_BYTES);
    this.#filled = 0;
  }
}

/** How a stream is shaped. */
export interface ShapeOptions {
  /** Constant bit rate to fill up to; undefined leaves the packets alone. */
  readonly bitrate: number | undefined;
  /** Joins passes without a seam, and moves PCRs with their packets when `bitrate` is set. */
  readonly restamp: boolean;
}

/** What was odd, as totals. */
export interface ShapeCounters {
  readonly skippedBytes: number;
  readonly syncLosses: number;
  readonly clockJumps: number;
  readonly clockLosses: number;
  readonly nullPackets: number;
  /** The furthest a packet came behind its own time because the stream exceeds `bitrate`. */
  readonly lagMaxMs: number;
  readonly scrambledUnits: number;
}

/** Shapes one stream: a file pass after pass, or a live stream in one endless pass. Bytes given become its own. */
export class TsShaper {
  readonly options: ShapeOptions;
  readonly #aligner = new TsAligner();
  readonly #cutter = new Cutter();
  readonly #timeline: PcrTimeline;
  readonly #restamper: Restamper | undefined;
  readonly #resampler: Resampler | undefined;
  #passStart = 0;
  #seamNulls = 0;

  constructor(options: ShapeOptions) {
    this.options = options;
    this.#timeline = new PcrTimeline(undefined);
    if (options.restamp) this.#restamper = new Restamper();
    if (options.bitrate !== undefined) {
      this.#resampler = new Resampler(options.bitrate, options.restamp);
    }
  }

  get counters(): ShapeCounters {
    return {
      skippedBytes: this.#aligner.skippedBytes,
      syncLosses: this.#aligner.losses,
      clockJumps: this.#timeline.counters.jumps,
      clockLosses: this.#timeline.counters.clockLosses,
      nullPackets: this.#seamNulls + (this.#resampler?.nulls ?? 0),
      lagMaxMs: (this.#resampler?.lagMaxTicks ?? 0) / TICKS_PER_MS,
      scrambledUnits: this.#restamper?.unreachable ?? 0,
    };
  }

  /** The end of what came out, in milliseconds since the stream's begin. */
  get positionMs(): number {
    return this.#timeline.position / TICKS_PER_MS;
  }

  /** Begins a pass over a file whose own clock (27 MHz) stands at `clock` with its first byte. */
  beginPass(clock: number, rate: number): void {
    this.#timeline.setRate(rate);
    this.#passStart = this.#timeline.position;
    this.#restamper?.beginPass(clock, this.#timeline.position);
  }

  /** Takes the next bytes. */
  feed(bytes: Uint8Array): readonly TimedPiece[] {
    const out: TimedPiece[] = [];
    for (const run of this.#aligner.feed(bytes)) this.#packets(run, out);
    return out;
  }

  /** The pass is over; `again` says that another one follows. */
  endPass(again: boolean): readonly TimedPiece[] {
    const out: TimedPiece[] = [];
    for (const run of this.#aligner.flush()) this.#packets(run, out);
    for (const run of this.#timeline.endPass()) this.#emit(run, out);
    if (again) this.#seam(out);
    else this.#cutter.flush(out);
    return out;
  }

  #packets(packets: Uint8Array, out: TimedPiece[]): void {
    this.#restamper?.apply(packets);
    for (const run of this.#timeline.feed(packets)) this.#emit(run, out);
  }

  #emit(run: TimedRun, out: TimedPiece[]): void {
    if (run.bytes.length === 0) return;
    this.#cutter.feed(this.#resampler?.feed(run) ?? run, out);
  }

  /** Fills the time by which the content outlasts its bytes, so that the rate holds across the seam. */
  #seam(out: TimedPiece[]): void {
    const ticks = this.#restamper?.seamTicks(this.#timeline.position - this.#passStart) ?? 0;
    if (ticks === 0) return;
    const start = this.#timeline.position;
    this.#timeline.skip(ticks);
    if (this.#resampler !== undefined) {
      const run = this.#resampler.idle(start + ticks);
      if (run.bytes.length > 0) this.#cutter.feed(run, out);
      return;
    }
    const packets = Math.floor(ticks * this.#timeline.currentRate / CLOCK_HZ / 8 / TS_BYTES);
    if (!Number.isFinite(packets) || packets <= 0) return;
    const bytes = new Uint8Array(packets * TS_BYTES);
    for (let at = 0; at < bytes.length; at += TS_BYTES) writeNullPacket(bytes, at);
    this.#seamNulls += packets;
    this.#cutter.feed({ bytes, start, end: start + ticks }, out);
  }
}
