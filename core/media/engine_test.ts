import assert from "node:assert/strict";
import fc from "fast-check";
import { numberedTs, Rig } from "./testing/rig.ts";
import {
  at,
  chain,
  counted,
  FIRST,
  hop,
  originate,
  range,
  received,
  SSRC,
} from "./testing/scenes.ts";

Deno.test("whatever links do, receivers get packets in order, once and equal", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom("asap" as const, "smooth" as const),
      fc.record({
        delayMs: fc.integer({ min: 0, max: 60 }),
        jitterMs: fc.integer({ min: 0, max: 20 }),
        loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
        duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
      }),
      (seed, hops, pace, weather) => {
        const { rig, origin, last } = chain(seed, hops, weather);
        const receiver = last.receiver({ ssrc: SSRC, budgetMs: 600, pace });
        rig.run(1200 + 4 * weather.delayMs);
        rig.publish(origin, SSRC, 200, 3);
        rig.run(rig.nowMs + 3000);
        const numbers = received(last, receiver);
        if (weather.loss < 0.1) assert.ok(numbers.length >= 198, `${numbers.length} of 200`);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a chain of three hops that lose 5 % delivers everything", () => {
  const { rig, origin, last } = chain(1, 3, { delayMs: 10, loss: 0.05 });
  const receiver = last.receiver({ ssrc: SSRC, budgetMs: 500, pace: "asap" });
  rig.run(1100);
  rig.publish(origin, SSRC, 3000, 2);
  rig.run(9000);
  assert.deepEqual(received(last, receiver), range(0, 3000));
});

Deno.test("a packet goes to all children in one piece of work, never back, with equal bytes", () => {
  const rig = new Rig(2);
  const relay = rig.node("relay");
  rig.open(SSRC);
  relay.act((engine, now) => {
    engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: FIRST }, now);
    for (const child of [1, 2, 3]) engine.addChild(SSRC, child, undefined, now, () => {});
  });
  const origin = rig.node("origin");
  origin.act((engine, now) => {
    const limits = { ringPackets: 64, ringMs: 1000, repairMs: 100 };
    engine.command({ kind: "open", ssrc: SSRC, limits }, now);
    engine.command({ kind: "originate", ssrc: SSRC, first: FIRST }, now);
    engine.addChild(SSRC, 9, undefined, now, () => {});
  });
  origin.engine.publish(SSRC, numberedTs(7), rig.nowMs, rig.nowMs);
  const packet = origin.engine.out.sendAt(0);
  assert.ok(packet);
  relay.engine.receiveOne(1, packet.bytes, rig.nowMs);
  assert.equal(relay.engine.out.sends, 1);
  const sent = relay.engine.out.sendAt(0);
  assert.deepEqual(sent?.targets, [2, 3]);
  assert.equal(sent.bytes, packet.bytes);
});

Deno.test("a child that joins late is replayed from the ring at a bounded pace, in order, then live", () => {
  const { rig, origin } = chain(3, 1, { delayMs: 5 });
  const late = rig.node("late");
  const limits = { ringPackets: 4096, ringMs: 3000, repairMs: 400 };
  late.act((engine, now) => engine.command({ kind: "open", ssrc: SSRC, limits }, now));
  rig.publish(origin, SSRC, 1500, 1);
  rig.run(rig.nowMs + 1000);
  const receiver = late.receiver({ ssrc: SSRC, budgetMs: 200, pace: "asap", from: FIRST + 100 });
  const [down, up] = rig.connect(origin, late, { delayMs: 5 });
  const before = origin.sentPackets;
  rig.join(SSRC, origin, down, late, up, FIRST + 100);
  assert.ok(origin.sentPackets - before <= 32, "the first burst");
  const perStep: number[] = [];
  for (let step = 0; step < 50; step++) {
    const sent = counted(origin).children.find((child) => child.link === down)?.packets ?? 0;
    rig.run(rig.nowMs + 2);
    perStep.push((counted(origin).children.find((one) => one.link === down)?.packets ?? 0) - sent);
  }
  assert.ok(Math.max(...perStep) <= 32, `at most 32 in 2 ms: ${perStep}`);
  rig.run(rig.nowMs + 2000);
  assert.deepEqual(received(late, receiver), range(100, 1500));
  assert.equal(counted(late).duplicates, 0);
  assert.equal(at(counted(origin).children, 1).catchingUp, false);
});

Deno.test("repeating addChild moves nothing, unless it goes back beyond what is on its way", () => {
  const { rig, origin, links } = chain(4, 1, { delayMs: 5 });
  rig.publish(origin, SSRC, 500, 2);
  rig.run(rig.nowMs + 1000);
  const { down } = at(links, 0);
  const firsts: number[] = [];
  const again = (from: number | undefined) =>
    origin.act((engine, now) =>
      engine.addChild(SSRC, down, from, now, (first) => firsts.push(first))
    );
  const { packets } = at(counted(origin).children, 0);
  again(undefined);
  again(FIRST + 500);
  assert.deepEqual(firsts, [FIRST + 500, FIRST + 500]);
  assert.equal(at(counted(origin).children, 0).packets, packets);
  again(FIRST + 400);
  rig.run(rig.nowMs + 500);
  assert.equal(firsts[2], FIRST + 400);
  assert.equal(at(counted(origin).children, 0).packets, packets + 100);
});

Deno.test("a child that joins before the numbers are known is told as soon as they are", () => {
  const rig = new Rig(5);
  const relay = rig.node("relay");
  rig.open(SSRC);
  const firsts: number[] = [];
  relay.act((engine, now) =>
    engine.addChild(SSRC, 5, undefined, now, (first) => firsts.push(first))
  );
  assert.deepEqual(firsts, []);
  relay.act((engine, now) =>
    engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: 777 }, now)
  );
  assert.deepEqual(firsts, [777]);
});

Deno.test("without children and parents not one packet leaves", () => {
  const { rig, origin, last, links } = chain(6, 1, { delayMs: 5 });
  rig.publish(origin, SSRC, 100, 2);
  rig.run(rig.nowMs + 1000);
  const { down, up } = at(links, 0);
  origin.act((engine, now) => engine.command({ kind: "child-gone", ssrc: SSRC, link: down }, now));
  last.act((engine, now) => engine.command({ kind: "parent-gone", ssrc: SSRC, link: up }, now));
  rig.run(rig.nowMs + 100);
  const sent = [origin.sentPackets, last.sentPackets];
  rig.publish(origin, SSRC, 100, 2);
  rig.run(rig.nowMs + 10_000);
  assert.deepEqual([origin.sentPackets, last.sentPackets], sent);
});

Deno.test("an unknown stream is counted, and whoever goes on sending it is told on", () => {
  const { rig, origin, last } = chain(7, 1, { delayMs: 1 });
  rig.run(1100);
  last.act((engine, now) => engine.command({ kind: "close", ssrc: SSRC }, now));
  rig.publish(origin, SSRC, 1500, 2);
  rig.run(rig.nowMs + 3500);
  const unwanted = last.events.filter((event) => event.kind === "unwanted");
  assert.equal(last.engine.tally.unknownStream, 1500);
  assert.equal(unwanted.length, 2, "after a second of grace, once a second");
});

Deno.test("media that overtakes the order to accept it waits, and is used", () => {
  const rig = new Rig(8);
  const [parent, child] = [rig.node("parent"), rig.node("child")];
  rig.open(SSRC);
  originate(parent);
  const [down, up] = rig.connect(parent, child, { delayMs: 1 });
  parent.act((engine, now) => engine.addChild(SSRC, down, undefined, now, () => {}));
  const receiver = child.receiver({ ssrc: SSRC, budgetMs: 100, pace: "asap" });
  rig.publish(parent, SSRC, 100, 2);
  rig.run(rig.nowMs + 150);
  assert.equal(received(child, receiver).length, 0);
  child.act((engine, now) =>
    engine.command({ kind: "parent", ssrc: SSRC, link: up, first: FIRST }, now)
  );
  rig.run(rig.nowMs + 200);
  assert.deepEqual(received(child, receiver), range(0, 100));
});

Deno.test("the end reaches receivers after the last packet, once", () => {
  const { rig, origin, last } = chain(9, 1, { delayMs: 5, loss: 0.2 });
  const receiver = last.receiver({ ssrc: SSRC, budgetMs: 400, pace: "smooth" });
  rig.run(1100);
  rig.publish(origin, SSRC, 200, 2);
  rig.at(rig.nowMs + 400, () => {
    origin.act((engine, now) => engine.command({ kind: "end", ssrc: SSRC }, now));
  });
  rig.run(rig.nowMs + 600);
  assert.equal(last.events.filter((event) => event.kind === "ended").length, 1);
  last.act((engine, now) => engine.command({ kind: "end", ssrc: SSRC }, now));
  rig.run(rig.nowMs + 1000);
  assert.deepEqual(received(last, receiver), range(0, 200));
  assert.ok(last.ended.has(receiver));
});

Deno.test("a partial packet leaves after 20 ms, a full one at once", () => {
  const rig = new Rig(10);
  const origin = rig.node("origin");
  rig.open(SSRC);
  originate(origin);
  const receiver = origin.receiver({ ssrc: SSRC, budgetMs: 100, pace: "asap" });
  const push = (bytes: number) =>
    origin.act((engine, now) => engine.publish(SSRC, numberedTs(1).subarray(0, bytes), now, now));
  push(188 * 7);
  assert.equal(origin.chunks.get(receiver)?.length, 1);
  push(188 * 2);
  rig.run(rig.nowMs + 19);
  assert.equal(origin.chunks.get(receiver)?.length, 1);
  rig.run(rig.nowMs + 2);
  assert.equal(origin.chunks.get(receiver)?.at(1)?.payload.length, 376);
  push(100);
  assert.equal(origin.engine.tally.malformed, 1);
});

Deno.test("one slow child costs its siblings nothing", () => {
  const rig = new Rig(11);
  const [origin, good, bad] = [rig.node("origin"), rig.node("good"), rig.node("bad")];
  rig.open(SSRC);
  originate(origin);
  hop(rig, origin, good, { delayMs: 5 });
  const [down, up] = rig.connect(origin, bad, { delayMs: 200, loss: 0.6 }, { delayMs: 200 });
  rig.join(SSRC, origin, down, bad, up);
  const receiver = good.receiver({ ssrc: SSRC, budgetMs: 50, pace: "asap" });
  rig.run(1500);
  rig.publish(origin, SSRC, 6000, 2);
  rig.run(rig.nowMs + 13_000);
  assert.deepEqual(received(good, receiver), range(0, 6000));
  assert.ok(origin.events.some((event) => event.kind === "struggling"));
});
