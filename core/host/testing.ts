/** What the tests of this folder share: ports with a log and metrics that remember, and waiting for a truth. */
import { EventHub } from "../events.ts";
import type { Log, Metrics, Ports, Sample } from "../ports.ts";
import { denoPorts } from "./deno_ports.ts";

/** A log line that was written. */
export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export function memoryLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: Line["level"]) => (event: string, fields = {}) =>
    void lines.push({ level, event, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Metrics that can be read back by name and labels. */
export class MemoryMetrics implements Metrics {
  readonly #counters = new Map<string, number>();
  readonly #collected = new Map<string, () => readonly Sample[]>();

  counter(name: string): { add(by?: number): void } {
    return {
      add: (by = 1) => void this.#counters.set(name, (this.#counters.get(name) ?? 0) + by),
    };
  }

  histogram(): { observe(value: number): void } {
    return { observe: () => {} };
  }

  collect(name: string, _type: string, _help: string, read: () => readonly Sample[]): Disposable {
    this.#collected.set(name, read);
    return { [Symbol.dispose]: () => void this.#collected.delete(name) };
  }

  collectDistribution(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  /** A counter's value, or the sum of the collected samples that carry all `labels`. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const samples = this.#collected.get(name)?.() ?? [];
    const matching = samples.filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels?.[key] === value)
    );
    return matching.reduce((sum, { value }) => sum + value, this.#counters.get(name) ?? 0);
  }
}

/** Events on real clocks. */
export function eventHub(keep?: number): EventHub {
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  return new EventHub(clock, new MemoryMetrics(), keep);
}

/** Real ports for one test. */
export function testPorts(): Ports & {
  readonly log: ReturnType<typeof memoryLog>;
  readonly metrics: MemoryMetrics;
} {
  const log = memoryLog();
  const metrics = new MemoryMetrics();
  return { ...denoPorts({ log, metrics }), log, metrics };
}

/** Resolves when `truth` holds; fails after `withinMs`, naming what did not come true. */
export async function until(what: string, truth: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!truth()) {
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
