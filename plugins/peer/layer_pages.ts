/** The piece layer as it comes in pages from one peer at a time, so that a wrong one has one author. */
import { HASH_BYTES } from "../../core/swarm/identity.ts";
import { LAYER_PAGE } from "../../core/swarm/peer_messages.ts";
import type { ConnectionId } from "./remote.ts";

/** Pages of one layer. */
export class LayerPages {
  readonly #pieces: number;
  readonly #parts = new Map<number, Uint8Array>();
  /** Who is asked for it just now. */
  from: ConnectionId | undefined;

  constructor(pieces: number) {
    this.#pieces = pieces;
  }

  /** Begins anew with this peer; tells the pages to ask for. */
  begin(from: ConnectionId): readonly { readonly first: number; readonly count: number }[] {
    this.from = from;
    this.#parts.clear();
    return Array.from({ length: Math.ceil(this.#pieces / LAYER_PAGE) }, (_, page) => {
      const first = page * LAYER_PAGE;
      return { first, count: Math.min(LAYER_PAGE, this.#pieces - first) };
    });
  }

  /** Takes a page; the last one that lacked gives the whole layer. */
  add(first: number, hashes: Uint8Array): Uint8Array | "incomplete" | "malformed" {
    const count = Math.min(LAYER_PAGE, this.#pieces - first);
    if (first % LAYER_PAGE !== 0 || hashes.length !== count * HASH_BYTES) return "malformed";
    this.#parts.set(first, hashes);
    if (this.#parts.size < Math.ceil(this.#pieces / LAYER_PAGE)) return "incomplete";
    const layer = new Uint8Array(this.#pieces * HASH_BYTES);
    for (const [at, part] of this.#parts) layer.set(part, at * HASH_BYTES);
    this.#parts.clear();
    this.from = undefined;
    return layer;
  }
}
