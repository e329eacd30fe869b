/**
 * Joins passes of a looped file: moves PCR, PTS and DTS by a constant and continues the continuity
 * counters, so that a player sees one stream without a seam. The first pass stays byte for byte what it is.
 */
import {
  CLOCK_HZ,
  CLOCK_PER_STAMP,
  clockDistance,
  continuityOf,
  hasPayload,
  isScrambled,
  NULL_PID,
  pcrOf,
  pesStamps,
  pidOf,
  STAMP_MODULUS,
  startsUnit,
  TS_BYTES,
  writeContinuity,
  writePcr,
  writeStamp,
} from "./ts.ts";

/** Decoding times of one elementary stream within a pass, in ticks of 90 kHz. */
interface Track {
  readonly first: number;
  last: number;
  /** Longest step seen: how long the last unit lasts at most. */
  step: number;
}

/** A longer step between two units is a jump and not the length of one. */
const UNIT_MAX_STAMPS = 90_000;
/** Content that outlasts its bytes by more than this is a file with jumping stamps: not believed. */
const SEAM_MAX_TICKS = 2 * CLOCK_HZ;
/** PIDs are 13 bits. */
const PIDS = 8192;
const UNSEEN = 255;

/** Rewrites packets in place, pass after pass. */
export class Restamper {
  /** Ticks of 27 MHz to add; a multiple of 300, so that time stamps move by exactly as much. */
  #offset = 0;
  #pass = 0;
  /** What pass 1 began with on its own clock. */
  #origin = 0;
  readonly #lastCounter = new Uint8Array(PIDS).fill(UNSEEN);
  readonly #shift = new Uint8Array(PIDS).fill(UNSEEN);
  readonly #tracks = new Map<number, Track>();
  #unreachable = 0;

  /** Packets whose stamps are scrambled and could not be moved. */
  get unreachable(): number {
    return this.#unreachable;
  }

  /**
   * Begins a pass whose first byte stands at `clock` on the file's own clock (27 MHz) and is to stand at
   * `position` ticks of the stream.
   */
  beginPass(clock: number, position: number): void {
    if (this.#pass === 0) this.#origin = clock - position;
    const offset = this.#origin + position - clock;
    this.#offset = Math.round(offset / CLOCK_PER_STAMP) * CLOCK_PER_STAMP;
    this.#pass++;
    this.#shift.fill(UNSEEN);
    this.#tracks.clear();
  }

  /** Rewrites whole packets in place. */
  apply(packets: Uint8Array): void {
    for (let at = 0; at + TS_BYTES <= packets.length; at += TS_BYTES) {
      const pid = pidOf(packets, at);
      if (pid === NULL_PID) continue;
      this.#continue(packets, at, pid);
      if (this.#offset !== 0) {
        const pcr = pcrOf(packets, at);
        if (pcr !== undefined) writePcr(packets, at, pcr + this.#offset);
      }
      if (startsUnit(packets, at)) this.#restampUnit(packets, at, pid);
    }
  }

  /**
   * How much longer the pass's content lasts than its bytes did, in ticks: the next pass must begin that
   * much later, or its first units would be due before this one's last.
   */
  seamTicks(passTicks: number): number {
    let stamps = 0;
    for (const track of this.#tracks.values()) {
      stamps = Math.max(stamps, track.last - track.first + track.step);
    }
    const ticks = stamps * CLOCK_PER_STAMP - passTicks;
    return ticks > 0 && ticks <= SEAM_MAX_TICKS ? ticks : 0;
  }

  #continue(packets: Uint8Array, at: number, pid: number): void {
    const counter = continuityOf(packets, at);
    const last = this.#lastCounter[pid] ?? UNSEEN;
    let shift = this.#shift[pid] ?? UNSEEN;
    if (shift === UNSEEN) {
      const wanted = last === UNSEEN ? counter : last + (hasPayload(packets, at) ? 1 : 0);
      shift = (wanted - counter) & 15;
      this.#shift[pid] = shift;
    }
    if (shift !== 0) writeContinuity(packets, at, counter + shift);
    this.#lastCounter[pid] = (counter + shift) & 15;
  }

  #restampUnit(packets: Uint8Array, at: number, pid: number): void {
    if (isScrambled(packets, at)) {
      this.#unreachable++;
      return;
    }
    const stamps = pesStamps(packets, at);
    if (stamps === undefined) return;
    this.#follow(pid, stamps.dts);
    if (this.#offset === 0) return;
    const move = this.#offset / CLOCK_PER_STAMP;
    writeStamp(packets, stamps.ptsAt, stamps.pts + move);
    if (stamps.dtsAt !== undefined) writeStamp(packets, stamps.dtsAt, stamps.dts + move);
  }

  #follow(pid: number, dts: number): void {
    const track = this.#tracks.get(pid);
    if (track === undefined) {
      this.#tracks.set(pid, { first: dts, last: dts, step: 0 });
      return;
    }
    const step = clockDistance(track.last, dts, STAMP_MODULUS);
    // `last` runs on past a turn-over, so that the length of a pass is a plain difference.
    track.last += step;
    if (step > track.step && step <= UNIT_MAX_STAMPS) track.step = step;
  }
}
