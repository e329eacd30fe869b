import assert from "node:assert/strict";
import discoveryStatic from "../../plugins/discovery-static/mod.ts";
import { seeds } from "../sim/seeds.ts";
import { type SimNode, stopNodes } from "../sim/node.ts";
import { World } from "../sim/world.ts";
import { bootstrapStatus, neighborNames, slotOf, startBootstrap, startMember } from "./kit.ts";

const NAMES = Array.from({ length: 20 }, (_, i) => `n${i}`);

async function startAll(world: World): Promise<SimNode[]> {
  const nodes: SimNode[] = [];
  for (const name of NAMES) {
    nodes.push(await startMember(world, name, { role: name < "n13" ? "viewer" : "relay" }));
  }
  return nodes;
}

/** Every node has neighbors, each of them has it, and every link is up. */
function settled(nodes: readonly SimNode[]): boolean {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return nodes.every((node) => {
    const others = neighborNames(node);
    return others.length > 0 && others.every((other) => {
      const there = byName.get(other);
      const peer = slotOf(node, "membership").neighbors().find((one) => one.name === other);
      return there !== undefined && peer !== undefined &&
        neighborNames(there).includes(node.name) &&
        slotOf(node, "keepalive").link(peer.name).state === "up";
    });
  });
}

function lossy(seed: number): World {
  return new World({ seed, link: { delayMs: 15, jitterMs: 10, lossShare: 0.02 } });
}

Deno.test("twenty nodes register, are each other's neighbors, and all their links come up", async () => {
  await seeds(5, async (seed) => {
    const world = lossy(seed);
    const server = await startBootstrap(world);
    const nodes = await startAll(world);
    await world.when("all are neighbors", () => settled(nodes), 5000);
    assert.equal(bootstrapStatus(server).nodes.length, 20);
    await stopNodes(world, [...nodes, server]);
    for (const name of [...NAMES, "b1"]) {
      assert.equal(world.timers(name), 0, `${name} holds timers`);
      assert.equal(world.sockets(name), 0, `${name} holds sockets`);
    }
  });
});

Deno.test("nodes start without a bootstrapper, and find each other once it is there", async () => {
  const world = lossy(1);
  const nodes = await startAll(world);
  await world.runFor(20_000);
  assert.ok(nodes.every((node) => neighborNames(node).length === 0));
  const complaints = world.log("n1").filter((line) => line.level === "warn");
  assert.equal(complaints.length, 1, "it is told once, not at every try");
  const server = await startBootstrap(world);
  await world.when("all are neighbors", () => settled(nodes), 10_000);
  await stopNodes(world, [...nodes, server]);
});

Deno.test("a bootstrapper that crashes and comes back costs nobody a link", async () => {
  await seeds(5, async (seed) => {
    const world = lossy(seed);
    await startBootstrap(world);
    const nodes = await startAll(world);
    await world.when("all are neighbors", () => settled(nodes), 5000);
    if (seed % 2 === 0) world.crash("b1");
    else world.kill("b1");
    await world.runFor(60_000);
    assert.ok(settled(nodes), "the network goes on without it");
    const before = new Map(nodes.map((node) => [node.name, neighborNames(node)]));
    const server = await startBootstrap(world);
    let shortest = Infinity;
    await world.when("all have registered again", () => {
      for (const node of nodes) {
        const held = neighborNames(node);
        shortest = Math.min(shortest, held.length);
        const lost = before.get(node.name)?.filter((other) => !held.includes(other)) ?? [];
        assert.deepEqual(lost, [], `${node.name} tore links down`);
      }
      return bootstrapStatus(server).nodes.length === 20;
    }, 8000);
    assert.ok(shortest > 0);
    await world.runFor(15_000);
    assert.ok(settled(nodes), "and is whole after the grace");
    await stopNodes(world, [...nodes, server]);
  });
});

Deno.test("a node that crashes and returns replaces its former self at once", async () => {
  const world = lossy(3);
  const server = await startBootstrap(world);
  const nodes = await startAll(world);
  await world.when("all are neighbors", () => settled(nodes), 5000);
  world.crash("n15");
  await world.runFor(500);
  const again = await startMember(world, "n15");
  const others = [...nodes.filter((node) => node.name !== "n15"), again];
  const { instance } = again.kernel.self;
  await world.when("its neighbors know the new instance", () =>
    settled(others) &&
    others.flatMap((node) => slotOf(node, "membership").neighbors())
      .every((peer) => peer.name !== "n15" || peer.instance === instance), 5000);
  await stopNodes(world, [...others, server]);
});

Deno.test("a node that dies is forgotten after its lease, one that leaves at once", async () => {
  const world = lossy(4);
  const server = await startBootstrap(world);
  const nodes = await startAll(world);
  await world.when("all are neighbors", () => settled(nodes), 5000);
  const known = () => bootstrapStatus(server).nodes.map((node) => node.name);
  const [leaving, ...rest] = nodes;
  assert.ok(leaving !== undefined);
  await world.until(leaving.kernel.drain(1000));
  await world.when("the one that left is off the list", () => !known().includes("n0"), 500);
  await stopNodes(world, [leaving]);
  const gone = () => rest.every((node) => !neighborNames(node).includes("n0"));
  await world.when("and nobody's neighbor", gone, 2000);
  world.crash("n19");
  await world.runFor(5000);
  assert.ok(known().includes("n19"));
  const living = rest.filter((node) => node.name !== "n19");
  await world.when("the dead one is forgotten", () => !known().includes("n19"), 6000);
  await world.when("the others are whole", () => settled(living), 3000);
  await stopNodes(world, [...living, server]);
});

Deno.test("two nodes with one name: the later start wins, and both addresses are logged", async () => {
  const world = new World({ seed: 5 });
  const map = { plugin: discoveryStatic, with: { neighbors: { a: ["b"] } } };
  const server = await startBootstrap(world, map);
  const first = await startMember(world, "a", { host: "h1" });
  const other = await startMember(world, "b");
  await world.runFor(1000);
  const second = await startMember(world, "a", { host: "h2" });
  const peer = () => slotOf(other, "membership").neighbors()[0];
  await world.when("b has the second a", () => peer()?.control.host === "h2", 2000);
  await world.runFor(30_000);
  assert.equal(peer()?.control.host, "h2", "and keeps it");
  const warning = world.log("b1").find((line) => line.event === "two nodes with one name");
  assert.deepEqual(warning?.fields, { name: "a", former: "h1:6000", now: "h2:6000" });
  assert.equal(world.log("h1").filter((line) => line.event.includes("refuses")).length, 2);
  await stopNodes(world, [first, second, other, server]);
});

Deno.test("viewers are never neighbors of viewers", async () => {
  const world = lossy(6);
  const server = await startBootstrap(world);
  const nodes = await startAll(world);
  await world.when("all are neighbors", () => settled(nodes), 5000);
  const viewers = new Set(
    nodes.filter((n) => n.kernel.self.roles[0] === "viewer").map((n) => n.name),
  );
  assert.ok(viewers.size > 3 && viewers.size < 15);
  for (const node of nodes.filter((n) => viewers.has(n.name))) {
    const others = neighborNames(node);
    assert.ok(others.every((other) => !viewers.has(other)));
    assert.equal(others.length, 2);
  }
  await stopNodes(world, [...nodes, server]);
});

Deno.test("nodes near each other become neighbors as round trips are measured", async () => {
  const world = new World({ seed: 7, link: { delayMs: 60 } });
  // Four cities of five nodes; within a city a round trip takes 4 ms.
  for (const a of NAMES) {
    for (const b of NAMES) {
      const city = (name: string) => Number(name.slice(1)) % 4;
      if (a < b && city(a) === city(b)) world.setLinks(a, b, { delayMs: 2 });
    }
  }
  const server = await startBootstrap(world);
  const nodes: SimNode[] = [];
  for (const name of NAMES) nodes.push(await startMember(world, name));
  const near = (node: SimNode) =>
    neighborNames(node).filter((other) =>
      Number(other.slice(1)) % 4 === Number(node.name.slice(1)) % 4
    ).length;
  await world.when(
    "each has three of its city",
    () => nodes.every((n) => near(n) >= 3),
    60_000,
    100,
  );
  await stopNodes(world, [...nodes, server]);
});
