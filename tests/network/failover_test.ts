import assert from "node:assert/strict";
import { seededRng } from "../../core/rng.ts";
import { seeds } from "../sim/seeds.ts";
import { builtin, Network } from "./network.ts";

const DIAMOND = {
  o: ["a1", "b1"],
  a1: ["a2"],
  b1: ["b2"],
  a2: ["b2", "b1"],
  v: ["a2", "b2"],
};
const STREAM = "o/s";
/** Kills of one run, and runs; `NETWORK_SEEDS` makes more runs. */
const KILLS = 10;
const SEEDS = Number(Deno.env.get("NETWORK_SEEDS") ?? 3);

async function diamond(seed: number, more: object = {}): Promise<Network> {
  const net = new Network({ seed, neighbors: DIAMOND, everyMs: 5, ...more });
  await net.bootstrap();
  await net.origin("o");
  for (const name of ["a1", "b1"]) await net.relay(name);
  for (const name of ["a2", "b2"]) await net.relay(name, { pop: true });
  await net.viewer("v", [STREAM]);
  await net.world.when("the viewer receives", () => net.record("v/s0").received > 50, 20_000);
  await net.world.runFor(4000);
  return net;
}

/** The relays that the viewer's packets run through now, the nearest one first. */
function pathOf(net: Network): string[] {
  const path: string[] = [];
  let at: string | undefined = "v";
  while (at !== undefined && at !== "o" && path.length < 8) {
    at = net.parents(STREAM).get(at)?.[0];
    if (at !== undefined && at !== "o") path.push(at);
  }
  return path;
}

/** Strikes relays on the path at random moments; returns the pauses at the viewer's input. */
async function strikes(
  net: Network,
  seed: number,
  strike: (victim: string) => void,
  mend: (victim: string) => void | Promise<void>,
  held = 1,
): Promise<number[]> {
  const { world } = net;
  const rng = seededRng(seed * 31);
  const record = net.record("v/s0");
  const pauses: number[] = [];
  for (let n = 0; n < KILLS; n++) {
    await world.runFor(3000 + rng.next() * 1000);
    await world.when(
      `${held} parents before strike ${n}`,
      () => net.parents(STREAM).get("v")?.length === held,
      15_000,
    );
    const path = pathOf(net);
    const victim = path[n % path.length];
    assert.ok(victim !== undefined, `nobody on the path before strike ${n}`);
    record.pauseMs = 0;
    strike(victim);
    await world.runFor(3000);
    const what = `strike ${n} at ${victim} of ${path}`;
    assert.deepEqual(net.faults(), [], what);
    assert.equal(record.lost, 0, `${what}: ${record.lost} lost, pause ${record.pauseMs} ms`);
    assert.ok(world.nowMs - record.lastMs < 200, `${what}: still nothing comes`);
    pauses.push(record.pauseMs);
    await mend(victim);
  }
  return pauses;
}

const medianOf = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

for (
  const [how, strike, mend] of [
    [
      "killed",
      (net: Network, name: string) => net.crash(name),
      (net: Network, name: string) => net.restart(name),
    ],
    [
      "frozen",
      (net: Network, name: string) => net.world.freeze(name),
      (net: Network, name: string) => net.world.thaw(name),
    ],
  ] as const
) {
  Deno.test(`relays on the path are ${how}: nothing is lost, the median pause is under 150 ms, the longest under 400`, async () => {
    const all: number[] = [];
    await seeds(SEEDS, async (seed) => {
      const net = await diamond(seed);
      all.push(
        ...await strikes(net, seed, (name) => strike(net, name), (name) => mend(net, name)),
      );
    });
    assert.ok(medianOf(all) < 150, `the median is ${medianOf(all)} ms`);
    assert.ok(Math.max(...all) < 400, `the longest is ${Math.max(...all)} ms`);
  });

  Deno.test(`with two paths relays on the path are ${how} and nobody notices`, async () => {
    await seeds(SEEDS, async (seed) => {
      const net = await diamond(seed, { everywhere: [builtin("path-dual")] });
      const pauses = await strikes(
        net,
        seed,
        (name) => strike(net, name),
        (name) => mend(net, name),
        2,
      );
      assert.ok(Math.max(...pauses) < 60, `pauses of ${pauses.map(Math.round)} ms`);
    });
  });
}

Deno.test("a relay dies that every way leads through but one which comes through its own child: tree and stream turn round", async () => {
  await seeds(SEEDS, async (seed) => {
    // The cheap ways lead over r1; r2 hangs below r4, and its own long link to the origin is the only way left.
    const net = new Network({
      seed,
      neighbors: {
        o: ["r1", "r2"],
        r1: ["r3", "r4"],
        r2: ["r3", "r4"],
        r3: ["r4"],
        v: ["r3", "r4"],
      },
      everyMs: 5,
      link: { delayMs: 2, jitterMs: 0.2, fifo: true },
    });
    await net.bootstrap();
    await net.origin("o");
    net.world.setLinks("o", "r2", { delayMs: 30 });
    for (const name of ["r1", "r2"]) await net.relay(name);
    for (const name of ["r3", "r4"]) await net.relay(name, { pop: true });
    await net.viewer("v", [STREAM]);
    const record = net.record("v/s0");
    await net.world.when("the viewer receives", () => record.received > 50, 20_000);
    await net.world.runFor(6000);
    assert.deepEqual(pathOf(net).at(-1), "r1");
    record.pauseMs = 0;
    net.crash("r1");
    await net.world.runFor(3000);
    assert.deepEqual(net.faults(), []);
    assert.equal(record.lost, 0);
    assert.equal(pathOf(net).at(-1), "r2");
    assert.ok(record.pauseMs < 450, `a pause of ${record.pauseMs} ms`);
  });
});
