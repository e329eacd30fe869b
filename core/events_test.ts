import assert from "node:assert/strict";
import { EventHub } from "./events.ts";
import type { Metrics, NodeEvent } from "./ports.ts";

function hub(keep?: number) {
  const time = { nowMs: 0, wallMs: 1000 };
  let suppressed = 0;
  const metrics: Metrics = {
    counter: () => ({ add: () => void suppressed++ }),
    histogram: () => ({ observe() {} }),
    collect: () => ({ [Symbol.dispose]() {} }),
    collectDistribution: () => ({ [Symbol.dispose]() {} }),
  };
  const clock = { now: () => time.nowMs, wall: () => time.wallMs };
  return { time, suppressed: () => suppressed, hub: new EventHub(clock, metrics, keep) };
}

const ids = (events: readonly NodeEvent[]) => events.map((event) => event.id);

Deno.test("a page holds what came after an id, oldest first", () => {
  const { hub: events } = hub();
  events.emit("joined", { stream: "o/clip", parent: "n1", plugin: "exchange" });
  events.emit("left", { parent: "n1", why: undefined });
  const page = events.page(0);
  assert.deepEqual(page, {
    events: [
      {
        id: 1001,
        timeMs: 1000,
        kind: "joined",
        plugin: "exchange",
        fields: { stream: "o/clip", parent: "n1" },
      },
      { id: 1002, timeMs: 1000, kind: "left", fields: { parent: "n1" } },
    ],
    last: 1002,
    missed: false,
  });
  assert.deepEqual(ids(events.page(1001).events), [1002]);
  assert.deepEqual(events.page(1002), { events: [], last: 1002, missed: false });
  assert.deepEqual(ids(events.page(0, 1).events), [1001], "a limit cuts, and `last` goes on there");
  assert.equal(events.page(0, 1).last, 1001);
});

Deno.test("the ring keeps the newest, and whoever comes too late is told that some are missing", () => {
  const { hub: events } = hub(3);
  for (let i = 0; i < 5; i++) events.emit("joined");
  assert.deepEqual(ids(events.page(0).events), [1003, 1004, 1005]);
  assert.equal(events.page(1001).missed, true);
  assert.equal(events.page(1002).missed, false);
});

Deno.test("ids of a node's next life are higher than those of the life before", () => {
  const first = hub();
  for (let i = 0; i < 50; i++) first.hub.emit("joined");
  const second = hub();
  second.time.wallMs = 2000;
  const next = new EventHub({ now: () => 0, wall: () => 2000 }, {
    counter: () => ({ add() {} }),
    histogram: () => ({ observe() {} }),
    collect: () => ({ [Symbol.dispose]() {} }),
    collectDistribution: () => ({ [Symbol.dispose]() {} }),
  });
  next.emit("node-started");
  assert.ok(next.last > first.hub.last);
  assert.deepEqual(ids(next.page(first.hub.last).events), [2001]);
  assert.equal(next.page(first.hub.last).missed, true, "what came between is not known");
});

Deno.test("a flood of one kind is cut and counted, others go on", () => {
  const { hub: events, time, suppressed } = hub();
  for (let i = 0; i < 1000; i++) events.emit("refused");
  assert.equal(events.page(0).events.length, 100);
  assert.equal(suppressed(), 900);
  events.emit("joined");
  assert.equal(events.page(0).events.at(-1)?.kind, "joined");
  time.nowMs += 1000;
  events.emit("refused");
  assert.equal(events.page(0).events.at(-1)?.kind, "refused");
});

Deno.test("listeners hear each event once, in order, also those that they cause themselves", () => {
  const { hub: events } = hub();
  const heard: string[] = [];
  const first = events.onEvent(({ kind }) => {
    heard.push(`a ${kind}`);
    if (kind === "joined") events.emit("left");
  });
  events.onEvent(({ kind }) => void heard.push(`b ${kind}`));
  events.emit("joined");
  assert.deepEqual(heard, ["a joined", "b joined", "a left", "b left"]);
  first[Symbol.dispose]();
  events.emit("chaos-changed");
  assert.equal(heard.at(-1), "b chaos-changed");
  assert.equal(heard.length, 5);
});

Deno.test("a listener that throws harms nobody else", () => {
  const { hub: events } = hub();
  let heard = 0;
  events.onEvent(() => {
    throw new Error("no");
  });
  events.onEvent(() => void heard++);
  assert.throws(() => events.emit("joined"), /no/);
  assert.throws(() => events.emit("joined"), /no/);
  assert.equal(heard, 2);
  assert.equal(events.page(0).events.length, 2);
});

Deno.test("long texts are cut", () => {
  const { hub: events } = hub();
  events.emit("left", { why: "x".repeat(10_000) });
  assert.equal(String(events.page(0).events[0]?.fields.why).length, 503);
});
