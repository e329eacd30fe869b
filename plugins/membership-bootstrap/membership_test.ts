import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import { seededRng } from "../../core/rng.ts";
import { config } from "./config.ts";
import { type In, type Out, Registrar } from "./protocol.ts";

const named = (text: string): NodeName => text as NodeName;

function peer(name: string, instance = 1): Peer {
  const at = { host: "10.0.0.1", port: 1 };
  return {
    name: named(name),
    instance,
    roles: ["relay"],
    pop: false,
    control: at,
    keepalive: at,
    media: at,
  };
}

/** A brain, its time, and the watches that its orders amount to. */
class Rig {
  nowMs = 0;
  readonly out: { readonly atMs: number; readonly out: Out }[] = [];
  readonly watches = new Map<string, number>();
  readonly brain: Registrar;

  constructor(fixed: readonly Peer[] = [], hasBootstrap = true, seed = 1) {
    const options = checkConfig(config, {});
    this.brain = new Registrar(options, seededRng(seed), named("me"), fixed, hasBootstrap);
  }

  feed(event: In): readonly Out[] {
    const out = this.brain.handle(event, this.nowMs);
    for (const one of out) {
      this.out.push({ atMs: this.nowMs, out: one });
      if (one.kind === "watch") this.#count(one.peer.name, 1);
      if (one.kind === "unwatch") this.#count(one.name, -1);
    }
    return out;
  }

  registered(
    names: readonly string[],
    alive: readonly string[] = [],
    measure: readonly string[] = [],
  ) {
    return this.feed({
      kind: "registered",
      leaseMs: 10_000,
      neighbors: names.map((name) => peer(name)),
      measure: measure.map((name) => peer(name)),
      alive: new Set(alive.map(named)),
    });
  }

  /** Starts and connects. */
  connected(): this {
    this.feed({ kind: "start" });
    this.feed({ kind: "connected" });
    return this;
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let due = this.brain.dueMs(); due !== undefined && due <= untilMs;) {
      this.nowMs = Math.max(this.nowMs, due);
      this.feed({ kind: "tick" });
      due = this.brain.dueMs();
    }
    this.nowMs = untilMs;
  }

  times(kind: Out["kind"]): readonly number[] {
    return this.out.filter(({ out }) => out.kind === kind).map(({ atMs }) => atMs);
  }

  get names(): readonly string[] {
    return this.brain.neighbors.map((one) => one.name).sort();
  }

  #count(name: string, by: number): void {
    const count = (this.watches.get(name) ?? 0) + by;
    assert.ok(count >= 0, `${name} is unwatched more often than watched`);
    if (count === 0) this.watches.delete(name);
    else this.watches.set(name, count);
  }
}

Deno.test("dials are repeated with growing, jittered waits, for ever", () => {
  const rig = new Rig();
  rig.feed({ kind: "start" });
  for (let i = 0; i < 40; i++) {
    rig.feed({ kind: "disconnected", why: "refused" });
    rig.run((rig.brain.dueMs() ?? 0) - rig.nowMs);
  }
  const dials = rig.times("dial");
  const waits = dials.slice(1).map((at, i) => at - (dials[i] ?? 0));
  assert.equal(waits.length, 40);
  assert.ok((waits[0] ?? 0) >= 100 && (waits[0] ?? 0) <= 200);
  assert.ok(waits.slice(10).every((wait) => wait >= 2500 && wait <= 5000));
  assert.ok(new Set(waits.slice(10)).size > 20, "no two waits are alike");
  assert.equal(rig.times("log").length, 1, "it complains once");
});

Deno.test("the lease is renewed each third of it, a bit early", () => {
  const rig = new Rig().connected();
  for (let i = 0; i < 10; i++) {
    rig.registered(["a"]);
    rig.run((rig.brain.dueMs() ?? 0) - rig.nowMs);
  }
  const times = rig.times("register");
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  assert.equal(gaps.length, 10);
  assert.ok(gaps.every((gap) => gap >= 2600 && gap <= 3334), gaps.join());
});

Deno.test("a bootstrapper that does not answer is dialed anew", () => {
  const rig = new Rig().connected();
  rig.run(4999);
  assert.deepEqual(rig.times("hang-up"), []);
  rig.run(400);
  assert.deepEqual(rig.times("hang-up"), [5000]);
  assert.equal(rig.times("dial").length, 2);
});

Deno.test("a shrunken list tears no living link down for one lease", () => {
  const rig = new Rig().connected();
  rig.registered(["a", "b", "c"]);
  rig.registered([], ["a", "b"]);
  assert.deepEqual(rig.names, ["a", "b"], "c was dead");
  rig.run(2000);
  rig.registered(["b"], ["a", "b"]);
  rig.feed({ kind: "down", name: named("a") });
  assert.deepEqual(rig.names, ["b"], "a died in its grace");
  rig.registered([], ["b"]);
  rig.run(9999);
  assert.deepEqual(rig.names, ["b"]);
  rig.run(2);
  assert.deepEqual(rig.names, []);
  assert.equal(rig.watches.size, 0);
});

Deno.test("a repeated short list does not prolong the grace", () => {
  const rig = new Rig().connected();
  rig.registered(["a"]);
  for (let i = 0; i < 4; i++) {
    rig.registered([], ["a"]);
    rig.run(2501);
  }
  assert.deepEqual(rig.names, []);
});

Deno.test("neighbors stay while the bootstrapper is away", () => {
  const rig = new Rig().connected();
  rig.registered(["a", "b"]);
  rig.feed({ kind: "disconnected", why: "reset" });
  rig.feed({ kind: "down", name: named("a") });
  rig.run(600_000);
  assert.deepEqual(rig.names, ["a", "b"]);
});

Deno.test("a new instance of a neighbor is watched before the old one is let go", () => {
  const rig = new Rig().connected();
  rig.registered(["a"]);
  const out = rig.feed({
    kind: "registered",
    leaseMs: 10_000,
    neighbors: [peer("a", 2)],
    measure: [],
    alive: new Set(),
  });
  assert.deepEqual(out.map((one) => one.kind), ["watch", "unwatch", "changed"]);
  assert.deepEqual([...rig.watches], [["a", 1]]);
});

Deno.test("nodes to measure are watched for a while, and are no neighbors", () => {
  const rig = new Rig().connected();
  rig.registered(["a"], [], ["m", "a", "me"]);
  assert.deepEqual([...rig.watches.keys()].sort(), ["a", "m"]);
  assert.deepEqual(rig.names, ["a"]);
  rig.registered(["a", "m"]);
  rig.run(6000);
  assert.deepEqual([...rig.watches], [["a", 1], ["m", 1]], "one that became a neighbor stays");
  rig.registered(["a"], [], Array.from({ length: 16 }, (_, i) => `x${i}`));
  rig.registered(["a"], [], Array.from({ length: 16 }, (_, i) => `y${i}`));
  assert.equal(rig.watches.size, 1 + 16, "not more than 16 at once");
  rig.run(5000);
  assert.deepEqual([...rig.watches], [["a", 1]]);
});

Deno.test("refresh registers soon, and no more than once a second however often it is called", () => {
  const rig = new Rig().connected();
  for (let i = 0; i < 30; i++) {
    rig.feed({ kind: "refresh" });
    rig.run(100);
    rig.registered(["a"]);
  }
  const times = rig.times("register");
  assert.ok(times.length >= 3 && times.length <= 4, times.join());
});

Deno.test("refresh cuts a long wait for the next dial short", () => {
  const rig = new Rig();
  rig.feed({ kind: "start" });
  for (let i = 0; i < 10; i++) {
    rig.feed({ kind: "disconnected", why: "refused" });
    if (i < 9) rig.run((rig.brain.dueMs() ?? 0) - rig.nowMs);
  }
  const before = rig.nowMs;
  rig.feed({ kind: "refresh" });
  rig.run(1000);
  assert.ok((rig.times("dial").at(-1) ?? 0) > before);
});

Deno.test("a refused node tries again, slowly, and says why once", () => {
  const rig = new Rig().connected();
  for (let i = 0; i < 5; i++) {
    rig.feed({ kind: "rejected", code: "stale-instance", why: "another is there" });
    rig.feed({ kind: "disconnected", why: "closed" });
    rig.run((rig.brain.dueMs() ?? 0) - rig.nowMs);
    rig.feed({ kind: "connected" });
  }
  assert.equal(rig.times("dial").length, 6);
  assert.ok(rig.nowMs >= 5 * 2500);
  assert.equal(rig.times("log").length, 1);
});

Deno.test("after the farewell nothing is dialed or registered any more", () => {
  const rig = new Rig().connected();
  rig.registered(["a"]);
  const out = rig.feed({ kind: "drain" });
  assert.deepEqual(out.map((one) => one.kind), ["deregister", "hang-up"]);
  rig.feed({ kind: "disconnected", why: "closed" });
  for (const event of [{ kind: "refresh" }, { kind: "self-changed" }] as const) rig.feed(event);
  rig.run(60_000);
  assert.equal(rig.times("dial").length + rig.times("register").length, 2);
  rig.feed({ kind: "stop" });
  assert.equal(rig.watches.size, 0);
});

Deno.test("fixed neighbors are there without a bootstrapper, and stay with one", () => {
  const alone = new Rig([peer("f", 0)], false);
  alone.feed({ kind: "start" });
  assert.deepEqual([alone.names, alone.times("dial").length], [["f"], 0]);
  const both = new Rig([peer("f", 0)]).connected();
  both.registered(["a"]);
  both.registered([]);
  assert.deepEqual(both.names, ["f"]);
});

Deno.test("whatever happens, watches and neighbors match, and stopping lets all go", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 5 });
  const event = fc.record({
    kind: fc.constantFrom("registered", "down", "disconnected", "connected", "tick", "refresh"),
    listed: names,
    alive: names,
    measure: names,
    instance: fc.integer({ min: 1, max: 2 }),
    stepMs: fc.integer({ min: 0, max: 6000 }),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 60 }), fc.integer(), (events, seed) => {
    const rig = new Rig([peer("a", 0)], true, seed).connected();
    for (const { kind, listed, alive, measure, instance, stepMs } of events) {
      if (kind === "registered") {
        rig.feed({
          kind,
          leaseMs: 10_000,
          neighbors: listed.map((name) => peer(name, instance)),
          measure: measure.map((name) => peer(name)),
          alive: new Set(alive.map(named)),
        });
      } else if (kind === "down") rig.feed({ kind, name: named(alive[0] ?? "a") });
      else if (kind === "disconnected") rig.feed({ kind, why: "reset" });
      else if (kind === "tick") rig.run(stepMs);
      else rig.feed({ kind: kind as "connected" | "refresh" });
      for (const name of rig.names) assert.equal(rig.watches.get(name), 1, name);
      for (const count of rig.watches.values()) assert.equal(count, 1);
    }
    rig.feed({ kind: "stop" });
    assert.equal(rig.watches.size, 0);
    assert.equal(rig.brain.dueMs(), undefined);
  }));
});
