import assert from "node:assert/strict";
import { measureDetection, measureFalseDeaths } from "./keepalive_sweep.ts";

for (const loss of [0, 0.05, 0.1, 0.2]) {
  Deno.test(`at ${loss * 100} % loss each way every death is found within a second`, () => {
    const found = measureDetection(11, loss, 200);
    assert.ok(found.maxMs <= 1000, `seed 11: ${JSON.stringify(found)}`);
    assert.ok(found.medianMs <= 750, `seed 11: ${JSON.stringify(found)}`);
  });
}

Deno.test("nobody is called dead in 60 neighbor-hours at 5 % loss each way", () => {
  const watched = measureFalseDeaths(12, 0.05, 60);
  assert.equal(watched.deaths, 0, `seed 12: ${JSON.stringify(watched)}`);
  // Suspicions are what probes are for; without any the test would prove nothing.
  assert.ok(watched.suspicions > 500, `seed 12: ${JSON.stringify(watched)}`);
});

Deno.test("at 20 % loss each way there is at most one false death in an hour, by far", () => {
  const watched = measureFalseDeaths(13, 0.2, 60);
  assert.ok(watched.deaths <= 6, `seed 13: ${JSON.stringify(watched)}`);
});

for (const loss of [0, 0.2]) {
  Deno.test(`a neighbor costs at most 10 kbit/s at ${loss * 100} % loss, both ways and headers together`, () => {
    const { bitsPerSecond } = measureFalseDeaths(14, loss, 2);
    assert.ok(bitsPerSecond <= 10_000, `${bitsPerSecond} bit/s`);
    assert.ok(bitsPerSecond > 1000, `${bitsPerSecond} bit/s`);
  });
}
