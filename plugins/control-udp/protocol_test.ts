import assert from "node:assert/strict";
import { seededRng } from "../../core/rng.ts";
import type { NodeName } from "../../core/ids.ts";
import { decode, encode, NO_COOKIE } from "../../core/wire/control_codec.ts";
import { Rig, type RigNode } from "./rig.ts";

const SEED = Number(Deno.env.get("SEED") ?? 31);
const probe = (nonce: number) => ({ nonce, pad: new Uint8Array(0) });
const nonces = (node: RigNode) =>
  node.received.flatMap((m) => m.type === "PROBE" ? [m.body.nonce] : []);
const drops = (node: RigNode) => node.brain.counters.dropped;

/** Answers every PROBE. */
function answering(node: RigNode): void {
  node.onMessage = (message) => {
    if (message.type !== "PROBE") return;
    const { nonce } = message.body;
    node.reply(message, "PROBED", { nonce, children: 1, maxChildren: 2, closed: false });
  };
}

Deno.test("the first messages wait for the cookie and arrive in order, later ones go at once", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  for (let i = 0; i < 3; i++) a.send(b, "PROBE", probe(i));
  rig.run(14);
  assert.deepEqual(nonces(b), []);
  rig.run(2);
  assert.deepEqual(nonces(b), [0, 1, 2]);
  a.send(b, "PROBE", probe(3));
  rig.run(6);
  assert.deepEqual(nonces(b), [0, 1, 2, 3]);
  b.send(a, "PROBE", probe(4));
  rig.run(6);
  assert.deepEqual(nonces(a), [4], "the answer needs no handshake of its own");
  assert.equal(b.brain.counters.handshakesBegun, 0);
  assert.deepEqual(b.heard, ["a", "a", "a", "a"]);
});

Deno.test("an address that never answers costs seven HELLOs, then its messages are dropped and counted", () => {
  const rig = new Rig(SEED, { loss: 1 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  for (let i = 0; i < 20; i++) a.send(b, "PROBE", probe(i));
  assert.equal(drops(a)["queue-full"], 4);
  rig.run(10_000);
  assert.equal(drops(a)["no-handshake"], 16);
  assert.equal(a.brain.counters.handshakesFailed, 1);
  assert.ok(rig.wire.length >= 6 && rig.wire.length <= 7, `${rig.wire.length}`);
});

Deno.test("the queue for an address is bounded in bytes too", () => {
  const rig = new Rig(SEED, { loss: 1 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  for (let i = 0; i < 16; i++) a.send(b, "PROBE", { nonce: i, pad: new Uint8Array(256) });
  assert.ok(drops(a)["queue-full"] >= 2);
});

Deno.test("a CHALLENGE without the cookie that was given in the HELLO is ignored", () => {
  const rig = new Rig(SEED, { loss: 1 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(1));
  for (const token of [NO_COOKIE, new Uint8Array(8)]) {
    const outs = a.feed({
      kind: "packet",
      from: b.addr,
      bytes: encode({
        type: "CHALLENGE",
        from: b.name,
        instance: 1,
        seq: 1,
        body: {},
        token,
        mine: new Uint8Array(8).fill(9),
        re: undefined,
      }),
    });
    assert.deepEqual(outs, []);
  }
  assert.equal(drops(a)["unasked-challenge"], 2);
});

Deno.test("a request is answered once, with the round trip of the try that was answered", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  const id = a.request(b, "PROBE", probe(7), 1000);
  rig.run(2000);
  const [answer, ...more] = a.answers.get(id) ?? [];
  assert.deepEqual(more, []);
  assert.ok(typeof answer === "object" && answer.type === "PROBED");
  assert.equal(answer.rttMs, 10);
  assert.deepEqual(nonces(b), [7], "no retry was needed");
  assert.equal(a.received.length, 1, "listeners hear answers too");
});

Deno.test("requests get through 20 % loss, reordering and duplication", () => {
  const rig = new Rig(SEED, { loss: 0.2, jitterMs: 30, duplicates: 0.2 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  const ids: number[] = [];
  for (let i = 0; i < 200; i++) {
    ids.push(a.request(b, "PROBE", probe(i), 5000));
    rig.run(20);
  }
  rig.run(6000);
  for (const id of ids) {
    const answers = a.answers.get(id) ?? [];
    assert.equal(answers.length, 1, `seed ${SEED}, request ${id}`);
    assert.equal(typeof answers[0], "object", `seed ${SEED}, request ${id}: ${answers[0]}`);
  }
  assert.equal(a.brain.sizes.requests, 0);
  assert.ok(a.brain.counters.retries > 0 && drops(b).duplicate > 0, `seed ${SEED}`);
});

Deno.test("a datagram that comes twice is handed up once, a retry is handed up again", () => {
  const rig = new Rig(SEED, { duplicates: 1 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(1));
  rig.run(100);
  assert.deepEqual(nonces(b), [1]);
  a.request(b, "PROBE", probe(2), 500, 200);
  rig.run(300);
  assert.deepEqual(nonces(b), [1, 2, 2]);
});

Deno.test("messages that overtake each other are all handed up", () => {
  const rig = new Rig(SEED, { jitterMs: 100 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(0));
  rig.run(500);
  for (let i = 1; i <= 60; i++) {
    a.send(b, "PROBE", probe(i));
    rig.run(2);
  }
  rig.run(500);
  const got = nonces(b);
  assert.notDeepEqual(got, [...got].sort((x, y) => x - y), "the network did reorder");
  assert.deepEqual(got.sort((x, y) => x - y), Array.from({ length: 61 }, (_, i) => i));
});

Deno.test("silence is a timeout when the address had proven itself, and unreachable when not", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(0));
  rig.run(100);
  const known = a.request(b, "PROBE", probe(1), 400);
  rig.run(399);
  assert.deepEqual(a.answers.get(known), []);
  rig.run(1);
  assert.deepEqual(a.answers.get(known), ["timeout"]);
  rig.weather = { ...rig.weather, loss: 1 };
  const c = rig.node("c");
  const unknown = a.request(c, "PROBE", probe(2), 5000);
  rig.run(5000);
  assert.deepEqual(a.answers.get(unknown), ["unreachable"]);
  const sent = rig.wire.length;
  rig.run(10_000);
  assert.equal(rig.wire.length, sent, "nothing goes out after the end");
});

Deno.test("a request keeps the handshake going until its own deadline", () => {
  const rig = new Rig(SEED, { loss: 1 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  const id = a.request(b, "PROBE", probe(1), 10_000);
  rig.run(6000);
  rig.weather = { ...rig.weather, loss: 0 };
  rig.run(2000);
  assert.equal(typeof a.answers.get(id)?.[0], "object");
});

Deno.test("a cancelled request is forgotten", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  const id = a.request(b, "PROBE", probe(1), 1000);
  a.feed({ kind: "cancel", id });
  rig.run(3000);
  assert.deepEqual(a.answers.get(id), []);
  assert.equal(a.brain.sizes.requests, 0);
});

Deno.test("requests beyond the limit fail and are counted", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a", { requestsMax: 2 }), rig.node("b")];
  const ids = [1, 2, 3].map((i) => a.request(b, "PROBE", probe(i), 1000));
  assert.deepEqual(ids.map((id) => a.answers.get(id)), [[], [], ["unreachable"]]);
  assert.equal(drops(a)["request-limit"], 1);
});

Deno.test("a restart of the other side renews the cookie and sends pending requests at once", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  a.send(b, "PROBE", probe(0));
  rig.run(100);
  b.restart(200);
  const id = a.request(b, "PROBE", probe(1), 2000, 1000);
  a.send(b, "WITHDRAW", { origin: a.name, epoch: 1, sequence: 1 });
  rig.run(21);
  assert.equal(typeof a.answers.get(id)?.[0], "object", "two round trips, no retry timer");
  assert.equal(a.brain.counters.renewals, 1);
  const types = b.received.map((message) => message.type).slice(-2).sort();
  assert.deepEqual(types, ["PROBE", "WITHDRAW"], "the one-shot went again too");
});

Deno.test("a restart of the asking side loses nothing that it sends afterwards", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  for (let i = 0; i < 50; i++) a.send(b, "PROBE", probe(i));
  rig.run(100);
  a.restart(200);
  const id = a.request(b, "PROBE", probe(99), 2000);
  rig.run(31);
  assert.equal(typeof a.answers.get(id)?.[0], "object", "lower numbers of a new life are new");
  assert.equal(b.received.at(-1)?.instance, 200);
});

Deno.test("both sides restart and find each other again", () => {
  const rig = new Rig(SEED, { loss: 0.2 });
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  a.send(b, "PROBE", probe(0));
  b.send(a, "PROBE", probe(0));
  rig.run(500);
  a.restart(200);
  b.restart(201);
  const id = a.request(b, "PROBE", probe(1), 5000);
  rig.run(5000);
  assert.equal(typeof a.answers.get(id)?.[0], "object", `seed ${SEED}`);
});

Deno.test("a restarted receiver with a long name is found although its CHALLENGE is longer than the request", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b".repeat(64))];
  a.send(b, "GOODBYE", {});
  rig.run(100);
  b.restart(200);
  b.onMessage = (message) => b.reply(message, "GOODBYE", {});
  const id = a.request(b, "GOODBYE", {}, 3000);
  rig.run(3000);
  assert.equal(typeof a.answers.get(id)?.[0], "object");
  assert.ok(drops(b)["challenge-length"] > 0);
});

Deno.test("an older instance is ignored while the newer one speaks, and believed after ten seconds", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a", {}, 500), rig.node("b")];
  a.send(b, "PROBE", probe(1));
  rig.run(100);
  a.restart(400);
  a.send(b, "PROBE", probe(2));
  rig.run(1000);
  assert.deepEqual(nonces(b), [1]);
  assert.equal(drops(b)["old-instance"], 1);
  rig.run(9000);
  a.send(b, "PROBE", probe(3));
  rig.run(100);
  assert.deepEqual(nonces(b), [1, 3]);
});

Deno.test("a damaged instance in an otherwise right message costs its sender one message at most", () => {
  const damaged = (bytes: Uint8Array, seq: number) => {
    const sent = decode(bytes);
    assert.ok(sent.ok && sent.envelope.type === "PROBE");
    return encode({ ...sent.envelope, instance: 2 ** 40, seq });
  };
  for (const first of [false, true]) {
    const rig = new Rig(SEED);
    const [a, b] = [rig.node("a"), rig.node("b")];
    a.send(b, "PROBE", probe(1));
    // The third datagram is the first PROBE; it is still on its way.
    while (rig.wire.length < 3) rig.run(1);
    const bytes = damaged(rig.wire[2]?.bytes ?? NO_COOKIE, 99);
    if (!first) rig.run(50);
    b.feed({ kind: "packet", from: a.addr, bytes });
    rig.run(50);
    a.send(b, "PROBE", probe(2));
    rig.run(50);
    const numbers = b.received.filter(({ instance }) => instance === 100).length;
    assert.equal(numbers, first ? 1 : 2);
  }
});

Deno.test("two addresses that claim one name are two sessions, told apart by address", () => {
  const rig = new Rig(SEED);
  const b = rig.node("b");
  const first = rig.node("a", {}, 100, 6000);
  const second = rig.node("a", {}, 90, 6001);
  first.send(b, "PROBE", probe(1));
  second.send(b, "PROBE", probe(2));
  rig.run(100);
  assert.deepEqual(b.received.map((m) => [m.from, m.addr.port]), [["a", 6000], ["a", 6001]]);
});

Deno.test("a message from this node's own name is dropped", () => {
  const rig = new Rig(SEED);
  const [a, twin] = [rig.node("a"), rig.node("a", {}, 100, 6001)];
  twin.send(a, "PROBE", probe(1));
  rig.run(4000);
  assert.deepEqual(a.received, []);
  assert.ok(drops(a)["own-name"] > 0);
});

Deno.test("a message that cannot be encoded is a counted fault, and a request with it fails in time", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  const pad = new Uint8Array(300);
  const id = a.request(b, "PROBE", { nonce: 1, pad }, 200);
  a.send(b, "PROBE", { nonce: 1, pad });
  rig.run(300);
  assert.equal(a.faults.length, 2);
  assert.equal(drops(a).unsendable, 2);
  assert.deepEqual(a.answers.get(id), ["timeout"]);
});

Deno.test("tables stay within their limits, and an evicted neighbour is found again", () => {
  const rig = new Rig(SEED);
  const a = rig.node("a", { sessionsMax: 16 });
  const others = Array.from({ length: 40 }, (_, i) => rig.node(`n${i}`));
  for (let round = 0; round < 2; round++) {
    for (const [i, other] of others.entries()) {
      a.send(other, "PROBE", probe(i));
      rig.run(30);
    }
  }
  assert.equal(a.brain.sizes.sessions, 16);
  for (const [i, other] of others.entries()) assert.deepEqual(nonces(other), [i, i]);
});

Deno.test("a neighbour that refuses every cookie does not make us send in a circle", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(0));
  rig.run(50);
  // Another secret at b with every turn: b's cookies are never right.
  let instance = 200;
  const before = rig.wire.length;
  a.request(b, "PROBE", probe(1), 1000);
  for (let i = 0; i < 200; i++) {
    b.restart(instance++);
    rig.run(5);
  }
  assert.ok(rig.wire.length - before < 60, `${rig.wire.length - before} datagrams in 1 s`);
});

Deno.test("a host name is asked, its address answers, and the name may move to another host", () => {
  const rig = new Rig(SEED);
  const a = rig.node("a");
  const here = rig.node("b", {}, 100, 6000, "b1");
  const there = rig.node("b", {}, 200, 6000, "b2");
  for (const node of [here, there]) answering(node);
  const named = { target: { name: here.name, control: { host: "b.example", port: 6000 } } };
  const ask = (nonce: number, forMs: number) => {
    const id = a.request(named, "PROBE", probe(nonce), forMs);
    rig.run(forMs);
    return typeof a.answers.get(id)?.[0];
  };
  rig.hostNames.set("b.example", "b1");
  assert.equal(ask(1, 50), "object");
  assert.equal(ask(2, 11), "object", "no second handshake");
  rig.hostNames.set("b.example", "b2");
  assert.equal(ask(3, 11), "object", "the address itself is still good");
  rig.hostNames.set("b1", "nowhere");
  assert.equal(ask(4, 2000), "object");
  assert.deepEqual([nonces(here), nonces(there)], [[1, 2, 3], [4]]);
});

Deno.test("100,000 hostile datagrams disturb neither the tables nor the messages between two nodes", () => {
  const rig = new Rig(SEED);
  const rng = seededRng(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  answering(b);
  a.send(b, "PROBE", probe(0));
  rig.run(50);
  // Whoever forges a's address never saw what b sent there: its captures hold other cookies.
  const elsewhere = new Rig(SEED + 1);
  elsewhere.node("a").send(elsewhere.node("b"), "PROBE", probe(0));
  elsewhere.run(50);
  const captured = elsewhere.wire.map(({ bytes }) => bytes);
  const ids: number[] = [];
  for (let i = 1; i <= 100_000; i++) {
    const original = captured[i % captured.length] ?? NO_COOKIE;
    const bytes = i % 3 === 0 ? rng.bytes(Math.floor(rng.next() * 150)) : original.slice();
    if (i % 3 !== 0) bytes[Math.floor(rng.next() * bytes.length)] = Math.floor(rng.next() * 256);
    const from = i % 2 === 0
      ? a.addr
      : { host: `h${i % 9000}`, port: 1 + Math.floor(rng.next() * 65535) };
    b.feed({ kind: "packet", from, bytes });
    if (i % 1000 === 0) {
      ids.push(a.request(b, "PROBE", probe(i), 2000));
      rig.run(50);
    }
  }
  rig.run(2000);
  for (const id of ids) assert.equal(typeof a.answers.get(id)?.[0], "object", `seed ${SEED}`);
  const { sessions, strangers } = b.brain.sizes;
  assert.ok(sessions <= 64, `${sessions} sessions: only a's cookie was ever given`);
  assert.ok(strangers <= 4096);
  for (const why of ["malformed", "schema", "token", "challenge-limit"] as const) {
    assert.ok(drops(b)[why] > 0, why);
  }
});

Deno.test("the brain sends nothing to anybody who is silent", () => {
  const rig = new Rig(SEED);
  const a = rig.node("a");
  rig.run(60_000);
  assert.deepEqual(rig.wire, []);
  assert.deepEqual(a.feed({ kind: "tick" }), []);
});

Deno.test("every datagram of a handshake carries what the protocol says", () => {
  const rig = new Rig(SEED);
  const [a, b] = [rig.node("a"), rig.node("b")];
  a.send(b, "PROBE", probe(1));
  rig.run(50);
  const seen = rig.wire.map(({ bytes }) => {
    const decoded = decode(bytes);
    assert.ok(decoded.ok);
    return decoded.envelope;
  });
  assert.deepEqual(seen.map((envelope) => envelope.type), ["HELLO", "CHALLENGE", "PROBE"]);
  const [hello, challenge, message] = seen;
  assert.equal(hello?.token.length, 0);
  assert.deepEqual(challenge?.token, hello?.mine);
  assert.deepEqual(message?.token, challenge?.mine);
  assert.deepEqual(message?.mine, hello?.mine);
  assert.equal(hello?.from, "a" as NodeName);
});
