/** Suites of the slots that carry streams: datapath and exchange. */
import assert from "node:assert/strict";
import type { Ssrc } from "../../core/ids.ts";
import type { EngineEvent, ReceiverEvent } from "../../core/media/api.ts";
import type { Datapath } from "../../core/slots.ts";
import { World } from "../sim/world.ts";
import { filling, type Fixture, mount } from "./fixture.ts";
import { Network } from "./network.ts";
import { peerOf, streamInfo } from "./stand_ins.ts";

const SSRC = 0x1234_5678 as Ssrc;
const LIMITS = { ringPackets: 1024, ringMs: 5_000, repairMs: 300 };

/** Seven TS packets with a number. */
function numbered(n: number): Uint8Array {
  const ts = new Uint8Array(7 * 188);
  for (let at = 0; at < ts.length; at += 188) ts.set([0x47, 0x01, 0x00, 0x10 | (n & 15)], at);
  new DataView(ts.buffer).setUint32(4, n);
  return ts;
}

const numberOf = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset).getUint32(4);

async function pair(fixture: Fixture, world: World) {
  const network = new Network(world, fixture, [["a", "b"]]);
  await network.start("a", "b");
  return { network, a: network.slot("a", "datapath"), b: network.slot("b", "datapath") };
}

/** `a` originates and has `b` for a child; what `b` delivers. */
async function flow(fixture: Fixture, world: World, count: number) {
  const { network, a, b } = await pair(fixture, world);
  const got: number[] = [];
  const ends: string[] = [];
  const hear = (event: ReceiverEvent): void => {
    if (event.kind === "end") ends.push("end");
    else got.push(...event.chunks.map(({ payload }) => numberOf(payload)));
  };
  a.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  a.command({ kind: "originate", ssrc: SSRC, first: 5 });
  b.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  b.receive({ ssrc: SSRC, budgetMs: 1_000, pace: "asap" }, hear);
  const cookie = await cookieOf(world, b, a);
  assert.ok(cookie !== undefined && a.verify(b.local, cookie), "no proof of b's address");
  await cookieOf(world, a, b);
  a.addChild(SSRC, a.link(0, b.local), undefined, (first) => {
    b.command({ kind: "parent", ssrc: SSRC, link: b.link(0, a.local), first });
  });
  const { clock } = network.nodes.get("a")?.ports ?? world.ports("a");
  let sent = 0;
  const push = (): void => {
    a.publish(SSRC, numbered(sent++), clock.now());
    if (sent < count) clock.after(10, push);
  };
  await world.runFor(100);
  push();
  await world.runFor(count * 10 + 3_000);
  return { network, a, b, got, ends, stop: () => network.stopAll() };
}

function cookieOf(world: World, from: Datapath, of: Datapath): Promise<Uint8Array | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  from.cookie(from.link(0, of.local), (cookie) => {
    world.note();
    resolve(cookie);
  });
  return world.until(promise);
}

/** A datapath proves addresses, carries streams in order, and sends nothing unasked. */
export function datapathSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: the same remote gives the same link, another another`, async () => {
    const world = new World({ seed: 1 });
    const { network, a } = await pair(fixture, world);
    const [x, y] = [{ host: "x", port: 1 }, { host: "x", port: 2 }];
    assert.equal(a.link(0, x), a.link(0, { ...x }));
    assert.notEqual(a.link(0, x), a.link(0, y));
    assert.deepEqual(a.local, { host: "a", port: 7000 });
    await network.stopAll();
  });

  Deno.test(`${name}: a cookie proves exactly the address it was given to`, async () => {
    const world = new World({ seed: 2, link: { delayMs: 10 } });
    const { network, a, b } = await pair(fixture, world);
    const cookie = await cookieOf(world, b, a);
    assert.ok(cookie !== undefined);
    assert.equal(a.verify(b.local, cookie), true);
    assert.equal(a.verify({ ...b.local, port: b.local.port + 1 }, cookie), false);
    assert.equal(b.verify(b.local, cookie), false);
    const wrong = cookie.slice();
    wrong[0] = (wrong[0] ?? 0) ^ 1;
    assert.equal(a.verify(b.local, wrong), false);
    const nobody = Promise.withResolvers<Uint8Array | undefined>();
    a.cookie(a.link(0, { host: "10.99.0.1", port: 7000 }), (none) => {
      world.note();
      nobody.resolve(none);
    });
    assert.equal(await world.until(nobody.promise), undefined);
    await network.stopAll();
  });

  Deno.test(`${name}: a session's socket has a port of its own`, async () => {
    const world = new World({ seed: 3 });
    const { network, a } = await pair(fixture, world);
    const [one, two] = [await world.until(a.openSocket()), await world.until(a.openSocket())];
    const ports = new Set([one.local.port, two.local.port, a.local.port]);
    assert.equal(ports.size, 3);
    assert.notEqual(one.id, two.id);
    const before = world.sockets("a");
    a.closeSocket(one.id);
    a.closeSocket(one.id);
    await world.runFor(10);
    assert.equal(world.sockets("a"), before - 1);
    await network.stopAll();
  });

  Deno.test(`${name}: a child gets everything once and in order`, async () => {
    const { got, ends, stop } = await flow(
      fixture,
      new World({ seed: 4, link: { delayMs: 10 } }),
      200,
    );
    assert.deepEqual(got, Array.from({ length: 200 }, (_, i) => i));
    assert.deepEqual(ends, []);
    await stop();
  });

  Deno.test(`${name}: doubled and reordered packets do not show`, async () => {
    const link = {
      delayMs: 20,
      jitterMs: 15,
      fifo: false,
      duplicateShare: 0.3,
    };
    const { got, stop } = await flow(fixture, new World({ seed: 5, link }), 300);
    assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => i));
    await stop();
  });

  Deno.test(`${name}: whatever is lost, nothing comes twice or out of order`, async () => {
    const { got, stop } = await flow(
      fixture,
      new World({ seed: 6, link: { delayMs: 20, jitterMs: 15, fifo: false, lossShare: 0.2 } }),
      300,
    );
    assert.ok(got.length > 150);
    got.reduce((last, n) => {
      assert.ok(n > last, `${n} after ${last}`);
      return n;
    }, -1);
    await stop();
  });

  Deno.test(`${name}: positions and counters tell what went through`, async () => {
    const { a, b, stop } = await flow(
      fixture,
      new World({ seed: 7, link: { delayMs: 10 } }),
      100,
    );
    assert.equal(a.position(SSRC).head, b.position(SSRC).head);
    assert.equal(b.position(SSRC).next, (b.position(SSRC).head ?? 0) + 1);
    assert.ok(a.counters().packetsOut >= 100);
    assert.ok(b.counters().packetsIn >= 100);
    const stream = b.counters().streams.find(({ ssrc }) => ssrc === SSRC);
    assert.equal(stream?.delivered, 100);
    assert.equal(stream?.unrecovered, 0);
    await stop();
  });

  Deno.test(`${name}: an end reaches the child's receivers once`, async () => {
    const world = new World({ seed: 8, link: { delayMs: 10 } });
    const { a, b, ends, stop } = await flow(fixture, world, 50);
    const events: EngineEvent["kind"][] = [];
    b.onEvent((event) => events.push(event.kind));
    a.command({ kind: "end", ssrc: SSRC });
    await world.runFor(3_000);
    assert.ok(events.includes("ended"));
    b.command({ kind: "end", ssrc: SSRC });
    await world.runFor(5_000);
    assert.deepEqual(ends, ["end"]);
    await stop();
  });

  Deno.test(`${name}: an end tells the number of the last packet, however soon it follows`, async () => {
    const world = new World({ seed: 12, link: { delayMs: 10 } });
    const { network, a, got, stop } = await flow(fixture, world, 100);
    const told: EngineEvent[] = [];
    a.onEvent((event) => told.push(event));
    const { clock } = network.nodes.get("a")?.ports ?? world.ports("a");
    for (let i = 100; i < 140; i++) a.publish(SSRC, numbered(i), clock.now());
    a.command({ kind: "end", ssrc: SSRC });
    await world.runFor(3_000);
    const last = told.filter((event) => event.kind === "finished").map((event) => event.last);
    assert.deepEqual(last, [5 + 139]);
    assert.equal(got.at(-1), 139);
    await stop();
  });

  Deno.test(`${name}: who asks twice at once is told twice, the first wish first`, async () => {
    const world = new World({ seed: 13, link: { delayMs: 10 } });
    const { a, b, stop } = await flow(fixture, world, 50);
    a.command({ kind: "child-gone", ssrc: SSRC, link: a.link(0, b.local) });
    await world.runFor(100);
    const told: number[] = [];
    a.addChild(SSRC, a.link(0, b.local), 10, (first) => told.push(first));
    a.addChild(SSRC, a.link(0, b.local), undefined, (first) => told.push(first));
    await world.runFor(100);
    assert.equal(told.length, 2);
    assert.equal(told[0], 10);
    await stop();
  });

  Deno.test(`${name}: nothing flows to one that is no child any more`, async () => {
    const world = new World({ seed: 9, link: { delayMs: 10 } });
    const { network, a, b, stop } = await flow(fixture, world, 50);
    a.command({ kind: "child-gone", ssrc: SSRC, link: a.link(0, b.local) });
    await world.runFor(1_000);
    const before = world.totals("a", "b").bytesSent;
    const { clock } = network.nodes.get("a")?.ports ?? world.ports("a");
    for (let i = 0; i < 100; i++) a.publish(SSRC, numbered(1_000 + i), clock.now());
    await world.runFor(1_000);
    assert.ok(world.totals("a", "b").bytesSent - before < 5_000);
    await stop();
  });

  Deno.test(`${name}: a stream that is opened again knows nothing of its earlier life`, async () => {
    const world = new World({ seed: 14, link: { delayMs: 10 } });
    const { b, stop } = await flow(fixture, world, 50);
    assert.ok(b.position(SSRC).head !== undefined);
    b.command({ kind: "close", ssrc: SSRC });
    b.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
    assert.equal(b.position(SSRC).next, undefined);
    await world.runFor(500);
    assert.equal(b.position(SSRC).next, undefined);
    await stop();
  });

  Deno.test(`${name}: orders about unknown streams are ignored`, async () => {
    const world = new World({ seed: 10 });
    const { network, a } = await pair(fixture, world);
    const ssrc = 2 as Ssrc;
    const link = a.link(0, { host: "x", port: 1 });
    a.command({ kind: "close", ssrc });
    a.command({ kind: "parent", ssrc, link, first: 0 });
    a.command({ kind: "parent-gone", ssrc, link });
    a.command({ kind: "child-gone", ssrc, link });
    a.command({ kind: "end", ssrc });
    a.publish(ssrc, numbered(1), 0);
    assert.equal(a.position(ssrc).head, undefined);
    await world.runFor(1_000);
    await network.stopAll();
  });

  Deno.test(`${name}: noise at the media port harms nothing`, async () => {
    const world = new World({ seed: 11 });
    const { network, b } = await pair(fixture, world);
    for (let i = 0; i < 2_000; i++) {
      const bytes = world.rng.bytes(Math.floor(world.rng.next() * 1400));
      if (i % 2 === 0 && bytes.length > 1) bytes.set([0x80, 33]);
      world.inject({ host: "192.0.2.1", port: 7000 }, b.local, bytes, "media");
    }
    await world.runFor(1_000);
    assert.ok(b.counters().packetsIn + b.counters().malformed + b.counters().strangers > 0);
    await network.stopAll();
  });
}

/** An exchange serves only when told, joins where it may, and gives back what it took. */
export function exchangeSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;
  const parent = peerOf("parent");
  const stream = streamInfo("parent/live", 4_000);

  async function running() {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "exchange", one.life);
    await one.start();
    const sent = (type: string) => mounted.others.control.sent.filter((m) => m.type === type);
    return { mounted, one, it, sent };
  }

  Deno.test(`${name}: a publication is listed, watched by nobody, and goes`, async () => {
    const { mounted, one, it } = await running();
    const info = streamInfo(`${mounted.me.name}/own`, 2_000);
    const publication = it.publish(info);
    assert.deepEqual(publication.info, info);
    assert.equal(publication.watched, false);
    publication.push(numbered(1), mounted.ports.clock.now());
    publication.end();
    publication[Symbol.dispose]();
    publication[Symbol.dispose]();
    await mounted.world.runFor(1_000);
    await one.stop();
  });

  Deno.test(`${name}: a subscription joins the best candidate and is listed until disposed`, async () => {
    const { mounted, one, it, sent } = await running();
    mounted.others.catalog.set([stream]);
    const subscription = it.subscribe({
      stream: stream.name,
      session: "s1",
      candidates: {
        list: () => [{ peer: parent, cost: 1, path: [parent.name] }],
        onChange: () => ({ [Symbol.dispose]: () => {} }),
        distrust: () => {},
        seek: () => {},
      },
    });
    await mounted.world.runFor(2_000);
    assert.ok(sent("JOIN").length > 0, "no JOIN was sent");
    assert.deepEqual(sent("JOIN").map(({ to }) => to.name)[0], parent.name);
    assert.equal(subscription.status().stream, stream.name);
    assert.notEqual(subscription.status().state, "flowing");
    assert.deepEqual(it.subscriptions().map(({ session }) => session), ["s1"]);
    subscription[Symbol.dispose]();
    subscription[Symbol.dispose]();
    await mounted.world.runFor(30_000);
    assert.deepEqual(it.subscriptions(), []);
    await one.stop();
  });

  Deno.test(`${name}: before serve every JOIN is refused`, async () => {
    const { mounted, one, it, sent } = await running();
    const child = peerOf("child");
    mounted.others.control.receive("child", "JOIN", {
      stream: stream.name,
      session: "x",
      media: child.media,
      cookie: new Uint8Array(8),
    });
    await mounted.world.runFor(1_000);
    assert.deepEqual([sent("JOINED").length, sent("PENDING").length], [0, 0]);
    assert.deepEqual(it.children(), []);
    assert.deepEqual(mounted.others.datapath.children, []);
    await one.stop();
  });

  Deno.test(`${name}: a JOIN whose cookie is wrong opens nothing`, async () => {
    const { mounted, one, it, sent } = await running();
    it.serve({ transit: true, maxChildren: 10, maxBitrate: 1e9 });
    it.publish(streamInfo(`${mounted.me.name}/own`, 2_000));
    mounted.others.control.receive("child", "JOIN", {
      stream: streamInfo(`${mounted.me.name}/own`).name,
      session: "x",
      media: peerOf("victim").media,
      cookie: new Uint8Array(3),
    });
    await mounted.world.runFor(1_000);
    assert.equal(sent("JOINED").length, 0);
    assert.deepEqual(mounted.others.datapath.children, []);
    await one.stop();
  });

  Deno.test(`${name}: a JOIN with a proven address is served, and a LEAVE ends it`, async () => {
    const { mounted, one, it, sent } = await running();
    it.serve({ transit: true, maxChildren: 10, maxBitrate: 1e9 });
    const own = streamInfo(`${mounted.me.name}/own`, 2_000);
    it.publish(own);
    const child = peerOf("child");
    const body = { stream: own.name, session: "x", media: child.media };
    mounted.others.control.receive("child", "JOIN", { ...body, cookie: new Uint8Array(8) });
    await mounted.world.runFor(500);
    assert.ok(sent("JOINED").length > 0, "no JOINED was sent");
    assert.deepEqual(it.children().map((one) => [one.child, one.session]), [["child", "x"]]);
    assert.equal(mounted.others.datapath.children[0]?.ssrc, own.ssrc);
    mounted.others.control.receive("child", "LEAVE", body, { seq: 2 });
    await mounted.world.runFor(500);
    assert.deepEqual(it.children(), []);
    await one.stop();
  });

  Deno.test(`${name}: no more children than it was told`, async () => {
    const { mounted, one, it } = await running();
    it.serve({ transit: true, maxChildren: 2, maxBitrate: 1e9 });
    const own = streamInfo(`${mounted.me.name}/own`, 2_000);
    it.publish(own);
    for (let i = 0; i < 5; i++) {
      mounted.others.control.receive(`child${i}`, "JOIN", {
        stream: own.name,
        session: "x",
        media: peerOf(`child${i}`).media,
        cookie: new Uint8Array(8),
      });
      await mounted.world.runFor(100);
    }
    assert.equal(it.children().length, 2);
    await one.stop();
  });

  Deno.test(`${name}: a child that renews no lease is gone`, async () => {
    const { mounted, one, it } = await running();
    it.serve({ transit: true, maxChildren: 2, maxBitrate: 1e9 });
    const own = streamInfo(`${mounted.me.name}/own`, 2_000);
    it.publish(own);
    mounted.others.control.receive("child", "JOIN", {
      stream: own.name,
      session: "x",
      media: peerOf("child").media,
      cookie: new Uint8Array(8),
    });
    await mounted.world.runFor(500);
    assert.equal(it.children().length, 1);
    await mounted.world.runFor(300_000);
    assert.equal(it.children().length, 0);
    await one.stop();
  });

  Deno.test(`${name}: drains at once without children, and within its time with one`, async () => {
    const { mounted, one, it } = await running();
    it.serve({ transit: true, maxChildren: 2, maxBitrate: 1e9 });
    await mounted.world.until(it.drain(1_000), 1_100);
    await one.stop();
    await one.start();
    it.serve({ transit: true, maxChildren: 2, maxBitrate: 1e9 });
    const own = streamInfo(`${mounted.me.name}/own`, 2_000);
    it.publish(own);
    mounted.others.control.receive("child", "JOIN", {
      stream: own.name,
      session: "x",
      media: peerOf("child").media,
      cookie: new Uint8Array(8),
    });
    await mounted.world.runFor(500);
    await mounted.world.until(it.drain(1_000), 1_500);
    await one.stop();
  });
}
