/**
 * `deno task bench:hop`: what each relay of a chain adds, in latency and in processor time. Six relays in a row, each a
 * process as users run it, at 20 Mbit/s. Behind every relay stands a child that notes when each packet came, and one before
 * the first: so the same packet is compared before and behind every hop. Writes its part of `docs/relay.md`.
 *
 * `BENCH_SECONDS` (20), `BENCH_HOPS` (6), `BENCH_ROUNDS` (3), `BENCH_ONLY` (part of a datapath's name).
 */
import { builtins } from "../../plugins/registry.ts";
import { type Part, readBook, writeBook } from "../relay/book.ts";
import { ARRIVAL_CHILDREN, ARRIVALS_MAX, MODE } from "../relay/load/layout.ts";
import { ipv4 } from "../relay/load/libc.ts";
import { Load } from "../relay/load/load.ts";
import { writePage } from "../relay/page.ts";
import { RelayNetwork } from "../relay/rig/network.ts";
import { median, us } from "../relay/stats.ts";
import { cpuSeconds, machine } from "../relay/system.ts";

const env = (name: string, otherwise: string) => Deno.env.get(`BENCH_${name}`) ?? otherwise;
const MBIT = 20;
const HOPS = Math.min(ARRIVAL_CHILDREN - 2, Number(env("HOPS", "6")));
const SECONDS = Number(env("SECONDS", "20"));
const ROUNDS = Number(env("ROUNDS", "3"));
const RATE = MBIT * 1e6 / (1316 * 8);

/** What one hop added in one run, in microseconds, and its share of a core. */
interface Hop {
  readonly added: readonly [p50: number, p99: number, p999: number];
  readonly whole: readonly [p50: number, p99: number, p999: number];
  readonly core: number;
  readonly lost: number;
}

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const three = (figures: readonly number[]): readonly [number, number, number] => {
  const sorted = Float64Array.from(figures).sort();
  return [quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 0.999)];
};

async function chain(load: Load, net: number, datapath: string): Promise<Hop[]> {
  const relays = Array.from({ length: HOPS }, (_, n) => `r${n + 1}`);
  await using network = new RelayNetwork(
    { net, relays, parents: relays, streams: 1, datapath },
    load,
  );
  await network.start();
  const input = network.input();
  const direct = { address: ipv4(`127.${net}.0.0`) + HOPS + 1, port: load.sinkPort };
  const targets = [...input.targets, direct];
  const spec = {
    ...input,
    targets,
    net,
    children: HOPS + 1,
    rate: RATE,
    segments: 16,
    graceMs: 300,
  };
  const warm = await load.run({ ...spec, mode: MODE.arrivals, seconds: 3 });
  network.advance(warm.next);
  const cpu = () => relays.map((relay) => cpuSeconds(network.pid(relay)));
  const before = cpu();
  const { sent } = await load.run({
    ...spec,
    ...network.input(),
    targets,
    mode: MODE.arrivals,
    seconds: Math.min(SECONDS, ARRIVALS_MAX / RATE),
  });
  const after = cpu();
  return relays.map((_, at) => {
    const [child, previous] = [at + 1, at === 0 ? HOPS + 1 : at];
    const [added, whole]: number[][] = [[], []];
    for (let index = 0; index < sent; index++) {
      const came = load.arrival(child, index);
      if (Number.isNaN(came)) continue;
      added?.push((came - load.arrival(previous, index)) / 1000);
      whole?.push((came - load.arrival("sent", index)) / 1000);
    }
    return {
      added: three(added ?? []),
      whole: three(whole ?? []),
      core: ((after[at] ?? 0) - (before[at] ?? 0)) / (sent / RATE),
      lost: sent - (whole?.length ?? 0),
    };
  });
}

function part(rounds: ReadonlyMap<string, readonly Hop[][]>): Part {
  const rows: string[][] = [];
  for (const [datapath, all] of rounds) {
    for (let hop = 0; hop < HOPS; hop++) {
      const runs = all.flatMap((round) => round[hop] ?? []);
      const figure = (pick: (hop: Hop) => number) => median(runs.map(pick));
      rows.push([
        datapath,
        `${hop + 1}`,
        ...[0, 1, 2].map((at) => us(figure((one) => one.added[at] ?? NaN))),
        ...[0, 1].map((at) => us(figure((one) => one.whole[at] ?? NaN))),
        `${(figure((one) => one.core) * 100).toFixed(1)} %`,
        `${runs.reduce((sum, one) => sum + one.lost, 0)}`,
      ]);
    }
  }
  return {
    title: `What a hop adds: ${HOPS} relays in a row at ${MBIT} Mbit/s`,
    text:
      "Each relay is a process with control plane, recovery and counters on; it serves the next relay and one counted child. " +
      "*Added* compares the arrival of the same packet before and behind the hop, *from the origin* is the sum so far. " +
      `Median of ${
        Math.max(...[...rounds.values()].map((all) => all.length))
      } rounds of ${SECONDS} s; ` +
      `all ${HOPS} relays, the generator and the sink share the machine.`,
    head: [
      "",
      "hop",
      "added p50",
      "p99",
      "p99.9",
      "from the origin p50",
      "p99",
      "of a core",
      "lost",
    ],
    rows,
    command: "deno task bench:hop",
  };
}

const load = new Load();
const datapaths = ["datapath-linux", "datapath-deno"].filter((name) =>
  builtins.some((plugin) => plugin.name === name) && name.includes(env("ONLY", ""))
);
const rounds = new Map(datapaths.map((name) => [name, [] as Hop[][]]));
let net = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, all] of rounds) {
    all.push(await chain(load, ++net, name));
    console.log(name, all.at(-1)?.map(({ added, core, lost }) => ({ added, core, lost })));
  }
}
const book = await readBook();
book.machine = machine();
book.parts.hop = part(rounds);
await writeBook(book);
await writePage(book);
await load[Symbol.asyncDispose]();
Deno.exit(0);
