import assert from "node:assert/strict";
import { DETECTORS, measureDetection, measureFalseDeaths } from "./keepalive_sweep.ts";

/** What each detector promises: the median and the worst time to find a death, by loss. */
const PROMISES = {
  keepalive: { medianMs: [750, 750, 750, 750], maxMs: [1000, 1000, 1000, 1000] },
  // It takes the time that the link's own loss asks for.
  "keepalive-phi": { medianMs: [600, 750, 1000, 1400], maxMs: [700, 1100, 1600, 2500] },
} as const;
const LOSSES = [0, 0.05, 0.1, 0.2] as const;

for (const name of ["keepalive", "keepalive-phi"] as const) {
  const make = DETECTORS[name];
  LOSSES.forEach((loss, i) => {
    const [medianMs = 0, maxMs = 0] = [PROMISES[name].medianMs[i], PROMISES[name].maxMs[i]];
    Deno.test(`${name}, ${loss * 100} % loss each way: deaths are found within ${maxMs} ms, half within ${medianMs} ms`, () => {
      const found = measureDetection(make, 11, loss, 200);
      assert.ok(found.maxMs <= maxMs, `seed 11: ${JSON.stringify(found)}`);
      assert.ok(found.medianMs <= medianMs, `seed 11: ${JSON.stringify(found)}`);
    });
  });

  Deno.test(`${name}: nobody is called dead in 60 neighbor-hours at 5 % loss each way`, () => {
    const watched = measureFalseDeaths(make, 12, 0.05, 60);
    assert.equal(watched.deaths, 0, `seed 12: ${JSON.stringify(watched)}`);
    // Suspicions are what probes are for; without any the test would prove nothing.
    assert.ok(watched.suspicions > 500, `seed 12: ${JSON.stringify(watched)}`);
  });

  Deno.test(`${name}: at 20 % loss each way there is at most one false death in an hour, by far`, () => {
    const watched = measureFalseDeaths(make, 13, 0.2, 60);
    assert.ok(watched.deaths <= 6, `seed 13: ${JSON.stringify(watched)}`);
  });

  for (const loss of [0, 0.2]) {
    Deno.test(`${name}: a neighbor costs at most 10 kbit/s at ${loss * 100} % loss, both ways and headers together`, () => {
      const { bitsPerSecond } = measureFalseDeaths(make, 14, loss, 2);
      assert.ok(bitsPerSecond <= 10_000, `${bitsPerSecond} bit/s`);
      assert.ok(bitsPerSecond > 1000, `${bitsPerSecond} bit/s`);
    });
  }
}
