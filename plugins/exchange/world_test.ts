/** The media path end to end in the seeded world: real plugins, simulated network. */
import assert from "node:assert/strict";
import type { Ssrc, StreamName } from "../../core/ids.ts";
import type { StreamInfo } from "../../core/slots.ts";
import { seeds } from "../../tests/sim/seeds.ts";
import { Rig, type Watch } from "./rig.ts";

const STREAM = "o/s" as StreamName;
const info = (ssrc = 4096): StreamInfo => ({
  name: STREAM,
  ssrc: ssrc as Ssrc,
  bitrate: 2_100_000,
  title: "numbers",
});

/** A diamond with a stream that flows from `o` to `v` by way of `a` or `b`. */
async function flowing(rig: Rig): Promise<Watch> {
  await rig.diamond();
  rig.node("o").publish(info());
  const watch = rig.node("v").watch(STREAM);
  rig.node("o").push();
  await rig.world.when("the stream flows", () => watch.chunks.length > 700, 10_000);
  await rig.world.when("there is a standby", () => {
    const [status] = rig.node("v").exchange.subscriptions();
    return status?.standby !== undefined && status.state === "flowing";
  }, 20_000);
  await rig.world.runFor(1000);
  return watch;
}

/** Lets what was pushed arrive, then checks that nothing is missing up to the end. */
async function settle(rig: Rig, watch: Watch): Promise<void> {
  const origin = rig.node("o");
  await rig.world.runFor(2000);
  origin.hush();
  await rig.world.runFor(1500);
  watch.assertWhole();
  assert.equal(watch.last, origin.pushed - 1, `the newest packet is missing; ${rig.seedNote}`);
}

function parentOf(rig: Rig): string {
  const [parent, ...more] = rig.parents("v");
  assert.ok(parent !== undefined && more.length === 0, `parents ${rig.parents("v")}`);
  return parent;
}

Deno.test("a stream crosses two hops, every byte equal and in order", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    const watch = await flowing(rig);
    await settle(rig, watch);
    await rig.stop();
  });
});

Deno.test("the parent relay dies: nothing is lost and it flows again within 300 ms", async () => {
  const gaps: number[] = [];
  await seeds(10, async (seed) => {
    const rig = new Rig(seed);
    const watch = await flowing(rig);
    await rig.world.runFor(100 * rig.world.rng.next());
    const sinceMs = rig.world.nowMs;
    rig.world.crash(parentOf(rig));
    await rig.world.runFor(3000);
    gaps.push(watch.longestGapMs(sinceMs - 100));
    const [status] = rig.node("v").exchange.subscriptions();
    assert.equal(status?.failovers, 1, rig.seedNote);
    assert.ok((status.lastOutageMs ?? Infinity) < 300, `outage ${status.lastOutageMs} ms`);
    await settle(rig, watch);
    await rig.stop();
  });
  gaps.sort((a, b) => a - b);
  const [median, worst] = [gaps[gaps.length >> 1] ?? Infinity, gaps.at(-1) ?? Infinity];
  assert.ok(median < 150, `median gap ${median} ms`);
  assert.ok(worst < 300, `worst gap ${worst} ms`);
});

Deno.test("five percent lost on every link, and the parent dies: every byte is there", async () => {
  await seeds(5, async (seed) => {
    const rig = new Rig(seed, { delayMs: 10, lossShare: 0.05, jitterMs: 2 });
    const watch = await flowing(rig);
    rig.world.crash(parentOf(rig));
    await settle(rig, watch);
    await rig.stop();
  });
});

Deno.test("the parent freezes for ten seconds and wakes: nothing stale, nothing twice, no storm", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    const watch = await flowing(rig);
    const frozen = parentOf(rig);
    rig.world.freeze(frozen);
    await rig.world.runFor(10_000);
    assert.notEqual(parentOf(rig), frozen);
    const before = rig.world.packetsSentBy("v");
    rig.world.thaw(frozen);
    await rig.world.runFor(3000);
    const sent = rig.world.packetsSentBy("v") - before;
    assert.ok(sent < 300, `${sent} packets from the viewer in 3 s; ${rig.seedNote}`);
    await settle(rig, watch);
    await rig.stop();
  });
});

Deno.test("without a viewer no link carries media, and when the last one leaves all fall quiet", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    await rig.diamond();
    rig.node("o").publish(info());
    rig.node("o").push();
    assert.equal(await rig.countMedia(() => rig.world.runFor(3000)), 0);
    const watch = rig.node("v").watch(STREAM);
    await rig.world.when("the stream flows", () => watch.chunks.length > 700, 10_000);
    const second = rig.node("v").watch(STREAM, "second");
    await rig.world.when("the second one flows", () => second.chunks.length > 700, 10_000);
    watch.stop();
    assert.ok(await rig.countMedia(() => rig.world.runFor(3000)) > 100);
    second.stop();
    await rig.world.runFor(2000 + 2000 + 500);
    assert.equal(await rig.countMedia(() => rig.world.runFor(5000)), 0);
    for (const { exchange } of rig.nodes.values()) assert.deepEqual(exchange.children(), []);
    await rig.stop();
  });
});

Deno.test("a relay drains: its child goes elsewhere first and nothing is lost", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    const watch = await flowing(rig);
    const name = parentOf(rig);
    const beforeMs = rig.world.nowMs;
    await rig.world.until(rig.node(name).exchange.drain(5000));
    assert.ok(rig.world.nowMs - beforeMs < 2000, "the drain took its whole time");
    await rig.node(name).stop();
    rig.world.crash(name);
    await settle(rig, watch);
    const [status] = rig.node("v").exchange.subscriptions();
    assert.equal(status?.failovers, 0, rig.seedNote);
    await rig.stop();
  });
});

Deno.test("with two paths the death of a parent shows nowhere", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    await rig.diamond({ path: "path-dual" });
    rig.node("o").publish(info());
    const watch = rig.node("v").watch(STREAM);
    rig.node("o").push();
    await rig.world.when("two parents", () => rig.parents("v").length === 2, 20_000);
    await rig.world.runFor(2000);
    const sinceMs = rig.world.nowMs;
    rig.world.crash("b");
    await rig.world.runFor(2000);
    const gapMs = watch.longestGapMs(sinceMs - 50);
    assert.ok(gapMs < 30, `a gap of ${gapMs} ms; ${rig.seedNote}`);
    await settle(rig, watch);
    await rig.stop();
  });
});

Deno.test("the origin dies and comes back: the viewer plays on with its new number", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed);
    const watch = await flowing(rig);
    watch.assertWhole();
    const { spec } = rig.node("o");
    rig.node("o").hush();
    rig.world.crash("o");
    await rig.world.runFor(3000);
    const count = watch.chunks.length;
    const origin = await rig.start("o", spec);
    origin.publish(info(8192));
    origin.push();
    await rig.world.when("it plays on", () => watch.chunks.length > count + 700, 15_000);
    assert.deepEqual(watch.ssrcs, [4096, 8192]);
    await rig.stop();
  });
});

Deno.test("no timer and no socket outlives a node that stops", async () => {
  const rig = new Rig(1);
  await flowing(rig);
  await rig.stop();
  for (const name of rig.nodes.keys()) {
    assert.equal(rig.world.timers(name), 0, name);
    assert.equal(rig.world.sockets(name), 0, name);
  }
});

Deno.test("three viewers' sessions on one node, each with its own port: each has its own stream, whole", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed, { delayMs: 5, lossShare: 0.02 });
    await rig.diamond();
    const origin = rig.node("o");
    origin.publish(info());
    const [pops, others] = [rig.candidates("a", "b"), rig.candidates("b", "a")];
    const viewer = rig.node("v");
    const watches = [
      await viewer.watchAlone(STREAM, "one", pops),
      await viewer.watchAlone(STREAM, "two", others),
      await viewer.watchAlone(STREAM, "three", pops),
    ];
    origin.push();
    await rig.world.when("all flow", () => watches.every((one) => one.chunks.length > 700), 10_000);
    for (let turn = 0; turn < 10; turn++) {
      pops.order(...(turn % 2 === 0 ? ["b", "a"] : ["a", "b"]));
      await rig.world.runFor(700);
    }
    rig.world.crash("a");
    await rig.world.runFor(2000);
    origin.hush();
    await rig.world.runFor(1500);
    for (const watch of watches) {
      watch.assertWhole();
      assert.equal(watch.last, origin.pushed - 1, rig.seedNote);
    }
    for (const watch of watches) watch.stop();
    await rig.stop();
  });
});

Deno.test("four hops that lose three percent each deliver every byte", async () => {
  await seeds(3, async (seed) => {
    const rig = new Rig(seed, { delayMs: 10, lossShare: 0.03 });
    await rig.line();
    const origin = rig.node("o");
    origin.publish(info());
    const watch = rig.node("v").watch(STREAM);
    await rig.world.runFor(4000);
    origin.push();
    await rig.world.when("the stream flows", () => watch.chunks.length > 700, 10_000);
    await rig.world.runFor(10_000);
    await settle(rig, watch);
    await rig.stop();
  });
});
