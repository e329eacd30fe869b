import assert from "node:assert/strict";
import fc from "fast-check";
import { EventQueue, SimEvent } from "./queue.ts";

function drain(queue: EventQueue): SimEvent[] {
  const out: SimEvent[] = [];
  while (queue.nextAt() < Infinity) {
    const event = queue.pop();
    if (event !== undefined) out.push(event);
  }
  return out;
}

Deno.test("events come by time, and in the order they were made at one time", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
    const queue = new EventQueue();
    const events = times.map((at) => {
      const event = new SimEvent();
      queue.push(event, at);
      return event;
    });
    const expected = [...events].sort((a, b) => a.at - b.at || a.order - b.order);
    assert.deepEqual(drain(queue).map((e) => e.order), expected.map((e) => e.order));
  }));
});

Deno.test("a cancelled event never comes, however many there are and whenever it is cancelled", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(50)), fc.nat(3), (stream, keepOneIn) => {
      const queue = new EventQueue();
      const times = [...stream.take(4000)];
      const events = times.map((at) => {
        const event = new SimEvent();
        queue.push(event, at);
        return event;
      });
      const kept = events.filter((_, i) => i % (keepOneIn + 2) === 0);
      for (const event of events) if (!kept.includes(event)) event[Symbol.dispose]();
      const expected = [...kept].sort((a, b) => a.at - b.at || a.order - b.order);
      assert.deepEqual(drain(queue).map((e) => e.order), expected.map((e) => e.order));
    }),
    { numRuns: 5 },
  );
});

Deno.test("timers that are set again for ever do not pile up", () => {
  const queue = new EventQueue();
  for (let i = 0; i < 100_000; i++) {
    const event = new SimEvent();
    queue.push(event, i + 1_000_000);
    event[Symbol.dispose]();
  }
  assert.ok(queue.size < 5000, `${queue.size}`);
});
