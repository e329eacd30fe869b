import assert from "node:assert/strict";
import type { Loadable } from "../../core/plugin.ts";
import buildtree from "../../plugins/tree-buildtree/mod.ts";
import linkstate from "../../plugins/tree-linkstate/mod.ts";
import { seeds } from "./seeds.ts";
import { drawFault, Sweep } from "./tree_sweep_rig.ts";

/** The default hysteresis of all trees. */
const HYSTERESIS = 0.2;
/** Longer than `settle` and the detection of a death, so that lasting advantages have been taken. */
const QUIET_FROM_MS = 34_000;

/** Seeds of a run: a few in a normal one, `deno task soak` runs 200 of each. */
const seedsOr = (few: number): number => Number(Deno.env.get("SWEEP_SEEDS") ?? few);

/** Networks by what their nodes run; in a mixed one every other node runs the other. */
const NETWORKS: readonly (readonly [string, number, (name: string) => Loadable])[] = [
  ["tree-buildtree", seedsOr(40), () => buildtree],
  ["tree-linkstate", seedsOr(8), () => linkstate],
  [
    "both trees mixed",
    seedsOr(8),
    (name) => Number(name.slice(1)) % 2 === 0 ? buildtree : linkstate,
  ],
];

for (const [network, count, tree] of NETWORKS) {
  Deno.test(`${network}, ${count} seeds of 50 nodes: no loop at any change, and after every quiet period a live tree near the shortest`, async () => {
    let changes = 0;
    await seeds(count, async (seed) => {
      const sweep = new Sweep({ seed, nodes: 50, extraLinks: 1, hysteresis: HYSTERESIS, tree });
      sweep.start();
      await sweep.world.run(27_000);
      sweep.check("before the faults");
      while (sweep.world.nowMs < QUIET_FROM_MS) {
        await sweep.world.runFor(sweep.draw(100, 800));
        drawFault(sweep, QUIET_FROM_MS);
      }
      await sweep.world.run(60_000);
      sweep.check("after the faults");
      sweep.end();
      changes += sweep.changes;
      assert.deepEqual(sweep.faults, []);
    });
    assert.ok(changes > 0);
  });
}

const SWAPPED = seedsOr(6);

Deno.test(`${SWAPPED} seeds of 50 nodes whose trees are swapped at random while faults strike: no loop at any change, and a live tree at the end`, async () => {
  await seeds(SWAPPED, async (seed) => {
    const sweep = new Sweep({ seed, nodes: 50, extraLinks: 1, hysteresis: HYSTERESIS });
    sweep.start();
    await sweep.world.run(20_000);
    while (sweep.world.nowMs < QUIET_FROM_MS) {
      await sweep.world.runFor(sweep.draw(20, 300));
      sweep.swap(sweep.pick(sweep.names), sweep.pick([buildtree, linkstate]));
      if (sweep.world.nowMs > 27_000 && sweep.rng.next() < 0.3) drawFault(sweep, QUIET_FROM_MS);
    }
    for (const name of sweep.names) sweep.swap(name, linkstate);
    await sweep.world.run(60_000);
    sweep.check("after the faults");
    sweep.end();
    assert.deepEqual(sweep.faults, []);
  });
});

Deno.test("a node that follows any live neighbor is caught by the eye on the graph", async () => {
  const sweep = new Sweep({ seed: 1, nodes: 5, extraLinks: 1, hysteresis: HYSTERESIS });
  sweep.start();
  await sweep.world.run(5000);
  assert.deepEqual(sweep.faults, []);
  const [a] = sweep.names.filter((name) => sweep.chain(name).length === 3);
  assert.ok(a !== undefined);
  const [, b] = sweep.chain(a);
  assert.ok(b !== undefined);
  sweep.pretend(b, a);
  assert.match(sweep.faults.join(), /loop/);
  sweep.end();
});

Deno.test("the same seed gives the same history", async () => {
  const hashes: number[] = [];
  for (let i = 0; i < 2; i++) {
    const sweep = new Sweep({ seed: 7, nodes: 12, extraLinks: 1, hysteresis: HYSTERESIS });
    sweep.start();
    await sweep.world.run(5000);
    drawFault(sweep, 6000);
    await sweep.world.run(8000);
    sweep.end();
    hashes.push(sweep.world.traceHash);
  }
  assert.equal(hashes[0], hashes[1]);
});
