import assert from "node:assert/strict";
import type { NodeName, Ssrc, StreamName } from "../../core/ids.ts";
import { Leases } from "./leases.ts";
import type { Child } from "./serving_events.ts";

const LEASE_MS = 6000;

function child(name: string, stream: string): Child {
  return {
    key: `${name} ${stream}`,
    name: name as NodeName,
    instance: 1,
    stream: stream as StreamName,
    session: "main",
    media: { host: name, port: 1 },
    control: { host: name, port: 2 },
    sinceMs: 0,
    ssrc: 2 as Ssrc,
    bitrate: 0,
    link: undefined,
    first: undefined,
    leaseMs: 0,
    leaseUntilMs: 0,
    joinSeq: 0,
    joinedAtMs: 0,
    lastNext: undefined,
    movedAtMs: 0,
    ending: false,
  };
}

Deno.test("one stream is leased for as long as configured, a thousand of one node for longer", () => {
  const leases = new Leases(LEASE_MS);
  const few = child("a", "o/s");
  leases.begin(few, 1, 0);
  assert.equal(few.leaseMs, LEASE_MS);
  const many = Array.from({ length: 1000 }, (_, n) => child("b", `o/s${n}`));
  for (const [seq, one] of many.entries()) leases.begin(one, seq, 0);
  assert.equal(few.leaseMs, LEASE_MS);
  assert.ok(many[0]?.leaseMs === LEASE_MS, "the first was alone");
  for (const [seq, one] of many.entries()) leases.renew(one, seq, 100);
  // Renewed each third of the lease: about 50 a second.
  const perSecond = many.reduce((sum, { leaseMs }) => sum + 3000 / leaseMs, 0);
  assert.ok(perSecond > 45 && perSecond < 60, `${perSecond}`);
  assert.ok(new Set(many.map(({ leaseMs }) => leaseMs)).size > 10, "they are spread");
  for (const one of many.slice(1)) leases.end(one);
  const [last] = many;
  assert.ok(last !== undefined);
  leases.renew(last, 1, 100_000);
  assert.equal(last.leaseMs, LEASE_MS);
});

Deno.test("a lease ends when it was told to, and the next look is due at the earliest end", () => {
  const leases = new Leases(LEASE_MS);
  const [a, b] = [child("a", "o/s"), child("b", "o/s")];
  leases.begin(a, 1, 0);
  leases.begin(b, 1, 1000);
  leases.renew(a, 2, 4000);
  assert.equal(leases.endMs, 6000);
  assert.deepEqual(leases.over([a, b], 6000), []);
  assert.equal(leases.endMs, 7000);
  assert.deepEqual(leases.over([a, b], 7000), [b]);
  leases.shorten(a, 8000);
  assert.equal(leases.endMs, 8000);
  assert.deepEqual(leases.over([a], 8000), [a]);
  assert.equal(leases.endMs, Infinity);
});
