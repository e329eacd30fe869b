/** What other peers ask of this node: what fits the file and is not too much. */
import { type FileShape, HASH_BYTES, pieceCount, pieceLength } from "../../core/swarm/identity.ts";
import {
  LAYER_PAGE,
  type PeerMessage,
  type Span,
  SPAN_MAX_BYTES,
} from "../../core/swarm/peer_messages.ts";
import type { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Remote } from "./remote.ts";

/** A layer may be asked for this many times over one connection. */
const LAYERS_SERVED = 4;

/** Whether a request is answered, refused, or let go because it crossed a CHOKE: both sides know it is void. */
export function judgeRequest(
  remote: Remote,
  { piece, begin, length }: Span,
  shape: FileShape,
  held: PieceMap,
): "serve" | "reject" | "void" | "malformed" {
  const fits = piece < pieceCount(shape) && length > 0 && length <= SPAN_MAX_BYTES &&
    begin + length <= pieceLength(shape, piece);
  if (!fits) return "malformed";
  if (!remote.unchoked) return "void";
  return held.has(piece) ? "serve" : "reject";
}

/** A page of the layer for a peer that wants it; nothing while there is none. */
export function layerFor(
  remote: Remote,
  { first, count }: { readonly first: number; readonly count: number },
  shape: FileShape,
  layer: Uint8Array | undefined,
): PeerMessage | "flood" | "malformed" | undefined {
  const pieces = pieceCount(shape);
  remote.layerServed += count;
  if (remote.layerServed > LAYERS_SERVED * pieces + LAYER_PAGE) return "flood";
  if (count < 1 || count > LAYER_PAGE || first + count > pieces) return "malformed";
  if (layer === undefined) return undefined;
  const hashes = layer.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
  return { kind: "layer", first, hashes };
}

/** Whether a peer gets the hashes of a piece's blocks. Where it does not, it verifies the piece as a whole. */
export function mayHaveLeaves(
  remote: Remote,
  piece: number,
  held: PieceMap,
  nowMs: number,
): boolean {
  return remote.unchoked && held.has(piece) && remote.leavesBucket.take(nowMs);
}
