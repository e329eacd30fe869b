import assert from "node:assert/strict";
import { z } from "zod";
import { filling, type Fixture, mount, type Mounted } from "../../tests/conformance/fixture.ts";
import buildtree from "../../plugins/tree-buildtree/mod.ts";
import linkstate from "../../plugins/tree-linkstate/mod.ts";
import type { Tree } from "../slots.ts";

/** Sent by the mounted node so far, as text. */
function started(plugin: Fixture["plugin"]) {
  const mounted = mount({ plugin });
  const one = mounted.create();
  return { mounted, one, tree: filling(mounted, "tree", one.life) };
}

const epochsOf = (tree: Tree) => tree.origins().map(({ origin, digest }) => `${origin} ${digest}`);

/** The sequence number that a life of a tree has reached as an origin. */
function sequenceOf(life: { snapshot?(): unknown }): number {
  const schema = z.looseObject({ own: z.looseObject({ sequence: z.number() }) });
  return schema.parse(life.snapshot?.()).own.sequence;
}

Deno.test("from the moment its successor starts a tree says nothing more, though it still runs", async () => {
  const { mounted, one, tree } = started(buildtree);
  await one.start();
  tree.announce("d1");
  await mounted.world.runFor(11_000);
  const before = sequenceOf(one.life);
  assert.ok(before >= 2, `${before}`);
  const next = mounted.create();
  next.life.adopt?.(one.life.snapshot?.());
  await next.start();
  await mounted.world.runFor(11_000);
  assert.equal(sequenceOf(one.life), before);
  assert.ok(sequenceOf(next.life) >= before + 2);
  await one.stop();
  await mounted.world.runFor(6000);
  assert.deepEqual(epochsOf(filling(mounted, "tree", next.life)), [`${mounted.me.name} d1`]);
  await next.stop();
});

Deno.test("a successor that stops first gives back what it has announced, and its predecessor goes on", async () => {
  const { mounted, one, tree } = started(linkstate);
  await one.start();
  tree.announce("d1");
  await mounted.world.runFor(6000);
  const next = mounted.create();
  next.life.adopt?.(one.life.snapshot?.());
  await next.start();
  filling(mounted, "tree", next.life).announce("d2");
  await mounted.world.runFor(11_000);
  const reached = sequenceOf(next.life);
  await next.stop();
  assert.equal(sequenceOf(one.life), reached);
  await mounted.world.runFor(6000);
  assert.ok(sequenceOf(one.life) > reached);
  assert.deepEqual(epochsOf(tree), [`${mounted.me.name} d2`]);
  await one.stop();
});

Deno.test("a successor of one that has stopped goes on from the snapshot", async () => {
  const { mounted, one, tree } = started(buildtree);
  await one.start();
  tree.announce("d1");
  await mounted.world.runFor(6000);
  const state = one.life.snapshot?.();
  const reached = sequenceOf(one.life);
  await one.stop();
  const next = mounted.create();
  next.life.adopt?.(state);
  await next.start();
  await mounted.world.runFor(100);
  assert.ok(sequenceOf(next.life) > reached);
  await next.stop();
  const held: Mounted["holdings"] = mounted.holdings;
  assert.equal(held().timers, 0);
});
