/**
 * The Metrics port, and what it holds as Prometheus text (exposition format 0.0.4). Own code of a hundred lines
 * and not a library: counting is a number, a node must be ready before a library is loaded, and a scrape reads
 * collected values once, as they are.
 */
import { cpuUsage } from "node:process";
import type { Clock, Counter, DistributionSample, Metrics, Sample } from "../ports.ts";

const PREFIX = "espalier_";
/** How often the event loop's lag is measured. */
const LAG_INTERVAL_MS = 500;

type Labels = Readonly<Record<string, string>>;

/** Metrics of one name share their type, their help and their label names. */
interface Fixed<Cell> {
  readonly help: string;
  readonly labelNames: string;
  readonly cells: Map<string, { readonly labels: Labels; readonly cell: Cell }>;
}

/** A counter. */
interface CounterCell extends Counter {
  readonly value: number;
}

/** A distribution. */
interface HistogramCell {
  readonly buckets: readonly number[];
  /** Observations up to each bound, not cumulative; beyond the last at the end. */
  readonly counts: number[];
  sum: number;
  observe(value: number): void;
}

/** Values that are read on scrape; several plugins may give some under one name. */
interface Family {
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly readers: Set<() => readonly Sample[]>;
}

/** A distribution that is counted elsewhere. */
interface Distribution {
  readonly help: string;
  readonly buckets: readonly number[];
  readonly read: () => readonly DistributionSample[];
}

/** A node's metrics, as Prometheus reads them. */
export interface NodeMetrics extends Metrics {
  /** Prometheus text exposition, version 0.0.4. */
  text(): Promise<string>;
}

/** The same labels, whatever their order, give the same key. */
function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => a < b ? -1 : 1));
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** One line of values. */
function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels)
    .map(([key, text]) => `${key}="${escaped(String(text)).replaceAll('"', '\\"')}"`);
  const written = value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
  return `${PREFIX}${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${written}\n`;
}

function header(name: string, type: string, help: string): string {
  return `# HELP ${PREFIX}${name} ${escaped(help)}\n# TYPE ${PREFIX}${name} ${type}\n`;
}

function counterCell(): CounterCell {
  let value = 0;
  return {
    get value() {
      return value;
    },
    // A counter never falls.
    add(by = 1) {
      if (by > 0) value += by;
    },
  };
}

function histogramCell(buckets: readonly number[]): HistogramCell {
  const bounds = [...buckets].toSorted((a, b) => a - b);
  const counts = new Array<number>(bounds.length + 1).fill(0);
  return {
    buckets: bounds,
    counts,
    sum: 0,
    observe(value) {
      const at = bounds.findIndex((bound) => value <= bound);
      const index = at < 0 ? bounds.length : at;
      counts[index] = (counts[index] ?? 0) + 1;
      this.sum += value;
    },
  };
}

function histogramLines(
  name: string,
  labels: Labels,
  cell: Pick<HistogramCell, "buckets" | "counts" | "sum">,
): string {
  let below = 0;
  const buckets = [...cell.buckets, Infinity].map((bound, i) => {
    below += cell.counts[i] ?? 0;
    const le = bound === Infinity ? "+Inf" : String(bound);
    return line(`${name}_bucket`, { ...labels, le }, below);
  });
  return buckets.join("") + line(`${name}_sum`, labels, cell.sum) +
    line(`${name}_count`, labels, below);
}

/** One family; a reader that throws costs its own samples only. */
function familyLines(name: string, { type, readers }: Family): string {
  const values = new Map<string, Sample>();
  for (const read of readers) {
    try {
      for (const { labels = {}, value } of read()) {
        // A counter never falls below nothing: a reader's fault is shown as nothing.
        if (type === "counter" && !(value >= 0)) continue;
        // Two values of one name and labels would be refused by whoever scrapes.
        const key = labelsKey(labels);
        const before = type === "counter" ? values.get(key)?.value ?? 0 : 0;
        values.set(key, { labels, value: before + value });
      }
    } catch {
      // The scrape goes on with what the others say.
    }
  }
  return [...values.values()].map(({ labels = {}, value }) => line(name, labels, value)).join("");
}

/** A distribution; a reader that throws costs its own values only. */
function distributionLines(name: string, { buckets, read }: Distribution): string {
  try {
    return read().map(({ labels = {}, counts, sum }) =>
      histogramLines(name, labels, { buckets, counts: [...counts], sum })
    ).join("");
  } catch {
    return "";
  }
}

/** Metrics behind the port. */
class TextMetrics implements NodeMetrics {
  readonly #counters = new Map<string, Fixed<CounterCell>>();
  readonly #histograms = new Map<string, Fixed<HistogramCell>>();
  readonly #families = new Map<string, Family>();
  readonly #distributions = new Map<string, Distribution>();

  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.#cell(this.#counters, name, help, labels, counterCell);
  }

  histogram(name: string, help: string, buckets: readonly number[], labels: Labels = {}) {
    return this.#cell(this.#histograms, name, help, labels, () => histogramCell(buckets));
  }

  collect(
    name: string,
    type: Family["type"],
    help: string,
    read: () => readonly Sample[],
  ): Disposable {
    const family = this.#families.get(name) ?? { type, help, readers: new Set() };
    const others = [this.#counters, this.#histograms, this.#distributions];
    if (family.type !== type || others.some((one) => one.has(name))) {
      throw new TypeError(`Cannot collect metric ${name}: the name has another type already`);
    }
    this.#families.set(name, family);
    family.readers.add(read);
    return {
      [Symbol.dispose]: () => {
        family.readers.delete(read);
        if (family.readers.size === 0 && this.#families.get(name) === family) {
          this.#families.delete(name);
        }
      },
    };
  }

  collectDistribution(
    name: string,
    help: string,
    buckets: readonly number[],
    read: () => readonly DistributionSample[],
  ): Disposable {
    const all = [this.#families, this.#counters, this.#histograms, this.#distributions];
    if (all.some((one) => one.has(name))) {
      throw new TypeError(`Cannot collect metric ${name}: the name is taken`);
    }
    const distribution = { help, buckets, read };
    this.#distributions.set(name, distribution);
    return {
      [Symbol.dispose]: () => {
        if (this.#distributions.get(name) === distribution) this.#distributions.delete(name);
      },
    };
  }

  text(): Promise<string> {
    const parts: string[] = [];
    for (const [name, { help, cells }] of this.#counters) {
      parts.push(header(name, "counter", help));
      for (const { labels, cell } of cells.values()) parts.push(line(name, labels, cell.value));
    }
    for (const [name, { help, cells }] of this.#histograms) {
      parts.push(header(name, "histogram", help));
      for (const { labels, cell } of cells.values()) {
        parts.push(histogramLines(name, labels, cell));
      }
    }
    for (const [name, family] of this.#families) {
      parts.push(header(name, family.type, family.help), familyLines(name, family));
    }
    for (const [name, one] of this.#distributions) {
      parts.push(header(name, "histogram", one.help), distributionLines(name, one));
    }
    return Promise.resolve(parts.join(""));
  }

  #cell<Cell>(
    all: Map<string, Fixed<Cell>>,
    name: string,
    help: string,
    labels: Labels,
    make: () => Cell,
  ): Cell {
    const labelNames = Object.keys(labels).toSorted().join();
    let fixed = all.get(name);
    if (fixed === undefined) {
      const others: readonly ReadonlyMap<string, unknown>[] = [
        this.#counters,
        this.#histograms,
        this.#families,
        this.#distributions,
      ];
      if (others.some((one) => one.has(name))) {
        throw new TypeError(`Cannot make metric ${name}: the name is collected already`);
      }
      all.set(name, fixed = { help, labelNames, cells: new Map() });
    }
    if (fixed.labelNames !== labelNames) {
      throw new TypeError(
        `Cannot make metric ${name}: its labels are "${fixed.labelNames}", not "${labelNames}"`,
      );
    }
    const key = labelsKey(labels);
    const known = fixed.cells.get(key);
    if (known !== undefined) return known.cell;
    const cell = make();
    fixed.cells.set(key, { labels: { ...labels }, cell });
    return cell;
  }
}

/** Makes a node's metrics. */
export function createMetrics(): NodeMetrics {
  return new TextMetrics();
}

/** Gauges of the process itself. Disposing stops the timer that measures the event loop. */
export function processMetrics(metrics: Metrics, clock: Clock): Disposable {
  const startMs = clock.now();
  let worstLagMs = 0;
  let timer: Disposable | undefined;
  const measure = (): void => {
    const dueMs = clock.now() + LAG_INTERVAL_MS;
    timer = clock.after(LAG_INTERVAL_MS, () => {
      worstLagMs = Math.max(worstLagMs, clock.now() - dueMs);
      measure();
    });
  };
  measure();
  const one = (
    name: string,
    type: "gauge" | "counter",
    help: string,
    read: () => number,
  ): Disposable => metrics.collect(name, type, help, () => [{ value: read() }]);
  const held = [
    one("process_resident_memory_bytes", "gauge", "Resident memory.", () => Deno.memoryUsage().rss),
    one(
      "process_heap_used_bytes",
      "gauge",
      "JavaScript heap in use.",
      () => Deno.memoryUsage().heapUsed,
    ),
    one(
      "process_external_memory_bytes",
      "gauge",
      "Memory of buffers beside the heap.",
      () => Deno.memoryUsage().external,
    ),
    one("process_cpu_seconds_total", "counter", "User and system time.", () => {
      const { user, system } = cpuUsage();
      return (user + system) / 1e6;
    }),
    one(
      "process_uptime_seconds",
      "gauge",
      "Time since start.",
      () => (clock.now() - startMs) / 1000,
    ),
    one(
      "event_loop_lag_seconds",
      "gauge",
      "Worst lateness of a timer since the last scrape.",
      () => {
        const seconds = worstLagMs / 1000;
        worstLagMs = 0;
        return seconds;
      },
    ),
  ];
  return {
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      for (const disposable of held) disposable[Symbol.dispose]();
    },
  };
}
