/** Which neighbor is followed: ranking, feasibility, hysteresis and the standby. Pure. */
import type { NodeName } from "../ids.ts";
import { mostDisjoint } from "../paths.ts";
import type { Route } from "../slots.ts";
import type { TreeConfig } from "./config.ts";
import { isFeasible } from "./distance.ts";
import type { Neighbor } from "./neighbor.ts";
import type { Entry, OriginState } from "./origin_state.ts";

/** A lasting advantage of more than this is taken after `settle`. */
const SLIGHT_SHARE = 0.03;
/** No quick change for less than this: nobody can notice it, and a busy machine adds as much. */
const GAIN_MIN_US = 500;
/** No change at all for less than this; small enough not to add up over many hops. */
const SLIGHT_MIN_US = 100;

/** A neighbor that announces the origin, over a link that works. */
export interface Way {
  readonly neighbor: Neighbor;
  readonly entry: Entry;
  /** From the origin to this node, as announced: what is said on to others. */
  readonly costUs: number;
  /** What it is ranked by: the same, or what the algorithm knows better; and the hops of that. */
  readonly rankUs: number;
  readonly hops: number;
  /** May be followed anew: feasible, not full, not distrusted. */
  readonly open: boolean;
  /** Leads through a node that is said to be lost. */
  readonly doubtful: boolean;
}

/** An algorithm's own idea of how far an origin is from the last node of an announced path. */
export interface Advisor {
  /** Undefined: it knows nothing better than what is announced. */
  distance(
    announced: Entry,
    origin: NodeName,
  ): { readonly costUs: number; readonly hops: number } | undefined;
}

/** What a look at the ways came to. */
export interface Choice {
  readonly parent: Way | undefined;
  /** When to look again though nothing happens; Infinity: never. */
  readonly againMs: number;
}

/** Cost, then hops, then name: every node ranks alike; what is in doubt comes last. */
function byRank(a: Way, b: Way): number {
  if (a.doubtful !== b.doubtful) return a.doubtful ? 1 : -1;
  if (a.rankUs !== b.rankUs) return a.rankUs - b.rankUs;
  if (a.hops !== b.hops) return a.hops - b.hops;
  return a.neighbor.peer.name < b.neighbor.peer.name ? -1 : 1;
}

/** All usable ways, best first. With `closed` none of them may be followed yet. */
export function waysOf(
  state: OriginState,
  neighbors: ReadonlyMap<NodeName, Neighbor>,
  closed: boolean,
  nowMs: number,
  advisor?: Advisor,
): Way[] {
  const ways: Way[] = [];
  for (const [name, entry] of state.entries) {
    const neighbor = neighbors.get(name);
    if (neighbor === undefined || !neighbor.usable || neighbor.linkUs === undefined) continue;
    if (neighbor.peer.instance !== entry.instance) continue;
    const open = !closed && isFeasible(entry, state.best) && !entry.full &&
      neighbor.distrustedUntilMs <= nowMs;
    const advice = advisor?.distance(entry, state.origin);
    ways.push({
      neighbor,
      entry,
      costUs: entry.costUs + neighbor.linkUs,
      rankUs: (advice?.costUs ?? entry.costUs) + neighbor.linkUs,
      hops: advice?.hops ?? entry.path.length,
      open,
      doubtful: state.isDoubtful(entry.path, nowMs),
    });
  }
  return ways.sort(byRank);
}

/**
 * Chooses the parent and keeps the times that hysteresis needs in `state`. A parent that is followed
 * already is kept whatever it announces now: feasibility was proven when it was chosen, and what both have
 * announced since can only have made the proof stronger (see the README). A full one keeps the children
 * that it has.
 */
export function choose(
  state: OriginState,
  ways: readonly Way[],
  config: TreeConfig,
  nowMs: number,
): Choice {
  const current = ways.find((way) =>
    way.neighbor.peer.name === state.parent && way.neighbor.distrustedUntilMs <= nowMs
  );
  const best = ways.find((way) => way.open);
  // Hearsay about the parent itself is for keepalive to judge; about somebody further up it counts.
  const warned = current !== undefined && best !== undefined && current.doubtful &&
    !best.doubtful && state.rumor?.name !== state.parent;
  if (current === undefined || best === undefined || best === current || warned) {
    state.betterSinceMs = undefined;
    state.slightlySinceMs = undefined;
    return { parent: warned ? best : current ?? best, againMs: Infinity };
  }
  // What is ranked may be what its chain shall come to; what the current one costs is what its chain costs now.
  const gainUs = Math.max(current.rankUs, current.costUs) - best.rankUs;
  const better = gainUs >= Math.max(GAIN_MIN_US, best.rankUs * config.hysteresis);
  // A hop costs some time of its own and is one more that can die: of equals the shorter way is taken in the end.
  const slightly = (gainUs >= 0 && best.hops < current.hops) ||
    gainUs > Math.max(SLIGHT_MIN_US, best.rankUs * SLIGHT_SHARE);
  state.betterSinceMs = better ? state.betterSinceMs ?? nowMs : undefined;
  state.slightlySinceMs = slightly ? state.slightlySinceMs ?? nowMs : undefined;
  const againMs = Math.min(
    state.betterSinceMs === undefined ? Infinity : state.betterSinceMs + config.confirm,
    state.slightlySinceMs === undefined ? Infinity : state.slightlySinceMs + config.settle,
  );
  if (nowMs < againMs) return { parent: current, againMs };
  state.betterSinceMs = undefined;
  state.slightlySinceMs = undefined;
  return { parent: best, againMs: Infinity };
}

function candidateOf(way: Way) {
  return { peer: way.neighbor.peer, cost: way.costUs, path: way.entry.path };
}

/** The ways as others see them: the parent, the standby, the other open ones, then those that may not be joined. */
export function routesOf(state: OriginState, ways: readonly Way[]): readonly Route[] {
  const parent = ways.find((way) => way.neighbor.peer.name === state.parent);
  const open = ways.filter((way) => way.open && way !== parent);
  const closed = ways.filter((way) => !way.open && way !== parent);
  const ordered: Way[] = [];
  if (parent !== undefined) {
    ordered.push(parent);
    const standby = mostDisjoint([candidateOf(parent)], open.map(candidateOf));
    const way = open.find((one) => one.neighbor.peer === standby?.peer);
    if (way !== undefined) ordered.push(way, ...open.filter((one) => one !== way));
  } else ordered.push(...open);
  ordered.push(...closed);
  return ordered.map((way) => ({
    origin: state.origin,
    parent: way.neighbor.peer,
    path: way.entry.path,
    costUs: way.costUs,
    feasible: way === parent || way.open,
  }));
}

/** Changes exactly when listeners have to look again: other ways, another order, other permissions. */
export function fingerprint(routes: readonly Route[]): string {
  let text = "";
  for (const route of routes) {
    text += `${route.feasible ? "+" : "-"}${route.parent.instance}:${route.path.join(">")};`;
  }
  return text;
}
