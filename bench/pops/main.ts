/**
 * deno run -A bench/pops/main.ts [SEED]: how evenly viewers that come at once spread over POPs, by selection. The
 * real brains probe simulated POPs; a POP's children are the viewers whose first it is, told with the
 * next probe.
 */
import { checkConfig } from "../../core/define.ts";
import { type MakeBrain, Rig } from "../../core/pop/rig.ts";
import { config as loadConfig } from "../../plugins/pop-load/config.ts";
import { makeBrain as twoChoices } from "../../plugins/pop-load/protocol.ts";
import { config as greedyConfig } from "../../plugins/pop-selection/config.ts";
import { makeBrain as greedy } from "../../plugins/pop-selection/protocol.ts";

/** The selections that are compared. */
export const SELECTIONS: Readonly<Record<"pop-selection" | "pop-load", MakeBrain>> = {
  "pop-selection": (self, raw, rng) => greedy(self, checkConfig(greedyConfig, raw), rng),
  "pop-load": (self, raw, rng) => twoChoices(self, checkConfig(loadConfig, raw), rng),
};

/** What a crowd came to. */
export interface Spread {
  /** Children of the fullest POP, as a multiple of an even share: when all have chosen, and later. */
  readonly atOnce: number;
  readonly later: number;
  /** Changes of POP by one viewer in a minute, after the first choice. */
  readonly movesPerMinute: number;
  readonly meanRttMs: number;
}

const POPS = 10;
const COMES_WITHIN_MS = 2000;
const WATCHES_MS = 60_000;

/** So many viewers come within two seconds to ten POPs, 10 to 28 ms away, and one at 120 ms. */
export function crowd(make: MakeBrain, seed: number, viewers: number): Spread {
  const rig = new Rig(seed, make);
  const room = Math.ceil(viewers / POPS * 2);
  const full = { children: 0, maxChildren: room, closed: false };
  for (let i = 0; i < POPS; i++) rig.pop(`p${i}`, 10 + 2 * i, { jitterMs: 2, load: full });
  rig.pop("far", 120, { jitterMs: 2, load: full });
  const all = Array.from({ length: viewers }, () => rig.viewer());
  const recount = (): number[] => {
    const children = new Map<string | undefined, number>();
    for (const { firsts } of all) {
      const name = firsts.at(-1)?.name;
      children.set(name, (children.get(name) ?? 0) + 1);
    }
    for (const pop of rig.pops) pop.load = { ...full, children: children.get(pop.name) ?? 0 };
    return rig.pops.map(({ load }) => load.children);
  };
  for (const viewer of all) rig.at(rig.random() * COMES_WITHIN_MS, () => viewer.meet());
  const fullest: number[] = [];
  for (let ms = 0; ms < COMES_WITHIN_MS + 1000 + WATCHES_MS; ms += 50) {
    rig.run(50);
    fullest.push(Math.max(...recount()) / (viewers / POPS));
  }
  const settled = fullest.slice((COMES_WITHIN_MS + 1000) / 50);
  const moves = all.reduce((sum, one) => sum + one.firsts.length - 1, 0);
  const rtts = all.map((one) => rig.pops.find(({ name }) => name === one.first)?.rttMs ?? NaN);
  return {
    atOnce: settled[0] ?? NaN,
    later: settled.at(-1) ?? NaN,
    movesPerMinute: moves / viewers / (WATCHES_MS / 60_000),
    meanRttMs: rtts.reduce((sum, one) => sum + one, 0) / viewers,
  };
}

if (import.meta.main) {
  const seed = Number(Deno.args[0] ?? 1);
  console.log(
    "| selection | viewers | fullest at once | after 60 s | moves a viewer | round trip |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const viewers of [100, 500]) {
    for (const [name, make] of Object.entries(SELECTIONS)) {
      const { atOnce, later, movesPerMinute, meanRttMs } = crowd(make, seed, viewers);
      const cells = [
        name,
        viewers,
        `${atOnce.toFixed(1)} x`,
        `${later.toFixed(1)} x`,
        movesPerMinute.toFixed(2),
        `${meanRttMs.toFixed(0)} ms`,
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}
