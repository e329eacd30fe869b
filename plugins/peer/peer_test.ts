import assert from "node:assert/strict";
import { parseRange } from "./http_files.ts";
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
