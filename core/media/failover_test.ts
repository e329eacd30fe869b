import assert from "node:assert/strict";
import { Rig, type RigNode } from "./testing/rig.ts";
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

const asap = { ssrc: SSRC, budgetMs: 500, pace: "asap" } as const;

/** Origin, two relays, one viewer fed by the first relay. */
function diamond(seed: number, loss = 0) {
  const rig = new Rig(seed);
  const nodes = ["o", "a", "b", "v"].map((name) => rig.node(name));
  const [origin, a, b, viewer] = [at(nodes, 0), at(nodes, 1), at(nodes, 2), at(nodes, 3)];
  rig.open(SSRC);
  originate(origin);
  hop(rig, origin, a, { delayMs: 5, loss });
  hop(rig, origin, b, { delayMs: 8, loss });
  const first = hop(rig, a, viewer, { delayMs: 5, loss });
  const [down, up] = rig.connect(b, viewer, { delayMs: 8, loss });
  /** What a control plane does: joins the standby with the next wanted number, a round trip away. */
  const failover = () => {
    const { next } = viewer.engine.position(SSRC, rig.nowMs);
    rig.at(rig.nowMs + 8, () => rig.join(SSRC, b, down, viewer, up, next));
  };
  return { rig, origin, a, b, viewer, first, standby: { down, up }, failover };
}

function onSilent(rig: Rig, node: RigNode, fn: () => void, untilMs: number): void {
  let done = false;
  const look = () => {
    if (!done && node.events.some((event) => event.kind === "silent")) {
      done = true;
      fn();
    }
    if (!done && rig.nowMs < untilMs) rig.at(rig.nowMs + 1, look);
  };
  look();
}

Deno.test("a parent that dies is noticed in 100 ms, the standby's ring fills the gap, nothing is lost", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const scene = diamond(seed, 0.02);
    const { rig, viewer, a } = scene;
    const receiver = viewer.receiver(asap);
    rig.run(1300);
    rig.publish(scene.origin, SSRC, 2000, 1.5);
    const diesMs = rig.nowMs + 700 + seed * 13;
    let noticedMs = 0;
    rig.at(diesMs, () => {
      a.frozen = true;
      viewer.events.length = 0;
    });
    rig.at(diesMs, () =>
      onSilent(rig, viewer, () => {
        noticedMs = rig.nowMs;
        scene.failover();
      }, diesMs + 2000));
    rig.run(rig.nowMs + 4500);
    assert.deepEqual(received(viewer, receiver), range(0, 2000), `seed ${seed}`);
    assert.ok(noticedMs - diesMs < 110, `seed ${seed}: noticed after ${noticedMs - diesMs} ms`);
    const kinds = viewer.events.map((event) => event.kind).filter((kind) => kind !== "alive");
    assert.deepEqual(kinds, ["silent", "flowing", "caught-up"], `seed ${seed}`);
  }
});

Deno.test("a frozen parent that wakes passes nothing on as new", () => {
  const scene = diamond(3);
  const { rig, viewer, a } = scene;
  const receiver = viewer.receiver(asap);
  rig.run(1300);
  rig.publish(scene.origin, SSRC, 8000, 2);
  rig.run(rig.nowMs + 1000);
  rig.freeze(a, true);
  onSilent(rig, viewer, scene.failover, rig.nowMs + 2000);
  rig.run(rig.nowMs + 10_000);
  rig.freeze(a, false);
  rig.run(rig.nowMs + 8000);
  assert.deepEqual(received(viewer, receiver), range(0, 8000));
});

Deno.test("handover with both running loses nothing and shows nothing twice", () => {
  const scene = diamond(4, 0.03);
  const { rig, viewer, first } = scene;
  const receiver = viewer.receiver(asap);
  rig.run(1300);
  rig.publish(scene.origin, SSRC, 2000, 2);
  rig.run(rig.nowMs + 1500);
  scene.failover();
  rig.run(rig.nowMs + 300);
  assert.ok(viewer.events.some((one) => one.kind === "caught-up" && one.link === scene.standby.up));
  viewer.act((engine, now) =>
    engine.command({ kind: "parent-gone", ssrc: SSRC, link: first.up }, now)
  );
  rig.run(rig.nowMs + 4000);
  assert.deepEqual(received(viewer, receiver), range(0, 2000));
});

Deno.test("after an outage longer than the ring the stream goes on at the live edge, counted", () => {
  const { rig, links, origin, last } = chain(5, 1, { delayMs: 5 });
  const receiver = last.receiver(asap);
  rig.run(1300);
  rig.publish(origin, SSRC, 20_000, 1);
  rig.run(rig.nowMs + 1000);
  const { weather, down, up } = at(links, 0);
  weather.cut = true;
  rig.run(rig.nowMs + 8000);
  weather.cut = false;
  last.act((engine, now) => engine.command({ kind: "parent-gone", ssrc: SSRC, link: up }, now));
  origin.act((engine, now) => engine.command({ kind: "child-gone", ssrc: SSRC, link: down }, now));
  rig.join(SSRC, origin, down, last, up, last.engine.position(SSRC, rig.nowMs).next);
  rig.run(rig.nowMs + 15_000);
  const numbers = received(last, receiver);
  const skipped = last.events.find((event) => event.kind === "skipped");
  assert.ok(skipped?.kind === "skipped" && skipped.packets > 4500 && skipped.packets < 5500);
  assert.equal(numbers.length, 20_000 - skipped.packets);
  assert.deepEqual(numbers.slice(-15_000).at(-1), 19_999);
  assert.equal(counted(last).lostAtReceivers, skipped.packets);
});

Deno.test("an outage of more than half a turn of the 16-bit numbers confuses nobody", () => {
  const { rig, links, origin, last } = chain(6, 1, { delayMs: 1 });
  const receiver = last.receiver(asap);
  rig.run(1300);
  rig.publish(origin, SSRC, 100_000, 0.1);
  rig.run(rig.nowMs + 500);
  const { weather, down, up } = at(links, 0);
  weather.cut = true;
  rig.run(rig.nowMs + 5000);
  weather.cut = false;
  last.act((engine, now) => engine.command({ kind: "parent-gone", ssrc: SSRC, link: up }, now));
  origin.act((engine, now) => engine.command({ kind: "child-gone", ssrc: SSRC, link: down }, now));
  rig.join(SSRC, origin, down, last, up, last.engine.position(SSRC, rig.nowMs).next);
  rig.run(rig.nowMs + 6000);
  const numbers = received(last, receiver);
  assert.equal(numbers.at(-1), 99_999);
  assert.equal(last.engine.position(SSRC, rig.nowMs).head, FIRST + 99_999);
});

Deno.test("a jump that nobody announced counts only when the next packet confirms it", () => {
  const { rig, links, origin, last } = chain(7, 1, { delayMs: 1 });
  const receiver = last.receiver(asap);
  rig.run(1300);
  rig.publish(origin, SSRC, 10_100, 0.5);
  rig.run(rig.nowMs + 50);
  const { weather } = at(links, 0);
  weather.cut = true;
  rig.run(rig.nowMs + 5000 - 50);
  weather.cut = false;
  rig.run(rig.nowMs + 2000);
  const numbers = received(last, receiver);
  const skipped = last.events.filter((event) => event.kind === "skipped");
  assert.equal(skipped.length, 1);
  assert.equal(numbers.length, 10_100 - at(skipped, 0).packets);
});

Deno.test("a paused source is no dead parent, a dead parent of a paused source is found", () => {
  const { rig, origin, last } = chain(8, 2, { delayMs: 5, loss: 0.05 });
  rig.run(1300);
  rig.publish(origin, SSRC, 500, 2);
  rig.run(rig.nowMs + 5000);
  rig.publish(origin, SSRC, 500, 2);
  rig.run(rig.nowMs + 1000);
  const silent = last.events.filter((event) => event.kind === "silent");
  assert.deepEqual(silent, []);
  const relay = at(rig.nodes, 1);
  rig.run(rig.nowMs + 1000);
  relay.frozen = true;
  rig.run(rig.nowMs + 4000);
  assert.equal(last.events.filter((event) => event.kind === "silent").length, 1);
});

Deno.test("a source that sends in bursts is not called silent between them", () => {
  const { rig, origin, last } = chain(9, 1, { delayMs: 5 });
  rig.run(1300);
  for (let burst = 0; burst < 40; burst++) {
    rig.at(rig.nowMs + burst * 66, () => rig.publish(origin, SSRC, 30, 0));
  }
  rig.run(rig.nowMs + 2600);
  assert.deepEqual(last.events.filter((event) => event.kind === "silent"), []);
});

Deno.test("silence is told once and patience follows the measured spacing", () => {
  const noticed = (everyMs: number): number => {
    const { rig, origin, last, nodes } = chain(10, 1, { delayMs: 5 });
    rig.run(1300);
    rig.publish(origin, SSRC, Math.ceil(3000 / everyMs), everyMs);
    rig.run(rig.nowMs + 2500);
    at(nodes, 0).frozen = true;
    last.events.length = 0;
    rig.run(rig.nowMs + 3000);
    const silent = last.events.filter((event) => event.kind === "silent");
    assert.equal(silent.length, 1);
    return at(silent, 0).silentMs;
  };
  assert.ok(noticed(2) >= 80 && noticed(2) < 90);
  assert.ok(noticed(100) >= 250 && noticed(100) < 600);
});
