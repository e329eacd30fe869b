import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName, StreamName } from "../../core/ids.ts";
import type { LinkSummary, NodeSummary, StreamSummary } from "../../core/observe.ts";
import { BODY_MAX_BYTES, bodyBytes } from "../../core/wire/control_codec.ts";
import { MESSAGES } from "../../core/wire/messages.ts";
import { checkConfig } from "../../core/define.ts";
import { config } from "./config.ts";
import { BASE_SERIES, History, valuesIn } from "./history.ts";
import { Collector, type In } from "./protocol.ts";
import { Assembly, partsOf } from "./wire.ts";

const options = checkConfig(config, {});
const name = (text: string) => text as NodeName;

function link(to: string, more: Partial<LinkSummary> = {}): LinkSummary {
  const control = { host: to, port: 6000 };
  return { name: name(to), control, state: "up", rttMs: 1.5, lossIn: 0, lossOut: 0.25, ...more };
}

function stream(text: string, more: Partial<StreamSummary> = {}): StreamSummary {
  return {
    name: text as StreamName,
    state: "flowing",
    parents: [name("p")],
    standby: undefined,
    ...{ rateIn: 1e6, rateOut: 2e6, loss: 0.125, repaired: 7, lost: 1, hopRttMs: 2.25 },
    ...{ repairMs: 20, bufferMs: 500, children: 3, sessions: 2, failovers: 1, handovers: 4 },
    ...more,
  };
}

function summary(
  self: string,
  links: readonly LinkSummary[],
  streams: readonly StreamSummary[] = [],
): NodeSummary {
  return {
    name: name(self),
    instance: 5,
    roles: ["relay"],
    ...{ pop: true, host: "10.0.0.1", ports: { control: 1, keepalive: 2, media: 3 } },
    ...{ version: "1", uptimeMs: 1000, cpu: 0.5, memoryBytes: 1e8, rateIn: 1, rateOut: 2 },
    ...{ loss: 0.5, repaired: 1, lost: 2, sessions: 3, children: 4, maxChildren: 5 },
    ...{ closed: true, waitMs: 0.25, links, streams, cut: 0 },
  };
}

function assembled(one: NodeSummary): NodeSummary | undefined {
  const parts = partsOf(one, 77);
  const assembly = new Assembly(77, parts.length);
  for (const part of parts) assert.ok(assembly.take(part));
  return assembly.whole(one.name, one.instance);
}

Deno.test("a summary comes out of its parts as it went in", () => {
  const one = summary("n", [link("a"), link("b", { rttMs: undefined, state: "down" })], [
    stream("o/s"),
    stream("o/t", { standby: name("q"), hopRttMs: undefined, state: "seeking" }),
  ]);
  assert.deepEqual(assembled(one), one);
});

Deno.test("whatever a node has, its parts are valid and fit datagrams, and what is cut is counted", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."abcXYZ019"), minLength: 1, maxLength: 64 });
  const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -1, 1e300));
  const links = fc.array(fc.record({ to: letters, rtt: fc.option(number), loss: number }), {
    maxLength: 120,
  });
  const streams = fc.array(fc.record({ half: letters, rate: number, standby: letters }), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(links, streams, (someLinks, someStreams) => {
      const one = summary(
        "n",
        someLinks.map(({ to, rtt, loss }) =>
          link(to, { rttMs: rtt ?? undefined, lossIn: loss, lossOut: loss })
        ),
        someStreams.map(({ half, rate, standby }) =>
          stream(`${half}/${half}`, { rateIn: rate, loss: rate, standby: name(standby) })
        ),
      );
      const parts = partsOf(one, Number.MAX_SAFE_INTEGER);
      assert.ok(parts.length <= 32);
      for (const part of parts) {
        assert.ok(MESSAGES.SUMMARY.body.safeParse(part).success);
        assert.ok(bodyBytes("SUMMARY", part) <= BODY_MAX_BYTES, `${bodyBytes("SUMMARY", part)}`);
      }
      const told = parts.reduce((sum, part) => sum + part.links.length + part.streams.length, 0);
      assert.equal(told + (parts[0]?.head?.cut ?? 0), someLinks.length + someStreams.length);
    }),
    { numRuns: 60 },
  );
});

/** Drives a collector against nodes that answer at once. */
class Drive {
  nowMs = 0;
  asked: string[] = [];
  readonly brain = new Collector(options, name("me"), 0);

  constructor(readonly nodes: Map<string, NodeSummary>) {}

  feed(event: In): void {
    for (const { to, part } of this.brain.handle(event, this.nowMs)) {
      this.asked.push(to.name);
      const answer = this.nodes.get(to.name);
      const body = answer === undefined ? undefined : partsOf(answer, 1)[part];
      if (body === undefined) this.feed({ kind: "failed", name: to.name });
      else this.feed({ kind: "part", name: to.name, instance: 1, part: body });
    }
  }

  run(forMs: number, watching = false): void {
    const untilMs = this.nowMs + forMs;
    for (; this.nowMs < untilMs; this.nowMs += 100) {
      if (watching && this.nowMs % 1000 === 0) this.look();
      const due = this.brain.dueMs();
      if (due !== undefined && due <= this.nowMs) this.feed({ kind: "tick" });
    }
  }

  look(): void {
    this.feed({ kind: "watch" });
    this.feed({ kind: "links", links: [link("n0")] });
  }
}

/** A line of nodes, each the next one's neighbor. */
function line(length: number): Map<string, NodeSummary> {
  return new Map(Array.from({ length }, (_, at) => [
    `n${at}`,
    summary(
      `n${at}`,
      [at - 1, at + 1].filter((to) => to >= 0 && to < length)
        .map((to) => link(`n${to}`)),
    ),
  ]));
}

Deno.test("the collector finds the end of a line, asks no faster than it may, and stops when nobody looks", () => {
  const drive = new Drive(line(40));
  drive.run(5000);
  assert.deepEqual(drive.asked, []);
  drive.look();
  drive.run(10_000, true);
  assert.equal(drive.brain.seen(drive.nowMs).length, 40);
  const before = drive.asked.length;
  assert.ok(before <= options.asksPerSecond * 11, `${before} questions in 10 s`);
  drive.run(options.watch + 1000);
  const after = drive.asked.length;
  drive.run(60_000);
  assert.equal(drive.asked.length, after);
});

Deno.test("a node that falls silent is told so, asked ever more rarely, and forgotten", () => {
  const nodes = line(5);
  const drive = new Drive(nodes);
  drive.look();
  drive.run(3000, true);
  nodes.delete("n4");
  nodes.set("n3", summary("n3", [link("n2")]));
  drive.run(3000, true);
  const state = () => drive.brain.seen(drive.nowMs).find((one) => one.name === "n4")?.state;
  assert.equal(state(), "silent");
  drive.asked = [];
  drive.run(20_000, true);
  const asks = drive.asked.filter((one) => one === "n4").length;
  assert.ok(asks >= 1 && asks <= 6, `${asks} questions to a dead node in 20 s`);
  drive.run(20_000, true);
  assert.equal(state(), undefined);
  assert.equal(drive.brain.nodes, 4);
});

Deno.test("a liar that names ever new nodes fills no more than the table", () => {
  const brain = new Collector({ ...options, nodesMax: 50 }, name("me"), 0);
  let asks = 0;
  for (let nowMs = 0; nowMs < 20_000; nowMs += 100) {
    const names = Array.from({ length: 20 }, (_, at) => link(`x${nowMs}-${at}`));
    asks += brain.handle({ kind: "watch" }, nowMs).length;
    for (const { to } of brain.handle({ kind: "links", links: names }, nowMs)) {
      asks++;
      brain.handle({ kind: "failed", name: to.name }, nowMs);
    }
    assert.ok(brain.nodes <= 50);
  }
  assert.ok(brain.leftOut > 0 && brain.leftOut <= 50);
  assert.ok(asks <= 50 * 21, `${asks} questions`);
});

Deno.test("parts that contradict each other, or never end, make no summary and no fault", () => {
  const anyPart = fc.record({
    stamp: fc.nat({ max: 3 }),
    part: fc.nat({ max: 63 }),
    parts: fc.integer({ min: 1, max: 64 }),
  }).map((one) => ({ ...one, links: [], streams: [] }));
  fc.assert(fc.property(fc.array(anyPart, { maxLength: 50 }), (parts) => {
    const brain = new Collector(options, name("me"), 0);
    brain.handle({ kind: "watch" }, 0);
    brain.handle({ kind: "links", links: [link("n0")] }, 0);
    parts.forEach((part, at) => {
      brain.handle({ kind: "part", name: name("n0"), instance: 1, part }, at * 1000);
      brain.handle({ kind: "tick" }, at * 1000);
    });
    assert.equal(brain.seen(parts.length * 1000).length, 0);
  }));
});

Deno.test("pages of a history join to what it holds, and each fits a datagram", () => {
  const history = new History(300);
  for (let n = 0; n < 400; n++) {
    const values = new Map<string, number>(BASE_SERIES.map((key) => [key, n * 1000]));
    values.set("loss", n / 1000);
    if (n % 7 !== 0) values.set("rtt:r1", n / 8);
    history.add(values, n * 3000);
  }
  const keys = [...BASE_SERIES, "rtt:r1", "rtt:nobody"];
  const got = new Map<string, (number | null)[]>(keys.map((key) => [key, []]));
  let from = 0;
  let pages = 0;
  for (;; pages++) {
    const page = history.page({ series: keys, from }, 3000, 400 * 3000);
    assert.ok(MESSAGES.HISTORY.body.safeParse(page).success);
    assert.ok(bodyBytes("HISTORY", page) <= BODY_MAX_BYTES);
    if (pages === 0) assert.equal(page.from, 100);
    keys.forEach((key, at) => got.get(key)?.push(...valuesIn(key, page.values[at] ?? [])));
    from = page.from + (page.values[0]?.length ?? 0);
    if (from >= page.next) break;
  }
  assert.ok(pages < 40, `${pages} pages`);
  for (const key of keys) {
    const expected = history.values(key, 0);
    if (key === "rtt:nobody") assert.ok(got.get(key)?.every((value) => value === null));
    assert.deepEqual(got.get(key)?.length, 300, key);
    expected.forEach((value, at) => {
      const other = got.get(key)?.[at];
      if (value === null) assert.equal(other, null, `${key} ${at}`);
      else {assert.ok(
          Math.abs((other ?? NaN) - value) < 1e-3,
          `${key} ${at}: ${other} for ${value}`,
        );}
    });
  }
});
