/** The Metrics port on prom-client: one registry a node, the prefix `espalier_`, read on scrape. */
import { Counter as PromCounter, Gauge, Histogram, Registry } from "prom-client";
import { cpuUsage } from "node:process";
import type { Clock, Counter, DistributionSample, Metrics, Sample } from "../ports.ts";

const PREFIX = "espalier_";
/** How often the event loop's lag is measured. */
const LAG_INTERVAL_MS = 500;

type Labels = Readonly<Record<string, string>>;

/** Values that are read on scrape; several plugins may give some under one name. */
interface Family {
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly readers: Set<() => readonly Sample[]>;
}

/** A distribution that is read on scrape. */
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

/** Fixed metrics of one name share their help and their label names. */
interface Fixed<M> {
  readonly metric: M;
  readonly labelNames: string;
  readonly bound: Map<string, Counter & { observe(value: number): void }>;
}

/** Metrics behind the port. */
class PromMetrics implements NodeMetrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Fixed<PromCounter>>();
  readonly #histograms = new Map<string, Fixed<Histogram>>();
  readonly #families = new Map<string, Family>();
  readonly #distributions = new Map<string, Distribution>();

  counter(name: string, help: string, labels: Labels = {}): Counter {
    const fixed = this.#fixed(
      this.#counters,
      name,
      labels,
      (labelNames) =>
        new PromCounter({ name: PREFIX + name, help, labelNames, registers: [this.#registry] }),
    );
    return this.#bind(fixed, labels, () => {
      const child = fixed.metric.labels({ ...labels });
      return { add: (by = 1) => child.inc(by), observe: () => {} };
    });
  }

  histogram(name: string, help: string, buckets: readonly number[], labels: Labels = {}) {
    const fixed = this.#fixed(this.#histograms, name, labels, (labelNames) =>
      new Histogram({
        name: PREFIX + name,
        help,
        labelNames,
        buckets: [...buckets],
        registers: [this.#registry],
      }));
    return this.#bind(fixed, labels, () => {
      const child = fixed.metric.labels({ ...labels });
      return { add: () => {}, observe: (value) => child.observe(value) };
    });
  }

  collect(
    name: string,
    type: "gauge" | "counter",
    help: string,
    read: () => readonly Sample[],
  ): Disposable {
    const family = this.#families.get(name) ?? { type, help, readers: new Set() };
    if (family.type !== type || this.#isTaken(name, this.#families)) {
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
    if (this.#isTaken(name)) {
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

  async text(): Promise<string> {
    const collected = new Registry();
    for (const [name, family] of this.#families) collectInto(collected, name, family);
    const distributions = [...this.#distributions].flatMap(([name, one]) => exposed(name, one));
    const parts = [await this.#registry.metrics(), await collected.metrics(), ...distributions];
    return parts.map((part) => part.trimEnd()).filter((part) => part !== "")
      .map((part) => `${part}\n`).join("");
  }

  /** Whether metrics of another kind than those in `own` have this name. */
  #isTaken(name: string, own?: ReadonlyMap<string, unknown>): boolean {
    const kinds: readonly ReadonlyMap<string, unknown>[] = [
      this.#counters,
      this.#histograms,
      this.#families,
      this.#distributions,
    ];
    return kinds.some((all) => all !== own && all.has(name));
  }

  #fixed<M>(
    all: Map<string, Fixed<M>>,
    name: string,
    labels: Labels,
    make: (labelNames: string[]) => M,
  ): Fixed<M> {
    const names = Object.keys(labels).toSorted();
    const known = all.get(name);
    if (known === undefined) {
      if (this.#isTaken(name, all)) {
        throw new TypeError(`Cannot make metric ${name}: the name is collected already`);
      }
      const fixed = { metric: make(names), labelNames: names.join(), bound: new Map() };
      all.set(name, fixed);
      return fixed;
    }
    if (known.labelNames !== names.join()) {
      throw new TypeError(
        `Cannot make metric ${name}: its labels are "${known.labelNames}", not "${names.join()}"`,
      );
    }
    return known;
  }

  #bind<M>(
    fixed: Fixed<M>,
    labels: Labels,
    make: () => Counter & { observe(value: number): void },
  ): Counter & { observe(value: number): void } {
    const key = labelsKey(labels);
    const bound = fixed.bound.get(key) ?? make();
    fixed.bound.set(key, bound);
    return bound;
  }
}

/** Labels in the text format, with its escapes. */
function labelsText(labels: Labels): string {
  const escape = (value: string) =>
    value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A distribution in the text format, where each bucket holds what lies below its bound too. */
function exposed(name: string, { help, buckets, read }: Distribution): string[] {
  const full = PREFIX + name;
  const lines = [`# HELP ${full} ${help}`, `# TYPE ${full} histogram`];
  try {
    for (const { labels = {}, counts, sum } of read()) {
      let below = 0;
      for (const [at, bound] of [...buckets.map(String), "+Inf"].entries()) {
        below += counts[at] ?? 0;
        lines.push(`${full}_bucket${labelsText({ ...labels, le: bound })} ${below}`);
      }
      lines.push(`${full}_sum${labelsText(labels)} ${sum}`);
      lines.push(`${full}_count${labelsText(labels)} ${below}`);
    }
  } catch {
    // The scrape goes on with what the others say.
    return [];
  }
  return lines;
}

/** Reads one family; a reader that throws costs its own samples only. */
function collectInto(registry: Registry, name: string, { type, help, readers }: Family): void {
  const samples: Sample[] = [];
  for (const read of readers) {
    try {
      samples.push(...read());
    } catch {
      // The scrape goes on with what the others say.
    }
  }
  const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels ?? {})))];
  const common = { name: PREFIX + name, help, labelNames, registers: [registry] };
  if (type === "gauge") {
    const gauge = new Gauge(common);
    for (const { labels, value } of samples) gauge.set({ ...labels }, value);
    return;
  }
  const counter = new PromCounter(common);
  // Prometheus counters never fall; a reader's fault is shown as nothing rather than as an exception.
  for (const { labels, value } of samples) if (value >= 0) counter.inc({ ...labels }, value);
}

/** Makes a node's metrics. */
export function createMetrics(): NodeMetrics {
  return new PromMetrics();
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
