import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig } from "../../core/define.ts";
import { type NodeName, type Peer, type Ssrc, streamName } from "../../core/ids.ts";
import { seededRng } from "../../core/rng.ts";
import type { StreamInfo } from "../../core/slots.ts";
import { BODY_MAX_BYTES, bodyBytes } from "../../core/wire/control_codec.ts";
import { type CatalogRecord, MESSAGES } from "../../core/wire/messages.ts";
import { config } from "./config.ts";
import type { Out, Sent } from "./events.ts";
import { digestMessages, paginate, wantMessages } from "./pages.ts";
import { Gossip } from "./protocol.ts";

const named = (text: string): NodeName => text as NodeName;

function peer(name: string): Peer {
  const at = { host: "127.0.0.1", port: 1 };
  return {
    name: named(name),
    instance: 1,
    roles: ["relay"],
    pop: false,
    control: at,
    keepalive: at,
    media: at,
  };
}

function info(origin: string, name: string, title = ""): StreamInfo {
  const full = streamName(`${origin}/${name}`);
  assert.ok(full !== undefined, `${origin}/${name}`);
  return { name: full, ssrc: 2 as Ssrc, bitrate: undefined, title };
}

function record(owner: string, version: number, more: Partial<CatalogRecord> = {}): CatalogRecord {
  const base = { owner: named(owner), instance: 5, version, page: 0, pages: 1, ttl: 90 };
  return {
    ...base,
    streams: [{ name: info(owner, "s").name, ssrc: 2 as Ssrc, title: "" }],
    ...more,
  };
}

/** A brain named `me` with neighbors `x` and `y`, both up. */
function brain(options: object = {}, neighbors: readonly string[] = ["x", "y"]): Gossip {
  const gossip = new Gossip(checkConfig(config, options), seededRng(1), named("me"), 5);
  gossip.handle({ kind: "start", self: peer("me") }, 0);
  const list = neighbors.map((name) => ({ peer: peer(name), up: true }));
  gossip.handle({ kind: "neighbors", neighbors: list }, 0);
  return gossip;
}

function sends(out: readonly Out[]): { readonly to: string; readonly message: Sent }[] {
  return out.flatMap((one) =>
    one.kind === "send" ? [{ to: one.to.name, message: one.message }] : []
  );
}

const give = (gossip: Gossip, one: CatalogRecord, nowMs = 0, from = "x") =>
  gossip.handle({ kind: "record", from: named(from), record: one }, nowMs);

Deno.test("a new page goes on to the other neighbors, once, and not back", () => {
  const gossip = brain();
  const first = sends(give(gossip, record("o", 1)));
  assert.deepEqual(first.map(({ to, message }) => [to, message.type]), [["y", "CATALOG_RECORD"]]);
  assert.deepEqual(give(gossip, record("o", 1), 0, "y"), []);
  assert.equal(gossip.dropped.duplicate, 1);
  assert.equal(gossip.streams.length, 1);
});

Deno.test("records of strangers are dropped and counted", () => {
  const gossip = brain();
  assert.deepEqual(give(gossip, record("o", 1), 0, "z"), []);
  assert.deepEqual([gossip.dropped.stranger, gossip.streams.length], [1, 0]);
});

Deno.test("nobody speaks for another: foreign streams and POPs in a record are refused", () => {
  const gossip = brain();
  give(
    gossip,
    record("o", 1, { streams: [{ name: info("p", "s").name, ssrc: 2 as Ssrc, title: "" }] }),
  );
  const pop = { peer: peer("p"), children: 0, maxChildren: 1, closed: false };
  give(gossip, record("o", 1, { pop }));
  give(gossip, record("o", 1, { page: 1, pages: 1 }));
  assert.deepEqual([gossip.dropped.invalid, gossip.owners], [3, 0]);
});

Deno.test("owners and bytes are bounded, and what does not fit is counted", () => {
  const gossip = brain({ maxOwners: 3 });
  for (let i = 0; i < 5; i++) give(gossip, record(`o${i}`, 1));
  assert.deepEqual([gossip.owners, gossip.dropped["owners-full"]], [3, 2]);
  const small = brain({ maxBytes: "64KiB" });
  for (let i = 0; i < 1000; i++) give(small, record(`o${i}`, 1), i * 10);
  assert.ok(small.bytes <= 64 * 1024 && small.bytes > 60 * 1024);
  assert.ok(small.dropped["bytes-full"] > 0);
});

Deno.test("what replaces an entry frees its bytes, and everything that expires frees all", () => {
  const gossip = brain();
  for (let version = 1; version < 50; version++) give(gossip, record("o", version), version);
  const one = gossip.bytes;
  assert.ok(one < 200);
  give(gossip, record("o", 60, { page: 0, pages: 2 }), 100);
  assert.ok(gossip.bytes > one);
  gossip.handle({ kind: "tick" }, 200_000);
  assert.deepEqual([gossip.bytes, gossip.owners, gossip.streams.length], [0, 0, 0]);
});

Deno.test("a neighbor that floods is cut down to its rate, the others are not", () => {
  const gossip = brain({ messagesPerSecond: 10 });
  for (let i = 0; i < 100; i++) give(gossip, record(`o${i}`, 1));
  assert.deepEqual([gossip.owners, gossip.dropped.rate], [20, 80]);
  give(gossip, record("p", 1), 0, "y");
  assert.equal(gossip.owners, 21);
});

Deno.test("pages of one version make a set, in any order, and only the whole set is seen", () => {
  const gossip = brain();
  const page = (index: number, version: number) =>
    record("o", version, {
      page: index,
      pages: 3,
      streams: [{ name: info("o", `v${version}p${index}`).name, ssrc: 2 as Ssrc, title: "" }],
    });
  give(gossip, record("o", 1));
  for (const index of [2, 0]) give(gossip, page(index, 2));
  assert.deepEqual(gossip.streams.map((one) => one.name), ["o/s"]);
  give(gossip, page(1, 2));
  assert.deepEqual(gossip.streams.map((one) => one.name), ["o/v2p0", "o/v2p1", "o/v2p2"]);
});

Deno.test("an own entry in others' hands that is newer than one's own is outrun", () => {
  const gossip = brain();
  gossip.handle({ kind: "offer-streams", streams: [info("me", "a")] }, 0);
  gossip.handle({ kind: "tick" }, 20);
  for (const age of [{ instance: 5, version: 77 }, { instance: 9, version: 3 }]) {
    give(gossip, record("me", age.version, age), 100);
    const [first] = sends(gossip.handle({ kind: "tick" }, 120));
    assert.ok(first?.message.type === "CATALOG_RECORD");
    const { instance, version, streams } = first.message.body;
    assert.deepEqual([instance, version, streams[0]?.name], [
      age.instance,
      age.version + 1,
      "me/a",
    ]);
  }
  const past = Number.MAX_SAFE_INTEGER;
  give(gossip, record("me", past, { instance: 9 }), 200);
  const [next] = sends(gossip.handle({ kind: "tick" }, 220));
  assert.ok(next?.message.type === "CATALOG_RECORD");
  assert.deepEqual([next.message.body.instance, next.message.body.version], [10, 1]);
});

Deno.test("a digest makes the behind side ask and the ahead side send", () => {
  const gossip = brain();
  give(gossip, record("b", 5));
  give(gossip, record("c", 5));
  give(gossip, record("d", 5));
  const body = {
    owners: [[named("a"), 1, 1], [named("b"), 5, 9], [named("d"), 5, 2]] as [
      NodeName,
      number,
      number,
    ][],
    more: false,
  };
  const out = gossip.handle({ kind: "digest", from: named("y"), body, answer: false }, 10);
  const wants = sends(out).flatMap(({ message }) =>
    message.type === "CATALOG_WANT" ? message.body.owners : []
  );
  assert.deepEqual(wants, ["a", "b"]);
  assert.ok(out.some((one) => one.kind === "answer"));
  const sent = sends(gossip.handle({ kind: "tick" }, 10)).flatMap(({ to, message }) =>
    message.type === "CATALOG_RECORD" && to === "y" ? [message.body.owner] : []
  );
  assert.deepEqual(sent.sort(), ["c", "d"], "c lies within the digest and is missing there");
});

Deno.test("an entry is passed on with the time it has left", () => {
  const gossip = brain();
  give(gossip, record("o", 1));
  gossip.handle({ kind: "want", from: named("y"), body: { owners: [] } }, 60_500);
  const [sent] = sends(gossip.handle({ kind: "tick" }, 60_500))
    .filter(({ message }) => message.type === "CATALOG_RECORD");
  assert.ok(sent?.message.type === "CATALOG_RECORD");
  assert.equal(sent.message.body.ttl, 29);
});

Deno.test("large answers are paced", () => {
  const gossip = brain();
  for (let i = 0; i < 200; i++) give(gossip, record(`o${i}`, 1));
  gossip.handle({ kind: "want", from: named("y"), body: { owners: [] } }, 10);
  const batches: number[] = [];
  for (let due = 10; due < 400; due = gossip.dueMs() ?? 1000) {
    const records = sends(gossip.handle({ kind: "tick" }, due))
      .filter(({ message }) => message.type === "CATALOG_RECORD");
    if (records.length > 0) batches.push(records.length);
  }
  assert.equal(batches.reduce((sum, n) => sum + n, 0), 200);
  assert.ok(Math.max(...batches) <= 16);
});

const nameOf = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

Deno.test("whatever the names and titles, every page fits a datagram and keeps its schema", () => {
  fc.assert(fc.property(
    nameOf,
    fc.array(fc.tuple(nameOf, fc.string({ unit: "binary", maxLength: 200 })), { maxLength: 60 }),
    fc.boolean(),
    (owner, list, withPop) => {
      const head = {
        owner: named(owner),
        instance: Number.MAX_SAFE_INTEGER,
        version: 2 ** 40,
        ttl: 90,
      };
      const streams = list.map(([name, title]) => info(owner, name, title));
      const pop = { peer: peer(owner), children: 5, maxChildren: 2 ** 32 - 1, closed: true };
      const { records, streamsCut } = paginate(head, streams, withPop ? pop : undefined, 256);
      assert.equal(streamsCut, 0);
      assert.deepEqual(
        records.flatMap((one) => one.streams.map((stream) => stream.name)),
        streams.map((stream) => stream.name),
      );
      for (const one of records) {
        assert.ok(bodyBytes("CATALOG_RECORD", one) <= BODY_MAX_BYTES);
        assert.ok(MESSAGES.CATALOG_RECORD.body.safeParse(one).success);
      }
      assert.equal(records[0]?.pop !== undefined, withPop);
    },
  ));
});

Deno.test("digests and wants fit their datagrams however long the names are", () => {
  fc.assert(fc.property(fc.array(nameOf, { maxLength: 100 }), (names) => {
    const big = Number.MAX_SAFE_INTEGER;
    const digests = digestMessages(names.map((name) => [named(name), big, big]));
    for (const body of digests) assert.ok(bodyBytes("CATALOG_DIGEST", body) <= BODY_MAX_BYTES);
    assert.deepEqual(digests.flatMap((body) => body.owners.map(([name]) => name)), names);
    assert.deepEqual(
      digests.map((body) => body.more),
      digests.map((_, i) => i < digests.length - 1),
    );
    const wants = wantMessages(names.map(named));
    for (const body of wants) {
      assert.ok(bodyBytes("CATALOG_WANT", body) <= BODY_MAX_BYTES && body.owners.length <= 24);
    }
    assert.deepEqual(wants.flatMap((body) => body.owners), names);
  }));
});

Deno.test("the digest of own streams depends on the list, not on its order", () => {
  const gossip = brain();
  const empty = gossip.digest;
  const offer = (...names: string[]) => {
    const streams = names.map((name) => info("me", name));
    gossip.handle({ kind: "offer-streams", streams }, 0);
    return gossip.digest;
  };
  const one = offer("a", "b");
  assert.equal(offer("b", "a"), one);
  assert.notEqual(offer("a"), one);
  assert.equal(offer(), empty);
  assert.match(one, /^[0-9a-f]{16}$/);
});

Deno.test("more streams than fit are cut, counted, and the rest is spread", () => {
  const gossip = brain({ maxPages: 2 });
  const streams = Array.from({ length: 100 }, (_, i) => info("me", `s${i}`));
  gossip.handle({ kind: "offer-streams", streams: [...streams, info("other", "s")] }, 0);
  gossip.handle({ kind: "tick" }, 20);
  assert.equal(gossip.streamsCut, 100 - 32 + 1);
});
