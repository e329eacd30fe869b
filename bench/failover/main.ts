/**
 * `deno task bench:failover`: relays on the path are killed and frozen at random moments, and what the
 * viewer notices is written as a Markdown table to stdout and to docs/failover.md. Options: `--count`,
 * `--only` (part of a row's name), `--out`, `--logs` (a folder for the logs of what misses the bar),
 * `--results` (a file of JSON lines that each strike is appended to: what it holds is not struck again).
 */
import { parseArgs } from "node:util";
import { type Cost, DIAMOND, FailoverRig, summary } from "../../tests/e2e/failover.ts";
import { type Use, withNet } from "../../tests/e2e/net.ts";

const BITRATE = 8_000_000;
const { values: args } = parseArgs({
  options: {
    count: { type: "string", default: "50" },
    logs: { type: "string" },
    only: { type: "string", default: "" },
    results: { type: "string" },
    out: { type: "string", default: new URL("../../docs/failover.md", import.meta.url).pathname },
  },
});
/** Nobody should wait longer for packets at the input. */
const BAR_MS = 400;
const COUNT = Number(args.count);

interface Row {
  readonly name: string;
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly everywhere: readonly Use[];
}

const DUAL: readonly Use[] = [{ use: "path-dual" }];
const ROWS: readonly Row[] = [
  { name: "SIGKILL, path-single", signal: "SIGKILL", everywhere: [] },
  { name: "SIGSTOP, path-single", signal: "SIGSTOP", everywhere: [] },
  { name: "SIGKILL, path-dual", signal: "SIGKILL", everywhere: DUAL },
  { name: "SIGSTOP, path-dual", signal: "SIGSTOP", everywhere: DUAL },
];

/** What `--results` holds of a row. */
async function readKept(row: Row): Promise<Cost[]> {
  if (args.results === undefined) return [];
  try {
    const lines = (await Deno.readTextFile(args.results)).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line)).filter((one) => one.row === row.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function keep(row: Row, cost: Cost): Promise<void> {
  if (args.results === undefined) return;
  const line = `${JSON.stringify({ row: row.name, ...cost })}\n`;
  await Deno.writeTextFile(args.results, line, { append: true });
}

async function measure(row: Row): Promise<Cost[]> {
  const costs = await readKept(row);
  if (costs.length >= COUNT) return costs;
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const rig = new FailoverRig(net, row.everywhere);
    await rig.start(BITRATE);
    for (let n = costs.length; n < COUNT; n++) {
      const path = await rig.path();
      const victim = path[n % path.length];
      if (victim === undefined) throw new Error("Cannot strike: nobody is on the path");
      const cost = await rig.strike(victim, row.signal, 500 + Math.random() * 1500);
      costs.push(cost);
      await keep(row, cost);
      console.error(`${row.name} ${n + 1}: ${JSON.stringify(cost)}`);
      if (args.logs !== undefined && (cost.inputMs > BAR_MS || cost.lost > 0)) {
        const logs = [...net.fleet.nodes].map(([name, { log }]) =>
          `--- ${name}\n${log.join("\n")}`
        );
        await Deno.writeTextFile(`${args.logs}/${row.name}-${n + 1}.log`, logs.join("\n"));
      }
    }
  });
  return costs;
}

const ms = (value: number) => value === 0 ? "under 20 ms" : `${Math.round(value)} ms`;

function line(name: string, costs: readonly Cost[]): string {
  const input = summary(costs.map((one) => one.inputMs));
  const output = summary(costs.map((one) => one.outputMs));
  const calmIn = summary(costs.map((one) => one.calmInputMs));
  const calmOut = summary(costs.map((one) => one.calmOutputMs));
  const lost = costs.reduce((sum, one) => sum + one.lost, 0);
  const disordered = costs.reduce((sum, one) => sum + one.disordered, 0);
  const cells = [name, costs.length, lost, disordered]
    .concat([input.median, input.worst, calmIn.worst].map(ms))
    .concat([output.median, output.worst, calmOut.worst].map(ms));
  return `| ${cells.join(" | ")} |`;
}

const lines: string[] = [];
for (const row of ROWS) {
  if (!row.name.includes(args.only)) continue;
  const costs = await measure(row);
  for (const [kind, digit] of [["relay", "1"], ["POP", "2"]] as const) {
    const some = costs.filter((one) => one.victim.endsWith(digit));
    if (some.length > 0) lines.push(line(`${row.name}: the ${kind}`, some));
  }
}
const table = [
  "| fault | times | packets missing | twice or disordered | input: median | worst | worst before | output: median | worst | worst before |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ...lines,
].join("\n");
const page = `# Failover, measured

One stream of ${
  BITRATE / 1e6
} Mbit/s runs from the origin over two relays to a viewer, with a second way of two
relays beside it (a diamond). All are real processes on one machine. At random moments a relay on the
path is killed or frozen, the one behind the origin and the viewer's POP in turn; a killed one is
started again, a frozen one thawed, before the next strike.

*Input* is the longest time without packets after the strike at a sink that takes everything as it
comes; *output* the same at a sink with a latency budget of 500 ms and an even pace. Pauses under
20 ms are not noted. *Worst before* is the longest pause while nothing was wrong: what the machine does
by itself.

${table}

\`deno task bench:failover\` measures it again; this page was made by \`chrt -r 5 deno task bench:failover\`:
the processes ran in real-time class, since two cores had other work at the same time.
`;
console.log(table);
if (args.only === "" || args.out !== new URL("../../docs/failover.md", import.meta.url).pathname) {
  await Deno.writeTextFile(args.out, page);
  // The page is as the formatter of this repository has it.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", args.out] }).output();
}
Deno.exit(0);
