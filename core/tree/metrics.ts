/** Offers the brain's counters; they are read only when somebody asks. */
import type { Metrics, Sample } from "../ports.ts";
import type { TreeMachine } from "./shell.ts";

function labeled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

/** Registers everything; dispose what it returns when the brain goes. */
export function collectMetrics(
  metrics: Metrics,
  brain: TreeMachine,
  now: () => number,
): Disposable[] {
  const { counters } = brain;
  const total = (name: string, help: string, read: () => readonly Sample[]) =>
    metrics.collect(name, "counter", help, read);
  return [
    total("tree_messages_sent_total", "Tree messages sent.", () => labeled("type", counters.sent)),
    total(
      "tree_messages_received_total",
      "Tree messages received.",
      () => labeled("type", counters.received),
    ),
    total(
      "tree_dropped_total",
      "Tree messages and neighbors refused, by reason.",
      () => labeled("reason", counters.dropped),
    ),
    total("tree_parent_changes_total", "Changes of parent, of all origins.", () => [
      { value: counters.parentChanges },
    ]),
    total("tree_starvations_total", "Times the last way to an origin was lost.", () => [
      { value: counters.starvations },
    ]),
    total("tree_stalls_total", "Times the node slept and dropped what it knew.", () => [
      { value: counters.stalls },
    ]),
    metrics.collect(
      "tree_cost_seconds",
      "gauge",
      "Latency from the origin, as measured.",
      () =>
        [...brain.states.values()].flatMap(({ origin, parent, routes: [best] }) =>
          parent === undefined || best === undefined
            ? []
            : [{ labels: { origin }, value: best.costUs / 1e6 }]
        ),
    ),
    metrics.collect("tree_entries", "gauge", "Entries in the tables.", () => {
      const nowMs = now();
      return labeled("table", {
        origins: brain.states.size,
        neighbors: brain.neighbors.size,
        distrusted: [...brain.neighbors.values()].filter((one) => one.distrustedUntilMs > nowMs)
          .length,
      });
    }),
  ];
}
