/** The network as a picture: origins on the left, viewers on the right, the stream's tree bold between them. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SeenNode } from "../../core/observe.ts";
import { count, percent, rate, span } from "./format.ts";
import { Glyph, kindOf, KINDS } from "./glyphs.tsx";
import { layout, type Line, type Picture as Layout, SIZES } from "./layout.ts";
import { curveOf, type Label, labelsOf, labelText, pathOf, type Point } from "./lines.ts";
import { useMoving } from "./tween.ts";

/** The width that the element has, kept up to date. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, set] = useState(0);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => set(Math.floor(current.clientWidth)));
    observer.observe(current);
    set(Math.floor(current.clientWidth));
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** What a node does, in a few words. */
export function doing(node: SeenNode): string {
  if (node.state === "silent") return `silent for ${span(node.ageMs)}`;
  const kind = kindOf(node);
  if (kind === "origin") return `sends ${rate(node.rateOut)}`;
  if (kind === "viewer") return rate(node.rateIn);
  if (kind === "other") return node.roles.join(", ");
  return node.rateIn === 0 && node.rateOut === 0
    ? "idle"
    : `${rate(node.rateIn)} in, ${rate(node.rateOut)} out`;
}

/** People who watch here: sessions of a viewer, browsers at a POP. */
export function watchers(node: SeenNode): string {
  return node.sessions === 0 ? "" : count(node.sessions, "viewer");
}

function spoken(node: SeenNode): string {
  const parts = [node.name, KINDS[kindOf(node)], doing(node), watchers(node)];
  return parts.filter((part) => part !== "").join(", ");
}

function cut(name: string, letters: number): string {
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}

interface MarkProps {
  readonly node: SeenNode;
  readonly at: Point;
  readonly self: boolean;
}

/** A node as a link to its page, with what belongs to it drawn inside. */
function Mark({ node, at, self, children, more }: MarkProps & {
  readonly children: ComponentChildren;
  /** What the link says in words already. */
  readonly more?: ComponentChildren;
}) {
  return (
    <g transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
      <a
        href={`#/node/${node.name}`}
        class={`mark ${node.state}${self ? " self" : ""}`}
        aria-label={spoken(node)}
        data-node={node.name}
      >
        {children}
      </a>
      <g class={`more ${node.state}`} aria-hidden="true">{more}</g>
    </g>
  );
}

function Card({ node, at, self }: MarkProps) {
  const { width, height } = SIZES.cards;
  const people = watchers(node);
  return (
    <Mark
      node={node}
      at={at}
      self={self}
      more={
        <>
          <text class="figure" x={-width / 2 + 40} y="12">{figure(node)}</text>
          {people !== "" && (
            <text class="people" x={-width / 2 + 21} y="17">{`◉ ${node.sessions}`}</text>
          )}
        </>
      }
    >
      <rect class="box" x={-width / 2} y={-height / 2} width={width} height={height} rx="12" />
      <Glyph kind={kindOf(node)} x={-width / 2 + 21} y={people === "" ? 0 : -9} />
      <text class="name" x={-width / 2 + 40} y="-5">{cut(node.name, 13)}</text>
    </Mark>
  );
}

/** What a card says below the name. */
function figure(node: SeenNode): string {
  const relays = ["relay", "pop"].includes(kindOf(node)) && node.state === "here";
  return relays && node.rateIn + node.rateOut > 0
    ? `↓ ${short(node.rateIn)}  ↑ ${short(node.rateOut)}`
    : doing(node);
}

/** A bit rate in as few letters as can be. */
function short(bits: number): string {
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(1)}M`;
  return `${Math.round(bits / 1e3)}k`;
}

function NameMark({ node, at, self, detail }: MarkProps & { readonly detail: "names" | "small" }) {
  const { width, height } = SIZES[detail];
  const small = detail === "small";
  // That a viewer watches goes without saying.
  const people = node.sessions > (kindOf(node) === "viewer" ? 1 : 0) ? `◉${node.sessions}` : "";
  return (
    <Mark
      node={node}
      at={at}
      self={self}
      more={people !== "" && <text class="people end" x={width / 2 - 7} y="4">{people}</text>}
    >
      <rect
        class="box"
        x={-width / 2}
        y={-height / 2}
        width={width}
        height={height}
        rx={height / 2}
      />
      <Glyph kind={kindOf(node)} x={-width / 2 + 12} scale={small ? 0.68 : 0.72} />
      <text class="name" x={-width / 2 + 23} y="4">
        {cut(node.name, (small ? 6 : 11) - people.length)}
      </text>
    </Mark>
  );
}

const KIND_WORDS = { tree: "carries the stream", standby: "standby path", link: "link" } as const;

function LineMark({ line, from, to, halfWidth }: {
  readonly line: Line;
  readonly from: Point;
  readonly to: Point;
  readonly halfWidth: number;
}) {
  const words = `${line.from} to ${line.to}: ${KIND_WORDS[line.kind]}`;
  const lost = line.loss > 0 ? `, ${percent(line.loss)} lost` : "";
  return (
    <path class={`line ${line.kind} ${line.health}`} d={pathOf(curveOf(from, to, halfWidth))}>
      <title>{`${words}, ${labelText({ ...line, loss: 0 }) || "not measured"}${lost}`}</title>
    </path>
  );
}

function Labels({ labels }: { readonly labels: readonly Label[] }) {
  return (
    <g class="labels" aria-hidden="true">
      {labels.map(({ key, x, y, width, text, health }) => (
        <g key={key} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
          <rect x={-width / 2} y="-7" width={width} height="14" rx="5" />
          <text class={health} y="3.6">{text}</text>
        </g>
      ))}
    </g>
  );
}

function placesOf(picture: Layout): ReadonlyMap<string, Point> {
  return new Map(picture.nodes.map(({ node, x, y }) => [node.name, { x, y }]));
}

/** The picture. */
export function Picture({ nodes, stream, self }: {
  readonly nodes: readonly SeenNode[];
  readonly stream: string | undefined;
  readonly self: string;
}) {
  const { element, width } = useWidth();
  const picture = useMemo(() => layout(nodes, stream, Math.max(300, width)), [
    nodes,
    stream,
    width,
  ]);
  const targets = placesOf(picture);
  const key = [...targets].map(([name, { x, y }]) => `${name} ${x | 0} ${y | 0}`).join();
  const moving = useMoving(targets, key);
  const at = moving === undefined ? targets : new Map([...targets, ...moving]);
  const labels = useMemo(() => labelsOf(picture, targets), [picture]);
  const { detail } = picture;
  const half = SIZES[detail].width / 2;
  return (
    <div class={`picture ${detail}`} ref={element} role="region" aria-label="Topology" tabIndex={0}>
      <svg
        width={picture.width}
        height={picture.height}
        viewBox={`0 0 ${picture.width} ${picture.height}`}
        role="group"
        aria-label="The network: every node is a link to its page; the table below says the same"
      >
        {picture.lines.map((line) => {
          const [from, to] = [at.get(line.from), at.get(line.to)];
          return from !== undefined && to !== undefined && (
            <LineMark key={line.key} line={line} from={from} to={to} halfWidth={half} />
          );
        })}
        {moving === undefined && <Labels labels={labels} />}
        {picture.nodes.map(({ node }) => {
          const props = { node, at: at.get(node.name) ?? { x: 0, y: 0 }, self: node.name === self };
          return detail === "cards"
            ? <Card key={node.name} {...props} />
            : <NameMark key={node.name} {...props} detail={detail} />;
        })}
      </svg>
    </div>
  );
}

/** What shapes and colors mean. */
export function Legend({ nodes }: { readonly nodes: readonly SeenNode[] }) {
  const present = new Set(nodes.map(kindOf));
  return (
    <ul class="legend" aria-label="Legend">
      {(Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => present.has(kind)).map((
        kind,
      ) => (
        <li key={kind}>
          <svg width="20" height="20" viewBox="-10 -10 20 20" aria-hidden="true">
            <Glyph kind={kind} />
          </svg>
          {KINDS[kind]}
        </li>
      ))}
      {([
        ["tree good", "carries the stream"],
        ["standby good", "standby"],
        ["link good", "link"],
        ["tree fair", "some loss"],
        ["tree bad", "much loss"],
        ["link down", "down"],
      ] as const).map((
        [kind, words],
      ) => (
        <li key={kind}>
          <svg width="30" height="12" viewBox="0 0 30 12" aria-hidden="true">
            <path class={`line ${kind}`} d="M2 6H28" />
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}
