/**
 * One relay as a user runs it, under steady load: `deno task bench:steady`. A 20 Mbit/s stream to 8 children
 * for 60 s; tells how long the relay needs to be ready, what it holds in memory, what it costs, and what was lost,
 * beside an empty Deno program on the same machine. Markdown to standard output and to `docs/steady.md`.
 */
import { until } from "../../cli/fleet.ts";
import { numberedStream } from "../../tests/e2e/clips.ts";
import { type SessionView, TestNet } from "../../tests/e2e/net.ts";
import { writePage } from "../page.ts";
import { cpuSeconds, residentMb } from "../process.ts";

const MBIT = Number(Deno.env.get("BENCH_MBIT") ?? 20);
const CHILDREN = Number(Deno.env.get("BENCH_CHILDREN") ?? 8);
const SECONDS = Number(Deno.env.get("BENCH_SECONDS") ?? 60);

/** Start of a node alone until `/readyz` says yes, median of five. */
async function readyMs(): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const net = new TestNet();
    const began = performance.now();
    const node = net.relay("r");
    await until(
      "the relay",
      async () => {
        const answer = await fetch(`${node.admin}/readyz`);
        await answer.body?.cancel();
        return answer.ok;
      },
      10_000,
      5,
    );
    times.push(performance.now() - began);
    net.passed = true;
    await net[Symbol.asyncDispose]();
  }
  return times.toSorted((a, b) => a - b)[2] ?? NaN;
}

async function emptyMb(): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "setTimeout(() => {}, 2000)"],
    stdout: "null",
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const resident = residentMb(child.pid);
  child.kill("SIGKILL");
  await child.status;
  return resident;
}

const [ready, empty] = [await readyMs(), await emptyMb()];
const net = new TestNet({ neighbors: { o: ["r"], r: ["v"] } });
try {
  const path = `${net.folder}/source.mpegts`;
  await Deno.writeFile(path, numberedStream(1, 10, MBIT * 1e6));
  net.bootstrap();
  net.origin("o", [{ use: "cbr-source", with: { files: [{ path, name: "load" }] } }]);
  const relay = net.pop("r");
  const sessions = Array.from({ length: CHILDREN }, (_, n) => ({ id: `s${n}`, stream: "o/load" }));
  net.viewer("v", sessions, [{ use: "stats-sink" }]);
  await net.ready();
  const flowing = async () => (await net.sessions("v")).every((one) => one.packets > 500);
  await until("all children to receive", flowing, 60_000);
  const sum = (all: readonly SessionView[], key: "packets" | "lost") =>
    all.reduce((n, one) => n + one[key], 0);
  const before = await net.sessions("v");
  const cpu = cpuSeconds(relay.pid);
  let peak = 0;
  for (let second = 0; second < SECONDS; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    peak = Math.max(peak, residentMb(relay.pid));
  }
  const after = await net.sessions("v");
  const packets = sum(after, "packets") - sum(before, "packets");
  const lost = sum(after, "lost") - sum(before, "lost");
  const rows = [
    ["ready after its start (median of 5)", `${ready.toFixed(0)} ms`],
    [
      "resident memory, peak",
      `${peak.toFixed(0)} MB (an empty Deno program: ${empty.toFixed(0)} MB)`,
    ],
    ["packets delivered, lost", `${packets}, ${lost}`],
    [
      "CPU of the relay",
      `${((cpuSeconds(relay.pid) - cpu) / SECONDS * 100).toFixed(0)} % of a core`,
    ],
  ];
  await writePage(
    new URL("../../docs/steady.md", import.meta.url),
    `# One relay under steady load, measured

\`deno task bench:steady\`: a relay as \`deno task node\` runs it, on its default datapath, between an origin and
a viewer with ${CHILDREN} sessions, all on one machine of ${navigator.hardwareConcurrency} cores: ${MBIT} Mbit/s to ${CHILDREN} children for
${SECONDS} s.

| one relay, ${MBIT} Mbit/s to ${CHILDREN} children, ${SECONDS} s | |
|---|---|
${rows.map(([what, value]) => `| ${what} | ${value} |`).join("\n")}
`,
  );
  net.passed = true;
} finally {
  if (!net.passed) net.printLogs();
  await net[Symbol.asyncDispose]();
}
