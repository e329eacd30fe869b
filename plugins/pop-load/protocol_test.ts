import assert from "node:assert/strict";
import { crowd, SELECTIONS } from "../../bench/pops/main.ts";
import { checkConfig } from "../../core/define.ts";
import { type MakeBrain, Rig } from "../../core/pop/rig.ts";
import { config } from "./config.ts";
import { makeBrain } from "./protocol.ts";

const make: MakeBrain = (self, raw, rng) => makeBrain(self, checkConfig(config, raw), rng);

const load = (children: number, maxChildren = 100) => ({ children, maxChildren, closed: false });

Deno.test("a crowd spreads evenly, where the greedy all run to the nearest", () => {
  for (const seed of [1, 2]) {
    const even = crowd(SELECTIONS["pop-load"], seed, 100);
    const greedy = crowd(SELECTIONS["pop-selection"], seed, 100);
    assert.ok(even.atOnce <= 1.8, `seed ${seed}: ${JSON.stringify(even)}`);
    assert.ok(even.atOnce < greedy.atOnce, `seed ${seed}: ${JSON.stringify({ even, greedy })}`);
    // It is no jumping about.
    assert.ok(even.movesPerMinute < 0.5, `seed ${seed}: ${JSON.stringify(even)}`);
    // The far POP stays empty of those who have near ones.
    assert.ok(even.meanRttMs < 30, `seed ${seed}: ${JSON.stringify(even)}`);
  }
});

Deno.test("of two near POPs the less loaded is taken, of equals the nearer; a far one is not looked at", () => {
  const rig = new Rig(3, make);
  const [a, b] = [rig.pop("a", 10, { load: load(60) }), rig.pop("b", 25, { load: load(5) })];
  rig.pop("far", 200);
  const first = () => {
    const viewer = rig.viewer();
    viewer.meet();
    rig.run(1000);
    return viewer.first;
  };
  assert.deepEqual([first(), first(), first()], ["b", "b", "b"]);
  a.load = b.load = load(5);
  assert.deepEqual([first(), first()], ["a", "a"]);
});

Deno.test("a viewer moves to a POP that stays less loaded by much, and not for little, nor back and forth", () => {
  const rig = new Rig(4, make);
  const [a, b] = [rig.pop("a", 10, { load: load(10) }), rig.pop("b", 12, { load: load(10) })];
  const viewer = rig.viewer();
  viewer.meet();
  rig.run(2000);
  assert.equal(viewer.first, "a");
  a.load = load(20);
  rig.run(60_000);
  assert.equal(viewer.first, "a", "20 % against 10 % is no reason");
  a.load = load(90);
  rig.run(60_000);
  assert.equal(viewer.first, "b");
  a.load = load(30);
  b.load = load(31);
  rig.run(120_000);
  assert.deepEqual(viewer.firsts.map(({ name }) => name), ["a", "b"]);
});

Deno.test("a first that has become far is left for a near one", () => {
  const rig = new Rig(5, make);
  const a = rig.pop("a", 10);
  const viewer = rig.viewer();
  rig.pop("b", 20);
  viewer.meet();
  rig.run(2000);
  assert.equal(viewer.first, "a");
  a.rttMs = 150;
  rig.run(40_000);
  assert.equal(viewer.first, "b");
});
