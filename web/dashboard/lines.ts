/** How lines run and where their labels go, so that nothing covers anything. */
import { type Line, type Picture, SIZES } from "./layout.ts";

/** A point. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box around a middle. */
interface Box extends Point {
  readonly w: number;
  readonly h: number;
}

/** A cubic curve. */
export interface Curve {
  readonly points: readonly [Point, Point, Point, Point];
}

/** A line's label: round trip, and loss where there is some. */
export interface Label extends Point {
  readonly key: string;
  readonly text: string;
  readonly width: number;
  readonly health: Line["health"];
}

/** The curve of a line, from side to side of the two marks. */
export function curveOf(a: Point, b: Point, halfWidth: number): Curve {
  const [from, to] = a.x <= b.x ? [a, b] : [b, a];
  const start = { x: from.x + halfWidth, y: from.y };
  if (to.x - from.x < 2 * halfWidth) {
    // One below the other: around the right side.
    const end = { x: to.x + halfWidth, y: to.y };
    const bulge = halfWidth * 0.35 + Math.min(60, Math.abs(to.y - from.y) * 0.18);
    return {
      points: [start, { x: start.x + bulge, y: start.y }, { x: end.x + bulge, y: end.y }, end],
    };
  }
  const end = { x: to.x - halfWidth, y: to.y };
  const reach = (end.x - start.x) * 0.5;
  return {
    points: [start, { x: start.x + reach, y: start.y }, { x: end.x - reach, y: end.y }, end],
  };
}

/** SVG's words for a curve. */
export function pathOf({ points: [a, b, c, d] }: Curve): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return `M${at(a)}C${at(b)} ${at(c)} ${at(d)}`;
}

/** The point at share `t` of a curve. */
function pointAt({ points: [a, b, c, d] }: Curve, t: number): Point {
  const u = 1 - t;
  const mix = (p: number, q: number, r: number, s: number) =>
    u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s;
  return { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) };
}

const overlap = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) * 2 < a.w + b.w && Math.abs(a.y - b.y) * 2 < a.h + b.h;

/** What a link's label says. */
export function labelText({ rttMs, loss, health }: Line): string {
  if (health === "down") return "down";
  const trip = rttMs === undefined ? "" : rttMs < 10 ? rttMs.toFixed(1) : String(Math.round(rttMs));
  const lost = loss < 0.001 ? "" : `${(loss * 100).toFixed(loss < 0.1 ? 1 : 0)} %`;
  return [trip === "" ? "" : `${trip} ms`, lost].filter((part) => part !== "").join(" · ");
}

const LETTER = 6.1;
const LABEL_HEIGHT = 15;
const TRIES = [0.5, 0.62, 0.38, 0.74, 0.26, 0.84, 0.16];

/** Labels for as many lines as have room, the tree's first. On small pictures only those that tell of trouble. */
export function labelsOf(picture: Picture, at: ReadonlyMap<string, Point>): readonly Label[] {
  const { detail, lines } = picture;
  const size = SIZES[detail];
  const taken: Box[] = picture.nodes.map(({ x, y }) => ({
    x,
    y,
    w: size.width + 6,
    h: size.height + 4,
  }));
  const labels: Label[] = [];
  const wanted = [...lines].reverse().filter((line) =>
    detail === "cards" || line.health === "bad" || (detail === "names" && line.kind === "tree")
  );
  for (const line of wanted) {
    const [from, to] = [at.get(line.from), at.get(line.to)];
    const text = labelText(line);
    if (from === undefined || to === undefined || text === "") continue;
    const curve = curveOf(from, to, size.width / 2);
    const near = line.kind === "tree" ? [0.8, 0.7, ...TRIES] : TRIES;
    for (const t of near) {
      const box = { ...pointAt(curve, t), w: text.length * LETTER + 6, h: LABEL_HEIGHT };
      const outside = box.x - box.w / 2 < 0 || box.x + box.w / 2 > picture.width;
      if (outside || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      labels.push({ key: line.key, x: box.x, y: box.y, width: box.w, text, health: line.health });
      break;
    }
  }
  return labels;
}
