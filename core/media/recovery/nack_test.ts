import assert from "node:assert/strict";
import type { RecoverySpec } from "../api.ts";
import { RtcpWriter } from "../../wire/rtcp.ts";
import { Link } from "../link.ts";
import { Parent } from "../parent.ts";
import { NackRecovery } from "./nack.ts";
import { NACK, Rig } from "../testing/rig.ts";
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
} from "../testing/scenes.ts";

/** Lets `count` packets flow, 2 ms apart, and everything come to rest. */
function flow(scene: ReturnType<typeof chain>, count: number, restMs = 1500): void {
  scene.rig.publish(scene.origin, SSRC, count, 2);
  scene.rig.run(scene.rig.nowMs + count * 2 + restMs);
}

const asap = { ssrc: SSRC, budgetMs: 500, pace: "asap" } as const;

Deno.test("the last packets before a pause are repaired without waiting for the next", () => {
  const scene = chain(1, 1, { delayMs: 10 });
  const receiver = scene.last.receiver(asap);
  scene.rig.run(1300);
  const { weather } = at(scene.links, 0);
  scene.rig.at(scene.rig.nowMs + 190, () => weather.loss = 1);
  scene.rig.at(scene.rig.nowMs + 199, () => weather.loss = 0);
  flow(scene, 100, 200);
  assert.deepEqual(received(scene.last, receiver), range(0, 100));
  assert.ok(counted(scene.last).recoveredByNack >= 4);
});

Deno.test("without recovery nothing is asked for and nothing is answered", () => {
  const scene = chain(2, 1, { delayMs: 10, loss: 0.1 }, { algorithm: "none" });
  scene.rig.run(1300);
  flow(scene, 1000, 5000);
  const here = counted(scene.last);
  assert.equal(here.nacksSent, 0);
  assert.ok(here.gaps > 50);
  assert.equal(here.unrecovered, here.gaps);
});

Deno.test("reordering teaches the wait: hardly a packet is asked for that is only late", () => {
  const scene = chain(3, 1, { delayMs: 45, jitterMs: 10 });
  const receiver = scene.last.receiver(asap);
  scene.rig.run(1300);
  flow(scene, 3000);
  assert.deepEqual(received(scene.last, receiver), range(0, 3000));
  const here = counted(scene.last);
  assert.ok(here.reordered > 500, `${here.reordered} reordered`);
  assert.ok(counted(scene.origin).retransmitsSent < 30, "asked for in vain");
});

Deno.test("a replay teaches no wait: what comes later than any wait is no reordering", () => {
  const recovery = new NackRecovery({ reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 });
  const parent = new Parent(new Link(1), FIRST, 0);
  assert.equal(recovery.firstAskMs(parent, 1000, 400), 1010);
  recovery.reordered(parent, 900, 1000);
  assert.equal(recovery.firstAskMs(parent, 1000, 400), 1010);
  recovery.reordered(parent, 900, 920);
  assert.ok(recovery.firstAskMs(parent, 1000, 400) > 1024);
});

Deno.test("bytes on the wire stay near what the losses cost", () => {
  const scene = chain(4, 1, { delayMs: 10, loss: 0.1 });
  scene.rig.run(1500);
  const before = scene.origin.sentBytes;
  flow(scene, 5000);
  const share = (scene.origin.sentBytes - before) / (5000 * 1328) - 1;
  assert.ok(share < 0.13, `${(share * 100).toFixed(1)} % more`);
  assert.ok(scene.last.feedbackBytes < 0.01 * 5000 * 1328, `${scene.last.feedbackBytes} bytes`);
});

Deno.test("over several hops a repair that is handed on crosses requests and is not sent twice", () => {
  const scene = chain(13, 3, { delayMs: 10, loss: 0.05 });
  const relay = at(scene.nodes, 2);
  scene.rig.run(2500);
  const before = relay.sentBytes;
  flow(scene, 8000);
  const share = (relay.sentBytes - before) / (8000 * 1328) - 1;
  assert.ok(share < 0.085, `${(share * 100).toFixed(1)} % more`);
  assert.equal(counted(scene.last).unrecovered, 0);
});

Deno.test("a relay that misses a packet asks once and hands the repair to all its children", () => {
  const scene = chain(5, 1, { delayMs: 10 });
  const { rig, last: relay } = scene;
  const viewers = [rig.node("a"), rig.node("b"), rig.node("c")];
  rig.open(SSRC);
  const receivers = viewers.map((viewer) => {
    hop(rig, relay, viewer, { delayMs: 10 });
    return viewer.receiver(asap);
  });
  rig.run(1500);
  const { weather } = at(scene.links, 0);
  rig.at(rig.nowMs + 500, () => weather.loss = 1);
  rig.at(rig.nowMs + 504, () => weather.loss = 0);
  flow(scene, 1000);
  for (const [index, viewer] of viewers.entries()) {
    assert.deepEqual(received(viewer, at(receivers, index)), range(0, 1000));
  }
  assert.equal(counted(relay).recoveredByNack, 2);
  assert.equal(counted(scene.origin).retransmitsSent, 2);
  assert.equal(counted(relay).retransmitsSent, 0, "repairs went out as new packets");
});

Deno.test("100,000 requests a second from one child stay within its budget, and siblings do not notice", () => {
  const scene = chain(6, 1, { delayMs: 5 });
  const { rig, origin } = scene;
  const greedy = rig.node("greedy");
  rig.open(SSRC);
  const { down } = hop(rig, origin, greedy, { delayMs: 5 });
  const receiver = scene.last.receiver(asap);
  rig.run(1300);
  rig.publish(origin, SSRC, 1000, 2);
  rig.run(rig.nowMs + 1000);
  const before = origin.sentPackets;
  const writer = new RtcpWriter();
  const began = performance.now();
  for (let step = 0; step < 1000; step++) {
    const wanted = range(FIRST + 200, FIRST + 480);
    writer.reset().receiverReport(1).urgent(SSRC).nack(1, SSRC, wanted, 0);
    const storm = writer.take();
    for (let copy = 0; copy < 100; copy++) {
      origin.act((engine, now) => engine.receiveOne(down, storm, now));
    }
    rig.run(rig.nowMs + 1);
  }
  const spentMs = performance.now() - began;
  const { retransmits } = at(counted(origin).children, 1);
  // Half of the rate for a second, and the half second's worth that the budget holds.
  assert.ok(retransmits <= 500 * 0.5 + 125 + 64 + 10, `${retransmits} sent again`);
  assert.ok(origin.sentPackets - before < 1000 + retransmits + 100);
  assert.ok(counted(origin).retransmitsRefused > 1000);
  assert.ok(spentMs < 3000, `100,000 requests took ${spentMs.toFixed()} ms`);
  rig.run(rig.nowMs + 1500);
  assert.deepEqual(received(scene.last, receiver), range(0, 1000));
});

Deno.test("a loss storm leaves no queue and no storm of requests, and the stream is whole at once", () => {
  const scene = chain(7, 1, { delayMs: 10 });
  const { rig, origin, last } = scene;
  const receiver = last.receiver(asap);
  rig.run(1300);
  const { weather } = at(scene.links, 0);
  rig.at(rig.nowMs + 1000, () => weather.loss = 0.6);
  rig.at(rig.nowMs + 6000, () => weather.loss = 0);
  const startMs = rig.nowMs;
  const [fed, sent] = [last.feedbackBytes, origin.sentBytes];
  rig.publish(origin, SSRC, 5000, 2);
  rig.run(startMs + 6000);
  const feedback = last.feedbackBytes - fed;
  assert.ok(feedback < 0.05 * 3000 * 1328, `${feedback} bytes of requests`);
  const traffic = (origin.sentBytes - sent) / (3000 * 1328);
  assert.ok(traffic < 1.7, `${traffic} times the media's bytes`);
  rig.run(startMs + 12_000);
  const numbers = new Set(received(last, receiver));
  assert.deepEqual(range(3500, 5000).filter((number) => !numbers.has(number)), []);
});

Deno.test("with two parents each fills what the other lost, and nobody is asked for it", () => {
  const rig = new Rig(8);
  const [origin, a, b, viewer] = ["o", "a", "b", "v"].map((name) => rig.node(name));
  assert.ok(origin && a && b && viewer);
  rig.open(SSRC);
  originate(origin);
  hop(rig, origin, a, { delayMs: 5 });
  hop(rig, origin, b, { delayMs: 5 });
  hop(rig, a, viewer, { delayMs: 5, loss: 0.1 });
  hop(rig, b, viewer, { delayMs: 15, loss: 0.1 });
  const receiver = viewer.receiver(asap);
  rig.run(1300);
  rig.publish(origin, SSRC, 2000, 2);
  rig.run(rig.nowMs + 5500);
  assert.deepEqual(received(viewer, receiver), range(0, 2000));
  const here = counted(viewer);
  const delayed = here.repairDelays.counts.reduce((sum, one) => sum + one, 0);
  assert.equal(delayed, here.recoveredByPath + here.recoveredByNack);
  assert.ok(here.repairDelays.sumMs / delayed < 40, `${here.repairDelays.sumMs / delayed} ms`);
  assert.ok(here.recoveredByPath > 100, `${here.recoveredByPath} by path`);
  assert.ok(here.recoveredByNack < 60, `${here.recoveredByNack} by request`);
  assert.equal(here.unrecovered, 0);
});

Deno.test("the last request is repeated where no second round trip fits", () => {
  const limits = { ringPackets: 4096, ringMs: 3000, repairMs: 127 };
  const lossOf = (recovery: RecoverySpec) => {
    const scene = chain(9, 1, { delayMs: 50, loss: 0.05 }, recovery, limits);
    const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs: 127, pace: "smooth" });
    scene.rig.run(1800);
    flow(scene, 8000);
    return 8000 - received(scene.last, receiver).length;
  };
  const lost = lossOf(NACK);
  assert.ok(lost <= 6, `${lost} of 8,000 lost`);
});

Deno.test("where hardly one round trip fits, the answers still come a few milliseconds early", () => {
  const weather = { delayMs: 51, loss: 0.1 };
  const limits = { ringPackets: 4096, ringMs: 3000, repairMs: 450 };
  const scene = chain(14, 1, weather, NACK, limits);
  // The budget is 120 ms; what takes 116 would come too late on a machine with coarse timers.
  const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs: 116, pace: "smooth" });
  scene.last.receiver({ ssrc: SSRC, budgetMs: 120, pace: "smooth" });
  scene.rig.run(2500);
  flow(scene, 10_000);
  const lost = 10_000 - received(scene.last, receiver).length;
  assert.ok(lost <= 20, `${lost} of 10,000 lost`);
});

Deno.test("bursts that swallow several requests in a row leave hardly a packet missing", () => {
  const scene = chain(12, 0, { delayMs: 10 });
  const { rig, origin } = scene;
  const viewer = rig.node("v");
  rig.open(SSRC);
  const bursts = () => {
    // Gilbert-Elliott: bursts of 5 packets, 5 % in the mean, counted in packets of one direction.
    let bad = false;
    return {
      delayMs: 10,
      get loss() {
        if (rig.rng.next() < (bad ? 0.2 : 0.0105)) bad = !bad;
        return bad ? 1 : 0;
      },
    };
  };
  const [down, up] = rig.connect(origin, viewer, bursts(), bursts());
  rig.join(SSRC, origin, down, viewer, up);
  const receiver = viewer.receiver({ ssrc: SSRC, budgetMs: 120, pace: "smooth" });
  rig.run(1800);
  flow(scene, 60_000);
  const lost = 60_000 - received(viewer, receiver).length;
  assert.ok(lost <= 10, `${lost} of 60,000 lost`);
  assert.ok(counted(viewer).gaps > 2000);
});

Deno.test("RIST's range request is answered, marked as a retransmission", () => {
  const scene = chain(10, 1, { delayMs: 5 });
  scene.rig.run(1300);
  flow(scene, 100, 100);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x80cc0003);
  view.setUint32(4, SSRC);
  view.setUint32(8, 0x52495354);
  view.setUint16(12, FIRST + 10);
  view.setUint16(14, 2);
  const { origin } = scene;
  origin.engine.receiveOne(at(scene.links, 0).down, bytes, scene.rig.nowMs);
  const marks = range(0, origin.engine.out.sends).map((index) => {
    const sent = origin.engine.out.sendAt(index)?.bytes;
    return [sent?.[3], (sent?.[11] ?? 0) & 1];
  });
  const low = (FIRST + 10) & 255;
  assert.deepEqual(marks, [[low, 1], [low + 1, 1], [low + 2, 1]]);
});
