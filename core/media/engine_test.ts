import assert from "node:assert/strict";
import fc from "fast-check";
import { ssrcOf } from "../ids.ts";
import { numberIn, Rig, type RigNode, type Weather } from "./testing/rig.ts";

const SSRC = ssrcOf(0xabcd1234);

/** A chain of nodes with the same weather on every link; the last has an asap receiver. */
function chain(seed: number, hops: number, weather: Weather, budgetMs = 500) {
  const rig = new Rig(seed);
  const nodes: RigNode[] = [];
  for (let index = 0; index <= hops; index++) nodes.push(rig.node(`n${index}`));
  rig.open(SSRC);
  const [origin] = nodes;
  const last = nodes[hops];
  assert.ok(origin && last);
  for (let index = 0; index < hops; index++) {
    const [a, b] = [nodes[index], nodes[index + 1]];
    assert.ok(a && b);
    const [ab, ba] = rig.connect(a, b, { ...weather });
    rig.join(SSRC, a, ab, b, ba);
  }
  origin.act((engine, now) => engine.command({ kind: "originate", ssrc: SSRC, first: 65000 }, now));
  const receiver = last.receiver({ ssrc: SSRC, budgetMs, pace: "asap" });
  return { rig, nodes, origin, last, receiver };
}

/** Checks order and returns the payload numbers. */
function delivered(node: RigNode, receiver: number): number[] {
  const chunks = node.chunks.get(receiver) ?? [];
  let previous = -1;
  let lost = 0;
  for (const chunk of chunks) {
    assert.ok(chunk.sequence > previous, `in order: ${chunk.sequence} after ${previous}`);
    if (previous >= 0) assert.equal(chunk.lostBefore, chunk.sequence - previous - 1);
    lost += chunk.lostBefore;
    previous = chunk.sequence;
    assert.equal(numberIn(chunk.payload), chunk.sequence - 65000);
    assert.equal(chunk.payload.length, 1316);
  }
  void lost;
  return chunks.map((chunk) => numberIn(chunk.payload));
}

Deno.test("a chain of three hops at 5 % loss delivers everything once and in order", () => {
  const { rig, origin, last, receiver } = chain(1, 3, { delayMs: 10, loss: 0.05 });
  rig.run(1100);
  rig.publish(origin, SSRC, 3000, 2);
  rig.run(9000);
  const numbers = delivered(last, receiver);
  assert.equal(numbers.length, 3000);
});

Deno.test("whatever a link does, receivers get packets in order, once and equal", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.record({
        delayMs: fc.integer({ min: 0, max: 60 }),
        jitterMs: fc.integer({ min: 0, max: 20 }),
        loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
        duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
      }),
      (seed, hops, weather) => {
        const { rig, origin, last, receiver } = chain(seed, hops, weather);
        rig.run(1000 + 4 * weather.delayMs + 200);
        rig.publish(origin, SSRC, 200, 3);
        rig.run(rig.nowMs + 3000);
        delivered(last, receiver);
      },
    ),
    { numRuns: 40 },
  );
});
