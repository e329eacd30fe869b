import assert from "node:assert/strict";
import { nodeName, ssrcOf } from "../../core/ids.ts";
import type { MediaChunk, RecoverySpec } from "../../core/media/api.ts";
import type { Context } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import { World } from "../../tests/sim/world.ts";
import { UdpDatapath } from "../../core/datapath/udp.ts";

const SSRC = ssrcOf(0x4242);
const LIMITS = { ringPackets: 4096, ringMs: 5000, repairMs: 400 };
const RECOVERY: RecoverySpec = {
  algorithm: "nack",
  options: { reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 },
};

/** A datapath on a host of the world, started. */
async function datapathOn(world: World, host: string): Promise<UdpDatapath> {
  const name = nodeName(`n-${host}`);
  assert.ok(name);
  const ctx: Context<"recovery"> = {
    ...world.ports(host),
    id: "datapath-deno",
    self: {
      name,
      instance: 1,
      roles: [],
      listen: host,
      advertise: host,
      ports: { control: 6000, keepalive: 6001, media: 7000 },
      bootstrap: undefined,
      version: "0",
    },
    finish() {},
    use: () => {
      throw new Error("Cannot use a slot: the test gives the recovery");
    },
    all: () => {
      throw new Error("Cannot use a slot: the test gives the recovery");
    },
  };
  const datapath = new UdpDatapath(ctx, 4, () => RECOVERY);
  await datapath.start(new AbortController().signal);
  return datapath;
}

/** The child fetches a cookie from one of its sockets; the parent checks it and starts to send. */
async function join(
  world: World,
  parent: UdpDatapath,
  child: UdpDatapath,
  socket: { readonly id: number; readonly local: Addr },
): Promise<void> {
  child.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  const up = child.link(socket.id, parent.local);
  let cookie: Uint8Array | undefined;
  child.cookie(up, (got) => cookie = got);
  await world.when("a cookie", () => cookie !== undefined);
  assert.ok(cookie && parent.verify(socket.local, cookie));
  assert.ok(!parent.verify({ ...socket.local, port: 1 }, cookie));
  parent.addChild(SSRC, parent.link(0, socket.local), undefined, (first) => {
    child.command({ kind: "parent", ssrc: SSRC, link: up, first });
  });
}

/** A numbered TS payload. */
function ts(index: number): Uint8Array {
  const bytes = new Uint8Array(1316);
  for (let at = 0; at < bytes.length; at += 188) bytes[at] = 0x47;
  new DataView(bytes.buffer).setUint32(4, index);
  return bytes;
}

Deno.test("two datapaths in the seeded world: 5 % loss each way, everything arrives, in order", async () => {
  const world = new World({ seed: 3, link: { delayMs: 10, lossShare: 0.05 } });
  const [a, b] = [await datapathOn(world, "10.0.0.1"), await datapathOn(world, "10.0.0.2")];
  a.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  a.command({ kind: "originate", ssrc: SSRC, first: 65_530 });
  const socket = await world.until(b.openSocket());
  await join(world, a, b, socket);
  const got: MediaChunk[] = [];
  const receiving = b.receive({ ssrc: SSRC, budgetMs: 500, pace: "smooth" }, (event) => {
    if (event.kind === "chunks") got.push(...event.chunks);
  });
  await world.runFor(300);
  for (let index = 0; index < 1000; index++) {
    a.publish(SSRC, ts(index), world.nowMs);
    await world.runFor(2);
  }
  await world.runFor(1500);
  assert.deepEqual(
    got.map(({ payload }) => new DataView(payload.buffer, payload.byteOffset).getUint32(4)),
    Array.from({ length: 1000 }, (_, index) => index),
  );
  const { streams } = b.counters();
  assert.ok((streams[0]?.recoveredByNack ?? 0) > 20);
  assert.deepEqual(streams[0]?.parents[0]?.remote, a.local);
  receiving[Symbol.dispose]();

  b.closeSocket(socket.id);
  await world.runFor(100);
  assert.equal(world.sockets("10.0.0.2"), 1);
  await Promise.all([a.stop(), b.stop()]);
  assert.equal(world.sockets("10.0.0.1") + world.sockets("10.0.0.2"), 0);
});

Deno.test("orders and questions before start and after stop do nothing", async () => {
  const world = new World({ seed: 4 });
  const datapath = await datapathOn(world, "10.0.0.1");
  await datapath.stop();
  datapath.command({ kind: "open", ssrc: SSRC, limits: LIMITS });
  datapath.publish(SSRC, ts(0), 0);
  datapath.cookie(datapath.link(0, { host: "10.0.0.9", port: 1 }), () => assert.fail("called"));
  assert.equal(datapath.position(SSRC).head, undefined);
  assert.deepEqual(datapath.counters().streams, []);
  await assert.rejects(datapath.openSocket(), { code: "closed" });
});

Deno.test("more sockets than allowed are refused", async () => {
  const world = new World({ seed: 5 });
  const datapath = await datapathOn(world, "10.0.0.1");
  for (let count = 0; count < 4; count++) await world.until(datapath.openSocket());
  await assert.rejects(datapath.openSocket(), { code: "full" });
  await datapath.stop();
  assert.equal(world.sockets("10.0.0.1"), 0);
});
