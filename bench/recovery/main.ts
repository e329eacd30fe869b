/**
 * The recovery table: `deno task bench:recovery`. Every contender carries the same numbered stream over
 * the same emulated links with the same seed; Markdown goes to standard output and to `docs/recovery.md`.
 * Linux, root, iproute2; contenders that are not installed are left out and named.
 */
import type { LinkSettings } from "../../core/link_model.ts";
import { LabProcess } from "../lab/client.ts";
import { type Contender, CONTENDERS, IN_PORT, OUT_PORT } from "./contenders.ts";
import { GUARD_SECONDS, type ProbeResult } from "./probe.ts";

const MBIT = 5;
const SECONDS = Number(Deno.env.get("BENCH_SECONDS") ?? 25);
const RUNS = Number(Deno.env.get("BENCH_RUNS") ?? 3);
const ONLY = Deno.env.get("BENCH_ONLY");
const PROBE = new URL("probe.ts", import.meta.url).pathname;
/** Bytes on a link for one payload byte when nothing is repaired: 1316 bytes, RTP, UDP and IPv4 headers. */
const PAYLOAD_SHARE = 1316 / (1316 + 12 + 8 + 20);

/** One line of the table. */
interface Cell {
  readonly title: string;
  readonly hops: number;
  /** The buffer SRT and RIST are given at each hop; they add some of their own. */
  readonly latencyMs: number;
  /** The viewer's budget where it may be longer at the same median: Espalier adds next to nothing. */
  readonly budgetMs?: number;
  readonly settings: Partial<LinkSettings>;
}

const random = (rttMs: number, lossShare: number): Partial<LinkSettings> => ({
  delayMs: rttMs / 2,
  lossShare,
});
const burst = (rttMs: number): Partial<LinkSettings> => ({
  delayMs: rttMs / 2,
  // Bursts of 5 packets, 5 % lost in the mean.
  burst: { pGoodToBad: 0.05 / 0.95 / 5, pBadToGood: 0.2, lossInBad: 1 },
});

const CELLS: readonly Cell[] = [
  ...[1, 5, 10].map((loss): Cell => ({
    title: `20 ms, ${loss} %`,
    hops: 1,
    latencyMs: 120,
    settings: random(20, loss / 100),
  })),
  ...[1, 5, 10].map((loss): Cell => ({
    title: `100 ms, ${loss} %`,
    hops: 1,
    latencyMs: 400,
    settings: random(100, loss / 100),
  })),
  ...[1, 5, 10].map((loss): Cell => ({
    title: `100 ms, ${loss} %, one retry at most`,
    hops: 1,
    latencyMs: 120,
    budgetMs: 124,
    settings: random(100, loss / 100),
  })),
  { title: "20 ms, bursts of 5, 5 %", hops: 1, latencyMs: 120, settings: burst(20) },
  { title: "100 ms, bursts of 5, 5 %", hops: 1, latencyMs: 400, settings: burst(100) },
  {
    title: "20 ms, 5 %, jitter 20 % that reorders",
    hops: 1,
    latencyMs: 120,
    settings: { ...random(20, 0.05), jitterMs: 2, fifo: false },
  },
  {
    title: "100 ms, 5 %, jitter 20 % that reorders",
    hops: 1,
    latencyMs: 400,
    settings: { ...random(100, 0.05), jitterMs: 10, fifo: false },
  },
  {
    title: "3 hops of 20 ms, 5 % each",
    hops: 3,
    latencyMs: 160,
    budgetMs: 164,
    settings: random(20, 0.05),
  },
  {
    title: "3 hops of 20 ms, 3 % each, 500 ms",
    hops: 3,
    latencyMs: 500,
    settings: random(20, 0.03),
  },
];

async function installed(program: string): Promise<boolean> {
  return (await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .output()).success;
}

function start(argv: readonly string[], stdout: "null" | "piped" = "null"): Deno.ChildProcess {
  const [program = "", ...args] = argv;
  const stderr = Deno.env.get("BENCH_VERBOSE") === undefined ? "null" : "inherit";
  return new Deno.Command(program, { args, stdin: "null", stdout, stderr }).spawn();
}

/** One measurement. */
interface Measured extends ProbeResult {
  /** Bytes on the last link, as a share above the payload with plain headers. */
  readonly extraBytes: number;
  /** Share of packets on the last link that the emulator delivered late. */
  readonly emulatorLate: number;
}

async function measure(contender: Contender, cell: Cell, seed: number): Promise<Measured> {
  const folder = await Deno.makeTempDir({ prefix: "espalier-bench-" });
  await using lab = new LabProcess(seed);
  const hosts = Array.from({ length: cell.hops + 1 }, (_, index) => `h${index}`);
  for (const host of hosts) await lab.addHost(host);
  for (const [index, host] of hosts.slice(1).entries()) {
    await lab.link(hosts[index] ?? "", host, { delayMs: cell.settings.delayMs ?? 0 });
  }
  // The bootstrapper's TCP must not decide the outcome: it runs over links that only delay.
  const [first = "", last = ""] = [hosts[0], hosts.at(-1)];
  const latencyMs = contender.program === undefined
    ? cell.budgetMs ?? cell.latencyMs
    : cell.latencyMs;
  const running: Deno.ChildProcess[] = [];
  try {
    for (const part of await contender.parts(lab, hosts, latencyMs, folder)) {
      running.push(start(lab.command(part.host, part.argv)));
    }
    const deno = [Deno.execPath(), "run", "-A", "--unstable-net", PROBE];
    const receiver = start(
      lab.command(last, [...deno, "receive", "127.0.0.1", `${OUT_PORT}`, "3"]),
      "piped",
    );
    running.push(receiver);
    await pause(contender.settleSeconds);
    for (const [index, host] of hosts.slice(1).entries()) {
      await lab.link(hosts[index] ?? "", host, cell.settings);
    }
    const sender = start(
      lab.command(first, [...deno, "send", "127.0.0.1", `${IN_PORT}`, `${MBIT}`, `${SECONDS}`]),
    );
    running.push(sender);
    await pause(GUARD_SECONDS);
    await lab.reset();
    await pause(SECONDS);
    const link = await lab.totals(hosts.at(-2) ?? "", last);
    const result: ProbeResult = JSON.parse(await new Response(receiver.stdout).text());
    const expected = MBIT * 1e6 / 8 * SECONDS / PAYLOAD_SHARE;
    return {
      ...result,
      extraBytes: link.bytes / expected - 1,
      emulatorLate: link.late / link.packets,
    };
  } finally {
    for (const child of running) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
    }
    await Promise.all(running.map((child) => child.status));
    await Deno.remove(folder, { recursive: true });
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const percent = (value: number, digits: number) => `${(value * 100).toFixed(digits)} %`;

async function row(contender: Contender, cell: Cell): Promise<string> {
  const runs: Measured[] = [];
  for (let run = 1; run <= RUNS; run++) runs.push(await measure(contender, cell, run));
  const sent = runs.reduce((sum, one) => sum + one.sent, 0);
  const lost = runs.reduce((sum, one) => sum + one.lost, 0);
  const cells = [
    cell.title,
    contender.name,
    sent === 0 ? "nothing arrived" : percent(lost / sent, 3),
    `${median(runs.map((one) => one.latencyMs.p50)).toFixed(0)} ms`,
    `${median(runs.map((one) => one.latencyMs.p99)).toFixed(0)} ms`,
    percent(median(runs.map((one) => one.extraBytes)), 0),
    `${runs.reduce((sum, one) => sum + one.duplicated + one.disordered, 0)}`,
    percent(Math.max(...runs.map((one) => one.emulatorLate)), 1),
  ];
  return `| ${cells.join(" | ")} |`;
}

const present: Contender[] = [];
const missing: string[] = [];
for (const one of CONTENDERS) {
  if (one.program === undefined || await installed(one.program)) present.push(one);
  else missing.push(one.name);
}
const out = [
  "# Loss recovery, measured",
  "",
  `\`deno task bench:recovery\`: ${MBIT} Mbit/s of numbered, time-stamped TS packets, ${SECONDS} s counted a run, ${RUNS} runs a row, loss equal both`,
  "ways. Lost: share of TS packets that never came out. Latency: sender to receiver, median of the runs. Extra bytes: what the last link carried",
  "above the payload with RTP, UDP and IP headers. Doubles: packets that came out twice or out of order. Emulator late: packets of the worst run that the",
  "emulator itself delivered more than 5 ms late, because the machine was busy with other things: where that is more than a few percent, the row says little.",
  "",
  "| link (round trip, loss) | what | lost | median | p99 | extra bytes | doubles | emulator late |",
  "|---|---|---|---|---|---|---|---|",
];
for (const line of out) console.log(line);
for (const cell of CELLS) {
  if (ONLY !== undefined && !cell.title.includes(ONLY)) continue;
  for (const contender of present) {
    if (
      Deno.env.get("BENCH_WHO") !== undefined &&
      !contender.name.includes(Deno.env.get("BENCH_WHO") ?? "")
    ) continue;
    const line = await row(contender, cell);
    console.log(line);
    out.push(line);
  }
}
if (missing.length > 0) out.push("", `Not installed, so not measured: ${missing.join(", ")}.`);
if (ONLY === undefined) {
  await Deno.writeTextFile(
    new URL("../../docs/recovery.md", import.meta.url),
    `${out.join("\n")}\n`,
  );
}
