/** All links of a node: the watched by name, the others by address, all by the token others name them with. */
import { addrKey, type NodeName, sameAddr } from "../ids.ts";
import type { Addr, Rng } from "../ports.ts";
import type { Link } from "./link.ts";
import type { Token } from "./packets.ts";

/** The tables; their limits are kept by whoever adds. */
export class LinkTable {
  readonly watched = new Map<NodeName, Link>();
  /** Those that watch this node and are not watched, or not at this address. */
  readonly watchers = new Map<string, Link>();
  readonly #byToken = new Map<number, Link>();

  constructor(readonly rng: Rng) {}

  /** Every link. */
  *all(): Iterable<Link> {
    yield* this.watched.values();
    yield* this.watchers.values();
  }

  /** A token nobody holds. Its low half is unique, so that a small integer finds the link. */
  newToken(): Token {
    for (;;) {
      const bytes = this.rng.bytes(8);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const token = { high: view.getUint32(0), low: view.getUint32(4) };
      if (!this.#byToken.has(token.low | 0)) return token;
    }
  }

  /** The link that has given this token to the other end. */
  find(high: number, low: number): Link | undefined {
    const link = this.#byToken.get(low | 0);
    return link !== undefined && link.token.high === high ? link : undefined;
  }

  /** Makes a link findable by its token. */
  name(link: Link): void {
    this.#byToken.set(link.token.low | 0, link);
  }

  /** Gives a link another token: packets for the former one are nobody's. */
  rename(link: Link): void {
    this.#byToken.delete(link.token.low | 0);
    link.token = this.newToken();
    this.name(link);
  }

  /** Forgets the token. */
  drop(link: Link): void {
    this.#byToken.delete(link.token.low | 0);
  }

  /** The link that an OPEN by `name` from `from` is about. */
  forOpen(name: NodeName, from: Addr): Link | undefined {
    const link = this.watched.get(name);
    if (
      link !== undefined &&
      (sameAddr(link.addr, from) ||
        (link.answeredFrom !== undefined && sameAddr(link.answeredFrom, from)))
    ) return link;
    return this.watchers.get(addrKey(from));
  }
}
