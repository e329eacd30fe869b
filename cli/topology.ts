/** Draws trees as text, from what running nodes' admin endpoints say. */
import { UserError } from "../core/plugin.ts";

/** What `/api/v1/tree` answers, as far as drawing needs it. */
export interface TreeView {
  readonly node: string;
  readonly roles: readonly string[];
  readonly pop: boolean;
  readonly origins: readonly {
    readonly origin: string;
    readonly routes: readonly {
      readonly parent: string;
      readonly path: readonly string[];
      readonly costUs: number;
    }[];
  }[];
  readonly subscriptions: readonly {
    readonly stream: string;
    readonly session: string;
    readonly state: string;
    readonly parents: readonly string[];
    readonly standby?: string;
  }[];
  readonly children: readonly {
    readonly stream: string;
    readonly child: string;
    readonly session: string;
  }[];
}

/** Asks one admin endpoint. */
export async function ask<T>(base: string, path: string, token?: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(path, base), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(3000),
    });
  } catch (cause) {
    throw new UserError("unreachable", `Cannot ask ${base}: nothing answers there`, { cause });
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new UserError("refused", `Cannot ask ${base}${path}: it answers ${response.status}`);
  }
  return await response.json();
}

/** Parent to children, for one stream. */
type Edges = Map<string, Set<string>>;

function edgesOf(stream: string, views: readonly TreeView[]): Edges {
  const edges: Edges = new Map();
  const add = (parent: string, child: string) =>
    edges.set(parent, (edges.get(parent) ?? new Set()).add(child));
  for (const view of views) {
    for (const one of view.children) if (one.stream === stream) add(view.node, one.child);
    for (const one of view.subscriptions) {
      if (one.stream === stream) { for (const parent of one.parents) add(parent, view.node); }
    }
  }
  return edges;
}

function label(name: string, views: readonly TreeView[], standby: string | undefined): string {
  const view = views.find((one) => one.node === name);
  const words = [
    ...(view?.roles ?? []).filter((role) => role !== "relay"),
    ...(view?.pop ? ["POP"] : []),
    ...(standby === undefined ? [] : [`standby ${standby}`]),
  ];
  return words.length === 0 ? name : `${name} (${words.join(", ")})`;
}

/** One stream's tree as lines, origin first. Names that no view is there for appear as their children's parents. */
export function drawStream(stream: string, views: readonly TreeView[]): string[] {
  const edges = edgesOf(stream, views);
  const lines: string[] = [];
  const seen = new Set<string>();
  const standbyOf = (name: string) =>
    views.find((one) => one.node === name)?.subscriptions
      .find((one) => one.stream === stream)?.standby;
  const walk = (name: string, prefix: string, branch: string, next: string) => {
    const again = seen.has(name);
    lines.push(
      `${prefix}${branch}${label(name, views, standbyOf(name))}${again ? " (see above)" : ""}`,
    );
    if (again) return;
    seen.add(name);
    const children = [...edges.get(name) ?? []].toSorted();
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      walk(child, prefix + next, last ? "└─ " : "├─ ", last ? "   " : "│  ");
    });
  };
  const fed = new Set([...edges.values()].flatMap((children) => [...children]));
  const roots = [...edges.keys()].filter((name) => !fed.has(name)).toSorted();
  for (const root of roots) walk(root, "", "", "");
  return lines;
}

/** Every stream that flows somewhere, drawn; then the ways to origins that are not in use. */
export function drawTopology(views: readonly TreeView[]): string {
  const streams = new Set(views.flatMap((view) => [
    ...view.children.map((one) => one.stream),
    ...view.subscriptions.map((one) => one.stream),
  ]));
  const parts = [...streams].toSorted().map((stream) =>
    [`stream ${stream}`, ...drawStream(stream, views).map((line) => `  ${line}`)].join("\n")
  );
  const routes = views.flatMap((view) =>
    view.origins.flatMap(({ origin, routes }) =>
      routes.map((route, index) =>
        `  ${view.node}: ${[...route.path, view.node].join(" > ")}  ${
          (route.costUs / 1000).toFixed(2)
        } ms` +
        `${index === 0 ? "" : " (standby)"}  [${origin}]`
      )
    )
  );
  if (routes.length > 0) parts.push(["routes", ...routes].join("\n"));
  return parts.length === 0 ? "No stream flows and no origin is known." : parts.join("\n\n");
}

/** Asks every endpoint and draws what they say together. */
export async function topology(
  bases: readonly string[],
  token: string | undefined,
): Promise<string> {
  const views = await Promise.all(bases.map((base) => ask<TreeView>(base, "/api/v1/tree", token)));
  return drawTopology(views);
}
