import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName, Peer, Ssrc, StreamName } from "../../core/ids.ts";
import type { Candidate, PathPolicy } from "../../core/slots.ts";
import { Upstream } from "./upstream.ts";
import type { RefusalReason, UpstreamIn, UpstreamOut } from "./upstream_events.ts";

const NAMES = ["a", "b", "c", "d", "e"] as NodeName[];
const SSRCS = [1000, 2000, 3000] as Ssrc[];
const LEGS_MAX = 4;

const peer = (name: NodeName, instance: number): Peer => {
  const at = (port: number) => ({ host: name, port });
  const planes = { control: at(1), keepalive: at(2), media: at(3) };
  return { name, instance, roles: ["relay"], pop: false, ...planes };
};
const candidate = (name: NodeName, instance: number): Candidate => ({
  peer: peer(name, instance),
  cost: 1,
  path: ["o" as NodeName, name],
});
const single: PathPolicy = {
  choose: ([parent, standby]) => ({ parents: parent === undefined ? [] : [parent], standby }),
};
const dual: PathPolicy = {
  choose: ([a, b, c]) => ({ parents: [a, b].filter((one) => one !== undefined), standby: c }),
};

/** `pick` chooses among the legs that were asked so far, the dead ones included. */
type Step = { readonly waitMs: number; readonly pick: number; readonly event: Raw };
type Raw =
  | { readonly kind: "list"; readonly names: readonly NodeName[]; readonly instance: number }
  | { readonly kind: "info" | "joined" | "flowing" | "caught-up" | "silent"; readonly ssrc: Ssrc }
  | { readonly kind: "refused"; readonly reason: RefusalReason }
  | { readonly kind: "pending" | "failed" | "move" | "loop" | "down" };

const ssrc = fc.constantFrom(...SSRCS);
const raw: fc.Arbitrary<Raw> = fc.oneof(
  fc.record({
    kind: fc.constant("list" as const),
    names: fc.shuffledSubarray(NAMES),
    instance: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constantFrom("info", "silent"), ssrc }),
  fc.record({ kind: fc.constantFrom("joined", "flowing", "caught-up"), ssrc }),
  fc.record({ kind: fc.constantFrom("joined", "flowing"), ssrc: fc.constant(1000 as Ssrc) }),
  fc.record({
    kind: fc.constant("refused" as const),
    reason: fc.constantFrom<RefusalReason>("busy", "cookie", "loop", "leaving"),
  }),
  fc.record({ kind: fc.constantFrom("pending", "failed", "move", "loop", "down") }),
);
const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 }), fc.constant(3000)),
  pick: fc.nat(20),
  event: raw,
});

function toEvent({ event, pick }: Step, legs: readonly number[]): UpstreamIn {
  const leg = legs[legs.length - 1 - pick % Math.max(1, Math.min(6, legs.length))] ?? 0;
  switch (event.kind) {
    case "list": {
      const list = event.names.map((name) => candidate(name, event.instance));
      return { kind: "candidates", list };
    }
    case "info": {
      const info = { name: "o/s" as StreamName, ssrc: event.ssrc, bitrate: undefined, title: "" };
      return { kind: "info", info };
    }
    case "joined": {
      const path = ["o"] as NodeName[];
      return { kind: "joined", leg, ssrc: event.ssrc, first: 1, path, leaseMs: 6000 };
    }
    case "loop": {
      const path = ["o", "me"] as NodeName[];
      return { kind: "joined", leg, ssrc: 1000 as Ssrc, first: 1, path, leaseMs: 6000 };
    }
    case "silent":
      return { kind: "silent", leg, ssrc: event.ssrc, silentMs: 80, next: pick, answerMs: 60 };
    case "flowing":
    case "caught-up":
      return { kind: event.kind, leg, ssrc: event.ssrc };
    case "refused":
      return { kind: "refused", leg, reason: event.reason, retryMs: 100, hints: [] };
    case "pending":
      return { kind: "pending", leg, retryMs: 50 };
    case "failed":
      return { kind: "failed", leg };
    case "move":
      return { kind: "move", leg, hints: [] };
    case "down":
      return {
        kind: "down",
        name: NAMES[pick % 5] ?? "a" as NodeName,
        why: "silent",
        lastArrivalMs: 0,
      };
  }
}

/** Follows the effects and checks what must hold of them in any order of events. */
class Follower {
  readonly alive = new Map<number, NodeName>();
  readonly asked: number[] = [];
  readonly #dead = new Set<number>();

  follow(outs: readonly UpstreamOut[]): void {
    for (const out of outs) {
      if (out.kind === "ask") {
        assert.ok(!this.#dead.has(out.leg), `leg ${out.leg} is asked after it was dropped`);
        if (!this.alive.has(out.leg)) this.asked.push(out.leg);
        this.alive.set(out.leg, out.peer.name);
      } else if (out.kind === "accept") {
        assert.ok(this.alive.has(out.leg), `leg ${out.leg} is accepted and was never asked`);
      } else if (out.kind === "drop") {
        assert.ok(!this.#dead.has(out.leg), `leg ${out.leg} is dropped twice`);
        this.#dead.add(out.leg);
        this.alive.delete(out.leg);
      }
    }
    assert.ok(this.alive.size <= LEGS_MAX, `${this.alive.size} parents at once`);
    const names = [...this.alive.values()];
    assert.equal(new Set(names).size, names.length, `one parent twice: ${names}`);
  }
}

Deno.test("whatever comes in whatever order, parents are bounded, asked and dropped once, and it never spins", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 80 }), (isDual, steps) => {
      const policy = isDual ? dual : single;
      const machine = new Upstream({ self: "me" as NodeName, policy, random: () => 0.5 });
      const follower = new Follower();
      let now = 0;
      const tickTo = (until: number) => {
        for (let ticks = 0; machine.wakeMs <= until; ticks++) {
          assert.ok(ticks < 2000, `${ticks} ticks within ${until - now} ms`);
          now = Math.max(now + 1, machine.wakeMs);
          follower.follow(machine.handle({ kind: "tick", next: ticks }, now));
        }
        now = Math.max(now, until);
      };
      for (const one of steps) {
        tickTo(now + one.waitMs);
        follower.follow(machine.handle(toEvent(one, follower.asked), now));
      }
      tickTo(now + 20_000);
      follower.follow(machine.handle({ kind: "stop" }, now));
      assert.equal(follower.alive.size, 0, "a parent outlives the group");
      assert.equal(machine.wakeMs, Infinity);
      assert.deepEqual(machine.handle({ kind: "tick", next: 1 }, now), []);
    }),
    { numRuns: 400 },
  );
});
