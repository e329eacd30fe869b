import assert from "node:assert/strict";
import { createLog, type LogOptions } from "./log.ts";

function recorded(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  const root = createLog({
    level: "info",
    format: "json",
    terminal: false,
    write: (line) => lines.push(line),
    wall: () => Date.UTC(2030, 0, 2, 3, 4, 5, 678),
    now: () => clock.nowMs,
    ...options,
  });
  return { root, lines, clock, log: root.bind({ node: "n1", plugin: "tree" }) };
}

Deno.test("a JSON line carries time, level, event, what it is bound to and its fields", () => {
  const { log, lines } = recorded();
  log.info("parent changed", { parent: "n2", costUs: 1200, level: "mine", none: undefined });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith("}\n"));
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    time: "2030-01-02T03:04:05.678Z",
    level: "info",
    event: "parent changed",
    node: "n1",
    plugin: "tree",
    parent: "n2",
    costUs: 1200,
    _level: "mine",
  });
});

Deno.test("a pretty line is short, and colored only where color is wanted", () => {
  const plain = recorded({ format: "pretty" });
  plain.log.warn("parent lost", { parent: "n2", why: "no answer" });
  assert.equal(
    plain.lines[0],
    '03:04:05.678 WARN  n1/tree parent lost parent=n2 why="no answer"\n',
  );
  const colored = recorded({ format: "auto", terminal: true, color: true });
  colored.log.warn("parent lost");
  assert.ok(colored.lines[0]?.includes("\x1b[33mWARN"));
});

Deno.test("the level may change while running", () => {
  const { log, root, lines } = recorded();
  log.debug("unseen");
  root.level = "debug";
  log.debug("seen");
  root.level = "error";
  log.warn("unseen");
  log.error("seen");
  assert.equal(lines.length, 2);
});

Deno.test("secrets are never written, at any depth", () => {
  const { log, lines } = recorded();
  log.info("config", {
    token: "abc",
    admin: { bearerToken: "abc", listen: "x" },
    list: [{ networkKey: "abc" }],
    map: new Map([["password", "abc"]]),
    error: new Error("outer", { cause: { secret: "abc" } }),
  });
  assert.ok(!lines.join().includes("abc"), lines.join());
  assert.equal(JSON.parse(lines[0] ?? "").admin.listen, "x");
});

Deno.test("no field can forge a line or paint the terminal", () => {
  for (const format of ["json", "pretty"] as const) {
    const { log, lines } = recorded({ format });
    log.info("from\noutside", { name: 'n2\n00:00 ERROR forged\x1b[31m\u2028"', "a\nb": 1 });
    assert.equal(lines.length, 1);
    const line = (lines[0] ?? "").slice(0, -1);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line, /[\x00-\x1f]/, format);
  }
});

Deno.test("what JSON cannot hold is written all the same", () => {
  const { log, lines } = recorded();
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  let deep: unknown = "bottom";
  for (let i = 0; i < 50; i++) deep = { deep };
  log.info("odd", {
    big: 12n,
    circle,
    deep,
    bytes: new Uint8Array(100),
    error: new TypeError("bad", { cause: new Error("why") }),
    fn: () => {},
    text: "x".repeat(10_000),
  });
  const line = JSON.parse(lines[0] ?? "");
  assert.equal(line.big, "12");
  assert.equal(line.circle.self, "(circular)");
  assert.equal(line.error.cause.message, "why");
  assert.match(line.bytes, /^0{64}\.\.\. \(100 bytes\)$/);
  assert.ok((lines[0] ?? "").length < 8_000);
});

Deno.test("equal warnings are told a few times an interval, and then how many there were", () => {
  const { log, lines, clock } = recorded({ repeats: { most: 3, intervalMs: 1_000 } });
  for (let i = 0; i < 100; i++) log.warn("bad packet", { i });
  for (let i = 0; i < 5; i++) log.info("not bounded");
  log.warn("another");
  assert.equal(lines.length, 3 + 5 + 1);
  clock.nowMs = 1_100;
  log.info("anything");
  const summary = JSON.parse(lines.at(-2) ?? "");
  assert.equal(summary.event, "bad packet");
  assert.equal(summary.suppressed, 97);
  log.warn("bad packet");
  assert.equal(JSON.parse(lines.at(-1) ?? "").event, "bad packet");
});

Deno.test("what was suppressed is told at the end", async () => {
  const { log, root, lines } = recorded({ repeats: { most: 1, intervalMs: 1_000 } });
  log.error("broken");
  log.error("broken");
  await root.flush();
  assert.equal(JSON.parse(lines[1] ?? "").suppressed, 1);
});

Deno.test("two nodes in one process have logs and levels of their own", () => {
  const one = recorded({ level: "debug" });
  const two = recorded({ level: "error" });
  one.log.debug("x");
  two.log.debug("x");
  assert.deepEqual([one.lines.length, two.lines.length], [1, 0]);
});

Deno.test("without a writer lines go to standard error, whole and in order", async () => {
  const script = `
    import { createLog } from "${new URL("log.ts", import.meta.url).href}";
    const root = createLog({ level: "info", format: "auto" });
    for (let i = 0; i < 2000; i++) root.bind({}).info("line", { i });
    await root.flush();
    Deno.exit(0);`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { stderr, code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--config", config, file],
    }).output();
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    assert.equal(code, 0, lines.at(-1));
    assert.deepEqual(lines.map((line) => JSON.parse(line).i), [...Array(2000).keys()]);
  } finally {
    await Deno.remove(file);
  }
});
