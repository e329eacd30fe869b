import assert from "node:assert/strict";
import { StatsBook } from "./protocol.ts";

const payload = (() => {
  const bytes = new Uint8Array(1316);
  for (let at = 0; at < bytes.length; at += 188) bytes[at] = 0x47;
  return bytes;
})();
const chunk = (sequence: number, timestamp: number, lostBefore = 0) => ({
  payload,
  sequence,
  timestamp,
  lostBefore,
});

Deno.test("rate, order, holes and pauses are told as they are", () => {
  const book = new StatsBook();
  let now = 0;
  for (let n = 0; n < 300; n++, now += 10) book.add([chunk(n, n * 900)], now);
  book.add([chunk(303, 303 * 900, 3)], now + 490);
  const stats = book.read(now + 500);
  assert.deepEqual([stats.packets, stats.gaps, stats.lost, stats.outOfOrder], [301, 1, 3, 0]);
  assert.equal(stats.longestPauseMs, 500);
  assert.equal(stats.silentMs, 10);
});

Deno.test("an even stream has its own rate and no jitter, also where time stamps turn over", () => {
  const book = new StatsBook();
  for (let n = 0; n < 500; n++) {
    book.add([chunk(n, (0xffff_f000 + n * 900) % 2 ** 32)], n * 10);
  }
  const stats = book.read(5000);
  assert.ok(stats.jitterMs < 1e-6, `${stats.jitterMs}`);
  assert.ok(Math.abs(stats.bitrate / 1_052_800 - 1) < 0.02, `${stats.bitrate}`);
  assert.equal(book.read(10_000).bitrate, 0);
});

Deno.test("what must never be is seen: doubles, order, torn payloads; a new life is none of it", () => {
  const book = new StatsBook();
  book.add([chunk(100_000, 0), chunk(100_002, 0), chunk(100_001, 0), chunk(100_001, 0)], 0);
  book.add([{ ...chunk(100_003, 0), payload: payload.subarray(1) }], 1);
  assert.deepEqual([book.read(1).outOfOrder, book.read(1).malformed], [2, 1]);
  book.add([chunk(50, 0)], 2);
  assert.deepEqual([book.read(2).outOfOrder, book.read(2).restarts], [2, 1]);
});
