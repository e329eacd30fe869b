/** What the head and the tail of a transport stream file tell of the whole. */
import { UserError } from "../plugin.ts";
import { writeRate } from "../units.ts";
import { CLOCK_HZ, modulo, PCR_MODULUS, pcrOf, pidOf, TS_BYTES } from "./ts.ts";
import { packetStride, TsAligner } from "./ts_align.ts";

/** Enough for two PCRs (at most 0.1 s apart) at 40 Mbit/s. */
export const PROBE_BYTES = 1024 * 1024;

/** A transport stream file as its ends describe it. */
export interface TsProbe {
  /** Bits a second: all bytes between the first and the last PCR by the time between them. */
  readonly rate: number;
  /** The file's own clock (27 MHz) at its first byte. */
  readonly clock: number;
}

/** Why a file cannot be paced. */
export type ProbeFailure = "no-packets" | "other-stride" | "no-clock";

/** The same for people. */
export const PROBE_FAILURES: Readonly<Record<ProbeFailure, string>> = {
  "no-packets": "it is no MPEG transport stream",
  "no-clock": "it has no program clock (PCR), so its rate is unknown",
  "other-stride": "its packets are not 188 bytes long",
};

/** Refuses a constant bit rate below what the file needs. */
export function checkRate(path: string, rate: number, bitrate: number | undefined): void {
  // A file at exactly this rate measures a hair above it.
  if (bitrate === undefined || rate <= bitrate * 1.0005) return;
  throw new UserError(
    "bitrate-too-low",
    `Cannot play ${path} at ${writeRate(bitrate)}: the file itself has ${writeRate(rate)}`,
  );
}

interface ClockPoint {
  readonly at: number;
  readonly pcr: number;
  readonly pid: number;
}

/** A rate from the file's ends that is further than this from the rate of its head is a broken clock's. */
const RATE_FACTOR_MAX = 8;

/** Looks at the first and the last bytes of a file; `tail` begins at `tailAt` and may overlap `head`. */
export function probeTs(
  head: Uint8Array,
  tail: Uint8Array,
  tailAt: number,
): TsProbe | ProbeFailure {
  const stride = packetStride(head);
  if (stride === undefined && head.length >= 3 * TS_BYTES) return "no-packets";
  if (stride === 192 || stride === 204) return "other-stride";
  const points = clockPoints(head, 0);
  const [first] = points;
  if (first === undefined) return head.length < 3 * TS_BYTES ? "no-packets" : "no-clock";
  const sameClock = (point: ClockPoint): boolean => point.pid === first.pid;
  const near = points.filter(sameClock).at(-1);
  const far = clockPoints(tail, tailAt).filter(sameClock).at(-1);
  const headRate = near === undefined ? undefined : rateBetween(first, near);
  const fileRate = far === undefined ? undefined : rateBetween(first, far);
  const rate = plausible(fileRate, headRate) ? fileRate : headRate;
  if (rate === undefined) return "no-clock";
  const headTicks = first.at * 8 * CLOCK_HZ / rate;
  return { rate, clock: modulo(first.pcr - headTicks, PCR_MODULUS) };
}

function plausible(fileRate: number | undefined, headRate: number | undefined): boolean {
  if (fileRate === undefined) return false;
  if (headRate === undefined) return true;
  return fileRate < headRate * RATE_FACTOR_MAX && fileRate > headRate / RATE_FACTOR_MAX;
}

function rateBetween(from: ClockPoint, to: ClockPoint): number | undefined {
  const ticks = modulo(to.pcr - from.pcr, PCR_MODULUS);
  if (to.at <= from.at || ticks === 0) return undefined;
  return (to.at - from.at) * 8 * CLOCK_HZ / ticks;
}

/** Every PCR with its place in the file. */
function clockPoints(bytes: Uint8Array, offset: number): readonly ClockPoint[] {
  const aligner = new TsAligner();
  const points: ClockPoint[] = [];
  for (const run of aligner.feed(bytes)) {
    const start = offset + run.byteOffset - bytes.byteOffset;
    for (let at = 0; at < run.length; at += TS_BYTES) {
      const pcr = pcrOf(run, at);
      if (pcr !== undefined) points.push({ at: start + at, pcr, pid: pidOf(run, at) });
    }
  }
  return points;
}
