/** The book as a page for people, with its plots. */
import { existsSync } from "node:fs";
import type { Book, CellTurns } from "./book.ts";
import type { Turn } from "./measure.ts";
import { draw, type Series } from "./plot.ts";
import { median, short, table, us, withSpread } from "./stats.ts";

const DOCS = new URL("../../docs/", import.meta.url);
/** More than this was lost: a latency would only tell of queues. */
const LOSS_SHOWN = 1e-3;

const figures = (cell: CellTurns, pick: (turn: Turn) => number) => cell.turns.map(pick);
/** Costs come for a million packets. */
const perCpuSecond = (cost: number) => 1e6 / cost;

function cellRow(cell: CellTurns): string[] {
  if (cell.turns.length === 0) {
    return [cell.contender, cell.missing ?? "-", ...Array<string>(7).fill("")];
  }
  const loss = median(figures(cell, (turn) => turn.loss));
  const bound = cell.turns.some((turn) => turn.generatorBound) ? "at least " : "";
  const latency = (pick: (turn: Turn) => number) =>
    loss > LOSS_SHOWN ? "-" : us(median(figures(cell, pick)));
  return [
    cell.contender,
    bound + withSpread(figures(cell, (turn) => turn.maxRate), short),
    withSpread(figures(cell, (turn) => perCpuSecond(turn.cost)), short),
    withSpread(figures(cell, (turn) => perCpuSecond(turn.costAtMax)), short),
    withSpread(figures(cell, (turn) => turn.cost), short),
    latency((turn) => turn.p50),
    latency((turn) => turn.p99),
    latency((turn) => turn.p999),
    loss === 0 ? "0" : `${Number((loss * 100).toPrecision(2))} %`,
  ];
}

function cellText(cells: readonly CellTurns[]): string {
  const { children, streams } = cells[0] ?? { children: 0, streams: 0 };
  const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
  const rounds = Math.max(...cells.map((cell) => cell.turns.length));
  const head = [
    "",
    "packets/s in, no loss",
    "sent per CPU s, overloaded",
    "at that rate",
    "CPU s per million, overloaded",
    "p50",
    "p99",
    "p99.9",
    "lost",
  ];
  const title = `${count(children, "child", "children")}, ${count(streams, "stream", "streams")}`;
  return `### ${title}\n\n${count(rounds, "round", "rounds")}.\n\n${
    table(head, cells.map(cellRow))
  }`;
}

function byCell(cells: readonly CellTurns[]): CellTurns[][] {
  const keys = [...new Set(cells.map((cell) => `${cell.children}x${cell.streams}`))];
  return keys
    .map((key) => cells.filter((cell) => `${cell.children}x${cell.streams}` === key))
    .sort(([a], [b]) =>
      (a?.streams ?? 0) - (b?.streams ?? 0) || (a?.children ?? 0) - (b?.children ?? 0)
    );
}

function costPlot(cells: readonly CellTurns[]): string {
  const one = cells.filter((cell) => cell.streams === 1 && cell.turns.length > 0);
  const names = [...new Set(one.map((cell) => cell.contender))];
  const series = names.map((name): Series => ({
    name,
    points: one.filter((cell) => cell.contender === name)
      .sort((a, b) => a.children - b.children)
      .map((cell) =>
        [cell.children, median(figures(cell, (turn) => perCpuSecond(turn.cost)))] as const
      )
      .filter(([, y]) => y > 0),
  }));
  return draw({
    title: "Packets sent for one second of processor time, one stream, saturated",
    xTitle: "children",
    yTitle: "packets per CPU second",
    series,
    xTicks: [1, 4, 16, 64, 256],
    yTicks: [10_000, 100_000, 1_000_000, 10_000_000],
    logarithmic: true,
    write: short,
  });
}

/** Round steps up to the largest figure. */
function ticks(max: number, count: number): number[] {
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, n) => n * step);
}

function memoryPlot(memory: NonNullable<Book["memory"]>): string {
  const { samples } = memory;
  return draw({
    title: "Memory of one relay under load",
    xTitle: "seconds",
    yTitle: "MB",
    series: [
      { name: "resident", points: samples.map((one) => [one.second, one.residentMb]) },
      { name: "heap in use", points: samples.map((one) => [one.second, one.heapMb]) },
    ],
    xTicks: ticks(samples.at(-1)?.second ?? 1, 6),
    yTicks: ticks(Math.max(1, ...samples.map((one) => one.residentMb)), 5),
    logarithmic: false,
    write: (figure) => `${figure}`,
  });
}

const INTRO = `# The relay, measured

One relay under test, a load generator before it and a counting sink behind it, all on one machine over
loopback, datagrams of 1328 bytes. \`datapath-linux\` and \`datapath-deno\` are the **whole relay as users run
it**, a process of its own that registered at a bootstrapper: control plane, tree, keepalive, recovery ring, feedback and counters
are on. Its origin and its children are the product's own control plane too; only the media come
from the generator and end in the sink. Every child has an address of its own, joined by JOIN, renews its lease, reports
reception once a second and answers echoes. All others forward a port's datagrams to the same addresses and do nothing else.

- The generator sends at an even rate, up to 16 packets in one datagram that the kernel cuts where the rate is high, as another
  relay would. It answers no request for repair: what is lost counts as lost.
- The sink has one large socket for all children; it takes datagrams joined and copies only their beginnings while it counts.
- *Packets/s in, no loss*: the highest rate of input with less than 0.01 % lost or later than 60 ms, by bisection.
- *Sent per CPU s*, *CPU s per million*: packets sent for user and system time of the whole process, while offered 1.3 times what
  it carries, and at the highest rate without loss. The two of this project, whose code is compiled while it runs, have had twelve
  seconds of load before, the others one.
- Latency at 5,000 packets/s in, from the moment before the generator's system call to the moment after the sink's. A dash stands where
  more than 0.1 % was lost.
- Figures are medians over rounds, in which the contenders take turns; ± is half of the range. Loss of a contender at 5,000 packets/s is in the last column.`;

/** Writes the page and its plots. */
export async function writePage(book: Book): Promise<void> {
  const sections = [
    INTRO,
    `Measured with \`deno task bench:relay\` on ${book.machine}.`,
  ];
  if (book.cells.length > 0) {
    sections.push(
      "![Packets sent for one second of processor time](relay.svg)",
      "## Side by side",
      ...byCell(book.cells).map(cellText),
    );
    await Deno.writeTextFile(new URL("relay.svg", DOCS), costPlot(book.cells));
  }
  for (const part of Object.values(book.parts)) {
    sections.push(
      `## ${part.title}`,
      part.text,
      table(part.head, part.rows),
      `\`${part.command}\``,
    );
  }
  if (book.memory !== undefined) {
    sections.push("## Memory", book.memory.text, "![Memory over time](relay-memory.svg)");
    await Deno.writeTextFile(new URL("relay-memory.svg", DOCS), memoryPlot(book.memory));
  }
  await Deno.writeTextFile(new URL("relay.md", DOCS), `${sections.join("\n\n")}\n`);
  const written = ["relay.md", "relay.json", "relay.svg", "relay-memory.svg"].filter((name) =>
    existsSync(new URL(name, DOCS))
  );
  const formatted = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", ...written.map((name) => `docs/${name}`)],
    cwd: new URL("../../", import.meta.url),
  }).output();
  if (!formatted.success) throw new Error(new TextDecoder().decode(formatted.stderr));
}
