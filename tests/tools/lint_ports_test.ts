import assert from "node:assert/strict";
import plugin, { FILE_MAX_LINES, FUNCTION_MAX_LINES } from "./lint_ports.ts";

/** Rule ids that a text breaks, as a file of this name. */
function broken(source: string, file = "/x/plugins/some/mod.ts"): string[] {
  return Deno.lint.runPlugin(plugin, file, source).map((d) => d.id.replace("house/", ""));
}

Deno.test("every ambient global is refused in plugins and core", () => {
  const uses = [
    "Deno.readTextFileSync('x');",
    "const a = Date.now();",
    "const b = new Date();",
    "performance.now();",
    "setTimeout(() => {}, 1);",
    "setInterval(() => {}, 1);",
    "queueMicrotask(() => {});",
    "console.log(1);",
    "await fetch('http://x');",
    "crypto.getRandomValues(new Uint8Array(1));",
    "globalThis.x = 1;",
    "const r = Math.random();",
    "const r = Math['random']();",
    "AbortSignal.timeout(5);",
    "const later = setTimeout;",
    "const all = { fetch };",
    "f(fetch);",
  ];
  for (const use of uses) {
    assert.deepEqual(broken(use), ["no-ambient-io"], use);
    assert.deepEqual(broken(use, "/x/core/kernel.ts"), ["no-ambient-io"], use);
  }
});

Deno.test("the host, tests, benches and root files may touch the world", () => {
  const use = "const a = Date.now(); console.log(Deno.args, Math.random());";
  for (
    const file of [
      "/x/core/host/deno_ports.ts",
      "/x/plugins/some/mod_test.ts",
      "/x/plugins/some/testing.ts",
      "/x/tests/sim/world.ts",
      "/x/bench/run.ts",
      "/x/main.ts",
    ]
  ) assert.deepEqual(broken(use, file), [], file);
});

Deno.test("names that only look ambient are no offence", () => {
  const harmless = [
    "const x = { console: 1, Date: 2 };",
    "x.fetch(); x.performance; x?.crypto;",
    "interface Y { fetch(): void; console: number }",
    "type D = Date;",
    "let d: Date | undefined;",
    "class K { setTimeout() {} crypto = 1; }",
    "import { fetch } from './own.ts'; fetch();",
    "import { crypto as c } from './own.ts'; c();",
    "Math.floor(1); AbortSignal.any([]);",
    "// Date.now() in a comment\nconst s = 'Deno';",
  ];
  for (const source of harmless) assert.deepEqual(broken(source), [], source);
});

Deno.test("of Node's modules only pure functions of crypto may be imported", () => {
  assert.deepEqual(broken("import { createHash, timingSafeEqual } from 'node:crypto';"), []);
  assert.deepEqual(broken("import { randomBytes } from 'node:crypto';"), ["no-impure-imports"]);
  assert.deepEqual(broken("import fs from 'node:fs';"), ["no-impure-imports"]);
  assert.deepEqual(broken("import fs from 'node:fs';", "/x/core/host/files.ts"), []);
});

Deno.test("a cast through another type needs a reason", () => {
  assert.deepEqual(broken("const x = y as unknown as string;"), ["brand-casts-only"]);
  assert.deepEqual(
    broken("// y comes from our own encoder\nconst x = y as unknown as string;"),
    [],
  );
  assert.deepEqual(broken("const x = y as NodeName;"), []);
});

Deno.test("long functions are refused, factories of short ones are not", () => {
  const lines = (n: number) => "  f();\n".repeat(n);
  const long = `function g() {\n${lines(FUNCTION_MAX_LINES)}}`;
  assert.deepEqual(broken(long), ["short-functions"]);
  assert.deepEqual(broken(long, "/x/plugins/some/mod_test.ts"), []);
  assert.deepEqual(broken(`function g() {\n${lines(FUNCTION_MAX_LINES - 2)}}`), []);
  const methods = Array.from({ length: 3 }, (_, i) => `  m${i}() {\n${lines(30)}  },\n`).join("");
  assert.deepEqual(broken(`function create() {\n  return {\n${methods}  };\n}`), []);
});

Deno.test("a long file is refused by its code, not by its comments", () => {
  assert.deepEqual(broken("f();\n".repeat(FILE_MAX_LINES + 1)), ["short-files"]);
  assert.deepEqual(broken("f();\n// why\n".repeat(FILE_MAX_LINES)), []);
  assert.deepEqual(broken("f();\n".repeat(FILE_MAX_LINES + 1), "/x/tests/big.ts"), []);
});

Deno.test("where each packet goes through, no field hides in a constructor's parameters", () => {
  const hidden = "class A { constructor(readonly b: number, public c = 1) {} }";
  for (const folder of ["core/media", "core/datapath", "core/wire", "core/host/linux"]) {
    const file = `/x/${folder}/some.ts`;
    assert.deepEqual(broken(hidden, file), ["plain-fields", "plain-fields"]);
    assert.deepEqual(
      broken("class A { b: number; constructor(b: number) { this.b = b; } }", file),
      [],
    );
  }
  assert.deepEqual(broken(hidden, "/x/core/media/some_test.ts"), []);
  assert.deepEqual(broken(hidden), []);
});
