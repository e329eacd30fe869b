/**
 * `deno task bench:relay [MODE...]`: what a relay carries, what that costs and how long it takes, beside others; writes
 * `docs/relay.md`, its plots and `docs/relay.json`. Linux, root (socket buffers).
 *
 * Modes: `table` (the default), `alone`, `minute`, `turns`, `ceiling`, `pauses`, `shape`, `memory`, `page`.
 * `BENCH_ROUNDS` (5), `BENCH_SECONDS` (3, of each look), `BENCH_ADD=1` (adds rounds to those on file), `BENCH_ONLY`
 * (a list such as `64x1,batched`: cells as children x streams, contenders by a part of their names).
 */
import { builtins } from "../../plugins/registry.ts";
import { type Book, readBook, writeBook } from "./book.ts";
import { type Contender, contenders } from "./contenders.ts";
import { Load } from "./load/load.ts";
import { minute, turns } from "./minute.ts";
import { alone, ceiling, memory, type ModeOptions, pauses, shape } from "./modes.ts";
import { writePage } from "./page.ts";
import { machine } from "./system.ts";
import { CELLS, measureCell } from "./table.ts";

const env = (name: string) => Deno.env.get(`BENCH_${name}`);
const only = (env("ONLY") ?? "").split(",").filter((one) => one !== "");
const cellsWanted = only.filter((one) => /^\d+x\d+$/.test(one));
const namesWanted = only.filter((one) => !cellsWanted.includes(one));
const rounds = Number(env("ROUNDS") ?? 5);
const seconds = env("SECONDS") === undefined ? undefined : Number(env("SECONDS"));

const plugins = new Set(builtins.map((plugin) => plugin.name));
const everyone: readonly Contender[] = contenders(plugins).filter(({ name }) =>
  namesWanted.length === 0 || namesWanted.some((part) => name.includes(part))
);

async function table(load: Load, book: Book): Promise<void> {
  const wanted = CELLS.filter(({ children, streams }) =>
    cellsWanted.length === 0 || cellsWanted.includes(`${children}x${streams}`)
  );
  for (const cell of wanted) {
    const options = { rounds, seconds: seconds ?? 3, add: env("ADD") === "1" };
    await measureCell(load, everyone, cell, book, options);
  }
}

const MODES: Record<string, (load: Load, book: Book, options: ModeOptions) => Promise<void>> = {
  table,
  alone,
  minute,
  turns,
  ceiling,
  pauses,
  shape,
  memory,
  page: () => Promise.resolve(),
};

for (const mode of Deno.args.length > 0 ? Deno.args : ["table"]) {
  const run = MODES[mode];
  if (run === undefined) {
    console.error(`Cannot run ${mode}: the modes are ${Object.keys(MODES).join(", ")}`);
    Deno.exit(2);
  }
  const book = await readBook();
  if (mode !== "page") book.machine = machine();
  await using load = new Load();
  await run(load, book, { everyone, rounds, seconds, plugins });
  await writeBook(book);
  await writePage(book);
}
Deno.exit(0);
