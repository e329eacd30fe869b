import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRng } from "../rng.ts";
import { writeRtpHeader } from "../wire/rtp.ts";
import { RtcpWriter } from "../wire/rtcp.ts";
import { MediaEngine } from "./engine.ts";
import { NACK, numberedTs } from "./testing/rig.ts";
import { at, chain, FIRST, LIMITS, range, received, SSRC } from "./testing/scenes.ts";

/** A relay with a parent on link 1 and a child on link 2. */
function relay(): MediaEngine {
  const engine = new MediaEngine({ recovery: NACK, reporter: 1 });
  engine.command({ kind: "open", ssrc: SSRC, limits: LIMITS }, 0);
  engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: FIRST }, 0);
  engine.addChild(SSRC, 2, undefined, 0, () => {});
  engine.addReceiver({ ssrc: SSRC, budgetMs: 200, pace: "asap" }, 0);
  return engine;
}

function media(sequence: number, ssrc: number = SSRC, timestamp = 0): Uint8Array {
  const bytes = new Uint8Array(12 + 1316);
  writeRtpHeader(bytes, 33, false, sequence, timestamp, ssrc);
  bytes.set(numberedTs(sequence), 12);
  return bytes;
}

/** Bytes that look right at the beginning, with whatever behind. */
const datagram = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.tuple(fc.constantFrom(0x80, 0x81, 0x90, 0xa0, 0xbf), fc.integer({ min: 190, max: 225 }))
    .chain(([first, second]) =>
      fc.uint8Array({ minLength: 6, maxLength: 60 }).map((rest) => {
        const bytes = new Uint8Array(2 + rest.length - rest.length % 4 + 2);
        bytes.set([first, second, 0, bytes.length / 4 - 1]);
        bytes.set(rest.subarray(0, bytes.length - 4), 4);
        if (bytes.length >= 12 && second >= 205) {
          new DataView(bytes.buffer).setUint32(8, SSRC);
        } else if (bytes.length >= 8) new DataView(bytes.buffer).setUint32(4, SSRC);
        return bytes;
      })
    ),
  fc.tuple(fc.nat(0xffff), fc.nat(0xffffffff), fc.constantFrom(SSRC, SSRC + 1, 77))
    .map(([sequence, timestamp, ssrc]) => media(sequence, ssrc, timestamp)),
);

Deno.test("no bytes make the engine throw or grow", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), datagram, fc.nat(20)), { maxLength: 200 }),
      (happenings) => {
        const engine = relay();
        let nowMs = 1;
        for (const [link, bytes, passedMs] of happenings) {
          nowMs += passedMs;
          engine.receiveOne(link, bytes, nowMs);
          if ((engine.nextDeadlineMs() ?? Infinity) <= nowMs) engine.tick(nowMs);
          assert.ok((engine.nextDeadlineMs() ?? Infinity) > 0);
          assert.ok(engine.out.sends <= 600, `${engine.out.sends} packets for one`);
          engine.out.clear();
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("mutated packets of a real run leave the recording equal", () => {
  const { rig, origin, last, links } = chain(1, 1, { delayMs: 5, loss: 0.02 });
  const receiver = last.receiver({ ssrc: SSRC, budgetMs: 500, pace: "asap" });
  rig.run(1300);
  const rng = seededRng(5);
  rig.publish(origin, SSRC, 500, 2);
  const writer = new RtcpWriter();
  const real = [
    writer.reset().senderReport(SSRC, 5, 6, 7, 8).cname(SSRC, "x").head(SSRC, FIRST, 5).take(),
    writer.reset().receiverReport(7).cname(7, "x").echoRequest(SSRC, 9).take(),
    media(FIRST & 0xffff),
  ];
  const { up, down } = at(links, 0);
  for (let step = 0; step < 3000; step++) {
    rig.at(rig.nowMs + step / 3, () => {
      const bytes = at(real, step % 3).slice();
      for (let flip = 0; flip < 3; flip++) {
        // The first bytes and the length decide most; number and payload of media stay: a forger that
        // knows address and stream can only be kept out by authentication.
        const place = Math.floor(rng.next() * 2);
        bytes[place] = Math.floor(rng.next() * 256);
      }
      last.act((engine, now) => engine.receiveOne(99, bytes, now));
      last.act((engine, now) => engine.receiveOne(up, bytes.subarray(0, 11), now));
      origin.act((engine, now) => engine.receiveOne(down, bytes.subarray(0, 20), now));
    });
  }
  rig.run(rig.nowMs + 3000);
  assert.deepEqual(received(last, receiver), range(0, 500));
  assert.ok(last.engine.tally.malformed > 1000);
});

Deno.test("giant jumps cost bounded work and memory", () => {
  const engine = relay();
  const rng = seededRng(3);
  const began = performance.now();
  let nowMs = 1;
  for (let index = 0; index < 20_000; index++) {
    nowMs += 0.05;
    engine.receiveOne(1, media(Math.floor(rng.next() * 65_536)), nowMs);
    if ((engine.nextDeadlineMs() ?? Infinity) <= nowMs) engine.tick(nowMs);
    engine.out.clear();
  }
  assert.ok(performance.now() - began < 20_000);
});

Deno.test("a forged stream from a parent's address is not accepted, nor media from a child", () => {
  const engine = relay();
  engine.receiveOne(1, media(FIRST, 0x5555), 1);
  engine.receiveOne(2, media(FIRST), 1);
  engine.receiveOne(3, media(FIRST), 1);
  assert.equal(engine.tally.unknownStream, 1);
  assert.equal(engine.position(SSRC, 2).head, undefined);
  assert.equal(engine.out.sends, 0);
});

Deno.test("requests and reports from those who are no children change nothing", () => {
  const engine = relay();
  for (let index = 0; index < 50; index++) engine.receiveOne(1, media(FIRST + index), 1 + index);
  engine.out.clear();
  const writer = new RtcpWriter();
  writer.reset().receiverReport(9).nack(9, SSRC, [FIRST + 5, FIRST + 6], 0);
  const nack = writer.take();
  engine.receiveOne(3, nack, 60);
  engine.receiveOne(1, nack, 60);
  engine.receiveOne(3, writer.reset().receiverReport(9).echoRequest(SSRC, 5).take(), 60);
  engine.receiveOne(3, writer.reset().receiverReport(9).bye(SSRC).take(), 60);
  engine.receiveOne(2, writer.reset().receiverReport(9).bye(SSRC).take(), 60);
  assert.equal(engine.out.sends, 0);
  assert.deepEqual(engine.out.events.filter((event) => event.kind !== "alive"), []);
  engine.receiveOne(2, nack, 61);
  assert.equal(engine.out.sends, 2);
});

Deno.test("orders about unknown things are counted and change nothing", () => {
  const engine = new MediaEngine({ recovery: NACK, reporter: 1 });
  engine.command({ kind: "close", ssrc: SSRC }, 0);
  engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: 5 }, 0);
  engine.command({ kind: "end", ssrc: SSRC }, 0);
  engine.command({ kind: "close-link", link: 8 }, 0);
  engine.publish(SSRC, numberedTs(1), 0, 0);
  engine.addChild(SSRC, 1, undefined, 0, () => assert.fail("never called"));
  assert.equal(engine.tally.ignored, 6);
  assert.equal(engine.nextDeadlineMs(), undefined);
});
