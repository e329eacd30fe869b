import type { NodeName } from "../../core/ids.ts";
import { sharedNodes } from "../../core/paths.ts";
import type { Candidate, PathPolicy } from "../../core/slots.ts";

/**
 * One parent: the first candidate, whose order is damped by whoever made the list. The standby is the
 * next one that shares no relay with it, or simply the next.
 */
export const singlePath: PathPolicy = {
  choose(candidates: readonly Candidate[], _current: readonly NodeName[]) {
    const [parent, ...others] = candidates;
    if (parent === undefined) return { parents: [], standby: undefined };
    const disjoint = others.find((other) => sharedNodes(parent, other) === 0);
    return { parents: [parent], standby: disjoint ?? others[0] };
  },
};
