import assert from "node:assert/strict";
import type { Addr, Ports, UdpSocket } from "../../core/ports.ts";
import { type Fate, World } from "./world.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";
const C = "10.0.0.3";

function open(world: World, host: string, port = 7000, ports = world.ports(host)) {
  return world.until(ports.net.udp({ host, port }, { plane: "media" }));
}

/** Opens a socket that keeps the first byte and the time of all that it gets. */
async function ear(world: World, host: string, port = 7000) {
  const socket = await open(world, host, port);
  const heard: { byte: number; atMs: number; from: Addr }[] = [];
  socket.onPacket((from, bytes) => heard.push({ byte: bytes[0] ?? -1, atMs: world.nowMs, from }));
  return { socket, heard };
}

/** Sends `count` numbered packets, one each `everyMs`. */
function burst(ports: Ports, socket: UdpSocket, to: Addr, count: number, everyMs = 1, size = 100) {
  let sent = 0;
  const next = (): void => {
    const bytes = new Uint8Array(size);
    bytes[0] = sent & 255;
    socket.send(to, bytes);
    if (++sent < count) ports.clock.after(everyMs, next);
  };
  next();
}

Deno.test("a datagram takes the link's delay and names its sender", async () => {
  const world = new World({ seed: 1, link: { delayMs: 25 } });
  const a = await open(world, A, 0);
  const b = await ear(world, B);
  a.send(b.socket.local, new Uint8Array([7]));
  await world.run(24.9);
  assert.deepEqual(b.heard, []);
  await world.run(26);
  assert.deepEqual(b.heard, [{ byte: 7, atMs: 25, from: a.local }]);
  assert.notEqual(a.local.port, 0);
  assert.deepEqual(world.totals(A, B).packetsDelivered, 1);
});

/** A busy little network; what it hashes to. */
async function history(seed: number, extraHost: boolean, jitterMs = 3): Promise<number[]> {
  const world = new World({ seed, link: { delayMs: 5, jitterMs, lossShare: 0.1 } });
  const ports = world.ports(A);
  const a = await open(world, A, 7000, ports);
  const b = await ear(world, B);
  if (extraHost) {
    const c = await open(world, C);
    c.send(b.socket.local, new Uint8Array([1]));
  }
  burst(ports, a, b.socket.local, 200, 1 + ports.rng.next());
  await world.run(1000);
  return extraHost ? b.heard.filter((h) => h.from.host === A).map((h) => h.atMs) : [
    world.traceHash,
    ...b.heard.map((h) => h.atMs),
  ];
}

Deno.test("the same seed gives the same history, another seed another", async () => {
  const first = await history(5, false);
  assert.deepEqual(await history(5, false), first);
  assert.notDeepEqual(await history(6, false), first);
  assert.notEqual((await history(6, false))[0], first[0]);
});

Deno.test("a host more does not disturb the others' fates", async () => {
  const without = await history(5, false);
  assert.deepEqual(await history(5, true), without.slice(1));
});

Deno.test("loss comes close to its share and every packet's fate is seen", async () => {
  const world = new World({ seed: 3, link: { lossShare: 0.2 } });
  const ports = world.ports(A);
  const a = await open(world, A, 7000, ports);
  const b = await ear(world, B);
  const fates = new Map<Fate, number>();
  using _sniffer = world.sniff((_f, _t, _b, fate) => fates.set(fate, (fates.get(fate) ?? 0) + 1));
  burst(ports, a, b.socket.local, 10_000);
  await world.run(20_000);
  const lost = fates.get("lost") ?? 0;
  assert.ok(lost > 1850 && lost < 2150, `${lost}`);
  assert.equal(b.heard.length, 10_000 - lost);
  assert.equal(world.totals(A, B).packetsSent, 10_000);
  assert.equal(world.packetsSentBy(A), 10_000);
});

Deno.test("a partition cuts both ways or one way, and heals", async () => {
  const world = new World({ seed: 1 });
  const [a, b] = [await ear(world, A), await ear(world, B)];
  const both = async () => {
    a.socket.send(b.socket.local, new Uint8Array(1));
    b.socket.send(a.socket.local, new Uint8Array(1));
    await world.runFor(10);
    return [a.heard.splice(0).length, b.heard.splice(0).length];
  };
  const cut = world.partition([A], [B]);
  assert.deepEqual(await both(), [0, 0]);
  cut[Symbol.dispose]();
  assert.deepEqual(await both(), [1, 1]);
  world.partitionOneWay([A], [B]);
  assert.deepEqual(await both(), [1, 0]);
  world.isolate(B);
  assert.deepEqual(await both(), [0, 0]);
  world.heal();
  assert.deepEqual(await both(), [1, 1]);
});

Deno.test("settings of one direction stay when the default changes", async () => {
  const world = new World({ seed: 1, link: { delayMs: 1 } });
  const [a, b] = [await ear(world, A), await ear(world, B)];
  world.setLink(A, B, { delayMs: 40 });
  world.setDefaultLink({ delayMs: 10 });
  a.socket.send(b.socket.local, new Uint8Array(1));
  b.socket.send(a.socket.local, new Uint8Array(1));
  await world.run(100);
  assert.deepEqual([a.heard[0]?.atMs, b.heard[0]?.atMs], [10, 40]);
});

Deno.test("a port is bound once, a foreign address not at all", async () => {
  const world = new World({ seed: 1 });
  const { net } = world.ports(A);
  const first = await net.udp({ host: A, port: 9 }, { plane: "media" });
  await assert.rejects(net.udp({ host: A, port: 9 }, { plane: "media" }), {
    code: "address-in-use",
  });
  await assert.rejects(net.udp({ host: B, port: 9 }, { plane: "media" }), {
    code: "address-not-available",
  });
  await first[Symbol.asyncDispose]();
  await net.udp({ host: "0.0.0.0", port: 9 }, { plane: "media" });
  assert.equal(world.sockets(A), 1);
});

Deno.test("timers fire in order, once, never early, and a cancelled one not at all", async () => {
  const world = new World({ seed: 1 });
  const { clock } = world.ports(A);
  const fired: [string, number][] = [];
  const start = clock.now();
  const note = (name: string) => () => fired.push([name, clock.now() - start]);
  clock.after(20, note("late"));
  clock.after(10, note("first"));
  clock.after(10, note("second"));
  const gone = clock.after(5, note("gone"));
  gone[Symbol.dispose]();
  assert.equal(world.timers(A), 3);
  await world.run(15);
  assert.equal(world.timers(A), 1);
  await world.run(100);
  assert.deepEqual(fired, [["first", 10], ["second", 10], ["late", 20]]);
  gone[Symbol.dispose]();
  assert.equal(world.timers(A), 0);
});

Deno.test("a drifting clock never sees its timer early", async () => {
  const world = new World({ seed: 4 });
  const { clock } = world.ports(A);
  world.drift(A, 137e-6);
  let dueMs = clock.now();
  let early = 0;
  const tick = (): void => {
    if (clock.now() < dueMs) early++;
    dueMs = clock.now() + 1.1;
    clock.after(1.1, tick);
  };
  tick();
  await world.run(20_000);
  assert.equal(early, 0);
});

Deno.test("drift and a wall clock's jump show in one host's clocks only", async () => {
  const world = new World({ seed: 1 });
  const [a, b] = [world.ports(A).clock, world.ports(B).clock];
  const before = [a.now(), b.now(), a.wall(), b.wall()];
  world.drift(A, 0.01);
  world.jumpWall(A, -3_600_000);
  await world.run(1000);
  const passed = [a.now(), b.now(), a.wall(), b.wall()].map((x, i) => x - (before[i] ?? 0));
  assert.ok(Math.abs((passed[0] ?? 0) - 1010) < 1e-6);
  assert.equal(passed[1], 1000);
  assert.ok(Math.abs((passed[2] ?? 0) + 3_600_000 - 1010) <= 1);
  assert.equal(passed[3], 1000);
  assert.notEqual(before[0], before[1], "nobody may compare clocks of two hosts");
});

Deno.test("a crash takes timers and sockets without a word; a restart is a new life on the old disk", async () => {
  const world = new World({ seed: 1 });
  const old = world.ports(A);
  const a = await open(world, A, 7000, old);
  const b = await ear(world, B);
  let fired = 0;
  old.clock.after(10, () => fired++);
  world.disk(A).put("/state", "kept");
  world.crash(A);
  a.send(b.socket.local, new Uint8Array(1));
  old.clock.after(1, () => fired++);
  b.socket.send({ host: A, port: 7000 }, new Uint8Array(1));
  await world.run(100);
  assert.deepEqual([fired, b.heard.length, world.timers(A), world.sockets(A)], [0, 0, 0, 0]);
  const again = world.restart(A);
  const socket = await open(world, A, 7000, again);
  socket.send(b.socket.local, new Uint8Array(1));
  await world.run(200);
  assert.equal(b.heard.length, 1);
  assert.ok(await world.until(again.files.stat("/state")));
  assert.notDeepEqual(again.rng.bytes(8), old.rng.bytes(8));
});

Deno.test("a frozen host catches up at thaw: late timers first, then what its buffers held", async () => {
  const world = new World({ seed: 1, link: { delayMs: 1 } });
  const ports = world.ports(A);
  const a = await open(world, A, 7000, ports);
  const order: string[] = [];
  a.onPacket((_from, bytes) => order.push(`packet ${bytes[0]}`));
  const start = ports.clock.now();
  ports.clock.after(500, () => order.push(`timer at ${ports.clock.now() - start}`));
  const bPorts = world.ports(B);
  const b = await open(world, B, 7000, bPorts);
  world.freeze(A);
  burst(bPorts, b, a.local, 3, 100);
  await world.run(2000);
  assert.deepEqual(order, []);
  world.thaw(A);
  await world.run(3000);
  assert.deepEqual(order, ["timer at 2000", "packet 0", "packet 1", "packet 2"]);
});

Deno.test("a frozen host's socket holds no more than a kernel's buffer", async () => {
  const world = new World({ seed: 1 });
  const a = await ear(world, A);
  const bPorts = world.ports(B);
  const b = await open(world, B, 7000, bPorts);
  world.freeze(A);
  burst(bPorts, b, a.socket.local, 1000, 1, 1328);
  await world.run(2000);
  world.thaw(A);
  await world.run(2001);
  assert.equal(a.heard.length, Math.floor(212_992 / 2304));
  burst(bPorts, b, a.socket.local, 5);
  await world.run(3000);
  assert.equal(a.heard.length, Math.floor(212_992 / 2304) + 5);
});

Deno.test("a slow host falls behind, loses what its buffer cannot hold, and recovers", async () => {
  const world = new World({ seed: 1 });
  const a = await ear(world, A);
  const bPorts = world.ports(B);
  const b = await open(world, B, 7000, bPorts);
  world.slow(A, 10);
  burst(bPorts, b, a.socket.local, 50, 1);
  await world.run(101);
  assert.ok(a.heard.length >= 9 && a.heard.length <= 11, `${a.heard.length}`);
  world.slow(A, 0);
  await world.run(200);
  assert.equal(a.heard.length, 50);
});

Deno.test("a forged datagram arrives under its forged name", async () => {
  const world = new World({ seed: 1 });
  const a = await ear(world, A);
  world.inject({ host: "192.0.2.1", port: 53 }, a.socket.local, new Uint8Array([9]));
  await world.run(10);
  assert.deepEqual(a.heard.map((h) => [h.byte, h.from]), [[9, { host: "192.0.2.1", port: 53 }]]);
});

Deno.test("multicast reaches every member of the group and nobody else", async () => {
  const world = new World({ seed: 1 });
  const group = { host: "239.1.1.1", port: 5004 };
  const got: string[] = [];
  for (const [host, joins] of [[A, true], [B, true], [C, false]] as const) {
    const socket = await world.until(
      world.ports(host).net.udp({ host, port: 5004 }, {
        plane: "source",
        ...(joins ? { multicast: { group: group.host }, reuseAddress: true } : {}),
      }),
    );
    socket.onPacket(() => got.push(host));
  }
  (await open(world, "10.0.0.9")).send(group, new Uint8Array(1));
  await world.run(10);
  assert.deepEqual(got.sort(), [A, B]);
});

Deno.test("an alias resolves to its host", async () => {
  const world = new World({ seed: 1 });
  world.alias("a.example", A);
  const a = await ear(world, A);
  (await open(world, B)).send({ host: "a.example", port: 7000 }, new Uint8Array(1));
  await world.run(10);
  assert.equal(a.heard.length, 1);
});

Deno.test("promises settle before the next event", async () => {
  const world = new World({ seed: 1 });
  const ports = world.ports(A);
  const seen: string[] = [];
  ports.clock.after(10, () => {
    void (async () => {
      await ports.net.udp({ host: A, port: 0 }, { plane: "media" });
      await ports.files.makeFolder("/x");
      seen.push(`opened at ${world.nowMs}`);
    })();
  });
  ports.clock.after(11, () => seen.push("next event"));
  await world.run(100);
  assert.deepEqual(seen, ["opened at 10", "next event"]);
});

Deno.test("a promise that never settles is told with the seed", async () => {
  const world = new World({ seed: 77 });
  await assert.rejects(
    world.until(new Promise(() => {}), 100),
    /Not settled within 100 ms \(seed 77\)/,
  );
});

Deno.test("an exception of a scenario comes out of run", async () => {
  const world = new World({ seed: 1 });
  world.ports(A).clock.after(1, () => {
    throw new Error("seen");
  });
  await assert.rejects(world.run(10), /seen/);
  await world.run(20);
});

Deno.test("metrics and logs can be read back", async () => {
  const world = new World({ seed: 1, logLimit: 8 });
  const { metrics, log, clock } = world.ports(A);
  metrics.counter("x_total", "", { plane: "a" }).add(2);
  metrics.counter("x_total", "", { plane: "b" }).add();
  metrics.counter("x_total", "", { plane: "b" }).add();
  using _gauge = metrics.collect("size", "gauge", "", () => [{ value: 4 }, { value: 5 }]);
  assert.equal(world.metrics(A).value("x_total"), 4);
  assert.equal(world.metrics(A).value("x_total", { plane: "b" }), 2);
  assert.equal(world.metrics(A).value("size"), 9);
  clock.after(5, () => log.warn("late", { by: 3 }));
  await world.run(10);
  assert.deepEqual(world.log(A), [
    { atMs: 5, host: A, level: "warn", event: "late", fields: { by: 3 } },
  ]);
  for (let i = 0; i < 20; i++) log.info("more");
  assert.ok(world.logs.lines.length <= 8 && world.logs.dropped >= 12);
});
