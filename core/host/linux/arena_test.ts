import assert from "node:assert/strict";
import { MediaDriver } from "../../media/driver.ts";
import type { Kept } from "../../media/memory.ts";
import { NACK } from "../../media/testing/rig.ts";
import { LIMITS, SSRC } from "../../media/testing/scenes.ts";
import { seededRng } from "../../rng.ts";
import { Arena, SLOT_BYTES } from "./arena.ts";
import { BatchCarrier } from "./carrier.ts";
import { Gather } from "./gather.ts";
import { Intake, PASSING_BYTES } from "./intake.ts";
import { ERRNO } from "./layout.ts";
import { type Libc, openLibc } from "./libc.ts";
import { Block } from "./memory.ts";
import { Messages, segmentControlBytes, Vectors, writeSegment } from "./messages.ts";
import { type OwnSocket, RemoteEnds } from "./peers.ts";
import { KernelClock } from "./poller.ts";
import { writeSockaddr } from "./sockaddr.ts";
import { LinuxUdpSocket } from "./socket.ts";
import { missing } from "./testing.ts";
import { transmit, TransmitCounts } from "./transmit.ts";

function test(name: string, fn: (libc: Libc) => void): void {
  Deno.test({
    name,
    ignore: missing !== undefined,
    fn: () => {
      const found = openLibc();
      assert.ok("libc" in found);
      try {
        fn(found.libc);
      } finally {
        found.libc.unload();
      }
    },
  });
}

const ANY = { host: "127.0.0.1", port: 0 };

/** A packet of the stream. */
function packet(number: number, length = 1328): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x8021);
  view.setUint16(2, number & 0xffff);
  view.setUint32(4, number * 180);
  view.setUint32(8, SSRC);
  for (let at = 12; at < length; at += 188) bytes[at] = 0x47;
  return bytes;
}

/** Packet memory of so many slots. */
function arenaOf(libc: Libc, slots: number): Arena {
  return new Arena(libc, slots * SLOT_BYTES, new Block(libc, PASSING_BYTES));
}

test("slots are kept and dropped, and none is used again before all has been sent", (libc) => {
  const arena = arenaOf(libc, 1024);
  arena.passing.bytes.set(packet(7));
  const came = arena.passing.bytes.subarray(0, 1328);
  assert.equal(arena.locate(came), arena.passing.address);
  const kept = arena.keep(came);
  const addressOf = (one: Kept) => arena.locate(arena.bytesOf(one));
  assert.notEqual(addressOf(kept), arena.locate(came));
  came.fill(0);
  assert.deepEqual(arena.bytesOf(kept), packet(7));
  assert.equal(arena.used, 1);
  const address = addressOf(kept);
  arena.drop(kept);
  arena.drop(kept);
  assert.equal(arena.used, 0);
  const others = Array.from({ length: 1023 }, () => addressOf(arena.keep(came)));
  assert.ok(!others.includes(address) && !others.includes(-1));
  const late = arena.keep(came);
  assert.equal(addressOf(late), -1, "it may still be on its way out");
  assert.notEqual(arena.bytesOf(late).buffer, came.buffer);
  arena.recycle();
  assert.equal(addressOf(arena.keep(came.subarray(0, 700))), address);
  assert.equal(arena.slots, 1024);
});

test("a packet from elsewhere is copied to a slot, or kept elsewhere when there is none", (libc) => {
  const arena = arenaOf(libc, 1024);
  const own = packet(1);
  const kept = arena.keep(own);
  assert.notEqual(arena.bytesOf(kept), own);
  assert.deepEqual(arena.bytesOf(kept), own);
  for (let slot = 1; slot < 1024; slot++) arena.keep(packet(2));
  for (let round = 0; round < 3; round++) {
    const more = [arena.keep(packet(3)), arena.keep(packet(4, 700))];
    assert.deepEqual(more.map((one) => arena.bytesOf(one)), [packet(3), packet(4, 700)]);
    assert.ok(more.every((one) => arena.locate(arena.bytesOf(one)) === -1));
    more.forEach((one) => arena.drop(one));
  }
  assert.deepEqual(arena.bytesOf(kept), packet(1));
});

/** Sends super-datagrams of `count` pieces of `piece` bytes, and one more piece of `last`. */
function sendSuper(
  libc: Libc,
  from: LinuxUdpSocket,
  to: LinuxUdpSocket,
  bytes: Uint8Array,
  piece: number,
) {
  const payload = new Block(libc, bytes.length);
  payload.bytes.set(bytes);
  const name = new Block(libc, 32);
  const control = new Block(libc, segmentControlBytes(libc.layout));
  const vectors = new Vectors(libc, 1);
  vectors.set(0, payload.address, bytes.length);
  const messages = new Messages(libc, 1);
  messages.keep(payload, name, control, vectors);
  messages.setName(0, name.address, writeSockaddr(name.bytes, 0, to.local, to.family));
  messages.setVectors(0, vectors.addressOf(0), 1);
  const isCut = piece < bytes.length;
  messages.setControl(0, control.address, isCut ? writeSegment(libc.layout, control, 0, piece) : 0);
  assert.equal(from.send(messages, 0, 1), 1);
}

for (const piece of [1328, 1204, 1344, 100, 1500]) {
  test(`pieces of ${piece} bytes come out of super-datagrams whole`, (libc) => {
    const arena = arenaOf(libc, 8192);
    const intake = new Intake(libc, arena);
    const from = new LinuxUdpSocket(libc, ANY);
    const to = new LinuxUdpSocket(libc, ANY, { gro: true });
    const length = Math.min(40, Math.floor(60_000 / piece)) * piece + 77;
    const all = Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
    for (let round = 0; round < 3; round++) {
      sendSuper(libc, from, to, all, piece);
      const got: Uint8Array[] = [];
      intake.receive(to, { from() {}, datagram: (bytes) => void got.push(bytes.slice()) });
      assert.deepEqual(
        got.map((one) => one.length).slice(0, -1),
        new Array(got.length - 1).fill(piece),
      );
      assert.deepEqual(Uint8Array.from(got.flatMap((one) => [...one])), all);
      arena.recycle();
    }
    assert.ok(arena.used <= 32 * 50);
    from.close();
    to.close();
  });
}

test("what is too long for any packet comes as one that is counted as malformed", (libc) => {
  const intake = new Intake(libc, arenaOf(libc, 4096));
  const from = new LinuxUdpSocket(libc, ANY);
  const to = new LinuxUdpSocket(libc, ANY, { gro: true });
  sendSuper(libc, from, to, new Uint8Array(30_000), 30_000);
  const lengths: number[] = [];
  intake.receive(to, { from() {}, datagram: ({ length }) => void lengths.push(length) });
  assert.deepEqual(lengths, [SLOT_BYTES + 1]);
  from.close();
  to.close();
});

test("memory stays where it is while a stream runs through its ring a hundred times", (libc) => {
  const arena = arenaOf(libc, 64 * 1024);
  const intake = new Intake(libc, arena);
  const ends = new RemoteEnds(libc);
  const carrier = new BatchCarrier(libc, arena, ends, new KernelClock(libc));
  const udp = new LinuxUdpSocket(libc, ANY, { gro: true, receiveBytes: 4 << 20 });
  const socket: OwnSocket = { id: 0, udp, segments: true };
  const feed = new LinuxUdpSocket(libc, ANY);
  const sinks = Array.from({ length: 20 }, () => new LinuxUdpSocket(libc, ANY));
  let nowMs = 1000;
  const driver = new MediaDriver({
    recovery: NACK,
    rng: seededRng(1),
    now: () => nowMs,
    wires() {},
    carrier,
    memory: arena,
    arm() {},
    failed: (error) => assert.fail(String(error)),
  });
  driver.command({
    kind: "open",
    ssrc: SSRC,
    limits: { ...LIMITS, ringPackets: 256, ringMs: 60_000 },
  });
  const up = driver.link(0, feed.local);
  ends.add(up, socket, feed.local);
  driver.command({ kind: "parent", ssrc: SSRC, link: up, first: 0 });
  for (const sink of sinks) {
    const link = driver.link(0, sink.local);
    ends.add(link, socket, sink.local);
    driver.addChild(SSRC, link, undefined, () => {});
  }
  let link: number | undefined;
  let slots = 0;
  for (let number = 0; number < 256 * 100; number += 32) {
    nowMs += 8;
    const run = new Uint8Array(32 * 1328);
    for (let at = 0; at < 32; at++) run.set(packet(number + at), at * 1328);
    sendSuper(libc, feed, udp, run, 1328);
    arena.recycle();
    driver.batch(() =>
      void intake.receive(udp, {
        from: (names, at) => link = ends.find(0, names.words, at >>> 2)?.link,
        datagram: (bytes) => link !== undefined && driver.take(link, bytes, nowMs),
      })
    );
    if (number === 256 * 10) slots = arena.slots;
  }
  assert.equal(driver.counters().streams[0]?.packetsOut, 256 * 100 * 20);
  assert.equal(carrier.counts.failed + carrier.counts.dropped + carrier.unresolved, 0);
  assert.equal(arena.slots, slots, "no growth after the first rounds");
  assert.ok(arena.used <= 256 + 32, `${arena.used} slots are in use`);
  driver.command({ kind: "close", ssrc: SSRC });
  arena.recycle();
  assert.equal(arena.used, 0, "a closed stream gives everything back");
  for (const one of [udp, feed, ...sinks]) one.close();
});

test("a way that refuses super-datagrams gets its packets one by one, the others are not touched", (libc) => {
  const arena = arenaOf(libc, 4096);
  const ends = new RemoteEnds(libc);
  const carrier = new BatchCarrier(libc, arena, ends, new KernelClock(libc));
  const udp = new LinuxUdpSocket(libc, ANY);
  const sinks = Array.from({ length: 14 }, () => new LinuxUdpSocket(libc, ANY));
  const refused: number[] = [];
  // A device without checksum offload answers EIO to every super-datagram.
  const picky = Object.create(udp, {
    send: {
      value: (messages: Messages, first: number, count: number) => {
        if (messages.controlLengthOf(first) > 0 && first === 3 && messages.count === 14) {
          refused.push(first);
          return -ERRNO.EIO;
        }
        return udp.send(messages, first, first < 3 ? Math.min(count, 3 - first) : count);
      },
    },
  });
  const socket: OwnSocket = { id: 0, udp: picky, segments: true };
  const targets = sinks.map((sink, index) => {
    ends.add(index + 1, socket, sink.local);
    return index + 1;
  });
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 5; number++) carrier.send(packet(number), targets);
    carrier.flush();
  }
  assert.deepEqual(refused, [3]);
  assert.equal(carrier.counts.refusedSegments, 1);
  assert.equal(carrier.counts.failed, 0);
  const intake = new Intake(libc, arena);
  for (const [index, sink] of sinks.entries()) {
    const numbers: number[] = [];
    while (
      intake.receive(sink, {
        from() {},
        datagram: (bytes) => void numbers.push((bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)),
      }) > 0
    );
    assert.deepEqual(numbers, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4], `sink ${index}`);
  }
  for (const one of [udp, ...sinks]) one.close();
});

test("a full buffer is waited for a little, then what is left is dropped and counted", (libc) => {
  const udp = new LinuxUdpSocket(libc, ANY);
  const counts = new TransmitCounts();
  let calls = 0;
  const full = Object.create(udp, {
    send: { value: () => ++calls <= 3 ? -ERRNO.ENOBUFS : calls === 4 ? 2 : -ERRNO.EAGAIN },
  });
  const view = { datagrams: () => 7, refused: () => false };
  transmit(full, new Messages(libc, 5), 5, view, counts, new KernelClock(libc));
  assert.equal(counts.datagrams, 14);
  assert.equal(counts.dropped, 21);
  assert.equal(counts.waits, 13);
  udp.close();
});

test("an error of an earlier datagram costs this one nothing; one that lasts is counted by name", (libc) => {
  const udp = new LinuxUdpSocket(libc, ANY);
  const counts = new TransmitCounts();
  const answers = [-ERRNO.ECONNREFUSED, 1, -ERRNO.ENETUNREACH, -ERRNO.ENETUNREACH, 1];
  const failing = Object.create(udp, { send: { value: () => answers.shift() ?? 1 } });
  const view = { datagrams: () => 3, refused: () => false };
  transmit(failing, new Messages(libc, 3), 3, view, counts, new KernelClock(libc));
  assert.equal(counts.datagrams, 6);
  assert.deepEqual([...counts.errors], [["ENETUNREACH", 3]]);
  udp.close();
});

Deno.test("waiting for company grows with the load and goes when it goes", () => {
  let [nowMs, usedMs] = [0, 0];
  const gather = new Gather({ fixedMs: undefined, upToMs: 1 }, 0, () => usedMs, () => 0);
  const run = (share: number, ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; usedMs += share) gather.look(++nowMs);
  };
  run(0.5, 1000);
  assert.equal(gather.waitMs, 0);
  run(0.7, 1000);
  assert.equal(gather.waitMs, 1);
  run(0.5, 400);
  assert.equal(gather.waitMs, 1);
  run(0.1, 1000);
  assert.equal(gather.waitMs, 0);
  const fixed = new Gather({ fixedMs: 0.5, upToMs: 1 }, 0, () => usedMs, () => 0);
  fixed.look(1000);
  assert.equal(fixed.waitMs, 0.5);
});

Deno.test("a thread that was busy once waits no longer than it must, and does not try for ever", () => {
  let [nowMs, usedMs, tries] = [0, 0, 0];
  const gather = new Gather({ fixedMs: undefined, upToMs: 1 }, 0, () => usedMs, () => 0);
  const run = (share: (waitMs: number) => number, ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      const before = gather.waitMs;
      usedMs += share(before);
      gather.look(++nowMs);
      if (gather.waitMs < before) tries++;
    }
  };
  run(() => 0.9, 1000);
  assert.equal(gather.waitMs, 1);
  run(() => 0.5, 4000);
  assert.equal(gather.waitMs, 0);
  run(() => 0.9, 1000);
  tries = 0;
  // Half a millisecond is what it needs.
  run((waitMs) => waitMs >= 0.5 ? 0.5 : 0.9, 120_000);
  assert.ok(gather.waitMs >= 0.5);
  assert.ok(tries > 3 && tries < 20, `${tries} tries`);
});

Deno.test("a calm thread that much comes to is woken less often than there are datagrams", () => {
  let [nowMs, came] = [0, 0];
  const gather = new Gather({ fixedMs: undefined, upToMs: 1 }, 0, () => 0, () => came);
  const run = (perSecond: number) => {
    for (const endMs = nowMs + 500; nowMs < endMs; came += perSecond / 1000) gather.look(++nowMs);
    return gather.waitMs;
  };
  assert.deepEqual([9000, 12_000, 8000, 5000, 8000].map(run), [0, 0.125, 0.125, 0, 0]);
  const never = new Gather({ fixedMs: undefined, upToMs: 0 }, 0, () => 0, () => came);
  came += 1e6;
  never.look(1000);
  assert.equal(never.waitMs, 0);
});
