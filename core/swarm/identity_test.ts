import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  BLOCK_BYTES,
  blockHashes,
  FileHasher,
  isLayerOf,
  pieceBytesFor,
  pieceCount,
  pieceHash,
  pieceLength,
  rootOfLayer,
  toHex,
} from "./identity.ts";

const sha = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const ZERO = new Uint8Array(32);
const bytes = (length: number): Uint8Array => {
  const all = new Uint8Array(length);
  for (let i = 0; i < length; i++) all[i] = (i * 31 + (i >> 8)) & 255;
  return all;
};

function hashed(content: Uint8Array, pieceBytes: number, chunk = BLOCK_BYTES) {
  const hasher = new FileHasher(content.length, pieceBytes);
  for (let at = 0; at < content.length; at += chunk) hasher.push(content.subarray(at, at + chunk));
  const done = hasher.finish();
  assert.ok(done !== undefined);
  return done;
}

Deno.test("a file of one short block has that block's SHA-256 as its id", () => {
  const abc = new TextEncoder().encode("abc");
  // FIPS 180-4's own example.
  assert.equal(
    hashed(abc, BLOCK_BYTES).shape.id,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("three blocks are padded to four with zero hashes", () => {
  const content = bytes(2 * BLOCK_BYTES + 5);
  const leaf = (i: number) => sha(content.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
  const root = sha(sha(leaf(0), leaf(1)), sha(leaf(2), ZERO));
  assert.equal(hashed(content, 4 * BLOCK_BYTES).shape.id, toHex(root));
});

Deno.test("a last piece is padded as wide as all others, missing pieces by the hash of padding", () => {
  const content = bytes(5 * BLOCK_BYTES);
  const leaf = (i: number) => sha(content.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES));
  const layer = [sha(leaf(0), leaf(1)), sha(leaf(2), leaf(3)), sha(leaf(4), ZERO)];
  const root = sha(
    sha(layer[0] ?? ZERO, layer[1] ?? ZERO),
    sha(layer[2] ?? ZERO, sha(ZERO, ZERO)),
  );
  const found = hashed(content, 2 * BLOCK_BYTES);
  assert.equal(found.shape.id, toHex(root));
  assert.equal(toHex(found.layer), layer.map(toHex).join(""));
});

Deno.test("the id does not depend on the length of pieces or of the chunks that are pushed", () => {
  for (const length of [1, BLOCK_BYTES, BLOCK_BYTES + 1, 9 * BLOCK_BYTES, 33 * BLOCK_BYTES + 7]) {
    const content = bytes(length);
    const ids = [1, 2, 4, 8, 64].map((blocks) =>
      hashed(content, blocks * BLOCK_BYTES, 4 * BLOCK_BYTES).shape.id
    );
    assert.equal(new Set(ids).size, 1, `length ${length}`);
  }
});

Deno.test("every piece verifies on its own, and the layer verifies against the id", () => {
  const content = bytes(11 * BLOCK_BYTES + 100);
  const { shape, layer } = hashed(content, 4 * BLOCK_BYTES);
  assert.ok(isLayerOf(layer, shape));
  for (let piece = 0; piece < pieceCount(shape); piece++) {
    const from = piece * shape.pieceBytes;
    const part = content.slice(from, from + pieceLength(shape, piece));
    assert.deepEqual(
      pieceHash(blockHashes(part), shape),
      layer.subarray(piece * 32, piece * 32 + 32),
    );
    part[part.length - 1] = (part[part.length - 1] ?? 0) ^ 1;
    assert.notDeepEqual(
      pieceHash(blockHashes(part), shape),
      layer.subarray(piece * 32, piece * 32 + 32),
    );
  }
  layer[40] = (layer[40] ?? 0) ^ 1;
  assert.ok(!isLayerOf(layer, shape));
  assert.notEqual(toHex(rootOfLayer(layer, shape.pieceBytes)), shape.id);
});

Deno.test("pieces are 256 KiB to 4 MiB by size", () => {
  assert.equal(pieceBytesFor(1), 256 * 1024);
  assert.equal(pieceBytesFor(200e6), 256 * 1024);
  assert.equal(pieceBytesFor(2e9), 1024 * 1024);
  assert.equal(pieceBytesFor(1e12), 4 * 1024 * 1024);
});

Deno.test("a file that changed its length while it was read has no identity", () => {
  const hasher = new FileHasher(BLOCK_BYTES * 2, BLOCK_BYTES);
  hasher.push(bytes(BLOCK_BYTES));
  assert.equal(hasher.finish(), undefined);
});
