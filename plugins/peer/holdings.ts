/** Who holds what of a file, as its peers say. */
import type { NodeName } from "../../core/ids.ts";
import { type FileShape, pieceLength } from "../../core/swarm/identity.ts";
import type { PeerMessage } from "../../core/swarm/peer_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Fetcher } from "./fetching.ts";
import type { Remote } from "./remote.ts";

/** A peer holds a piece. */
export function learn(fetcher: Fetcher, remote: Remote, piece: number): void {
  if (!remote.map.add(piece)) return;
  fetcher.countCopy(piece, 1);
  if (fetcher.isMissing(piece)) remote.useful++;
}

/** A peer does not hold a piece that it claimed. */
export function unlearn(fetcher: Fetcher, remote: Remote, piece: number): void {
  if (!remote.map.delete(piece)) return;
  fetcher.countCopy(piece, -1);
  if (fetcher.isMissing(piece)) remote.useful--;
}

/** A peer tells all that it holds, once; false when it is no such list. */
export function learnAll(fetcher: Fetcher, remote: Remote, bits: Uint8Array): boolean {
  const { pieces } = remote.map;
  const map = PieceMap.parse(bits, pieces);
  if (map === undefined || remote.map.held > 0) return false;
  for (let piece = 0; piece < pieces; piece++) {
    if (map.has(piece)) learn(fetcher, remote, piece);
  }
  return true;
}

/** Who downloads shares the pieces out by the order of names. */
export function shareOut(fetcher: Fetcher, own: NodeName, remotes: Iterable<Remote>): void {
  const others = [...remotes].filter((remote) => !remote.map.complete);
  const rank = others.filter((remote) => remote.info.name < own).length;
  fetcher.share = { rank, of: others.length + 1 };
}

/** A piece is here: what a peer is told of it, and of what this node wants of it still. */
export function toldOf(piece: number, remote: Remote, isComplete: boolean): PeerMessage[] {
  const messages: PeerMessage[] = [];
  if (!remote.map.has(piece)) messages.push({ kind: "have", pieces: [piece] });
  else remote.useful--;
  if (remote.weWant && (remote.useful <= 0 || isComplete)) {
    remote.weWant = false;
    messages.push({ kind: "not-interested" });
  }
  return messages;
}

/** Numbers in a row, thrown apart (Knuth's multiplicative hash). */
export function scatter(piece: number): number {
  return (Math.imul(piece + 1, 2_654_435_761) >>> 0) >>> 8;
}

/** Bytes of a file that are verified and on disk. */
export function verifiedBytes(shape: FileShape, held: PieceMap): number {
  const last = held.pieces - 1;
  const short = shape.pieceBytes - pieceLength(shape, last);
  return held.held * shape.pieceBytes - (held.has(last) ? short : 0);
}
