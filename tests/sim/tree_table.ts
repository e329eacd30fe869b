// deno run -A tests/sim/tree_table.ts [SEED]: the table in plugins/tree-linkstate/README.md
import type { Loadable } from "../../core/plugin.ts";
import buildtree from "../../plugins/tree-buildtree/mod.ts";
import linkstate from "../../plugins/tree-linkstate/mod.ts";
import { Sweep } from "./tree_sweep_rig.ts";

const seed = Number(Deno.args[0] ?? 3);
const TYPES = ["BUILDTREE", "LINKSTATE", "LINKSTATE_DIGEST", "LINKSTATE_WANT"];

async function measure(tree: Loadable): Promise<void> {
  const options = { nodes: 50, extraLinks: 1, hysteresis: 0.2, tree: () => tree };
  const sweep = new Sweep({ seed, ...options });
  const sent = (type: string): number =>
    [...sweep.nodes.keys()].reduce(
      (sum, name) => sum + sweep.world.metrics(name).value("tree_messages_sent_total", { type }),
      0,
    );
  sweep.start();
  await sweep.world.run(27_000);
  const atStart = TYPES.map(sent);
  await sweep.world.run(57_000);
  const quiet = TYPES.map((type, i) => sent(type) - (atStart[i] ?? 0));
  sweep.check("at the end");
  if (sweep.faults.length > 0) throw new Error(`Seed ${seed}: ${sweep.faults.join("; ")}`);
  const worst = `${((sweep.worst - 1) * 100).toFixed(1)} %`;
  const cells = [tree.name, ...TYPES.map((_, i) => `${atStart[i]} + ${quiet[i]}`), worst];
  console.log(`| ${cells.join(" | ")} |`);
}

console.log(`| tree | ${TYPES.join(" | ")} | longest detour |`);
console.log("|---|---|---|---|---|---|");
for (const tree of [buildtree, linkstate]) await measure(tree);
