import assert from "node:assert/strict";
import fc from "fast-check";
import { isoTime } from "./civil_time.ts";

Deno.test("every moment reads as the platform's own calendar has it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
      (ms) => assert.equal(isoTime(ms), new Date(ms).toISOString()),
    ),
  );
});
