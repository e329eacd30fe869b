/** Single questions beside the large table. */
import type { Book, MemorySample } from "./book.ts";
import type { Contender, Running } from "./contenders.ts";
import { MODE } from "./load/layout.ts";
import { dropsOf, ipv4 } from "./load/libc.ts";
import type { Load, RunResult } from "./load/load.ts";
import { SEGMENTS, Trial } from "./measure.ts";
import { RelayNetwork } from "./rig/network.ts";
import { median, short, us } from "./stats.ts";
import { cpuSeconds, residentMb } from "./system.ts";

/** What a mode is given. */
export interface ModeOptions {
  readonly everyone: readonly Contender[];
  readonly rounds: number;
  /** Undefined: as long as the question needs. */
  readonly seconds: number | undefined;
  readonly plugins: ReadonlySet<string>;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const percent = (share: number) => share === 0 ? "0" : `${Number((share * 100).toPrecision(2))} %`;
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
/** Packets that did not come. */
export const lost = (result: RunResult) => `${result.expected - result.received}`;
/** Networks of the modes lie apart from those of the table. */
let net = 200;
export const nextNet = () => net = net >= 250 ? 201 : net + 1;

/** The product's best datapath that is there. */
function best({ plugins }: ModeOptions): string {
  return plugins.has("datapath-linux") ? "datapath-linux" : "datapath-deno";
}

/** Generator and sink without anything between them. */
export async function alone(load: Load, book: Book, { seconds = 2 }: ModeOptions): Promise<void> {
  const rows: string[][] = [];
  const cases = [[1, 1], [1, SEGMENTS], [16, 48], [64, 48], [256, 48]] as const;
  for (const [children, segments] of cases) {
    let [carried, share] = [0, 0];
    for (let rate = 20_000; rate <= 2_000_000; rate *= 1.5) {
      const targets = Array.from({ length: children }, (_, n) => ({
        address: ipv4("127.251.0.1") + n,
        port: load.sinkPort,
      }));
      const drops = dropsOf(load.sinkFd);
      const look = () =>
        load.run({
          net: 251,
          children,
          mode: MODE.count,
          fd: load.sendFd,
          streams: [{ ssrc: 2, next: 0 }],
          targets,
          rate,
          seconds,
          segments,
        });
      let result = await look();
      // Once more: what else the machine does is no limit of the rig.
      if (result.lossShare >= 1e-4) result = await look();
      if (result.lossShare >= 1e-4) break;
      carried = Math.max(carried, result.received / seconds * Math.min(1, result.rate / rate));
      share = dropsOf(load.sinkFd) - drops;
      if (result.rate < rate * 0.95) break;
    }
    rows.push([`${children}`, `${segments}`, short(carried), `${share}`]);
    console.log(rows.at(-1));
  }
  book.parts.alone = {
    title: "Generator and sink alone",
    text:
      "What the rig itself carries, so that it is known what limits a figure: packets a second that arrived " +
      "without loss, straight from the generator at the sink.",
    head: [
      "children",
      "packets in a datagram",
      "packets/s received",
      "dropped by the sink's socket",
    ],
    rows,
    command: "deno task bench:relay alone",
  };
}

/** A network of the product with many children or streams. */
async function crowd(load: Load, datapath: string, children: number, streams: number) {
  const number = nextNet();
  const network = new RelayNetwork({
    net: number,
    relays: ["r"],
    parents: times(children, "r"),
    streams,
    datapath,
    more: [{ use: "exchange", with: { lease: "60s" } }],
  }, load);
  await network.start();
  const running: Running = {
    input: () => network.input(),
    advance: (next) => network.advance(next),
    cpu: () => cpuSeconds(network.pid("r")),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
  return { running, network, trial: new Trial(load, running, number, children) };
}

/** How much one relay process carries to 1,000 children. */
export async function ceiling(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const seconds = options.seconds ?? 10;
  const { running, trial } = await crowd(load, best(options), 1000, 1);
  await using _running = running;
  const rows: string[][] = [];
  const packetBits = 1316 * 8;
  await trial.at(100, 2, MODE.count);
  for (let mbit = 4; mbit < 200; mbit *= 1.25) {
    const result = await trial.at(
      mbit * 1e6 / packetBits,
      mbit === 4 ? seconds : 4,
      MODE.latency,
      300,
    );
    const { window, percentile } = result;
    rows.push([
      `${Number(mbit.toPrecision(3))} Mbit/s`,
      short(result.received / result.sent * result.rate),
      `${
        Number((result.received / result.sent * result.rate * packetBits / 1e9).toPrecision(3))
      } Gbit/s`,
      percent(result.lossShare),
      us(percentile(0.5)),
      us(percentile(0.99)),
      (window.sample / window.seconds).toFixed(2),
      (window.sample / window.packets * 1e6).toFixed(2),
    ]);
    console.log(rows.at(-1));
    if (result.lossShare > 1e-3) break;
  }
  book.parts.ceiling = {
    title: "1,000 children of one relay process",
    text: `\`${
      best(options)
    }\`, one stream, the rate of each child raised until packets are lost. Leases of 60 s.`,
    head: [
      "to each child",
      "packets/s out",
      "in sum",
      "lost",
      "p50",
      "p99",
      "cores",
      "CPU s per million",
    ],
    rows,
    command: "deno task bench:relay ceiling",
  };
}

/** Media while the main thread stands still. */
export async function pauses(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const rows: string[][] = [];
  const names = ["datapath-linux", "datapath-deno"].filter((name) => options.plugins.has(name));
  for (const datapath of names) {
    const number = nextNet();
    await using network = new RelayNetwork({
      net: number,
      relays: ["r"],
      parents: times(16, "r"),
      streams: 1,
      datapath,
      more: [{ use: new URL("rig/block.ts", import.meta.url).pathname }],
    }, load);
    await network.start();
    const run = async (blocked: boolean) => {
      const result = load.run({
        ...network.input(),
        net: number,
        children: 16,
        mode: MODE.latency,
        // Within what the portable datapath carries too.
        rate: 1000,
        seconds: 10,
        segments: SEGMENTS,
        graceMs: 1500,
      });
      if (blocked) {
        for (let block = 0; block < 10; block++) {
          await pause(400);
          await network.ask("r", "/api/v1/block?ms=500");
        }
      }
      const done = await result;
      network.advance(done.next);
      return done;
    };
    await run(false);
    for (const blocked of [false, true]) {
      const results = [await run(blocked), await run(blocked)];
      const latency = (share: number) => us(median(results.map((one) => one.percentile(share))));
      rows.push([
        datapath,
        blocked ? "10 times 500 ms" : "never",
        `${results.reduce((sum, one) => sum + one.expected, 0)}`,
        `${results.reduce((sum, one) => sum + one.expected - one.received, 0)}`,
        latency(0.5),
        latency(0.99),
        latency(0.999),
      ]);
      console.log(rows.at(-1));
    }
  }
  book.parts.pauses = {
    title: "A main thread that stands still",
    text:
      "1,000 packets/s to 16 children, 10 s a run, two runs a row; a plugin loaded by path holds up the relay's main thread.",
    head: ["", "blocked", "packets out", "lost", "p50", "p99", "p99.9"],
    rows,
    command: "deno task bench:relay pauses",
  };
}

/** A thousand streams take their time until all of their code is compiled. */
const SHAPE_WARM_SECONDS = 20;

/** Many streams or many children: the same packets out. */
export async function shape(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const out = 20_000;
  const seconds = options.seconds ?? 6;
  const rows: string[][] = [];
  const costs: number[][] = [[], []];
  const shapes = [[1, 1000], [1000, 1]] as const;
  for (let round = 0; round < Math.min(options.rounds, 3); round++) {
    for (const [at, [streams, children]] of shapes.entries()) {
      const { running, trial } = await crowd(load, best(options), children, streams);
      await using _running = running;
      await trial.at(out / children, SHAPE_WARM_SECONDS, MODE.count);
      const result = await trial.at(out / children, seconds, MODE.latency, 300);
      const { window, percentile } = result;
      const cost = window.sample / window.packets * 1e6;
      costs[at]?.push(cost);
      rows.push([
        `${streams} x ${children}`,
        short(result.rate),
        short(result.received / result.sent * result.rate),
        lost(result),
        us(percentile(0.5)),
        us(percentile(0.99)),
        cost.toFixed(2),
      ]);
      console.log(rows.at(-1));
    }
  }
  const ratio = median(costs[1] ?? []) / median(costs[0] ?? []);
  book.parts.shape = {
    title: "1,000 streams to one child, one stream to 1,000 children",
    text: `\`${
      best(options)
    }\`, ${out} packets/s out, leases of 60 s, measured after ${SHAPE_WARM_SECONDS} s of the same load. A packet of many streams costs ${
      ratio.toFixed(1)
    } times one of many children (it comes in once for each that goes out).`,
    head: [
      "streams x children",
      "packets/s in",
      "packets/s out",
      "lost",
      "p50",
      "p99",
      "CPU s per million",
    ],
    rows,
    command: "deno task bench:relay shape",
  };
}

/** Memory at 100,000 packets a second out. */
export async function memory(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const seconds = options.seconds ?? 600;
  const number = nextNet();
  const children = 20;
  await using network = new RelayNetwork({
    net: number,
    relays: ["r"],
    parents: times(children, "r"),
    streams: 1,
    datapath: best(options),
  }, load);
  await network.start();
  const pid = network.pid("r");
  const samples: MemorySample[] = [];
  const began = performance.now();
  const done = load.run({
    ...network.input(),
    net: number,
    children,
    mode: MODE.count,
    rate: 100_000 / children,
    seconds,
    segments: SEGMENTS,
    graceMs: 500,
  });
  for (let second = 5; second <= seconds; second += 5) {
    await pause(Math.max(0, began + second * 1000 - performance.now()));
    const heapMb = await network.metric("r", "process_heap_used_bytes") / 2 ** 20;
    samples.push({ second, residentMb: Math.round(residentMb(pid)), heapMb: Math.round(heapMb) });
  }
  const result = await done;
  const part = (from: number, to: number) =>
    samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  const resident = (from: number, to: number) =>
    Math.round(median(part(from, to).map((one) => one.residentMb)));
  const [early, late] = [resident(0.2, 0.4), resident(0.8, 1)];
  book.memory = {
    samples,
    text: `\`${best(options)}\`, ${short(result.rate * children)} packets/s out for ${seconds} s ` +
      `(${result.expected} packets, ${
        lost(result)
      } lost): ${early} MB resident in the second fifth, ${late} MB in the last. ` +
      "The heap is that of the main thread. `deno task bench:relay memory`",
  };
  console.log(book.memory.text);
}
