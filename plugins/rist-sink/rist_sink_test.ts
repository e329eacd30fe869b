import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";
import { APP_ESPALIER, RTCP, rtcpValid, RtcpWriter, walkRtcp } from "../../core/wire/rtcp.ts";
import { rtpSequence, rtpSsrc } from "../../core/wire/rtp.ts";
import { readU32 } from "../../core/wire/rtp_bytes.ts";
import plugin from "./mod.ts";
import { RistSender, type SenderEffect } from "./protocol.ts";

const TO: Addr = { host: "10.0.0.2", port: 5004 };
const RECEIVER: Addr = { host: "10.0.0.2", port: 5005 };
const SSRC = 0x12345679;

function ts(number: number): Uint8Array {
  const bytes = new Uint8Array(1316).fill(number & 255);
  for (let at = 0; at < bytes.length; at += 188) bytes[at] = 0x47;
  return bytes;
}

/** A sending end under test, with a clock of its own. */
class Rig {
  nowMs = 1000;
  readonly sent: SenderEffect[] = [];
  readonly sender = new RistSender(
    { to: TO, ssrc: SSRC, first: 65_500, bufferMs: 1000, cname: "node-a" },
    this.nowMs,
  );
  #pushed = 0;

  /** Runs `ms`, a packet every `everyMs`, timers as they are due. */
  run(ms: number, everyMs = Infinity): void {
    const untilMs = this.nowMs + ms;
    let packetMs = this.nowMs + everyMs;
    while (true) {
      const next = Math.min(packetMs, this.sender.deadlineMs() ?? Infinity, untilMs);
      this.nowMs = Math.max(this.nowMs, next);
      if (next >= untilMs) return;
      if (next === packetMs) {
        packetMs += everyMs;
        const timestamp = Math.round(this.nowMs * 90);
        const chunk = { payload: ts(this.#pushed++), sequence: 0, timestamp, lostBefore: 0 };
        this.sent.push(...this.sender.handle({ kind: "chunks", chunks: [chunk] }, this.nowMs));
      } else this.sent.push(...this.sender.handle({ kind: "tick" }, this.nowMs));
    }
  }

  hear(bytes: Uint8Array, from = RECEIVER): readonly SenderEffect[] {
    const effects = this.sender.handle({ kind: "rtcp", from, bytes }, this.nowMs);
    this.sent.push(...effects);
    return effects;
  }

  take(kind: "rtp" | "rtcp"): Uint8Array[] {
    return this.sent.flatMap((one) => one.kind === kind && "bytes" in one ? [one.bytes] : []);
  }
}

function genericNack(...sequences: number[]): Uint8Array {
  const writer = new RtcpWriter().reset().receiverReport(7).cname(7, "r");
  writer.nack(7, SSRC & ~1, sequences, 0);
  return writer.take();
}

/** RIST's range NACK as librist writes it: `more` packets after the first. */
function rangeNack(first: number, more: number): Uint8Array {
  const report = new RtcpWriter().reset().receiverReport(7).cname(7, "r").take();
  const nack = new Uint8Array(16);
  const view = new DataView(nack.buffer);
  view.setUint32(0, 0x80cc0003);
  view.setUint32(4, SSRC & ~1);
  view.setUint32(8, 0x52495354);
  view.setUint16(12, first);
  view.setUint16(14, more);
  return Uint8Array.from([...report, ...nack]);
}

Deno.test("an odd port, port 0 and an unprintable name are refused with the reason", () => {
  assert.throws(() => plugin.check({ to: "127.0.0.1:5005" }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^to: .*even port expected/);
    return true;
  });
  assert.throws(() => plugin.check({ to: "127.0.0.1:0" }), /even port expected/);
  assert.throws(() => plugin.check({ cname: "a\nb" }), /printable/);
  assert.doesNotThrow(() => plugin.check({}));
});

Deno.test("a report with the CNAME goes out at least every 100 ms, and nothing that RIST does not know", () => {
  const rig = new Rig();
  let lastMs = rig.nowMs;
  let worstMs = 0;
  let reports = 0;
  for (let step = 0; step < 3000; step++) {
    const before = rig.sent.length;
    rig.run(1, step % 3 === 0 && step < 2000 ? 0.5 : Infinity);
    for (const one of rig.sent.slice(before)) {
      if (one.kind !== "rtcp") continue;
      assert.ok(rtcpValid(one.bytes));
      const types: number[] = [];
      walkRtcp(one.bytes, (type, _count, at) => {
        types.push(type);
        if (type === RTCP.app) assert.notEqual(readU32(one.bytes, at + 8), APP_ESPALIER);
      });
      assert.ok(types[0] === RTCP.senderReport || types[0] === RTCP.receiverReport, `${types}`);
      assert.equal(types[1], RTCP.description);
      assert.ok(new TextDecoder().decode(one.bytes).includes("node-a"));
      if (types[0] !== RTCP.senderReport) continue;
      worstMs = Math.max(worstMs, rig.nowMs - lastMs);
      lastMs = rig.nowMs;
      reports++;
    }
  }
  assert.ok(worstMs <= 100, `${worstMs} ms without a report`);
  assert.ok(reports >= 30);
});

Deno.test("both kinds of NACK bring the packet again, marked in the SSRC, across the turn of the numbers", () => {
  const rig = new Rig();
  rig.run(200, 2);
  const originals = rig.take("rtp");
  assert.equal(rtpSequence(originals[0] ?? ts(0)), 65_500);
  for (const request of [genericNack(65_535, 65_536), rangeNack(2, 2)]) {
    const again = rig.hear(request).filter((one) => one.kind === "rtp");
    assert.ok(again.length >= 2);
    for (const { bytes } of again) {
      assert.equal(rtpSsrc(bytes), SSRC | 1);
      const original = originals.find((one) => rtpSequence(one) === rtpSequence(bytes));
      assert.equal(rtpSsrc(original ?? bytes), (SSRC & ~1) >>> 0);
      assert.deepEqual(bytes.subarray(12), original?.subarray(12));
    }
  }
});

Deno.test("nobody but the receiver causes anything to be sent", () => {
  const rig = new Rig();
  rig.run(200, 2);
  const strangers = [
    { host: "10.0.0.3", port: 5005 },
    { host: "10.0.0.2", port: 5004 },
    { host: "10.0.0.2", port: 40_000 },
  ];
  rig.sent.push(...rig.sender.handle({ kind: "tick" }, rig.nowMs));
  for (const from of strangers) assert.deepEqual(rig.hear(genericNack(65_510), from), []);
  assert.equal(rig.sender.counters.foreign, 3);
  assert.equal(rig.sender.up, false);
});

Deno.test("a hundred thousand requests a second cost at most half of the stream's rate", () => {
  const rig = new Rig();
  rig.run(2000, 2);
  const before = rig.take("rtp").length;
  const seconds = 2;
  for (let step = 0; step < seconds * 1000; step++) {
    const newest = 65_500 + Math.floor((rig.nowMs - 1000) / 2);
    for (let n = 0; n < 10; n++) rig.hear(rangeNack((newest - 300 + n * 30) & 0xffff, 9));
    rig.run(1, step % 2 === 0 ? 0.5 : Infinity);
  }
  const sent = rig.take("rtp").slice(before);
  const again = sent.filter((one) => (rtpSsrc(one) & 1) === 1).length;
  const originals = sent.length - again;
  assert.ok(originals >= 900 * seconds / 2, `${originals} originals`);
  // The budget's depth may be spent on top, once.
  assert.ok(again <= originals * 0.5 + 400, `${again} sent again beside ${originals} originals`);
  assert.ok(again > 100);
  assert.ok(rig.sender.counters.refused > 1000);
});

Deno.test("after the end requests are served for the buffer's time, then comes BYE and silence", () => {
  const rig = new Rig();
  rig.run(200, 2);
  rig.hear(genericNack(65_500));
  rig.sent.push(...rig.sender.handle({ kind: "end" }, rig.nowMs));
  rig.run(500);
  assert.equal(rig.hear(rangeNack(65_530, 0)).filter((one) => one.kind === "rtp").length, 1);
  rig.run(600);
  assert.equal(rig.sent.at(-1)?.kind, "done");
  const last = rig.take("rtcp").at(-1) ?? ts(0);
  let bye = false;
  walkRtcp(last, (type) => void (bye ||= type === RTCP.bye));
  assert.ok(bye);
  assert.equal(rig.sender.deadlineMs(), undefined);
  assert.deepEqual(rig.hear(genericNack(65_530)), []);
});

Deno.test("a receiver that never answered is not waited for at the end", () => {
  const rig = new Rig();
  rig.run(200, 2);
  const effects = rig.sender.handle({ kind: "end" }, rig.nowMs);
  assert.equal(effects.at(-1)?.kind, "done");
});

Deno.test("a break in the time stamps of the stream is none in those of the session", () => {
  const rig = new Rig();
  const stamps: number[] = [];
  for (let step = 0; step < 200; step++) {
    rig.nowMs += 10;
    const leap = step < 60 ? 0 : step < 120 ? 5e8 : 90_000 * 3;
    const timestamp = (Math.round(rig.nowMs * 90) + leap) % 2 ** 32;
    const chunk = { payload: ts(step), sequence: step, timestamp, lostBefore: 0 };
    for (const one of rig.sender.handle({ kind: "chunks", chunks: [chunk] }, rig.nowMs)) {
      if (one.kind === "rtp") stamps.push(readU32(one.bytes, 4));
    }
  }
  assert.equal(stamps.length, 200);
  for (let at = 1; at < stamps.length; at++) {
    const stepMs = ((stamps[at] ?? 0) - (stamps[at - 1] ?? 0)) / 90;
    assert.ok(stepMs >= 0 && stepMs < 50, `${stepMs} ms at ${at}`);
  }
});

Deno.test("no bytes from the receiver's address make the sending end throw or send much", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (all) => {
    const rig = new Rig();
    rig.run(50, 2);
    for (const bytes of all) rig.hear(bytes);
    const rng = seededRng(all.length);
    for (const bytes of all) {
      const mutated = rangeNack(65_500, 3);
      for (const byte of bytes) mutated[Math.floor(rng.next() * mutated.length)] = byte;
      rig.hear(mutated);
    }
  }));
});
