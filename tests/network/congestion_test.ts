import assert from "node:assert/strict";
import { seeds } from "../sim/seeds.ts";
import { builtin, Network } from "./network.ts";

const STREAM = "o/s";
/** One push of the source is 1316 bytes, every 10 ms: about a megabit a second. */
const EVERY_MS = 10;
const FORK = { o: ["p", "q"], p: ["q"], v: ["p", "q"], w: ["p", "q"], x: ["p", "q"] };

/** An origin and two POPs; `p` is the nearer one for all. */
async function fork(
  seed: number,
  p: object = {},
  everywhere: Network["options"]["everywhere"] = [],
) {
  const net = new Network({ seed, neighbors: FORK, everyMs: EVERY_MS, everywhere });
  const { world } = net;
  await net.bootstrap();
  await net.origin("o");
  await net.relay("p", { pop: true, ...p });
  await net.relay("q", { pop: true });
  for (const viewer of ["v", "w", "x"]) {
    world.setLink(viewer, "q", { delayMs: 40 });
    world.setLink("q", viewer, { delayMs: 40 });
  }
  await world.runFor(3000);
  return net;
}

async function watch(net: Network, viewer: string): Promise<void> {
  await net.viewer(viewer, [STREAM]);
  await net.world.when(
    `${viewer} receives`,
    () => net.record(`${viewer}/s0`).received > 20,
    10_000,
  );
}

const parentOf = (net: Network, node: string) => net.parents(STREAM).get(node)?.[0];

const counted = (net: Network, node: string, name: string) =>
  net.world.metrics(node).value(`exchange_${name}_total`);

/** Viewers that stay where they are, whatever they measure: only what the POP says moves them. */
const STAYING = [{
  plugin: builtin("pop-selection"),
  with: { lossWeight: "0ms", patience: "600s", misses: 100 },
}];

Deno.test("a child with a bad link loses its budget, is told to go, and its siblings notice nothing", async () => {
  await seeds(3, async (seed) => {
    const net = await fork(seed, {}, STAYING);
    const { world } = net;
    for (const viewer of ["v", "w"]) await watch(net, viewer);
    await world.runFor(2000);
    assert.equal(parentOf(net, "v"), "p");
    assert.equal(parentOf(net, "w"), "p");
    world.setLink("p", "v", { lossShare: 0.6 });
    const sibling = net.record("w/s0");
    sibling.pauseMs = 0;
    await world.when("v goes elsewhere", () => parentOf(net, "v") === "q", 25_000);
    const moves = counted(net, "p", "moves");
    assert.ok(moves >= 1 && moves <= 4, `told ${moves} times`);
    const record = net.record("v/s0");
    const lost = record.lost;
    await world.runFor(5000);
    assert.equal(record.lost, lost, "v still loses at q");
    assert.equal(parentOf(net, "v"), "q");
    assert.equal(sibling.lost, 0);
    assert.ok(sibling.pauseMs < 80, `w paused for ${sibling.pauseMs} ms`);
    assert.deepEqual(net.faults(), []);
  });
});

Deno.test("a child without another place to go stays with its bad parent", async () => {
  const net = await fork(5, {}, STAYING);
  const { world } = net;
  net.crash("q");
  await watch(net, "v");
  world.setLink("p", "v", { lossShare: 0.6 });
  await world.when("v is told", () => counted(net, "p", "moves") > 0, 25_000);
  const { received } = net.record("v/s0");
  await world.runFor(10_000);
  assert.equal(parentOf(net, "v"), "p");
  assert.ok(net.record("v/s0").received - received > 500, "v receives on");
});

for (
  const [what, limit] of [
    ["maxChildren", { maxChildren: 2 }],
    // A stream takes about 1.06 Mbit/s.
    ["maxBitrate", { maxBitrate: "2.5Mbit/s" }],
  ] as const
) {
  Deno.test(`a POP at its ${what} offers itself no more, and the next viewer goes elsewhere at once`, async () => {
    await seeds(3, async (seed) => {
      const net = await fork(seed, limit);
      const { world } = net;
      await watch(net, "v");
      // Long enough to measure the stream's rate.
      await world.runFor(3000);
      await watch(net, "w");
      await world.when(
        "p is full",
        () =>
          net.kernel("w").peek("catalog")?.pops().some(({ peer, closed }) =>
            peer.name === "p" && closed
          ) ?? false,
        5000,
      );
      const beganMs = world.nowMs;
      await watch(net, "x");
      assert.equal(parentOf(net, "x"), "q");
      assert.ok(world.nowMs - beganMs < 2000, `x waited ${world.nowMs - beganMs} ms`);
      await world.runFor(10_000);
      assert.deepEqual(["v", "w", "x"].map((one) => parentOf(net, one)), ["p", "p", "q"]);
      assert.deepEqual(["v", "w", "x"].map((one) => net.record(`${one}/s0`).lost), [0, 0, 0]);
    });
  });
}

Deno.test("viewers that come at the same time: those refused take the hint and lose no time", async () => {
  await seeds(3, async (seed) => {
    const net = await fork(seed, { maxChildren: 1 });
    const { world } = net;
    for (const viewer of ["v", "w", "x"]) await net.viewer(viewer, [STREAM]);
    const viewers = ["v", "w", "x"];
    await world.when(
      "all receive",
      () => viewers.every((one) => net.record(`${one}/s0`).received > 5),
      3000,
    );
    assert.equal(viewers.filter((one) => parentOf(net, one) === "p").length, 1);
    assert.ok(counted(net, "p", "refusals_sent") > 0, "nobody was refused: the race is not tested");
  });
});

Deno.test("a relay whose parent is full goes to another one at once when somebody asks it", async () => {
  const neighbors = { o: ["p", "q"], p: ["r", "s"], q: ["r", "s"], v: ["r"] };
  const net = new Network({ seed: 4, neighbors });
  const { world } = net;
  await net.bootstrap();
  await net.origin("o");
  await net.relay("p", { maxChildren: 1 });
  world.setLinks("q", "o", { delayMs: 40 });
  await net.relay("q");
  await net.relay("r", { pop: true });
  await net.relay("s", { hold: [STREAM] });
  await world.when("s holds the stream", () => parentOf(net, "s") === "p", 10_000);
  await world.runFor(8000);
  const beganMs = world.nowMs;
  await watch(net, "v");
  assert.equal(parentOf(net, "v"), "r");
  assert.equal(parentOf(net, "r"), "q");
  assert.ok(world.nowMs - beganMs < 2500, `v waited ${world.nowMs - beganMs} ms`);
  assert.equal(parentOf(net, "s"), "p", "whoever is there stays");
});
