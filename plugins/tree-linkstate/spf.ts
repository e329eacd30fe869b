/** Shortest paths from an origin over the graph that the words draw (Dijkstra). Pure. */
import type { NodeName } from "../../core/ids.ts";
import type { Word } from "./database.ts";

/** How far a node is from the origin. */
export interface Reach {
  readonly costUs: number;
  readonly hops: number;
  /** The node before it on the way. */
  readonly via: NodeName | undefined;
}

/** No link is cheaper, whatever its ends say. */
const COST_MIN_US = 50;

interface Open extends Reach {
  readonly name: NodeName;
}

/** Cost, then hops, then name: every node computes the same tree from the same words. */
function before(a: Open, b: Open): boolean {
  if (a.costUs !== b.costUs) return a.costUs < b.costUs;
  if (a.hops !== b.hops) return a.hops < b.hops;
  return (a.via ?? "") < (b.via ?? "");
}

/**
 * Ways from `origin` to everybody but through `except`. A link counts when both its ends name it; what it
 * costs is what the receiving end measured. Only transit nodes and the origin pass streams on, a full
 * one only to those that follow it already.
 */
export function shortestPaths(
  words: ReadonlyMap<NodeName, Word>,
  origin: NodeName,
  except: NodeName,
): ReadonlyMap<NodeName, Reach> {
  const done = new Map<NodeName, Reach>();
  const heap = new Heap();
  heap.push({ name: origin, costUs: 0, hops: 0, via: undefined });
  for (let at = heap.pop(); at !== undefined; at = heap.pop()) {
    const { name, costUs, hops, via } = at;
    if (done.has(name)) continue;
    done.set(name, { costUs, hops, via });
    const word = words.get(name);
    if (word === undefined || (!word.transit && name !== origin)) continue;
    for (const next of word.links.keys()) {
      if (next === except || done.has(next)) continue;
      const back = words.get(next)?.links.get(name);
      if (back === undefined || (word.full && !back.followed)) continue;
      const cost = costUs + Math.max(COST_MIN_US, back.costUs);
      heap.push({ name: next, costUs: cost, hops: hops + 1, via: name });
    }
  }
  return done;
}

/** A binary heap of what is to be looked at next. */
class Heap {
  readonly #items: Open[] = [];

  push(item: Open): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = items[up];
      if (parent === undefined || !before(item, parent)) break;
      items[at] = parent;
      at = up;
    }
    items[at] = item;
  }

  pop(): Open | undefined {
    const items = this.#items;
    const [top] = items;
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [items[child], items[child + 1]];
      if (left !== undefined && right !== undefined && before(right, left)) child++;
      const next = items[child];
      if (next === undefined || !before(next, last)) break;
      items[at] = next;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
