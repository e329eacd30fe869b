/** What every catalogue keeps: one's own entries reach everybody, change, and go. */
import assert from "node:assert/strict";
import { World } from "../sim/world.ts";
import type { Fixture } from "./fixture.ts";
import { Network } from "./network.ts";
import { streamInfo } from "./stand_ins.ts";

/** Gossip has gone round within this, losses included. */
const SPREADS_WITHIN_MS = 60_000;
/** An owner that died is forgotten within this. */
const FORGETS_WITHIN_MS = 600_000;

async function line(fixture: Fixture, world: World): Promise<Network> {
  const network = new Network(world, fixture, [["a", "b"], ["b", "c"]]);
  await network.start("a", "b", "c");
  return network;
}

const namesAt = (network: Network, node: string) =>
  network.slot(node, "catalog").streams().map((info) => info.name).sort();

/** Registers the suite. */
export function catalogSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: a list reaches everybody whole, changes, and is taken back`, async () => {
    const world = new World({ seed: 1, link: { delayMs: 10, lossShare: 0.05 } });
    const network = await line(fixture, world);
    const [a, c] = [network.slot("a", "catalog"), network.slot("c", "catalog")];
    let told = 0;
    c.onChange(() => told++);
    const many = Array.from({ length: 40 }, (_, i) => streamInfo(`a/s${i}`, 1000 + 2 * i));
    a.offerStreams(many);
    await world.when("all are there", () => c.streams().length === 40, SPREADS_WITHIN_MS);
    assert.deepEqual(c.stream(many[7]?.name ?? streamInfo("a/x").name), many[7]);
    assert.ok(told > 0);
    a.offerStreams([streamInfo("a/only", 4)]);
    await world.when("one is left", () => c.streams().length === 1, SPREADS_WITHIN_MS);
    assert.deepEqual(namesAt(network, "c"), ["a/only"]);
    a.offerStreams([]);
    await world.when("none is left", () => c.streams().length === 0, SPREADS_WITHIN_MS);
    await network.stopAll();
  });

  Deno.test(`${name}: one's own streams are in one's own list at once, and in the digest`, async () => {
    const world = new World({ seed: 2 });
    const network = await line(fixture, world);
    const a = network.slot("a", "catalog");
    const empty = a.digest();
    a.offerStreams([streamInfo("a/one", 2)]);
    assert.deepEqual(namesAt(network, "a"), ["a/one"]);
    const one = a.digest();
    assert.notEqual(one, empty);
    assert.ok(one.length <= 32, "BUILDTREE carries 32 characters");
    a.offerStreams([streamInfo("a/one", 4)]);
    assert.notEqual(a.digest(), one, "another number is another stream");
    await network.stopAll();
  });

  Deno.test(`${name}: a POP's entry spreads, changes, and goes`, async () => {
    const world = new World({ seed: 3, link: { delayMs: 10 } });
    const network = await line(fixture, world);
    const [a, c] = [network.slot("a", "catalog"), network.slot("c", "catalog")];
    network.slot("a", "membership").offer({ pop: true });
    a.offerPop({ children: 1, maxChildren: 10, closed: false });
    await world.when("the POP is there", () => c.pops().length === 1, SPREADS_WITHIN_MS);
    assert.equal(c.pops()[0]?.peer.name, "a");
    a.offerPop({ children: 10, maxChildren: 10, closed: true });
    await world.when("it is closed", () => c.pops()[0]?.closed === true, SPREADS_WITHIN_MS);
    a.offerPop(undefined);
    await world.when("it is gone", () => c.pops().length === 0, SPREADS_WITHIN_MS);
    await network.stopAll();
  });

  Deno.test(`${name}: one who comes late hears everything`, async () => {
    const world = new World({ seed: 4, link: { delayMs: 10 } });
    const network = new Network(world, fixture, [["a", "b"], ["b", "c"]]);
    await network.start("a", "b");
    network.slot("a", "catalog").offerStreams([streamInfo("a/one", 2)]);
    await world.runFor(10_000);
    await network.start("c");
    await world.when("heard", () => namesAt(network, "c").length === 1, SPREADS_WITHIN_MS);
    await network.stopAll();
  });

  Deno.test(`${name}: what a dead node offered is forgotten`, async () => {
    const world = new World({ seed: 5, link: { delayMs: 10 } });
    const network = await line(fixture, world);
    network.slot("a", "catalog").offerStreams([streamInfo("a/one", 2)]);
    await world.when("heard", () => namesAt(network, "c").length === 1, SPREADS_WITHIN_MS);
    network.crash("a");
    await world.when(
      "forgotten",
      () => namesAt(network, "c").length === 0 && namesAt(network, "b").length === 0,
      FORGETS_WITHIN_MS,
      1_000,
    );
    await network.stopAll();
  });

  Deno.test(`${name}: a restarted node's new list replaces the old`, async () => {
    const world = new World({ seed: 6, link: { delayMs: 10 } });
    const network = await line(fixture, world);
    network.slot("a", "catalog").offerStreams([streamInfo("a/old", 2), streamInfo("a/both", 4)]);
    await world.when("heard", () => namesAt(network, "c").length === 2, SPREADS_WITHIN_MS);
    network.crash("a");
    await world.runFor(500);
    await network.start("a");
    network.slot("a", "catalog").offerStreams([streamInfo("a/both", 6)]);
    const isNew = () => {
      const streams = network.slot("c", "catalog").streams();
      return streams.length === 1 && streams[0]?.ssrc === 6;
    };
    await world.when("the new list", isNew, SPREADS_WITHIN_MS);
    await network.stopAll();
  });
}
