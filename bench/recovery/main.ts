/**
 * The recovery table: `deno task bench:recovery`. Every contender carries the same numbered stream over
 * the same emulated links with the same seeds; Markdown goes to `docs/recovery.md` (`--out`). Linux, root,
 * iproute2; contenders that are not installed are left out and named.
 *
 * `--only` and `--who` choose lines and contenders by parts of their names. With `--results FILE` each run is
 * appended to a file of JSON lines, and what that file holds is not measured again: a long table
 * can be measured in pieces, by several processes beside each other; `--page` only writes the page from it.
 */
import { parseArgs } from "node:util";
import { CELLS } from "./cells.ts";
import { type Contender, CONTENDERS } from "./contenders.ts";
import { measure } from "./measure.ts";
import { type Kept, page, row } from "./page.ts";

const { values: args } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    who: { type: "string", default: "" },
    runs: { type: "string", default: "3" },
    seconds: { type: "string", default: "25" },
    results: { type: "string" },
    page: { type: "boolean", default: false },
    out: { type: "string", default: new URL("../../docs/recovery.md", import.meta.url).pathname },
  },
});
const SECONDS = Number(args.seconds);
const RUNS = Number(args.runs);

async function installed(program: string): Promise<boolean> {
  return (await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .output()).success;
}

/** What `--results` holds. */
async function readKept(): Promise<Kept[]> {
  if (args.results === undefined) return [];
  try {
    const text = await Deno.readTextFile(args.results);
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function keep(one: Kept): Promise<void> {
  kept.push(one);
  if (args.results === undefined) return;
  await Deno.writeTextFile(args.results, `${JSON.stringify(one)}\n`, { append: true });
}

async function measureRow(contender: Contender, cell: typeof CELLS[number]): Promise<void> {
  const { name: who } = contender;
  const mine = () => kept.filter((one) => one.cell === cell.title && one.who === who);
  for (let seed = 1; seed <= RUNS; seed++) {
    if (mine().some((one) => one.seed === seed)) continue;
    const result = await measure(contender, cell, seed, SECONDS);
    await keep({ cell: cell.title, who, seed, seconds: SECONDS, result });
  }
  console.log(row(cell, who, mine()));
}

const present: Contender[] = [];
const missing: string[] = [];
for (const one of CONTENDERS) {
  if (one.program === undefined || await installed(one.program)) present.push(one);
  else missing.push(one.name);
}
const kept = await readKept();
for (const cell of args.page ? [] : CELLS) {
  if (!cell.title.includes(args.only)) continue;
  for (const contender of present) {
    if (!contender.name.includes(args.who)) continue;
    if (contender.parity && !cell.parity) continue;
    await measureRow(contender, cell);
  }
}
if (args.page || (args.only === "" && args.who === "")) {
  await Deno.writeTextFile(args.out, page(kept, missing));
  // The page is as the formatter of this repository has it.
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", args.out] }).output();
}
