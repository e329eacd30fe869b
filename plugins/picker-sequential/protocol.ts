/** In order, from the first reader's place on, then from the beginning: simple, and bad for the swarm. */
import type { PickerView } from "../../core/slots.ts";

/** The first piece that can be asked for. */
export function next(view: PickerView): number | undefined {
  const from = Math.min(view.pieces, ...view.heads.map((head) => head.piece));
  const start = from === view.pieces ? 0 : from;
  for (let i = 0; i < view.pieces; i++) {
    const piece = (start + i) % view.pieces;
    if (view.free(piece) || view.begun(piece)) return piece;
  }
  return undefined;
}
