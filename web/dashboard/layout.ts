/** Where everything of the picture goes. Pure: the same network gives the same picture. */
// @ts-types="@types/d3-hierarchy"
import { stratify, tree as tidyTree } from "d3-hierarchy";
import type { LinkSummary, SeenNode } from "../../core/observe.ts";

/** How well a link does. */
export type Health = "good" | "fair" | "bad" | "down" | "unknown";

/** How large things are drawn: with room for figures, as names, or as names on a small screen. */
export type Detail = "cards" | "names" | "small";

/** A node with its place: the middle of its mark. */
export interface Placed {
  readonly node: SeenNode;
  readonly x: number;
  readonly y: number;
  readonly hop: number;
}

/** A line between two nodes, from the one nearer to the origin. */
export interface Line {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** `tree` carries the stream, `standby` would, `link` is measured and carries nothing of it. */
  readonly kind: "tree" | "standby" | "link";
  readonly health: Health;
  readonly rttMs: number | undefined;
  readonly loss: number;
}

/** A picture. */
export interface Picture {
  readonly detail: Detail;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly lines: readonly Line[];
}

/** Sizes for each detail: the mark's box, and the distance of rows; columns take what the width gives. */
export const SIZES = {
  cards: { width: 148, height: 56, row: 84, columnMin: 214, columnMax: 290, margin: 28 },
  names: { width: 96, height: 20, row: 25, columnMin: 150, columnMax: 260, margin: 20 },
  small: { width: 62, height: 26, row: 40, columnMin: 78, columnMax: 130, margin: 8 },
} as const;

/** Cards up to this many nodes. */
const CARDS_MAX = 16;
const ROOT = "\u0000";

/** Round trips and losses of a link, from both of its ends. */
export function healthOf(state: LinkSummary["state"], loss: number): Health {
  if (state === "down") return "down";
  if (state === "unknown") return "unknown";
  if (loss >= 0.05) return "bad";
  return loss >= 0.01 || state === "suspect" ? "fair" : "good";
}

const STATE_RANK = { up: 0, unknown: 1, suspect: 2, down: 3 } as const;

interface Pair {
  readonly a: string;
  readonly b: string;
  state: LinkSummary["state"];
  rttMs: number | undefined;
  loss: number;
}

/** `r1 r2`, whichever comes first. */
const pairKey = (a: string, b: string): string => a < b ? `${a} ${b}` : `${b} ${a}`;

/** The links among nodes that are seen, each once. */
function pairsOf(nodes: readonly SeenNode[]): Map<string, Pair> {
  const known = new Set<string>(nodes.map(({ name }) => name));
  const pairs = new Map<string, Pair>();
  for (const { name, links, state: seen } of nodes) {
    for (const link of links) {
      if (!known.has(link.name)) continue;
      const key = pairKey(name, link.name);
      const loss = Math.max(link.lossIn, link.lossOut);
      const pair = pairs.get(key);
      if (pair === undefined) {
        const { state, rttMs } = link;
        pairs.set(key, { a: name, b: link.name, state, rttMs, loss });
      } else {
        // Of two ends that disagree the one that is seen now, and of those the worse, is right.
        const worse = STATE_RANK[link.state] > STATE_RANK[pair.state];
        if (worse && seen === "here") pair.state = link.state;
        pair.rttMs ??= link.rttMs;
        pair.loss = Math.max(pair.loss, loss);
      }
    }
  }
  for (const pair of pairs.values()) {
    const gone = nodes.some(({ name, state }) =>
      state === "silent" && (name === pair.a || name === pair.b)
    );
    if (gone) pair.state = "down";
  }
  return pairs;
}

/** The stream whose tree is drawn at a node: the chosen one, or any that flows. */
function entryOf(node: SeenNode, stream: string | undefined) {
  // Where a silent node hung is of the past.
  if (node.state === "silent") return undefined;
  if (stream !== undefined) return node.streams.find(({ name }) => name === stream);
  return node.streams.find(({ parents }) => parents.length > 0) ??
    node.streams.find(({ state }) => state === "source");
}

/** Parents in the drawn tree; nodes that carry nothing hang below the neighbor nearest to the origin. */
function parentsOf(
  nodes: readonly SeenNode[],
  stream: string | undefined,
  pairs: ReadonlyMap<string, Pair>,
): ReadonlyMap<string, string> {
  const known = new Map<string, SeenNode>(nodes.map((node) => [node.name, node]));
  const parents = new Map<string, string>();
  const climbs = (from: string, to: string): boolean => {
    for (let at: string | undefined = from, n = 0; at !== undefined && n < nodes.length; n++) {
      if (at === to) return true;
      at = parents.get(at);
    }
    return false;
  };
  for (const node of nodes) {
    const parent = entryOf(node, stream)?.parents.find((name) => known.has(name));
    // Two views of different moments may contradict each other: no circle is drawn.
    if (parent !== undefined && !climbs(parent, node.name)) parents.set(node.name, parent);
  }
  const roots = nodes.filter((node) => node.roles.includes("origin") && !parents.has(node.name));
  const reached = new Set<string>(roots.map(({ name }) => name));
  const hangsBelow = (name: string): boolean => {
    const parent = parents.get(name);
    return parent !== undefined && (reached.has(parent) || hangsBelow(parent));
  };
  for (const { name } of nodes) if (hangsBelow(name)) reached.add(name);
  spread(nodes, pairs, parents, reached);
  return parents;
}

/** Breadth first from what hangs together already, over links that are up, then over any. */
function spread(
  nodes: readonly SeenNode[],
  pairs: ReadonlyMap<string, Pair>,
  parents: Map<string, string>,
  reached: Set<string>,
): void {
  const isViewer = new Set(
    nodes.filter(({ roles }) => roles.includes("viewer")).map(({ name }) => name as string),
  );
  const edges = [...pairs.values()].sort((x, y) =>
    STATE_RANK[x.state] - STATE_RANK[y.state] || (pairKey(x.a, x.b) < pairKey(y.a, y.b) ? -1 : 1)
  );
  const depthOf = (name: string): number => {
    const parent = parents.get(name);
    return parent === undefined ? 0 : 1 + depthOf(parent);
  };
  for (let grew = true; grew;) {
    grew = false;
    const found = new Map<string, { readonly parent: string; readonly depth: number }>();
    for (const { a, b, state } of edges) {
      for (const [from, to] of [[a, b], [b, a]] as const) {
        // Nobody hangs below a viewer, and what is up beats what is not.
        if (!reached.has(from) || reached.has(to) || parents.has(to) || isViewer.has(from)) {
          continue;
        }
        const depth = depthOf(from) + (state === "down" ? 100 : 0);
        if (depth < (found.get(to)?.depth ?? Infinity)) found.set(to, { parent: from, depth });
      }
    }
    for (const [name, { parent }] of found) {
      parents.set(name, parent);
      reached.add(name);
      grew = true;
    }
    for (const { name } of nodes) {
      const parent = parents.get(name);
      if (parent !== undefined && reached.has(parent) && !reached.has(name)) {
        reached.add(name);
        grew = true;
      }
    }
  }
}

/** Every line of the picture, thinnest first. */
function linesOf(
  nodes: readonly SeenNode[],
  stream: string | undefined,
  pairs: ReadonlyMap<string, Pair>,
): Line[] {
  const known = new Set<string>(nodes.map(({ name }) => name));
  const lines = new Map<string, Line>();
  const figures = (key: string) => {
    const pair = pairs.get(key);
    const loss = pair?.loss ?? 0;
    return { health: healthOf(pair?.state ?? "unknown", loss), rttMs: pair?.rttMs, loss };
  };
  for (const [key, { a, b }] of pairs) {
    lines.set(key, { key, from: a, to: b, kind: "link", ...figures(key) });
  }
  const draw = (kind: "tree" | "standby") => {
    for (const node of nodes) {
      if (node.state === "silent") continue;
      const entries = stream === undefined
        ? node.streams
        : node.streams.filter(({ name }) => name === stream);
      for (const entry of entries) {
        const from = kind === "tree" ? entry.parents : entry.standby ?? [];
        for (const parent of [from].flat()) {
          if (!known.has(parent)) continue;
          const key = pairKey(parent, node.name);
          const measured = figures(key);
          // A viewer and its POP need be no neighbors: the media plane measures that link.
          const rttMs = measured.rttMs ?? entry.hopRttMs;
          const loss = kind === "tree" ? Math.max(measured.loss, entry.loss) : measured.loss;
          const silent = nodes.some(({ name, state }) =>
            state === "silent" && (name === parent || name === node.name)
          );
          const state = pairs.get(key)?.state ?? (silent ? "down" : "up");
          const health = healthOf(state === "unknown" && rttMs !== undefined ? "up" : state, loss);
          lines.set(key, { key, from: parent, to: node.name, kind, health, rttMs, loss });
        }
      }
    }
  };
  draw("standby");
  draw("tree");
  const rank = { link: 0, standby: 1, tree: 2 } as const;
  return [...lines.values()].sort((a, b) => rank[a.kind] - rank[b.kind]);
}

/** Lays a network out from the origins on the left to the viewers on the right. */
export function layout(
  seen: readonly SeenNode[],
  stream: string | undefined,
  availableWidth: number,
): Picture {
  const nodes = [...seen].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const pairs = pairsOf(nodes);
  const parents = parentsOf(nodes, stream, pairs);
  const items = [
    { name: ROOT, parent: "" },
    ...nodes.map(({ name }) => ({ name: name as string, parent: parents.get(name) ?? ROOT })),
  ];
  const root = stratify<{ name: string; parent: string }>()
    .id(({ name }) => name).parentId(({ parent }) => parent)(items);
  const columns = Math.max(1, root.height);
  const fits = availableWidth >= columns * SIZES.cards.columnMin;
  const narrow = availableWidth < columns * SIZES.names.columnMin;
  const detail: Detail = nodes.length <= CARDS_MAX && fits ? "cards" : narrow ? "small" : "names";
  const size = SIZES[detail];
  const inner = availableWidth - 2 * size.margin - size.width;
  const column = columns < 2
    ? size.columnMin
    : Math.min(size.columnMax, Math.max(size.columnMin, inner / (columns - 1)));
  tidyTree<{ name: string; parent: string }>().nodeSize([size.row, column])
    .separation((a, b) => a.parent === b.parent ? 1 : 1.2)(root);
  const placed = root.descendants().filter(({ depth }) => depth > 0);
  const top = Math.min(...placed.map(({ x }) => x ?? 0));
  const bottom = Math.max(...placed.map(({ x }) => x ?? 0));
  const width = Math.max(availableWidth, 2 * size.margin + size.width + (columns - 1) * column);
  const left = (width - (size.width + (columns - 1) * column)) / 2 + size.width / 2;
  const byName = new Map<string, SeenNode>(nodes.map((node) => [node.name, node]));
  return {
    detail,
    width,
    height: (placed.length === 0 ? 0 : bottom - top) + size.height + 2 * size.margin + 12,
    nodes: placed.flatMap(({ id = "", x = 0, depth }) => {
      const node = byName.get(id);
      if (node === undefined) return [];
      const y = (x ?? 0) - top + size.height / 2 + size.margin + 6;
      return [{ node, x: left + (depth - 1) * column, y, hop: depth - 1 }];
    }),
    lines: linesOf(nodes, stream, pairs),
  };
}
