import assert from "node:assert/strict";
import { testPorts } from "./testing.ts";

Deno.test("a timer fires once, never early, and not after it was disposed", async () => {
  const { clock } = testPorts();
  for (const ms of [0, 0.4, 1, 1.7, 5.3]) {
    const startMs = clock.now();
    await new Promise<void>((resolve) => clock.after(ms, resolve));
    assert.ok(clock.now() - startMs >= ms, `${ms} ms fired early`);
  }
  let fired = 0;
  const cancelled = clock.after(1, () => fired += 1);
  cancelled[Symbol.dispose]();
  const done = clock.after(1, () => {});
  await new Promise<void>((resolve) => clock.after(5, resolve));
  done[Symbol.dispose]();
  assert.equal(fired, 0);
});

Deno.test("a timer beyond what the system can hold does not fire at once", async () => {
  const { clock } = testPorts();
  let fired = 0;
  const month = clock.after(40 * 24 * 3_600_000, () => fired += 1);
  await new Promise<void>((resolve) => clock.after(5, resolve));
  month[Symbol.dispose]();
  assert.equal(fired, 0);
});

Deno.test("a timer callback that throws is logged and counted", async () => {
  const { clock, log, metrics } = testPorts();
  clock.after(0, () => {
    throw new Error("bug");
  });
  await new Promise<void>((resolve) => clock.after(5, resolve));
  assert.equal(metrics.value("callback_errors_total"), 1);
  assert.equal(log.lines[0]?.level, "error");
});

Deno.test("random numbers are uniform, differ, and come in any length", () => {
  const { rng } = testPorts();
  const numbers = Array.from({ length: 5_000 }, () => rng.next());
  assert.ok(numbers.every((one) => one >= 0 && one < 1));
  assert.ok(Math.abs(numbers.reduce((a, b) => a + b) / numbers.length - 0.5) < 0.05);
  assert.ok(new Set(numbers).size > 4_990);
  const long = rng.bytes(200_000);
  assert.equal(long.length, 200_000);
  assert.ok(long.subarray(150_000).some((byte) => byte !== 0));
  assert.equal(rng.bytes(0).length, 0);
});
