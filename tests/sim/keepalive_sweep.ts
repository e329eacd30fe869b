/** Measures keepalive, brain against link model: how fast deaths are found, and how often they are invented. */
import { checkConfig } from "../../core/define.ts";
import { type MakeBrain, Rig, type Weather } from "../../core/keepalive/rig.ts";
import { config as countingConfig } from "../../plugins/keepalive/config.ts";
import { makeBrain as counting } from "../../plugins/keepalive/protocol.ts";
import { config as phiConfig } from "../../plugins/keepalive-phi/config.ts";
import { makeBrain as accruing } from "../../plugins/keepalive-phi/protocol.ts";

/** The detectors that can be measured, by their plugins' names. */
export const DETECTORS: Readonly<Record<"keepalive" | "keepalive-phi", MakeBrain>> = {
  keepalive: (me, raw, rng, nowMs) => counting(me, checkConfig(countingConfig, raw), rng, nowMs),
  "keepalive-phi": (me, raw, rng, nowMs) => accruing(me, checkConfig(phiConfig, raw), rng, nowMs),
};

/** A path across a continent: 50 ms round trip with some jitter. */
export function weather(loss: number): Weather {
  return { latencyMs: 22, jitterMs: 6, loss };
}

/** What was measured at one loss. */
export interface Detection {
  readonly crashes: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** Crashes one of two nodes at random moments, again and again. */
export function measureDetection(
  make: MakeBrain,
  seed: number,
  loss: number,
  crashes: number,
): Detection {
  const rig = new Rig(seed, weather(loss), make);
  const [a, b] = [rig.add("a"), rig.add("b")];
  a.watch(b);
  const times: number[] = [];
  while (times.length < crashes) {
    b.watch(a);
    rig.run(rig.nowMs + 4000 + 1000 * rig.rng.next());
    const crashedMs = rig.nowMs;
    // A false death just before is no detection.
    const wasUp = a.brain.table.watched.get(b.name)?.alive === true;
    const before = rig.told.length;
    b.silent = true;
    rig.run(crashedMs + 3000);
    const found = rig.told.slice(before).find((one) => one.by === a.name && one.what === "silent");
    if (wasUp) times.push(found === undefined ? Infinity : found.atMs - crashedMs);
    rig.told.length = 0;
    b.restart();
  }
  times.sort((x, y) => x - y);
  return {
    crashes,
    medianMs: share(times, 0.5),
    p99Ms: share(times, 0.99),
    maxMs: times.at(-1) ?? NaN,
  };
}

/** What two nodes that never die say of each other. */
export interface FalseDeaths {
  readonly neighborHours: number;
  readonly deaths: number;
  readonly suspicions: number;
  /** Both ways together, for one neighbor, headers of IPv4 and UDP included. */
  readonly bitsPerSecond: number;
}

/** Watches a pair that lives for so long; a pair-hour is two neighbor-hours. */
export function measureFalseDeaths(
  make: MakeBrain,
  seed: number,
  loss: number,
  neighborHours: number,
): FalseDeaths {
  const rig = new Rig(seed, weather(loss), make);
  const nodes = [rig.add("a"), rig.add("b")] as const;
  nodes[0].watch(nodes[1]);
  nodes[1].watch(nodes[0]);
  const lastsMs = neighborHours / 2 * 3_600_000;
  rig.run(lastsMs);
  const bytes = nodes.reduce((sum, node) => sum + node.sentBytes + 28 * node.sentPackets, 0);
  return {
    neighborHours,
    deaths: rig.told.filter((one) => one.what === "silent").length,
    suspicions: nodes.reduce((sum, node) => sum + node.brain.counters.suspects, 0),
    bitsPerSecond: bytes * 8 / (lastsMs / 1000),
  };
}
