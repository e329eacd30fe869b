import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import { seededRng } from "../../core/rng.ts";
import { config } from "./config.ts";
import {
  decode,
  encodeHello,
  encodeOpen,
  Flag,
  Kind,
  Length,
} from "../../core/keepalive/packets.ts";
import { makeBrain } from "./protocol.ts";
import { FAIR, type MakeBrain, Rig, type RigNode } from "../../core/keepalive/rig.ts";

const make: MakeBrain = (me, raw, rng, nowMs) =>
  makeBrain(me, checkConfig(config, raw), rng, nowMs);

function pair(weather = FAIR, seed = 1): { rig: Rig; a: RigNode; b: RigNode } {
  const rig = new Rig(seed, weather, make);
  return { rig, a: rig.add("a"), b: rig.add("b") };
}

function watchingPair(weather = FAIR, seed = 1) {
  const all = pair(weather, seed);
  all.a.watch(all.b);
  all.b.watch(all.a);
  all.rig.run(3000);
  return all;
}

function said(rig: Rig, by: RigNode): string[] {
  return rig.told.filter((one) => one.by === by.name).map((one) => `${one.of} ${one.what}`);
}

function link(of: RigNode, to: RigNode) {
  const found = of.brain.table.watched.get(to.name);
  assert.ok(found !== undefined, `${of.name} does not watch ${to.name}`);
  return found;
}

Deno.test("two nodes that watch each other come up and measure the round trip", () => {
  const { rig, a, b } = watchingPair({ latencyMs: 20, jitterMs: 0, loss: 0 });
  assert.deepEqual([said(rig, a), said(rig, b)], [["b up"], ["a up"]]);
  for (const quality of [link(a, b).quality(), link(b, a).quality()]) {
    assert.equal(quality.state, "up");
    assert.ok(Math.abs((quality.rttMs ?? 0) - 40) < 0.1, `round trip ${quality.rttMs}`);
    assert.equal(quality.lossIn, 0);
  }
});

Deno.test("a node that is watched sends heartbeats though it watches nobody, until nobody wants them", () => {
  const { rig, a, b } = pair();
  a.watch(b);
  rig.run(5000);
  assert.equal(link(a, b).state, "up");
  assert.equal(b.brain.table.watchers.size, 1);
  a.feed({ kind: "unwatch", name: b.name });
  rig.run(9000);
  assert.equal(b.brain.table.watchers.size, 0);
  const sent = b.sentPackets;
  rig.run(15_000);
  assert.equal(b.sentPackets, sent);
});

Deno.test("a watch is counted: only as many unwatches end it", () => {
  const { rig, a, b } = pair();
  a.watch(b);
  a.watch(b);
  a.feed({ kind: "unwatch", name: b.name });
  rig.run(1000);
  assert.equal(link(a, b).state, "up");
  a.feed({ kind: "unwatch", name: b.name });
  assert.equal(a.brain.table.watched.size, 0);
});

Deno.test("a restart is told as down and up, by the new life's handshake, before silence could tell", () => {
  const { rig, a, b } = watchingPair();
  b.restart();
  const beganMs = rig.nowMs;
  b.watch(a);
  rig.run(beganMs + 300);
  assert.deepEqual(said(rig, a), ["b up", "b restarted", "b up"]);
  assert.equal(link(a, b).instance, 2);
});

Deno.test("a restart of a node that watches nobody is found by the token it no longer knows", () => {
  const { rig, a, b } = pair();
  a.watch(b);
  rig.run(2000);
  b.restart();
  rig.run(3000);
  assert.deepEqual(said(rig, a), ["b up", "b restarted", "b up"]);
});

Deno.test("a former life is not listened to", () => {
  const { rig, a, b } = watchingPair();
  a.feed({ kind: "watch", peer: { ...b.peer, instance: 5 } });
  rig.run(rig.nowMs + 5000);
  assert.notEqual(link(a, b).state, "up");
  assert.ok(a.brain.counters.dropped.staleInstance > 0);
});

Deno.test("goodbye is heard at once, and the node is found again when it comes back", () => {
  const { rig, a, b } = watchingPair();
  const leftMs = rig.nowMs;
  b.feed({ kind: "leave" });
  b.feed({ kind: "leave" });
  rig.run(leftMs + 20);
  assert.deepEqual(said(rig, a), ["b up", "b left"]);
  const sent = b.sentPackets;
  rig.run(leftMs + 5000);
  assert.equal(b.sentPackets, sent, "a node that left says nothing any more");
  b.restart();
  rig.run(leftMs + 9000);
  assert.deepEqual(said(rig, a), ["b up", "b left", "b up"]);
});

Deno.test("a node that slept accuses nobody when it wakes", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { rig, a, b } = watchingPair({ latencyMs: 5, jitterMs: 2, loss: 0.02 }, seed);
    a.silent = true;
    rig.run(rig.nowMs + 800 + 4000 * rig.rng.next());
    a.silent = false;
    rig.run(rig.nowMs + 3000);
    assert.ok(!said(rig, a).includes("b silent"), `seed ${seed}: ${said(rig, a)}`);
    assert.ok(a.brain.counters.stalls > 0, `seed ${seed}`);
    assert.equal(link(a, b).state, "up", `seed ${seed}`);
    assert.ok((link(a, b).quality().rttMs ?? 0) < 30, `seed ${seed}: sleep is no round trip`);
  }
});

Deno.test("a healed partition comes up again within three seconds", () => {
  const { rig, a, b } = watchingPair();
  rig.cut.add("a>b").add("b>a");
  rig.run(rig.nowMs + 30_000);
  assert.deepEqual([said(rig, a), said(rig, b)], [["b up", "b silent"], ["a up", "a silent"]]);
  rig.cut.clear();
  rig.run(rig.nowMs + 3000);
  assert.equal(said(rig, a).at(-1), "b up");
  assert.equal(said(rig, b).at(-1), "a up");
});

Deno.test("a link that works one way only is down at both ends, and stays down", () => {
  const { rig, a, b } = watchingPair();
  const cutMs = rig.nowMs;
  rig.cut.add("a>b");
  rig.run(cutMs + 2500);
  assert.deepEqual([said(rig, a), said(rig, b)], [["b up", "b silent"], ["a up", "a silent"]]);
  rig.run(cutMs + 20_000);
  assert.deepEqual([said(rig, a).length, said(rig, b).length], [2, 2]);
});

Deno.test("life on another plane holds off the verdict", () => {
  const { rig, a, b } = watchingPair();
  rig.cut.add("b>a");
  for (let i = 0; i < 30; i++) {
    rig.run(rig.nowMs + 100);
    a.feed({ kind: "heard", name: b.name });
  }
  assert.deepEqual(said(rig, a), ["b up"]);
});

Deno.test("loss is measured, in and out", () => {
  const { rig, a, b } = watchingPair({ latencyMs: 5, jitterMs: 30, loss: 0.2 });
  let [lossIn, lossOut, count] = [0, 0, 0];
  for (let i = 0; i < 300; i++) {
    rig.run(rig.nowMs + 2000);
    const quality = link(a, b).quality();
    lossIn += quality.lossIn;
    lossOut += quality.lossOut;
    count++;
  }
  assert.ok(Math.abs(lossIn / count - 0.2) < 0.03, `in ${lossIn / count}`);
  assert.ok(Math.abs(lossOut / count - 0.2) < 0.03, `out ${lossOut / count}`);
});

Deno.test("a successor goes on where its predecessor stopped, and nobody notices", () => {
  const { rig, a, b } = watchingPair();
  const successor = make({ name: a.name, instance: 1 }, {}, rig.rng, rig.nowMs);
  successor.adopt(a.brain.snapshot(), rig.nowMs);
  a.brain = successor;
  rig.run(rig.nowMs + 10_000);
  assert.deepEqual([said(rig, a), said(rig, b)], [["b up"], ["a up"]]);
  assert.equal(link(a, b).state, "up");
});

Deno.test("nothing but small greetings goes to an address that has not answered", () => {
  const { rig, a, b } = pair();
  b.silent = true;
  a.watch(b);
  rig.run(20_000);
  assert.ok(a.sentPackets >= 8 && a.sentPackets <= 20, `${a.sentPackets} packets`);
  assert.equal(a.sentBytes, a.sentPackets * Length.hello);
});

Deno.test("a stranger opens no state without a cookie that came back", () => {
  const { b, rig } = pair();
  const token = { high: 1, low: 2 };
  const forged = { host: "victim", port: 6001 };
  rig.inject(forged, b, encodeHello(token));
  const open = {
    flags: Flag.watch,
    token,
    cookie: new Uint8Array(8),
    instance: 1,
    stampUs: 0,
    name: rig.nodes[0]?.name ?? b.name,
  };
  rig.inject(forged, b, encodeOpen(open));
  assert.equal(b.brain.table.watchers.size, 0);
  rig.run(10_000);
  assert.equal(b.sentPackets, 2);
});

Deno.test("for no kind of datagram does a forged source get more bytes than were sent", () => {
  for (const [kind, number] of Object.entries(Kind)) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 120 }), (tail) => {
        const { b, rig } = watchingPair();
        const lengths = [...Object.values(Length), tail.length + 2];
        for (const length of lengths) {
          const bytes = new Uint8Array(length);
          bytes.set([1, number, ...tail].slice(0, length));
          const before = b.sentBytes;
          rig.inject({ host: "victim", port: 9 }, b, bytes);
          assert.ok(b.sentBytes - before <= length, `${kind} of ${length} bytes`);
        }
        assert.equal(b.brain.table.watchers.size, 0);
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("no bytes from outside throw, end a life or make a neighbor", () => {
  const { rig, a, b } = watchingPair();
  const seen: Uint8Array[] = [];
  rig.tap = (bytes) => void (seen.length < 200 && seen.push(bytes));
  rig.run(rig.nowMs + 1000);
  rig.tap = undefined;
  const random = seededRng(3);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 110 }), fc.nat(), (noise, at) => {
      rig.inject(b.addr, a, noise);
      const real = seen[at % seen.length];
      if (real === undefined) return;
      const mutated = real.slice();
      mutated[Math.floor(random.next() * mutated.length)] = noise[0] ?? 0;
      rig.inject(b.addr, a, mutated);
    }),
    { numRuns: 5000 },
  );
  rig.run(rig.nowMs + 3000);
  assert.equal(link(a, b).state, "up");
  assert.equal(a.brain.table.watched.size, 1);
  assert.ok(a.brain.counters.dropped.malformed > 0);
});

Deno.test("tables keep their limits, and count what they refuse", () => {
  const rig = new Rig(1, FAIR, make);
  const hub = rig.add("hub", { watchedMax: 2, watchersMax: 3 });
  const others = Array.from({ length: 8 }, (_, i) => rig.add(`n${i}`));
  for (const other of others) {
    hub.watch(other);
    other.watch(hub);
  }
  rig.run(3000);
  const { watched, watchers } = hub.brain.table;
  assert.deepEqual([watched.size, watchers.size], [2, 3]);
  assert.equal(hub.brain.counters.dropped.tooManyWatched, 6);
  assert.ok(hub.brain.counters.dropped.tooManyWatchers > 0);
});

Deno.test("heartbeats keep their spacing, spread by five percent", () => {
  const { rig, a } = watchingPair();
  const times: number[] = [];
  rig.tap = (_bytes, from) => void (from === a && times.push(rig.nowMs));
  rig.run(rig.nowMs + 20_000);
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  assert.ok(gaps.every((gap) => gap > 189 && gap < 211), `${gaps}`);
  assert.ok(new Set(gaps.map((gap) => gap.toFixed(1))).size > 20);
});

Deno.test("a decoder gives back what an encoder was given", () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const token = fc.record({ high: u32, low: u32 }, { noNullPrototype: true });
  fc.assert(fc.property(
    token,
    fc.maxSafeNat(),
    u32,
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    (token, instance, stampUs, text, cookie) => {
      const name = text as RigNode["name"];
      const open = { flags: Flag.watch, token, cookie, instance, stampUs, name };
      const packet = decode(encodeOpen(open));
      assert.deepEqual(packet, { kind: "open", ...open });
    },
  ));
});
