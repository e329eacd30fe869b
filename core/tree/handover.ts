/** What a tree hands to its successor in a swap, and how the successor goes on from it. */
import type { NodeName } from "../ids.ts";
import type { TreeSnapshot } from "../slots.ts";
import { Neighbor } from "./neighbor.ts";
import type { OriginState } from "./origin_state.ts";
import { OwnOrigin } from "./own.ts";

/** The state as plain data. */
export function takeSnapshot(
  own: OwnOrigin | undefined,
  { transit, full }: { readonly transit: boolean; readonly full: boolean },
  states: ReadonlyMap<NodeName, OriginState>,
  neighbors: ReadonlyMap<NodeName, Neighbor>,
  nowMs: number,
): TreeSnapshot {
  return {
    kind: "tree/1",
    own: own && { epoch: own.epoch, sequence: own.sequence, digest: own.digest },
    transit,
    full,
    origins: [...states.values()].map((state) => state.snapshot(nowMs)),
    links: [...neighbors.values()].map((one) => ({
      peer: one.peer,
      costUs: one.up ? one.linkUs : undefined,
      distrustedMs: Math.max(0, one.distrustedUntilMs - nowMs),
    })),
  };
}

/** Puts the predecessor's neighbors into the successor's table. */
export function adoptNeighbors(
  from: TreeSnapshot,
  into: Map<NodeName, Neighbor>,
  nowMs: number,
): void {
  for (const { peer, costUs, distrustedMs } of from.links) {
    const neighbor = new Neighbor(peer);
    neighbor.up = costUs !== undefined;
    neighbor.adopt(costUs, distrustedMs, nowMs);
    into.set(peer.name, neighbor);
  }
}

/** The predecessor's own origin: its numbers go on from the last one given. */
export function adoptOwn(
  { own }: TreeSnapshot,
  name: NodeName,
  intervalMs: number,
  nowMs: number,
): OwnOrigin | undefined {
  if (own === undefined) return undefined;
  const origin = new OwnOrigin(name, own.epoch, own.digest, intervalMs, nowMs);
  origin.sequence = own.sequence;
  return origin;
}
