import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Discovery } from "../../core/slots.ts";
import type { AnyEnvelope } from "../../core/wire/control_codec.ts";
import { hostKey, limitKey } from "./address.ts";
import { config } from "./config.ts";
import type { In, Out } from "./events.ts";
import { Bootstrapper } from "./protocol.ts";

const named = (text: string): NodeName => text as NodeName;

function peer(name: string, host: string, instance = 1, more: Partial<Peer> = {}): Peer {
  const at = (port: number) => ({ host, port });
  return {
    name: named(name),
    instance,
    roles: ["relay"],
    pop: false,
    control: at(6000),
    keepalive: at(6001),
    media: at(7000),
    ...more,
  };
}

function envelope(one: Peer, rtts: [NodeName, number][] = []): AnyEnvelope {
  const empty = new Uint8Array(0);
  return {
    type: "REGISTER",
    from: one.name,
    instance: one.instance,
    seq: 7,
    body: { peer: one, rtts },
    token: empty,
    mine: empty,
    re: undefined,
  };
}

/** Everybody is everybody's neighbor. */
const mesh: Discovery = {
  assign: (nodes) =>
    new Map(nodes.map(({ peer }) => [
      peer.name,
      nodes.map((other) => other.peer.name).filter((name) => name !== peer.name).sort(),
    ])),
};

/** A brain, its time, and what it sent last to whom. */
class Rig {
  nowMs = 0;
  readonly brain: Bootstrapper;
  readonly out: Out[] = [];

  constructor(options: object = {}, discovery: Discovery = mesh) {
    this.brain = new Bootstrapper(checkConfig(config, options), discovery, 0);
  }

  feed(event: In): readonly Out[] {
    const out = this.brain.handle(event, this.nowMs);
    this.out.push(...out);
    return out;
  }

  open(connection: number, host = "10.0.0.1"): void {
    this.feed({ kind: "opened", connection, host });
  }

  register(connection: number, one: Peer, rtts: [NodeName, number][] = []): readonly Out[] {
    return this.feed({ kind: "message", connection, envelope: envelope(one, rtts) });
  }

  /** Opens and registers. */
  join(connection: number, one: Peer): readonly Out[] {
    this.open(connection, one.control.host);
    return this.register(connection, one);
  }

  run(ms: number): readonly Out[] {
    const untilMs = this.nowMs + ms;
    const before = this.out.length;
    for (let due = this.brain.dueMs(); due !== undefined && due <= untilMs;) {
      this.nowMs = Math.max(this.nowMs, due);
      this.feed({ kind: "tick" });
      due = this.brain.dueMs();
    }
    this.nowMs = untilMs;
    return this.out.slice(before);
  }

  names(): readonly string[] {
    return this.brain.describe(this.nowMs).map((node) => (node as { name: string }).name);
  }
}

function told(out: readonly Out[], connection: number): readonly string[] | undefined {
  const sent = out.filter((one) => one.kind === "send" && one.connection === connection).at(-1);
  if (sent?.kind !== "send" || sent.type !== "REGISTERED") return undefined;
  return sent.body.neighbors.map((one) => one.name);
}

function refused(out: readonly Out[], connection: number): string | undefined {
  const sent = out.find((one) => one.kind === "send" && one.connection === connection);
  return sent?.kind === "send" && sent.type === "REJECTED" ? sent.body.code : undefined;
}

Deno.test("newcomers are answered together, and everybody whose neighbors changed is told once", () => {
  const rig = new Rig();
  for (const i of [1, 2, 3]) {
    assert.equal(told(rig.join(i, peer(`n${i}`, "10.0.0.1")), i), undefined);
  }
  const out = rig.run(60);
  assert.deepEqual(told(out, 1), ["n2", "n3"]);
  assert.equal(out.filter((one) => one.kind === "send").length, 3);
  rig.join(4, peer("n4", "10.0.0.1"));
  assert.deepEqual(told(rig.run(60), 2), ["n1", "n3", "n4"]);
  assert.deepEqual(rig.run(2500).filter((one) => one.kind === "send"), []);
});

Deno.test("a renewal is answered at once, one that changes something when the others are told too", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1"));
  rig.join(2, peer("n2", "10.0.0.1"));
  rig.run(60);
  assert.deepEqual(told(rig.register(1, peer("n1", "10.0.0.1")), 1), ["n2"]);
  assert.equal(told(rig.register(1, peer("n1", "10.0.0.1", 1, { pop: true })), 1), undefined);
  const out = rig.run(60);
  assert.deepEqual([told(out, 1), told(out, 2)], [["n2"], ["n1"]]);
});

Deno.test("a lease survives its connection, and runs out", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1"));
  rig.join(2, peer("n2", "10.0.0.1"));
  rig.feed({ kind: "closed", connection: 1 });
  rig.run(9000);
  rig.register(2, peer("n2", "10.0.0.1"));
  assert.deepEqual(rig.names(), ["n1", "n2"]);
  assert.deepEqual(told(rig.run(1200), 2), []);
  assert.deepEqual(rig.names(), ["n2"]);
});

Deno.test("a higher instance replaces at once, a lower one is refused", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1", 100));
  rig.join(2, peer("n1", "10.0.0.1", 99));
  assert.equal(refused(rig.out, 2), "stale-instance");
  rig.join(3, peer("n1", "10.0.0.1", 101));
  assert.equal(refused(rig.out, 1), "replaced");
  assert.equal(rig.brain.nodes, 1);
  assert.ok(
    !rig.out.some((one) => one.kind === "log" && one.level === "warn"),
    "a restart, no clash",
  );
  rig.join(4, peer("n1", "10.0.0.9", 102));
  const warning = rig.out.find((one) => one.kind === "log" && one.level === "warn");
  assert.ok(warning?.kind === "log");
  assert.deepEqual(warning.fields, { name: "n1", former: "10.0.0.1:6000", now: "10.0.0.9:6000" });
});

Deno.test("the same life from another host is refused while the first is connected", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1"));
  rig.join(2, peer("n1", "10.0.0.2"));
  assert.equal(refused(rig.out, 2), "name-taken");
  rig.feed({ kind: "closed", connection: 1 });
  rig.join(3, peer("n1", "10.0.0.2"));
  assert.equal(refused(rig.out, 3), undefined);
});

Deno.test("a node may claim only the address it connects from, unless config says otherwise", () => {
  const strict = new Rig();
  strict.open(1, "10.0.0.1");
  assert.equal(refused(strict.register(1, peer("n1", "10.0.0.2")), 1), "address");
  strict.open(2, "10.0.0.1");
  const mixed = peer("n2", "10.0.0.1", 1, { media: { host: "8.8.8.8", port: 53 } });
  assert.equal(refused(strict.register(2, mixed), 2), "address");
  strict.open(3, "::ffff:127.0.0.1");
  assert.equal(refused(strict.register(3, peer("n3", "127.0.0.9")), 3), undefined);
  const open = new Rig({ anyAddress: true });
  open.open(1, "10.0.0.1");
  assert.equal(refused(open.register(1, peer("n1", "10.0.0.2")), 1), undefined);
});

Deno.test("a connection registers one node, under its own name", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1"));
  assert.equal(refused(rig.register(1, peer("n2", "10.0.0.1")), 1), "one-node");
  rig.open(2);
  const forged = { ...envelope(peer("n3", "10.0.0.1")), from: named("n1") };
  assert.equal(
    refused(rig.feed({ kind: "message", connection: 2, envelope: forged }), 2),
    "identity",
  );
  assert.deepEqual(rig.names(), ["n1"]);
});

Deno.test("only a node itself deregisters itself", () => {
  const rig = new Rig();
  rig.join(1, peer("n1", "10.0.0.1"));
  const bye = (instance: number): AnyEnvelope => ({
    ...envelope(peer("n1", "10.0.0.1")),
    type: "DEREGISTER",
    body: { name: named("n1"), instance },
  });
  rig.open(2, "10.0.0.2");
  rig.feed({ kind: "message", connection: 2, envelope: bye(1) });
  rig.open(3, "10.0.0.1");
  rig.feed({ kind: "message", connection: 3, envelope: bye(2) });
  assert.deepEqual(rig.names(), ["n1"]);
  rig.feed({ kind: "message", connection: 1, envelope: bye(1) });
  assert.deepEqual(rig.names(), []);
});

Deno.test("connections that do nothing, or too slowly, or too much, are closed and counted", () => {
  const rig = new Rig();
  rig.open(1);
  rig.join(2, peer("n2", "10.0.0.1"));
  rig.feed({ kind: "progress", connection: 2, pending: true });
  rig.join(3, peer("n3", "10.0.0.1"));
  for (let i = 0; i < 30; i++) rig.register(3, peer("n3", "10.0.0.1"));
  rig.open(4);
  rig.feed({ kind: "malformed", connection: 4, why: "malformed" });
  rig.open(5);
  rig.feed({ kind: "malformed", connection: 5, why: "version" });
  rig.join(6, peer("n6", "10.0.0.1"));
  rig.feed({ kind: "stuck", connection: 6 });
  rig.join(7, peer("n7", "10.0.0.1"));
  rig.run(5200);
  const { deadline, slow, flood, malformed, version } = rig.brain.dropped;
  assert.deepEqual([deadline, slow, flood, malformed, version], [1, 1, 1, 1, 1]);
  assert.equal(rig.brain.dropped["slow-reader"], 1);
  assert.equal(rig.brain.connections, 1);
  rig.run(30_000);
  assert.deepEqual([rig.brain.dropped.idle, rig.brain.connections, rig.brain.nodes], [1, 0, 0]);
  assert.equal(rig.brain.dueMs(), undefined, "an idle bootstrapper has no timer");
});

Deno.test("at the limit the oldest connection that registered nothing goes, never a node's", () => {
  const rig = new Rig({ maxConnectionsPerAddress: 3, maxConnections: 4 });
  rig.join(1, peer("n1", "10.0.0.1"));
  for (const i of [2, 3, 4]) rig.open(i);
  assert.deepEqual([1, 2, 3, 4].map((i) => rig.brain.has(i)), [true, false, true, true]);
  for (const i of [3, 4]) rig.register(i, peer(`n${i}`, "10.0.0.1"));
  rig.open(5);
  assert.deepEqual([rig.brain.has(5), rig.brain.dropped["connections-full"]], [false, 1]);
  rig.open(6, "10.0.0.2");
  rig.open(7, "10.0.0.3");
  assert.deepEqual([rig.brain.has(6), rig.brain.has(7)], [false, true], "the total is a limit too");
});

Deno.test("nodes are bounded in total and for each address", () => {
  const rig = new Rig({ maxNodes: 3, maxNodesPerAddress: 2 });
  for (const i of [1, 2, 3]) rig.join(i, peer(`n${i}`, "10.0.0.1"));
  assert.equal(refused(rig.out, 3), "address-full");
  rig.join(4, peer("n4", "10.0.0.2"));
  rig.join(5, peer("n5", "10.0.0.3"));
  assert.equal(refused(rig.out, 5), "nodes-full");
  assert.equal(
    refused(rig.register(1, peer("n1", "10.0.0.1")), 1),
    undefined,
    "who is in stays in",
  );
});

Deno.test("a discovery algorithm that throws leaves neighbors as they were", () => {
  let broken = false;
  const rig = new Rig({}, {
    assign: (nodes) => {
      if (broken) throw new Error("broken");
      return mesh.assign(nodes);
    },
    measure: () => {
      throw new Error("broken");
    },
  });
  rig.join(1, peer("n1", "10.0.0.1"));
  rig.join(2, peer("n2", "10.0.0.1"));
  rig.run(60);
  broken = true;
  rig.join(3, peer("n3", "10.0.0.1"));
  const out = rig.run(60);
  assert.ok(out.some((one) => one.kind === "log" && one.level === "error"));
  assert.deepEqual(told(rig.register(1, peer("n1", "10.0.0.1")), 1), ["n2"]);
});

Deno.test("measured round trips reach the algorithm, at most 256 of each node", () => {
  let seen = 0;
  const rig = new Rig({}, {
    assign: (nodes) => {
      seen = nodes[0]?.rttMs.size ?? 0;
      return mesh.assign(nodes);
    },
  });
  rig.open(1);
  for (const round of [0, 1, 2]) {
    const rtts = Array.from({ length: 200 }, (_, i): [NodeName, number] => [
      named(`x${round}-${i}`),
      1000,
    ]);
    rig.register(1, peer("n1", "10.0.0.1"), rtts);
  }
  rig.run(2100);
  assert.equal(seen, 256);
});

Deno.test("one host has one key, however it is written", () => {
  for (
    const text of [
      "127.0.0.1",
      "127.8.9.1",
      "::1",
      "0:0:0:0:0:0:0:1",
      "::ffff:127.0.0.1",
      "localhost",
    ]
  ) {
    assert.equal(hostKey(text), "loopback", text);
  }
  assert.equal(hostKey("::ffff:10.1.2.3"), "10.1.2.3");
  assert.equal(hostKey("::ffff:a01:203"), "10.1.2.3");
  assert.equal(hostKey("2001:DB8::1"), hostKey("2001:0db8:0:0::0001"));
  assert.equal(hostKey("fe80::1%eth0"), hostKey("fe80::1"));
  assert.notEqual(hostKey("10.1.2.3"), hostKey("10.1.2.4"));
  assert.equal(limitKey("2001:db8:1:2:3::1"), limitKey("2001:db8:1:2:4::9"));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
    assert.equal(hostKey(hostKey(text)), hostKey(text));
    assert.equal(typeof limitKey(text), "string");
  }));
});

Deno.test("whatever comes in whatever order, tables stay bounded and nothing throws", () => {
  const event = fc.record({
    kind: fc.constantFrom("opened", "register", "closed", "malformed", "stuck", "progress", "tick"),
    connection: fc.integer({ min: 1, max: 12 }),
    node: fc.integer({ min: 1, max: 8 }),
    instance: fc.integer({ min: 1, max: 3 }),
    host: fc.integer({ min: 1, max: 3 }),
    stepMs: fc.integer({ min: 0, max: 4000 }),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 120 }), (events) => {
    const rig = new Rig({ maxConnections: 6, maxConnectionsPerAddress: 4, maxNodes: 4 });
    const open = new Set<number>();
    let next = 100;
    for (const { kind, connection, node, instance, host, stepMs } of events) {
      const id = [...open][connection % Math.max(1, open.size)] ?? 0;
      if (kind === "opened") {
        rig.open(++next, `10.0.0.${host}`);
        open.add(next);
      } else if (kind === "register") {
        rig.register(id, peer(`n${node}`, `10.0.0.${host}`, instance));
      } else if (kind === "malformed") rig.feed({ kind, connection: id, why: "malformed" });
      else if (kind === "progress") rig.feed({ kind, connection: id, pending: node % 2 === 0 });
      else if (kind === "tick") rig.run(stepMs);
      else rig.feed({ kind: kind as "closed" | "stuck", connection: id });
      for (const one of rig.out.splice(0)) if (one.kind === "close") open.delete(one.connection);
      assert.ok(rig.brain.connections <= 6 && rig.brain.nodes <= 4);
    }
    rig.run(100_000);
    assert.deepEqual([rig.brain.connections, rig.brain.nodes], [0, 0]);
    assert.equal(rig.brain.dueMs(), undefined);
  }));
});
