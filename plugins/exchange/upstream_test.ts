import assert from "node:assert/strict";
import type { NodeName, Peer, Ssrc, StreamName } from "../../core/ids.ts";
import type { Candidate, PathPolicy } from "../../core/slots.ts";
import { UPSTREAM_TIMES } from "./times.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamIn, UpstreamOut } from "./upstream_events.ts";

const SSRC = 1000 as Ssrc;
const NEXT_SSRC = 2000 as Ssrc;
const STREAM = "o/s" as StreamName;

function peer(name: string, instance = 1): Peer {
  const at = (port: number) => ({ host: name, port });
  return {
    name: name as NodeName,
    instance,
    roles: ["relay"],
    pop: false,
    control: at(1),
    keepalive: at(2),
    media: at(3),
  };
}

function candidate(name: string, instance = 1): Candidate {
  return {
    peer: peer(name, instance),
    cost: 1,
    path: ["o" as NodeName, name as NodeName],
  };
}

const single: PathPolicy = {
  choose: ([parent, standby]) => ({ parents: parent === undefined ? [] : [parent], standby }),
};
const dual: PathPolicy = {
  choose: ([a, b, c]) => ({ parents: [a, b].filter((one) => one !== undefined), standby: c }),
};

/** A machine, its clock, and what it said. */
class Bench {
  now = 0;
  readonly machine: Upstream;
  said: UpstreamOut[] = [];
  next: number | undefined;

  constructor(policy: PathPolicy = single) {
    this.machine = new Upstream({ self: "me" as NodeName, policy, random: () => 0.5 });
  }

  feed(event: UpstreamIn): readonly UpstreamOut[] {
    const out = this.machine.handle(event, this.now);
    this.said.push(...out);
    return out;
  }

  /** Lets time pass with every tick the machine asks for. */
  pass(ms: number): readonly UpstreamOut[] {
    const until = this.now + ms;
    const out: UpstreamOut[] = [];
    for (let guard = 0; this.machine.wakeMs <= until; guard++) {
      assert.ok(guard < 10_000, `the machine spins at ${this.now}`);
      this.now = Math.max(this.now + 0.01, this.machine.wakeMs);
      out.push(...this.feed({ kind: "tick", next: this.next }));
    }
    this.now = until;
    return out;
  }

  info(ssrc: Ssrc = SSRC): readonly UpstreamOut[] {
    return this.feed({
      kind: "info",
      info: { name: STREAM, ssrc, bitrate: undefined, title: "" },
    });
  }

  candidates(...names: readonly (string | Candidate)[]): readonly UpstreamOut[] {
    const list = names.map((one) => typeof one === "string" ? candidate(one) : one);
    return this.feed({ kind: "candidates", list });
  }

  joined(leg: number, parent: string, ssrc: Ssrc = SSRC): readonly UpstreamOut[] {
    const path = ["o" as NodeName, parent as NodeName];
    return this.feed({ kind: "joined", leg, ssrc, first: 7, path, leaseMs: 6000 });
  }

  flowing(leg: number, ssrc: Ssrc = SSRC): readonly UpstreamOut[] {
    return this.feed({ kind: "flowing", leg, ssrc });
  }

  /** Brings `a` to flow, with `b` as the standby. */
  flow(): void {
    this.info();
    this.candidates("a", "b");
    this.joined(1, "a");
    this.flowing(1);
  }

  parents(): readonly string[] {
    return this.machine.status().parents;
  }
}

const kinds = (out: readonly UpstreamOut[]) => out.map((one) => one.kind);
const asked = (out: readonly UpstreamOut[]) =>
  out.flatMap((one) => one.kind === "ask" ? [`${one.peer.name}#${one.leg}`] : []);
const dropped = (out: readonly UpstreamOut[]) =>
  out.flatMap((one) => one.kind === "drop" ? [`${one.peer.name}:${one.why}`] : []);

Deno.test("nobody is asked before the stream is known, then the first candidate is", () => {
  const bench = new Bench();
  assert.deepEqual(asked(bench.candidates("a", "b")), []);
  assert.equal(bench.machine.status().state, "seeking");
  const out = bench.info();
  assert.deepEqual(kinds(out).filter((kind) => kind !== "changed"), ["stream", "warm", "ask"]);
  assert.deepEqual(asked(out), ["a#1"]);
  assert.ok(kinds(bench.joined(1, "a")).includes("accept"));
  bench.flowing(1);
  const { state, parents, standby } = bench.machine.status();
  assert.deepEqual({ state, parents, standby }, { state: "flowing", parents: ["a"], standby: "b" });
});

Deno.test("a dead parent is replaced by the standby at once and the outage is measured", () => {
  const bench = new Bench();
  bench.flow();
  bench.now = 500;
  const out = bench.feed({
    kind: "down",
    name: "a" as NodeName,
    why: "silent",
    lastArrivalMs: 400,
  });
  assert.deepEqual(dropped(out), ["a:down"]);
  assert.deepEqual(asked(out), ["b#2"]);
  bench.now = 520;
  bench.joined(2, "b");
  bench.now = 530;
  const flowing = bench.flowing(2);
  assert.deepEqual(flowing.find((one) => one.kind === "failover"), {
    kind: "failover",
    outageMs: 130,
  });
  assert.equal(bench.machine.status().failovers, 1);
});

Deno.test("a silent parent is kept until the standby delivers, then left and distrusted", () => {
  const bench = new Bench();
  bench.flow();
  bench.now = 100;
  const silent = bench.feed({
    kind: "silent",
    leg: 1,
    ssrc: SSRC,
    silentMs: 80,
    next: 500,
    answerMs: 60,
  });
  assert.deepEqual(asked(silent), ["a#1", "b#2"]);
  assert.deepEqual(dropped(silent), []);
  bench.joined(2, "b");
  assert.deepEqual(bench.parents(), ["a", "b"]);
  bench.now = 110;
  assert.deepEqual(dropped(bench.flowing(2)), []);
  const out = bench.pass(UPSTREAM_TIMES.verdictMs + 1);
  assert.deepEqual(dropped(out), ["a:silent"]);
  assert.ok(out.some((one) => one.kind === "distrust" && one.name === "a"));
  assert.deepEqual(out.find((one) => one.kind === "failover"), {
    kind: "failover",
    outageMs: 90,
  });
});

Deno.test("a parent that neither sends nor answers is distrusted, but kept until another delivers", () => {
  const bench = new Bench();
  bench.flow();
  bench.candidates("a");
  bench.now = 100;
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  assert.ok(!kinds(bench.pass(59)).includes("distrust"));
  const out = bench.pass(2);
  assert.deepEqual(out.filter((one) => one.kind === "distrust").map((one) => one.name), ["a"]);
  assert.deepEqual(bench.parents(), ["a"]);
});

Deno.test("a silent parent that answers only has nothing to send, and one is not judged by a late timer", () => {
  const bench = new Bench();
  bench.flow();
  bench.candidates("a");
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  bench.feed({ kind: "pending", leg: 1, retryMs: 20 });
  assert.ok(!kinds(bench.pass(1000)).includes("distrust"));
  bench.flowing(1);
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  bench.now += 3000;
  assert.ok(!kinds(bench.feed({ kind: "tick", next: 500 })).includes("distrust"));
});

Deno.test("what a parent tells unasked prolongs no lease", () => {
  const bench = new Bench();
  bench.flow();
  bench.pass(1500);
  bench.joined(1, "a");
  assert.deepEqual(asked(bench.pass(600)), ["a#1"]);
});

Deno.test("a silent parent that flows again is kept and the standby dropped", () => {
  const bench = new Bench();
  bench.flow();
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  bench.joined(2, "b");
  const out = bench.flowing(1);
  assert.deepEqual(dropped(out), ["b:replaced"]);
  assert.equal(bench.machine.status().failovers, 0);
  assert.deepEqual(bench.parents(), ["a"]);
});

Deno.test("a standby that repeats what is known proves nothing against a silent parent", () => {
  const bench = new Bench();
  bench.flow();
  bench.next = 500;
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  bench.joined(2, "b");
  bench.flowing(2);
  assert.deepEqual(dropped(bench.pass(1000)), []);
  bench.next = 510;
  assert.deepEqual(dropped(bench.pass(UPSTREAM_TIMES.verdictMs + 1)), ["a:silent"]);
});

Deno.test("when both wake together the old parent stays", () => {
  const bench = new Bench();
  bench.flow();
  bench.feed({ kind: "silent", leg: 1, ssrc: SSRC, silentMs: 80, next: 500, answerMs: 60 });
  bench.joined(2, "b");
  bench.flowing(2);
  bench.pass(UPSTREAM_TIMES.verdictMs / 2);
  bench.flowing(1);
  bench.feed({ kind: "caught-up", leg: 1, ssrc: SSRC });
  bench.pass(UPSTREAM_TIMES.handoverMs + 10);
  assert.deepEqual(bench.parents(), ["a"]);
  assert.equal(bench.machine.status().failovers, 0);
});

Deno.test("a better parent is joined before the old one is left", () => {
  const bench = new Bench();
  bench.flow();
  const out = bench.candidates("b", "a");
  assert.deepEqual(asked(out), ["b#2"]);
  bench.joined(2, "b");
  assert.deepEqual(dropped(bench.flowing(2)), []);
  const settled = bench.feed({ kind: "caught-up", leg: 2, ssrc: SSRC });
  assert.deepEqual(dropped(settled), ["a:handover"]);
  assert.equal(bench.machine.status().handovers, 1);
  assert.equal(bench.machine.status().failovers, 0);
});

Deno.test("a better parent that never delivers is given up and the old one kept", () => {
  const bench = new Bench();
  bench.flow();
  bench.candidates("b", "a");
  bench.joined(2, "b");
  const out = bench.pass(UPSTREAM_TIMES.handoverMs + UPSTREAM_TIMES.verdictMs + 10);
  assert.deepEqual(dropped(out), ["b:silent"]);
  assert.deepEqual(bench.parents(), ["a"]);
});

Deno.test("a parent whose path holds this node is a loop and is left", () => {
  const bench = new Bench();
  bench.info();
  bench.candidates("a", "b");
  const out = bench.feed({
    kind: "joined",
    leg: 1,
    ssrc: SSRC,
    first: 1,
    path: ["o", "me", "a"] as NodeName[],
    leaseMs: 6000,
  });
  assert.deepEqual(dropped(out), ["a:loop"]);
  assert.deepEqual(asked(out), ["b#2"]);
});

Deno.test("a refused cookie is fetched anew once, then the next candidate is asked", () => {
  const bench = new Bench();
  bench.info();
  bench.candidates("a", "b");
  const refuse = (leg: number) =>
    bench.feed({ kind: "refused", leg, reason: "cookie", retryMs: 0, hints: [] });
  const again = refuse(1).find((one) => one.kind === "ask");
  assert.equal(again?.kind === "ask" && again.freshCookie, true);
  const out = refuse(1);
  assert.deepEqual(asked(out), ["b#2"]);
});

Deno.test("hints of a parent that refuses are tried when nobody else is left", () => {
  const bench = new Bench();
  bench.info();
  bench.candidates("a");
  const out = bench.feed({
    kind: "refused",
    leg: 1,
    reason: "busy",
    retryMs: 2000,
    hints: [candidate("c")],
  });
  assert.deepEqual(asked(out), ["c#2"]);
});

Deno.test("a renewal goes out each third of the lease and a lapsed lease ends the parent", () => {
  const bench = new Bench();
  bench.flow();
  const renewals = asked(bench.pass(2001));
  assert.deepEqual(renewals, ["a#1"]);
  bench.feed({ kind: "failed", leg: 1 });
  for (let i = 0; i < 20; i++) {
    bench.pass(310);
    bench.feed({ kind: "failed", leg: 1 });
  }
  assert.ok(dropped(bench.said).includes("a:lease"));
});

Deno.test("a parent that only ever says PENDING is given up", () => {
  const bench = new Bench();
  bench.info();
  bench.candidates("a", "b");
  let guard = 0;
  while (!asked(bench.said).includes("b#2")) {
    assert.ok(guard++ < 1000);
    bench.feed({ kind: "pending", leg: 1, retryMs: 50 });
    bench.pass(60);
  }
  assert.ok(bench.now >= UPSTREAM_TIMES.unprovenMs);
});

Deno.test("a new incarnation is asked for anew, and an outdated one is never gone back to", () => {
  const bench = new Bench();
  bench.flow();
  bench.now = 1000;
  const out = bench.info(NEXT_SSRC);
  assert.deepEqual(asked(out), ["a#1"]);
  assert.ok(
    out.some((one) => one.kind === "stream" && one.old === SSRC && one.info.ssrc === NEXT_SSRC),
  );
  assert.deepEqual(kinds(bench.joined(1, "a", SSRC)).filter((kind) => kind === "accept"), []);
  bench.pass(UPSTREAM_TIMES.pendingMinMs + 1);
  assert.ok(kinds(bench.joined(1, "a", NEXT_SSRC)).includes("accept"));
  bench.info(SSRC);
  assert.equal(bench.machine.info?.ssrc, NEXT_SSRC);
});

Deno.test("a parent told to drain is left for another, and kept when there is no other", () => {
  const alone = new Bench();
  alone.info();
  alone.candidates("a");
  alone.joined(1, "a");
  alone.flowing(1);
  alone.feed({ kind: "move", leg: 1, hints: [] });
  alone.pass(3000);
  assert.deepEqual(alone.parents(), ["a"]);

  const bench = new Bench();
  bench.flow();
  const out = bench.feed({ kind: "move", leg: 1, hints: [] });
  assert.deepEqual(asked(out), ["b#2"]);
  bench.joined(2, "b");
  bench.flowing(2);
  const settled = bench.feed({ kind: "caught-up", leg: 2, ssrc: SSRC });
  assert.deepEqual(dropped(settled), ["a:handover"]);
});

Deno.test("without a candidate it seeks with growing pauses", () => {
  const bench = new Bench();
  bench.info();
  bench.pass(10_000);
  const seeks = bench.said.filter((one) => one.kind === "seek").length;
  assert.ok(seeks >= 4 && seeks <= 12, `${seeks} searches in 10 s`);
});

Deno.test("the end waits for the last packet and comes once", () => {
  const bench = new Bench();
  bench.flow();
  bench.feed({ kind: "ended", ssrc: SSRC, last: 50 });
  bench.now += 20;
  assert.ok(!kinds(bench.feed({ kind: "tick", next: 50 })).includes("over"));
  bench.now += 20;
  assert.ok(kinds(bench.feed({ kind: "tick", next: 51 })).includes("over"));
  assert.deepEqual(bench.feed({ kind: "tick", next: 51 }), []);
  assert.equal(bench.machine.status().state, "ended");
});

Deno.test("with two parents the death of one costs nothing and the standby takes its place", () => {
  const bench = new Bench(dual);
  bench.info();
  assert.deepEqual(asked(bench.candidates("a", "b", "c")), ["a#1", "b#2"]);
  bench.joined(1, "a");
  bench.joined(2, "b");
  bench.flowing(1);
  bench.flowing(2);
  const silent = bench.feed({
    kind: "silent",
    leg: 1,
    ssrc: SSRC,
    silentMs: 80,
    next: 500,
    answerMs: 60,
  });
  assert.deepEqual(asked(silent), ["a#1", "c#3"]);
  bench.joined(3, "c");
  bench.flowing(3);
  const out = bench.pass(UPSTREAM_TIMES.verdictMs + 1);
  assert.deepEqual(dropped(out), ["a:silent"]);
  assert.deepEqual(out.find((one) => one.kind === "failover"), { kind: "failover", outageMs: 0 });
});

Deno.test("a parent that restarted is joined anew", () => {
  const bench = new Bench();
  bench.info();
  bench.candidates("a");
  bench.joined(1, "a");
  bench.flowing(1);
  const out = bench.candidates(candidate("a", 2));
  assert.deepEqual(dropped(out), ["a:down"]);
  assert.deepEqual(asked(out), ["a#2"]);
});
