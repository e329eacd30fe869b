/** The page that the measurements make. */
import { type Cell, CELLS } from "./cells.ts";
import { CONTENDERS } from "./contenders.ts";
import { MBIT, type Measured } from "./measure.ts";

/** One run, as it is kept. */
export interface Kept {
  readonly cell: string;
  readonly who: string;
  readonly seed: number;
  readonly seconds: number;
  readonly result: Measured;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const percent = (value: number, digits: number) => `${(value * 100).toFixed(digits)} %`;

/** One line of the table. */
export function row(cell: Cell, who: string, kept: readonly Kept[]): string {
  const runs = kept.map((one) => one.result);
  const sum = (of: (one: Measured) => number) => runs.reduce((all, one) => all + of(one), 0);
  const sent = sum((one) => one.sent);
  const cells = [
    cell.title,
    who,
    `${runs.length}`,
    sent === 0 ? "nothing arrived" : percent(sum((one) => one.lost) / sent, 3),
    who.startsWith("Espalier") ? cell.goal ?? "" : "",
    `${median(runs.map((one) => one.latencyMs.p50)).toFixed(0)} ms`,
    `${median(runs.map((one) => one.latencyMs.p99)).toFixed(0)} ms`,
    percent(median(runs.map((one) => one.extraBytes)), 0),
    `${sum((one) => one.duplicated + one.disordered)}`,
    percent(Math.max(...runs.map((one) => one.emulatorLate)), 1),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The whole page. */
export function page(kept: readonly Kept[], missing: readonly string[]): string {
  const lines = CELLS.flatMap((cell) =>
    CONTENDERS.flatMap(({ name }) => {
      const runs = kept.filter((one) => one.cell === cell.title && one.who === name);
      return runs.length === 0 ? [] : [row(cell, name, runs)];
    })
  );
  const seconds = [...new Set(kept.map((one) => one.seconds))].join(" or ");
  return `# Loss recovery, measured

\`deno task bench:recovery\`: ${MBIT} Mbit/s of numbered, time-stamped TS packets, ${seconds} s counted a run,
loss equal both ways. Every contender runs with the same links and the same seeds, one seed a run;
each is given a buffer that brings its median latency to about the same. All are real programs in
network namespaces of one machine, joined by an emulator in user space; programs and emulator ran in
real-time class (\`chrt -r 5\`), up to three measurements beside each other on two cores.

Lost: share of TS packets of all runs that never came out. Goal: what Espalier is held to, lost and
bytes. Latency: sender to receiver, median of the runs. Extra bytes: what the last link carried above
the payload with RTP, UDP and IP headers. Doubles: packets that came out twice or out of order.
Emulator late: packets of the worst run that the emulator itself delivered more than 5 ms late,
because the machine was busy: what it delays beyond the budget is lost for everybody, so where that
is more than a percent, the row says little. One datagram of a run of 25 s is 0.008 % of it.

| link (round trip, loss) | what | runs | lost | goal | median | p99 | extra bytes | doubles | emulator late |
|---|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}
${missing.length > 0 ? `\nNot installed, so not measured: ${missing.join(", ")}.\n` : ""}`;
}
