/** Rarest first: what the fewest peers hold is fetched before it is lost, and is soon there to be traded. */
import type { PickerView } from "../slots.ts";

/**
 * The rarest of the pieces that `may` names; of equals those that are this node's own share, then
 * by lot, so that peers do not all ask for the same. One that nobody else holds cannot be beaten: the first of
 * these after a place drawn by lot is taken, which a large file feels.
 */
function rarestOf(view: PickerView, may: (piece: number) => boolean): number | undefined {
  let best: number | undefined;
  let bestCopies = Infinity;
  let bestPreferred = false;
  let ties = 0;
  const from = Math.floor(view.random() * view.pieces);
  for (let i = 0; i < view.pieces; i++) {
    const piece = (from + i) % view.pieces;
    if (!may(piece)) continue;
    const copies = view.copies(piece);
    if (copies > bestCopies) continue;
    const preferred = view.preferred?.(piece) ?? true;
    if (copies <= 1 && preferred) return piece;
    if (copies === bestCopies && bestPreferred && !preferred) continue;
    if (copies < bestCopies || preferred !== bestPreferred) {
      bestCopies = copies;
      bestPreferred = preferred;
      ties = 0;
    }
    if (view.random() * ++ties < 1) best = piece;
  }
  return best;
}

/** The rarest free piece, else a part of the rarest that others have begun. */
export function rarest(view: PickerView): number | undefined {
  return rarestOf(view, (piece) => view.free(piece)) ??
    rarestOf(view, (piece) => view.begun(piece));
}
