/** The house keeps its own rules: import directions, the list of plugins, and every config that is shown. */
import assert from "node:assert/strict";
import { builtins, defaults } from "../plugins/registry.ts";
import { type Import, importsOf, violations } from "./tools/import_rules.ts";
import { filesEnding, ROOT } from "./tools/repository.ts";
import { checkYaml, yamlBlocks } from "./tools/yaml_check.ts";

const KNOWN = { plugins: builtins, defaults };
const write = ({ from, to }: Import) => `${from} -> ${to}`;

Deno.test("imports point inward", async () => {
  const files = filesEnding(".ts").filter((file) => !/^(tests|bench|docs)\//.test(file));
  const imports = await importsOf(ROOT, files);
  assert.ok(imports.length > 500, "the graph is not empty");
  assert.ok(imports.some(({ to }) => to === "npm:zod"), "packages are seen");
  assert.deepEqual(violations(imports).map(write), []);
});

Deno.test("an import against the grain is found", () => {
  const bad: Import[] = [
    { from: "core/kernel.ts", to: "core/host/deno_ports.ts" },
    { from: "core/kernel.ts", to: "plugins/registry.ts" },
    { from: "core/kernel.ts", to: "npm:hono" },
    { from: "core/kernel.ts", to: "node:fs" },
    { from: "core/kernel.ts", to: "tests/sim/world.ts" },
    { from: "core/kernel.ts", to: "core/media/testing/rig.ts" },
    { from: "core/host/admin.ts", to: "plugins/relay/mod.ts" },
    { from: "plugins/registry.ts", to: "plugins/relay/config.ts" },
    { from: "plugins/relay/mod.ts", to: "plugins/viewer/mod.ts" },
    { from: "plugins/relay/mod.ts", to: "plugins/registry.ts" },
    { from: "plugins/relay/mod.ts", to: "core/host/deno_ports.ts" },
    { from: "plugins/relay/mod.ts", to: "main.ts" },
    { from: "plugins/relay/mod.ts", to: "npm:hono" },
    { from: "cli/node.ts", to: "plugins/relay/mod.ts" },
    { from: "main.ts", to: "tests/sim/world.ts" },
    { from: "elsewhere/file.ts", to: "core/kernel.ts" },
  ];
  assert.deepEqual(violations(bad), bad);
  const good: Import[] = [
    { from: "core/kernel.ts", to: "core/plan.ts" },
    { from: "core/wire/codec.ts", to: "npm:cborg" },
    { from: "core/host/admin.ts", to: "npm:hono" },
    { from: "plugins/registry.ts", to: "plugins/relay/mod.ts" },
    { from: "plugins/relay/mod.ts", to: "plugins/relay/config.ts" },
    { from: "plugins/relay/mod.ts", to: "core/define.ts" },
    { from: "plugins/relay/relay_test.ts", to: "tests/sim/world.ts" },
    { from: "main.ts", to: "cli/node.ts" },
  ];
  assert.deepEqual(violations(good), []);
});

Deno.test("the registry lists every plugin folder, each by its own name, sorted", () => {
  const folders = [...Deno.readDirSync(new URL("plugins/", ROOT))]
    .filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
  assert.deepEqual(builtins.map(({ name }) => name), folders);
});

Deno.test("every YAML file is a config that can run", () => {
  const files = [...filesEnding(".yaml"), ...filesEnding(".yml")];
  assert.ok(files.length > 10);
  const wrong = files.flatMap((file) => {
    const text = Deno.readTextFileSync(new URL(file, ROOT));
    return faultOf(() => checkYaml(text, file, KNOWN), file);
  });
  assert.deepEqual(wrong, []);
});

Deno.test("every YAML block of every page is a config that can run", () => {
  const pages = filesEnding(".md");
  assert.ok(pages.length > 10);
  const wrong = pages.flatMap((page) =>
    yamlBlocks(Deno.readTextFileSync(new URL(page, ROOT))).flatMap(({ text, line }) => {
      const place = `${page}:${line}`;
      return faultOf(() => checkYaml(text, place, KNOWN), place);
    })
  );
  assert.deepEqual(wrong, []);
});

Deno.test("every plugin has a page, and the page a config of its own", () => {
  const without = builtins.filter(({ name }) => {
    try {
      const text = Deno.readTextFileSync(new URL(`plugins/${name}/README.md`, ROOT));
      return !yamlBlocks(text).some((block) => block.text.includes(`use: ${name}`));
    } catch {
      return true;
    }
  });
  assert.deepEqual(without.map(({ name }) => name), []);
});

/** What is wrong, in one line; nothing when all is well. */
function faultOf(check: () => void, place: string): string[] {
  try {
    check();
    return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [text.includes(place) ? text : `${place}: ${text}`];
  }
}
