import assert from "node:assert/strict";
import { encode as encodeCbor } from "cborg";
import fc from "fast-check";
import { seededRng } from "../rng.ts";
import type { NodeName } from "../ids.ts";
import { anyEnvelope, anyEnvelopeOf } from "./arbitrary.ts";
import {
  type AnyEnvelope,
  BODY_MAX_BYTES,
  bodyBytes,
  CodecError,
  decode,
  type DecodeFailure,
  encode,
  type Envelope,
  ENVELOPE_MAX_BYTES,
  MESSAGE_TYPES,
  NO_COOKIE,
} from "./control_codec.ts";
import { CONTROL_MAX_BYTES, TCP_MESSAGE_MAX_BYTES } from "./messages.ts";

const COOKIE = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
const SEED = Number(Deno.env.get("SEED") ?? 20251);

function goodbye(overrides: Partial<Envelope<"GOODBYE">> = {}): Envelope<"GOODBYE"> {
  return {
    type: "GOODBYE",
    from: "n1" as NodeName,
    instance: 1,
    seq: 2,
    body: {},
    token: COOKIE,
    mine: COOKIE,
    re: undefined,
    ...overrides,
  };
}

function whyNot(bytes: Uint8Array): DecodeFailure | "ok" {
  const decoded = decode(bytes);
  return decoded.ok ? "ok" : decoded.why;
}

for (const type of MESSAGE_TYPES) {
  Deno.test(`${type} comes out of the codec as it went in`, () => {
    fc.assert(
      fc.property(anyEnvelopeOf(type), (envelope) => {
        const decoded = decode(encode(envelope, TCP_MESSAGE_MAX_BYTES), TCP_MESSAGE_MAX_BYTES);
        assert.ok(decoded.ok, decoded.ok ? "" : decoded.why);
        // The clone has the prototype of plain objects, which generated records lack.
        assert.deepEqual(decoded.envelope, structuredClone(envelope));
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
}

Deno.test("each kind of wrong message is told apart", () => {
  const good = [1, 3, "n1", 1, 2, {}, COOKIE, COOKIE];
  const change = (at: number, value: unknown) => good.map((item, i) => i === at ? value : item);
  const cases: readonly [string, unknown, DecodeFailure | "ok"][] = [
    ["as it should be", good, "ok"],
    ["with an answer's number", [...good, 7], "ok"],
    ["another version", change(0, 2), "version"],
    ["another version of another shape", [2, "whatever"], "version"],
    ["a version that is no number", change(0, "1"), "malformed"],
    ["no list", { version: 1 }, "malformed"],
    ["an empty list", [], "malformed"],
    ["an unknown type", change(1, 99), "type"],
    ["a type that is no number", change(1, "GOODBYE"), "malformed"],
    ["a name with a slash", change(2, "../n1"), "schema"],
    ["a name too long", change(2, "n".repeat(65)), "schema"],
    ["a negative instance", change(3, -1), "schema"],
    ["a body with an unknown key", change(5, { extra: 1 }), "schema"],
    ["a body that is a list", change(5, []), "schema"],
    ["a token of another length", change(6, new Uint8Array(7)), "schema"],
    ["a cookie that is text", change(7, "12345678"), "schema"],
    ["a wrong answer's number", [...good, "7"], "schema"],
    ["an item too many", [...good, 7, 8], "schema"],
    ["an item missing", good.slice(0, 7), "schema"],
    ["a fraction", change(4, 1.5), "malformed"],
    ["null", change(5, null), "malformed"],
    ["undefined", change(5, undefined), "malformed"],
    ["a whole number beyond 2^53", change(4, 2n ** 60n), "malformed"],
    ["__proto__ as a key", change(5, JSON.parse('{"__proto__": 1}')), "schema"],
  ];
  for (const [what, items, expected] of cases) {
    assert.equal(whyNot(encodeCbor(items)), expected, what);
  }
});

Deno.test("CBOR that no sender of ours makes is malformed", () => {
  const hex = (text: string) =>
    new Uint8Array(text.match(/../g)?.map((b) => parseInt(b, 16)) ?? []);
  const cases: readonly [string, string][] = [
    ["nothing", ""],
    ["an indefinite list", "9f01ff"],
    ["an indefinite map", "bf616101ff"],
    ["an indefinite text", "7f6161ff"],
    ["a break alone", "ff"],
    ["a tag", "c001"],
    ["a reserved head", "1c"],
    ["a half-precision NaN", "f97e00"],
    ["a number not in its shortest form", "81180a"],
    ["a list that promises 2^32 items", "9affffffff01"],
    ["a list that promises 2^64 items", "9bffffffffffffffff01"],
    ["a text that promises more than is there", "7affffffff61"],
    ["a truncated head", "19"],
    ["a second item", "8000"],
    ["a key twice", "88010361" + "6e" + "0102a2616101616102" + "4040"],
    ["a number as key", "880103616e0102a101024040"],
  ];
  for (const [what, text] of cases) assert.equal(whyNot(hex(text)), "malformed", what);
});

Deno.test("nesting as deep as a message is long is refused without recursion", () => {
  const deep = new Uint8Array(TCP_MESSAGE_MAX_BYTES).fill(0x81);
  deep[deep.length - 1] = 0x01;
  assert.deepEqual(decode(deep, TCP_MESSAGE_MAX_BYTES), { ok: false, why: "malformed" });
});

Deno.test("a datagram over the limit is refused unread", () => {
  assert.equal(whyNot(new Uint8Array(CONTROL_MAX_BYTES + 1)), "too-long");
});

Deno.test("encode refuses what no receiver would take, and says why", () => {
  const long: Envelope<"CATALOG_RECORD"> = {
    ...goodbye(),
    type: "CATALOG_RECORD",
    body: {
      owner: "n1" as NodeName,
      instance: 1,
      version: 1,
      page: 0,
      pages: 1,
      streams: [],
      ttl: 0,
    },
  };
  assert.ok(encode(long).length < CONTROL_MAX_BYTES);
  assert.throws(
    () => encode(long, 50),
    (error) => error instanceof CodecError && error.code === "message-too-long",
  );
  assert.throws(
    () => encode({ ...long, body: { ...long.body, ttl: 1.5 } }),
    (error) => error instanceof CodecError && /CATALOG_RECORD: ttl/.test(error.message),
  );
});

Deno.test("a body of BODY_MAX_BYTES fits, whatever the envelope", () => {
  const widest = {
    from: "n".repeat(64) as NodeName,
    instance: Number.MAX_SAFE_INTEGER,
    seq: Number.MAX_SAFE_INTEGER,
    token: COOKIE,
    mine: COOKIE,
    re: Number.MAX_SAFE_INTEGER,
  };
  const body = { nonce: 1, pad: new Uint8Array(200) };
  const bytes = encode({ ...widest, type: "PROBE", body });
  assert.equal(bytes.length, ENVELOPE_MAX_BYTES + bodyBytes("PROBE", body));
  assert.equal(ENVELOPE_MAX_BYTES + BODY_MAX_BYTES, CONTROL_MAX_BYTES);
});

Deno.test("what decode returns shares no memory with the datagram", () => {
  const bytes = encode(goodbye({ token: NO_COOKIE }));
  const decoded = decode(bytes);
  bytes.fill(0xff);
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.envelope.mine, COOKIE);
});

/** Changes a datagram as a hostile or broken network would. */
function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  const pick = (below: number) => Math.floor(next() * below);
  const mutated = bytes.slice(0, next() < 0.2 ? pick(bytes.length + 1) : bytes.length);
  for (let changes = 1 + pick(4); changes > 0 && mutated.length > 0; changes--) {
    const at = pick(mutated.length);
    mutated[at] = next() < 0.5 ? pick(256) : (mutated[at] ?? 0) ^ (1 << pick(8));
  }
  return mutated;
}

Deno.test("100,000 random and mutated datagrams never throw", () => {
  const rng = seededRng(SEED);
  const originals: AnyEnvelope[] = fc.sample(anyEnvelope, { seed: SEED, numRuns: 500 });
  const encoded = originals.map((envelope) => encode(envelope, TCP_MESSAGE_MAX_BYTES));
  const counts = new Map<string, number>();
  for (let i = 0; i < 100_000; i++) {
    const original = encoded[i % encoded.length];
    const bytes = i % 10 === 0 || original === undefined
      ? rng.bytes(Math.floor(rng.next() * 1300))
      : mutate(original, rng.next);
    const why = whyNot(bytes);
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const seen = [...counts.keys()].sort();
  assert.deepEqual(seen, ["malformed", "ok", "schema", "too-long", "type", "version"], `${SEED}`);
});
