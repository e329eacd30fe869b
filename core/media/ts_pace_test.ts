import assert from "node:assert/strict";
import fc from "fast-check";
import { PACE_DEFAULTS, PacedQueue } from "./ts_pace.ts";

const piece = (atMs: number) => ({ bytes: new Uint8Array(1316), atMs });
const every10ms = (count: number) => Array.from({ length: count }, (_, i) => piece(i * 10));

Deno.test("nothing goes out before its time, and all of it at its time", () => {
  const queue = new PacedQueue();
  queue.add(every10ms(100), 5000);
  for (let now = 5000; now < 6000; now += 2) {
    for (const { dueMs } of queue.poll(now)) assert.ok(dueMs <= now && now - dueMs < 2);
  }
  assert.equal(queue.counters.pieces, 100);
});

Deno.test("late timers shift nothing: the due times stay on the grid", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0.5, max: 60, noNaN: true })), (waits) => {
    const queue = new PacedQueue();
    queue.add(every10ms(500), 0);
    let now = 0;
    let next = 0;
    for (const wait of waits) {
      now += wait;
      for (const { dueMs } of queue.poll(now)) assert.equal(dueMs, 10 * next++);
    }
    assert.equal(queue.counters.late, 0);
  }));
});

Deno.test("a short stall is caught up, never by more than 50 ms of media at once", () => {
  const queue = new PacedQueue();
  queue.add(every10ms(200), 0);
  queue.poll(0);
  let now = 200;
  let out = 0;
  for (; out < 60 && now < 2000; now += 2) {
    const due = queue.poll(now);
    const span = (due.at(-1)?.dueMs ?? 0) - (due[0]?.dueMs ?? 0);
    assert.ok(span <= 50, `${span} ms at once`);
    out += due.length;
  }
  assert.equal(queue.counters.late, 0);
  assert.ok((queue.nextDueMs() ?? 0) >= now - 2, "the backlog is gone");
});

Deno.test("a long stall moves the schedule instead of bursting", () => {
  const queue = new PacedQueue();
  queue.add(every10ms(300), 0);
  queue.poll(0);
  const due = queue.poll(10_000);
  assert.ok(due.length <= 6, `${due.length} pieces at once`);
  assert.equal(due[0]?.dueMs, 10_000);
  assert.deepEqual([queue.counters.late, queue.counters.lateMs], [1, 9990]);
});

Deno.test("a full queue loses the oldest and counts it", () => {
  const queue = new PacedQueue({ ...PACE_DEFAULTS, queueMaxBytes: 13_160 });
  queue.add(every10ms(15), 0);
  assert.equal(queue.counters.droppedBytes, 5 * 1316);
  assert.equal(queue.waitingBytes, 13_160);
  assert.equal(queue.nextDueMs(), 50);
});
