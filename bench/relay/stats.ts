/** Medians, spreads and how figures are written. */

/** The middle of some figures; NaN when there are none. Figures that are NaN do not count. */
export function median(figures: readonly number[]): number {
  const sorted = figures.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  const at = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[at] ?? NaN;
  return ((sorted[at - 1] ?? NaN) + (sorted[at] ?? NaN)) / 2;
}

/** Half the distance between the outermost figures, as a share of the median. */
export function spread(figures: readonly number[]): number {
  const known = figures.filter((one) => !Number.isNaN(one));
  if (known.length < 2) return NaN;
  return (Math.max(...known) - Math.min(...known)) / 2 / median(known);
}

/** Three significant digits, thousands and millions shortened. */
export function short(figure: number): string {
  if (Number.isNaN(figure)) return "-";
  if (figure >= 999_500) return `${Number((figure / 1e6).toPrecision(3))} M`;
  if (figure >= 9995) return `${Number((figure / 1e3).toPrecision(3))} k`;
  return `${Number(figure.toPrecision(3))}`;
}

/** Microseconds as people read them. */
export function us(figure: number): string {
  if (Number.isNaN(figure)) return "-";
  if (figure < 1000) return `${Math.round(figure)} us`;
  if (figure < 1e6) return `${Number((figure / 1e3).toPrecision(3))} ms`;
  return `${Number((figure / 1e6).toPrecision(3))} s`;
}

/** The median, and the spread where there is one. */
export function withSpread(figures: readonly number[], write: (figure: number) => string): string {
  const width = spread(figures);
  const text = write(median(figures));
  return Number.isNaN(width) ? text : `${text} ±${Math.round(width * 100)} %`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
