import assert from "node:assert/strict";
import fc from "fast-check";
import { writeRtpHeader } from "../../core/wire/rtp.ts";
import { Intake } from "./protocol.ts";

const A = { host: "10.0.0.1", port: 4000 };
const B = { host: "10.0.0.2", port: 4000 };
const OPTIONS = { from: [], silenceMs: 2000, reorderMs: 20 };

/** Seven packets that carry `n`. */
function ts(n: number, packets = 7): Uint8Array {
  const bytes = new Uint8Array(packets * 188).fill(n & 0x3f);
  for (let at = 0; at < bytes.length; at += 188) bytes.set([0x47, 1, 0, 0x10, n >> 8, n & 255], at);
  return bytes;
}

function rtp(sequence: number, payload: Uint8Array, ssrc = 7): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  writeRtpHeader(bytes, 33, false, sequence & 0xffff, 0, ssrc);
  bytes.set(payload, 12);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Feeds datagrams 1 ms apart; returns what was pushed. */
function feed(
  intake: Intake,
  datagrams: readonly Uint8Array[],
  from = A,
  startMs = 0,
): Uint8Array[] {
  return datagrams.flatMap((bytes, i) => pushed(intake, bytes, from, startMs + i));
}

function pushed(intake: Intake, bytes: Uint8Array, from: typeof A, nowMs: number): Uint8Array[] {
  return intake.handle({ kind: "packet", from, bytes }, nowMs)
    .flatMap((effect) => effect.kind === "push" ? [effect.bytes] : []);
}

Deno.test("MPEG-TS in UDP passes unchanged, datagram by datagram", () => {
  const intake = new Intake(OPTIONS);
  const sent = Array.from({ length: 50 }, (_, n) => ts(n));
  assert.deepEqual(feed(intake, sent), sent);
});

Deno.test("a long datagram becomes pieces of seven packets at most", () => {
  const out = feed(new Intake(OPTIONS), [ts(1, 20)]);
  assert.deepEqual(out.map((one) => one.length), [1316, 1316, 1128]);
  assert.deepEqual(joined(out), ts(1, 20));
});

Deno.test("packets cut at any byte are put together again", () => {
  fc.assert(fc.property(fc.integer({ min: 600, max: 1500 }), (size) => {
    const all = joined(Array.from({ length: 60 }, (_, n) => ts(n)));
    const datagrams: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) datagrams.push(all.subarray(at, at + size));
    assert.deepEqual(joined(feed(new Intake(OPTIONS), datagrams)), all);
  }));
});

Deno.test("RTP that is swapped within its wait comes out in order, doubles do not", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 65_535 }),
    fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 20, maxLength: 60 }),
    (first, delays) => {
      const sent = delays.map((_, n) => ts(n));
      const order = delays.map((delay, n) => ({ n, at: n === 0 ? -1 : n + delay }))
        .sort((a, b) => a.at - b.at || a.n - b.n);
      const intake = new Intake(OPTIONS);
      const out: Uint8Array[] = [];
      for (const [i, { n }] of order.entries()) {
        const packet = rtp(first + n, sent[n] ?? new Uint8Array());
        out.push(...pushed(intake, packet, A, i), ...pushed(intake, packet, A, i));
      }
      assert.deepEqual(out, sent);
      assert.equal(intake.counters.stale, sent.length);
      assert.equal(intake.counters.lost, 0);
    },
  ));
});

Deno.test("a lost RTP packet is waited for no longer than the limit", () => {
  const intake = new Intake(OPTIONS);
  assert.equal(feed(intake, [rtp(1, ts(1))]).length, 1);
  assert.equal(pushed(intake, rtp(3, ts(3)), A, 10).length, 0);
  assert.equal(intake.deadlineMs(), 30);
  assert.equal(intake.handle({ kind: "tick" }, 29).length, 0);
  assert.deepEqual(intake.handle({ kind: "tick" }, 30).map((one) => one.kind), ["push"]);
  assert.equal(intake.counters.lost, 1);
  assert.equal(pushed(intake, rtp(2, ts(2)), A, 31).length, 0);
});

Deno.test("an encoder that starts again with other numbers is followed at once", () => {
  const intake = new Intake(OPTIONS);
  feed(intake, [rtp(100, ts(1)), rtp(101, ts(2))]);
  assert.equal(pushed(intake, rtp(40_000, ts(3), 8), A, 50).length, 1);
  assert.equal(pushed(intake, rtp(9, ts(4), 8), A, 51).length, 1, "also without a new SSRC");
});

Deno.test("two senders never mix: the second is heard only once the first is silent", () => {
  const intake = new Intake(OPTIONS);
  feed(intake, [ts(1)]);
  assert.equal(pushed(intake, ts(2), B, 100).length, 0);
  assert.equal(intake.counters.foreign, 1);
  const silent = intake.handle({ kind: "tick" }, 2000);
  assert.deepEqual(silent, [{ kind: "silent" }]);
  const effects = intake.handle({ kind: "packet", from: B, bytes: ts(2) }, 2100);
  assert.deepEqual(effects[0], {
    kind: "sender",
    sender: "10.0.0.2:4000",
    before: "10.0.0.1:4000",
  });
  assert.equal(effects[1]?.kind, "push");
});

Deno.test("senders that are not listed are not heard", () => {
  const intake = new Intake({ ...OPTIONS, from: ["10.0.0.2"] });
  assert.equal(feed(intake, [ts(1)]).length, 0);
  assert.equal(feed(intake, [ts(1)], B).length, 1);
});

Deno.test("noise is counted, never thrown, and what is pushed are whole packets", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 1500 }),
      fc.uint8Array({ maxLength: 400 }).map((tail) => joined([Uint8Array.of(0x80, 33), tail])),
      fc.uint8Array({ maxLength: 400 }).map((tail) => joined([Uint8Array.of(0x47), tail])),
      fc.integer({ min: 0, max: 500 }).map((n) => ts(n)),
      fc.integer({ min: 0, max: 65_535 }).map((n) => rtp(n, ts(n))),
    )),
    (datagrams) => {
      const intake = new Intake(OPTIONS);
      for (const one of feed(intake, datagrams)) {
        assert.ok(one.length > 0 && one.length % 188 === 0 && one.length <= 1316);
        for (let at = 0; at < one.length; at += 188) assert.equal(one[at], 0x47);
      }
    },
  ));
});

Deno.test("a sender that sends noise only does not take the place of an encoder", () => {
  const intake = new Intake(OPTIONS);
  feed(intake, [new Uint8Array(100)], B);
  assert.equal(feed(intake, [ts(1)]).length, 1);
  assert.equal(intake.counters.bad, 1);
});
