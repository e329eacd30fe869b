import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import {
  APP_ESPALIER,
  GENERIC_NACK,
  RTCP,
  rtcpValid,
  RtcpWriter,
  walkNack,
  walkRtcp,
} from "../../core/wire/rtcp.ts";
import { RTP_TYPE_MPEG_TS, writeRtpHeader } from "../../core/wire/rtp.ts";
import { readU32 } from "../../core/wire/rtp_bytes.ts";
import plugin from "./mod.ts";
import { type ReceiverEffect, type ReceiverEvent, RistReceiver } from "./protocol.ts";

const A: Addr = { host: "10.0.0.9", port: 40_000 };
const A_RTCP: Addr = { host: "10.0.0.9", port: 40_001 };
const B: Addr = { host: "10.0.0.66", port: 50_000 };
const B_RTCP: Addr = { host: "10.0.0.66", port: 50_001 };
const SSRC = 0x2468ace0;

function rtp(sequence: number, atMs: number, ssrc = SSRC): Uint8Array {
  const bytes = new Uint8Array(12 + 7 * 188).fill(sequence & 255);
  writeRtpHeader(bytes, RTP_TYPE_MPEG_TS, false, sequence, Math.round(atMs * 90), ssrc);
  for (let at = 12; at < bytes.length; at += 188) bytes[at] = 0x47;
  return bytes;
}

/** What librist's sender says twenty times a second: report, CNAME, echo. */
function hello(nowMs: number, ssrc = SSRC): Uint8Array {
  return new RtcpWriter().reset().senderReport(ssrc, nowMs, 0, 0, 0).cname(ssrc, "vm")
    .echoRequest(ssrc, nowMs).take();
}

class Rig {
  nowMs = 5000;
  readonly effects: ReceiverEffect[] = [];
  readonly receiver: RistReceiver;

  constructor(from: string[] = []) {
    this.receiver = new RistReceiver(
      { from, bufferMs: 500, reporter: 0x0a0b0c0d, cname: "espalier" },
      this.nowMs,
    );
  }

  handle(event: ReceiverEvent): readonly ReceiverEffect[] {
    const effects = this.receiver.handle(event, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  rtp(from: Addr, bytes: Uint8Array): readonly ReceiverEffect[] {
    return this.handle({ kind: "rtp", from, bytes });
  }

  rtcp(from: Addr, bytes: Uint8Array): readonly ReceiverEffect[] {
    return this.handle({ kind: "rtcp", from, bytes });
  }

  run(ms: number): readonly ReceiverEffect[] {
    const untilMs = this.nowMs + ms;
    const before = this.effects.length;
    for (let due = this.receiver.deadlineMs(); (due ?? Infinity) <= untilMs;) {
      this.nowMs = Math.max(this.nowMs, due ?? 0);
      this.handle({ kind: "tick" });
      due = this.receiver.deadlineMs();
    }
    this.nowMs = untilMs;
    return this.effects.slice(before);
  }

  /** The sender A sends `count` packets, 2 ms apart, and a report every 50 ms; `lose` drops some. */
  feed(first: number, count: number, lose: (sequence: number) => boolean = () => false): void {
    for (let n = 0; n < count; n++) {
      const sequence = (first + n) & 0xffff;
      if (!lose(sequence)) this.rtp(A, rtp(sequence, this.nowMs));
      if (n % 25 === 0) this.rtcp(A_RTCP, hello(this.nowMs));
      this.run(2);
    }
  }

  pushed(): Uint8Array[] {
    return this.effects.flatMap((one) => one.kind === "push" ? [one.bytes] : []);
  }
}

const kinds = (effects: readonly ReceiverEffect[]) => effects.map((one) => one.kind);

Deno.test("an odd port and a port without a next one are refused with the reason", () => {
  assert.throws(() => plugin.check({ listen: "0.0.0.0:5005" }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^listen: .*even port expected/);
    return true;
  });
  assert.throws(() => plugin.check({ listen: "0.0.0.0:0" }), /even port expected/);
  assert.doesNotThrow(() => plugin.check({}));
});

Deno.test("a stranger's greeting is answered with a report and its echo, and no more bytes than it sent", () => {
  const rig = new Rig();
  const request = hello(77);
  const [answer, ...others] = rig.rtcp(A_RTCP, request);
  assert.ok(answer?.kind === "rtcp" && others.length === 0);
  assert.deepEqual(answer.to, A_RTCP);
  assert.ok(rtcpValid(answer.bytes) && answer.bytes.length <= request.length);
  const types: number[] = [];
  let echoed = false;
  walkRtcp(answer.bytes, (type, count, at) => {
    types.push(type);
    if (type === RTCP.app && count === 3) {
      echoed = readU32(answer.bytes, at + 12) === readU32(request, request.length - 12);
    }
  });
  assert.deepEqual(types, [RTCP.receiverReport, RTCP.description, RTCP.app]);
  assert.ok(echoed);
  // Too short a question gets no answer, a stranger's media never does.
  assert.deepEqual(rig.rtcp(A_RTCP, request.slice(0, 28)), rig.effects.slice(1, 2));
  assert.deepEqual(rig.rtcp(A_RTCP, new RtcpWriter().reset().receiverReport(1).take()), []);
  assert.deepEqual(rig.rtp(B, rtp(1, 0)), []);
});

Deno.test("strangers together get at most a hundred answers a second", () => {
  const rig = new Rig();
  for (let n = 0; n < 10_000; n++) {
    rig.rtcp({ host: `10.9.${n >> 8}.${n & 255}`, port: 9 }, hello(n));
    rig.run(0.1);
  }
  assert.ok(rig.effects.length <= 201, `${rig.effects.length} answers in a second`);
});

Deno.test("two packets in sequence begin a stream; others are foreign until 5 s of silence", () => {
  const rig = new Rig();
  assert.deepEqual(kinds(rig.rtp(B, rtp(9, 0, 8))), []);
  assert.deepEqual(kinds(rig.rtp(B, rtp(700, 0, 8))), []);
  rig.feed(100, 10);
  assert.deepEqual(rig.receiver.sender, A);
  const before = rig.receiver.counters.foreign;
  for (let n = 0; n < 50; n++) {
    assert.deepEqual(rig.rtp(B, rtp(n, rig.nowMs, 8)), []);
    assert.deepEqual(rig.rtcp(B_RTCP, hello(rig.nowMs, SSRC)), []);
  }
  assert.equal(rig.receiver.counters.foreign, before + 100);
  // Its reports alone keep nobody else away.
  for (let n = 0; n < 49; n++) {
    rig.run(100);
    rig.rtcp(A_RTCP, hello(rig.nowMs));
  }
  assert.deepEqual(rig.receiver.sender, A);
  assert.ok(kinds(rig.run(200)).includes("released"));
  assert.equal(rig.receiver.sender, undefined);
  rig.rtp(B, rtp(65_535, rig.nowMs, 8));
  assert.deepEqual(kinds(rig.rtp(B, rtp(0, rig.nowMs, 8))), ["sender"]);
  assert.deepEqual(rig.receiver.sender, B);
});

Deno.test("only listed senders are heard", () => {
  const rig = new Rig(["10.0.0.9"]);
  rig.rtp(B, rtp(1, 0));
  rig.rtp(B, rtp(2, 0));
  assert.deepEqual(rig.rtcp(B_RTCP, hello(0)), []);
  assert.equal(rig.receiver.sender, undefined);
  rig.feed(1, 5);
  assert.deepEqual(rig.receiver.sender, A);
  assert.equal(rig.receiver.counters.foreign, 3);
});

Deno.test("lost packets are asked for, repairs close the gap in order, across the turn of the numbers", () => {
  const rig = new Rig();
  const lost = new Set([65_530, 65_531, 3]);
  rig.feed(65_500, 60, (sequence) => lost.has(sequence));
  const asked = new Set<number>();
  for (const one of rig.effects) {
    if (one.kind !== "rtcp") continue;
    assert.deepEqual(one.to, A_RTCP);
    walkRtcp(one.bytes, (type, count, at, end) => {
      if (type === RTCP.app) assert.notEqual(readU32(one.bytes, at + 8), APP_ESPALIER);
      if (type !== RTCP.transportFeedback || count !== GENERIC_NACK) return;
      assert.equal(readU32(one.bytes, at + 8), SSRC);
      walkNack(one.bytes, at, end, (sequence) => asked.add(sequence).size > 0);
    });
  }
  assert.deepEqual(asked, lost);
  for (const sequence of lost) rig.rtp(A, rtp(sequence, 5060, SSRC | 1));
  rig.run(1000);
  assert.deepEqual(
    rig.pushed().map((bytes) => bytes[1]),
    Array.from({ length: 60 }, (_, n) => (65_500 + n) & 255),
  );
  assert.equal(rig.receiver.counters.recoveredByNack, 3);
  assert.equal(rig.receiver.counters.unrecovered, 0);
});

Deno.test("what nobody sends again is given up after the buffer's time, and the stream goes on", () => {
  const rig = new Rig();
  rig.feed(10, 400, (sequence) => sequence === 50);
  rig.run(600);
  assert.equal(rig.pushed().length, 399);
  assert.equal(rig.receiver.counters.unrecovered, 1);
});

Deno.test("packets leave one buffer after they were sent, evenly, with due times that never go back", () => {
  const rig = new Rig();
  const rng = seededRng(11);
  const sentMs = rig.nowMs;
  const arrivals = Array.from({ length: 500 }, (_, n) => ({
    n,
    atMs: sentMs + 2 * n + rng.next() * 30,
  })).sort((a, b) => a.atMs - b.atMs);
  for (const { n, atMs } of arrivals) {
    if (atMs > rig.nowMs) rig.run(atMs - rig.nowMs);
    rig.rtp(A, rtp(n, sentMs + 2 * n));
  }
  rig.run(1000);
  const dues = rig.effects.flatMap((one) => one.kind === "push" ? [one.dueMs] : []);
  assert.ok(dues.length >= 490, `${dues.length} packets`);
  const steps = dues.slice(1).map((dueMs, at) => dueMs - (dues[at] ?? 0));
  assert.ok(steps.every((step) => step >= 0));
  // The first packets teach the clock which arrival is the fastest.
  assert.ok(steps.slice(100).every((step) => Math.abs(step - 2) < 1), `${Math.max(...steps)}`);
});

Deno.test("a sender that begins to count anew, or changes its SSRC, goes on at once", () => {
  const rig = new Rig();
  rig.feed(40_000, 100);
  rig.run(300);
  rig.feed(1000, 50);
  rig.run(300);
  rig.feed(500, 50);
  for (let n = 0; n < 50; n++) {
    rig.rtp(A, rtp(7 + n, rig.nowMs, 0x77777770));
    rig.run(2);
  }
  rig.run(1000);
  assert.equal(rig.pushed().length, 250);
  const { begins, delivered, gaps } = rig.receiver.counters;
  assert.deepEqual({ begins, delivered, gaps }, { begins: 4, delivered: 250, gaps: 0 });
});

Deno.test("reports go to the sender's RTCP port at least every 100 ms and tell loss and position", () => {
  const rig = new Rig();
  let lastMs = NaN;
  let worstMs = 0;
  let block: Uint8Array | undefined;
  for (let n = 0; n < 1500; n++) {
    const before = rig.effects.length;
    rig.feed(n, 1, (sequence) => sequence % 10 === 5);
    for (const one of rig.effects.slice(before)) {
      if (one.kind !== "rtcp" || one.bytes[1] !== RTCP.receiverReport) continue;
      if (one.bytes[0] !== 0x81) continue;
      if (n > 100) worstMs = Math.max(worstMs, rig.nowMs - lastMs);
      lastMs = rig.nowMs;
      block = one.bytes;
    }
    if (n % 25 === 24) rig.rtcp(A_RTCP, hello(rig.nowMs));
  }
  assert.ok(worstMs <= 100, `${worstMs} ms without a report`);
  assert.ok(block !== undefined);
  assert.equal(readU32(block, 8), SSRC);
  const share = (block[12] ?? 0) / 256;
  assert.ok(share > 0.07 && share < 0.13, `${share} lost`);
  assert.ok(readU32(block, 16) >= 1400 && readU32(block, 16) < 1500);
  assert.notEqual(readU32(block, 24), 0);
});

Deno.test("whatever comes, nothing throws and no address gets more bytes than it sent", () => {
  const addresses = [A, A_RTCP, B, B_RTCP];
  const seeds = fc.integer({ min: 0, max: 2 ** 31 });
  fc.assert(
    fc.property(seeds, (seed) => {
      const rng = seededRng(seed);
      const rig = new Rig();
      const balance = new Map<string, number>();
      const owe = (host: string, bytes: number) =>
        balance.set(host, (balance.get(host) ?? 0) + bytes);
      for (let step = 0; step < 300; step++) {
        const from = addresses[Math.floor(rng.next() * addresses.length)] ?? A;
        const sequence = Math.floor(rng.next() * 40) + (rng.next() < 0.1 ? 30_000 : 0);
        const ssrc = rng.next() < 0.8 ? SSRC : SSRC + 2 * Math.floor(rng.next() * 3) + 1;
        const bytes = rng.next() < 0.5 ? rtp(sequence, rig.nowMs, ssrc) : hello(rig.nowMs, ssrc);
        for (let flips = Math.floor(rng.next() * 3) - 1; flips > 0; flips--) {
          bytes[Math.floor(rng.next() * bytes.length)] = Math.floor(rng.next() * 256);
        }
        const packet = rng.next() < 0.2 ? bytes.subarray(0, Math.floor(rng.next() * 90)) : bytes;
        const before = rig.effects.length;
        owe(from.host, packet.length);
        rig.handle({ kind: from.port % 2 === 0 ? "rtp" : "rtcp", from, bytes: packet });
        rig.run(rng.next() * (rng.next() < 0.02 ? 6000 : 20));
        for (const one of rig.effects.slice(before)) {
          if (one.kind === "rtcp") owe(one.to.host, -one.bytes.length);
        }
        for (const [host, left] of balance) {
          assert.ok(left >= 0, `${host} got ${-left} bytes too many`);
        }
      }
    }),
    { numRuns: 60 },
  );
});
