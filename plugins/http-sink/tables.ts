/** The tables a viewer needs first: a PAT for one program, and the program's PMT as it came (ISO/IEC 13818-1, 2.4.4). */
import {
  crc32Mpeg,
  payloadStart,
  pidOf,
  startsUnit,
  TS_BYTES,
  TS_SYNC,
  writeContinuity,
} from "../../core/media/ts.ts";
import type { Program } from "../../core/media/ts_psi.ts";

/** Longest PMT that is kept, in packets: a section has at most 1024 bytes. */
const PMT_MAX_PACKETS = 7;

/** Collects the PMT and writes both tables with counters of their own. */
export class Tables {
  #pmt: Uint8Array[] = [];
  #gathering: Uint8Array[] | undefined;
  #wantedBytes = 0;
  #program: Program | undefined;
  #patCounter = 0;
  #pmtCounter = 0;

  /** Another program is shown from here on. */
  select(program: Program): void {
    if (this.#program?.pmtPid !== program.pmtPid || this.#program.number !== program.number) {
      this.#pmt = [];
      this.#gathering = undefined;
    }
    this.#program = program;
  }

  /** Whether both tables can be written. */
  get complete(): boolean {
    return this.#pmt.length > 0;
  }

  /** Takes a packet of the PMT's PID. */
  feed(bytes: Uint8Array, at: number): void {
    const payload = payloadStart(bytes, at);
    if (payload === undefined || pidOf(bytes, at) !== this.#program?.pmtPid) return;
    const packet = bytes.slice(at, at + TS_BYTES);
    if (startsUnit(bytes, at)) {
      const section = payload + 1 + (bytes[payload] ?? 0);
      if (section + 3 > at + TS_BYTES) return;
      const length = (((bytes[section + 1] ?? 0) & 15) << 8) | (bytes[section + 2] ?? 0);
      this.#gathering = [packet];
      this.#wantedBytes = 3 + length - (at + TS_BYTES - section);
    } else if (this.#gathering !== undefined) {
      this.#gathering.push(packet);
      this.#wantedBytes -= at + TS_BYTES - payload;
    } else return;
    if (this.#wantedBytes <= 0) {
      this.#pmt = this.#gathering;
      this.#gathering = undefined;
    } else if (this.#gathering.length >= PMT_MAX_PACKETS) this.#gathering = undefined;
  }

  /** PAT and PMT, counted on from the last time. */
  write(): Uint8Array {
    const bytes = new Uint8Array(TS_BYTES * (1 + this.#pmt.length));
    this.#writePat(bytes);
    for (const [index, packet] of this.#pmt.entries()) {
      const at = TS_BYTES * (index + 1);
      bytes.set(packet, at);
      this.#pmtCounter = (this.#pmtCounter + 1) & 15;
      writeContinuity(bytes, at, this.#pmtCounter);
    }
    return bytes;
  }

  #writePat(bytes: Uint8Array): void {
    const number = this.#program?.number ?? 1;
    const pmtPid = this.#program?.pmtPid ?? 0;
    bytes.fill(0xff, 0, TS_BYTES);
    this.#patCounter = (this.#patCounter + 1) & 15;
    const section = [0, 0xb0, 13, 0, 1, 0xc1, 0, 0, number >>> 8, number & 255];
    bytes.set([TS_SYNC, 0x40, 0, 0x10 | this.#patCounter, 0, ...section], 0);
    bytes.set([0xe0 | (pmtPid >>> 8), pmtPid & 255], 15);
    const crc = crc32Mpeg(bytes, 5, 17);
    bytes.set([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255], 17);
  }
}
