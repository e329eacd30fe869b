import assert from "node:assert/strict";
import fc from "fast-check";
import type { FecOptions, RecoverySpec } from "../api.ts";
import { isCoverable, ParityBuilder, readParity, rebuild } from "../../wire/rtp_fec.ts";
import { writeRtpHeader } from "../../wire/rtp.ts";
import { NACK, type RigNode } from "../testing/rig.ts";
import { at, chain, counted, range, received, SSRC } from "../testing/scenes.ts";

const MATRIX: FecOptions = { columns: 8, rows: 6, adaptive: false };
const nack = NACK.algorithm === "nack" ? NACK.options : undefined;
const alone: RecoverySpec = { algorithm: "fec", options: MATRIX, nack: undefined };
const both: RecoverySpec = { algorithm: "fec", options: MATRIX, nack };

Deno.test("any one packet of a row or column is rebuilt, byte for byte", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 20 }),
    fc.integer({ min: 1, max: 20 }),
    fc.nat(2 ** 32),
    fc.array(fc.tuple(fc.nat(6), fc.boolean(), fc.nat(0xffffffff)), {
      minLength: 20,
      maxLength: 20,
    }),
    fc.nat(19),
    (count, step, base, shapes, lost) => {
      const missing = lost % count;
      const packets = range(0, count).map((index) => {
        const [tsPackets, marker, timestamp] = at(shapes, index);
        const bytes = new Uint8Array(12 + 188 * (tsPackets + 1)).fill(index * 31 + 7);
        writeRtpHeader(bytes, 33, marker, base + index * step, timestamp, SSRC);
        return bytes;
      });
      const builder = new ParityBuilder(base, step, count);
      for (const bytes of packets) {
        assert.ok(isCoverable(bytes));
        builder.add(bytes);
      }
      const parity = readParity(builder.packet(SSRC, 1, 2));
      assert.ok(parity);
      assert.deepEqual([parity.step, parity.count, parity.base], [step, count, base & 0xffff]);
      const others = packets.filter((_, index) => index !== missing);
      const rebuilt = rebuild(parity, others, base + missing * step, SSRC);
      assert.deepEqual(rebuilt, at(packets, missing));
    },
  ));
});

function run(seed: number, loss: number, recovery: RecoverySpec, budgetMs = 300) {
  const scene = chain(seed, 1, { delayMs: 40, loss }, recovery);
  const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs, pace: "asap" });
  scene.rig.run(1500);
  const before = scene.origin.sentBytes;
  scene.rig.publish(scene.origin, SSRC, 4000, 2);
  scene.rig.run(scene.rig.nowMs + 10_000);
  const numbers = received(scene.last, receiver);
  const extra = (scene.origin.sentBytes - before) / (4000 * 1328) - 1;
  return { lost: 4000 - numbers.length, extra, here: counted(scene.last), origin: scene.origin };
}

Deno.test("rows and columns win losses back without a single request", () => {
  const { lost, extra, here } = run(1, 0.03, alone);
  assert.ok(here.gaps > 90);
  assert.ok(lost <= 8, `${lost} of 4,000 lost`);
  assert.ok(here.recoveredByFec >= here.gaps - 8);
  assert.equal(here.nacksSent, 0);
  // 1/8 for rows, 1/6 for columns.
  assert.ok(extra > 0.27 && extra < 0.32, `${(extra * 100).toFixed(1)} % more`);
});

Deno.test("a burst as long as a row is won back by the columns", () => {
  const scene = chain(2, 1, { delayMs: 5 }, alone);
  const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs: 400, pace: "asap" });
  scene.rig.run(1500);
  const { weather } = at(scene.links, 0);
  scene.rig.publish(scene.origin, SSRC, 500, 2);
  scene.rig.at(scene.rig.nowMs + 299, () => weather.loss = 1);
  scene.rig.at(scene.rig.nowMs + 313, () => weather.loss = 0);
  scene.rig.run(scene.rig.nowMs + 2500);
  assert.deepEqual(received(scene.last, receiver), range(0, 500));
  const here = counted(scene.last);
  assert.ok(here.recoveredByFec >= 6);
});

Deno.test("with requests beside it parity comes first, and the rest is asked for", () => {
  const parityOnly = run(3, 0.1, alone);
  const together = run(3, 0.1, both);
  const requests = run(3, 0.1, NACK);
  assert.ok(parityOnly.lost > 20, `${parityOnly.lost} lost by parity alone`);
  assert.ok(together.lost <= 1, `${together.lost} lost`);
  assert.ok(together.here.recoveredByFec > 2 * together.here.recoveredByNack);
  assert.ok(together.here.nacksSent < requests.here.nacksSent);
});

Deno.test("adaptive parity sends columns only while nothing is lost, and rows again when it is", () => {
  const adaptive: RecoverySpec = {
    algorithm: "fec",
    options: { ...MATRIX, adaptive: true },
    nack: undefined,
  };
  const calm = run(4, 0, adaptive);
  assert.ok(calm.extra > 0.15 && calm.extra < 0.2, `${(calm.extra * 100).toFixed(1)} % more`);
  const rough = run(4, 0.03, adaptive);
  assert.ok(rough.extra > 0.22, `${(rough.extra * 100).toFixed(1)} % more`);
});

Deno.test("each hop makes its own parity, whatever its own parent lost", () => {
  const scene = chain(5, 3, { delayMs: 10, loss: 0.02 }, alone);
  const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs: 500, pace: "asap" });
  scene.rig.run(1500);
  scene.rig.publish(scene.origin, SSRC, 3000, 2);
  scene.rig.run(scene.rig.nowMs + 8000);
  const lost = 3000 - received(scene.last, receiver).length;
  assert.ok(lost <= 8, `${lost} of 3,000 lost`);
});

Deno.test("hostile parity neither throws nor forges what is here", () => {
  const scene = chain(6, 1, { delayMs: 5 }, alone);
  const receiver = scene.last.receiver({ ssrc: SSRC, budgetMs: 200, pace: "asap" });
  scene.rig.run(1500);
  scene.rig.publish(scene.origin, SSRC, 300, 2);
  const { up } = at(scene.links, 0);
  const node: RigNode = scene.last;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (bytes) => {
      scene.rig.run(scene.rig.nowMs + 2);
      const packet = new Uint8Array(12 + bytes.length);
      writeRtpHeader(packet, 96, false, 1, 1, (SSRC ^ 0x46454300) >>> 0);
      packet.set(bytes, 12);
      node.act((engine, now) => engine.receiveOne(up, packet, now));
      node.act((engine, now) => engine.receiveOne(77, packet, now));
    }),
    { numRuns: 200 },
  );
  scene.rig.run(scene.rig.nowMs + 1500);
  assert.deepEqual(received(node, receiver), range(0, 300));
});
