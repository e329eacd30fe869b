/** Suites of slots with a small interface: membership, pop, role, observer, chaos, piece picker and choker. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName, Peer } from "../../core/ids.ts";
import type { ChokeView, PickerView, PopInfo } from "../../core/slots.ts";
import type { Message } from "../../core/wire/messages.ts";
import { filling, type Fixture, mount, type Mounted, NOTHING_HELD } from "./fixture.ts";
import { type FakeControl, peerOf } from "./stand_ins.ts";

/** A membership knows itself, and says whether it is a POP. */
export function membershipSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: it knows itself as others shall, and what it offers`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "membership", one.life);
    await one.start();
    const self = it.self();
    assert.equal(self.name, mounted.me.name);
    assert.equal(self.instance, mounted.me.instance);
    assert.deepEqual(self.control, mounted.me.control);
    assert.deepEqual(self.keepalive, mounted.me.keepalive);
    assert.deepEqual(self.media, mounted.me.media);
    it.offer({ pop: true });
    assert.equal(it.self().pop, true);
    it.offer({ pop: false });
    assert.equal(it.self().pop, false);
    assert.ok(Array.isArray(it.neighbors()));
    assert.ok(it.neighbors().every((peer) => peer.name !== self.name));
    it.refresh();
    await mounted.world.runFor(5_000);
    await one.stop();
  });

  Deno.test(`${name}: its neighbors are watched, and no longer after stop`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "membership", one.life);
    await one.start();
    await mounted.world.runFor(5_000);
    const watched = new Set(mounted.others.keepalive.watched().map(({ peer }) => peer.name));
    assert.ok(it.neighbors().every((peer) => watched.has(peer.name)));
    await one.stop();
    assert.equal(mounted.others.keepalive.peers.size, 0);
  });
}

/** POPs that answer probes, each after its round trip; a silent one is dead. */
function answerProbes(control: FakeControl, rtts: ReadonlyMap<NodeName, number>): void {
  control.answer = (to, type, body) => {
    const rttMs = rtts.get(to.name);
    if (type !== "PROBE" || rttMs === undefined) return undefined;
    const nonce = typeof body === "object" && body !== null && "nonce" in body ? body.nonce : 0;
    const answer: Message<"PROBED"> = {
      type: "PROBED",
      from: to.name,
      instance: 1,
      addr: to.control,
      seq: 1,
      re: 1,
      body: { nonce: Number(nonce), children: 0, maxChildren: 10, closed: false },
      rttMs,
    };
    return answer;
  };
}

const popInfo = (peer: Peer, closed = false): PopInfo => ({
  peer: { ...peer, pop: true },
  children: closed ? 10 : 0,
  maxChildren: 10,
  closed,
});

/** POP selection ranks those that answer and are open, the closest first. */
export function popSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;
  const [near, far, dead] = [peerOf("near"), peerOf("far"), peerOf("dead")];

  async function ranking() {
    const mounted: Mounted = mount(fixture);
    const rtts = new Map([[near.name, 10], [far.name, 90]]);
    answerProbes(mounted.others.control, rtts);
    const one = mounted.create();
    const it = filling(mounted, "pop", one.life);
    await one.start();
    let told = 0;
    it.onChange(() => told++);
    mounted.others.catalog.set([], [popInfo(far), popInfo(dead), popInfo(near)]);
    await mounted.world.runFor(20_000);
    const names = () => it.ranked().map(({ pop }) => pop.peer.name);
    return { mounted, one, it, rtts, names, told: () => told };
  }

  Deno.test(`${name}: ranks those that answer, the closest first, and tells`, async () => {
    const { one, names, told } = await ranking();
    assert.deepEqual(names(), ["near", "far"]);
    assert.ok(told() > 0);
    await one.stop();
  });

  Deno.test(`${name}: a distrusted one is not first while there is another`, async () => {
    const { one, it, names } = await ranking();
    it.distrust(near.name);
    assert.equal(names()[0], "far");
    await one.stop();
  });

  Deno.test(`${name}: one that dies is dropped, one that closes is not offered`, async () => {
    const { mounted, one, rtts, names } = await ranking();
    rtts.delete(near.name);
    await mounted.world.runFor(30_000);
    assert.deepEqual(names(), ["far"]);
    mounted.others.catalog.set([], []);
    await mounted.world.runFor(1_000);
    assert.deepEqual(names(), []);
    await one.stop();
  });

  Deno.test(`${name}: the first changes for one that stays better, not back and forth`, async () => {
    const { mounted, one, rtts, names } = await ranking();
    rtts.set(near.name, 300);
    await mounted.world.runFor(60_000);
    assert.equal(names()[0], "far");
    const seen = new Set<string>();
    rtts.set(near.name, 88);
    for (let i = 0; i < 60; i++) {
      await mounted.world.runFor(500);
      seen.add(names()[0] ?? "");
    }
    assert.deepEqual([...seen], ["far"], "2 ms are no reason to leave");
    await one.stop();
  });
}

/** A hook can always say what it told, and hears of events for as long as it runs. */
export function hookSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: its status is plain data while it runs, whatever happens`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "hook", one.life);
    await one.start();
    assert.equal(mounted.holdings().eventListeners, 1);
    for (let i = 0; i < 2000; i++) mounted.ports.events.emit(`x-${i}`, { i });
    await mounted.world.runFor(60_000);
    assert.deepEqual(structuredClone(it.status()), it.status());
    await one.stop();
    assert.deepEqual(mounted.holdings(), NOTHING_HELD);
  });
}

/** A role can always say what it does. */
export function roleSuite(fixture: Fixture): void {
  Deno.test(`${fixture.plugin.name}: its status is plain data while it runs`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "role", one.life);
    await one.start();
    await mounted.world.runFor(3_000);
    const status = it.status();
    assert.equal(typeof status, "object");
    assert.doesNotThrow(() => JSON.stringify(status));
    await one.stop();
  });
}

/** An observer knows its own node, keeps its series, and answers others. */
export function observerSuite(fixture: Fixture): void {
  const { name } = fixture.plugin;

  Deno.test(`${name}: it tells of its own node and of those that answer, and no others`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "observer", one.life);
    await one.start();
    const { keepalive } = mounted.others;
    keepalive.watch(peerOf("silent"));
    keepalive.up(peerOf("silent"));
    assert.equal(it.summary().name, mounted.me.name);
    assert.deepEqual(it.summary().links.map((link) => link.name), ["silent"]);
    const looking = it.network();
    await mounted.world.runFor(10_000);
    const view = await looking;
    assert.equal(view.self, mounted.me.name);
    assert.deepEqual(view.nodes.map((node) => node.name), [mounted.me.name]);
    assert.doesNotThrow(() => JSON.stringify(view));
    await one.stop();
  });

  Deno.test(`${name}: all series of its node are equally long, and \`since\` gives the rest`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "observer", one.life);
    await one.start();
    await mounted.world.runFor(60_000);
    const all = await it.history();
    assert.ok(all.agesMs.length > 5, `${all.agesMs.length} samples`);
    for (const [key, values] of Object.entries(all.series)) {
      assert.equal(values.length, all.agesMs.length, key);
    }
    const rest = await it.history(mounted.me.name, all.first + all.agesMs.length - 2);
    assert.equal(rest.agesMs.length, 2);
    await one.stop();
  });
}

/** Chaos without rules lets everything pass, once and unchanged. */
export function chaosSuite(fixture: Fixture): void {
  Deno.test(`${fixture.plugin.name}: without rules everything passes once, unchanged`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "chaos", one.life);
    await one.start();
    const out: number[] = [];
    for (let i = 0; i < 100; i++) {
      const bytes = new Uint8Array([i]);
      it.outgoing("media", peerOf("x").media, bytes, (late) => out.push(late[0] ?? -1));
      it.incoming("media", peerOf("x").media, bytes, (late) => out.push(late[0] ?? -1));
    }
    await mounted.world.runFor(1_000);
    assert.deepEqual(out, Array.from({ length: 200 }, (_, i) => i >> 1));
    await one.stop();
  });
}

/** A picker asks for what is to be had, and for something whenever there is. */
export function piecePickerSuite(fixture: Fixture): void {
  Deno.test(`${fixture.plugin.name}: picks a piece that is free or begun, and only such`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "piecePicker", one.life);
    await one.start();
    const state = fc.constantFrom("free", "begun", "held");
    const head = fc.record({ piece: fc.nat(40), piecesPerSecond: fc.nat(50) });
    fc.assert(fc.property(
      fc.array(fc.tuple(state, fc.nat(9)), { maxLength: 40 }),
      fc.array(head, { maxLength: 3 }),
      fc.nat(100),
      fc.integer({ min: 0, max: 999 }),
      (pieces, heads, rate, random) => {
        const view: PickerView = {
          pieces: pieces.length,
          free: (piece) => pieces[piece]?.[0] === "free",
          begun: (piece) => pieces[piece]?.[0] === "begun",
          copies: (piece) => pieces[piece]?.[1] ?? 0,
          piecesPerSecond: rate,
          heads,
          random: () => random / 1000,
        };
        const picked = it.next(view);
        if (picked !== undefined) assert.ok(view.free(picked) || view.begun(picked), `${picked}`);
        const hasFree = pieces.some(([kind]) => kind === "free");
        if (hasFree && heads.length === 0) {
          assert.notEqual(picked, undefined, "leaves a free piece");
        }
        if (pieces.every(([kind]) => kind === "held")) assert.equal(picked, undefined);
      },
    ));
    await one.stop();
  });
}

/** A choker fills its slots with those that want, and starves nobody for ever. */
export function chokerSuite(fixture: Fixture): void {
  const peers = fc.uniqueArray(fc.nat(60), { maxLength: 20 }).chain((ids) =>
    fc.tuple(...ids.map((connection) =>
      fc.record({
        unchoked: fc.boolean(),
        downRate: fc.nat(1e6),
        upRate: fc.nat(1e6),
        sentBytes: fc.nat(1e8),
        trading: fc.boolean(),
      }).map((rest): ChokeView => ({
        connection,
        name: peerOf(`p${connection}`).name,
        connectedMs: 0,
        changedMs: 0,
        ...rest,
      }))
    ))
  );

  Deno.test(`${fixture.plugin.name}: serves at most its slots, only those that want, and fills them`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "choker", one.life);
    await one.start();
    fc.assert(fc.property(peers, fc.nat(8), fc.nat(100), (views, slots, round) => {
      const chosen = it.choose(views, slots, round, round * 10_000);
      assert.equal(new Set(chosen).size, chosen.length, "one is twice");
      assert.equal(chosen.length, Math.min(slots, views.length));
      const known = new Set(views.map(({ connection }) => connection));
      assert.ok(chosen.every((connection) => known.has(connection)));
    }));
    await one.stop();
  });

  Deno.test(`${fixture.plugin.name}: nobody that wants is left out for ever`, async () => {
    const mounted = mount(fixture);
    const one = mounted.create();
    const it = filling(mounted, "choker", one.life);
    await one.start();
    const state = Array.from(
      { length: 6 },
      (_, i) => ({ sent: 0, changed: 0, unchoked: false, i }),
    );
    const served = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const nowMs = round * 10_000;
      const views = state.map(({ sent, changed, unchoked, i }): ChokeView => ({
        connection: i,
        name: peerOf(`p${i}`).name,
        unchoked,
        // Some give much, some nothing at all.
        downRate: i * 100_000,
        upRate: unchoked ? 50_000 : 0,
        sentBytes: sent,
        connectedMs: 0,
        changedMs: changed,
        trading: i % 2 === 0,
      }));
      const chosen = new Set(it.choose(views, 3, round, nowMs));
      for (const one of state) {
        if (chosen.has(one.i) !== one.unchoked) one.changed = nowMs;
        one.unchoked = chosen.has(one.i);
        if (one.unchoked) one.sent += 500_000;
        if (one.unchoked) served.add(one.i);
      }
    }
    assert.equal(served.size, state.length, `served: ${[...served]}`);
    await one.stop();
  });
}
