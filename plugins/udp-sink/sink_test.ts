import assert from "node:assert/strict";
import { isMulticast } from "../../core/multicast.ts";
import { rtpPayload, rtpSequence, rtpTimestamp, rtpType } from "../../core/wire/rtp.ts";
import { chunksOf } from "../../tests/conformance/ends.ts";
import { filling, mount } from "../../tests/conformance/fixture.ts";
import { streamInfo } from "../../tests/conformance/stand_ins.ts";
import plugin from "./mod.ts";
import { PortPlan } from "./protocol.ts";

const PLAYER = "10.9.0.1";

async function sending(config: Record<string, unknown>) {
  const mounted = mount({ plugin, config: { to: `${PLAYER}:5004`, ...config } });
  const { world } = mounted;
  const got: { port: number; bytes: Uint8Array }[] = [];
  const player = world.ports(PLAYER);
  for (const port of [5004, 5006]) {
    const socket = await world.until(player.net.udp({ host: PLAYER, port }, { plane: "sink" }));
    socket.onPacket((_from, bytes) => void got.push({ port, bytes }));
  }
  const one = mounted.create();
  await one.start();
  const sink = filling(mounted, "sink", one.life);
  const open = (session: string) =>
    sink.open({ session, stream: streamInfo("o1/s").name, title: "" });
  return { world, one, open, got };
}

Deno.test("plain MPEG-TS: a chunk is a datagram, unchanged and in order", async () => {
  const { world, one, open, got } = await sending({});
  const chunks = chunksOf(20);
  open("a").push(chunks);
  await world.runFor(100);
  assert.deepEqual(got.map(({ bytes }) => bytes), chunks.map(({ payload }) => payload));
  await one.stop();
});

Deno.test("RTP: the stream's own numbers and time stamps, so that losses show", async () => {
  const { world, one, open, got } = await sending({ format: "rtp" });
  const chunks = chunksOf(4, 65_534);
  open("a").push(chunks);
  await world.runFor(100);
  assert.deepEqual(got.map(({ bytes }) => rtpSequence(bytes)), [65_534, 65_535, 0, 1]);
  assert.deepEqual(got.map(({ bytes }) => rtpType(bytes)), [33, 33, 33, 33]);
  assert.deepEqual(got.map(({ bytes }) => rtpTimestamp(bytes)), chunks.map((one) => one.timestamp));
  assert.deepEqual(got.map(({ bytes }) => rtpPayload(bytes)), chunks.map((one) => one.payload));
  await one.stop();
});

Deno.test("sessions go to ports two apart, and a free one is given again", async () => {
  const { world, one, open, got } = await sending({});
  const first = open("a");
  const second = open("b");
  second.push(chunksOf(1));
  await world.runFor(50);
  assert.deepEqual(got.map(({ port }) => port), [5006]);
  await world.until(first.close());
  open("c").push(chunksOf(1));
  await world.runFor(50);
  assert.deepEqual(got.map(({ port }) => port), [5006, 5004]);
  await one.stop();
});

Deno.test("ports run out at 65535", () => {
  const plan = new PortPlan(65_532);
  assert.deepEqual([plan.take(), plan.take(), plan.take()], [65_532, 65_534, undefined]);
});

Deno.test("groups are told from hosts", () => {
  assert.deepEqual(
    ["224.0.0.1", "239.255.1.1", "240.0.0.1", "10.0.0.1", "ff02::1", "fe80::1", "224.example"]
      .map(isMulticast),
    [true, true, false, false, true, false, false],
  );
});
