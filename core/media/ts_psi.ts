/** Program tables of a transport stream (ISO/IEC 13818-1, section 2.4.4): PAT and PMT, read as they come by. */
import { crc32Mpeg, payloadStart, pidOf, startsUnit, TS_BYTES } from "./ts.ts";

/** One elementary stream of a program. */
export interface Elementary {
  readonly pid: number;
  /** `stream_type`: 0x1b H.264, 0x24 H.265, 0x0f AAC, 0x02 MPEG-2 video, ... */
  readonly type: number;
}

/** A program as its PMT describes it. */
export interface Program {
  readonly number: number;
  readonly pmtPid: number;
  readonly pcrPid: number;
  readonly streams: readonly Elementary[];
}

const PAT_ID = 0;
const PMT_ID = 2;
/** Longest section of these two tables: 12 bits of length of which the first two are 0, and the head. */
const SECTION_MAX_BYTES = 1024;
/** Programs that are remembered; those of a longer PAT are ignored. */
const PROGRAMS_MAX = 32;

/** Program number and PMT PID of each program in a whole PAT section; undefined when it is none. */
export function parsePat(section: Uint8Array): ReadonlyMap<number, number> | undefined {
  const end = checkedEnd(section, PAT_ID);
  if (end === undefined) return undefined;
  const programs = new Map<number, number>();
  for (let at = 8; at + 4 <= end && programs.size < PROGRAMS_MAX; at += 4) {
    const number = word(section, at);
    if (number !== 0) programs.set(number, word(section, at + 2) & 0x1fff);
  }
  return programs;
}

/** A whole PMT section; undefined when it is none. */
export function parsePmt(section: Uint8Array, pmtPid: number): Program | undefined {
  const end = checkedEnd(section, PMT_ID);
  if (end === undefined || end < 12) return undefined;
  const streams: Elementary[] = [];
  for (let at = 12 + (word(section, 10) & 0xfff); at + 5 <= end;) {
    streams.push({ type: section[at] ?? 0, pid: word(section, at + 1) & 0x1fff });
    at += 5 + (word(section, at + 3) & 0xfff);
  }
  return { number: word(section, 3), pmtPid, pcrPid: word(section, 8) & 0x1fff, streams };
}

/** Where the entries of a valid section end (before its CRC). */
function checkedEnd(section: Uint8Array, id: number): number | undefined {
  if (section.length < 12 || section[0] !== id || ((section[1] ?? 0) & 0x80) === 0) {
    return undefined;
  }
  const total = 3 + (word(section, 1) & 0xfff);
  if (total > section.length || total < 12 || total > SECTION_MAX_BYTES) return undefined;
  if (crc32Mpeg(section, 0, total) !== 0) return undefined;
  // Tables announced for later do not count yet.
  return ((section[5] ?? 0) & 1) === 0 ? undefined : total - 4;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Follows the tables of one stream packet by packet. */
export class ProgramReader {
  readonly #programs = new Map<number, Program>();
  #pmtPids: ReadonlyMap<number, number> = new Map();
  readonly #partial = new Map<number, number[]>();
  #malformed = 0;

  /** Programs known so far, by number. */
  get programs(): ReadonlyMap<number, Program> {
    return this.#programs;
  }

  /** Sections that could not be used. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Reads one packet; true when the known programs changed. */
  feed(bytes: Uint8Array, at: number): boolean {
    const pid = pidOf(bytes, at);
    if (pid !== 0 && !this.#isPmt(pid)) return false;
    const start = payloadStart(bytes, at);
    if (start === undefined) return false;
    const end = at + TS_BYTES;
    if (!startsUnit(bytes, at)) return this.#append(pid, bytes, start, end);
    const first = start + 1 + (bytes[start] ?? 0);
    const finished = this.#append(pid, bytes, start + 1, Math.min(first, end));
    this.#partial.delete(pid);
    if (first >= end) return finished;
    this.#partial.set(pid, []);
    return this.#append(pid, bytes, first, end) || finished;
  }

  #isPmt(pid: number): boolean {
    for (const known of this.#pmtPids.values()) if (known === pid) return true;
    return false;
  }

  #append(pid: number, bytes: Uint8Array, from: number, to: number): boolean {
    const partial = this.#partial.get(pid);
    if (partial === undefined) return false;
    for (let i = from; i < to; i++) partial.push(bytes[i] ?? 0);
    if (partial.length < 3) return false;
    const total = 3 + ((((partial[1] ?? 0) & 15) << 8) | (partial[2] ?? 0));
    if (partial.length < total && total <= SECTION_MAX_BYTES) return false;
    this.#partial.delete(pid);
    return this.#use(pid, Uint8Array.from(partial.slice(0, total)));
  }

  #use(pid: number, section: Uint8Array): boolean {
    if (pid === 0) {
      const pat = parsePat(section);
      if (pat === undefined) return this.#refuse();
      this.#pmtPids = pat;
      let changed = false;
      for (const number of [...this.#programs.keys()]) {
        if (!pat.has(number)) changed = this.#programs.delete(number) || changed;
      }
      return changed;
    }
    const program = parsePmt(section, pid);
    if (program === undefined || this.#pmtPids.get(program.number) !== pid) return this.#refuse();
    const known = this.#programs.get(program.number);
    this.#programs.set(program.number, program);
    return known === undefined || !sameProgram(known, program);
  }

  #refuse(): boolean {
    this.#malformed++;
    return false;
  }
}

/** Whether two descriptions of a program say the same. */
export function sameProgram(a: Program, b: Program): boolean {
  return a.pcrPid === b.pcrPid && a.pmtPid === b.pmtPid && a.streams.length === b.streams.length &&
    a.streams.every((one, i) => one.pid === b.streams[i]?.pid && one.type === b.streams[i]?.type);
}
