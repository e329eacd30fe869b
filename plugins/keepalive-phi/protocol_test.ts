import assert from "node:assert/strict";
import { checkConfig } from "../../core/define.ts";
import { Arrivals } from "../../core/keepalive/arrivals.ts";
import { type MakeBrain, Rig, type Weather } from "../../core/keepalive/rig.ts";
import { ConfigError } from "../../core/plugin.ts";
import { config } from "./config.ts";
import { deviationsFor, phi } from "./phi.ts";
import { makeBrain, phiOf } from "./protocol.ts";

const make: MakeBrain = (me, raw, rng, nowMs) =>
  makeBrain(me, checkConfig(config, raw), rng, nowMs);

function watchingPair(weather: Weather, raw: object = {}) {
  const rig = new Rig(1, weather, make);
  const [a, b] = [rig.add("a", raw), rig.add("b", raw)];
  a.watch(b);
  b.watch(a);
  rig.run(60_000);
  const link = a.brain.table.watched.get(b.name);
  assert.ok(link !== undefined && link.alive);
  return { rig, a, b, link };
}

Deno.test("phi is minus log10 of the normal tail, as tables have it", () => {
  // Probabilities beyond z deviations, from the tables of the standard normal distribution.
  for (
    const [z, tail] of [
      [0, 0.5],
      [1, 0.158655],
      [1.959964, 0.025],
      [3, 1.349898e-3],
      [4.753424, 1e-6],
      [5.612001, 1e-8],
      [-1, 0.841345],
    ] as const
  ) {
    const level = phi(1000 + 50 * z, 1000, 50);
    assert.ok(Math.abs(level + Math.log10(tail)) < 1e-4, `z ${z}: ${level}`);
  }
  assert.ok(Number.isFinite(phi(1e6, 200, 20)));
  assert.equal(phi(0, 1000, 1), 0);
});

Deno.test("phi grows with the silence, and its inverse finds the level", () => {
  let before = -1;
  for (let ms = 0; ms < 3000; ms += 7) {
    const level = phi(ms, 200, 30);
    assert.ok(level >= before, `at ${ms} ms`);
    before = level;
  }
  for (const level of [0.5, 1, 2, 3, 8, 16]) {
    assert.ok(Math.abs(phi(200 + 30 * deviationsFor(level), 200, 30) - level) < 1e-6);
  }
});

Deno.test("arrivals: mean and deviation of the last 200 intervals, pauses left out", () => {
  const arrivals = new Arrivals();
  const before = arrivals.distribution(200);
  assert.deepEqual([before.meanMs, Math.round(before.deviationMs)], [200, 50]);
  let nowMs = 0;
  for (let i = 0; i < 1000; i++) arrivals.note(nowMs += i < 500 ? 50 : 300 + 20 * (i % 2));
  const { meanMs, deviationMs } = arrivals.distribution(310);
  assert.ok(Math.abs(meanMs - 310) < 1, `${meanMs}`);
  // 10 ms of the intervals, and what is left of the prior.
  assert.ok(deviationMs > 10 && deviationMs < 25, `${deviationMs}`);
  arrivals.skip();
  arrivals.note(nowMs + 4000);
  arrivals.note(nowMs + 60_000);
  assert.deepEqual(arrivals.distribution(310), { meanMs, deviationMs });
});

Deno.test("a steady link is suspected sooner and takes fewer probes than a lossy one", () => {
  const steady = watchingPair({ latencyMs: 22, jitterMs: 6, loss: 0 });
  const lossy = watchingPair({ latencyMs: 22, jitterMs: 6, loss: 0.2 });
  const waits = [steady, lossy].map(({ a, link }) =>
    a.brain.detector.suspectAtMs(link) - link.heardMs
  );
  const probes = [steady, lossy].map(({ a, link }) => a.brain.detector.probes(link));
  assert.ok((waits[0] ?? 0) < 300, `${waits}`);
  assert.ok((waits[1] ?? 0) > 400, `${waits}`);
  assert.equal(probes[0], 5);
  assert.ok((probes[1] ?? 0) >= 8, `${probes}`);
});

Deno.test("a higher threshold takes longer to find the dead, a lower one less", () => {
  const found = [4, 8, 12].map((threshold) => {
    const { rig, b } = watchingPair({ latencyMs: 22, jitterMs: 6, loss: 0.05 }, { threshold });
    const crashedMs = rig.nowMs;
    b.silent = true;
    rig.run(crashedMs + 5000);
    const told = rig.told.find((one) => one.what === "silent" && one.atMs > crashedMs);
    return (told?.atMs ?? Infinity) - crashedMs;
  });
  assert.ok(found.every((ms, i) => i === 0 || ms > (found[i - 1] ?? Infinity)), `${found}`);
});

Deno.test("phi of a living neighbour stays low, of a dead one it grows without bound", () => {
  const { rig, b, link } = watchingPair({ latencyMs: 22, jitterMs: 6, loss: 0 });
  const options = checkConfig(config, {});
  assert.ok(phiOf(link, options, rig.nowMs) < 2);
  b.silent = true;
  const levels = [500, 1000, 2000].map((ms) => phiOf(link, options, rig.nowMs + ms));
  assert.ok((levels[0] ?? 0) > 8 && (levels[1] ?? 0) > (levels[0] ?? 0), `${levels}`);
  assert.ok((levels[2] ?? 0) > (levels[1] ?? 0) && Number.isFinite(levels[2]), `${levels}`);
});

Deno.test("a suspicion at or above the threshold is refused by its path", () => {
  assert.throws(() => checkConfig(config, { threshold: 2, suspicion: 2 }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /suspicion: must be below threshold/);
    return true;
  });
});
