/** Suites of the slots that are pure functions: discovery, path and recovery. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../../core/ids.ts";
import type { Candidate, Registration } from "../../core/slots.ts";
import { filling, type Fixture, mount } from "./fixture.ts";
import { peerOf } from "./stand_ins.ts";

/** A started filling. */
async function started<K extends "discovery" | "path" | "recovery">(fixture: Fixture, slot: K) {
  const mounted = mount(fixture);
  const one = mounted.create();
  await one.start();
  return { it: filling(mounted, slot, one.life), stop: () => one.stop() };
}

const registrations = fc.uniqueArray(fc.nat(500), { maxLength: 40 }).chain((ids) =>
  fc.array(fc.integer({ min: 1, max: 300 }), { minLength: ids.length, maxLength: ids.length })
    .map((rtts) =>
      ids.map((id, index): Registration => ({
        peer: peerOf(`n${id}`, `10.0.${id >> 8}.${id & 255}`),
        rttMs: new Map(
          ids.slice(0, index).map((other) => [`n${other}` as NodeName, rtts[index] ?? 1]),
        ),
        registeredMs: index,
      }))
    )
);

/** Whether everybody can be reached from anybody. */
function isConnected(graph: ReadonlyMap<NodeName, readonly NodeName[]>): boolean {
  const [first] = graph.keys();
  if (first === undefined) return true;
  const seen = new Set([first]);
  const open = [first];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const next of graph.get(at) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen.size === graph.size;
}

/** Neighbours are symmetric, registered, never oneself, and connect everybody. */
export function discoverySuite(fixture: Fixture & { readonly connects?: boolean }): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: assigns symmetric neighbors among the registered, never oneself`, async () => {
    const { it, stop } = await started(fixture, "discovery");
    fc.assert(fc.property(registrations, (nodes) => {
      const graph = it.assign(nodes);
      const known = new Set(nodes.map(({ peer }) => peer.name));
      assert.deepEqual(new Set(graph.keys()), known);
      for (const [node, neighbors] of graph) {
        assert.equal(new Set(neighbors).size, neighbors.length, `${node} has one twice`);
        for (const other of neighbors) {
          assert.ok(known.has(other), `${other} is not registered`);
          assert.notEqual(other, node);
          assert.ok(graph.get(other)?.includes(node), `${node} has ${other}, not the other way`);
        }
      }
    }));
    await stop();
  });

  if (fixture.connects !== false) {
    Deno.test(`${name}: connects everybody`, async () => {
      const { it, stop } = await started(fixture, "discovery");
      fc.assert(fc.property(registrations, (nodes) => isConnected(it.assign(nodes))));
      await stop();
    });
  }

  Deno.test(`${name}: two with the same history assign the same`, async () => {
    const [a, b] = [await started(fixture, "discovery"), await started(fixture, "discovery")];
    fc.assert(fc.property(registrations, (nodes) => {
      assert.deepEqual(a.it.assign(nodes), b.it.assign(nodes));
    }));
    await a.stop();
    await b.stop();
  });

  Deno.test(`${name}: asks to measure at most 16 registered others`, async () => {
    const { it, stop } = await started(fixture, "discovery");
    const nodes = fc.sample(registrations, { numRuns: 5, seed: 1 }).flat().slice(0, 60);
    const unique = [...new Map(nodes.map((node) => [node.peer.name, node])).values()];
    it.assign(unique);
    const known = new Set(unique.map(({ peer }) => peer.name));
    for (const name of known) {
      const wanted = it.measure?.(name) ?? [];
      assert.ok(wanted.length <= 16);
      assert.ok(wanted.every((other) => known.has(other) && other !== name));
    }
    await stop();
  });

  Deno.test(`${name}: 1,000 nodes are assigned within a second`, async () => {
    const { it, stop } = await started(fixture, "discovery");
    const nodes = Array.from({ length: 1000 }, (_, i): Registration => ({
      peer: peerOf(`n${i}`, `10.1.${i >> 8}.${i & 255}`),
      rttMs: new Map(
        Array.from({ length: 16 }, (_, k) => [`n${(i * 7 + k * 13) % 1000}` as NodeName, k + 1]),
      ),
      registeredMs: i,
    }));
    const began = performance.now();
    it.assign(nodes);
    assert.ok(performance.now() - began < 1000);
    await stop();
  });
}

const candidates = fc.uniqueArray(
  fc.record({
    name: fc.integer({ min: 1, max: 12 }),
    cost: fc.nat(1000),
    hops: fc.array(fc.integer({ min: 20, max: 30 }), { maxLength: 4 }),
  }),
  { maxLength: 8, selector: (one) => one.name },
).map((list) =>
  list.map(({ name, cost, hops }): Candidate => ({
    peer: peerOf(`p${name}`),
    cost,
    path: ["origin", ...hops.map((hop) => `r${hop}`), `p${name}`].map((n) => n as NodeName),
  })).sort((a, b) => a.cost - b.cost)
);
const held = fc.array(fc.integer({ min: 1, max: 14 }).map((n) => `p${n}` as NodeName), {
  maxLength: 3,
});

/** A path policy returns parents wherever there are candidates, and only candidates. */
export function pathSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: has a parent whenever there is a candidate, and only candidates`, async () => {
    const { it, stop } = await started(fixture, "path");
    fc.assert(fc.property(candidates, held, (list, current) => {
      const before = structuredClone(list);
      const { parents, standby } = it.choose(list, current);
      assert.deepEqual(list, before, "it changes what it is given");
      assert.equal(parents.length > 0, list.length > 0);
      const all = standby === undefined ? parents : [...parents, standby];
      assert.equal(new Set(all.map(({ peer }) => peer.name)).size, all.length, "one is twice");
      assert.ok(all.every((one) => list.includes(one)));
      assert.deepEqual(it.choose(list, current), { parents, standby }, "it is not pure");
    }));
    await stop();
  });

  Deno.test(`${name}: what it chose it chooses again`, async () => {
    const { it, stop } = await started(fixture, "path");
    fc.assert(fc.property(candidates, held, (list, current) => {
      const first = it.choose(list, current).parents.map(({ peer }) => peer.name);
      const again = it.choose(list, first).parents.map(({ peer }) => peer.name);
      const third = it.choose(list, again).parents.map(({ peer }) => peer.name);
      assert.deepEqual(third, again, "it never comes to rest");
    }));
    await stop();
  });
}

/** A recovery names its algorithm as plain data. */
export function recoverySuite(fixture: Fixture): void {
  Deno.test(`${fixture.plugin.name}: its spec is plain data, the same each time`, async () => {
    const { it, stop } = await started(fixture, "recovery");
    const spec = it.spec();
    assert.deepEqual(structuredClone(spec), spec);
    assert.deepEqual(JSON.parse(JSON.stringify(spec)), JSON.parse(JSON.stringify(it.spec())));
    assert.ok(["none", "nack", "fec"].includes(spec.algorithm));
    await stop();
  });
}
