import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import { editConfig } from "./config_edit.ts";
import { ConfigError } from "./plugin.ts";

const TEXT = `# The first relay.
name: n1 # unique
admin: { listen: "127.0.0.1:8081", token: "\${TOKEN}" }
plugins:
  - use: relay
  # Builds the tree.
  - use: tree-buildtree
    with:
      interval: 5s # slow
      hysteresis: 20%
  - use: file-sink
    id: rec # records
    with: { folder: out }
`;

const env = () => "a-token-of-more-than-16";
const rawOf = (text: string) =>
  parseConfig(text, { file: "n1.yaml", env }).raw as {
    plugins: { use: string; id?: string; with?: Record<string, unknown> }[];
    log?: { level: string };
  };

Deno.test("an unchanged config is written as it was read", () => {
  assert.equal(editConfig(TEXT, rawOf(TEXT), rawOf(TEXT)), TEXT);
});

Deno.test("a changed option keeps comments, order and what comes from the environment", () => {
  const after = rawOf(TEXT);
  after.plugins[1] = { use: "tree-buildtree", with: { interval: "2s", hysteresis: "20%" } };
  assert.equal(
    editConfig(TEXT, rawOf(TEXT), after),
    TEXT.replace("interval: 5s # slow", "interval: 2s # slow"),
  );
});

Deno.test("plugins are added, removed, replaced, and options too", () => {
  const after = rawOf(TEXT);
  after.log = { level: "debug" };
  after.plugins = [
    { use: "relay", with: { pop: true } },
    { use: "tree-other", id: "tree-buildtree", with: { interval: "5s" } },
    { use: "chaos", with: { rules: [{ id: "a", loss: "5%" }] } },
  ];
  const text = editConfig(TEXT, rawOf(TEXT), after);
  assert.deepEqual(rawOf(text), { ...after, name: "n1", admin: rawOf(TEXT)["admin" as never] });
  assert.match(text, /token: "\$\{TOKEN\}"/);
  assert.match(text, /# The first relay\./);
  assert.match(text, /# Builds the tree\./);
});

Deno.test("a list reordered by hand meanwhile is changed by ids", () => {
  const moved = TEXT.replace("  - use: relay\n", "") + "  - use: relay\n    with: { pop: true }\n";
  const after = rawOf(TEXT);
  after.plugins[2] = { use: "file-sink", id: "rec", with: { folder: "elsewhere" } };
  const text = editConfig(moved, rawOf(TEXT), after);
  assert.equal(text, moved.replace("folder: out", "folder: elsewhere"));
});

Deno.test("a text that is no config is refused", () => {
  for (const text of ["", "[]", "plugins: 3", "a: [", "name: x"]) {
    assert.throws(() => editConfig(text, rawOf(TEXT), rawOf(TEXT)), ConfigError, text);
  }
});
