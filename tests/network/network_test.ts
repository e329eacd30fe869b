import assert from "node:assert/strict";
import { seeds } from "../sim/seeds.ts";
import { Network } from "./network.ts";

const DIAMOND = {
  o: ["a1", "b1"],
  a1: ["a2"],
  b1: ["b2"],
  a2: ["b2"],
  v: ["a2", "b2"],
};

async function diamond(seed: number, more: object = {}): Promise<Network> {
  const net = new Network({ seed, neighbors: DIAMOND, ...more });
  await net.bootstrap();
  await net.origin("o");
  for (const name of ["a1", "b1"]) await net.relay(name);
  for (const name of ["a2", "b2"]) await net.relay(name, { pop: true });
  await net.viewer("v", ["o/s"]);
  await net.world.when("the viewer receives", () => net.record("v/s0").received > 50, 20_000);
  return net;
}

Deno.test("a whole network forms in the seeded world and carries a stream unchanged", async () => {
  await seeds(3, async (seed) => {
    const net = await diamond(seed);
    await net.world.runFor(10_000);
    assert.deepEqual(net.faults(), []);
    assert.equal(net.record("v/s0").lost, 0);
    assert.ok(net.record("v/s0").received > 400);
    assert.equal(net.treeCircle("o"), undefined);
  });
});

Deno.test("the same seed gives the same run, another seed another one", async () => {
  const trace = async (seed: number) => {
    const net = await diamond(seed);
    await net.world.runFor(3000);
    return net.world.traceHash;
  };
  const [a, b, c] = [await trace(5), await trace(5), await trace(6)];
  assert.equal(a, b);
  assert.notEqual(a, c);
});

Deno.test("each relay on the path dies in turn and comes back: the viewer misses nothing", async () => {
  await seeds(5, async (seed) => {
    const net = await diamond(seed);
    await net.world.runFor(5000);
    for (const name of ["a1", "b1", "a2", "b2"]) {
      net.crash(name);
      await net.world.runFor(4000);
      await net.restart(name);
      await net.world.runFor(8000);
      assert.deepEqual(net.faults(), [], `after ${name}`);
      assert.equal(net.record("v/s0").lost, 0, `after ${name}`);
      assert.ok(net.world.nowMs - net.record("v/s0").lastMs < 500, `flows after ${name}`);
    }
  });
});

Deno.test("loss of 3 % on every link costs the viewer nothing", async () => {
  await seeds(3, async (seed) => {
    const link = { delayMs: 10, jitterMs: 2, fifo: false, lossShare: 0.03 };
    const net = await diamond(seed, { link });
    await net.world.runFor(20_000);
    assert.deepEqual(net.faults(), []);
    assert.equal(net.record("v/s0").lost, 0);
  });
});
