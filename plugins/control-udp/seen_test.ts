import assert from "node:assert/strict";
import fc from "fast-check";
import { SEEN_MAX, SeenWindow } from "./seen.ts";

Deno.test("no number is new twice, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 500 }), (numbers) => {
      const window = new SeenWindow();
      const handed = new Set<number>();
      let late = 0;
      for (const seq of numbers) {
        const noted = window.note(seq);
        late = noted === "late" ? late + 1 : 0;
        // So many late ones in a row make the window start anew.
        if (late >= SEEN_MAX) return;
        if (noted !== "new") continue;
        assert.ok(!handed.has(seq), `${seq}`);
        handed.add(seq);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a number is late only when 64 higher ones came before", () => {
  const window = new SeenWindow();
  for (let seq = 1; seq < SEEN_MAX; seq++) assert.equal(window.note(1000 + seq), "new");
  assert.equal(window.note(5), "new");
  assert.equal(window.note(5), "duplicate");
  assert.equal(window.note(4), "late");
  assert.equal(window.note(6), "new");
  assert.equal(window.note(5), "late");
});

Deno.test("a window filled with damaged numbers heals", () => {
  const window = new SeenWindow();
  for (let i = 0; i < SEEN_MAX; i++) window.note(2 ** 40 + i);
  const noted = Array.from({ length: SEEN_MAX + 1 }, (_, seq) => window.note(seq));
  assert.deepEqual(noted.slice(-3), ["late", "new", "new"]);
});
