/** The neighbors of a node, and those it only measures: who is kept, who is watched, who goes. */
import { type NodeName, type Peer, samePeer } from "../../core/ids.ts";

/** Neighbors at most: as many as one answer lists, and as many again in their grace. */
export const NEIGHBORS_MAX = 512;
/** Nodes measured at once at most: as many as one answer asks for. */
export const MEASURED_MAX = 16;

/** What keepalive is told to do. */
export type WatchOrder =
  | { readonly kind: "watch"; readonly peer: Peer }
  | { readonly kind: "unwatch"; readonly name: NodeName };

interface Held {
  readonly peer: Peer;
  /** Undefined while the newest list names it; else it goes at this time. */
  readonly graceUntilMs: number | undefined;
}

/** Sets of peers; every change tells what keepalive has to do. */
export class Neighbors {
  readonly #own: NodeName;
  readonly #fixed: ReadonlyMap<NodeName, Peer>;
  #held = new Map<NodeName, Held>();
  readonly #measured = new Map<NodeName, { readonly peer: Peer; readonly untilMs: number }>();
  #orders: WatchOrder[] = [];
  #changed = false;

  /** `fixed` are neighbors whatever any list says. */
  constructor(own: NodeName, fixed: readonly Peer[]) {
    this.#own = own;
    this.#fixed = new Map(
      fixed.filter((peer) => peer.name !== own).map((peer) => [peer.name, peer]),
    );
  }

  list(): readonly Peer[] {
    return [...this.#held.values()].map((held) => held.peer);
  }

  /** Orders since the last call, and whether the list of neighbors changed. */
  take(): { readonly orders: readonly WatchOrder[]; readonly changed: boolean } {
    const taken = { orders: this.#orders, changed: this.#changed };
    this.#orders = [];
    this.#changed = false;
    return taken;
  }

  /**
   * A new list. Who is not on it any more, but alive, stays until `graceUntilMs`: a bootstrapper that
   * has just started knows few nodes, and its short list must not tear links down.
   */
  replace(listed: readonly Peer[], alive: ReadonlySet<NodeName>, graceUntilMs: number): void {
    const wanted = new Map(this.#fixed);
    for (const peer of listed) {
      if (peer.name !== this.#own && wanted.size < NEIGHBORS_MAX) wanted.set(peer.name, peer);
    }
    for (const peer of wanted.values()) this.#keep(peer);
    for (const [name, held] of this.#held) {
      if (wanted.has(name)) continue;
      if (!alive.has(name) || this.#held.size > NEIGHBORS_MAX) this.#drop(name);
      else if (held.graceUntilMs === undefined) this.#held.set(name, { ...held, graceUntilMs });
    }
  }

  /** This one is dead: if it is here only by grace, it goes. */
  down(name: NodeName): void {
    if (this.#held.get(name)?.graceUntilMs !== undefined) this.#drop(name);
  }

  /** Watches nodes for a while, so that their round trip is known. */
  measure(peers: readonly Peer[], untilMs: number): void {
    for (const peer of peers) {
      if (peer.name === this.#own || this.#held.has(peer.name)) continue;
      const known = this.#measured.get(peer.name);
      if (known === undefined && this.#measured.size >= MEASURED_MAX) continue;
      this.#measured.set(peer.name, { peer, untilMs });
      if (known === undefined) this.#orders.push({ kind: "watch", peer });
      else if (!samePeer(known.peer, peer)) this.#rewatch(peer);
    }
  }

  /** When the next one goes by itself. */
  dueMs(): number | undefined {
    let due = Infinity;
    for (const held of this.#held.values()) due = Math.min(due, held.graceUntilMs ?? Infinity);
    for (const measured of this.#measured.values()) due = Math.min(due, measured.untilMs);
    return due === Infinity ? undefined : due;
  }

  /** Lets those go whose time is up. */
  expire(nowMs: number): void {
    for (const [name, held] of this.#held) {
      if (held.graceUntilMs !== undefined && held.graceUntilMs <= nowMs) this.#drop(name);
    }
    for (const [name, measured] of this.#measured) {
      if (measured.untilMs > nowMs) continue;
      this.#measured.delete(name);
      this.#orders.push({ kind: "unwatch", name });
    }
  }

  /** Lets all go. */
  clear(): void {
    for (const name of [...this.#held.keys()]) this.#drop(name);
    for (const name of this.#measured.keys()) this.#orders.push({ kind: "unwatch", name });
    this.#measured.clear();
  }

  #keep(peer: Peer): void {
    const held = this.#held.get(peer.name);
    this.#held.set(peer.name, { peer, graceUntilMs: undefined });
    if (held !== undefined && samePeer(held.peer, peer)) return;
    this.#changed = true;
    const measured = this.#measured.get(peer.name);
    if (held === undefined && measured === undefined) this.#orders.push({ kind: "watch", peer });
    else if (!samePeer(held?.peer ?? measured?.peer ?? peer, peer)) this.#rewatch(peer);
    // A watch that was there for measuring is the neighbor's from here on.
    this.#measured.delete(peer.name);
  }

  #drop(name: NodeName): void {
    this.#held.delete(name);
    this.#orders.push({ kind: "unwatch", name });
    this.#changed = true;
  }

  /** Watches are counted: the new one comes before the old one goes, so that the link is never forgotten. */
  #rewatch(peer: Peer): void {
    this.#orders.push({ kind: "watch", peer }, { kind: "unwatch", name: peer.name });
  }
}
