import assert from "node:assert/strict";
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { checkYaml, yamlBlocks } from "./yaml_check.ts";

const plugin = definePlugin({
  name: "some",
  slot: "recovery",
  summary: "Something.",
  needs: [],
  config: z.strictObject({ size: z.number().default(1) }),
  create: () => ({ spec: () => ({ algorithm: "none" }), start() {}, stop() {} }),
});
const known = { plugins: [plugin], defaults: {} };
const check = (text: string) => checkYaml(text, "x.yaml", known);

Deno.test("blocks of YAML are found with their lines, indented ones too", () => {
  const page = "# T\n\n```yaml\na: 1\n```\n\n```ts\nb: 2\n```\n- list\n  ```yml\n  c: 3\n  ```\n";
  assert.deepEqual(yamlBlocks(page), [{ text: "a: 1", line: 4 }, { text: "c: 3", line: 12 }]);
});

Deno.test("node files, parts of them, lists and entries are accepted when they are right", () => {
  check("name: n1\nplugins:\n  - use: some\n    with: { size: 3 }\n");
  check("name: ${NAME}\nplugins:\n  - use: some\n");
  check("plugins:\n  - use: some\n");
  check("- use: some\n  with: { size: 2 }\n- use: ./my/mod.ts\n  with: { x: 1 }\n");
  check("use: some\nwith: { size: 2 }\n");
});

Deno.test("what is wrong is told with its place", () => {
  assert.throws(
    () => check("name: n1\nplugins:\n  - use: som\n"),
    /x\.yaml:3.*did you mean "some"/,
  );
  assert.throws(() => check("name: n1\nplugins:\n  - use: some\n    with: { sise: 3 }\n"), /sise/);
  assert.throws(() => check("name: n1\nportz: 1\nplugins:\n  - use: some\n"), /portz/);
  assert.throws(() => check("- use: other\n"), /no plugin "other"/);
  assert.throws(() => check("- use: some\n  wiht: {}\n"), /wiht/);
  assert.throws(() => check("- use: some\n  with: { size: x }\n"), /size/);
  assert.throws(() => check("hello: there\n"), /neither/);
});
