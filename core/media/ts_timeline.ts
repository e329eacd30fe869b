/**
 * Says when each packet of a transport stream is due, by its program clock references: packets between two
 * PCRs are spread evenly, as a decoder's clock recovery expects them (ISO/IEC 13818-1, 2.4.2.2).
 */
import {
  CLOCK_HZ,
  clockDistance,
  isDiscontinuity,
  PCR_MODULUS,
  pcrOf,
  pidOf,
  TS_BYTES,
} from "./ts.ts";

/** Packets that are spread evenly over the time from `start` to `end`, in 27 MHz ticks of the stream. */
export interface TimedRun {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A longer step between two PCRs is a jump and no time that passed (the standard allows 0.1 s). */
const PCR_STEP_MAX_TICKS = CLOCK_HZ;
/** Packets that wait for the next PCR at most: beyond this the stream's clock is taken as gone. */
const PENDING_MAX_PACKETS = 20_000;
/** Used before any rate is known: the packets ahead of the first PCR of a live stream are due at once. */
const UNKNOWN_RATE = Infinity;

/** Counts of what was odd in a stream's clock. */
export interface TimelineCounters {
  /** Steps that were no time: discontinuities, repeats, jumps. */
  readonly jumps: number;
  /** Times that no PCR came for too long. */
  readonly clockLosses: number;
}

/** Turns packets in order into timed runs. One pass is one file, or a live stream from its start. */
export class PcrTimeline {
  #position = 0;
  #nominal: number | undefined;
  #rate: number;
  #clockPid: number | undefined;
  #lastPcr: number | undefined;
  #pending: Uint8Array[] = [];
  #pendingPackets = 0;
  #jumps = 0;
  #clockLosses = 0;

  /** `rate` in bits a second times whatever no two PCRs enclose; undefined: the last that was seen. */
  constructor(rate: number | undefined) {
    this.#nominal = rate;
    this.#rate = rate ?? UNKNOWN_RATE;
  }

  /** Another file with another nominal rate follows. */
  setRate(rate: number): void {
    this.#nominal = rate;
  }

  /** Where the stream stands, in ticks since its begin, all packets that came out included. */
  get position(): number {
    return this.#position;
  }

  /** The rate of the last interval, or the nominal one. */
  get currentRate(): number {
    return this.#nominal ?? this.#rate;
  }

  get counters(): TimelineCounters {
    return { jumps: this.#jumps, clockLosses: this.#clockLosses };
  }

  /** Takes whole packets; returns the runs whose time is known by now. */
  feed(packets: Uint8Array): readonly TimedRun[] {
    const runs: TimedRun[] = [];
    let from = 0;
    for (let at = 0; at + TS_BYTES <= packets.length; at += TS_BYTES) {
      const pcr = this.#clockAt(packets, at);
      if (pcr === undefined) {
        if (this.#pendingPackets + (at - from) / TS_BYTES < PENDING_MAX_PACKETS) continue;
        this.#hold(packets.subarray(from, at));
        from = at;
        this.#clockLost(runs);
        continue;
      }
      this.#hold(packets.subarray(from, at));
      from = at;
      this.#reach(pcr, isDiscontinuity(packets, at), runs);
    }
    this.#hold(packets.subarray(from, packets.length - packets.length % TS_BYTES));
    return runs;
  }

  /** No more packets of this pass: what waits is due at the nominal rate. */
  endPass(): readonly TimedRun[] {
    const runs: TimedRun[] = [];
    this.#release(this.#ticksFor(this.#pendingPackets), runs);
    this.#lastPcr = undefined;
    this.#clockPid = undefined;
    return runs;
  }

  /** Lets time pass without packets. */
  skip(ticks: number): void {
    this.#position += ticks;
  }

  #clockAt(packets: Uint8Array, at: number): number | undefined {
    // Cheap test first: most packets have no adaptation field.
    if (((packets[at + 3] ?? 0) & 0x20) === 0) return undefined;
    const pcr = pcrOf(packets, at);
    if (pcr === undefined) return undefined;
    const pid = pidOf(packets, at);
    this.#clockPid ??= pid;
    return pid === this.#clockPid ? pcr : undefined;
  }

  #hold(packets: Uint8Array): void {
    if (packets.length === 0) return;
    this.#pending.push(packets);
    this.#pendingPackets += packets.length / TS_BYTES;
  }

  #reach(pcr: number, discontinuity: boolean, runs: TimedRun[]): void {
    const last = this.#lastPcr;
    this.#lastPcr = pcr;
    const step = last === undefined ? 0 : clockDistance(last, pcr, PCR_MODULUS);
    const timed = last !== undefined && !discontinuity && step > 0 && step <= PCR_STEP_MAX_TICKS;
    if (timed) {
      this.#rate = this.#pendingPackets * TS_BYTES * 8 * CLOCK_HZ / step;
      this.#release(step, runs);
      return;
    }
    if (last !== undefined) this.#jumps++;
    this.#release(this.#ticksFor(this.#pendingPackets), runs);
  }

  #clockLost(runs: TimedRun[]): void {
    this.#clockLosses++;
    this.#release(this.#ticksFor(this.#pendingPackets), runs);
    this.#lastPcr = undefined;
    this.#clockPid = undefined;
  }

  #ticksFor(packets: number): number {
    return packets * TS_BYTES * 8 * CLOCK_HZ / this.currentRate;
  }

  #release(ticks: number, runs: TimedRun[]): void {
    const perPacket = this.#pendingPackets === 0 ? 0 : ticks / this.#pendingPackets;
    const end = this.#position + ticks;
    let start = this.#position;
    for (const bytes of this.#pending) {
      const stop = start + perPacket * (bytes.length / TS_BYTES);
      runs.push({ bytes, start, end: stop });
      start = stop;
    }
    this.#pending = [];
    this.#pendingPackets = 0;
    this.#position = end;
  }
}
