import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeName } from "../../core/ids.ts";
import { anyEnvelopeOf } from "../../core/wire/arbitrary.ts";
import {
  type AnyEnvelope,
  decode,
  encode,
  MESSAGE_TYPES,
  NO_COOKIE,
} from "../../core/wire/control_codec.ts";
import { CONTROL_MAX_BYTES } from "../../core/wire/messages.ts";
import { Rig, type RigNode } from "./rig.ts";

const SEED = Number(Deno.env.get("SEED") ?? 47);
const PROBE = { nonce: 1, pad: new Uint8Array(0) };

/** Every state that node `n` can be in towards its victim `v`. */
const STATES: Readonly<Record<string, (n: RigNode, v: RigNode) => void>> = {
  "a stranger": () => {},
  "a node that is asked for its cookie": (n, v) => {
    n.rig.weather = { ...n.rig.weather, loss: 1 };
    n.send(v, "PROBE", PROBE);
  },
  "a node that a request waits for": (n, v) => {
    n.rig.weather = { ...n.rig.weather, loss: 1 };
    n.request(v, "PROBE", PROBE, 60_000);
  },
  "a known node": (n, v) => {
    n.send(v, "PROBE", PROBE);
    n.rig.run(100);
  },
  "a known node with a request under way": (n, v) => {
    n.send(v, "PROBE", PROBE);
    n.rig.run(100);
    n.request(v, "PROBE", PROBE, 60_000);
  },
};

/** A datagram forged in the name of `v`: what the victim was never told cannot be in it. */
function forge(envelope: AnyEnvelope, v: RigNode, token: Uint8Array): Uint8Array | undefined {
  const forged = { ...envelope, from: v.name, token } as AnyEnvelope;
  const bytes = encode(forged, Number.MAX_SAFE_INTEGER);
  return bytes.length <= CONTROL_MAX_BYTES ? bytes : undefined;
}

for (const type of MESSAGE_TYPES) {
  for (const [state, prepare] of Object.entries(STATES)) {
    Deno.test(`a forged ${type} never makes ${state} receive more than was sent in its name`, () => {
      fc.assert(
        fc.property(
          anyEnvelopeOf(type),
          fc.constantFrom("v", "v".repeat(64)),
          fc.constantFrom("n", "n".repeat(64)),
          fc.constantFrom(NO_COOKIE, new Uint8Array(8)),
          (envelope, victim, node, token) => {
            const rig = new Rig(SEED);
            const [n, v] = [rig.node(node), rig.node(victim)];
            prepare(n, v);
            const bytes = forge(envelope, v, token);
            if (bytes === undefined) return;
            let sent = 0;
            for (const out of n.feed({ kind: "packet", from: v.addr, bytes })) {
              assert.equal(out.kind, "send", "a forged message is handed to nobody");
              if (out.kind === "send") sent += out.bytes.length;
            }
            assert.ok(sent <= bytes.length, `${sent} bytes for ${bytes.length}`);
          },
        ),
        { seed: SEED, numRuns: 12 },
      );
    });
  }
}

Deno.test("every HELLO gets its CHALLENGE: the padding covers the longest name", () => {
  for (const [asker, asked] of [["a", "b".repeat(64)], ["a".repeat(64), "b"]] as const) {
    const rig = new Rig(SEED);
    const [a, b] = [
      rig.node(asker, {}, 0),
      rig.node(asked, {}, Number.MAX_SAFE_INTEGER),
    ];
    a.send(b, "PROBE", PROBE);
    rig.run(100);
    assert.equal(b.received.length, 1);
    const lengths = rig.wire.map(({ bytes }) => bytes.length);
    assert.ok((lengths[0] ?? 0) >= (lengths[1] ?? Infinity), `${lengths}`);
  }
});

Deno.test("one address gets twenty challenges a second, all together as many as configured", () => {
  const rig = new Rig(SEED);
  const b = rig.node("b", { challengesPerSecond: 100 });
  const hello = encode({
    type: "HELLO",
    from: "x" as NodeName,
    instance: 1,
    seq: 1,
    body: { pad: new Uint8Array(200) },
    token: NO_COOKIE,
    mine: new Uint8Array(8),
    re: undefined,
  });
  const flood = (hosts: number) => {
    for (let i = 0; i < 1000; i++) {
      b.feed({ kind: "packet", from: { host: `x${i % hosts}`, port: 1 }, bytes: hello });
    }
    return rig.wire.splice(0).length;
  };
  assert.equal(flood(1), 20);
  assert.equal(flood(500), 80);
  rig.run(1000);
  assert.equal(flood(500), 100);
  assert.equal(b.brain.counters.dropped["challenge-limit"], 2800);
  assert.equal(b.brain.sizes.sessions, 0, "no state is opened for strangers");
  assert.ok(decode(hello).ok);
});
