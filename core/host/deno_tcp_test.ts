import assert from "node:assert/strict";
import type { PortError, StreamEvent, TcpStream } from "../ports.ts";
import { testPorts, until } from "./testing.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const patience = (): AbortSignal => AbortSignal.timeout(5_000);

interface Heard {
  readonly events: StreamEvent[];
  text(): string;
  closes(): number;
}

function hear(stream: TcpStream): Heard {
  const events: StreamEvent[] = [];
  stream.onEvent((event) =>
    events.push(event.kind === "data" ? { ...event, bytes: event.bytes.slice() } : event)
  );
  return {
    events,
    text: () =>
      events.map((event) => event.kind === "data" ? new TextDecoder().decode(event.bytes) : "")
        .join(""),
    closes: () => events.filter((event) => event.kind === "close").length,
  };
}

/** Both ends of one connection. */
async function pair(host = "127.0.0.1") {
  const ports = testPorts();
  const accepted = Promise.withResolvers<TcpStream>();
  const listener = await ports.net.listen({ host, port: 0 }, accepted.resolve);
  const near = await ports.net.dial(listener.local, patience());
  const far = await accepted.promise;
  return {
    ...ports,
    near,
    far,
    async [Symbol.asyncDispose]() {
      await near[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`TCP echoes over ${host}, and an end on one side closes both`, async () => {
    await using ends = await pair(host);
    const near = hear(ends.near);
    const far = hear(ends.far);
    ends.near.write(new TextEncoder().encode("hello"));
    await until("it arrived", () => far.text() === "hello");
    ends.far.write(new TextEncoder().encode("hello back"));
    ends.far.end();
    await until("both closed", () => near.closes() === 1 && far.closes() === 1);
    assert.equal(near.text(), "hello back");
    assert.deepEqual(near.events.at(-1), { kind: "close" });
    assert.deepEqual(ends.near.remote, ends.far.local);
  });
}

Deno.test("a stream ends after everything queued is written, however much that is", async () => {
  await using ends = await pair();
  const chunk = new Uint8Array(512 * 1024);
  const answers = Array.from({ length: 8 }, () => ends.near.write(chunk));
  ends.near.end();
  assert.equal(answers[0], true);
  assert.equal(answers.at(-1), false);
  let bytes = 0;
  let closed = 0;
  ends.far.onEvent((event) => {
    if (event.kind === "data") bytes += event.bytes.length;
    if (event.kind === "close") closed += 1;
  });
  await until("the end came", () => closed === 1);
  assert.equal(bytes, 8 * chunk.length);
});

Deno.test("a writer that was told to wait hears the drain", async () => {
  await using ends = await pair();
  const near = hear(ends.near);
  while (ends.near.write(new Uint8Array(256 * 1024)));
  assert.equal(near.events.length, 0);
  hear(ends.far);
  await until("drained", () => near.events.some((event) => event.kind === "drain"));
});

Deno.test("what was written is given back once it is sent, and when it cannot be", async () => {
  await using ends = await pair();
  let taken = 0;
  for (let i = 0; i < 4; i++) ends.near.write(new Uint8Array(300_000), () => taken++);
  assert.equal(taken, 0);
  hear(ends.far);
  await until("all is sent", () => taken === 4);
  const near = hear(ends.near);
  const stuck = await pair();
  for (let i = 0; i < 40; i++) stuck.near.write(new Uint8Array(300_000), () => taken++);
  stuck.near.destroy();
  await until("all is given back", () => taken === 44);
  ends.near.destroy();
  ends.near.write(new Uint8Array(1), () => taken++);
  assert.equal(taken, 45);
  assert.equal(near.events.length, 0);
  await stuck[Symbol.asyncDispose]();
});

Deno.test("a peer that never reads costs a bounded queue and then its connection", async () => {
  await using ends = await pair();
  const near = hear(ends.near);
  for (let i = 0; i < 64 && near.closes() === 0; i++) {
    ends.near.write(new Uint8Array(1024 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await until("it was given up", () => near.closes() === 1);
  const last = near.events.at(-1);
  assert.match(last?.kind === "close" ? last.error ?? "" : "", /^Cannot write: the peer lets more/);
});

Deno.test("data that comes before a listener is delivered to it in order, and then the end", async () => {
  await using ends = await pair();
  for (const word of ["one ", "two ", "three"]) ends.near.write(new TextEncoder().encode(word));
  ends.near.end();
  const far = hear(ends.far);
  await until("closed", () => far.closes() === 1);
  assert.equal(far.text(), "one two three");
});

Deno.test("a listener that leaves passes the stream on to the next one without a hole", async () => {
  await using ends = await pair();
  const seen: string[] = [];
  const first = ends.far.onEvent(() => seen.push("first"));
  first[Symbol.dispose]();
  ends.near.write(new TextEncoder().encode("for the second"));
  ends.near.end();
  const second = hear(ends.far);
  await until("closed", () => second.closes() === 1);
  assert.equal(second.text(), "for the second");
  assert.deepEqual(seen, []);
});

Deno.test("destroying tells the own listener once and the peer soon", async () => {
  await using ends = await pair();
  const near = hear(ends.near);
  const far = hear(ends.far);
  ends.near.destroy();
  ends.near.destroy();
  assert.equal(near.closes(), 0, "not from inside the call");
  assert.equal(ends.near.write(new Uint8Array(1)), false);
  await until("both closed", () => near.closes() === 1 && far.closes() === 1);
});

Deno.test("an accept callback that throws closes that connection and no other", async () => {
  const { net, metrics } = testPorts();
  const accepted: TcpStream[] = [];
  await using listener = await net.listen(LOOPBACK, (stream) => {
    accepted.push(stream);
    if (accepted.length === 1) throw new Error("bug");
    stream.write(new TextEncoder().encode("welcome"));
  });
  await using unlucky = await net.dial(listener.local, patience());
  const first = hear(unlucky);
  await until("closed", () => first.closes() === 1);
  await using lucky = await net.dial(listener.local, patience());
  const second = hear(lucky);
  await until("served", () => second.text() === "welcome");
  assert.equal(metrics.value("callback_errors_total"), 1);
  for (const stream of accepted) await stream[Symbol.asyncDispose]();
});

Deno.test("dialing a closed port is refused, an aborted dial is called off, a late one times out", async () => {
  const { net } = testPorts();
  const listener = await net.listen(LOOPBACK, () => {});
  await listener[Symbol.asyncDispose]();
  await assert.rejects(net.dial(listener.local, patience()), (error: PortError) => {
    assert.equal(error.code, "refused");
    assert.match(error.message, /^Cannot connect to TCP 127\.0\.0\.1:\d+: nobody listens there$/);
    return true;
  });
  await assert.rejects(net.dial(listener.local, AbortSignal.abort()), { code: "closed" });
  const late = AbortSignal.abort(new DOMException("late", "TimeoutError"));
  await assert.rejects(net.dial(listener.local, late), { code: "timeout" });
});

Deno.test("a TCP port in use is refused with its code", async () => {
  const { net } = testPorts();
  await using listener = await net.listen(LOOPBACK, () => {});
  await assert.rejects(net.listen(listener.local, () => {}), { code: "address-in-use" });
});
