import assert from "node:assert/strict";
import type { Child, ExitStatus, PortError } from "../ports.ts";
import { testPorts, until } from "./testing.ts";

/** A program that does what a shell line says; `exec` keeps the pid. */
const shell = (line: string): readonly string[] => ["sh", "-c", line];

function watch(child: Child) {
  const seen = { output: "", lines: [] as string[], exits: [] as ExitStatus[] };
  child.onOutput((bytes) => seen.output += new TextDecoder().decode(bytes));
  child.onErrorLine((line) => seen.lines.push(line));
  child.onExit((status) => seen.exits.push(status));
  return seen;
}

Deno.test("a child gets its input, gives its output and tells its end", async () => {
  const { spawn } = testPorts();
  await using cat = spawn(["cat"], { stdin: true, stdout: true });
  const seen = watch(cat);
  assert.equal(cat.write(new TextEncoder().encode("through the cat")), true);
  cat.closeInput();
  assert.equal(cat.write(new Uint8Array(1)), false, "closed input takes nothing");
  await until("it ended", () => seen.exits.length === 1);
  assert.equal(seen.output, "through the cat");
  assert.deepEqual(seen.exits, [{ code: 0 }]);
});

Deno.test("a missing program is not found, and an empty name too", () => {
  const { spawn } = testPorts();
  const missing = (error: PortError): boolean => {
    assert.equal(error.code, "not-found");
    assert.match(error.message, /^Cannot start /);
    return true;
  };
  assert.throws(() => spawn(["no-such-program-anywhere"]), missing);
  assert.throws(() => spawn([]), missing);
});

Deno.test("a file that is no program is denied", () => {
  const { spawn } = testPorts();
  assert.throws(() => spawn([new URL(import.meta.url).pathname]), { code: "denied" });
});

Deno.test("error output comes line by line, endless lines are cut", async () => {
  const { spawn } = testPorts();
  const script = "printf 'one\\r\\ntwo\\n' >&2; head -c 100000 /dev/zero | tr '\\0' x >&2; " +
    "printf '\\nlast' >&2";
  await using child = spawn(shell(script));
  const seen = watch(child);
  await until("it ended", () => seen.exits.length === 1);
  assert.deepEqual(seen.lines.slice(0, 2), ["one", "two"]);
  assert.equal(seen.lines[2]?.length, 4096);
  assert.equal(seen.lines[3], "last");
  assert.equal(seen.lines.length, 4);
});

Deno.test("a child that dies while it is written to is an exit and nothing else", async () => {
  const { spawn } = testPorts();
  await using child = spawn(shell("exec sleep 60"), { stdin: true });
  const seen = watch(child);
  const block = new Uint8Array(256 * 1024);
  for (let i = 0; i < 8; i++) child.write(block);
  child.kill("SIGKILL");
  for (let i = 0; i < 8; i++) child.write(block);
  await until("it ended", () => seen.exits.length === 1);
  assert.deepEqual(seen.exits, [{ code: 137, signal: "SIGKILL" }]);
  assert.equal(child.write(block), false);
  assert.equal(child.queuedBytes, 0);
});

Deno.test("a child that closes its input early gets no more, and lives on", async () => {
  const { spawn } = testPorts();
  await using child = spawn(shell("exec 0<&-; echo closed >&2; exec sleep 60"), { stdin: true });
  const seen = watch(child);
  await until("it closed its input", () => seen.lines.length === 1);
  await until("the pipe is known broken", () => !child.write(new Uint8Array(65_536)));
  assert.deepEqual(seen.exits, []);
});

Deno.test("the input queue says wait, drains, and drops beyond its limit", async () => {
  const { spawn, metrics } = testPorts();
  await using child = spawn(shell("read -r go; exec cat >/dev/null"), { stdin: true });
  let drains = 0;
  child.onDrain(() => drains += 1);
  const block = new Uint8Array(1024 * 1024).fill(120);
  const answers = Array.from({ length: 20 }, () => child.write(block));
  assert.deepEqual(answers.slice(0, 5), [true, true, true, true, false]);
  assert.equal(metrics.value("child_input_dropped_bytes_total"), 4 * block.length);
  assert.equal(child.queuedBytes, 16 * block.length);
});

Deno.test("a child that takes its input drains the queue", async () => {
  const { spawn } = testPorts();
  await using child = spawn(["cat"], { stdin: true });
  let drains = 0;
  child.onDrain(() => drains += 1);
  for (let i = 0; i < 6; i++) child.write(new Uint8Array(1024 * 1024));
  await until("drained", () => drains === 1 && child.queuedBytes === 0);
});

Deno.test("disposing kills a child that ignores SIGTERM", async () => {
  const { spawn } = testPorts();
  const child = spawn(shell("trap '' TERM; echo ready >&2; while :; do sleep 0.05; done"));
  const seen = watch(child);
  await until("the trap is set", () => seen.lines.includes("ready"));
  await child[Symbol.asyncDispose]();
  assert.equal(seen.exits[0]?.signal, "SIGKILL");
  await child[Symbol.asyncDispose]();
});

Deno.test("output that nobody listens to does not hold the child up, and a late listener hears the end", async () => {
  const { spawn } = testPorts();
  await using child = spawn(shell("head -c 1000000 /dev/zero"), { stdout: true });
  const ended = Promise.withResolvers<ExitStatus>();
  child.onExit(ended.resolve);
  assert.deepEqual(await ended.promise, { code: 0 });
  const again = Promise.withResolvers<ExitStatus>();
  child.onExit(again.resolve);
  assert.deepEqual(await again.promise, { code: 0 });
});

Deno.test("a child gets the environment it is given", async () => {
  const { spawn } = testPorts();
  await using child = spawn(shell('printf %s "$ESPALIER_TEST"'), {
    stdout: true,
    env: { ESPALIER_TEST: "given" },
  });
  const seen = watch(child);
  await until("it ended", () => seen.exits.length === 1);
  assert.equal(seen.output, "given");
});
