import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import { ConfigError } from "../../core/plugin.ts";
import { seededRng } from "../../core/rng.ts";
import type { Registration } from "../../core/slots.ts";
import { config } from "./config.ts";
import { NearestDiscovery } from "./protocol.ts";

const named = (text: string): NodeName => text as NodeName;

function registration(
  name: string,
  roles: readonly string[],
  rttMs: ReadonlyMap<NodeName, number> = new Map(),
  pop = false,
): Registration {
  const at = { host: "127.0.0.1", port: 1 };
  const peer: Peer = {
    name: named(name),
    instance: 1,
    roles,
    pop,
    control: at,
    keepalive: at,
    media: at,
  };
  return { peer, rttMs, registeredMs: 0 };
}

type Assignment = ReadonlyMap<NodeName, readonly NodeName[]>;

function assertSymmetric(result: Assignment): void {
  for (const [name, others] of result) {
    assert.equal(new Set(others).size, others.length, `${name} has a neighbor twice`);
    for (const other of others) {
      assert.notEqual(other, name);
      assert.ok(result.get(other)?.includes(name), `${name} has ${other}, not the other way`);
    }
  }
}

function reachable(result: Assignment, start: NodeName): Set<NodeName> {
  const seen = new Set([start]);
  for (const name of seen) for (const other of result.get(name) ?? []) seen.add(other);
  return seen;
}

/** Nodes on a plane; round trip = distance. Each has measured the others with probability `knownShare`. */
function plane(count: number, viewers: number, seed: number, knownShare: number): Registration[] {
  const rng = seededRng(seed);
  const points = Array.from({ length: count }, (_, i) => ({
    name: named(`n${i}`),
    x: rng.next() * 100,
    y: rng.next() * 100,
    viewer: i < viewers,
    pop: rng.next() < 0.3,
  }));
  return points.map((a) => {
    const rttMs = new Map<NodeName, number>();
    for (const b of points) {
      if (a !== b && rng.next() < knownShare) {
        rttMs.set(b.name, 2 + Math.hypot(a.x - b.x, a.y - b.y));
      }
    }
    return registration(a.name, [a.viewer ? "viewer" : "relay"], rttMs, a.pop && !a.viewer);
  });
}

const defaults = checkConfig(config, {});

Deno.test("whatever the nodes, the graph is symmetric, connected and bounded, and viewers are leaves", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 60 }),
    fc.double({ min: 0, max: 0.7, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer(),
    (count, viewerShare, knownShare, seed) => {
      const nodes = plane(count, Math.floor(count * viewerShare), seed, knownShare);
      const discovery = new NearestDiscovery(defaults);
      const result = discovery.assign(nodes);
      assertSymmetric(result);
      assert.equal(result.size, count);
      const viewers = new Set(
        nodes.filter((n) => n.peer.roles[0] === "viewer").map((n) => n.peer.name),
      );
      assert.equal(reachable(result, nodes.at(-1)?.peer.name ?? named("x")).size, count);
      for (const [name, others] of result) {
        const relays = others.filter((other) => !viewers.has(other));
        if (viewers.has(name)) {
          assert.equal(relays.length, others.length, "a viewer has a viewer");
          assert.ok(relays.length <= 2);
        } else assert.ok(relays.length <= 16);
      }
    },
  ));
});

Deno.test("without random links the cheapest bridges keep the graph connected", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 40 }), fc.integer(), (count, seed) => {
    const discovery = new NearestDiscovery(checkConfig(config, { random: 0, nearest: 1 }));
    const nodes = plane(count, 0, seed, 1);
    const result = discovery.assign(nodes);
    assertSymmetric(result);
    assert.equal(reachable(result, named("n0")).size, count);
  }));
});

Deno.test("the order in which nodes are given does not matter", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (count, seed) => {
    const nodes = plane(count, Math.floor(count / 3), seed, 0.5);
    const one = new NearestDiscovery(defaults).assign(nodes);
    const two = new NearestDiscovery(defaults).assign([...nodes].reverse());
    assert.deepEqual([...one].sort(), [...two].sort());
  }));
});

Deno.test("round trips that move by less than the hysteresis change no neighbor", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 40 }), fc.integer(), (count, seed) => {
    const nodes = plane(count, Math.floor(count / 3), seed, 1);
    const discovery = new NearestDiscovery(defaults);
    const before = discovery.assign(nodes);
    const rng = seededRng(seed + 1);
    const moved = nodes.map((node) => ({
      ...node,
      rttMs: new Map([...node.rttMs].map(([k, v]) => [k, v * (0.92 + 0.16 * rng.next())])),
    }));
    assert.deepEqual(discovery.assign(moved), before);
  }));
});

Deno.test("a node that becomes much nearer becomes a neighbor", () => {
  const discovery = new NearestDiscovery(checkConfig(config, { nearest: 1, random: 0 }));
  const nodes = (far: number): Registration[] => [
    registration("a", ["relay"], new Map([[named("b"), 20], [named("c"), far]])),
    registration("b", ["relay"], new Map([[named("c"), 5]])),
    registration("c", ["relay"], new Map([[named("b"), 5]])),
  ];
  assert.deepEqual(discovery.assign(nodes(30)).get(named("a")), ["b"]);
  assert.deepEqual(discovery.assign(nodes(18)).get(named("a")), ["b"]);
  assert.deepEqual(discovery.assign(nodes(10)).get(named("a")), ["c"]);
});

Deno.test("with everything measured each node has its nearest ones", () => {
  const nodes = plane(50, 0, 7, 1);
  const result = new NearestDiscovery(defaults).assign(nodes);
  for (const { peer, rttMs } of nodes) {
    const nearest = [...rttMs].sort((a, b) => a[1] - b[1]).slice(0, 3).map(([name]) => name);
    for (const name of nearest) assert.ok(result.get(peer.name)?.includes(name));
  }
});

Deno.test("one more node changes few links of the others", () => {
  const nodes = plane(100, 0, 3, 0);
  const discovery = new NearestDiscovery(defaults);
  const before = discovery.assign(nodes);
  const after = discovery.assign([...nodes, registration("z", ["relay"])]);
  let gone = 0;
  for (const [name, others] of before) {
    for (const other of others) if (!after.get(name)?.includes(other)) gone++;
  }
  assert.ok(gone <= 12, `${gone} link ends went`);
});

Deno.test("viewers prefer POPs and spread when these are full", () => {
  const discovery = new NearestDiscovery(
    checkConfig(config, { viewerNeighbors: 1, maxViewers: 2 }),
  );
  const nodes = [
    registration("p", ["relay"], new Map(), true),
    registration("r", ["relay"]),
    ...["v1", "v2", "v3"].map((name) => registration(name, ["viewer"])),
  ];
  const result = discovery.assign(nodes);
  assert.deepEqual(result.get(named("p")), ["r", "v1", "v2"]);
  assert.deepEqual(result.get(named("r")), ["p", "v3"]);
  const later = discovery.assign([...nodes, registration("v0", ["viewer"])]);
  assert.deepEqual(later.get(named("v1")), ["p"], "a newcomer displaces nobody");
  assert.deepEqual(later.get(named("v0")), ["r"]);
});

Deno.test("measuring what is asked for leads every node to its nearest ones", () => {
  const truth = plane(120, 0, 11, 1);
  const discovery = new NearestDiscovery(defaults);
  const known = new Map(truth.map((n) => [n.peer.name, new Map<NodeName, number>()]));
  const share: number[] = [];
  for (let round = 0; round < 30; round++) {
    const nodes = truth.map((n) => ({ ...n, rttMs: known.get(n.peer.name) ?? new Map() }));
    const result = discovery.assign(nodes);
    let right = 0;
    for (const { peer, rttMs } of truth) {
      const best = [...rttMs.values()].sort((a, b) => a - b);
      const got = (result.get(peer.name) ?? []).map((name) => rttMs.get(name) ?? Infinity)
        .sort((a, b) => a - b);
      // As near as the hysteresis (20 % and 1 ms) lets a neighbor stay.
      for (const i of [0, 1, 2]) {
        if ((got[i] ?? Infinity) * 0.8 - 1 <= (best[i] ?? 0)) right++;
      }
      const asked = discovery.measure(peer.name);
      assert.ok(asked.length <= 4 && !asked.includes(peer.name));
      for (const other of [...asked, ...result.get(peer.name) ?? []]) {
        known.get(peer.name)?.set(other, rttMs.get(other) ?? 0);
      }
    }
    share.push(right / (3 * truth.length));
  }
  assert.ok((share[10] ?? 0) > 0.8, `after 10 rounds ${share[10]}`);
  assert.ok((share.at(-1) ?? 0) > 0.97, `after 30 rounds ${share.at(-1)}`);
});

Deno.test("a thousand nodes get their neighbors, each within the bound and on both sides", () => {
  const nodes = plane(1000, 300, 5, 0.03);
  const assigned = new NearestDiscovery(defaults).assign(nodes);
  assert.equal(assigned.size, 1000);
  for (const [name, neighbors] of assigned) {
    assert.ok(
      neighbors.length > 0 && neighbors.length <= defaults.maxNeighbors + defaults.maxViewers,
      name,
    );
    for (const other of neighbors) {
      assert.ok(assigned.get(other)?.includes(name), `${name} ${other}`);
    }
  }
});

Deno.test("a bound too small for what is asked is refused", () => {
  assert.throws(() => checkConfig(config, { nearest: 5, maxNeighbors: 4 }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.issues[0]?.path, ["maxNeighbors"]);
    return true;
  });
});
