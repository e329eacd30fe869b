import assert from "node:assert/strict";
import { PieceMap } from "./piece_map.ts";
import { stripOf } from "./strip.ts";

Deno.test("a strip shows nothing, parts and wholes of a piece map, in at most as many columns as asked", () => {
  assert.equal(stripOf(new PieceMap(5)), "00000");
  assert.equal(stripOf(PieceMap.full(5)), "fffff");
  const map = new PieceMap(4096);
  for (let piece = 0; piece < 1024; piece++) map.add(piece);
  map.add(4095);
  const strip = stripOf(map);
  assert.equal(strip.length, 128);
  assert.equal(strip, `${"f".repeat(32)}${"0".repeat(95)}1`);
  for (let piece = 0; piece < 4095; piece++) if (piece !== 2000) map.add(piece);
  assert.equal(stripOf(map).indexOf("e"), Math.floor(2000 / 32));
});
