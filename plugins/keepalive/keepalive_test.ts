import assert from "node:assert/strict";
import type { NodeName, Peer } from "../../core/ids.ts";
import { PortError } from "../../core/ports.ts";
import type { Keepalive } from "../../core/slots.ts";
import { makeNode, type SimNode, startNode, stopNodes } from "../../tests/sim/node.ts";
import { World } from "../../tests/sim/world.ts";
import keepalive from "./mod.ts";

function peerOf(name: string): Peer {
  const at = (port: number) => ({ host: name, port });
  return {
    name: name as NodeName,
    instance: 0,
    roles: ["relay"],
    pop: false,
    control: at(6000),
    keepalive: at(6001),
    media: at(7000),
  };
}

function slot(node: SimNode): Keepalive {
  const filling = node.kernel.peek("keepalive");
  assert.ok(filling !== undefined);
  return filling;
}

async function pair(world: World) {
  const [a, b] = [
    await startNode(world, { name: "a", plugins: [keepalive] }),
    await startNode(world, { name: "b", plugins: [keepalive] }),
  ];
  const heard: string[] = [];
  slot(a).onUp((peer) => heard.push(`${peer.name} up`));
  slot(a).onDown((peer, why) => heard.push(`${peer.name} ${why}`));
  slot(a).watch(peerOf("b"));
  slot(b).watch(peerOf("a"));
  await world.runFor(2000);
  return { a, b, heard };
}

Deno.test("on the seeded world's sockets nodes come up, are measured, and a crash is told within a second", async () => {
  const world = new World({ seed: 1, link: { delayMs: 10, lossShare: 0.05 } });
  const { a, b, heard } = await pair(world);
  assert.deepEqual(heard, ["b up"]);
  const { state, rttMs } = slot(a).link("b" as NodeName);
  assert.equal(state, "up");
  assert.ok(Math.abs((rttMs ?? 0) - 20) < 1);
  assert.equal(slot(a).watched()[0]?.peer.instance, b.kernel.self.instance);
  world.crash("b");
  await world.runFor(1000);
  assert.deepEqual(heard, ["b up", "b silent"]);
  await stopNodes(world, [a]);
});

Deno.test("a drain says goodbye, and after stop nothing is left", async () => {
  const world = new World({ seed: 2, link: { delayMs: 10, lossShare: 0.05 } });
  const { a, b, heard } = await pair(world);
  await world.until(b.kernel.drain(1000));
  await stopNodes(world, [b]);
  await world.runFor(50);
  assert.deepEqual(heard, ["b up", "b left"]);
  await stopNodes(world, [a]);
  assert.deepEqual([world.timers("a"), world.sockets("a")], [0, 0]);
  assert.deepEqual([world.timers("b"), world.sockets("b")], [0, 0]);
  const before = world.packetsSentBy("a") + world.packetsSentBy("b");
  await world.runFor(5000);
  assert.equal(world.packetsSentBy("a") + world.packetsSentBy("b"), before);
});

Deno.test("a swap for the same plugin keeps everybody up", async () => {
  const world = new World({ seed: 3, link: { delayMs: 10 } });
  const { a, b, heard } = await pair(world);
  const seenByB: string[] = [];
  slot(b).onDown((_peer, why) => seenByB.push(why));
  await world.until(
    a.kernel.swap("keepalive", { use: "keepalive", id: undefined, with: { interval: "100ms" } }),
  );
  await world.runFor(5000);
  assert.deepEqual([heard, seenByB], [["b up"], []]);
  assert.equal(slot(a).link("b" as NodeName).state, "up");
  await stopNodes(world, [a, b]);
});

Deno.test("what is watched in the middle of a swap is watched after it", async () => {
  const world = new World({ seed: 3 });
  const { a, b } = await pair(world);
  const c = await startNode(world, { name: "c", plugins: [keepalive] });
  const swapped = a.kernel.swap("keepalive", { use: "keepalive", id: undefined, with: {} });
  // What consumers hold is the stand-in; it stays with the old one until the new one runs.
  let early = 0;
  for (; a.kernel.peek("keepalive") !== undefined && early < 20; early++) {
    await Promise.resolve();
    if (early === 5) slot(a).watch(peerOf("c"));
  }
  await world.until(swapped);
  await world.runFor(3000);
  assert.deepEqual(slot(a).watched().map(({ peer }) => peer.name).sort(), ["b", "c"]);
  assert.equal(slot(a).link("c" as NodeName).state, "up");
  await stopNodes(world, [a, b, c]);
});

Deno.test("a port that is taken is an error of start, and leaves nothing behind", async () => {
  const world = new World({ seed: 4 });
  const one = await startNode(world, { name: "a", plugins: [keepalive] });
  const two = makeNode(world, { name: "a2", host: "a", plugins: [keepalive] });
  await assert.rejects(
    world.until(two.kernel.start()),
    (error) => error instanceof PortError && error.code === "address-in-use",
  );
  await stopNodes(world, [one]);
  assert.deepEqual([world.timers("a"), world.sockets("a")], [0, 0]);
});
