import assert from "node:assert/strict";
import fc from "fast-check";
import { isFileName, publicName, searchKey } from "./file_name.ts";
import { ByteBucket, RateMeter } from "./meter.ts";
import { PieceMap } from "./piece_map.ts";
import { HOSTILE_NAMES } from "./testing/hostile_names.ts";

Deno.test("no hostile name passes", () => {
  for (const name of HOSTILE_NAMES) assert.ok(!isFileName(name), JSON.stringify(name));
});

Deno.test("plain names in any script pass", () => {
  for (
    const name of ["a.mp4", "Der Schl\u00fcssel (2).mkv", "\u6620\u753b.ts", "a..b", "x%2e%2e.y"]
  ) {
    assert.ok(isFileName(name), name);
    assert.equal(publicName(name), name);
  }
});

Deno.test("whatever a local file is called, what others see is a plain name", () => {
  for (const name of HOSTILE_NAMES) assert.ok(isFileName(publicName(name)), JSON.stringify(name));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      const name = publicName(text);
      assert.ok(isFileName(name), JSON.stringify(name));
      assert.equal(publicName(name), name);
    }),
    { numRuns: 300 },
  );
  assert.equal(publicName("a:b.mp4"), "a_b.mp4");
  assert.match(publicName(`${"x".repeat(300)}.mp4`), /x\.mp4$/);
});

Deno.test("searches ignore case and accents", () => {
  assert.equal(searchKey("CAF\u00c9"), searchKey("cafe\u0301"));
});

Deno.test("a piece map survives the wire; wrong lengths and spare bits are refused", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 100 }), (held) => {
    const map = new PieceMap(held.length);
    held.forEach((has, piece) => has && map.add(piece));
    const back = PieceMap.parse(map.bytes(), held.length);
    assert.ok(back !== undefined);
    assert.deepEqual(held.map((_, piece) => back.has(piece)), held);
    assert.equal(back.held, held.filter(Boolean).length);
  }));
  assert.equal(PieceMap.parse(new Uint8Array(2), 8), undefined);
  assert.equal(PieceMap.parse(new Uint8Array([0x01]), 7), undefined);
  assert.ok(PieceMap.full(9).complete);
});

Deno.test("a byte bucket holds its rate over time whatever the sizes taken", () => {
  const bucket = new ByteBucket(1000, 100, 0);
  let now = 0;
  let taken = 0;
  for (let i = 0; i < 200; i++) {
    const size = 1 + (i * 37) % 700;
    now += bucket.waitMs(now);
    bucket.take(size, now);
    taken += size;
  }
  now += bucket.waitMs(now);
  assert.ok(Math.abs(taken / now - 1) < 0.02, `${taken} bytes in ${now} ms`);
  assert.equal(new ByteBucket(Infinity, 1, 0).waitMs(0), 0);
});

Deno.test("a rate meter follows the last seconds", () => {
  const meter = new RateMeter(2000);
  for (let now = 5000; now < 10_000; now += 10) meter.add(50, now);
  assert.ok(Math.abs(meter.perSecond(10_000) - 5000) < 200);
  assert.ok(meter.perSecond(11_000) < 3500);
  assert.equal(meter.perSecond(13_000), 0);
  assert.equal(meter.totalBytes, 25_000);
});
