/**
 * For files that are played while they download. Ahead of each reader lies a window in which pieces have
 * deadlines: the time until the reader gets there. Peers are put to the earliest piece that they can
 * help in time, several to one piece; a slow peer takes a later one. Beyond the windows the rarest piece
 * comes first (BiToS, Vlavianos and others 2006, divides a file the same way).
 */
import type { PickerView, PlayHead } from "../../core/slots.ts";
import { rarest } from "../../core/swarm/rarest.ts";
import type { Config } from "./config.ts";

/** A peer helps a piece in time if it delivers this share of one until the deadline: many slow ones help together. */
const SHARE = 1 / 16;

/** The first piece of a window that this peer can help in time, else the first it can help at all. */
function inWindow(view: PickerView, head: PlayHead, config: Config): number | undefined {
  const { piecesPerSecond } = head;
  const length = Math.max(config.windowPieces, (piecesPerSecond * config.window) / 1000);
  const end = Math.min(view.pieces, Math.ceil(head.piece + length));
  const shareMs = view.piecesPerSecond > 0 ? (SHARE * 1000) / view.piecesPerSecond : 0;
  let first: number | undefined;
  for (let piece = head.piece; piece < end; piece++) {
    if (!view.free(piece) && !view.begun(piece)) continue;
    first ??= piece;
    const deadlineMs = piecesPerSecond > 0
      ? ((piece - head.piece + 1) * 1000) / piecesPerSecond
      : Infinity;
    if (deadlineMs >= shareMs) return piece;
  }
  return first;
}

/** The piece that this peer serves the readers best with: the nearest to one of them, of equals the newest reader's. */
export function next(view: PickerView, config: Config): number | undefined {
  let best: number | undefined;
  let bestLead = Infinity;
  for (const head of view.heads) {
    const piece = inWindow(view, head, config);
    if (piece === undefined || piece - head.piece > bestLead) continue;
    best = piece;
    bestLead = piece - head.piece;
  }
  return best ?? rarest(view);
}
