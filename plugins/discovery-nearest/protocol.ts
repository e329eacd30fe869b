/**
 * Who is whose neighbor, without a map: random rings through all nodes hold the graph together, the
 * nearest nodes by measured round trip make it short, viewers hang on as leaves. Given the same calls it
 * gives the same answers; no clock, no chance.
 */
import type { NodeName } from "../../core/ids.ts";
import type { Registration } from "../../core/slots.ts";
import { Cheapest } from "./cheapest.ts";
import type { Config } from "./config.ts";
import { componentsOf, Graph, mix, nameHash, pairHash } from "./graph.ts";

/** Roles that carry no streams for others: such nodes hang on as leaves. */
const LEAF_ROLES: ReadonlySet<string> = new Set(["viewer", "index", "bootstrap"]);
/** Stands for a round trip nobody has measured. */
const UNKNOWN_MS = 1e9;
/** Puts every POP before every node that is none, for a viewer. */
const NOT_POP_MS = 1e10;

/** A node as the assignment sees it. */
interface Node {
  readonly name: NodeName;
  readonly hash: number;
  readonly pop: boolean;
  readonly rttMs: ReadonlyMap<NodeName, number>;
}

/** One node's wish for another, lower `cost` first. */
interface Wish {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

/** Whether a node only consumes. */
function isLeaf(registration: Registration): boolean {
  return registration.peer.roles.every((role) => LEAF_ROLES.has(role));
}

const byCost = (a: Wish, b: Wish): number => a.cost - b.cost || a.from - b.from || a.to - b.to;

/** The brain of `discovery-nearest`. Remembers only what hysteresis needs: whom each node had picked. */
export class NearestDiscovery {
  readonly #config: Config;
  #picked = new Map<NodeName, ReadonlySet<NodeName>>();
  #relays: readonly Node[] = [];
  #last: ReadonlyMap<NodeName, readonly NodeName[]> = new Map();
  #known = new Map<NodeName, ReadonlyMap<NodeName, number>>();
  #rounds = new Map<NodeName, number>();

  constructor(config: Config) {
    this.#config = config;
  }

  assign(nodes: readonly Registration[]): ReadonlyMap<NodeName, readonly NodeName[]> {
    const sorted = [...nodes].sort((a, b) => a.peer.name < b.peer.name ? -1 : 1);
    const nodeOf = ({ peer, rttMs }: Registration): Node => ({
      name: peer.name,
      hash: nameHash(peer.name),
      pop: peer.pop,
      rttMs,
    });
    const relays = sorted.filter((one) => !isLeaf(one)).map(nodeOf);
    const leaves = sorted.filter(isLeaf).map(nodeOf);
    const indexes = new Map(relays.map((node, index) => [node.name, index]));
    const picked = new Map<NodeName, ReadonlySet<NodeName>>();
    const graph = new Graph(relays.length);
    this.#layRings(relays, graph);
    const wishes = this.#wishes(relays, indexes);
    const counts = this.#pickNearest(relays, graph, wishes, picked);
    this.#fillUp(relays, graph, counts);
    this.#bridge(relays, graph, wishes);
    const result = new Map<NodeName, NodeName[]>(sorted.map(({ peer }) => [peer.name, []]));
    relays.forEach((node, index) => {
      for (const other of graph.neighbors(index)) {
        const name = relays[other]?.name;
        if (name !== undefined) result.get(node.name)?.push(name);
      }
    });
    this.#attachLeaves(leaves, relays, result, picked);
    for (const names of result.values()) names.sort();
    this.#remember(relays, sorted, result, picked);
    return result;
  }

  /**
   * Whom to measure next: unmeasured neighbors of the nearest neighbors first (who is near my neighbor
   * is likely near me), the rest by a draw that turns with every call.
   */
  measure(name: NodeName): readonly NodeName[] {
    const own = this.#last.get(name);
    const measured = this.#known.get(name);
    if (own === undefined || measured === undefined || this.#relays.length === 0) return [];
    const relayNames = new Set(this.#relays.map((node) => node.name));
    const chosen = new Set<NodeName>();
    const wanted = (other: NodeName): boolean =>
      other !== name && !own.includes(other) && !chosen.has(other) && relayNames.has(other);
    const near = [...own].sort((a, b) =>
      (measured.get(a) ?? UNKNOWN_MS) - (measured.get(b) ?? UNKNOWN_MS) || (a < b ? -1 : 1)
    );
    const fromNear = Math.ceil(this.#config.measure / 2);
    for (const neighbor of near) {
      for (const other of this.#last.get(neighbor) ?? []) {
        if (chosen.size >= fromNear) break;
        if (wanted(other) && !measured.has(other)) chosen.add(other);
      }
    }
    const round = this.#rounds.get(name) ?? 0;
    this.#rounds.set(name, round + 1);
    const offset = mix(nameHash(name) + round * this.#config.measure) % this.#relays.length;
    for (const unmeasuredOnly of [true, false]) {
      for (let i = 0; i < this.#relays.length && chosen.size < this.#config.measure; i++) {
        const other = this.#relays[(offset + i) % this.#relays.length]?.name;
        if (other === undefined || !wanted(other)) continue;
        if (!unmeasuredOnly || !measured.has(other)) chosen.add(other);
      }
    }
    return [...chosen];
  }

  /** Each ring goes through all nodes in an order drawn from their names: a newcomer changes two links. */
  #layRings(relays: readonly Node[], graph: Graph): void {
    for (let ring = 0; ring < Math.ceil(this.#config.random / 2); ring++) {
      const place = relays.map((node) => mix(node.hash + Math.imul(ring + 1, 0x9e3779b1)));
      const order = relays.map((_, index) => index)
        .sort((a, b) => (place[a] ?? 0) - (place[b] ?? 0) || a - b);
      order.forEach((index, i) => graph.link(index, order[(i + 1) % order.length] ?? index));
    }
  }

  /** A round trip as it competes: one that is held already is better by the hysteresis. */
  #competing(rttMs: number, held: boolean): number {
    const { hysteresis, slack } = this.#config;
    return held ? Math.max(0, rttMs * (1 - hysteresis) - slack) : rttMs;
  }

  /** Each node's best few measured nodes, cheapest wish of all first. */
  #wishes(relays: readonly Node[], indexes: ReadonlyMap<NodeName, number>): readonly Wish[] {
    const few = 2 * this.#config.nearest + 2;
    const all: Wish[] = [];
    relays.forEach((node, from) => {
      const held = this.#picked.get(node.name);
      const own = new Cheapest(few);
      for (const [name, rttMs] of node.rttMs) {
        const to = indexes.get(name);
        if (to === undefined || to === from) continue;
        own.offer(to, this.#competing(rttMs, held?.has(name) ?? false), to);
      }
      own.indexes.forEach((to, place) => all.push({ from, to, cost: own.costAt(place) }));
    });
    return all.sort(byCost);
  }

  /** Grants wishes, cheapest first, as far as both sides have room; tells how many each node got. */
  #pickNearest(
    relays: readonly Node[],
    graph: Graph,
    wishes: readonly Wish[],
    picked: Map<NodeName, ReadonlySet<NodeName>>,
  ): Int32Array {
    const counts = new Int32Array(relays.length);
    const sets = relays.map(() => new Set<NodeName>());
    for (const { from, to } of wishes) {
      if ((counts[from] ?? 0) >= this.#config.nearest) continue;
      if (!graph.has(from, to)) {
        if (!this.#room(graph, from) || !this.#room(graph, to)) continue;
        graph.link(from, to);
      }
      counts[from] = (counts[from] ?? 0) + 1;
      const name = relays[to]?.name;
      if (name !== undefined) sets[from]?.add(name);
    }
    relays.forEach((node, index) => picked.set(node.name, sets[index] ?? new Set()));
    return counts;
  }

  /** Where too little is measured yet, nodes by the hash of the pair stand in for near ones. */
  #fillUp(relays: readonly Node[], graph: Graph, counts: Int32Array): void {
    const hashes = Uint32Array.from(relays, (node) => node.hash);
    relays.forEach((_, from) => {
      const missing = this.#config.nearest - (counts[from] ?? 0);
      const room = this.#config.maxNeighbors - graph.degree(from);
      const best = new Cheapest(Math.max(0, Math.min(missing, room)));
      if (missing <= 0 || room <= 0) return;
      const own = hashes[from] ?? 0;
      for (let to = 0; to < hashes.length; to++) {
        const hash = pairHash(own, hashes[to] ?? 0);
        if (to === from || !best.wants(hash, to)) continue;
        if (!graph.has(from, to) && this.#room(graph, to)) best.offer(to, hash, to);
      }
      for (const to of best.indexes) graph.link(from, to);
    });
  }

  /**
   * Joins what still hangs apart, by the cheapest measured links first, then between the nodes with the fewest
   * neighbors. A whole network is worth more than the bound, so this alone may pass it.
   */
  #bridge(relays: readonly Node[], graph: Graph, wishes: readonly Wish[]): void {
    const sets = componentsOf(graph);
    for (const { from, to } of wishes) {
      if (sets.sets <= 1) return;
      if (this.#room(graph, from) && this.#room(graph, to) && sets.union(from, to)) {
        graph.link(from, to);
      }
    }
    if (sets.sets <= 1) return;
    const leastOf = new Map<number, number>();
    relays.forEach((_, index) => {
      const root = sets.find(index);
      const least = leastOf.get(root);
      if (least === undefined || graph.degree(index) < graph.degree(least)) {
        leastOf.set(root, index);
      }
    });
    const chain = [...leastOf.values()];
    for (let i = 1; i < chain.length; i++) graph.link(chain[i - 1] ?? 0, chain[i] ?? 0);
  }

  #room(graph: Graph, index: number): boolean {
    return graph.degree(index) < this.#config.maxNeighbors;
  }

  /** Gives each viewer a few nodes that serve: POPs first, nearest first, and never more than a node may have. */
  #attachLeaves(
    leaves: readonly Node[],
    relays: readonly Node[],
    result: Map<NodeName, NodeName[]>,
    picked: Map<NodeName, ReadonlySet<NodeName>>,
  ): void {
    const load = new Int32Array(relays.length);
    const settled = (leaf: Node): number => this.#picked.has(leaf.name) ? 0 : 1;
    const order = [...leaves].sort((a, b) => settled(a) - settled(b) || (a.name < b.name ? -1 : 1));
    for (const leaf of order) {
      const chosen = this.#chooseFor(leaf, relays, load);
      picked.set(leaf.name, new Set(chosen.map((index) => relays[index]?.name ?? leaf.name)));
      for (const index of chosen) {
        load[index] = (load[index] ?? 0) + 1;
        const name = relays[index]?.name;
        if (name === undefined) continue;
        result.get(leaf.name)?.push(name);
        result.get(name)?.push(leaf.name);
      }
    }
  }

  #chooseFor(leaf: Node, relays: readonly Node[], load: Int32Array): readonly number[] {
    const held = this.#picked.get(leaf.name);
    const best = new Cheapest(this.#config.viewerNeighbors);
    relays.forEach((relay, index) => {
      if ((load[index] ?? 0) >= this.#config.maxViewers) return;
      const holds = held?.has(relay.name) ?? false;
      const rttMs = leaf.rttMs.get(relay.name);
      const near = rttMs === undefined
        ? UNKNOWN_MS + (holds ? 0 : 1)
        : this.#competing(rttMs, holds);
      best.offer(index, near + (relay.pop ? 0 : NOT_POP_MS), pairHash(leaf.hash, relay.hash));
    });
    return best.indexes;
  }

  #remember(
    relays: readonly Node[],
    nodes: readonly Registration[],
    result: ReadonlyMap<NodeName, readonly NodeName[]>,
    picked: Map<NodeName, ReadonlySet<NodeName>>,
  ): void {
    this.#picked = picked;
    this.#relays = relays;
    this.#last = result;
    this.#known = new Map(nodes.map(({ peer, rttMs }) => [peer.name, rttMs]));
    for (const name of this.#rounds.keys()) if (!result.has(name)) this.#rounds.delete(name);
  }
}
