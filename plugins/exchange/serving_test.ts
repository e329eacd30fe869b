import assert from "node:assert/strict";
import type { NodeName, Ssrc, StreamName } from "../../core/ids.ts";
import type { Message } from "../../core/wire/messages.ts";
import { Serving } from "./serving.ts";
import type { Child, ServingIn, ServingOut, StreamView } from "./serving_events.ts";

const SELF = "me" as NodeName;
const STREAM = "o/s" as StreamName;
const SSRC = 1000 as Ssrc;
const LEASE_MS = 6000;

const READY: Extract<StreamView, { kind: "ready" }> = {
  kind: "ready",
  ssrc: SSRC,
  path: ["o" as NodeName, SELF],
  bitrate: 4e6,
  since: undefined,
};

interface JoinOptions {
  readonly next?: number;
  readonly ssrc?: Ssrc;
  readonly renew?: boolean;
  readonly instance?: number;
  readonly port?: number;
  readonly stream?: StreamName;
}

class Bench {
  now = 0;
  seq = 1;
  readonly machine = new Serving({ self: SELF, leaseMs: LEASE_MS, tableMax: 100 });

  constructor(maxChildren = 10, maxBitrate = 1e9, transit = true) {
    this.feed({ kind: "policy", policy: { transit, maxChildren, maxBitrate } });
  }

  feed(event: ServingIn): readonly ServingOut[] {
    const out = this.machine.handle(event, this.now);
    let link = 1;
    // The shell gives each child its link.
    for (const one of out) if (one.kind === "serve") one.child.link ??= link++;
    return out;
  }

  message(from: string, options: JoinOptions = {}): Message<"JOIN"> {
    const { next, ssrc, renew, instance = 1, port = 3, stream = STREAM } = options;
    return {
      type: "JOIN",
      from: from as NodeName,
      instance,
      addr: { host: from, port: 1 },
      seq: this.seq++,
      re: undefined,
      body: {
        stream,
        session: "main",
        media: { host: from, port },
        cookie: new Uint8Array(8),
        ...(next === undefined ? {} : { next }),
        ...(ssrc === undefined ? {} : { ssrc }),
        ...(renew === undefined ? {} : { renew }),
      },
    };
  }

  join(from: string, view: StreamView = READY, options: JoinOptions = {}): readonly ServingOut[] {
    const message = this.message(from, options);
    return this.feed({ kind: "join", message, proven: true, loop: false, asked: false, view });
  }

  leave(from: string, seq = this.seq++): readonly ServingOut[] {
    const message: Message<"LEAVE"> = {
      type: "LEAVE",
      from: from as NodeName,
      instance: 1,
      addr: { host: from, port: 1 },
      seq,
      re: undefined,
      body: { stream: STREAM, session: "main", media: { host: from, port: 3 } },
    };
    return this.feed({ kind: "leave", message });
  }

  names(): readonly string[] {
    return this.machine.list().map((one) => one.child);
  }
}

const refusal = (out: readonly ServingOut[]) => out.find((one) => one.kind === "refuse")?.reason;
const served = (out: readonly ServingOut[]) =>
  out.flatMap((one) => one.kind === "serve" ? [{ child: one.child.name, from: one.from }] : []);
const moved = (out: readonly ServingOut[]) =>
  out.flatMap((one) => one.kind === "move" ? [`${one.child.name}:${one.reason}`] : []);

Deno.test("nobody is served before the role says so", () => {
  const machine = new Serving({ self: SELF, leaseMs: LEASE_MS, tableMax: 10 });
  const message = new Bench().message("a");
  const out = machine.handle(
    { kind: "join", message, proven: true, loop: false, asked: false, view: READY },
    0,
  );
  assert.equal(refusal(out), "not-serving");
});

Deno.test("an unproven address gets a refusal and leaves an existing child alone", () => {
  const bench = new Bench();
  bench.join("a");
  const message = bench.message("a", { port: 9 });
  const out = bench.feed({
    kind: "join",
    message,
    proven: false,
    loop: false,
    asked: false,
    view: READY,
  });
  assert.equal(refusal(out), "cookie");
  assert.deepEqual(bench.names(), ["a"]);
});

Deno.test("a child resumes where it says, in the numbers of the same incarnation only", () => {
  const bench = new Bench();
  assert.deepEqual(served(bench.join("a", READY, { next: 50, ssrc: SSRC })), [
    { child: "a", from: 50 },
  ]);
  assert.deepEqual(served(bench.join("b", READY, { next: 50, ssrc: 8 as Ssrc })), [
    { child: "b", from: undefined },
  ]);
});

Deno.test("a renewal and a repeated JOIN move nothing, a new wish does", () => {
  const bench = new Bench();
  bench.join("a", READY, { next: 50, ssrc: SSRC });
  bench.now = 100;
  assert.equal(served(bench.join("a", READY, { next: 50, ssrc: SSRC }))[0]?.from, undefined);
  bench.now = 2000;
  const renewal = bench.join("a", READY, { next: 90, ssrc: SSRC, renew: true });
  assert.equal(served(renewal)[0]?.from, undefined);
  assert.equal(served(bench.join("a", READY, { next: 95, ssrc: SSRC }))[0]?.from, 95);
  assert.equal(bench.machine.size, 1);
});

Deno.test("a renewal of a child that was forgotten resumes where it says", () => {
  const bench = new Bench();
  const out = bench.join("a", READY, { next: 70, ssrc: SSRC, renew: true });
  assert.deepEqual(served(out), [{ child: "a", from: 70 }]);
});

Deno.test("another instance or address replaces the child", () => {
  const bench = new Bench();
  bench.join("a");
  for (const options of [{ instance: 2 }, { instance: 2, port: 4 }]) {
    const out = bench.join("a", READY, options);
    assert.deepEqual(out.map((one) => one.kind), ["unserve", "serve", "interest"]);
    assert.equal(bench.machine.size, 1);
  }
});

Deno.test("loops are refused: the stream comes through the asker, or the asker is asked", () => {
  const bench = new Bench();
  const ask = (loop: boolean, asked: boolean) =>
    refusal(
      bench.feed({
        kind: "join",
        message: bench.message("a"),
        proven: true,
        loop,
        asked,
        view: READY,
      }),
    );
  assert.equal(ask(true, false), "loop");
  assert.equal(ask(false, true), "loop");
  assert.equal(ask(false, false), undefined);
});

Deno.test("children and bit rate are limited, those who have a place keep it", () => {
  const byCount = new Bench(2);
  byCount.join("a");
  byCount.join("b");
  assert.equal(refusal(byCount.join("c")), "busy");
  assert.equal(refusal(byCount.join("a", READY, { renew: true })), undefined);
  const byRate = new Bench(10, 9e6);
  byRate.join("a");
  byRate.join("b");
  assert.equal(refusal(byRate.join("c")), "busy");
  assert.deepEqual(byRate.names(), ["a", "b"]);
});

Deno.test("a node that carries nothing for others refuses foreign streams", () => {
  const bench = new Bench(10, 1e9, false);
  assert.equal(refusal(bench.join("a")), "not-serving");
  const own = bench.join("a", READY, { stream: "me/s" as StreamName });
  assert.equal(refusal(own), undefined);
});

Deno.test("who waits for a stream is served as soon as it is there, from where it asked", () => {
  const bench = new Bench();
  const fetch: StreamView = { kind: "fetch", bitrate: 0 };
  assert.deepEqual(bench.join("a", fetch).map((one) => one.kind), ["pending", "interest"]);
  bench.join("b", fetch, { next: 40, ssrc: SSRC });
  bench.join("c", fetch, { next: 30, ssrc: SSRC });
  assert.equal(bench.machine.interest(STREAM), 3);
  assert.equal(bench.machine.wantedFrom(STREAM, SSRC), 30);
  const out = bench.feed({ kind: "ready", stream: STREAM, view: { ...READY, since: 5 } });
  assert.deepEqual(served(out), [
    { child: "a", from: 5 },
    { child: "b", from: 40 },
    { child: "c", from: 30 },
  ]);
  assert.equal(bench.machine.wantedFrom(STREAM, SSRC), undefined);
});

Deno.test("who waits and asks no more is forgotten", () => {
  const bench = new Bench();
  bench.join("a", { kind: "fetch", bitrate: 0 });
  bench.now = bench.machine.wakeMs;
  const out = bench.feed({ kind: "tick" });
  assert.deepEqual(out, [{ kind: "interest", stream: STREAM }]);
  assert.equal(bench.machine.interest(STREAM), 0);
  assert.equal(bench.machine.wakeMs, Infinity);
});

Deno.test("a child leaves by LEAVE, not by one that came late", () => {
  const bench = new Bench();
  const late = bench.seq++;
  bench.join("a");
  assert.deepEqual(bench.leave("a", late), []);
  assert.deepEqual(bench.names(), ["a"]);
  assert.deepEqual(bench.leave("a").map((one) => one.kind), ["unserve", "interest"]);
  assert.deepEqual(bench.names(), []);
});

Deno.test("a child that does not renew is dropped when its lease ends", () => {
  const bench = new Bench();
  bench.join("a");
  assert.equal(bench.machine.wakeMs, LEASE_MS);
  bench.now = LEASE_MS;
  const out = bench.feed({ kind: "tick" });
  assert.deepEqual(out.map((one) => one.kind), ["count", "unserve", "interest"]);
});

Deno.test("a draining node refuses, tells its children again and again, and serves them on", () => {
  const bench = new Bench();
  bench.join("a");
  assert.deepEqual(moved(bench.feed({ kind: "drain" })), ["a:draining"]);
  assert.equal(refusal(bench.join("b")), "leaving");
  assert.equal(refusal(bench.join("a", READY, { renew: true })), undefined);
  bench.now = bench.machine.wakeMs;
  assert.deepEqual(moved(bench.feed({ kind: "tick" })), ["a:draining"]);
  assert.deepEqual(bench.names(), ["a"]);
});

Deno.test("a child in trouble is told of congestion each time it is reported", () => {
  const bench = new Bench();
  bench.join("a");
  const trouble = () =>
    moved(bench.feed({ kind: "struggling", ssrc: SSRC, link: 1, lossShare: 0.4 }));
  assert.deepEqual([...trouble(), ...trouble()], ["a:congested", "a:congested"]);
});

Deno.test("a new incarnation is told to the children, a path change too", () => {
  const bench = new Bench();
  bench.join("a");
  bench.now = 10;
  const path = ["o", "x", "me"] as NodeName[];
  const again = bench.feed({ kind: "ready", stream: STREAM, view: { ...READY, path } });
  assert.deepEqual(again.map((one) => one.kind), ["serve"]);
  const view = { ...READY, ssrc: 2000 as Ssrc };
  const out = bench.feed({ kind: "ready", stream: STREAM, view });
  assert.deepEqual(out.map((one) => one.kind), ["unserve", "serve"]);
  const [gone, fresh] = out;
  assert.equal(gone?.kind === "unserve" && gone.child.ssrc, SSRC);
  assert.equal(fresh?.kind === "serve" && fresh.child.ssrc, 2000);
});

Deno.test("children of an ended stream are told, keep fetching, and go after a while", () => {
  const bench = new Bench();
  bench.join("a");
  const out = bench.feed({ kind: "ended", stream: STREAM, ssrc: SSRC, last: 99 });
  assert.deepEqual(out.map((one) => one.kind), ["ended", "interest"]);
  assert.deepEqual([bench.machine.interest(STREAM), bench.machine.attached(STREAM)], [0, 1]);
  bench.now = bench.machine.wakeMs;
  bench.feed({ kind: "tick" });
  assert.equal(bench.machine.attached(STREAM), 0);
});

Deno.test("two claims of one child on one link hold it together", () => {
  const bench = new Bench();
  const out = bench.join("a");
  const first = out.find((one) => one.kind === "serve")?.child as Child;
  const message = { ...bench.message("a") };
  bench.feed({
    kind: "join",
    message: { ...message, body: { ...message.body, session: "other" } },
    proven: true,
    loop: false,
    asked: false,
    view: READY,
  });
  assert.equal(bench.machine.sharesLink(first), true);
  bench.leave("a");
  assert.equal(bench.machine.size, 1);
});
