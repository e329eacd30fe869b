/** The piece layer as it comes in pages from one peer at a time, so that a wrong one has one author. */
import { type FileShape, HASH_BYTES, isLayerOf, pieceCount } from "../../core/swarm/identity.ts";
import { LAYER_PAGE, type PeerMessage } from "../../core/swarm/peer_messages.ts";
import type { ConnectionId, Remote } from "./remote.ts";

/** Pages of one layer. */
export class LayerPages {
  readonly #shape: FileShape;
  readonly #pieces: number;
  readonly #parts = new Map<number, Uint8Array>();
  /** Who is asked for it just now; undefined: the next one may be. */
  from: ConnectionId | undefined;

  constructor(shape: FileShape) {
    this.#shape = shape;
    this.#pieces = pieceCount(shape);
  }

  /** Begins anew with this peer, unless another is asked just now: the pages to ask it for. */
  ask(remote: Remote, nowMs: number): readonly PeerMessage[] {
    if (this.from !== undefined || remote.map.held === 0) return [];
    this.from = remote.info.connection;
    remote.layerAskedMs = nowMs;
    this.#parts.clear();
    return Array.from({ length: Math.ceil(this.#pieces / LAYER_PAGE) }, (_, page) => {
      const first = page * LAYER_PAGE;
      return { kind: "want-layer", first, count: Math.min(LAYER_PAGE, this.#pieces - first) };
    });
  }

  /** Takes a page; the last one that lacked gives the whole layer, if it is the file's. */
  add(
    remote: Remote,
    first: number,
    hashes: Uint8Array,
    nowMs: number,
  ): Uint8Array | "malformed" | "wrong-layer" | undefined {
    if (this.from !== remote.info.connection) return undefined;
    const count = Math.min(LAYER_PAGE, this.#pieces - first);
    if (first % LAYER_PAGE !== 0 || hashes.length !== count * HASH_BYTES) return "malformed";
    this.#parts.set(first, hashes);
    remote.layerAskedMs = nowMs;
    if (this.#parts.size < Math.ceil(this.#pieces / LAYER_PAGE)) return undefined;
    const layer = new Uint8Array(this.#pieces * HASH_BYTES);
    for (const [at, part] of this.#parts) layer.set(part, at * HASH_BYTES);
    this.#parts.clear();
    this.from = undefined;
    remote.layerAskedMs = undefined;
    return isLayerOf(layer, this.#shape) ? layer : "wrong-layer";
  }
}
