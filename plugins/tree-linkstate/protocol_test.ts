import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import type { NodeName } from "../../core/ids.ts";
import { type MakeBrain, ORIGIN, Rig } from "../../core/tree/rig.ts";
import { TreeBrain } from "../../core/tree/brain.ts";
import { config as buildtreeConfig } from "../tree-buildtree/config.ts";
import { config } from "./config.ts";
import { Database, type Page, type Word } from "./database.ts";
import { OwnWord } from "./own_word.ts";
import { LinkStateBrain } from "./protocol.ts";
import { isNewer, nextSerial } from "./serial.ts";
import { shortestPaths } from "./spf.ts";

const make: MakeBrain = (me, raw, nowMs) => new LinkStateBrain(me, checkConfig(config, raw), nowMs);

const id = (name: string) => name as NodeName;

function built(...links: string[]): Rig {
  const rig = new Rig(1, make);
  rig.build(links);
  rig.run(2000);
  return rig;
}

function brain(rig: Rig, name: string): LinkStateBrain {
  const one = rig.brain(name);
  assert.ok(one instanceof LinkStateBrain);
  return one;
}

const page = (owner: string, more: Partial<Page> = {}): Page => ({
  owner: id(owner),
  life: 1,
  sequence: 1,
  page: 0,
  pages: 1,
  ttlMs: 10_000,
  transit: true,
  full: false,
  links: [],
  ...more,
});

/** A graph from links `a-b:cost`; every node passes streams on. */
function graph(links: readonly string[], more: Record<string, Partial<Word>> = {}) {
  const ends = new Map<NodeName, Map<NodeName, { costUs: number; followed: boolean }>>();
  for (const text of links) {
    const [names = "", cost] = text.split(":");
    const [a, b] = names.split("-").map((name) => id(name ?? ""));
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const known = ends.get(from ?? id("")) ?? new Map();
      ends.set(from ?? id(""), known.set(to ?? id(""), { costUs: Number(cost), followed: false }));
    }
  }
  return new Map<NodeName, Word>(
    [...ends].map(([owner, known]) => [owner, {
      owner,
      life: 1,
      sequence: 1,
      transit: true,
      full: false,
      links: known,
      pages: [],
      expiresMs: Infinity,
      ...more[owner],
    }]),
  );
}

Deno.test("numbers turn over: the one after the last is newer than the last", () => {
  const version = (sequence: number) => ({ life: 1, sequence });
  assert.equal(nextSerial(0xffffffff), 0);
  assert.ok(isNewer(version(0), version(0xffffffff)));
  assert.ok(!isNewer(version(0xffffffff), version(0)));
  assert.ok(isNewer({ life: 2, sequence: 0 }, version(7)));
});

Deno.test("a word whose number turns over replaces its predecessor everywhere", () => {
  const database = new Database(10);
  const own = new OwnWord(id("a"), 1, 60_000, 0xfffffffe);
  const content = { active: true, transit: true, full: false, links: new Map() };
  for (let i = 0; i < 4; i++) {
    const [first] = own.speak(content, i * 1000).pages;
    assert.ok(first !== undefined);
    assert.equal(database.take(first, i * 1000), "whole", `word ${i}`);
  }
  assert.equal(database.version(id("a"))?.sequence, 2);
});

Deno.test("a word ages out, is never younger than its copy, and half a word is none", () => {
  const database = new Database(10);
  assert.equal(database.take(page("a"), 0), "whole");
  assert.equal(database.take(page("a", { ttlMs: 60_000 }), 100), "same");
  assert.equal(database.take(page("b", { pages: 2 }), 0), "part");
  assert.equal(database.words.has(id("b")), false);
  const rest = page("b", { pages: 2, page: 1, links: [[id("a"), 5, false]], ttlMs: 4000 });
  assert.equal(database.take(rest, 1000), "whole");
  assert.equal(database.take(page("a", { sequence: 0 }), 0), "old");
  const { sum } = database;
  assert.equal(database.expire(5000), true);
  assert.deepEqual([...database.words.keys()], ["a"]);
  assert.notEqual(database.sum, sum);
  assert.equal(database.expire(10_000), true);
  assert.deepEqual([database.words.size, database.sum], [0, 0]);
});

Deno.test("the table of nodes keeps its limit", () => {
  const database = new Database(2);
  for (const name of ["a", "b", "c"]) database.take(page(name), 0);
  assert.equal(database.take(page("d"), 0), "refused");
  assert.equal(database.words.size, 2);
});

Deno.test("shortest paths: by cost, then hops, then name; only over links that both ends name", () => {
  const words = graph(["o-a:10", "a-x:10", "o-b:5", "b-c:5", "c-x:10", "o-z:10", "z-x:10"]
    .map((link) => `${link}000`));
  const tree = shortestPaths(words, id("o"), id("nobody"));
  assert.deepEqual(tree.get(id("x")), { costUs: 20_000, hops: 2, via: "a" });
  words.get(id("a"))?.links.size;
  const oneSided = graph(["o-a:1000", "a-x:1000", "o-b:5000", "b-x:5000"]);
  (oneSided.get(id("x"))?.links as Map<NodeName, unknown>).delete(id("a"));
  assert.equal(shortestPaths(oneSided, id("o"), id("nobody")).get(id("x"))?.via, "b");
  assert.equal(shortestPaths(words, id("o"), id("a")).get(id("x"))?.via, "z");
});

Deno.test("nobody is reached through a node without transit, and through a full one only who follows it", () => {
  const links = ["o-a:1000", "a-x:1000", "o-b:5000", "b-x:5000"];
  const closed = graph(links, { a: { transit: false } });
  assert.equal(shortestPaths(closed, id("o"), id("")).get(id("x"))?.via, "b");
  const full = graph(links, { a: { full: true } });
  assert.equal(shortestPaths(full, id("o"), id("")).get(id("x"))?.via, "b");
  const follower = new Map([...full.get(id("x"))?.links ?? []]);
  follower.set(id("a"), { costUs: 1000, followed: true });
  const child = graph(links, { a: { full: true }, x: { links: follower } });
  assert.equal(shortestPaths(child, id("o"), id("")).get(id("x"))?.via, "a");
});

Deno.test("Dijkstra agrees with Bellman and Ford on any graph", () => {
  const edge = fc.tuple(fc.nat(9), fc.nat(9), fc.integer({ min: 50, max: 9999 }));
  fc.assert(fc.property(fc.array(edge, { minLength: 1, maxLength: 30 }), (edges) => {
    const unique = new Map(
      edges.filter(([a, b]) => a !== b)
        .map(([a, b, cost]) => [`n${Math.min(a, b)}-n${Math.max(a, b)}`, cost]),
    );
    const words = graph([...unique].map(([ends, cost]) => `${ends}:${cost}`));
    const costs = new Map<string, number>([["n0", 0]]);
    for (let round = 0; round < 10; round++) {
      for (const [ends, cost] of unique) {
        const [a = "", b = ""] = ends.split("-");
        for (const [from, to] of [[a, b], [b, a]] as const) {
          const next = (costs.get(from) ?? Infinity) + cost;
          if (next < (costs.get(to) ?? Infinity)) costs.set(to, next);
        }
      }
    }
    const tree = shortestPaths(words, id("n0"), id("nobody"));
    for (const [name, { costUs }] of tree) assert.equal(costUs, costs.get(name), name);
    for (const name of costs.keys()) assert.ok(tree.has(id(name)), name);
  }));
});

Deno.test("every node knows every link, and follows the shortest path of the whole graph", () => {
  const rig = built("o-a:10", "a-x:10", "o-b:5", "b-x:10", "x-y:3", "b-y:30");
  for (const name of rig.names) assert.equal(brain(rig, name).database.words.size, 5, name);
  assert.deepEqual(rig.chain("y"), ["y", "x", "b", "o"]);
  const sums = new Set(rig.names.map((name) => brain(rig, name).database.sum));
  assert.equal(sums.size, 1);
});

Deno.test("words that were lost are found by their sum", () => {
  const rig = new Rig(5, make);
  rig.build(["o-a:10", "a-b:10", "b-c:10", "c-o:10", "c-d:5"]);
  for (const link of rig.links) link.lossShare = 0.4;
  rig.run(20_000);
  const sums = new Set(rig.names.map((name) => brain(rig, name).database.sum));
  assert.equal(sums.size, 1, "at 40 % loss");
});

Deno.test("a node that died is off the graph at once, and forgotten when its word has aged", () => {
  const rig = new Rig(1, make);
  rig.build(["o-a:5", "a-x:5", "o-b:10", "b-x:10"], { refresh: "10s" });
  rig.run(2000);
  assert.deepEqual(rig.chain("x"), ["x", "a", "o"]);
  rig.crash("a");
  rig.run(200);
  assert.deepEqual(rig.chain("x"), ["x", "b", "o"]);
  assert.equal(brain(rig, "b").database.words.get(id("a"))?.life, 1);
  rig.run(40_000);
  assert.equal(brain(rig, "b").database.words.has(id("a")), false);
  assert.ok(brain(rig, "b").flooding.counters.aged > 0);
});

Deno.test("a new life is heard though its clock lags behind the former one's", () => {
  const rig = built("o-a:5", "a-x:5");
  const ahead = page("a", { life: 1e12, sequence: 9, links: [[id("o"), 7, false]] });
  const message = {
    type: "LINKSTATE",
    from: id("x"),
    instance: 1,
    addr: { host: "x", port: 6000 },
    seq: 1e6,
    re: undefined,
  } as const;
  rig.feed("o", { kind: "message", message: { ...message, from: id("a"), body: ahead } });
  rig.run(5000);
  for (const name of rig.names) {
    const word = brain(rig, name).database.words.get(id("a"));
    assert.equal(word?.life, 1e12, name);
    assert.ok((word?.sequence ?? 0) > 9, name);
    assert.equal(word?.links.size, 2, name);
  }
});

Deno.test("a viewer floods nothing, and a node that closes takes its word back", () => {
  const rig = new Rig(1, make);
  rig.build(["o-a:5", "a-v:5", "o-b:20", "b-v:20"]);
  rig.feed("v", { kind: "transit", open: false });
  rig.run(3000);
  assert.equal(brain(rig, "o").database.words.get(id("v"))?.links.size ?? 0, 0);
  rig.feed("a", { kind: "transit", open: false });
  rig.run(500);
  assert.equal(brain(rig, "o").database.words.get(id("a"))?.transit, false);
  assert.deepEqual(rig.chain("v"), ["v", "b", "o"]);
});

Deno.test("sixty neighbors with long names fit into pages, and all arrive", () => {
  const own = new OwnWord(id("a"), 1, 60_000);
  const links = new Map(
    Array.from({ length: 60 }, (_, i) =>
      [
        id(`n${i}`.padEnd(64, "x")),
        { costUs: i, followed: false },
      ] as const),
  );
  const { pages } = own.speak({ active: true, transit: true, full: false, links }, 0);
  assert.ok(pages.length > 3 && pages.length <= 32, `${pages.length} pages`);
  const database = new Database(10);
  for (const one of [...pages].reverse()) database.take(one, 0);
  assert.equal(database.words.get(id("a"))?.links.size, 60);
});

Deno.test("words of strangers, and pages beyond their number, change nothing", () => {
  const rig = built("o-a:5");
  const feed = (from: string, body: Page) =>
    rig.feed("o", {
      kind: "message",
      message: {
        type: "LINKSTATE",
        from: id(from),
        instance: 1,
        addr: { host: from, port: 6000 },
        seq: 1e6,
        re: undefined,
        body,
      },
    });
  feed("stranger", page("z"));
  feed("a", page("z", { page: 3, pages: 2 }));
  const { counters } = brain(rig, "o").flooding;
  assert.deepEqual([counters.stranger, counters.refused], [1, 1]);
  assert.equal(brain(rig, "o").database.words.has(id("z")), false);
});

Deno.test("whatever is lost, late, cut or restarted, and whichever tree each node runs, parents form no loop", () => {
  const buildtree: MakeBrain = (me, raw, nowMs) =>
    new TreeBrain(me, checkConfig(buildtreeConfig, raw), nowMs);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 12 }), (seed, size) => {
      const rig = new Rig(
        seed,
        (me, raw, nowMs) =>
          (me.name.length + seed) % 2 === 0 || seed % 3 === 0
            ? make(me, raw, nowMs)
            : buildtree(me, raw, nowMs),
      );
      const { rng } = rig;
      const name = (i: number): string => i === 0 ? ORIGIN : "n".repeat(1 + i % 2) + i;
      const links = new Map<string, string>();
      const join = (i: number, j: number): void => {
        const ends = [name(Math.min(i, j)), name(Math.max(i, j))].join("-");
        if (i !== j) links.set(ends, `${ends}:${1 + Math.floor(40 * rng.next())}`);
      };
      for (let i = 1; i < size; i++) join(i, Math.floor(rng.next() * i));
      for (let i = 0; i < size; i++) join(i, Math.floor(rng.next() * size));
      rig.build([...links.values()]);
      rig.onParent = () => rig.names.forEach((one) => rig.chain(one));
      for (let round = 0; round < 25; round++) {
        const link = rig.links[Math.floor(rng.next() * rig.links.length)];
        if (link === undefined) continue;
        const kind = rng.next();
        if (kind < 0.3) rig.lower(link);
        else if (kind < 0.7) rig.raise(link);
        else if (kind < 0.85) link.lossShare = 0.6 * rng.next();
        else link.jitterMs = 200 * rng.next();
        rig.run(600 * rng.next());
      }
    }),
    { numRuns: 60 },
  );
});
