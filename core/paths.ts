/** How much two ways to an origin have in common. */
import type { NodeName } from "./ids.ts";
import type { Candidate } from "./slots.ts";

/** The nodes that carry a stream on this way; the origin itself is on every way and does not count. */
function carriers(candidate: Candidate): ReadonlySet<NodeName> {
  const nodes = new Set(candidate.path.slice(1));
  if (candidate.path[0] !== candidate.peer.name) nodes.add(candidate.peer.name);
  return nodes;
}

/** How many relays two ways share: 0 means that no single relay's death cuts both. */
export function sharedNodes(a: Candidate, b: Candidate): number {
  const other = carriers(b);
  let shared = 0;
  for (const name of carriers(a)) if (other.has(name)) shared++;
  return shared;
}

/** The first of `others` that shares the fewest relays with `chosen`; undefined when there is none. */
export function mostDisjoint(
  chosen: readonly Candidate[],
  others: readonly Candidate[],
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestShared = Infinity;
  for (const other of others) {
    let shared = 0;
    for (const one of chosen) shared += sharedNodes(one, other);
    if (shared < bestShared) [best, bestShared] = [other, shared];
  }
  return best;
}
