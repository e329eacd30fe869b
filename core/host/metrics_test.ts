import assert from "node:assert/strict";
import { createMetrics, processMetrics } from "./metrics.ts";
import { testPorts } from "./testing.ts";

Deno.test("the same name and labels give the same counter, in any order of labels", async () => {
  const metrics = createMetrics();
  metrics.counter("packets_total", "Packets.", { plane: "media", way: "in" }).add();
  metrics.counter("packets_total", "Packets.", { way: "in", plane: "media" }).add(4);
  metrics.counter("packets_total", "Packets.", { plane: "media", way: "out" }).add();
  const text = await metrics.text();
  assert.match(text, /^# TYPE espalier_packets_total counter$/m);
  assert.match(text, /^espalier_packets_total\{plane="media",way="in"\} 5$/m);
  assert.match(text, /^espalier_packets_total\{plane="media",way="out"\} 1$/m);
});

Deno.test("a histogram has buckets, sum and count", async () => {
  const metrics = createMetrics();
  const repair = metrics.histogram("repair_ms", "Repair delay.", [10, 100], { hop: "n2" });
  for (const ms of [5, 50, 500]) repair.observe(ms);
  const text = await metrics.text();
  assert.match(text, /^espalier_repair_ms_bucket\{le="100",hop="n2"\} 2$/m);
  assert.match(text, /^espalier_repair_ms_sum\{hop="n2"\} 555$/m);
});

Deno.test("a distribution that is counted elsewhere is a histogram", async () => {
  const metrics = createMetrics();
  const held = metrics.collectDistribution("delay_seconds", "Delay.", [0.01, 0.1], () => [
    { labels: { stream: 'o/"a"' }, counts: [2, 0, 1], sum: 3.5 },
    { labels: { stream: "o/b" }, counts: [0, 0, 0], sum: 0 },
  ]);
  const text = await metrics.text();
  assert.match(text, /^# TYPE espalier_delay_seconds histogram$/m);
  assert.match(text, /^espalier_delay_seconds_bucket\{stream="o\/\\"a\\"",le="0.1"\} 2$/m);
  assert.match(text, /^espalier_delay_seconds_bucket\{stream="o\/\\"a\\"",le="\+Inf"\} 3$/m);
  assert.match(text, /^espalier_delay_seconds_sum\{stream="o\/b"\} 0$/m);
  assert.throws(() => metrics.collect("delay_seconds", "gauge", "Delay.", () => []));
  held[Symbol.dispose]();
  assert.doesNotMatch(await metrics.text(), /delay_seconds/);
});

Deno.test("collected values are read on scrape, joined by name, and gone when disposed", async () => {
  const metrics = createMetrics();
  let reads = 0;
  const first = metrics.collect("children", "gauge", "Children.", () => {
    reads += 1;
    return [{ labels: { stream: "o/a" }, value: reads }];
  });
  const second = metrics.collect("children", "gauge", "Children.", () => [
    { labels: { stream: 'o/"b"\n' }, value: 7 },
    { value: 9 },
  ]);
  assert.equal(reads, 0);
  const text = await metrics.text();
  assert.match(text, /^espalier_children\{stream="o\/a"\} 1$/m);
  assert.match(text, /^espalier_children\{stream="o\/\\"b\\"\\n"\} 7$/m);
  assert.equal(text.match(/# TYPE espalier_children gauge/g)?.length, 1);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assert.doesNotMatch(await metrics.text(), /o\/a/);
  second[Symbol.dispose]();
  assert.doesNotMatch(await metrics.text(), /espalier_children/);
});

Deno.test("a reader that throws costs its own values only", async () => {
  const metrics = createMetrics();
  metrics.collect("seen_total", "counter", "Seen.", () => {
    throw new Error("bug");
  });
  metrics.collect("seen_total", "counter", "Seen.", () => [{ value: 2 }]);
  assert.match(await metrics.text(), /^espalier_seen_total 2$/m);
});

Deno.test("one name cannot mean two things", () => {
  const metrics = createMetrics();
  metrics.counter("one_total", "One.", { a: "1" });
  assert.throws(() => metrics.counter("one_total", "One.", { b: "1" }), /its labels are "a"/);
  assert.throws(() => metrics.collect("one_total", "counter", "One.", () => []), /another type/);
  metrics.collect("two", "gauge", "Two.", () => []);
  assert.throws(() => metrics.counter("two", "Two."), /collected already/);
  metrics.collectDistribution("three", "Three.", [1], () => []);
  assert.throws(() => metrics.counter("three", "Three."), /collected already/);
  assert.throws(() => metrics.histogram("one_total", "One.", [1]), /collected already/);
});

Deno.test("two nodes in one process have metrics of their own", async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.counter("x_total", "X.").add();
  two.counter("x_total", "X.");
  assert.match(await two.text(), /^espalier_x_total 0$/m);
});

Deno.test("the process tells its memory, time and lag", async () => {
  const metrics = createMetrics();
  {
    using _gauges = processMetrics(metrics, testPorts().clock);
    const text = await metrics.text();
    const value = (name: string) =>
      Number(new RegExp(`^espalier_${name} (.+)$`, "m").exec(text)?.[1]);
    assert.ok(value("process_resident_memory_bytes") > 10e6);
    assert.ok(value("process_heap_used_bytes") > 1e6);
    assert.ok(value("process_cpu_seconds_total") > 0);
    assert.ok(value("process_uptime_seconds") >= 0);
    assert.ok(value("event_loop_lag_seconds") >= 0);
  }
  assert.doesNotMatch(await metrics.text(), /espalier_process/);
});
