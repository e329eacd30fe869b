import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { ChokeView } from "../../core/slots.ts";
import { config } from "./config.ts";
import { TitForTat } from "./protocol.ts";

function peer(connection: number, downRate: number, more: Partial<ChokeView> = {}): ChokeView {
  return {
    connection,
    name: `p${connection}` as NodeName,
    unchoked: false,
    downRate,
    upRate: 0,
    sentBytes: 0,
    connectedMs: 0,
    changedMs: connection,
    trading: true,
    ...more,
  };
}

Deno.test("those who give most are served, and one more by turns", () => {
  const brain = new TitForTat(config.parse({}));
  const peers = [peer(1, 0), peer(2, 50), peer(3, 100), peer(4, 0), peer(5, 10)];
  const first = brain.choose(peers, 3, 1, 0);
  assert.deepEqual(first, [3, 2, 1]);
  // The turn is over after three rounds: somebody else who waits gets the slot.
  const later = peers.map((one) =>
    first.includes(one.connection) ? { ...one, unchoked: true, changedMs: 10 } : one
  );
  assert.deepEqual(brain.choose(later, 3, 2, 10_000), [3, 2, 1]);
  assert.deepEqual(brain.choose(later, 3, 4, 30_000), [3, 2, 4]);
});

Deno.test("a seeder serves everybody by turns", () => {
  const brain = new TitForTat(config.parse({}));
  const counts = new Map<number, number>();
  let peers = [1, 2, 3, 4, 5, 6].map((n) => peer(n, 0, { trading: false }));
  for (let round = 1; round <= 60; round++) {
    const chosen = brain.choose(peers, 2, round, round * 10_000);
    assert.equal(chosen.length, 2);
    peers = peers.map((one) => {
      const unchoked = chosen.includes(one.connection);
      if (unchoked) counts.set(one.connection, (counts.get(one.connection) ?? 0) + 1);
      return unchoked === one.unchoked ? one : { ...one, unchoked, changedMs: round * 10_000 };
    });
  }
  for (const one of peers) {
    assert.ok((counts.get(one.connection) ?? 0) >= 10, JSON.stringify([...counts]));
  }
});

Deno.test("slots are never exceeded", () => {
  const brain = new TitForTat(config.parse({}));
  const peers = [1, 2, 3].map((n) => peer(n, n));
  assert.deepEqual(brain.choose(peers, 5, 1, 0), [1, 2, 3]);
  assert.equal(brain.choose(peers, 1, 1, 0).length, 1);
  assert.equal(brain.choose(peers, 0, 1, 0).length, 0);
});
