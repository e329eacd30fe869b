// deno run -A tests/sim/keepalive_table.ts [CRASHES [HOURS]]: the tables in the READMEs of the keepalives
import { DETECTORS, measureDetection, measureFalseDeaths } from "./keepalive_sweep.ts";

const crashes = Number(Deno.args[0] ?? 2000);
const hours = Number(Deno.args[1] ?? 1000);
console.log(
  "| plugin | loss each way | found: median | p99 | max | false deaths | suspicions an hour | kbit/s |",
);
console.log("|---|---|---|---|---|---|---|---|");
for (const [name, make] of Object.entries(DETECTORS)) {
  for (const loss of [0, 0.05, 0.1, 0.2]) {
    const found = measureDetection(make, 1, loss, crashes);
    const watched = measureFalseDeaths(make, 2, loss, hours);
    const cells = [
      name,
      `${loss * 100} %`,
      `${found.medianMs.toFixed(0)} ms`,
      `${found.p99Ms.toFixed(0)} ms`,
      `${found.maxMs.toFixed(0)} ms`,
      `${watched.deaths} in ${watched.neighborHours} h`,
      (watched.suspicions / watched.neighborHours).toFixed(0),
      (watched.bitsPerSecond / 1000).toFixed(1),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
