import assert from "node:assert/strict";
import { corrupt, LinkModel, type LinkSettings } from "./link_model.ts";
import { seededRng } from "./rng.ts";

const SEED = 20_240_229;

/** Sends `count` packets, one each `everyMs`; arrival times in sending order, NaN for the lost. */
function send(settings: Partial<LinkSettings>, count: number, everyMs = 1, sizeBytes = 1328) {
  const model = new LinkModel(settings);
  const rng = seededRng(SEED);
  const arrivals: number[] = [];
  const copies: number[] = [];
  let corrupted = 0;
  for (let i = 0; i < count; i++) {
    const delays = model.plan(sizeBytes, i * everyMs, rng);
    arrivals.push(i * everyMs + (delays[0] ?? NaN));
    copies.push(delays.length);
    if (model.corrupted) corrupted++;
  }
  return { model, arrivals, copies, corrupted };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected} ± ${tolerance}`,
  );
}

const lostShare = (copies: readonly number[]) =>
  copies.filter((n) => n === 0).length / copies.length;

function inversions(arrivals: readonly number[]): number {
  let count = 0;
  let last = -Infinity;
  for (const at of arrivals) {
    if (Number.isNaN(at)) continue;
    if (at < last) count++;
    last = Math.max(last, at);
  }
  return count;
}

Deno.test("a perfect link delivers every packet once, at once", () => {
  const { arrivals, copies } = send({}, 100);
  assert.ok(copies.every((n) => n === 1));
  assert.deepEqual(arrivals, Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("random loss comes close to its share", () => {
  for (const lossShare of [0.01, 0.05, 0.2]) {
    const { model, copies } = send({ lossShare }, 100_000);
    const share = copies.filter((n) => n === 0).length / copies.length;
    near(share, lossShare, 4 * Math.sqrt(lossShare / 100_000));
    assert.equal(model.counters.lost, copies.filter((n) => n === 0).length);
  }
});

Deno.test("burst loss has the share and the mean burst of the Gilbert-Elliott model", () => {
  const burst = { pGoodToBad: 0.0105, pBadToGood: 0.2, lossInBad: 1 };
  const { copies } = send({ burst }, 400_000);
  near(lostShare(copies), 0.0105 / 0.2105, 0.003);
  let bursts = 0;
  for (let i = 1; i < copies.length; i++) if (copies[i] === 0 && copies[i - 1] !== 0) bursts++;
  near(copies.filter((n) => n === 0).length / bursts, 5, 0.25);
});

Deno.test("bursts add to the loss of the good state and end when they are taken away", () => {
  const model = new LinkModel({ burst: { pGoodToBad: 1, pBadToGood: 0, lossInBad: 1 } });
  const rng = seededRng(SEED);
  assert.equal(model.plan(100, 0, rng).length, 0);
  model.change({ burst: undefined });
  assert.equal(model.plan(100, 1, rng).length, 1);
});

Deno.test("jitter stays within its bounds in both shapes, and the normal one is narrower", () => {
  const spread = (jitterShape: "uniform" | "normal") => {
    const { arrivals } = send({ delayMs: 50, jitterMs: 10, jitterShape, fifo: false }, 20_000);
    const delays = arrivals.map((at, i) => at - i);
    assert.ok(delays.every((d) => d >= 40 && d <= 60));
    near(delays.reduce((a, b) => a + b, 0) / delays.length, 50, 0.2);
    return Math.sqrt(delays.reduce((a, d) => a + (d - 50) ** 2, 0) / delays.length);
  };
  near(spread("uniform"), 10 / Math.sqrt(3), 0.1);
  near(spread("normal"), 10 / 3, 0.1);
});

Deno.test("jitter larger than the delay never delivers before the sending", () => {
  const { arrivals } = send({ delayMs: 1, jitterMs: 10, fifo: false }, 5000);
  assert.ok(arrivals.every((at, i) => at >= i));
});

Deno.test("fifo keeps the order under jitter, without it packets overtake", () => {
  assert.equal(inversions(send({ delayMs: 50, jitterMs: 40, fifo: true }, 5000).arrivals), 0);
  assert.ok(inversions(send({ delayMs: 50, jitterMs: 40, fifo: false }, 5000).arrivals) > 1000);
});

Deno.test("held-back packets are overtaken, also on a fifo link", () => {
  const { arrivals, model } = send(
    { delayMs: 10, reorderShare: 0.1, reorderExtraMs: 1.5, fifo: true },
    20_000,
  );
  near(model.counters.reordered / 20_000, 0.1, 0.01);
  // Each is overtaken by the next packet, unless that one is held back too.
  near(inversions(arrivals) / 20_000, 0.09, 0.012);
});

Deno.test("duplicates and corrupted packets come close to their shares", () => {
  const { copies, corrupted, model } = send({ duplicateShare: 0.3, corruptShare: 0.1 }, 20_000);
  near(copies.filter((n) => n === 2).length / 20_000, 0.3, 0.015);
  near(corrupted / 20_000, 0.1, 0.01);
  assert.equal(model.counters.corrupted, corrupted);
});

Deno.test("a rate spaces packets and drops the tail once the queue is full", () => {
  // 1000 bytes each ms are 8 Mbit/s; the line takes half of it.
  const { arrivals, copies, model } = send({ rateBits: 4e6, queueMs: 20 }, 1000, 1, 1000);
  near(lostShare(copies), 0.5, 0.03);
  assert.equal(model.counters.queueDropped, copies.filter((n) => n === 0).length);
  const through = arrivals.filter((at) => !Number.isNaN(at));
  for (let i = 1; i < through.length; i++) near((through[i] ?? 0) - (through[i - 1] ?? 0), 2, 1e-6);
  const worstMs = Math.max(...arrivals.map((at, i) => Number.isNaN(at) ? 0 : at - i));
  assert.ok(worstMs <= 22 && worstMs > 18, `${worstMs}`);
});

Deno.test("a rate above the traffic drops nothing", () => {
  assert.equal(lostShare(send({ rateBits: 20e6, queueMs: 5 }, 1000, 1, 1000).copies), 0);
});

Deno.test("a link that is down loses everything and comes back as it was", () => {
  const model = new LinkModel({ delayMs: 7 });
  const rng = seededRng(SEED);
  model.change({ down: true });
  assert.deepEqual([...model.plan(10, 0, rng)], []);
  model.change({ down: false });
  assert.deepEqual([...model.plan(10, 1, rng)], [7]);
  assert.equal(model.counters.downDropped, 1);
});

Deno.test("the same seed gives the same fate", () => {
  const settings = { delayMs: 9, jitterMs: 5, lossShare: 0.2, duplicateShare: 0.1, fifo: false };
  assert.deepEqual(send(settings, 500).arrivals, send(settings, 500).arrivals);
});

Deno.test("corrupting changes a copy only, and always changes something", () => {
  const rng = seededRng(SEED);
  for (let i = 0; i < 200; i++) {
    const bytes = new Uint8Array(64);
    const bad = corrupt(bytes, rng);
    assert.ok(bytes.every((b) => b === 0));
    assert.equal(bad.length, 64);
    assert.ok(bad.some((b) => b !== 0));
  }
  assert.equal(corrupt(new Uint8Array(0), rng).length, 0);
});
