import assert from "node:assert/strict";
import type { MediaChunk, ReceiverSpec } from "./api.ts";
import { MediaEngine } from "./engine.ts";
import { NACK, numberedTs } from "./testing/rig.ts";
import { FIRST, LIMITS, range, SSRC } from "./testing/scenes.ts";
import { writeRtpHeader } from "../wire/rtp.ts";

/** A receiver in simulated time; packet `n` is due `spacingMs * n` on the sender's clock. */
class Bench {
  readonly engine = new MediaEngine({ recovery: NACK, reporter: 1 });
  readonly got: { readonly chunk: MediaChunk; readonly atMs: number }[] = [];
  ended = 0;
  nowMs = 1000;

  constructor(spec: Partial<ReceiverSpec>, readonly spacingMs = 10) {
    this.engine.command({ kind: "open", ssrc: SSRC, limits: LIMITS }, this.nowMs);
    this.engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: FIRST }, this.nowMs);
    this.engine.addReceiver({ ssrc: SSRC, budgetMs: 200, pace: "asap", ...spec }, this.nowMs);
  }

  #collect(): void {
    for (const { event } of this.engine.out.deliveries) {
      if (event.kind === "end") this.ended++;
      else for (const chunk of event.chunks) this.got.push({ chunk, atMs: this.nowMs });
    }
    this.engine.out.clear();
  }

  /** Lets time pass in steps of a millisecond. */
  until(atMs: number): void {
    while (this.nowMs < atMs) {
      this.nowMs++;
      if ((this.engine.nextDeadlineMs() ?? Infinity) <= this.nowMs) this.engine.tick(this.nowMs);
      this.#collect();
    }
  }

  packet(number: number, atMs: number, timestamp = number * this.spacingMs * 90): void {
    this.until(atMs);
    const bytes = new Uint8Array(12 + 1316);
    writeRtpHeader(bytes, 33, false, FIRST + number, timestamp, SSRC);
    bytes.set(numberedTs(number), 12);
    this.engine.receiveOne(1, bytes, this.nowMs);
    this.#collect();
  }

  numbers(): number[] {
    return this.got.map(({ chunk }) => chunk.sequence - FIRST);
  }

  times(): number[] {
    return this.got.map(({ atMs }) => atMs);
  }
}

Deno.test("asap hands out what is in order at once, and waits its budget for a hole", () => {
  const bench = new Bench({ budgetMs: 200 });
  bench.packet(0, 1010);
  bench.packet(2, 1030);
  bench.packet(3, 1040);
  assert.deepEqual(bench.numbers(), [0]);
  bench.until(1229);
  assert.deepEqual(bench.numbers(), [0]);
  bench.until(1231);
  assert.deepEqual(bench.numbers(), [0, 2, 3]);
  assert.deepEqual(bench.got.map(({ chunk }) => chunk.lostBefore), [0, 1, 0]);
});

Deno.test("a late packet within the budget closes the hole, one after it is not shown", () => {
  const bench = new Bench({ budgetMs: 100 });
  bench.packet(0, 1010);
  bench.packet(2, 1030);
  bench.packet(1, 1080);
  assert.deepEqual(bench.numbers(), [0, 1, 2]);
  bench.packet(4, 1100);
  bench.until(1250);
  bench.packet(3, 1260);
  assert.deepEqual(bench.numbers(), [0, 1, 2, 4]);
});

Deno.test("smooth hands out by time stamp: jitter and repairs do not show", () => {
  const bench = new Bench({ budgetMs: 200, pace: "smooth" });
  const lateMs = [0, 7, 3, 0, 90, 12, 0, 30, 8, 0];
  const arrivals = range(0, 50).map((number) => ({
    number,
    atMs: 1010 + number * 10 + (lateMs[number % 10] ?? 0),
  }));
  for (const { number, atMs } of arrivals.sort((a, b) => a.atMs - b.atMs)) {
    bench.packet(number, atMs);
  }
  bench.until(2000);
  assert.deepEqual(bench.numbers(), range(0, 50));
  const distances = bench.times().slice(1).map((atMs, index) => atMs - (bench.times()[index] ?? 0));
  assert.ok(distances.every((distance) => distance >= 8 && distance <= 12), `${distances}`);
  assert.ok(Math.abs((bench.times()[0] ?? 0) - 1210) <= 1);
});

Deno.test("smooth gives up a missing packet when the one behind it is due", () => {
  const bench = new Bench({ budgetMs: 200, pace: "smooth" });
  for (const number of [0, 1, 2, 4, 5]) bench.packet(number, 1010 + number * 10);
  bench.until(1500);
  assert.deepEqual(bench.numbers(), [0, 1, 2, 4, 5]);
  assert.deepEqual(bench.times(), [1210, 1220, 1230, 1250, 1260]);
});

Deno.test("smooth follows a time base that breaks, and a clock that drifts", () => {
  const broken = new Bench({ budgetMs: 100, pace: "smooth" });
  for (let number = 0; number < 20; number++) {
    const leap = number < 10 ? 0 : 90 * 1_000_000;
    broken.packet(number, 1010 + number * 10, number * 900 + leap);
  }
  broken.until(1500);
  assert.deepEqual(broken.numbers(), range(0, 20));
  assert.ok((broken.times().at(-1) ?? 0) <= 1010 + 190 + 101);

  // The sender's clock is 200 ppm slow: after 100 s packets come 20 ms later than their stamps say.
  const drifting = new Bench({ budgetMs: 100, pace: "smooth" }, 100);
  for (let number = 0; number < 1000; number++) drifting.packet(number, 1010 + number * 100.02);
  drifting.until(drifting.nowMs + 500);
  const last = drifting.times().at(-1) ?? 0;
  assert.ok(Math.abs(last - (1010 + 999 * 100.02) - 100) < 8, `${last}`);
});

Deno.test("a receiver begins where it is told: next, tail or number", () => {
  const bench = new Bench({ budgetMs: 100 });
  for (let number = 0; number < 10; number++) bench.packet(number, 1010 + number);
  const begins = (from: number | undefined): number | undefined => {
    const spec = { ssrc: SSRC, budgetMs: 100, pace: "asap" as const };
    bench.engine.addReceiver(from === undefined ? spec : { ...spec, from }, bench.nowMs);
    const event = bench.engine.out.deliveries.at(-1)?.event;
    bench.engine.out.clear();
    return event?.kind === "chunks" ? event.chunks[0]?.sequence : undefined;
  };
  assert.equal(begins(undefined), undefined);
  assert.equal(begins(0), FIRST);
  assert.equal(begins(FIRST + 7), FIRST + 7);
});

Deno.test("a receiver may come before its stream, and ends when the stream is closed", () => {
  const engine = new MediaEngine({ recovery: NACK, reporter: 1 });
  const id = engine.addReceiver({ ssrc: SSRC, budgetMs: 100, pace: "asap" }, 0);
  engine.command({ kind: "open", ssrc: SSRC, limits: LIMITS }, 0);
  engine.command({ kind: "originate", ssrc: SSRC, first: 1 }, 0);
  engine.publish(SSRC, numberedTs(0), 0, 0);
  engine.command({ kind: "close", ssrc: SSRC }, 1);
  const kinds = engine.out.deliveries.map(({ receiver, event }) => [receiver, event.kind]);
  assert.deepEqual(kinds, [[id, "chunks"], [id, "end"]]);
});

Deno.test("what the ring must let go goes out early rather than never", () => {
  const bench = new Bench({ budgetMs: 60_000, pace: "smooth" }, 1);
  for (let number = 0; number < 5000; number++) bench.packet(number, 1010 + number / 10);
  assert.deepEqual(bench.numbers(), range(0, 5000 - LIMITS.ringPackets));
});

Deno.test("after a hold-up of its own node a receiver lets what waits unread come in first", () => {
  const bench = new Bench({ budgetMs: 100, pace: "smooth" });
  for (const number of [0, 1, 2, 4, 5]) bench.packet(number, 1010 + 10 * number);
  bench.until(1125);
  // The process stands still for 60 ms; the repair of 3 came in the middle of that time.
  bench.nowMs = 1185;
  bench.until(1186);
  bench.packet(3, 1187);
  bench.until(1300);
  assert.deepEqual(bench.numbers(), range(0, 6));
});

Deno.test("a node that is always late does not wait for what is lost again and again", () => {
  const bench = new Bench({ budgetMs: 100, pace: "smooth" });
  for (let number = 0; number < 60; number += 2) bench.packet(number, 1010 + 10 * number);
  for (let step = 0; step < 40; step++) {
    bench.nowMs += 36;
    bench.until(bench.nowMs + 1);
  }
  assert.equal(bench.numbers().length, 30);
  const lastMs = bench.times().at(-1) ?? Infinity;
  assert.ok(lastMs <= 1010 + 10 * 58 + 100 + 60, `the last came at ${lastMs}`);
});
