import assert from "node:assert/strict";
import { z } from "zod";
import type { NodeName } from "../ids.ts";
import { checkConfig } from "../define.ts";
import { treeOptions } from "./config.ts";
import type { TreeMessage } from "./events.ts";
import { linkCostUs } from "./neighbor.ts";
import { TreeBrain } from "./brain.ts";
import { ORIGIN, Rig } from "./rig.ts";

const config = z.strictObject(treeOptions);

function built(...links: string[]): Rig {
  const rig = new Rig();
  rig.build(links);
  rig.run(1000);
  return rig;
}

function brief(rig: Rig, name: string): string[] {
  return rig.routes(name).map((route) => `${route.feasible ? "" : "not "}${route.parent.name}`);
}

function announcement(
  from: string,
  seq: number,
  body: Partial<Extract<TreeMessage, { type: "BUILDTREE" }>["body"]> = {},
): TreeMessage {
  return {
    type: "BUILDTREE",
    from: from as NodeName,
    instance: 1,
    addr: { host: from, port: 6000 },
    seq,
    re: undefined,
    body: {
      origin: ORIGIN,
      epoch: 1,
      sequence: 1,
      digest: "d",
      path: [ORIGIN, from as NodeName],
      costUs: 1000,
      full: false,
      ...body,
    },
  };
}

Deno.test("along a line costs add up and paths are told", () => {
  const rig = built("o-a:10", "a-b:20", "b-c:5");
  const [route] = rig.routes("c");
  assert.deepEqual(route?.path, ["o", "a", "b"]);
  assert.equal(route?.costUs, 35_000);
  const [view] = rig.brain("c").origins();
  assert.deepEqual([view?.origin, view?.epoch, view?.digest], ["o", 1, "d"]);
});

Deno.test("the cheapest way wins; of equals the shorter, of those the first by name", () => {
  assert.deepEqual(brief(built("o-a:14", "o-b:10", "a-x:5", "b-x:5"), "x"), ["b", "a"]);
  assert.deepEqual(brief(built("o-a:10", "a-b:10", "b-x:10", "o-y:20", "y-x:10"), "x")[0], "y");
  const rig = built("o-m:15", "m-x:4", "o-z:10", "o-c:10", "z-x:10", "c-x:10");
  rig.crash("m");
  rig.run(0);
  assert.deepEqual(brief(rig, "x"), ["c", "z"]);
});

Deno.test("a lossy link costs what it takes to get through", () => {
  const quality = { state: "up" as const, rttMs: 20, rttVarMs: 0, lossIn: 0, lossOut: 0 };
  assert.equal(linkCostUs(quality), 10_000);
  assert.ok(Math.abs((linkCostUs({ ...quality, lossIn: 0.5, lossOut: 0.5 }) ?? 0) - 40_000) < 1);
  assert.equal(linkCostUs({ ...quality, rttMs: 0.001 }), 50);
  assert.equal(linkCostUs({ ...quality, rttMs: undefined }), undefined);
  assert.equal(linkCostUs({ ...quality, state: "down" }), undefined);
});

Deno.test("the standby goes another way than the parent, though a dearer one", () => {
  // Both a and b hang on m; c does not.
  const rig = built("o-m:5", "m-a:5", "m-b:6", "o-c:9", "a-x:5", "b-x:5", "c-x:30");
  assert.deepEqual(brief(rig, "x"), ["a", "c", "b"]);
});

Deno.test("when the parent dies the standby is followed in the same moment", () => {
  const rig = built("o-a:10", "o-b:11", "a-x:10", "b-x:10");
  assert.deepEqual(brief(rig, "x"), ["a", "b"]);
  const atMs = rig.nowMs;
  rig.crash("a");
  rig.run(0);
  assert.equal(rig.nowMs, atMs);
  assert.deepEqual(brief(rig, "x"), ["b"]);
});

Deno.test("a node that is left with infeasible ways only asks, and the origin's new number frees it", () => {
  // y announces more than x ever did, so x must not simply follow it: y might hang on x.
  const rig = built("o-x:5", "o-y:40", "x-y:50");
  assert.deepEqual(brief(rig, "x"), ["o", "not y"]);
  rig.lower(rig.link("o", "x"));
  assert.deepEqual(brief(rig, "x"), ["not y"]);
  rig.run(400);
  assert.deepEqual(rig.chain("x"), ["x", "y", "o"]);
  const kinds = rig.sent.filter((one) => one.from === "x").map((one) => one.saying.type);
  assert.ok(kinds.includes("SEEK") && kinds.includes("WITHDRAW"), `${kinds}`);
});

Deno.test("an asker that is lost keeps asking", () => {
  const rig = built("o-x:5", "o-y:40", "x-y:50");
  rig.link("x", "y").lossShare = 0.4;
  rig.lower(rig.link("o", "x"));
  rig.run(20_000);
  assert.deepEqual(rig.chain("x"), ["x", "y", "o"]);
});

Deno.test("a child never becomes the parent of its parent when the way above breaks", () => {
  const rig = built("o-a:10", "a-b:10", "b-c:10", "a-c:30");
  rig.onParent = (name) => void rig.chain(name);
  rig.lower(rig.link("o", "a"));
  rig.run(10_000);
  for (const name of ["a", "b", "c"]) assert.deepEqual(rig.routes(name), [], name);
});

Deno.test("a way that is better by the hysteresis is taken after a while, a little better one much later", () => {
  const rig = built("o-a:20", "o-b:21", "a-x:20", "b-x:20");
  assert.equal(brief(rig, "x")[0], "a");
  // 41 becomes 33 of 40: better by more than 20 %.
  rig.link("b", "x").latencyMs = 12;
  rig.run(700);
  assert.equal(brief(rig, "x")[0], "a");
  rig.run(15_000);
  assert.equal(brief(rig, "x")[0], "b");
  // 40 of 33 becomes 30: about 10 %.
  rig.link("a", "x").latencyMs = 10;
  rig.run(15_000);
  assert.equal(brief(rig, "x")[0], "b");
  rig.run(20_000);
  assert.equal(brief(rig, "x")[0], "a");
});

Deno.test("a way of fewer hops that costs about the same is taken in the end, and kept", () => {
  const rig = built("o-a:0.05", "a-b:0.05", "b-x:0.05", "o-y:0.08", "y-x:0.06");
  rig.lower(rig.link("y", "x"));
  rig.run(500);
  assert.equal(brief(rig, "x")[0], "b");
  rig.raise(rig.link("y", "x"));
  rig.run(10_000);
  assert.equal(brief(rig, "x")[0], "b");
  rig.run(20_000);
  assert.equal(brief(rig, "x")[0], "y");
  // Now the longer one is the cheaper by as little.
  rig.link("y", "x").latencyMs = 0.09;
  rig.run(60_000);
  assert.equal(brief(rig, "x")[0], "y");
});

Deno.test("ways that differ by noise are left alone", () => {
  const rig = built("o-a:20", "o-b:20", "a-x:20", "b-x:20");
  const before = rig.brain("x").counters.parentChanges;
  for (let i = 0; i < 120; i++) {
    for (const link of rig.links) link.latencyMs = 20 * (0.95 + 0.1 * rig.rng.next());
    rig.run(1000);
  }
  assert.ok(rig.brain("x").counters.parentChanges - before <= 1);
});

Deno.test("an origin that goes leaves no ways behind, and one that lives anew is followed at once", () => {
  const rig = built("o-a:10", "a-b:10", "b-c:10", "a-c:15");
  rig.feed(ORIGIN, { kind: "withdraw" });
  rig.run(500);
  for (const name of ["a", "b", "c"]) assert.deepEqual(brief(rig, name), [], name);
  rig.crash(ORIGIN);
  rig.run(5000);
  rig.restart(ORIGIN);
  rig.feed(ORIGIN, { kind: "announce", digest: "new" });
  rig.raise(rig.link("o", "a"));
  rig.run(100);
  assert.deepEqual(rig.chain("c").at(-1), "o");
  const [view] = rig.brain("c").origins();
  assert.deepEqual([view?.epoch, view?.digest], [2, "new"]);
});

Deno.test("an older life of the origin is not listened to while the younger is", () => {
  const rig = built("o-a:10", "a-b:10");
  rig.feed("b", { kind: "message", message: announcement("a", 1e6, { epoch: 0, sequence: 99 }) });
  assert.equal(rig.brain("b").counters.dropped.oldEpoch, 1);
  assert.equal(rig.brain("b").origins()[0]?.epoch, 1);
});

Deno.test("a changed digest travels at once", () => {
  const rig = built("o-a:10", "a-b:10");
  rig.run(2000);
  rig.feed(ORIGIN, { kind: "announce", digest: "e" });
  rig.run(60);
  assert.equal(rig.brain("b").origins()[0]?.digest, "e");
});

Deno.test("a full node keeps its children and gets no new ones", () => {
  const rig = built("o-a:10", "o-b:15", "a-x:10", "b-x:40");
  rig.feed("a", { kind: "full", full: true });
  rig.run(30_000);
  assert.deepEqual(brief(rig, "x"), ["a", "b"]);
  rig.feed("x", { kind: "distrust", name: "a" as NodeName });
  assert.deepEqual(brief(rig, "x"), ["b", "not a"]);
  rig.run(30_000);
  assert.deepEqual(brief(rig, "x"), ["b", "not a"]);
  rig.feed("a", { kind: "full", full: false });
  rig.run(30_000);
  assert.equal(brief(rig, "x")[0], "a");
});

Deno.test("distrust bars a parent for a second, then for two, then for four", () => {
  const rig = built("o-a:10", "a-x:10");
  for (const barredMs of [1000, 2000, 4000]) {
    rig.feed("x", { kind: "distrust", name: "a" as NodeName });
    rig.feed("x", { kind: "distrust", name: "a" as NodeName });
    assert.deepEqual(brief(rig, "x"), ["not a"]);
    rig.run(barredMs - 10);
    assert.deepEqual(brief(rig, "x"), ["not a"]);
    rig.run(2000);
    assert.deepEqual(brief(rig, "x"), ["a"]);
  }
});

Deno.test("a node closed for transit withdraws and only listens", () => {
  const rig = built("o-a:10", "a-b:10", "o-c:30", "c-b:30");
  rig.feed("a", { kind: "transit", open: false });
  rig.run(300);
  assert.equal(rig.chain("b")[1], "c");
  assert.equal(brief(rig, "a")[0], "o");
  const from = rig.sent.length;
  rig.run(30_000);
  assert.deepEqual(rig.sent.slice(from).filter((one) => one.from === "a"), []);
});

Deno.test("what nobody renews expires, though nobody says so", () => {
  const rig = built("o-a:10", "a-b:10");
  rig.link("o", "a").lossShare = 1;
  rig.run(15_000);
  assert.deepEqual(brief(rig, "b"), ["a"]);
  rig.run(5000);
  assert.deepEqual([brief(rig, "a"), brief(rig, "b")], [[], []]);
});

Deno.test("a lost announcement or withdrawal does no lasting harm", () => {
  const rig = built("o-a:10", "a-b:10", "o-c:30", "c-b:30");
  for (const link of rig.links) link.lossShare = 0.4;
  rig.run(30_000);
  rig.lower(rig.link("o", "a"));
  rig.run(20_000);
  assert.deepEqual(rig.chain("b"), ["b", "c", "o"]);
  rig.raise(rig.link("o", "a"));
  rig.run(40_000);
  assert.deepEqual(rig.chain("b"), ["b", "a", "o"]);
});

Deno.test("a node that slept announces nothing old, and is back soon", () => {
  const rig = built("o-a:10", "a-b:10", "b-c:10");
  rig.node("b").frozen = true;
  rig.run(4000);
  rig.node("b").frozen = false;
  const from = rig.sent.length;
  rig.feed("b", { kind: "tick" });
  const said = rig.sent.slice(from).filter((one) => one.from === "b");
  assert.ok(said.length > 0);
  assert.ok(said.every((one) => one.saying.type !== "BUILDTREE"));
  rig.run(300);
  assert.deepEqual(rig.chain("c"), ["c", "b", "a", "o"]);
  assert.equal(rig.brain("b").counters.stalls, 1);
});

Deno.test("a new life follows nobody before all neighbors know of it, or could have found out", () => {
  const rig = built("o-a:10", "a-b:10", "b-c:10");
  rig.crash("b");
  rig.run(100);
  rig.restart("b");
  rig.raise(rig.link("a", "b"));
  rig.run(500);
  assert.deepEqual(brief(rig, "b"), ["not a"]);
  rig.raise(rig.link("b", "c"));
  assert.deepEqual(brief(rig, "b"), ["a"]);
  rig.crash("b");
  rig.crash("c");
  rig.run(100);
  rig.restart("b");
  rig.raise(rig.link("a", "b"));
  rig.run(1600);
  assert.deepEqual(brief(rig, "b"), ["a"]);
});

Deno.test("announcements that cannot be true are dropped and counted", () => {
  const rig = built("o-a:10", "a-b:10");
  const b = rig.brain("b");
  const before = brief(rig, "b");
  let seq = 1e6;
  for (
    const path of [["a"], ["o"], ["o", "z"], ["z", "a"], ["a", "o"]] as NodeName[][]
  ) rig.feed("b", { kind: "message", message: announcement("a", seq++, { path }) });
  assert.equal(b.counters.dropped.malformed, 5);
  assert.deepEqual(brief(rig, "b"), before);
  const hear = (seq: number): void =>
    rig.feed("b", { kind: "message", message: announcement("a", seq) });
  hear(1e6);
  hear(10);
  assert.equal(b.counters.dropped.overtaken, 0, "far behind is another count");
  hear(9);
  assert.equal(b.counters.dropped.overtaken, 1);
});

Deno.test("an origin tops a number that somebody else announces in its name", () => {
  const rig = built("o-a:10", "a-b:10");
  rig.feed("a", {
    kind: "message",
    message: announcement("b", 1e6, { sequence: 5000, path: [ORIGIN, "b" as NodeName] }),
  });
  rig.feed(ORIGIN, {
    kind: "message",
    message: announcement("a", 1e6, { sequence: 5000 }),
  });
  rig.run(1000);
  assert.ok((rig.brain("b").states.get(ORIGIN)?.best?.sequence ?? 0) > 5000);
});

Deno.test("limits hold and are counted: origins, neighbors, messages a second", () => {
  const rig = new Rig();
  const raw = { originsMax: 3, neighborsMax: 2, messagesPerSecond: 20 };
  rig.build(["o-a:10", "a-b:10", "a-c:10"], raw);
  rig.run(1000);
  const a = rig.brain("a");
  assert.equal(a.neighbors.size, 2);
  assert.ok(a.counters.dropped.tooManyNeighbors > 0);
  for (let i = 0; i < 40; i++) {
    const origin = `x${i}` as NodeName;
    const path = [origin, "b" as NodeName];
    rig.feed("a", { kind: "message", message: announcement("b", i + 1e6, { origin, path }) });
  }
  assert.equal(a.states.size, 3);
  assert.ok(a.counters.dropped.tooManyOrigins > 0);
  assert.ok(a.counters.dropped.rate >= 20);
});

Deno.test("a successor is bound by what its predecessor announced", () => {
  const rig = built("o-x:5", "o-y:40", "x-y:50");
  const node = rig.node("x");
  const successor = new TreeBrain(
    { name: "x" as NodeName, instance: 1 },
    checkConfig(config, {}),
    rig.nowMs,
  );
  successor.adopt(node.brain.snapshot(rig.nowMs), rig.nowMs);
  node.brain = successor;
  assert.deepEqual(brief(rig, "x"), ["o", "not y"]);
  rig.run(12_000);
  assert.deepEqual(brief(rig, "x"), ["o", "not y"]);
  assert.equal(rig.chain("y").at(-1), "o");
});
