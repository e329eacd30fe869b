/** Where the milliseconds of a stream go, from its source to a screen. */
import type { SeenNode } from "../../core/observe.ts";

/** One share of the delay. */
export interface Share {
  readonly kind: "network" | "node" | "repair" | "buffer";
  readonly label: string;
  readonly ms: number;
}

/** The way of a stream to one node. */
export interface Way {
  readonly node: string;
  readonly path: readonly string[];
  readonly shares: readonly Share[];
  readonly totalMs: number;
  /** A hop whose round trip nobody has measured yet. */
  readonly complete: boolean;
}

const MAX_HOPS = 32;

/** The round trip between a node and its parent: as the media plane measures it, or as keepalive does. */
function hopRttMs(node: SeenNode, parent: string, stream: string): number | undefined {
  return node.streams.find((one) => one.name === stream)?.hopRttMs ??
    node.links.find((link) => link.name === parent)?.rttMs;
}

/** From the source down to `node`: half a round trip for each hop, each process's wait, repairs, the sink's buffer. */
export function wayTo(
  node: SeenNode,
  stream: string,
  nodes: ReadonlyMap<string, SeenNode>,
): Way | undefined {
  const chain: SeenNode[] = [node];
  for (let at = node; chain.length <= MAX_HOPS;) {
    const entry = at.streams.find((one) => one.name === stream);
    if (entry === undefined || entry.state === "source") break;
    const parent = nodes.get(entry.parents[0] ?? "");
    if (parent === undefined || chain.includes(parent)) return undefined;
    chain.push(parent);
    at = parent;
  }
  chain.reverse();
  const shares: Share[] = [];
  let complete = true;
  chain.forEach((one, index) => {
    const parent = chain[index - 1];
    if (parent !== undefined) {
      const rtt = hopRttMs(one, parent.name, stream);
      complete &&= rtt !== undefined;
      shares.push({ kind: "network", label: `${parent.name} → ${one.name}`, ms: (rtt ?? 0) / 2 });
    }
    shares.push({ kind: "node", label: `${one.name} forwards`, ms: one.waitMs });
    const entry = one.streams.find(({ name }) => name === stream);
    if (entry !== undefined && entry.loss > 0 && entry.repairMs > 0) {
      // What a repair takes falls on the packets that need one.
      const label = `${one.name} repairs ${(entry.loss * 100).toFixed(1)} %`;
      shares.push({ kind: "repair", label, ms: entry.loss * entry.repairMs });
    }
  });
  const bufferMs = node.streams.find((one) => one.name === stream)?.bufferMs ?? 0;
  if (bufferMs > 0) shares.push({ kind: "buffer", label: `${node.name} buffers`, ms: bufferMs });
  return {
    node: node.name,
    path: chain.map(({ name }) => name),
    shares,
    totalMs: shares.reduce((sum, share) => sum + share.ms, 0),
    complete,
  };
}

/** The ways of a stream to everybody who watches it; to the ends of its tree where nobody does. Longest first. */
export function waysOf(stream: string, nodes: readonly SeenNode[]): readonly Way[] {
  const byName = new Map(nodes.map((node) => [node.name as string, node]));
  const running = nodes.filter((node) =>
    node.streams.some((one) => one.name === stream && one.state !== "idle")
  );
  const watching = running.filter((node) =>
    node.streams.some((one) => one.name === stream && one.sessions > 0)
  );
  return (watching.length > 0 ? watching : running)
    .flatMap((node) => wayTo(node, stream, byName) ?? [])
    .sort((a, b) => b.totalMs - a.totalMs);
}
