import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRng } from "../rng.ts";
import type { NodeName } from "../ids.ts";
import { Deframer } from "../wire/frame.ts";
import { type FileId, fileId } from "./identity.ts";
import { decodeIndex, encodeIndex } from "./index_messages.ts";
import {
  BYES,
  encodePeer,
  type PeerMessage,
  PeerParser,
  type PeerSink,
  PIECE_HEAD_BYTES,
  pieceFrame,
  type Span,
} from "./peer_messages.ts";

const ID = fileId("ab".repeat(32)) ?? ("" as FileId);
const NAME = "n1" as NodeName;

/** Every message once. */
const MESSAGES: readonly PeerMessage[] = [
  {
    kind: "hello",
    hello: {
      version: 1,
      name: NAME,
      instance: 7,
      port: 99,
      file: { id: ID, size: 1000, piece: 16384 },
    },
  },
  { kind: "hello", hello: { version: 1, name: NAME, instance: 7, port: 0, lookup: "a.mp4" } },
  { kind: "bitfield", bits: new Uint8Array([1, 2, 3]) },
  { kind: "have", pieces: [1, 2, 70_000] },
  { kind: "interested" },
  { kind: "not-interested" },
  { kind: "choke" },
  { kind: "unchoke" },
  { kind: "ping" },
  { kind: "request", piece: 1, begin: 2, length: 3 },
  { kind: "cancel", piece: 1, begin: 2, length: 3 },
  { kind: "reject", piece: 0xffffffff, begin: 2, length: 3 },
  { kind: "want-layer", first: 1, count: 2 },
  { kind: "want-leaves", piece: 7 },
  { kind: "leaves", piece: 7, hashes: new Uint8Array(64).fill(5) },
  { kind: "layer", first: 5, hashes: new Uint8Array(64).fill(9) },
  ...BYES.map((why): PeerMessage => ({ kind: "bye", why })),
];

class Recorder implements PeerSink {
  readonly heard: unknown[] = [];
  readonly buffer = new Uint8Array(600_000);
  keep = true;
  why: string | undefined;
  message(message: PeerMessage): void {
    this.heard.push(message);
  }
  pieceBegins(span: Span): Uint8Array | undefined {
    return this.keep ? this.buffer.subarray(span.begin, span.begin + span.length) : undefined;
  }
  pieceEnds(span: Span, kept: boolean): void {
    this.heard.push({ kind: "piece", ...span, kept });
  }
  broken(why: string): void {
    this.why = why;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

Deno.test("every peer message survives, however the stream is cut", () => {
  const piece = pieceFrame({ piece: 3, begin: 100, length: 5000 });
  for (let i = 0; i < 5000; i++) piece[PIECE_HEAD_BYTES + i] = i & 255;
  const stream = join([...MESSAGES.map(encodePeer), piece, encodePeer({ kind: "ping" })]);
  const expected = [
    ...MESSAGES,
    { kind: "piece", piece: 3, begin: 100, length: 5000, kept: true },
    { kind: "ping" },
  ];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (cuts) => {
      const sink = new Recorder();
      const parser = new PeerParser(sink);
      let at = 0;
      for (let i = 0; at < stream.length; i++) {
        const length = cuts[i % cuts.length] ?? 1;
        parser.push(stream.slice(at, at + length));
        at += length;
      }
      assert.deepEqual(sink.heard, expected);
      assert.deepEqual(sink.buffer.slice(100, 5100), piece.slice(PIECE_HEAD_BYTES));
      assert.ok(!parser.midMessage);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a piece that nobody wants is skipped, and what follows is read", () => {
  const sink = new Recorder();
  sink.keep = false;
  const parser = new PeerParser(sink);
  parser.push(join([
    pieceFrame({ piece: 0, begin: 0, length: 100 }),
    encodePeer({ kind: "ping" }),
  ]));
  assert.deepEqual(sink.heard, [
    { kind: "piece", piece: 0, begin: 0, length: 100, kept: false },
    { kind: "ping" },
  ]);
});

Deno.test("a length beyond the type's limit or an unknown type ends the reading at once", () => {
  for (
    const [bytes, why] of [
      [[0, 16, 0, 0, 9], "length"],
      [[0, 0, 0, 0, 4], "length"],
      [[0, 0, 0, 1, 0], "type"],
      [[0, 0, 0, 1, 99], "type"],
      [[0, 0, 0, 2, 14, 99], "body"],
      [[0, 0, 0, 3, 1, 1, 1], "body"],
    ] as const
  ) {
    const sink = new Recorder();
    const parser = new PeerParser(sink);
    parser.push(new Uint8Array(bytes));
    parser.push(encodePeer({ kind: "ping" }));
    assert.equal(sink.why, why);
    assert.deepEqual(sink.heard, []);
  }
});

Deno.test("50,000 mutated peer streams break nothing and write nowhere they should not", () => {
  const rng = seededRng(6);
  const frames = [...MESSAGES.map(encodePeer), pieceFrame({ piece: 1, begin: 0, length: 300 })];
  let broken = 0;
  for (let round = 0; round < 50_000; round++) {
    const bytes = (frames[Math.floor(rng.next() * frames.length)] ?? new Uint8Array(1)).slice();
    for (let flips = 1 + Math.floor(rng.next() * 4); flips > 0; flips--) {
      bytes[Math.floor(rng.next() * bytes.length)] = Math.floor(rng.next() * 256);
    }
    const sink = new Recorder();
    new PeerParser(sink).push(bytes);
    if (sink.why !== undefined) broken++;
  }
  assert.ok(broken > 10_000, `${broken} of 50,000 were noticed at once`);
});

Deno.test("index messages survive; mutated ones never throw", () => {
  const file = { id: ID, size: 100_000, piece: 16384, name: "a.mp4", have: new Uint8Array([0xfe]) };
  const peer = { name: NAME, instance: 3, host: "127.0.0.1", port: 7 };
  const frames = [
    encodeIndex("ANNOUNCE", { peer, files: [file], gone: [ID], reset: true, load: 2 }, 1),
    encodeIndex("ANNOUNCED", { leaseMs: 5, refused: [] }, 2, 1),
    encodeIndex("SEARCH", { text: "a", limit: 5 }, 3),
    encodeIndex(
      "FOUND",
      {
        files: [{ ...file, peers: [{ ...peer, held: 3 }], total: 1, seeds: 0 }].map((
          { have: _have, ...rest },
        ) => rest),
        more: false,
      },
      4,
      3,
    ),
    encodeIndex("REPORT", { id: ID, name: NAME, by: NAME, why: "wrong bytes" }, 5),
  ];
  const types = frames.map((bytes) => {
    const deframed = new Deframer().push(bytes);
    assert.ok(deframed.ok);
    const message = decodeIndex(deframed.frames[0] ?? new Uint8Array());
    assert.ok(typeof message === "object");
    return message.type;
  });
  assert.deepEqual(types, ["ANNOUNCE", "ANNOUNCED", "SEARCH", "FOUND", "REPORT"]);
  const rng = seededRng(7);
  for (let round = 0; round < 50_000; round++) {
    const bytes = (frames[round % frames.length] ?? new Uint8Array(9)).slice(4);
    for (let flips = 1 + Math.floor(rng.next() * 3); flips > 0; flips--) {
      bytes[Math.floor(rng.next() * bytes.length)] = Math.floor(rng.next() * 256);
    }
    decodeIndex(bytes.subarray(0, Math.ceil(rng.next() * bytes.length)));
  }
});

Deno.test("announcements with hostile names, sizes or maps are no messages", () => {
  const peer = { name: NAME, instance: 3, host: "h", port: 7 };
  const good = { id: ID, size: 100_000, piece: 16384, name: "a", have: new Uint8Array() };
  const announce = (file: typeof good) =>
    encodeIndex("ANNOUNCE", { peer, files: [file], gone: [], reset: false, load: 0 }, 1);
  announce(good);
  for (
    const bad of [
      { name: "../x" },
      { name: "a\0" },
      { size: 0 },
      { size: 2 ** 53 },
      { piece: 1000 },
      { piece: 8 * 1024 * 1024 },
      { size: 2 ** 45 },
      { have: new Uint8Array(2) },
      { have: new Uint8Array([1]) },
      { id: "AB" as FileId },
    ]
  ) assert.throws(() => announce({ ...good, ...bad }), TypeError);
});
