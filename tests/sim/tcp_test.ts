import assert from "node:assert/strict";
import type { StreamEvent, TcpStream } from "../../core/ports.ts";
import { seeds } from "./seeds.ts";
import { World } from "./world.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";
const SERVER = { host: B, port: 5000 };
const patience = () => new AbortController().signal;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (word: string) => new TextEncoder().encode(word);

/** Listens to a stream. */
function hear(stream: TcpStream) {
  const events: StreamEvent[] = [];
  const handle = stream.onEvent((event) => events.push(event));
  const data = () => events.flatMap((e) => e.kind === "data" ? [...e.bytes] : []);
  return {
    handle,
    data,
    text: () => text(new Uint8Array(data())),
    closes: () => events.filter((e) => e.kind === "close"),
    drains: () => events.filter((e) => e.kind === "drain").length,
    events,
  };
}

async function pair(world: World) {
  const far: TcpStream[] = [];
  const server = world.ports(B);
  await world.until(server.net.listen(SERVER, (stream) => far.push(stream)));
  const near = await world.until(world.ports(A).net.dial(SERVER, patience()));
  await world.runFor(100);
  const [accepted] = far;
  assert.ok(accepted);
  return { near, far: accepted };
}

Deno.test("a dial takes one round trip, and both ends know each other", async () => {
  const world = new World({ seed: 1, link: { delayMs: 20 } });
  await world.until(world.ports(B).net.listen(SERVER, () => {}));
  const near = await world.until(world.ports(A).net.dial(SERVER, patience()));
  assert.equal(world.nowMs, 40);
  assert.deepEqual([near.local.host, near.remote], [A, SERVER]);
});

Deno.test("a dial is refused, times out or is called off", async () => {
  const world = new World({ seed: 1, link: { delayMs: 20 } });
  const { net } = world.ports(A);
  await assert.rejects(world.until(net.dial({ host: "10.9.9.9", port: 1 }, patience())), {
    code: "timeout",
  });
  world.ports(B);
  await assert.rejects(world.until(net.dial(SERVER, patience())), { code: "refused" });
  const abort = new AbortController();
  const dialing = net.dial({ host: "10.9.9.9", port: 1 }, abort.signal);
  abort.abort();
  await assert.rejects(world.until(dialing), { code: "closed" });
  await assert.rejects(world.until(net.dial(SERVER, abort.signal)), { code: "closed" });
  assert.equal(world.sockets(A), 0);
});

Deno.test("bytes arrive whole and in order over a lossy, reordering link", async () => {
  await seeds(20, async (seed) => {
    const world = new World({
      seed,
      tcpLingerMs: 120_000,
      link: { delayMs: 10, jitterMs: 8, fifo: false, lossShare: 0.1, duplicateShare: 0.1 },
    });
    const { near, far } = await pair(world);
    const heard = hear(far);
    const sent = world.rng.bytes(300_000);
    for (let at = 0; at < sent.length; at += 7_777) near.write(sent.slice(at, at + 7_777));
    near.end();
    await world.when("closed", () => heard.closes().length === 1, 120_000, 100);
    assert.deepEqual(new Uint8Array(heard.data()), sent);
    assert.deepEqual(heard.closes(), [{ kind: "close" }]);
  });
});

Deno.test("what came before there was a listener is delivered to it, in order", async () => {
  const world = new World({ seed: 1 });
  const { near, far } = await pair(world);
  near.write(bytesOf("one "));
  near.write(bytesOf("two"));
  await world.runFor(100);
  const heard = hear(far);
  await world.runFor(100);
  assert.equal(heard.text(), "one two");
  assert.deepEqual(heard.closes(), []);
});

Deno.test("an end is heard once on both sides, after all data", async () => {
  const world = new World({ seed: 1 });
  const { near, far } = await pair(world);
  const [n, f] = [hear(near), hear(far)];
  far.write(bytesOf("answer"));
  near.write(bytesOf("question"));
  near.end();
  assert.equal(near.write(bytesOf("ignored")), false);
  await world.runFor(1000);
  assert.deepEqual([n.text(), f.text()], ["answer", "question"]);
  assert.deepEqual([n.closes(), f.closes()], [[{ kind: "close" }], [{ kind: "close" }]]);
  assert.equal(n.events.at(-1)?.kind, "close");
  assert.equal(world.sockets(A), 0);
});

Deno.test("destroying tells the own listener, but not from inside the call, and the peer soon", async () => {
  const world = new World({ seed: 1 });
  const { near, far } = await pair(world);
  const [n, f] = [hear(near), hear(far)];
  near.destroy();
  assert.equal(n.closes().length, 0);
  near.destroy();
  await world.runFor(100);
  assert.deepEqual([n.closes().length, f.closes().length], [1, 1]);
});

Deno.test("writes back up behind a reader that does not read, and drain when it does", async () => {
  const world = new World({ seed: 1 });
  const { near, far } = await pair(world);
  const n = hear(near);
  let written = 0;
  while (near.write(new Uint8Array(50_000))) written += 50_000;
  await world.runFor(10_000);
  assert.ok(written > 1_000_000 && written < 2_000_000, `${written}`);
  assert.equal(n.drains(), 0);
  const f = hear(far);
  await world.runFor(10_000);
  assert.equal(n.drains(), 1);
  assert.equal(f.data().length, written + 50_000);
});

Deno.test("a crash of the peer is noticed only by writing, after a time-out", async () => {
  const world = new World({ seed: 1, tcpTimeoutMs: 5000 });
  const { near } = await pair(world);
  const n = hear(near);
  world.crash(B);
  await world.runFor(60_000);
  assert.deepEqual(n.closes(), []);
  near.write(bytesOf("anybody?"));
  await world.runFor(4000);
  assert.deepEqual(n.closes(), []);
  await world.runFor(10_000);
  assert.match(JSON.stringify(n.closes()), /does not answer/);
});

Deno.test("a peer that was restarted answers the old connection by a reset", async () => {
  const world = new World({ seed: 1 });
  const { near } = await pair(world);
  const n = hear(near);
  world.crash(B);
  world.restart(B);
  near.write(bytesOf("still there?"));
  await world.runFor(500);
  assert.match(JSON.stringify(n.closes()), /reset/);
});

Deno.test("a killed process's peers hear of it at once", async () => {
  const world = new World({ seed: 1 });
  const { near } = await pair(world);
  const n = hear(near);
  world.kill(B);
  await world.runFor(10);
  assert.match(JSON.stringify(n.closes()), /reset/);
  assert.equal(world.sockets(B), 0);
});

Deno.test("a connection survives a short partition", async () => {
  const world = new World({ seed: 1 });
  const { near, far } = await pair(world);
  const f = hear(far);
  using cut = world.partition([A], [B]);
  near.write(bytesOf("late"));
  await world.runFor(3000);
  assert.equal(f.text(), "");
  cut[Symbol.dispose]();
  await world.runFor(6000);
  assert.equal(f.text(), "late");
});

Deno.test("a frozen server's kernel accepts and keeps what comes", async () => {
  const world = new World({ seed: 1 });
  const far: ReturnType<typeof hear>[] = [];
  await world.until(world.ports(B).net.listen(SERVER, (stream) => far.push(hear(stream))));
  world.freeze(B);
  const near = await world.until(world.ports(A).net.dial(SERVER, patience()));
  near.write(bytesOf("hello"));
  await world.runFor(5000);
  assert.equal(far.length, 0);
  world.thaw(B);
  await world.runFor(100);
  assert.equal(far[0]?.text(), "hello");
});
