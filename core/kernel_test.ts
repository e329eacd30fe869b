import assert from "node:assert/strict";
import { z } from "zod";
import { parseConfig } from "./config.ts";
import { definePlugin } from "./define.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { ConfigError, type Life, type Loadable } from "./plugin.ts";
import { type Log, PortError, type Ports } from "./ports.ts";
import { seededRng } from "./rng.ts";
import type { PathPolicy, Slot } from "./slots.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const no = () => {
  throw new Error("not in this test");
};
const ports: Ports = {
  clock: { now: () => 0, wall: () => 0, after: () => ({ [Symbol.dispose]() {} }) },
  rng: seededRng(1),
  net: { udp: no, listen: no, dial: no },
  http: { serve: no, request: no },
  spawn: no,
  files: {} as Ports["files"],
  log: silent,
  metrics: {
    counter: () => ({ add() {} }),
    histogram: () => ({ observe() {} }),
    collectDistribution: () => ({ [Symbol.dispose]() {} }),
    collect: () => ({ [Symbol.dispose]() {} }),
  },
  events: { emit() {}, onEvent: () => ({ [Symbol.dispose]() {} }) },
};

/** A plugin that writes down what happens to it. */
function tracer(
  name: string,
  slot: Slot,
  needs: readonly Slot[],
  trace: string[],
  more: Partial<Life> & Record<string, unknown> = {},
): Loadable {
  return {
    ...definePlugin({
      name,
      slot: "role",
      summary: "Traces its life.",
      needs: [],
      config: z.strictObject({ size: z.number().default(1).describe("A number.") }),
      create: () => ({
        status: () => ({}),
        start: () => void trace.push(`start ${name}`),
        stop: () => void trace.push(`stop ${name}`),
        ...more,
      }),
    }),
    slot,
    needs,
  };
}

function kernelOf(plugins: Loadable[], uses: (string | object)[], defaults = {}): Kernel {
  const entries = uses.map((use) => typeof use === "string" ? { use } : use);
  const { config } = parseConfig(JSON.stringify({ name: "n", plugins: entries }), {
    file: "x",
    env: () => undefined,
  });
  const known = new Map(plugins.map((one) => [one.name, one]));
  return createKernel({ plugins: known, defaults, config, instance: 1, ports: () => ports });
}

function issues(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  throw new Error("accepted");
}

Deno.test("plugins start after what they need and stop in reverse", async () => {
  const trace: string[] = [];
  const a = tracer("a", "role", ["tree", "sink"], trace);
  const b = tracer("b", "tree", ["control"], trace);
  const c = tracer("c", "control", [], trace);
  const s = tracer("s", "sink", [], trace);
  const kernel = kernelOf([a, b, c, s], ["a", "s"], { tree: "b", control: "c" });
  await kernel.start();
  assert.deepEqual(kernel.describe().map((one) => [one.id, one.configured]), [
    ["c", false],
    ["b", false],
    ["s", true],
    ["a", true],
  ]);
  await kernel.stop();
  await kernel.stop();
  assert.deepEqual(trace, "start c,start b,start s,start a,stop a,stop s,stop b,stop c".split(","));
});

Deno.test("a failed start undoes what had started, newest first, and keeps the cause", async () => {
  const trace: string[] = [];
  const bad = tracer("bad", "role", ["tree"], trace, {
    start: () => Promise.reject(new Error("no luck")),
  });
  const worse = tracer("t", "tree", [], trace, {
    stop: () => {
      throw new Error("stuck");
    },
  });
  await assert.rejects(kernelOf([bad, worse], ["bad"], { tree: "t" }).start(), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.match(String(error.errors[0]), /no luck/);
    return true;
  });
  assert.deepEqual(trace, ["start t", "stop bad"]);
});

Deno.test("every config error comes at once, with its path, before anything is created", () => {
  const a = tracer("relay", "role", [], []);
  const t1 = tracer("t1", "tree", [], []);
  const t2 = tracer("t2", "tree", ["tree"], []);
  const message = issues(() =>
    kernelOf([a, t1, t2], ["rely", { use: "relay", with: { sice: 2 } }, "t1", "t2", "t1"])
  );
  assert.match(message, /plugins\.0\.use: no plugin "rely" \(did you mean "relay"\?\)/);
  assert.match(message, /plugins\.1\.with\.sice: unknown key \(did you mean "size"\?\)/);
  assert.match(message, /plugins\.3\.use: slot "tree" is already filled by "t1"/);
  assert.match(message, /plugins\.4\.id: "t1" is there twice/);
});

Deno.test("a need that nothing fills and a circle of needs are named", () => {
  const a = tracer("a", "role", ["tree"], []);
  assert.match(issues(() => kernelOf([a], ["a"])), /"a" needs slot "tree", and nothing fills it/);
  const t = tracer("t", "tree", ["control"], []);
  const c = tracer("c", "control", ["tree"], []);
  assert.match(issues(() => kernelOf([t, c], ["t", "c"])), /circle: t -> c -> t/);
});

/** A path policy whose listener and answers can be told apart. */
function policy(name: string, fns: Set<() => void>, extra: Partial<Life> = {}): Loadable {
  return definePlugin({
    name,
    slot: "path",
    summary: "A policy.",
    needs: [],
    config: z.strictObject({}),
    create: () => ({
      choose: () => ({ parents: [], standby: undefined, by: name }),
      onPing: (fn: () => void) => {
        fns.add(fn);
        return { [Symbol.dispose]: () => void fns.delete(fn) };
      },
      start() {},
      stop() {},
      ...extra,
    }),
  });
}

Deno.test("a swap keeps consumers' objects and listeners, and hands state over", async () => {
  const [before, after] = [new Set<() => void>(), new Set<() => void>()];
  const adopted: unknown[] = [];
  let seen: (PathPolicy & { onPing(fn: () => void): Disposable }) | undefined;
  const user = definePlugin({
    name: "user",
    slot: "role",
    summary: "Uses a policy.",
    needs: ["path"],
    config: z.strictObject({}),
    create(ctx) {
      seen = ctx.use("path") as typeof seen;
      return { status: () => ({}), start() {}, stop() {} };
    },
  });
  const p = policy("p", before, { snapshot: () => 42 });
  const q = policy("q", after, { adopt: (state) => void adopted.push(state) });
  const broken = policy("broken", new Set(), { start: () => Promise.reject(new Error("dead")) });
  const kernel = kernelOf([user, p, q, broken], ["user", "p"]);
  await kernel.start();
  let pings = 0;
  const held = seen?.onPing(() => pings++);
  await assert.rejects(kernel.swap("p", { use: "broken", id: undefined, with: {} }), /dead/);
  assert.equal((seen?.choose([], []) as { by?: string }).by, "p");
  await kernel.swap("p", { use: "q", id: undefined, with: {} });
  assert.equal((seen?.choose([], []) as { by?: string }).by, "q");
  assert.deepEqual([before.size, after.size, adopted], [0, 1, [42]]);
  for (const fn of after) fn();
  held?.[Symbol.dispose]();
  assert.deepEqual([pings, after.size], [1, 0]);
  await kernel.stop();
});

Deno.test("what a plugin brings starts after everything else, and only where a default is known", async () => {
  const trace: string[] = [];
  const role: Loadable = { ...tracer("role", "role", [], trace), brings: ["path"] };
  const brought = tracer("brought", "path", ["role"], trace);
  const other = tracer("other", "role", [], trace);
  const kernel = kernelOf([role, brought, other], ["role", "other"], { path: "brought" });
  await kernel.start();
  assert.deepEqual(trace, ["start role", "start other", "start brought"]);
  await kernel.stop();
  const without = kernelOf([role, other], ["role", "other"]);
  await without.start();
  assert.deepEqual(without.describe().map(({ id }) => id), ["role", "other"]);
  await without.stop();
});

Deno.test("a swap whose new plugin wants the old one's port stops the old one first", async () => {
  const trace: string[] = [];
  let free = true;
  const bind = (name: string): Partial<Life> => ({
    start() {
      if (!free) throw new PortError("address-in-use", "Cannot bind: taken");
      free = false;
      trace.push(name);
    },
    stop() {
      if (trace.at(-1) === name) free = true;
    },
  });
  const [p, q] = [policy("p", new Set(), bind("p")), policy("q", new Set(), bind("q"))];
  const kernel = kernelOf([p, q], ["p"]);
  await kernel.start();
  await kernel.swap("p", { use: "q", id: undefined, with: {} });
  assert.deepEqual(trace, ["p", "q"]);
  assert.deepEqual(kernel.describe().map((one) => one.name), ["q"]);
  await kernel.stop();
});
