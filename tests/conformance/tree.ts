/** What every tree keeps: routes to each origin, never a loop, a standby on another path, withdrawal. */
import assert from "node:assert/strict";
import { seeds } from "../sim/seeds.ts";
import { World } from "../sim/world.ts";
import type { Fixture } from "./fixture.ts";
import { id, Network } from "./network.ts";

/** A change has spread within this: detection, one announcement period and the way. */
const SPREADS_WITHIN_MS = 30_000;
const ORIGIN = "origin";

const DIAMOND = [
  [ORIGIN, "left"],
  [ORIGIN, "right"],
  ["left", "leaf"],
  ["right", "leaf"],
] as const;

/** Starts these nodes with open transit; the origin announces itself. */
async function grow(
  fixture: Fixture,
  world: World,
  edges: readonly (readonly [string, string])[],
): Promise<Network> {
  const network = new Network(world, fixture, edges);
  const names = [...new Set(edges.flat())];
  await network.start(...names);
  for (const name of names) network.slot(name, "tree").transit(true);
  network.slot(ORIGIN, "tree").announce("d1");
  return network;
}

const routesAt = (network: Network, name: string) => network.slot(name, "tree").routes(id(ORIGIN));

/** The parents from a node up; throws on a loop. */
function wayUp(network: Network, name: string): string[] {
  const way = [name];
  for (let at = name; at !== ORIGIN;) {
    const parent = network.nodes.has(at) ? routesAt(network, at)[0]?.parent.name : undefined;
    if (parent === undefined) return way;
    if (way.includes(parent)) throw new Error(`A loop: ${[...way, parent].join(" -> ")}`);
    way.push(parent);
    at = parent;
  }
  return way;
}

const reaches = (network: Network, name: string) => wayUp(network, name).at(-1) === ORIGIN;

/** Runs for a while and looks for loops all along. */
async function runWithoutLoop(network: Network, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 20) {
    await network.world.runFor(20);
    for (const name of network.nodes.keys()) wayUp(network, name);
  }
}

const relaysOf = (network: Network) => [...network.nodes.keys()].filter((name) => name !== ORIGIN);

/** A connected random graph. */
function randomEdges(world: World, count: number): (readonly [string, string])[] {
  const names = [ORIGIN, ...Array.from({ length: count - 1 }, (_, i) => `n${i}`)];
  const edges = new Map<string, readonly [string, string]>();
  const add = (a: number, b: number): void => {
    const [low, high] = [names[Math.min(a, b)] ?? ORIGIN, names[Math.max(a, b)] ?? ORIGIN];
    if (low !== high) edges.set(`${low} ${high}`, [low, high]);
  };
  for (let i = 1; i < count; i++) add(i, Math.floor(world.rng.next() * i));
  for (let i = 0; i < count; i++) {
    add(Math.floor(world.rng.next() * count), Math.floor(world.rng.next() * count));
  }
  return [...edges.values()];
}

/** Registers the suite. */
export function treeSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: every node gets well-formed routes, a parent first`, async () => {
    const world = new World({ seed: 1, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    await world.when("all reach", () => relaysOf(network).every((one) => reaches(network, one)));
    for (const node of relaysOf(network)) {
      const routes = routesAt(network, node);
      assert.equal(routes[0]?.feasible, true);
      for (const route of routes) {
        assert.equal(route.origin, ORIGIN);
        assert.equal(route.path[0], ORIGIN);
        assert.equal(route.path.at(-1), route.parent.name);
        assert.ok(!route.path.includes(id(node)), `${node} in its own path`);
        assert.ok(Number.isFinite(route.costUs) && route.costUs >= 0);
        assert.ok(network.neighborsOf(node).some((peer) => peer.name === route.parent.name));
      }
      const names = routes.map((route) => route.parent.name);
      assert.equal(new Set(names).size, names.length, "one parent is twice a candidate");
    }
    assert.deepEqual(network.slot("leaf", "tree").origins().map((view) => view.origin), [ORIGIN]);
    await network.stopAll();
  });

  Deno.test(`${name}: the standby is on another path`, async () => {
    const world = new World({ seed: 2, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    await world.when("two candidates", () => routesAt(network, "leaf").length >= 2);
    const [parent, standby] = routesAt(network, "leaf");
    assert.deepEqual([parent?.parent.name, standby?.parent.name].sort(), ["left", "right"]);
    assert.ok(!standby?.path.includes(parent?.parent.name ?? id("nobody")));
    await network.stopAll();
  });

  Deno.test(`${name}: a change of digest reaches everybody and is told`, async () => {
    const world = new World({ seed: 3, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    await world.when("the leaf reaches", () => reaches(network, "leaf"));
    let told = 0;
    network.slot("leaf", "tree").onChange((origin) => {
      if (origin === ORIGIN) told++;
    });
    network.slot(ORIGIN, "tree").announce("d2");
    const digest = () => network.slot("leaf", "tree").origins()[0]?.digest;
    await world.when("the new digest", () => digest() === "d2", SPREADS_WITHIN_MS);
    assert.ok(told > 0);
    await network.stopAll();
  });

  Deno.test(`${name}: a withdrawn origin leaves no route behind`, async () => {
    const world = new World({ seed: 4, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    await world.when("the leaf reaches", () => reaches(network, "leaf"));
    network.slot(ORIGIN, "tree").withdraw();
    const gone = () => relaysOf(network).every((one) => routesAt(network, one).length === 0);
    await world.when("no routes", gone, SPREADS_WITHIN_MS);
    await world.runFor(SPREADS_WITHIN_MS);
    assert.ok(gone(), "an old route came back");
    await network.stopAll();
  });

  Deno.test(`${name}: a dead parent is replaced by the other path`, async () => {
    await seeds(5, async (seed) => {
      const world = new World({ seed, link: { delayMs: 10, lossShare: 0.02 } });
      const network = await grow(fixture, world, DIAMOND);
      await world.when("two candidates", () => routesAt(network, "leaf").length >= 2);
      const dead = routesAt(network, "leaf")[0]?.parent.name ?? "";
      network.crash(dead);
      const moved = () => {
        const parent = routesAt(network, "leaf")[0]?.parent.name;
        return parent !== undefined && parent !== dead;
      };
      await world.when("another parent", moved, SPREADS_WITHIN_MS);
      await network.stopAll();
    });
  });

  Deno.test(`${name}: a distrusted parent is not first while there is another`, async () => {
    const world = new World({ seed: 5, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    await world.when("two candidates", () => routesAt(network, "leaf").length >= 2);
    const bad = routesAt(network, "leaf")[0]?.parent.name ?? id("nobody");
    network.slot("leaf", "tree").distrust(bad);
    assert.notEqual(routesAt(network, "leaf")[0]?.parent.name, bad);
    await network.stopAll();
  });

  Deno.test(`${name}: a node without transit is nobody's parent`, async () => {
    const world = new World({ seed: 6, link: { delayMs: 10 } });
    const network = await grow(fixture, world, DIAMOND);
    network.slot("left", "tree").transit(false);
    await world.when("the leaf reaches", () => reaches(network, "leaf"), SPREADS_WITHIN_MS);
    await world.runFor(SPREADS_WITHIN_MS);
    assert.deepEqual(routesAt(network, "leaf").map((route) => route.parent.name), ["right"]);
    await network.stopAll();
  });

  Deno.test(`${name}: on random graphs with crashes there is never a loop, and all that can reach do`, async () => {
    await seeds(8, async (seed) => {
      const world = new World({ seed, link: { delayMs: 15, jitterMs: 10, lossShare: 0.02 } });
      const edges = randomEdges(world, 10);
      const network = await grow(fixture, world, edges);
      await runWithoutLoop(network, 12_000);
      for (let round = 0; round < 2; round++) {
        const victims = relaysOf(network);
        const victim = victims[Math.floor(world.rng.next() * victims.length)] ?? "n0";
        network.crash(victim);
        await runWithoutLoop(network, 8_000);
        if (world.rng.next() < 0.5) {
          await network.start(victim);
          network.slot(victim, "tree").transit(true);
        }
      }
      await runWithoutLoop(network, SPREADS_WITHIN_MS);
      for (const node of reachable(network)) {
        assert.ok(reaches(network, node), `${node} has no way: ${wayUp(network, node)}`);
      }
      await network.stopAll();
    });
  });
}

/** Living nodes that a living path joins to the origin. */
function reachable(network: Network): string[] {
  const seen = new Set([ORIGIN]);
  const open = [ORIGIN];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { name } of network.neighborsOf(at)) {
      if (seen.has(name) || !network.nodes.has(name)) continue;
      seen.add(name);
      open.push(name);
    }
  }
  return [...seen].filter((name) => name !== ORIGIN);
}
