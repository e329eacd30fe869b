import assert from "node:assert/strict";
import { checkConfig } from "../../core/define.ts";
import { ConfigError } from "../../core/plugin.ts";
import { config, fecSpec } from "./config.ts";

const spec = (raw: unknown) => fecSpec(checkConfig(config, raw));

Deno.test("an empty config sends a 10 x 8 matrix and asks for the rest", () => {
  assert.deepEqual(spec({}), {
    algorithm: "fec",
    options: { columns: 10, rows: 8, adaptive: true },
    nack: { reorderMaxMs: 30, triesMax: 20, budgetShare: 0.5 },
  });
});

Deno.test("requests are left out, or have options of their own", () => {
  const without = spec({ nack: false });
  assert.ok(without.algorithm === "fec" && without.nack === undefined);
  const own = spec({ nack: { tries: 3, budget: "10%" } });
  assert.ok(own.algorithm === "fec");
  assert.deepEqual(own.nack, { reorderMaxMs: 30, triesMax: 3, budgetShare: 0.1 });
});

Deno.test("a matrix that ST 2022-1 does not know is refused", () => {
  assert.throws(() => spec({ columns: 1 }), ConfigError);
  assert.throws(() => spec({ rows: 21 }), ConfigError);
});
