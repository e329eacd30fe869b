/** What every keepalive keeps: it finds the dead, accuses no living one, and measures the link. */
import assert from "node:assert/strict";
import type { Peer } from "../../core/ids.ts";
import { seeds } from "../sim/seeds.ts";
import { World } from "../sim/world.ts";
import type { Fixture } from "./fixture.ts";
import { id, Network } from "./network.ts";

/** A death is found within this; the design's goal is 1 s, the slot leaves it to the plugin. */
const FOUND_WITHIN_MS = 10_000;

/** Two neighbours that watch each other; what the first one hears of the second. */
async function pair(fixture: Fixture, world: World) {
  const network = new Network(world, fixture, [["a", "b"]]);
  await network.start("a", "b");
  const keepalive = network.slot("a", "keepalive");
  const heard: string[] = [];
  keepalive.onUp((peer) => heard.push(`up ${peer.name}`));
  keepalive.onDown((peer, why) => heard.push(`${why} ${peer.name}`));
  const isUp = () => keepalive.link(id("b")).state === "up";
  await world.when("b is up", isUp, FOUND_WITHIN_MS);
  return { network, keepalive, heard };
}

/** Registers the suite. */
export function keepaliveSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: a living neighbor comes up once, and its round trip is measured`, async () => {
    const world = new World({ seed: 1, link: { delayMs: 20 } });
    const { network, keepalive, heard } = await pair(fixture, world);
    await world.runFor(20_000);
    assert.deepEqual(heard.filter((one) => one !== "up b"), []);
    const { rttMs, lossIn, lossOut } = keepalive.link(id("b"));
    assert.ok(rttMs !== undefined && rttMs >= 40 && rttMs < 48, `${rttMs} ms`);
    assert.ok(lossIn < 0.05 && lossOut < 0.05);
    assert.deepEqual(keepalive.watched().map(({ peer }) => peer.name), ["b"]);
    await network.stopAll();
  });

  Deno.test(`${name}: a crash is found, and told once`, async () => {
    await seeds(10, async (seed) => {
      const world = new World({ seed, link: { delayMs: 10, jitterMs: 5, lossShare: 0.05 } });
      const { network, keepalive, heard } = await pair(fixture, world);
      await world.runFor(3_000 + world.rng.next() * 1000);
      heard.length = 0;
      network.crash("b");
      await world.runFor(FOUND_WITHIN_MS);
      assert.deepEqual(heard, ["silent b"]);
      assert.equal(keepalive.link(id("b")).state, "down");
      await network.stopAll();
    });
  });

  Deno.test(`${name}: nobody living is called dead at 5 % loss each way`, async () => {
    await seeds(10, async (seed) => {
      const world = new World({ seed, link: { delayMs: 20, jitterMs: 10, lossShare: 0.05 } });
      const { network, heard } = await pair(fixture, world);
      await world.runFor(60_000);
      assert.deepEqual(heard.filter((one) => !one.startsWith("up")), []);
      await network.stopAll();
    });
  });

  Deno.test(`${name}: a neighbor that comes back as a new instance is told, and up again`, async () => {
    const world = new World({ seed: 3, link: { delayMs: 10 } });
    const { network, keepalive, heard } = await pair(fixture, world);
    await world.runFor(2_000);
    heard.length = 0;
    network.crash("b");
    await world.runFor(150);
    await network.start("b");
    await world.runFor(FOUND_WITHIN_MS);
    assert.match(heard[0] ?? "", /^(restarted|silent) b$/, `${heard}`);
    assert.equal(heard.at(-1), "up b");
    assert.equal(keepalive.link(id("b")).state, "up");
    await network.stopAll();
  });

  Deno.test(`${name}: a neighbor that comes back after a partition is up again`, async () => {
    const world = new World({ seed: 4, link: { delayMs: 10 } });
    const { network, heard } = await pair(fixture, world);
    const cut = world.partition(["a"], ["b"]);
    await world.runFor(FOUND_WITHIN_MS);
    cut[Symbol.dispose]();
    await world.runFor(30_000);
    assert.deepEqual(heard.filter((one) => one.endsWith(" b")).slice(-2), ["silent b", "up b"]);
    await network.stopAll();
  });

  Deno.test(`${name}: a neighbor that stops is gone`, async () => {
    const world = new World({ seed: 5, link: { delayMs: 10 } });
    const { network, heard } = await pair(fixture, world);
    heard.length = 0;
    await network.stop("b");
    await world.runFor(FOUND_WITHIN_MS);
    assert.match(heard.join(), /^(left|silent) b$/);
    await network.stopAll();
  });

  Deno.test(`${name}: watching is counted, and ends`, async () => {
    const world = new World({ seed: 6 });
    const { network, keepalive, heard } = await pair(fixture, world);
    const b: Peer = network.peer("b");
    keepalive.watch(b);
    keepalive.unwatch(b.name);
    assert.equal(keepalive.watched().length, 1);
    keepalive.unwatch(b.name);
    assert.equal(keepalive.watched().length, 0);
    assert.equal(keepalive.link(b.name).state, "unknown");
    heard.length = 0;
    network.crash("b");
    await world.runFor(FOUND_WITHIN_MS);
    assert.deepEqual(heard, []);
    await network.stopAll();
  });

  Deno.test(`${name}: a node that was frozen accuses nobody when it wakes`, async () => {
    const world = new World({ seed: 7, link: { delayMs: 10 } });
    const { network, heard } = await pair(fixture, world);
    heard.length = 0;
    world.freeze("a");
    await world.runFor(8_000);
    world.thaw("a");
    await world.runFor(5_000);
    assert.deepEqual(heard.filter((one) => !one.startsWith("up")), []);
    await network.stopAll();
  });

  Deno.test(`${name}: a disposed listener hears nothing`, async () => {
    const world = new World({ seed: 8 });
    const { network, keepalive } = await pair(fixture, world);
    let calls = 0;
    keepalive.onDown(() => calls++)[Symbol.dispose]();
    network.crash("b");
    await world.runFor(FOUND_WITHIN_MS);
    assert.equal(calls, 0);
    await network.stopAll();
  });
}
