/**
 * Makes a transport stream easy to begin and to cut: one program, no padding, PAT and PMT before each key frame, and
 * every unit of sound whole, so that a cut at a picture cuts nothing else. Packets are not changed, only left out
 * or moved past those of other PIDs.
 */
import {
  clockDistance,
  hasPayload,
  NULL_PID,
  payloadStart,
  pesStamps,
  pidOf,
  STAMP_MODULUS,
  startsUnit,
  TS_BYTES,
} from "../../core/media/ts.ts";
import { isVideoType, KeyFrameFinder } from "../../core/media/ts_keyframe.ts";
import { type Program, sameProgram } from "../../core/media/ts_psi.ts";
import { Tables } from "./tables.ts";

/** The first bytes of a picture, or of a unit of sound where there are no pictures. */
export interface FrameStart {
  /** Decoding may begin here; PAT and PMT stand before it. */
  readonly key: boolean;
  /** Decoding time in ticks of 90 kHz; undefined when the stream does not tell. */
  readonly dts: number | undefined;
}

/** Where the normalized stream goes. */
export interface NormalizedOutput {
  /** Whole packets in order; `start` when a frame begins with the first of them. */
  piece(bytes: Uint8Array, start: FrameStart | undefined): void;
  /** What follows does not continue what was before: packets are missing or the clock jumped. */
  broken(): void;
}

/** A piece that grows beyond this goes out before its frame is complete. */
const PIECE_MAX_BYTES = 64 * 1024;
/** A unit of sound or data that grows beyond this is handed on as it comes. */
const UNIT_MAX_BYTES = 512 * 1024;
/** A longer step of the decoding time is a jump: slides are shown more often than that. */
const STEP_MAX_TICKS = 10 * 90_000;

/** A unit of another PID that is not complete. */
interface Unit {
  readonly packets: Uint8Array[];
  /** Bytes still to come; undefined when the unit does not tell its length. */
  missing: number | undefined;
}

/** Normalizes one stream. */
export class TsNormalizer {
  readonly #finder = new KeyFrameFinder();
  readonly #tables = new Tables();
  readonly #out: NormalizedOutput;
  readonly #units = new Map<number, Unit>();
  readonly #buffer = new Uint8Array(PIECE_MAX_BYTES);
  #filled = 0;
  #start: FrameStart | undefined;
  #program: Program | undefined;
  #pids: ReadonlySet<number> = new Set();
  #mainPid = -1;
  #flowing = false;
  #lastDts: number | undefined;

  constructor(out: NormalizedOutput) {
    this.#out = out;
  }

  /** PAT and PMT, for a cut where there is no key frame. */
  tables(): Uint8Array {
    return this.#tables.write();
  }

  /** Packets were lost, too many to go on: nothing comes out until the next key frame. */
  restart(): void {
    this.flush();
    if (this.#flowing) this.#out.broken();
    this.#flowing = false;
    this.#lastDts = undefined;
    this.#units.clear();
  }

  /** A few packets were lost: units that are half here are given up. */
  lost(): void {
    this.#units.clear();
  }

  /** Takes whole packets. */
  feed(packets: Uint8Array): void {
    const keys = this.#finder.feed(packets);
    this.#select();
    let next = 0;
    for (let at = 0; at + TS_BYTES <= packets.length; at += TS_BYTES) {
      const key = keys[next]?.at === at ? keys[next++] : undefined;
      const pid = pidOf(packets, at);
      if (pid === NULL_PID || pid === 0) continue;
      if (pid === this.#program?.pmtPid) this.#tables.feed(packets, at);
      else if (pid === this.#mainPid) this.#main(packets, at, key !== undefined);
      else if (this.#flowing && this.#pids.has(pid)) this.#other(packets, at, pid);
    }
  }

  /** Hands out what waits for its frame to be complete. */
  flush(): void {
    if (this.#filled === 0) return;
    const bytes = this.#buffer.slice(0, this.#filled);
    const start = this.#start;
    this.#filled = 0;
    this.#start = undefined;
    this.#out.piece(bytes, start);
  }

  /** Bytes that wait. */
  get waitingBytes(): number {
    return this.#filled;
  }

  #select(): void {
    const programs = [...this.#finder.tables.programs.values()];
    const program = programs.find(({ streams }) => streams.some(({ type }) => isVideoType(type))) ??
      programs[0];
    const known = this.#program;
    if (program === undefined || program === known) return;
    if (known !== undefined && sameProgram(known, program)) return;
    if (known !== undefined) this.restart();
    this.#program = program;
    this.#pids = new Set([...program.streams.map(({ pid }) => pid), program.pcrPid]);
    const main = program.streams.find(({ type }) => isVideoType(type)) ?? program.streams[0];
    this.#mainPid = main?.pid ?? -1;
    this.#tables.select(program);
  }

  #main(packets: Uint8Array, at: number, key: boolean): void {
    if (startsUnit(packets, at)) {
      const dts = pesStamps(packets, at)?.dts;
      if (this.#jumps(dts)) this.restart();
      if (!this.#flowing) {
        if (!key || !this.#tables.complete) return;
        this.#flowing = true;
      }
      this.#lastDts = dts ?? this.#lastDts;
      this.flush();
      this.#start = { key, dts };
      if (key) this.#append(this.#tables.write());
    } else if (!this.#flowing) return;
    this.#append(packets.subarray(at, at + TS_BYTES));
  }

  #jumps(dts: number | undefined): boolean {
    if (!this.#flowing || dts === undefined || this.#lastDts === undefined) return false;
    const step = clockDistance(this.#lastDts, dts, STAMP_MODULUS);
    return step < 0 || step > STEP_MAX_TICKS;
  }

  #other(packets: Uint8Array, at: number, pid: number): void {
    const packet = packets.subarray(at, at + TS_BYTES);
    if (!hasPayload(packets, at)) return this.#append(packet);
    if (startsUnit(packets, at)) {
      this.#release(pid);
      this.#units.set(pid, { packets: [], missing: unitBytes(packets, at) });
    }
    const unit = this.#units.get(pid);
    if (unit === undefined) return;
    unit.packets.push(packet);
    if (unit.missing !== undefined) {
      unit.missing -= at + TS_BYTES - (payloadStart(packets, at) ?? at + TS_BYTES);
      if (unit.missing <= 0) this.#release(pid);
    } else if (unit.packets.length * TS_BYTES > UNIT_MAX_BYTES) this.#release(pid);
  }

  /** Hands on a unit; what more comes of it follows as it comes. */
  #release(pid: number): void {
    for (const packet of this.#units.get(pid)?.packets.splice(0) ?? []) this.#append(packet);
  }

  #append(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > PIECE_MAX_BYTES) this.flush();
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }
}

/** The whole length of the PES packet that begins here; undefined when it does not say. */
function unitBytes(bytes: Uint8Array, at: number): number | undefined {
  const pes = payloadStart(bytes, at);
  if (pes === undefined || pes + 6 > at + TS_BYTES) return undefined;
  if (bytes[pes] !== 0 || bytes[pes + 1] !== 0 || bytes[pes + 2] !== 1) return undefined;
  const length = ((bytes[pes + 4] ?? 0) << 8) | (bytes[pes + 5] ?? 0);
  return length === 0 ? undefined : length + 6;
}
