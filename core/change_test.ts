import assert from "node:assert/strict";
import { z } from "zod";
import { parseConfig, type PluginEntry } from "./config.ts";
import { definePlugin } from "./define.ts";
import { EventHub } from "./events.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { ConfigError, type Life, type Loadable, UserError } from "./plugin.ts";
import { PortError, type Ports } from "./ports.ts";
import { seededRng } from "./rng.ts";
import type { Slot } from "./slots.ts";

const no = () => {
  throw new Error("not in this test");
};

/** Ports whose timers fire when the test says so. */
function portsOf() {
  const timers = new Set<() => void>();
  const metrics: Ports["metrics"] = {
    counter: () => ({ add() {} }),
    histogram: () => ({ observe() {} }),
    collect: () => ({ [Symbol.dispose]() {} }),
    collectDistribution: () => ({ [Symbol.dispose]() {} }),
  };
  const clock: Ports["clock"] = {
    now: () => 0,
    wall: () => 0,
    after: (_ms, fn) => {
      timers.add(fn);
      return { [Symbol.dispose]: () => void timers.delete(fn) };
    },
  };
  const events = new EventHub(clock, metrics);
  const ports: Ports = {
    clock,
    metrics,
    events,
    rng: seededRng(1),
    net: { udp: no, listen: no, dial: no },
    http: { serve: no, request: no },
    spawn: no,
    files: {} as Ports["files"],
    log: { debug() {}, info() {}, warn() {}, error() {} },
  };
  const fire = () => {
    for (const fn of [...timers]) fn();
  };
  return { ports, events, fire, timers };
}

type More = Partial<Life> & { readonly onMake?: (size: number) => void };

/** A plugin that writes down what happens to it; its one option is told with it. */
function tracer(
  name: string,
  trace: string[],
  { slot = "sink", needs = [], more = () => ({}) }: {
    slot?: Slot;
    needs?: readonly Slot[];
    more?: (size: number) => More;
  } = {},
): Loadable {
  const made = definePlugin({
    name,
    slot: "role",
    summary: "Traces its life.",
    needs: [],
    config: z.strictObject({ size: z.number().default(1).describe("A number.") }),
    create: (ctx, { size }) => {
      let running = false;
      return {
        status: () => ({}),
        start: () => {
          running = true;
          trace.push(`start ${ctx.id} ${size}`);
        },
        stop: () => {
          if (running) trace.push(`stop ${ctx.id} ${size}`);
          running = false;
        },
        ...more(size),
      };
    },
  });
  return { ...made, slot, needs };
}

const entry = (use: string, size?: number, id?: string): PluginEntry => ({
  use,
  id,
  with: size === undefined ? {} : { size },
});

async function nodeOf(plugins: Loadable[], uses: string[], defaults = {}) {
  const world = portsOf();
  const { config } = parseConfig(
    JSON.stringify({ name: "n", plugins: uses.map((use) => ({ use })) }),
    { file: "x", env: () => undefined },
  );
  const known = new Map(plugins.map((one) => [one.name, one]));
  const ports = () => world.ports;
  const kernel = createKernel({ plugins: known, defaults, config, instance: 1, ports });
  await kernel.start();
  return { kernel, ...world };
}

const ids = (kernel: Kernel) => kernel.describe().map((one) => one.id);
const kinds = (events: EventHub) => events.page(0).events.map((one) => one.kind);

Deno.test("what differs is touched, what stays is not, and what goes stops last", async () => {
  const trace: string[] = [];
  const plugins = ["a", "b", "c", "d"].map((name) => tracer(name, trace));
  const { kernel, events } = await nodeOf(plugins, ["a", "b", "c"]);
  trace.length = 0;
  const changed = await kernel.apply([entry("d"), entry("c", 2), entry("a")]);
  assert.deepEqual(trace, ["start d 1", "start c 2", "stop c 1", "stop b 1"]);
  assert.deepEqual(changed, { added: ["d"], removed: ["b"], swapped: ["c"], adjusted: [] });
  assert.deepEqual(ids(kernel), ["d", "c", "a"]);
  assert.deepEqual(kernel.peekAll("sink").map((one) => one.id).toSorted(), ["a", "c", "d"]);
  assert.deepEqual(kinds(events), ["plugin-swapped", "plugin-added", "plugin-removed"]);
  trace.length = 0;
  const nothing = await kernel.apply([entry("a"), entry("d", 1), entry("c", 2)]);
  assert.deepEqual(nothing, { added: [], removed: [], swapped: [], adjusted: [] });
  assert.deepEqual(trace, []);
  await kernel.stop();
});

Deno.test("one that fails to start undoes all that was done before it, newest first", async () => {
  const trace: string[] = [];
  const bad = tracer("bad", trace, {
    more: () => ({ start: () => Promise.reject(new Error("no luck")) }),
  });
  const plugins = [...["a", "b", "c"].map((name) => tracer(name, trace)), bad];
  const { kernel, events } = await nodeOf(plugins, ["a", "b"]);
  trace.length = 0;
  const before = kernel.peekAll("sink");
  const wanted = [entry("a", 2), entry("c"), entry("bad"), entry("b", 2)];
  await assert.rejects(kernel.apply(wanted), /no luck/);
  assert.deepEqual(trace, ["start c 1", "stop c 1"], "nothing that ran was touched");
  assert.deepEqual(kernel.peekAll("sink"), before, "consumers see the old ones");
  assert.deepEqual(kernel.entries().map((one) => [one.use, one.with]), [["a", {}], ["b", {}]]);
  assert.deepEqual(kinds(events), ["change-refused"]);
  await kernel.stop();
});

Deno.test("a swap that fails swaps those before it back, with their state", async () => {
  const trace: string[] = [];
  const keeps = tracer("keeps", trace, {
    more: (size) => ({
      snapshot: () => `of ${size}`,
      adopt: (state) => void trace.push(`adopt ${state}`),
    }),
  });
  const bad = tracer("bad", trace, {
    more: (size) => size === 1 ? {} : { start: () => Promise.reject(new Error("no luck")) },
  });
  const { kernel } = await nodeOf([keeps, bad], ["keeps", "bad"]);
  trace.length = 0;
  await assert.rejects(kernel.apply([entry("keeps", 2), entry("bad", 2)]), /no luck/);
  assert.deepEqual(trace, [
    ...["adopt of 1", "start keeps 2", "stop keeps 1"],
    ...["adopt of 2", "start keeps 1", "stop keeps 2"],
  ]);
  assert.deepEqual(kernel.describe().map((one) => one.config), [{ size: 1 }, { size: 1 }]);
  trace.length = 0;
  await kernel.stop();
  assert.deepEqual(trace, ["stop bad 1", "stop keeps 1"]);
});

Deno.test("wrong entries change nothing", async () => {
  const trace: string[] = [];
  const { kernel } = await nodeOf([tracer("a", trace)], ["a"]);
  trace.length = 0;
  await assert.rejects(kernel.apply([entry("a"), entry("zzz")]), ConfigError);
  await assert.rejects(
    kernel.apply([{ use: "a", id: undefined, with: { sise: 1 } }]),
    /did you mean "size"/,
  );
  assert.deepEqual([trace, ids(kernel)], [[], ["a"]]);
  await kernel.stop();
});

Deno.test("an address that what goes holds is free for what comes, and comes back on failure", async () => {
  const trace: string[] = [];
  let holder: string | undefined;
  const binds = (name: string) => ({
    more: (): More => ({
      start: () => {
        if (holder !== undefined) throw new PortError("address-in-use", "Cannot bind: taken");
        holder = name;
        trace.push(`bind ${name}`);
      },
      stop: () => {
        if (holder === name) holder = undefined;
      },
    }),
  });
  const taken = new PortError("address-in-use", "Cannot bind: no luck");
  const bad = tracer("bad", trace, { more: () => ({ start: () => Promise.reject(taken) }) });
  const plugins = [tracer("a", trace, binds("a")), tracer("b", trace, binds("b")), bad];
  const { kernel } = await nodeOf(plugins, ["a"]);
  await assert.rejects(kernel.apply([entry("b"), entry("bad")]), /no luck/);
  assert.deepEqual([holder, ids(kernel)], ["a", ["a"]]);
  await kernel.apply([entry("b")]);
  assert.deepEqual([holder, ids(kernel)], ["b", ["b"]]);
  assert.deepEqual(trace, ["bind a", "bind b", "bind a", "bind b"]);
  await kernel.stop();
  assert.equal(holder, undefined);
});

Deno.test("a plugin that can takes its options while it runs, and takes them back", async () => {
  const trace: string[] = [];
  const able = tracer("able", trace, {
    more: () => ({
      reconfigure: (config) => {
        trace.push(`take ${JSON.stringify(config)}`);
        return true;
      },
    }),
  });
  const bad = tracer("bad", trace, {
    more: (size) => size === 1 ? {} : { start: () => Promise.reject(new Error("no luck")) },
  });
  const { kernel, events } = await nodeOf([able, bad], ["able", "bad"]);
  trace.length = 0;
  const { adjusted } = await kernel.apply([entry("able", 2), entry("bad")]);
  assert.deepEqual([adjusted, trace], [["able"], ['take {"size":2}']]);
  assert.deepEqual(kernel.describe()[0]?.config, { size: 2 });
  await assert.rejects(kernel.apply([entry("able", 3), entry("bad", 2)]), /no luck/);
  assert.deepEqual(trace.slice(1), ['take {"size":3}', 'take {"size":2}']);
  assert.deepEqual(kernel.describe()[0]?.config, { size: 2 });
  assert.deepEqual(kinds(events), ["options-changed", "change-refused"]);
  await kernel.stop();
});

Deno.test("what would interrupt media is refused, unless forced", async () => {
  const trace: string[] = [];
  const plays = tracer("plays", trace, {
    slot: "role",
    more: () => ({ hinders: (id) => id === "a" ? "a stream plays from it" : undefined }),
  });
  const { kernel } = await nodeOf([tracer("a", trace), plays], ["a", "plays"]);
  trace.length = 0;
  const wanted = [entry("a", 2), entry("plays")];
  await assert.rejects(kernel.apply(wanted), (error: UserError) => {
    assert.equal(error.code, "interrupts");
    assert.match(error.message, /Cannot replace "a" .*: a stream plays from it/);
    return true;
  });
  assert.deepEqual(trace, []);
  await kernel.apply(wanted, { force: true });
  assert.deepEqual(trace, ["start a 2", "stop a 1"]);
  await kernel.stop();
});

Deno.test("a start that hangs has failed, and a stop that hangs does not keep the change", async () => {
  const trace: string[] = [];
  const hangs = tracer("hangs", trace, { more: () => ({ start: () => new Promise(() => {}) }) });
  const stays = tracer("stays", trace, { more: () => ({ stop: () => new Promise(() => {}) }) });
  const { kernel, fire, timers } = await nodeOf([hangs, stays, tracer("a", trace)], ["stays"]);
  /** Lets time pass, and only then whoever waits for it. */
  const driven = async <T>(work: Promise<T>): Promise<T> => {
    let settled = false;
    work.catch(() => {}).finally(() => settled = true);
    for (let turns = 0; !settled; turns++) {
      assert.ok(turns < 1000, "never settled");
      for (let i = 0; i < 10; i++) await Promise.resolve();
      fire();
    }
    return await work;
  };
  await assert.rejects(
    driven(kernel.apply([entry("stays"), entry("hangs")])),
    (error: UserError) => error.code === "start-failed",
  );
  assert.deepEqual(ids(kernel), ["stays"]);
  const { removed } = await driven(kernel.apply([entry("a")]));
  assert.deepEqual(removed, ["stays"]);
  assert.equal(timers.size, 0);
  await kernel.stop();
});

Deno.test("defaults come and go with who needs them", async () => {
  const trace: string[] = [];
  const plugins = [
    tracer("t", trace, { slot: "tree" }),
    tracer("a", trace, { slot: "role", needs: ["tree"] }),
    tracer("b", trace, { slot: "role" }),
  ];
  const { kernel } = await nodeOf(plugins, ["b"], { tree: "t" });
  await kernel.apply([entry("b"), entry("a")]);
  assert.deepEqual(ids(kernel), ["b", "t", "a"]);
  assert.notEqual(kernel.peek("tree"), undefined);
  await kernel.apply([entry("b")]);
  assert.deepEqual(ids(kernel), ["b"]);
  assert.equal(kernel.peek("tree"), undefined);
  assert.deepEqual(trace.slice(-2), ["stop a 1", "stop t 1"]);
  await kernel.stop();
});

Deno.test("changes wait for each other, and a node that stops ends its change first", async () => {
  const trace: string[] = [];
  const gate = Promise.withResolvers<void>();
  const slow = tracer("slow", trace, {
    more: () => ({
      start: async () => {
        await gate.promise;
        trace.push("slow runs");
      },
    }),
  });
  const { kernel } = await nodeOf([slow, tracer("a", trace), tracer("b", trace)], ["a"]);
  const first = kernel.apply([entry("a"), entry("slow")]);
  const second = kernel.apply([entry("a"), entry("b")]);
  gate.resolve();
  assert.deepEqual((await first).added, ["slow"]);
  assert.deepEqual((await second).removed, ["slow"]);
  const third = kernel.apply([entry("b")]);
  const stopping = kernel.stop();
  await assert.rejects(third, UserError);
  await stopping;
  await assert.rejects(kernel.apply([]), (error: UserError) => error.code === "not-running");
});
