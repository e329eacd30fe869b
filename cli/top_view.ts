/** Draws what several nodes say of themselves as tables and trees, for a terminal of any width. Pure. */
import { styleText } from "node:util";
import type {
  EventView,
  NeighborView,
  NodeView,
  SessionView,
  StreamView,
  TreeView,
} from "../client/mod.ts";
import { writeDuration, writeRate } from "../core/units.ts";
import { drawStream } from "./topology.ts";

/** What one node says, or why it says nothing. */
export interface NodeSnapshot {
  readonly base: string;
  readonly atMs: number;
  readonly trouble?: string;
  readonly node?: NodeView;
  readonly neighbors: readonly NeighborView[];
  readonly tree?: TreeView;
  readonly streams: readonly StreamView[];
  readonly sessions: readonly SessionView[];
  readonly events: readonly EventView[];
}

/** How it is drawn. */
export interface DrawOptions {
  readonly columns: number;
  readonly color: boolean;
}

const EVENTS_SHOWN = 8;

type Align = "left" | "right";

/** A number of a stream's counters on this node. */
function counter(stream: StreamView, key: string): number {
  const value = stream.counters?.[key];
  return typeof value === "number" ? value : 0;
}

/** Growth a second of a counter between two snapshots; undefined for the first. */
function rate(
  now: NodeSnapshot,
  before: NodeSnapshot | undefined,
  ssrc: number,
  key: string,
): number | undefined {
  const find = (one: NodeSnapshot) => one.streams.find((stream) => stream.ssrc === ssrc);
  const [last, first] = [find(now), before === undefined ? undefined : find(before)];
  if (last === undefined || first === undefined || before === undefined) return undefined;
  const seconds = (now.atMs - before.atMs) / 1000;
  const grown = counter(last, key) - counter(first, key);
  return seconds <= 0 || grown < 0 ? undefined : grown / seconds;
}

function bits(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "-" : writeRate(8 * bytesPerSecond);
}

function percent(share: number): string {
  return share < 0.0005 ? "0 %" : `${(100 * share).toFixed(1)} %`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** Text of others, without what would move a terminal's cursor. */
function clean(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
}

/** Columns under a heading, each as wide as its widest cell. */
function table(
  heads: readonly (readonly [string, Align])[],
  rows: readonly (readonly string[])[],
  { color }: DrawOptions,
): string[] {
  if (rows.length === 0) return [];
  const cleaned = rows.map((row) => row.map(clean));
  const widths = heads.map(([head], i) =>
    Math.max(head.length, ...cleaned.map((row) => row[i]?.length ?? 0))
  );
  const write = (cells: readonly string[]) =>
    cells.map((cell, i) => {
      const width = widths[i] ?? 0;
      return heads[i]?.[1] === "right" ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd();
  const head = write(heads.map(([text]) => text));
  return [color ? styleText("dim", head, { validateStream: false }) : head, ...cleaned.map(write)];
}

function nodeRows(now: readonly NodeSnapshot[]): string[][] {
  return now.map(({ base, node, trouble, neighbors, tree, sessions }) =>
    node === undefined ? [base, trouble ?? "no answer", "", "", "", "", ""] : [
      node.name,
      node.status,
      [...node.roles, ...(node.pop ? ["POP"] : [])].join(" "),
      writeDuration(node.uptimeMs),
      String(neighbors.filter((one) => one.state === "up").length),
      String(tree?.children.length ?? 0),
      String(sessions.length),
    ]
  );
}

/** Every link once for each end that was asked. */
function linkRows(now: readonly NodeSnapshot[]): string[][] {
  return now.flatMap(({ node, neighbors }) =>
    neighbors.map((one) => [
      node?.name ?? "?",
      one.name,
      one.state,
      milliseconds(one.rttMs),
      milliseconds(one.rttVarMs),
      percent(one.lossIn),
      percent(one.lossOut),
    ])
  );
}

function streamRows(
  now: readonly NodeSnapshot[],
  before: ReadonlyMap<string, NodeSnapshot>,
): string[][] {
  return now.flatMap((one) => {
    const old = before.get(one.base);
    return one.streams.filter((stream) => stream.counters !== undefined).map((stream) => [
      stream.name,
      one.node?.name ?? "?",
      bits(rate(one, old, stream.ssrc, "bytesIn")),
      bits(rate(one, old, stream.ssrc, "bytesOut")),
      String(counter(stream, "gaps")),
      String(
        counter(stream, "recoveredByNack") + counter(stream, "recoveredByFec") +
          counter(stream, "recoveredByPath"),
      ),
      String(counter(stream, "unrecovered")),
    ]);
  });
}

function sessionRows(now: readonly NodeSnapshot[]): string[][] {
  return now.flatMap(({ node, sessions }) =>
    sessions.map((one) => [
      one.session,
      node?.name ?? "?",
      one.stream,
      one.ended ? "ended" : one.state ?? "-",
      (one.parents ?? []).join(" ") || "-",
      one.standby ?? "-",
      String(one.packets),
      String(one.lost),
      String((one.failovers ?? 0) + (one.handovers ?? 0)),
    ])
  );
}

function treeLines(now: readonly NodeSnapshot[]): string[] {
  const views = now.flatMap(({ tree }) => tree === undefined ? [] : [withStandby(tree)]);
  const streams = new Set(views.flatMap((view) => [
    ...view.children.map((one) => one.stream),
    ...view.subscriptions.map((one) => one.stream),
  ]));
  return [...streams].toSorted().flatMap((stream) => [
    clean(stream),
    ...drawStream(stream, views).map((line) => `  ${clean(line)}`),
  ]);
}

/** Without keys that hold nothing, as drawing wants it. */
function withStandby(tree: TreeView) {
  return {
    ...tree,
    subscriptions: tree.subscriptions.map(({ standby, ...rest }) =>
      standby === undefined ? rest : { ...rest, standby }
    ),
  };
}

function eventLines(now: readonly NodeSnapshot[]): string[] {
  const all = now.flatMap(({ node, events }) =>
    events.map((event) => ({ node: node?.name ?? "?", event }))
  ).toSorted((a, b) => a.event.timeMs - b.event.timeMs).slice(-EVENTS_SHOWN);
  return all.map(({ node, event: { timeMs, kind, fields } }) => {
    const time = new Date(timeMs).toISOString().slice(11, 19);
    const words = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
    return clean(`${time} ${node} ${kind} ${words.join(" ")}`);
  });
}

const left = (text: string): [string, Align] => [text, "left"];
const right = (text: string): [string, Align] => [text, "right"];

const NODES = [
  ...[left("node"), left("status"), left("roles"), right("up for"), right("neighbors")],
  ...[right("children"), right("sessions")],
];
const LINKS = [
  ...[left("from"), left("to"), left("state"), right("round trip"), right("varies")],
  ...[right("loss in"), right("loss out")],
];
const STREAMS = [
  ...[left("stream"), left("at"), right("in"), right("out"), right("missing")],
  ...[right("won back"), right("lost")],
];
const SESSIONS = [
  ...[left("session"), left("at"), left("stream"), left("state"), left("from")],
  ...[left("standby"), right("packets"), right("lost"), right("changes")],
];

/** Everything as lines, none wider than the terminal. */
export function draw(
  now: readonly NodeSnapshot[],
  before: ReadonlyMap<string, NodeSnapshot>,
  options: DrawOptions,
): string[] {
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0
      ? []
      : ["", options.color ? styleText("bold", title, { validateStream: false }) : title, ...lines];
  const lines = [
    ...part("nodes", table(NODES, nodeRows(now), options)),
    ...part("links", table(LINKS, linkRows(now), options)),
    ...part("streams", table(STREAMS, streamRows(now, before), options)),
    ...part("sessions", table(SESSIONS, sessionRows(now), options)),
    ...part("trees", treeLines(now)),
    ...part("events", eventLines(now)),
  ];
  return lines.slice(1).map((line) => cut(line, options.columns));
}

/** The first so many characters; colors count as nothing. */
function cut(line: string, columns: number): string {
  // deno-lint-ignore no-control-regex
  const parts = line.split(/(\x1b\[[0-9;]*m)/);
  let room = columns;
  return parts.map((part) => {
    if (part.startsWith("\x1b")) return part;
    const kept = part.slice(0, Math.max(0, room));
    room -= part.length;
    return kept;
  }).join("");
}
