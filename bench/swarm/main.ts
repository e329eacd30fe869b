/**
 * The swarm, measured: `deno task bench:swarm [fluid|loopback]`. Markdown goes to `docs/swarm.md`; the part
 * that is not named keeps its figures. SWARM_FOLDER may name a folder on a file system in memory for
 * `loopback`; sizes by SWARM_FLUID_BYTES, SWARM_FLUID_BITS, SWARM_LOOPBACK_BYTES.
 */
import { writePage } from "../page.ts";
import { type FluidResult, measureFluid, PEERS } from "./fluid.ts";
import { type LoopbackResult, measureLoopback } from "./loopback.ts";
import type { Usage } from "./rig.ts";

const PAGE = new URL("../../docs/swarm.md", import.meta.url);
const HEAD = `# The swarm, measured

\`deno task bench:swarm\` on one machine of ${navigator.hardwareConcurrency} cores, real processes as
\`deno task node\` runs them, everything on loopback.
`;

const number = (name: string, or: number) => Number(Deno.env.get(name) ?? or);
const cost = ({ cpuSeconds, peakMb }: Usage) =>
  `${cpuSeconds.toFixed(1)} s of CPU, ${Math.round(peakMb)} MB at most`;
const best = (values: readonly number[]) => Math.min(...values);
const all = (values: readonly number[]) => values.map((one) => one.toFixed(1)).join(", ");

function fluidPart(result: FluidResult): string {
  const { bytes, bits, boundSeconds, seconds, seeder, peer, aria2Seconds } = result;
  const worst = Math.max(...seconds);
  const times = (value: number) => `${(value / boundSeconds).toFixed(3)} times the bound`;
  const aria = aria2Seconds === undefined
    ? "not installed"
    : `${aria2Seconds.toFixed(1)} s, ${times(aria2Seconds)}`;
  return `## One seeder, ${PEERS} peers that start together

${bytes / 1e6} MB, every upload limited to ${
    bits / 1e6
  } Mbit/s. The bound is that of the fluid model (Kumar
and Ross 2006): max(F/us, F/dmin, NF/(us + sum u)) = ${
    boundSeconds.toFixed(1)
  } s. aria2c does the same as
BitTorrent with the same limits, a tracker, peer exchange and pieces of 256 KiB.

| | |
| --- | --- |
| the last of ${PEERS} peers is complete after | ${worst.toFixed(1)} s, ${times(worst)} |
| each of them | ${all(seconds)} s |
| the last aria2c | ${aria} |
| seeder | ${cost(seeder)} |
| a peer | ${cost(peer)} |
`;
}

function loopbackPart(result: LoopbackResult): string {
  const { bytes, where, curlSeconds, peerSeconds, seeder, peer } = result;
  const rate = (seconds: number) => `${Math.round(bytes / seconds / 1e6)} MB/s`;
  const share = best(curlSeconds) / best(peerSeconds);
  return `## One peer to one peer, unlimited

${bytes / 1e6} MB beside plain \`curl\` from nginx of the same file, in turn; all files on
${
    where === "disk"
      ? "the disk, whose other users count"
      : "a file system in memory"
  }. Every block is hashed (SHA-256) on its way; curl checks nothing.

| | |
| --- | --- |
| curl | ${all(curlSeconds)} s, at best ${rate(best(curlSeconds))} |
| peer | ${all(peerSeconds)} s, at best ${rate(best(peerSeconds))} |
| best to best | ${share.toFixed(2)} |
| seeder, one download | ${cost(seeder)} |
| downloader | ${cost(peer)} |
`;
}

/** The parts of the page as it stands, by their heading. */
async function known(): Promise<ReadonlyMap<string, string>> {
  const text = await Deno.readTextFile(PAGE).catch(() => "");
  return new Map(
    text.split(/^(?=## )/m).slice(1).map((part) => [part.slice(0, part.indexOf("\n")), part]),
  );
}

const [only] = Deno.args;
const parts = new Map(await known());
const keep = (part: string): void => void parts.set(part.slice(0, part.indexOf("\n")), part);
if (only !== "loopback") {
  const result = await measureFluid(
    number("SWARM_FLUID_BYTES", 200e6),
    number("SWARM_FLUID_BITS", 20e6),
  );
  console.log(JSON.stringify(result));
  keep(fluidPart(result));
}
if (only !== "fluid") {
  const result = await measureLoopback(number("SWARM_LOOPBACK_BYTES", 2e9), 5);
  console.log(JSON.stringify(result));
  keep(loopbackPart(result));
}
await writePage(PAGE, [HEAD, ...parts.values()].join("\n"));
