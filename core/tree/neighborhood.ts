/** Who may be spoken to: the list that membership gives, who of it is alive, and how much each may say. */
import type { NodeName, Peer } from "../ids.ts";
import type { LinkQuality } from "../slots.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { TreeConfig } from "./config.ts";
import { Neighbor } from "./neighbor.ts";

/** What a new list changed. */
export interface ListChange {
  /** New, and alive already. */
  readonly greeted: readonly Neighbor[];
  readonly gone: readonly NodeName[];
  /** Beyond the limit. */
  readonly refused: number;
}

/** All neighbors. */
export class Neighborhood {
  readonly byName = new Map<NodeName, Neighbor>();
  /** Who is alive by keepalive, neighbor or not; keepalive bounds it. */
  readonly #alive = new Map<NodeName, { readonly peer: Peer; readonly link: LinkQuality }>();
  readonly #buckets = new Map<NodeName, TokenBucket>();
  readonly #config: TreeConfig;
  readonly #me: NodeName;
  #refreshAtMs: number;

  constructor(me: NodeName, config: TreeConfig, nowMs: number) {
    this.#me = me;
    this.#config = config;
    this.#refreshAtMs = nowMs + config.interval;
  }

  /** Whether every neighbor is up; false while there is none. */
  get complete(): boolean {
    if (this.byName.size === 0) return false;
    for (const neighbor of this.byName.values()) if (!neighbor.up) return false;
    return true;
  }

  /** Takes membership's list. */
  list(peers: readonly Peer[]): ListChange {
    const named = new Map(peers.map((peer) => [peer.name, peer]));
    named.delete(this.#me);
    const gone = [...this.byName.keys()].filter((name) => !named.has(name));
    for (const name of gone) {
      this.byName.delete(name);
      this.#buckets.delete(name);
    }
    const greeted: Neighbor[] = [];
    let refused = 0;
    for (const [name, peer] of named) {
      const known = this.byName.get(name);
      // Which life it is, keepalive knows better than whoever keeps the list.
      if (known !== undefined && !known.up) known.peer = peer;
      if (known !== undefined) continue;
      if (this.byName.size >= this.#config.neighborsMax) {
        refused++;
        continue;
      }
      const neighbor = new Neighbor(peer);
      this.byName.set(name, neighbor);
      const alive = this.#alive.get(name);
      if (alive === undefined) continue;
      rise(neighbor, alive.peer, alive.link);
      greeted.push(neighbor);
    }
    return { greeted, gone, refused };
  }

  /** Somebody is alive; the neighbor it is, if it is one. */
  up(peer: Peer, link: LinkQuality): Neighbor | undefined {
    this.#alive.set(peer.name, { peer, link });
    const neighbor = this.byName.get(peer.name);
    if (neighbor !== undefined) rise(neighbor, peer, link);
    return neighbor;
  }

  /** Somebody is dead. */
  down(name: NodeName): void {
    this.#alive.delete(name);
    this.byName.get(name)?.forget();
  }

  /** Takes measurements; whether any steady cost changed. */
  measure(links: ReadonlyMap<NodeName, LinkQuality>, nowMs: number): boolean {
    const refresh = nowMs >= this.#refreshAtMs;
    if (refresh) this.#refreshAtMs = nowMs + this.#config.interval;
    let changed = false;
    for (const [name, link] of links) {
      const neighbor = this.byName.get(name);
      if (neighbor?.up && neighbor.measure(link, refresh)) changed = true;
    }
    return changed;
  }

  /** Whether a sender has not yet said too much. Who is no neighbor yet may become one: it is heard too. */
  allows(from: NodeName, nowMs: number): boolean {
    let bucket = this.#buckets.get(from);
    if (bucket === undefined) {
      if (this.#buckets.size >= 2 * this.#config.neighborsMax && !this.#evict()) return false;
      const { messagesPerSecond } = this.#config;
      bucket = new TokenBucket(messagesPerSecond, messagesPerSecond, nowMs);
      this.#buckets.set(from, bucket);
    }
    return bucket.take(nowMs);
  }

  #evict(): boolean {
    for (const name of this.#buckets.keys()) {
      if (!this.byName.has(name)) return this.#buckets.delete(name);
    }
    return false;
  }
}

function rise(neighbor: Neighbor, peer: Peer, link: LinkQuality): void {
  neighbor.peer = peer;
  neighbor.up = true;
  neighbor.measure(link, true);
}
