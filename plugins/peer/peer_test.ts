import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { PiecePicker } from "../../core/slots.ts";
import { BLOCK_BYTES, blockHashes, FileHasher, pieceCount } from "../../core/swarm/identity.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import { provePiece } from "../../core/swarm/piece_proof.ts";
import { Fetcher } from "./fetching.ts";
import { parseRange } from "./http_files.ts";
import { Remote } from "./remote.ts";
import { Uploads } from "./uploads.ts";

Deno.test("ranges are read as RFC 9110 has them", () => {
  assert.deepEqual(parseRange("bytes=0-9", 100), { from: 0, to: 10 });
  assert.deepEqual(parseRange("bytes=90-", 100), { from: 90, to: 100 });
  assert.deepEqual(parseRange("bytes=-10", 100), { from: 90, to: 100 });
  assert.deepEqual(parseRange("bytes=-1000", 100), { from: 0, to: 100 });
  assert.deepEqual(parseRange("bytes=5-1000", 100), { from: 5, to: 100 });
  assert.equal(parseRange("bytes=100-", 100), "none");
  assert.equal(parseRange("bytes=-0", 100), "none");
  for (const bad of ["bytes=9-5", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes=a-b", ""]) {
    assert.equal(parseRange(bad, 100), undefined, bad);
  }
});

Deno.test("uploads go round the peers, and keep the rate of all and of each", () => {
  const uploads = new Uploads(100_000, 60_000, 0);
  for (const connection of [1, 2]) {
    for (let i = 0; i < 400; i++) {
      uploads.add(connection, { piece: i, begin: 0, length: 1000 }, 0);
    }
  }
  const sent = new Map<number, number>();
  for (let nowMs = 0; nowMs < 3000;) {
    const next = uploads.next(nowMs);
    if (next.kind === "idle") break;
    if (next.kind === "wait") nowMs += next.ms;
    else sent.set(next.connection, (sent.get(next.connection) ?? 0) + next.span.length);
  }
  const [one, two] = [sent.get(1) ?? 0, sent.get(2) ?? 0];
  assert.ok(Math.abs(one - two) <= 2000, `${one} and ${two}`);
  assert.ok(one + two <= 326_000 + 2000, `${one + two} in 3 s`);
  assert.ok(one + two >= 295_000, `${one + two} in 3 s`);
});

Deno.test("a peer that asks for too much at once is told so", () => {
  const uploads = new Uploads(Infinity, Infinity, 0);
  let taken = 0;
  while (uploads.add(1, { piece: taken, begin: 0, length: 1 }, 0)) taken++;
  assert.equal(taken, 512);
});

/** A download that two peers hold, of pieces of four blocks; `wanted` says which piece is picked without readers. */
function ofTwo(length: number, wanted: () => number = () => 0) {
  const bytes = new Uint8Array(length).fill(7);
  const hasher = new FileHasher(length, 4 * BLOCK_BYTES);
  hasher.push(bytes);
  const identity = hasher.finish();
  assert.ok(identity !== undefined);
  const { shape, layer } = identity;
  const held = new PieceMap(pieceCount(shape));
  const picker: PiecePicker = {
    next: (view) => {
      const piece = view.heads[0]?.piece ?? wanted();
      return view.free(piece) || view.begun(piece) ? piece : undefined;
    },
  };
  const fetcher = new Fetcher({ shape, held, picker, random: () => 0, bufferBytes: 4 });
  fetcher.layer = layer;
  const remotes = ["a", "b"].map((name, connection) => {
    const info = { connection, name: name as NodeName, instance: 1, host: "h", port: 1 };
    const remote = new Remote({ ...info, dialed: true }, held.pieces, 0);
    for (let piece = 0; piece < held.pieces; piece++) remote.map.add(piece);
    remote.useful = held.pieces;
    remote.choked = false;
    return remote;
  });
  return { bytes, fetcher, remotes };
}

Deno.test("what comes late from a peer that is waited for no more changes no piece", () => {
  const { bytes, fetcher, remotes } = ofTwo(4 * BLOCK_BYTES);
  const [slow, other] = remotes;
  assert.ok(slow !== undefined && other !== undefined);
  const [first] = fetcher.next(slow, remotes, 0);
  assert.ok(first !== undefined);
  const lateRoom = fetcher.begins(slow, first);
  assert.ok(lateRoom !== undefined);
  fetcher.release(slow, remotes);
  const spans = fetcher.next(other, remotes, 0);
  assert.ok(spans.some(({ begin }) => begin === first.begin), "another is asked for the same");
  let whole: ReturnType<Fetcher["ends"]>["whole"];
  for (const span of spans) {
    fetcher.begins(other, span)?.set(bytes.subarray(span.begin, span.begin + span.length));
    whole = fetcher.ends(other, span, true, remotes).whole;
    // The first one lies now, where it was told that its payload goes.
    lateRoom.fill(99);
  }
  assert.equal(fetcher.ends(slow, first, true, remotes).whole, undefined);
  assert.ok(whole !== undefined);
  assert.ok(provePiece(whole.assembly.bytes, whole.target).isRight);
  assert.deepEqual([...whole.assembly.senders()], [other.info.connection]);
});

Deno.test("a reader that jumps calls off what holds it up, but nothing that has begun to come", () => {
  const { fetcher, remotes } = ofTwo(80 * BLOCK_BYTES);
  const [one] = remotes;
  assert.ok(one !== undefined);
  const spans = fetcher.next(one, remotes, 0);
  assert.ok(spans.length > 1);
  const [first] = spans;
  assert.ok(first !== undefined && fetcher.begins(one, first) !== undefined);
  const late = fetcher.read([{ piece: 15, piecesPerSecond: 0 }], remotes);
  assert.deepEqual(late.map(({ span }) => span), spans.slice(1));
  assert.deepEqual([...one.asked.values()].map(({ piece }) => piece), [first.piece]);
  const again = fetcher.next(one, remotes, 0);
  assert.ok(again.length > 0 && again.every(({ piece }) => piece === 15));
  // Going on to the next piece is no jump, and what is asked for there stays.
  assert.deepEqual(fetcher.read([{ piece: 16, piecesPerSecond: 1 }], remotes), []);
  assert.deepEqual(fetcher.read([], remotes), []);
});

Deno.test("a reader finds memory for its piece where others fill it", () => {
  let wanted = 0;
  const { fetcher, remotes } = ofTwo(80 * BLOCK_BYTES, () => wanted);
  const [one] = remotes;
  assert.ok(one !== undefined);
  // Something of every piece that memory takes comes, and no piece is whole.
  for (; wanted < 4; wanted++) {
    const [span] = fetcher.next(one, remotes, 0);
    assert.ok(span !== undefined);
    fetcher.begins(one, span);
    fetcher.ends(one, span, true, remotes);
    fetcher.release(one, remotes);
  }
  wanted = 19;
  assert.equal(fetcher.inMemory, 4);
  assert.deepEqual(fetcher.next(one, remotes, 0), []);
  fetcher.read([{ piece: 19, piecesPerSecond: 0 }], remotes);
  assert.equal(fetcher.next(one, remotes, 0)[0]?.piece, 19);
});

Deno.test("with the hashes of its blocks a piece is read before it is whole, and who sent a wrong block is known", () => {
  const { bytes, fetcher, remotes } = ofTwo(8 * BLOCK_BYTES);
  const [one, other] = remotes;
  assert.ok(one !== undefined && other !== undefined);
  fetcher.read([{ piece: 0, begin: BLOCK_BYTES, piecesPerSecond: 0 }], remotes);
  assert.equal(fetcher.wantsLeaves(one, remotes, 0), 0);
  assert.equal(fetcher.wantsLeaves(other, remotes, 0), undefined, "one is asked");
  const leaves = blockHashes(bytes.subarray(0, 4 * BLOCK_BYTES));
  assert.equal(fetcher.learn(other, 0, leaves.slice(32)), fetcher.learn(other, 0, leaves));
  assert.equal(fetcher.learn(one, 0, leaves.slice(32)), "wrong");
  const come = (remote: (typeof remotes)[number], value: number) => {
    const [span] = fetcher.next(remote, remotes, 0);
    assert.ok(span !== undefined);
    fetcher.begins(remote, span)?.fill(value);
    return { span, ...fetcher.ends(remote, span, true, remotes) };
  };
  const first = come(one, 7);
  assert.equal(first.span.begin, BLOCK_BYTES, "where the reader begins");
  assert.equal(fetcher.proven(BLOCK_BYTES), 0);
  assert.deepEqual(fetcher.learn(one, 0, leaves), new Set());
  assert.equal(fetcher.proven(BLOCK_BYTES), first.span.length);
  assert.equal(fetcher.proven(0), 0);
  const into = new Uint8Array(10);
  assert.ok(fetcher.copy(BLOCK_BYTES + 3, into));
  assert.deepEqual(into, new Uint8Array(10).fill(7));
  assert.equal(fetcher.copy(0, into), false);
  assert.deepEqual([...come(other, 8).liars], [other.info.connection]);
  assert.equal(fetcher.copy(BLOCK_BYTES + first.span.length, into), false);
});
