/** 5,000 packets a second to 64 children: a minute of each contender alone, and both in turns. */
import type { Book } from "./book.ts";
import type { Running } from "./contenders.ts";
import { MODE } from "./load/layout.ts";
import type { Load, RunResult } from "./load/load.ts";
import { costOf, LATENCY_RATE, Trial } from "./measure.ts";
import { lost, type ModeOptions, nextNet } from "./modes.ts";
import { median, us } from "./stats.ts";

const CHILDREN = 64;
const SHARES = [0.5, 0.99, 0.999] as const;
/** How long one turn is. */
const TURN_SECONDS = 12;

const HEAD = ["", "packets out", "lost", "p50", "p99", "p99.9", "CPU s per million"];

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** What came of all runs of one contender: sums, and medians. */
function row(name: string, results: readonly RunResult[]): string[] {
  const [expected, received] = [
    sum(results.map((one) => one.expected)),
    sum(results.map((one) => one.received)),
  ];
  return [
    name,
    `${expected}`,
    `${expected - received}`,
    ...SHARES.map((share) => us(median(results.map((one) => one.percentile(share))))),
    median(results.map(costOf)).toFixed(2),
  ];
}

const wanted = ({ everyone }: ModeOptions) =>
  everyone.filter(({ name }) => /linux|batched/.test(name));

/** One after the other, each with the machine to itself. */
export async function minute(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const seconds = options.seconds ?? 60;
  const rows: string[][] = [];
  for (const contender of wanted(options)) {
    if (await contender.missing(CHILDREN, 1) !== undefined) continue;
    const number = nextNet();
    await using running = await contender.start(load, number, CHILDREN, 1);
    const trial = new Trial(load, running, number, CHILDREN);
    await trial.at(LATENCY_RATE, 2, MODE.latency);
    const result = await trial.at(LATENCY_RATE, seconds, MODE.latency, 300);
    rows.push(row(contender.name, [result]));
    console.log(rows.at(-1));
  }
  book.parts.minute = {
    title: `${LATENCY_RATE} packets/s to ${CHILDREN} children for ${seconds} s`,
    text: "Beside its load generator and sink on the same cores.",
    head: HEAD,
    rows,
    command: "deno task bench:relay minute",
  };
}

/** In turns, while the other stands beside it with all its children: what else the machine does then meets both. */
export async function turns(load: Load, book: Book, options: ModeOptions): Promise<void> {
  const seconds = options.seconds ?? TURN_SECONDS;
  await using held = new AsyncDisposableStack();
  const all: { name: string; trial: Trial; results: RunResult[] }[] = [];
  for (const contender of wanted(options)) {
    if (await contender.missing(CHILDREN, 1) !== undefined) continue;
    const number = nextNet();
    const running: Running = held.use(await contender.start(load, number, CHILDREN, 1));
    const trial = new Trial(load, running, number, CHILDREN);
    await trial.at(LATENCY_RATE, 2, MODE.latency);
    all.push({ name: contender.name, trial, results: [] });
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, trial, results } of all) {
      const result = await trial.at(LATENCY_RATE, seconds, MODE.latency, 300);
      results.push(result);
      console.log(name, lost(result), ...SHARES.map((share) => us(result.percentile(share))));
    }
  }
  const p99 = all.map(({ results }) => median(results.map((one) => one.percentile(0.99))));
  const [own = NaN, other = NaN] = p99;
  book.parts.turns = {
    title: `The same in turns of ${seconds} s`,
    text:
      `Medians of ${options.rounds} turns each. Both stand all the time, the relay under test ` +
      "with its control plane and its children beside the other as well. " +
      `p99 of the first is ${(own / other).toFixed(2)} times that of the second.`,
    head: HEAD,
    rows: all.map(({ name, results }) => row(name, results)),
    command: "deno task bench:relay turns",
  };
}
