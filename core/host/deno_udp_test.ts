import assert from "node:assert/strict";
import type { Addr, PortError, UdpSocket } from "../ports.ts";
import { testPorts, until } from "./testing.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

function inbox(socket: UdpSocket): { readonly from: Addr; readonly text: string }[] {
  const got: { from: Addr; text: string }[] = [];
  socket.onPacket((from, data) => got.push({ from, text: text(data) }));
  return got;
}

async function echoOver(host: string): Promise<void> {
  const { net } = testPorts();
  await using server = await net.udp({ host, port: 0 }, { plane: "control" });
  await using client = await net.udp({ host, port: 0 }, { plane: "control" });
  server.onPacket((from, data) => server.send(from, data));
  const got = inbox(client);
  client.send(server.local, bytes("hello"));
  await until("the echo came back", () => got.length === 1);
  assert.deepEqual(got, [{ from: server.local, text: "hello" }]);
}

Deno.test("UDP echoes over IPv4 loopback", () => echoOver("127.0.0.1"));
Deno.test("UDP echoes over IPv6 loopback", () => echoOver("::1"));

Deno.test("an IPv6 socket on all addresses answers an IPv4 sender by its IPv4 address", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "::", port: 0 }, { plane: "media" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  const seen = inbox(server);
  server.onPacket((from, data) => {
    seen.push({ from, text: text(data) });
    server.send(from, data);
  });
  const got = inbox(client);
  client.send({ host: "127.0.0.1", port: server.local.port }, bytes("four"));
  await until("the answer came", () => got.length === 1);
  assert.deepEqual(seen, [{ from: client.local, text: "four" }]);
});

Deno.test("datagrams leave in the order they were sent", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  const got = inbox(server);
  const sent = Array.from({ length: 60 }, (_, i) => String(i));
  for (const one of sent) client.send(server.local, bytes(one));
  await until("all arrived", () => got.length === sent.length);
  assert.deepEqual(got.map((one) => one.text), sent);
});

Deno.test("the same sender is the same address object in every packet", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  const got = inbox(server);
  for (let i = 0; i < 3; i++) client.send(server.local, bytes("x"));
  await until("all arrived", () => got.length === 3);
  assert.equal(new Set(got.map((one) => one.from)).size, 1);
});

Deno.test("a kept packet is not overwritten by the next one", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  const kept: Uint8Array[] = [];
  server.onPacket((_from, data) => kept.push(data));
  client.send(server.local, bytes("first"));
  client.send(server.local, bytes("other"));
  await until("both arrived", () => kept.length === 2);
  assert.deepEqual(kept.map(text), ["first", "other"]);
});

Deno.test("a send to a closed port does not end receiving", async () => {
  const { net } = testPorts();
  const gone = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  await gone[Symbol.asyncDispose]();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  const got = inbox(socket);
  for (let i = 0; i < 20; i++) socket.send(gone.local, bytes("anybody?"));
  socket.send(socket.local, bytes("still here"));
  await until("a packet still arrives", () => got.length === 1);
  assert.equal(got[0]?.text, "still here");
});

Deno.test("what the system refuses to send is counted, and the next packet still leaves", async () => {
  const { net, metrics } = testPorts();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  const got = inbox(socket);
  socket.send(socket.local, new Uint8Array(70_000));
  socket.send({ host: "127.0.0.1", port: 0 }, bytes("no such port"));
  socket.send({ host: "::1", port: 9 }, bytes("wrong family"));
  socket.send(socket.local, bytes("good"));
  await until("the good one arrives", () => got.length === 1);
  assert.equal(metrics.value("udp_send_errors_total", { plane: "control" }), 3);
});

Deno.test("datagrams without a receiver are dropped and counted", async () => {
  const { net, metrics } = testPorts();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "probe" });
  socket.send(socket.local, bytes("early"));
  const dropped = () => metrics.value("udp_dropped_packets_total", { reason: "no-receiver" });
  await until("the drop is counted", () => dropped() === 1);
  const got = inbox(socket);
  socket.send(socket.local, bytes("late"));
  await until("the next is received", () => got.length === 1);
  assert.equal(got[0]?.text, "late");
});

Deno.test("a receiver that throws is counted and receives on", async () => {
  const { net, metrics, log } = testPorts();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  let calls = 0;
  socket.onPacket(() => {
    calls += 1;
    throw new Error("bug");
  });
  socket.send(socket.local, bytes("1"));
  socket.send(socket.local, bytes("2"));
  await until("both were tried", () => calls === 2);
  assert.equal(metrics.value("callback_errors_total"), 2);
  assert.equal(log.lines[0]?.event, "callback failed");
});

Deno.test("the send queue is bounded: the newest is dropped and counted", async () => {
  const { net, metrics } = testPorts();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  const one = bytes("x");
  for (let i = 0; i < 9_000; i++) socket.send(socket.local, one);
  // One is under way, 8192 wait.
  const dropped = metrics.value("udp_dropped_packets_total", { reason: "queue-full" });
  assert.equal(dropped, 9_000 - 8_193);
});

Deno.test("a goodbye that is sent right before closing still leaves", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  const got = inbox(server);
  const client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  for (const word of ["good", "bye"]) client.send(server.local, bytes(word));
  await client[Symbol.asyncDispose]();
  client.send(server.local, bytes("ghost"));
  await until("the goodbye arrived", () => got.length === 2);
  assert.deepEqual(got.map((one) => one.text), ["good", "bye"]);
});

Deno.test("nothing is delivered once closing began, and closing twice is fine", async () => {
  const { net } = testPorts();
  await using other = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  const socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  const got = inbox(socket);
  other.send(socket.local, bytes("too late"));
  const closing = socket[Symbol.asyncDispose]();
  await Promise.all([closing, socket[Symbol.asyncDispose]()]);
  assert.deepEqual(got, []);
});

Deno.test("a name is resolved once, and its datagrams wait for that", async () => {
  const { net } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "sink" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "sink" });
  const got = inbox(server);
  for (const word of ["a", "b", "c"]) {
    client.send({ host: "localhost", port: server.local.port }, bytes(word));
  }
  await until("all arrived", () => got.length === 3);
  assert.deepEqual(got.map((one) => one.text), ["a", "b", "c"]);
});

Deno.test("a name without an address drops its datagrams and tells once", async () => {
  const { net, metrics, log } = testPorts();
  await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "sink" });
  const nowhere = { host: "nowhere.invalid", port: 9 };
  for (let i = 0; i < 100; i++) socket.send(nowhere, bytes("x"));
  const dropped = () => metrics.value("udp_dropped_packets_total", { reason: "unresolved" });
  await until("all are dropped", () => dropped() === 100, 20_000);
  socket.send(nowhere, bytes("x"));
  assert.equal(dropped(), 101);
  assert.equal(log.lines.filter((line) => line.event === "host name has no address").length, 1);
});

Deno.test("a bound port is refused with its code and clear words", async () => {
  const { net } = testPorts();
  await using first = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "control" });
  await assert.rejects(net.udp(first.local, { plane: "control" }), (error: PortError) => {
    assert.equal(error.code, "address-in-use");
    assert.match(error.message, /^Cannot open UDP 127\.0\.0\.1:\d+: the address is in use/);
    return true;
  });
  await assert.rejects(
    net.udp({ host: "192.0.2.77", port: 0 }, { plane: "control" }),
    { code: "address-not-available" },
  );
});

Deno.test("two receivers share a multicast group and both hear it", async () => {
  const { net } = testPorts();
  const group = "239.255.77.1";
  // A free port, found by a socket that is closed again.
  const probe = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "source" });
  await probe[Symbol.asyncDispose]();
  const bind = { host: "127.0.0.1", port: probe.local.port };
  const options = { plane: "source", multicast: { group }, reuseAddress: true } as const;
  await using one = await net.udp(bind, options);
  await using two = await net.udp(bind, options);
  await using sender = await net.udp(
    { host: "127.0.0.1", port: 0 },
    { plane: "sink", multicast: { group, ttl: 1 } },
  );
  const [gotOne, gotTwo] = [inbox(one), inbox(two)];
  sender.send({ host: group, port: bind.port }, bytes("to all"));
  await until("both heard it", () => gotOne.length === 1 && gotTwo.length === 1);
  assert.equal(gotOne[0]?.text, "to all");
});

Deno.test("a paced burst of 300 packets is received whole", async () => {
  const { net, clock } = testPorts();
  await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
  let received = 0;
  server.onPacket(() => received += 1);
  const packet = new Uint8Array(1328);
  for (let sent = 0; sent < 300; sent += 30) {
    for (let i = 0; i < 30; i++) client.send(server.local, packet);
    await new Promise<void>((resolve) => clock.after(1, resolve));
  }
  await until("all arrived", () => received === 300);
});

Deno.test({
  name: "with --allow-ffi a socket holds a burst that the default buffer would lose",
  // Where the administrator caps buffers low, there is nothing to be had.
  ignore: Deno.build.os !== "linux" ||
    Number(Deno.readTextFileSync("/proc/sys/net/core/rmem_max")) < 1024 * 1024,
  fn: async () => {
    const { net, metrics } = testPorts();
    await using server = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
    await using client = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "source" });
    let received = 0;
    server.onPacket(() => received += 1);
    assert.ok(metrics.value("udp_receive_buffer_bytes", { plane: "media" }) >= 1024 * 1024);
    for (let i = 0; i < 300; i++) client.send(server.local, new Uint8Array(1328));
    await until("all arrived", () => received === 300);
  },
});

Deno.test({
  name: "without --allow-ffi the socket works with the system's buffer",
  permissions: { net: true, ffi: false },
  fn: async () => {
    const { net, metrics } = testPorts();
    await using socket = await net.udp({ host: "127.0.0.1", port: 0 }, { plane: "media" });
    const got = inbox(socket);
    socket.send(socket.local, bytes("x"));
    await until("it arrived", () => got.length === 1);
    assert.equal(metrics.value("udp_receive_buffer_bytes"), 0);
  },
});
