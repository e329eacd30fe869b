/** The plugin on a real control plane in the seeded world. */
import assert from "node:assert/strict";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { NodeName } from "../../core/ids.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { PopInfo, PopSelector } from "../../core/slots.ts";
import { type SimNode, startNode, stopNodes } from "../../tests/sim/node.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { World } from "../../tests/sim/world.ts";
import control from "../control-udp/mod.ts";
import plugin from "./mod.ts";

/** A catalogue that holds what the test says. */
class Book {
  pops: PopInfo[] = [];
  readonly #listeners = new Set<() => void>();

  set(...hosts: readonly string[]): void {
    this.pops = hosts.map((host) => {
      const name = host as NodeName;
      const addr = (port: number) => ({ host, port });
      const addrs = { control: addr(6000), keepalive: addr(6001), media: addr(7000) };
      const peer = { name, instance: 1, roles: ["relay"], pop: true, ...addrs };
      return { peer, children: 0, maxChildren: 100, closed: false };
    });
    for (const fn of this.#listeners) fn();
  }

  plugin(): Loadable {
    return definePlugin({
      name: "book",
      slot: "catalog",
      summary: "Holds what a test says.",
      needs: [],
      config: z.strictObject({}),
      create: () => ({
        start() {},
        stop() {},
        offerStreams() {},
        offerPop() {},
        streams: () => [],
        stream: () => undefined,
        pops: () => this.pops,
        digest: () => "",
        onChange: (fn: () => void) => {
          this.#listeners.add(fn);
          return { [Symbol.dispose]: () => void this.#listeners.delete(fn) };
        },
      }),
    });
  }
}

/** A POP: answers probes. */
async function startPop(world: World, host: string): Promise<SimNode> {
  const node = await startNode(world, { name: host, plugins: [control] });
  const plane = node.kernel.peek("control");
  plane?.onMessage("PROBE", (probe) => {
    const { nonce } = probe.body;
    plane.reply(probe, "PROBED", { nonce, children: 0, maxChildren: 100, closed: false });
  });
  return node;
}

interface Stage {
  readonly world: World;
  readonly book: Book;
  readonly viewer: SimNode;
  readonly selector: PopSelector;
  readonly nodes: SimNode[];
  first(): string | undefined;
}

async function stage(seed: number, delays: Readonly<Record<string, number>>): Promise<Stage> {
  const world = new World({ seed });
  const nodes: SimNode[] = [];
  for (const [host, delayMs] of Object.entries(delays)) {
    world.setLinks("v", host, { delayMs, jitterMs: 2 });
    nodes.push(await startPop(world, host));
  }
  const book = new Book();
  const viewer = await startNode(world, { name: "v", plugins: [control, book.plugin(), plugin] });
  nodes.push(viewer);
  const selector = viewer.kernel.peek("pop");
  assert.ok(selector !== undefined);
  const first = () => selector.ranked()[0]?.pop.peer.name;
  return { world, book, viewer, selector, nodes, first };
}

Deno.test("the nearest of three POPs is chosen within 300 ms, handshakes included, and timed rightly", async () => {
  await seeds(5, async (seed) => {
    const { world, book, selector, nodes, first } = await stage(seed, {
      far: 60,
      near: 10,
      mid: 30,
    });
    let changes = 0;
    selector.onChange(() => void changes++);
    book.set("far", "mid", "near");
    await world.runFor(310);
    assert.equal(first(), "near");
    assert.ok(changes >= 1);
    const rttMs = selector.ranked()[0]?.rttMs ?? 0;
    assert.ok(rttMs > 15 && rttMs < 25, `${rttMs}: the handshake must not count`);
    await world.runFor(10_000);
    assert.deepEqual(selector.ranked().map(({ pop }) => pop.peer.name), ["near", "mid", "far"]);
    await stopNodes(world, nodes);
    assert.deepEqual([world.timers("v"), world.sockets("v")], [0, 0]);
  });
});

Deno.test("a POP that is killed is left within two seconds, and found again when it is back", async () => {
  await seeds(5, async (seed) => {
    const { world, book, nodes, first } = await stage(seed, { near: 10, far: 40 });
    book.set("near", "far");
    await world.runFor(5000);
    assert.equal(first(), "near");
    world.kill("near");
    await world.runFor(2000);
    assert.equal(first(), "far");
    nodes.push(await startPop(world, "near"));
    await world.when("near is first again", () => first() === "near", 60_000);
    await stopNodes(world, nodes.filter((node) => node !== nodes[0]));
  });
});

Deno.test("ten percent loss on all links moves nobody away from the nearest POP", async () => {
  await seeds(3, async (seed) => {
    const { world, book, nodes, first } = await stage(seed, { near: 10, far: 80 });
    for (const host of ["near", "far"]) world.setLinks("v", host, { lossShare: 0.05 });
    book.set("near", "far");
    await world.runFor(2000);
    let away = 0;
    for (let i = 0; i < 120; i++) {
      await world.runFor(500);
      if (first() !== "near") away++;
    }
    assert.ok(away <= 24, `${away} of 120 looks`);
    await stopNodes(world, nodes);
  });
});

Deno.test("a viewer that was frozen does not take its POPs for dead", async () => {
  const { world, book, selector, nodes, first } = await stage(4, { near: 10, far: 40 });
  book.set("near", "far");
  await world.runFor(5000);
  world.freeze("v");
  await world.runFor(10_000);
  world.thaw("v");
  const lost: unknown[] = [];
  selector.onChange(() => void lost.push(first()));
  await world.runFor(1000);
  assert.equal(first(), "near");
  assert.ok(!lost.includes(undefined) && !lost.includes("far"), lost.join());
  await stopNodes(world, nodes);
});

Deno.test("a swap keeps the choice that was made, without a moment of none", async () => {
  const { world, book, viewer, nodes } = await stage(5, { near: 10, far: 40 });
  book.set("near", "far");
  await world.runFor(5000);
  const entry = { use: "pop-selection", id: undefined, with: { interval: "500ms" } };
  await world.until(viewer.kernel.swap("pop-selection", entry));
  const names = () => viewer.kernel.peek("pop")?.ranked().map(({ pop }) => pop.peer.name);
  assert.deepEqual(names(), ["near", "far"]);
  await world.runFor(5000);
  assert.deepEqual(names(), ["near", "far"]);
  await stopNodes(world, nodes);
});

Deno.test("the admin route and the metrics tell what is known", async () => {
  const { world, book, viewer, nodes } = await stage(6, { near: 10 });
  book.set("near");
  await world.runFor(1000);
  const route = viewer.kernel.adminRoutes().find(({ path }) => path === "/pops");
  const shown = await route?.handle({ params: {}, query: {}, body: undefined });
  assert.match(JSON.stringify(shown), /"name":"near","rank":1,"rttMs":/);
  assert.ok(world.metrics("v").value("pop_probes_total", { result: "answered" }) >= 3);
  assert.equal(world.metrics("v").value("pop_pops", { state: "usable" }), 1);
  await stopNodes(world, nodes);
});
