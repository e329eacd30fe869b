/** A piece map made short: as many columns as a picture has, each with the share of its pieces that are held. */
import type { PieceMap } from "./piece_map.ts";

/** Columns of a strip at most. */
export const STRIP_COLUMNS = 128;

/** One hexadecimal digit a column, 0 (nothing) to f (everything); fewer columns where there are fewer pieces. */
export function stripOf(map: PieceMap, columns: number = STRIP_COLUMNS): string {
  const count = Math.min(columns, map.pieces);
  let strip = "";
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * map.pieces) / count);
    const to = Math.floor(((i + 1) * map.pieces) / count);
    let held = 0;
    for (let piece = from; piece < to; piece++) if (map.has(piece)) held++;
    // What is not whole never looks so, and what is begun never looks empty.
    const share = held / (to - from);
    const digit = share === 1
      ? 15
      : share === 0
      ? 0
      : Math.min(14, Math.max(1, Math.round(15 * share)));
    strip += digit.toString(16);
  }
  return strip;
}
