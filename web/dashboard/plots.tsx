/** A node's series as plots. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { HistoryView } from "../../core/observe.ts";
import { ask } from "./api.ts";
import { bytes, ms, percent, rate } from "./format.ts";

interface PlotSpec {
  readonly title: string;
  readonly keys: (series: HistoryView["series"]) => readonly string[];
  readonly say: (value: number) => string;
  readonly name: (key: string) => string;
}

const fixed = (...keys: string[]) => () => keys;
const PLOTS: readonly PlotSpec[] = [
  { title: "Bit rate", keys: fixed("in", "out"), say: rate, name: (key) => key },
  { title: "Loss before repair", keys: fixed("loss"), say: percent, name: () => "loss" },
  {
    title: "Repairs a second",
    keys: fixed("repairs"),
    say: (value) => value.toFixed(1),
    name: () => "repairs",
  },
  {
    title: "Round trips",
    keys: (series) => Object.keys(series).filter((key) => key.startsWith("rtt:")).sort(),
    say: ms,
    name: (key) => key.slice(4),
  },
  { title: "CPU", keys: fixed("cpu"), say: percent, name: () => "of one core" },
  { title: "Memory", keys: fixed("memory"), say: bytes, name: () => "resident" },
];
const COLORS = ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6"];
const HEIGHT = 132;

const css = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A time of day. */
const clock = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString("en-GB");

function options(spec: PlotSpec, keys: readonly string[], width: number): uPlot.Options {
  const axis = {
    stroke: css("--muted"),
    grid: { stroke: css("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] } },
    axes: [
      { ...axis, space: 80, size: 26, values: (_, splits) => splits.map(clock) },
      { ...axis, size: 72, space: 30, values: (_, splits) => splits.map(spec.say) },
    ],
    series: [
      {},
      ...keys.map((key, index) => ({
        label: spec.name(key),
        stroke: css(COLORS[index % COLORS.length] ?? ""),
        width: 1.6,
        spanGaps: false,
        points: { show: false },
      })),
    ],
  };
}

function Plot({ spec, history, theme }: {
  readonly spec: PlotSpec;
  readonly history: HistoryView;
  readonly theme: string;
}) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const keys = spec.keys(history.series);
  const nowS = Date.now() / 1000;
  const data: uPlot.AlignedData = [
    history.agesMs.map((age) => nowS - age / 1000),
    ...keys.map((key) => [...history.series[key] ?? []]),
  ];
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const made = new uPlot(options(spec, keys, current.clientWidth), data, current);
    chart.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: current.clientWidth, height: HEIGHT })
    );
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [keys.join(), theme]);
  useEffect(() => chart.current?.setData(data), [history]);
  const last = (key: string) => history.series[key]?.findLast((value) => value !== null);
  const figures = keys.map((key) => ({ key, value: last(key) }));
  const words = figures.map(({ key, value }) =>
    `${spec.name(key)} ${value === undefined || value === null ? "unknown" : spec.say(value)}`
  ).join(", ");
  return (
    <figure class="plot">
      <figcaption>
        <h3>{spec.title}</h3>
        <span class="figures">
          {figures.map(({ key, value }, index) => (
            <span key={key}>
              <i class={`swatch plot-${index % COLORS.length + 1}`} />
              {keys.length > 1 && `${spec.name(key)} `}
              {value === undefined || value === null ? "–" : spec.say(value)}
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={element} role="img" aria-label={`${spec.title}, now: ${words || "nothing yet"}`} />
    </figure>
  );
}

/** Longer than the node keeps. */
const SAMPLES_MAX = 1000;

/** What is new behind what is known. */
function joined(old: HistoryView, more: HistoryView): HistoryView {
  if (more.agesMs.length === 0) return old;
  if (old.node !== more.node || old.first + old.agesMs.length !== more.first) return more;
  // Ages of old samples grow by what has come behind them.
  const shift = (more.agesMs[0] ?? 0) + more.stepMs - (old.agesMs.at(-1) ?? 0);
  const keep = -SAMPLES_MAX;
  const nulls = (length: number) => new Array<null>(length).fill(null);
  const keys = new Set([...Object.keys(old.series), ...Object.keys(more.series)]);
  const agesMs = [...old.agesMs.map((age) => age + shift), ...more.agesMs].slice(keep);
  return {
    ...more,
    first: more.first + more.agesMs.length - agesMs.length,
    agesMs,
    series: Object.fromEntries([...keys].map((key) => [
      key,
      [
        ...old.series[key] ?? nulls(old.agesMs.length),
        ...more.series[key] ?? nulls(more.agesMs.length),
      ].slice(keep),
    ])),
  };
}

function useHistory(node: string): { history?: HistoryView; trouble?: string } {
  const [shown, show] = useState<{ history?: HistoryView; trouble?: string }>({});
  useEffect(() => {
    let on = true;
    let known: HistoryView | undefined;
    const look = async () => {
      while (on) {
        const since = known === undefined ? 0 : known.first + known.agesMs.length;
        try {
          const more = await ask<HistoryView>(
            `/api/v1/history?node=${encodeURIComponent(node)}&since=${since}`,
          );
          known = known === undefined ? more : joined(known, more);
          if (on) show({ history: known });
        } catch (error) {
          if (on) show({ ...(known && { history: known }), trouble: String(error) });
        }
        await new Promise((resolve) => setTimeout(resolve, known?.stepMs ?? 3000));
      }
    };
    show({});
    void look();
    return () => void (on = false);
  }, [node]);
  return shown;
}

/** All plots of a node. */
export function Plots({ node, theme }: { readonly node: string; readonly theme: string }) {
  const { history, trouble } = useHistory(node);
  if (history === undefined || history.agesMs.length === 0) {
    return <p class="muted">{trouble ?? "The first samples are on their way."}</p>;
  }
  return (
    <div class="plots">
      {PLOTS.filter((spec) => spec.keys(history.series).some((key) => key in history.series))
        .map((spec) => <Plot key={spec.title} spec={spec} history={history} theme={theme} />)}
    </div>
  );
}
