import type { NodeName } from "../../core/ids.ts";
import { mostDisjoint } from "../../core/paths.ts";
import type { Candidate, PathPolicy } from "../../core/slots.ts";

/** Those held now come first, so that of two equally good ones the one in use stays. */
function heldFirst(
  candidates: readonly Candidate[],
  current: readonly NodeName[],
): readonly Candidate[] {
  const held = candidates.filter((one) => current.includes(one.peer.name));
  return [...held, ...candidates.filter((one) => !current.includes(one.peer.name))];
}

/**
 * Two parents at once: the first candidate and the one that shares the fewest relays with it; the
 * engine merges both by sequence number (the idea of SMPTE ST 2022-7). The standby shares the fewest
 * relays with both.
 */
export const dualPath: PathPolicy = {
  choose(candidates: readonly Candidate[], current: readonly NodeName[]) {
    const [first, ...others] = candidates;
    if (first === undefined) return { parents: [], standby: undefined };
    const second = mostDisjoint([first], heldFirst(others, current));
    if (second === undefined) return { parents: [first], standby: undefined };
    const rest = others.filter((one) => one !== second);
    return { parents: [first, second], standby: mostDisjoint([first, second], rest) };
  },
};
