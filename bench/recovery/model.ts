/**
 * `deno task bench:recovery:model`: the cells of the recovery table in simulated time, by the thousand
 * bursts instead of the dozen: engines joined by the same link model, no sockets, no clock. Prints one line
 * a cell. Options by environment: MODEL_PACKETS (per seed), MODEL_SEEDS, BENCH_ONLY.
 */
import { LinkModel } from "../../core/link_model.ts";
import type { RecoverySpec } from "../../core/media/api.ts";
import { NACK, Rig } from "../../core/media/testing/rig.ts";
import { originate, received, SSRC } from "../../core/media/testing/scenes.ts";
import { type Cell, CELLS } from "./cells.ts";

const PACKETS = Number(Deno.env.get("MODEL_PACKETS") ?? 60_000);
const SEEDS = Number(Deno.env.get("MODEL_SEEDS") ?? 4);
const ONLY = Deno.env.get("BENCH_ONLY");
/** 5 Mbit/s in packets of 1316 bytes of payload. */
const EVERY_MS = 1316 * 8 / 5000;
/** Keep-alives and reports of control share the link, and step the state of its bursts. */
const OTHER_EVERY_MS = 200;

const PARITY: RecoverySpec = {
  algorithm: "fec",
  options: { columns: 10, rows: 1, adaptive: true },
  nack: NACK.algorithm === "nack" ? NACK.options : undefined,
};

/** What one seed of one cell came to. */
interface Outcome {
  readonly lost: number;
  readonly sent: number;
  readonly extra: number;
  readonly feedback: number;
}

function run(cell: Cell, recovery: RecoverySpec, seed: number): Outcome {
  const rig = new Rig(seed);
  const nodes = Array.from({ length: cell.hops + 1 }, (_, n) => rig.node(`n${n}`, recovery));
  rig.open(SSRC, { ringPackets: 4096, ringMs: 3000, repairMs: 450 });
  const models: LinkModel[] = [];
  const clean = { delayMs: cell.settings.delayMs ?? 0 };
  nodes.slice(1).forEach((child, index) => {
    const parent = nodes[index];
    if (parent === undefined) return;
    const model = () => {
      const made = new LinkModel(clean);
      models.push(made);
      return { ...clean, model: made };
    };
    const [down, up] = rig.connect(parent, child, model(), model());
    rig.join(SSRC, parent, down, child, up);
  });
  const [origin, last, before] = [nodes[0], nodes.at(-1), nodes.at(-2)];
  if (origin === undefined || last === undefined || before === undefined) throw new Error("hops");
  originate(origin);
  // What arrives in the last moment is too late on a machine with timers of a millisecond.
  const budgetMs = (cell.budgetMs ?? cell.latencyMs) - 2;
  const receiver = last.receiver({ ssrc: SSRC, budgetMs, pace: "smooth" });
  rig.run(2000);
  const calmPackets = Math.round(1000 / EVERY_MS);
  rig.publish(origin, SSRC, PACKETS + calmPackets, EVERY_MS);
  rig.run(rig.nowMs + 1000);
  for (const model of models) model.change(cell.settings);
  const step = () => {
    for (const model of models) model.plan(100, rig.nowMs, rig.rng);
    if (rig.nowMs < PACKETS * EVERY_MS) rig.at(rig.nowMs + OTHER_EVERY_MS, step);
  };
  step();
  const [sentBytes, fed] = [before.sentBytes, last.feedbackBytes];
  rig.run(rig.nowMs + PACKETS * EVERY_MS + 3000);
  return {
    sent: PACKETS,
    lost: PACKETS + calmPackets - received(last, receiver).length,
    extra: (before.sentBytes - sentBytes) / (PACKETS * 1328) - 1,
    feedback: (last.feedbackBytes - fed) / (PACKETS * 1328),
  };
}

const percent = (value: number, digits: number) => `${(value * 100).toFixed(digits)} %`;

for (const cell of CELLS) {
  if (ONLY !== undefined && !cell.title.includes(ONLY)) continue;
  const ways: readonly (readonly [string, RecoverySpec])[] = [["NACK", NACK], [
    "FEC + NACK",
    PARITY,
  ]];
  for (const [name, recovery] of ways) {
    if (recovery === PARITY && !cell.title.includes("one retry")) continue;
    const outcomes = Array.from({ length: SEEDS }, (_, seed) => run(cell, recovery, seed + 1));
    const sum = (of: (one: Outcome) => number) => outcomes.reduce((all, one) => all + of(one), 0);
    const [lost, sent] = [sum((one) => one.lost), sum((one) => one.sent)];
    console.log(
      `${cell.title} | ${name} | lost ${percent(lost / sent, 4)} (${lost} of ${sent}) | extra ${
        percent(sum((one) => one.extra) / SEEDS, 1)
      } | feedback ${percent(sum((one) => one.feedback) / SEEDS, 2)}`,
    );
  }
}
