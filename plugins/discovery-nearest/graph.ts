/** What the assignment draws on: an undirected graph over indexes, union-find, and stable hashes of names. */

/** A 32-bit hash of a name (FNV-1a, then mixed): the same on every machine and in every run. */
export function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return mix(hash);
}

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
export function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A hash of an unordered pair of name hashes. */
export function pairHash(a: number, b: number): number {
  return mix(Math.imul(a ^ b, 0x9e3779b1) + (a + b));
}

/** An undirected graph without loops over the indexes 0 to `size` - 1. */
export class Graph {
  readonly #neighbors: Set<number>[];

  constructor(readonly size: number) {
    this.#neighbors = Array.from({ length: size }, () => new Set());
  }

  has(a: number, b: number): boolean {
    return this.#neighbors[a]?.has(b) ?? false;
  }

  degree(a: number): number {
    return this.#neighbors[a]?.size ?? 0;
  }

  link(a: number, b: number): void {
    if (a === b) return;
    this.#neighbors[a]?.add(b);
    this.#neighbors[b]?.add(a);
  }

  neighbors(a: number): ReadonlySet<number> {
    return this.#neighbors[a] ?? new Set();
  }
}

/** Disjoint sets with path halving. */
export class UnionFind {
  readonly #parent: Int32Array;
  /** Sets there are just now. */
  sets: number;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
    this.sets = size;
  }

  find(index: number): number {
    let at = index;
    for (;;) {
      const parent = this.#parent[at] ?? at;
      if (parent === at) return at;
      const grand = this.#parent[parent] ?? parent;
      this.#parent[at] = grand;
      at = grand;
    }
  }

  /** Joins two sets; false when they were one. */
  union(a: number, b: number): boolean {
    const [rootA, rootB] = [this.find(a), this.find(b)];
    if (rootA === rootB) return false;
    this.#parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
    this.sets--;
    return true;
  }
}

/** The sets that the links of `graph` make. */
export function componentsOf(graph: Graph): UnionFind {
  const sets = new UnionFind(graph.size);
  for (let a = 0; a < graph.size; a++) {
    for (const b of graph.neighbors(a)) if (a < b) sets.union(a, b);
  }
  return sets;
}
