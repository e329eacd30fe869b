import assert from "node:assert/strict";
import { type NodeName, type Ssrc, streamName } from "../../core/ids.ts";
import type { StreamInfo } from "../../core/slots.ts";
import { seededRng } from "../../core/rng.ts";
import { seeds } from "../sim/seeds.ts";
import { type SimNode, stopNodes } from "../sim/node.ts";
import { World } from "../sim/world.ts";
import { slotOf, startMember } from "./kit.ts";

function info(origin: string, index: number, title = `Stream ${index} of ${origin}`): StreamInfo {
  const name = streamName(`${origin}/s${index}`);
  assert.ok(name !== undefined);
  return { name, ssrc: (2 * (index + 1)) as Ssrc, bitrate: 4_000_000, title };
}

function streamsOf(node: SimNode, origin: string): readonly StreamInfo[] {
  return slotOf(node, "catalog").streams().filter((one) => one.name.startsWith(`${origin}/`));
}

/** What a node sees, in an order that does not depend on how it came. */
function view(node: SimNode): string {
  const catalog = slotOf(node, "catalog");
  const streams = catalog.streams().map((one) => `${one.name} ${one.ssrc} ${one.title}`).sort();
  const pops = catalog.pops().map(({ peer, children, closed }) =>
    `${peer.name} ${peer.instance} ${children} ${closed}`
  ).sort();
  return [...streams, ...pops].join("\n");
}

/** A connected random graph: a tree with a few more links. */
function randomGraph(count: number, seed: number): Map<string, Set<string>> {
  const rng = seededRng(seed);
  const graph = new Map(Array.from({ length: count }, (_, i) => [`n${i}`, new Set<string>()]));
  const link = (a: number, b: number): void => {
    if (a === b) return;
    graph.get(`n${a}`)?.add(`n${b}`);
    graph.get(`n${b}`)?.add(`n${a}`);
  };
  for (let i = 1; i < count; i++) link(i, Math.floor(rng.next() * i));
  for (let i = 0; i < count / 2; i++) {
    link(Math.floor(rng.next() * count), Math.floor(rng.next() * count));
  }
  return graph;
}

async function startGraph(
  world: World,
  graph: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Map<string, SimNode>> {
  const nodes = new Map<string, SimNode>();
  for (const [name, others] of graph) {
    nodes.set(name, await startMember(world, name, { neighbors: [...others] }));
  }
  return nodes;
}

function nodeOf(nodes: ReadonlyMap<string, SimNode>, name: string): SimNode {
  const node = nodes.get(name);
  assert.ok(node !== undefined);
  return node;
}

Deno.test("thirty nodes in a random graph that loses 20 % agree on streams and POPs", async () => {
  await seeds(5, async (seed) => {
    const world = new World({ seed, link: { delayMs: 10, jitterMs: 5, lossShare: 0.2 } });
    const nodes = await startGraph(world, randomGraph(30, seed));
    for (const [name, node] of nodes) {
      const index = Number(name.slice(1));
      const catalog = slotOf(node, "catalog");
      const streams = Array.from({ length: index % 5 }, (_, i) => info(name, i));
      catalog.offerStreams(streams);
      if (index % 3 === 0) catalog.offerPop({ children: index, maxChildren: 50, closed: false });
    }
    const expected = 30 / 5 * (0 + 1 + 2 + 3 + 4);
    const all = [...nodes.values()];
    const agree = () => new Set(all.map(view)).size === 1;
    await world.when(
      "all agree",
      () => {
        const [first] = all;
        return first !== undefined && agree() &&
          slotOf(first, "catalog").streams().length === expected &&
          slotOf(first, "catalog").pops().length === 10;
      },
      20_000,
      50,
    );
    slotOf(nodeOf(nodes, "n7"), "catalog").offerStreams([info("n7", 9)]);
    await world.when(
      "all see the change",
      () =>
        agree() &&
        all.every((node) => streamsOf(node, "n7").map((one) => one.name).join() === "n7/s9"),
      15_000,
      50,
    );
    await stopNodes(world, all);
    for (const node of all) assert.equal(world.timers(node.host), 0);
  });
});

const LINE = new Map([
  ["a", new Set(["b"])],
  ["b", new Set(["a", "c"])],
  ["c", new Set(["b", "d"])],
  ["d", new Set(["c"])],
]);

async function line(seed: number, lossShare = 0): Promise<{
  world: World;
  nodes: Map<string, SimNode>;
}> {
  const world = new World({ seed, link: { delayMs: 5, lossShare } });
  const nodes = await startGraph(world, LINE);
  await world.runFor(2000);
  return { world, nodes };
}

Deno.test("a new stream is known three hops away within 100 ms", async () => {
  const { world, nodes } = await line(1);
  slotOf(nodeOf(nodes, "a"), "catalog").offerStreams([info("a", 0)]);
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => streamsOf(d, "a").length === 1, 100, 1);
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("a long list comes whole or not at all, and in one piece at every change", async () => {
  const { world, nodes } = await line(2, 0.1);
  const d = nodeOf(nodes, "d");
  const seen = new Set<string>();
  const listener = slotOf(d, "catalog").onChange(() => {
    const list = streamsOf(d, "a");
    seen.add(`${list.length} ${[...new Set(list.map((one) => one.title))].join()}`);
  });
  for (const title of ["first", "second"]) {
    const streams = Array.from({ length: 300 }, (_, i) => info("a", i, title));
    slotOf(nodeOf(nodes, "a"), "catalog").offerStreams(streams);
    await world.when(title, () => seen.has(`300 ${title}`), 20_000);
  }
  assert.deepEqual([...seen], ["300 first", "300 second"]);
  listener[Symbol.dispose]();
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("what is taken back goes, and stays gone", async () => {
  const { world, nodes } = await line(3);
  const catalog = slotOf(nodeOf(nodes, "a"), "catalog");
  catalog.offerStreams([info("a", 0)]);
  catalog.offerPop({ children: 0, maxChildren: 10, closed: false });
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => streamsOf(d, "a").length === 1, 1000);
  const cut = world.partition(["d"], ["c"]);
  await world.runFor(3000);
  catalog.offerStreams([]);
  catalog.offerPop(undefined);
  await world.runFor(20_000);
  assert.equal(view(nodeOf(nodes, "c")), "");
  assert.equal(streamsOf(d, "a").length, 1, "d has not heard of it");
  cut[Symbol.dispose]();
  await world.when("d learns it", () => view(d) === "", 10_000);
  await world.runFor(200_000);
  for (const node of nodes.values()) assert.equal(view(node), "");
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("an owner that dies is forgotten after 90 s, not before, and not brought back", async () => {
  const { world, nodes } = await line(4);
  slotOf(nodeOf(nodes, "a"), "catalog").offerStreams([info("a", 0)]);
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => streamsOf(d, "a").length === 1, 1000);
  world.crash("a");
  await world.runFor(55_000);
  assert.equal(streamsOf(d, "a").length, 1);
  await world.runFor(40_000);
  for (let i = 0; i < 20; i++) {
    for (const name of ["b", "c", "d"]) {
      assert.deepEqual(streamsOf(nodeOf(nodes, name), "a"), []);
    }
    await world.runFor(5000);
  }
  nodes.delete("a");
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("an owner that restarts is known by its new streams only", async () => {
  const { world, nodes } = await line(5);
  slotOf(nodeOf(nodes, "a"), "catalog").offerStreams([info("a", 0), info("a", 1)]);
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => streamsOf(d, "a").length === 2, 1000);
  world.crash("a");
  await world.runFor(300);
  const again = await startMember(world, "a", { neighbors: ["b"] });
  nodes.set("a", again);
  slotOf(again, "catalog").offerStreams([info("a", 7)]);
  await world.when(
    "d knows the new one",
    () => streamsOf(d, "a").map((one) => one.name).join() === "a/s7",
    5000,
  );
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("a viewer that was an origin before takes its former entry back", async () => {
  const { world, nodes } = await line(7);
  slotOf(nodeOf(nodes, "a"), "catalog").offerStreams([info("a", 0)]);
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => streamsOf(d, "a").length === 1, 1000);
  world.crash("a");
  await world.runFor(2000);
  nodes.set("a", await startMember(world, "a", { neighbors: ["b"] }));
  await world.when("d forgets it", () => streamsOf(d, "a").length === 0, 10_000);
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("a POP's load is spread when it changed by a tenth, every two seconds at most", async () => {
  const { world, nodes } = await line(8);
  const catalog = slotOf(nodeOf(nodes, "a"), "catalog");
  const d = nodeOf(nodes, "d");
  const seen: number[] = [];
  const listener = slotOf(d, "catalog").onChange(() => {
    seen.push(slotOf(d, "catalog").pops()[0]?.children ?? -1);
  });
  for (let children = 0; children <= 100; children++) {
    catalog.offerPop({ children, maxChildren: 100, closed: children === 100 });
    await world.runFor(100);
  }
  await world.runFor(3000);
  assert.ok(seen.length >= 4 && seen.length <= 7, `${seen}`);
  assert.equal(seen.at(-1), 100);
  assert.equal(slotOf(d, "catalog").pops()[0]?.closed, true);
  assert.equal(slotOf(d, "catalog").pops()[0]?.peer.name, "a" as NodeName);
  listener[Symbol.dispose]();
  await stopNodes(world, [...nodes.values()]);
});

Deno.test("a node that drains is off the catalogue at once", async () => {
  const { world, nodes } = await line(9);
  const a = nodeOf(nodes, "a");
  slotOf(a, "catalog").offerPop({ children: 0, maxChildren: 10, closed: false });
  const d = nodeOf(nodes, "d");
  await world.when("d knows it", () => slotOf(d, "catalog").pops().length === 1, 1000);
  await world.until(a.kernel.drain(1000));
  slotOf(a, "catalog").offerPop({ children: 1, maxChildren: 10, closed: true });
  await world.when("d forgets it", () => slotOf(d, "catalog").pops().length === 0, 500);
  await stopNodes(world, [...nodes.values()]);
  await world.runFor(100);
});
