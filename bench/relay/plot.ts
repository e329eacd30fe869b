/** Line plots as SVG, small enough to be read in a diff. */

/** One line. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What is drawn. */
export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly logarithmic: boolean;
  readonly write: (figure: number) => string;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 400, 70, 150, 40, 50];
const COLORS = ["#0b6e4f", "#d1495b", "#1f4e8c", "#7a9bc4", "#8f5aa8", "#b8860b", "#666666"];

function scale(ticks: readonly number[], logarithmic: boolean, from: number, to: number) {
  const place = (figure: number) => logarithmic ? Math.log(figure) : figure;
  const [first, last] = [place(ticks[0] ?? 0), place(ticks.at(-1) ?? 1)];
  return (figure: number) => from + (place(figure) - first) / (last - first || 1) * (to - from);
}

const text = (x: number, y: number, anchor: string, content: string, more = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${content}</text>`;

/** The picture. */
export function draw(plot: Plot): string {
  const x = scale(plot.xTicks, plot.logarithmic, LEFT, WIDTH - RIGHT);
  const y = scale(plot.yTicks, plot.logarithmic, HEIGHT - BOTTOM, TOP);
  const grid = plot.yTicks.flatMap((tick) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick).toFixed(1)}" y2="${
      y(tick).toFixed(1)
    }" stroke="#ddd"/>`,
    text(LEFT - 6, y(tick) + 4, "end", plot.write(tick)),
  ]);
  const feet = plot.xTicks.map((tick) => text(x(tick), HEIGHT - BOTTOM + 18, "middle", `${tick}`));
  const lines = plot.series.flatMap(({ name, points }, index) => {
    const color = COLORS[index % COLORS.length] ?? "#000";
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
    const dots = points.length > 20
      ? []
      : points.map(([px, py]) =>
        `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${color}"/>`
      );
    const legend = TOP + 10 + index * 20;
    return [
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...dots,
      `<rect x="${WIDTH - RIGHT + 12}" y="${legend - 9}" width="12" height="10" fill="${color}"/>`,
      text(WIDTH - RIGHT + 30, legend, "start", name),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(WIDTH / 2, 22, "middle", plot.title, ' font-size="15"'),
    ...grid,
    ...feet,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "middle", plot.xTitle),
    text(0, 0, "middle", plot.yTitle, ` transform="translate(16 ${HEIGHT / 2}) rotate(-90)"`),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
