import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { HttpAnswer, HttpAsk, NodeEvent } from "../../core/ports.ts";
import { mount } from "../../tests/conformance/fixture.ts";
import { config } from "./config.ts";
import webhook from "./mod.ts";
import { Deliverer, type Out } from "./protocol.ts";

const URL = "https://hooks.example/in";
const options = (more = {}) => config.parse({ url: URL, ...more });
const event = (id: number, kind: NodeEvent["kind"] = "joined"): NodeEvent => ({
  id,
  timeMs: 0,
  kind,
  fields: {},
});
const posts = (outs: readonly Out[]) =>
  outs.flatMap((out) => out.kind === "post" ? [`${out.event.id}/${out.attempt}`] : []);

Deno.test("one event after the other is posted, in order", () => {
  const brain = new Deliverer(options(), () => 0);
  assert.deepEqual(posts(brain.handle({ kind: "event", event: event(1) }, 0)), ["1/1"]);
  assert.deepEqual(posts(brain.handle({ kind: "event", event: event(2) }, 0)), []);
  assert.deepEqual(posts(brain.handle({ kind: "done", status: 204 }, 5)), ["2/1"]);
  assert.deepEqual(posts(brain.handle({ kind: "done", status: 200 }, 9)), []);
  assert.deepEqual([brain.waiting, brain.counters.delivered], [0, 2]);
});

Deno.test("what fails is tried again later each time, then given up; the next one is tried", () => {
  const brain = new Deliverer(options({ tries: 4 }), () => 0);
  brain.handle({ kind: "event", event: event(1) }, 0);
  brain.handle({ kind: "event", event: event(2) }, 0);
  const waits: number[] = [];
  let now = 0;
  for (const status of [500, undefined, 429]) {
    brain.handle({ kind: "done", status }, now);
    const due = brain.dueMs ?? 0;
    waits.push(due - now);
    assert.deepEqual(brain.handle({ kind: "tick" }, due - 1), []);
    now = due;
    assert.equal(posts(brain.handle({ kind: "tick" }, now)).length, 1);
  }
  assert.deepEqual(waits, [1000, 2000, 4000]);
  const last = brain.handle({ kind: "done", status: 503 }, now);
  assert.ok(last.some((out) => out.kind === "gave-up" && out.event.id === 1));
  assert.deepEqual(posts(last), ["2/1"]);
  assert.deepEqual([brain.counters.retried, brain.counters.failed], [3, 1]);
  brain.handle({ kind: "done", status: 500 }, now);
  assert.equal((brain.dueMs ?? 0) - now, 1000, "each event begins anew");
});

Deno.test("what the receiver refuses is not tried again", () => {
  const brain = new Deliverer(options(), () => 0);
  brain.handle({ kind: "event", event: event(1) }, 0);
  const outs = brain.handle({ kind: "done", status: 404 }, 0);
  assert.ok(outs.some((out) => out.kind === "gave-up" && /404/.test(out.why)));
  assert.deepEqual([brain.dueMs, brain.waiting, brain.counters.refused], [undefined, 0, 1]);
});

Deno.test("a full queue drops the oldest that waits, never the one on its way", () => {
  const brain = new Deliverer(options({ queue: 3 }), () => 0);
  for (let id = 1; id <= 6; id++) brain.handle({ kind: "event", event: event(id) }, 0);
  assert.deepEqual([brain.waiting, brain.counters.overflow], [3, 3]);
  assert.deepEqual(posts(brain.handle({ kind: "done", status: 200 }, 0)), ["5/1"]);
  const one = new Deliverer(options({ queue: 1 }), () => 0);
  for (let id = 1; id <= 3; id++) one.handle({ kind: "event", event: event(id) }, 0);
  assert.deepEqual([one.waiting, one.counters.overflow], [1, 2]);
});

Deno.test("only the kinds that are asked for are told", () => {
  const brain = new Deliverer(options({ events: ["failed-over", "x-mine"] }), () => 0);
  assert.deepEqual(brain.handle({ kind: "event", event: event(1) }, 0), []);
  assert.deepEqual(posts(brain.handle({ kind: "event", event: event(2, "x-mine") }, 0)), ["2/1"]);
});

Deno.test("a wrong URL, kind or secret is refused", () => {
  for (
    const wrong of [{ url: "ftp://x" }, { url: "x" }, { events: ["joint"] }, { secret: "short" }]
  ) {
    assert.equal(config.safeParse({ url: URL, ...wrong }).success, false, JSON.stringify(wrong));
  }
});

/** The plugin in the world, with a receiver that answers what the test says. */
function mounted(more: Readonly<Record<string, unknown>>, answer: (ask: HttpAsk) => number) {
  const at = mount({ plugin: webhook, config: { url: URL, ...more } });
  const asked: HttpAsk[] = [];
  at.world.outside(at.host, (ask): HttpAnswer => {
    asked.push(ask);
    return { status: answer(ask), headers: {}, body: new Uint8Array() };
  });
  return { ...at, asked, one: at.create() };
}

Deno.test("a delivery is signed, so that its receiver knows who sent it and when", async () => {
  const secret = "correct-horse-battery";
  const { world, ports, asked, one } = mounted({ secret }, () => 200);
  await one.start();
  ports.events.emit("failed-over", { stream: "o1/clip", outageMs: 96 });
  await world.runFor(100);
  assert.equal(asked.length, 1);
  const [{ url, method, headers = {}, body }] = asked as [HttpAsk];
  assert.deepEqual([url, method], [URL, "POST"]);
  const { node, kind, fields } = JSON.parse(String(body));
  assert.deepEqual({ node, kind, fields }, {
    node: "under-test",
    kind: "failed-over",
    fields: { stream: "o1/clip", outageMs: 96 },
  });
  const signed = `${headers["x-espalier-timestamp"]}.${body}`;
  const expected = createHmac("sha256", secret).update(signed).digest("hex");
  assert.equal(headers["x-espalier-signature"], `sha256=${expected}`);
  assert.match(headers["x-espalier-delivery"] ?? "", /^under-test-\d+$/);
  await one.stop();
});

Deno.test("a receiver that comes back gets everything in order, each under one delivery name", async () => {
  let up = false;
  const { world, ports, asked, one } = mounted({}, () => up ? 200 : 503);
  await one.start();
  for (const peer of ["a", "b", "c"]) ports.events.emit("neighbor-up", { peer });
  await world.runFor(5_000);
  up = true;
  await world.runFor(60_000);
  const good = asked.slice(-3).map(({ body }) => JSON.parse(String(body)).fields.peer);
  assert.deepEqual(good, ["a", "b", "c"]);
  const tries = asked.filter(({ body }) => JSON.parse(String(body)).fields.peer === "a");
  assert.ok(tries.length > 2);
  assert.equal(new Set(tries.map((ask) => ask.headers?.["x-espalier-delivery"])).size, 1);
  await one.stop();
});

Deno.test("a node that leaves delivers what waits, but not for ever", async () => {
  let answers = 503;
  const { world, ports, asked, one } = mounted({}, () => answers);
  await one.start();
  ports.events.emit("node-draining", { why: "SIGTERM" });
  const draining = Promise.resolve(one.life.drain?.(3_000));
  await world.runFor(500);
  answers = 200;
  await world.until(draining, 3_000);
  assert.ok(asked.length >= 2);
  answers = 503;
  ports.events.emit("node-draining", { why: "again" });
  const before = world.nowMs;
  await world.until(Promise.resolve(one.life.drain?.(1_500)), 2_000);
  assert.ok(world.nowMs - before >= 1_500);
  await one.stop();
});
