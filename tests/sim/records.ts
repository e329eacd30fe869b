/** What a simulated process leaves behind to be asserted on: its log and its metrics. */
import type { DistributionSample, Log, LogFields, Metrics, Sample } from "../../core/ports.ts";

/** One line of a captured log. */
export interface LogLine {
  readonly atMs: number;
  readonly host: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
}

/** Captured lines of all hosts; beyond the limit the oldest go, and are counted. */
export class LogBook {
  readonly lines: LogLine[] = [];
  dropped = 0;
  /** Also prints every line. */
  echo = false;

  constructor(readonly limit: number) {}

  /** The log port of one process. */
  portFor(host: string, nowMs: () => number): Log {
    const write = (level: LogLine["level"]) => (event: string, fields: LogFields = {}) => {
      if (this.lines.length >= this.limit) {
        this.lines.splice(0, Math.ceil(this.limit / 4));
        this.dropped += Math.ceil(this.limit / 4);
      }
      const line = { atMs: nowMs(), host, level, event, fields };
      this.lines.push(line);
      if (this.echo) console.log(`${line.atMs.toFixed(3)} ${host} ${level} ${event}`, fields);
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
  }
}

type Labels = Readonly<Record<string, string>>;

interface CounterCell {
  readonly name: string;
  readonly labels: Labels;
  value: number;
}

interface HistogramCell {
  readonly name: string;
  readonly labels: Labels;
  readonly values: number[];
  count: number;
  sum: number;
}

interface Collector {
  readonly name: string;
  readonly read: () => readonly Sample[];
}

/** Observations of a histogram that are kept one by one. */
const OBSERVATIONS_MAX = 10_000;

/** Metrics in memory, readable by name and (some) labels. */
export class MemoryMetrics implements Metrics {
  readonly #counters = new Map<string, CounterCell>();
  readonly #histograms = new Map<string, HistogramCell>();
  readonly #collectors = new Set<Collector>();

  counter(name: string, _help: string, labels: Labels = {}) {
    const key = keyOf(name, labels);
    let cell = this.#counters.get(key);
    if (cell === undefined) this.#counters.set(key, cell = { name, labels, value: 0 });
    const own = cell;
    return {
      add(by = 1): void {
        own.value += by;
      },
    };
  }

  histogram(name: string, _help: string, _buckets: readonly number[], labels: Labels = {}) {
    const key = keyOf(name, labels);
    let cell = this.#histograms.get(key);
    if (cell === undefined) {
      this.#histograms.set(key, cell = { name, labels, values: [], count: 0, sum: 0 });
    }
    const own = cell;
    return {
      observe(value: number): void {
        own.count++;
        own.sum += value;
        if (own.values.length < OBSERVATIONS_MAX) own.values.push(value);
      },
    };
  }

  collect(name: string, _type: "gauge" | "counter", _help: string, read: () => readonly Sample[]) {
    const collector = { name, read };
    this.#collectors.add(collector);
    return { [Symbol.dispose]: () => void this.#collectors.delete(collector) };
  }

  collectDistribution(
    name: string,
    _help: string,
    _buckets: readonly number[],
    read: () => readonly DistributionSample[],
  ) {
    const total = ({ labels = {}, counts }: DistributionSample): Sample => ({
      labels,
      value: counts.reduce((sum, one) => sum + one, 0),
    });
    return this.collect(name, "counter", "", () => read().map(total));
  }

  /** Sum of all counters, collected values and numbers of values in distributions of this name whose labels include `labels`. */
  value(name: string, labels: Labels = {}): number {
    let sum = 0;
    for (const cell of this.#counters.values()) {
      if (cell.name === name && includes(cell.labels, labels)) sum += cell.value;
    }
    for (const collector of this.#collectors) {
      if (collector.name !== name) continue;
      for (const sample of collector.read()) {
        if (includes(sample.labels ?? {}, labels)) sum += sample.value;
      }
    }
    return sum;
  }

  /** Everything a histogram observed (the first 10,000). */
  observations(name: string, labels: Labels = {}): readonly number[] {
    return [...this.#histograms.values()]
      .filter((cell) => cell.name === name && includes(cell.labels, labels))
      .flatMap((cell) => cell.values);
  }

  /** Names of everything there is. */
  names(): readonly string[] {
    const cells = [...this.#counters.values(), ...this.#histograms.values(), ...this.#collectors];
    return [...new Set(cells.map((cell) => cell.name))].sort();
  }

  /** Collectors that still stand: 0 after a plugin's stop. */
  get collectors(): number {
    return this.#collectors.size;
  }
}

function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}

function includes(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
