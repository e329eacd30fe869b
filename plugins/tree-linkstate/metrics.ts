/** Offers what the graph counts; it is read only when somebody asks. */
import type { Metrics } from "../../core/ports.ts";
import type { LinkStateBrain } from "./protocol.ts";

/** Registers everything; dispose what it returns when the brain goes. */
export function collectGraph(metrics: Metrics, brain: LinkStateBrain): Disposable[] {
  const { flooding, database } = brain;
  const events = () =>
    Object.entries(flooding.counters).map(([event, value]) => ({ labels: { event }, value }));
  return [
    metrics.collect("tree_linkstate_words_total", "counter", "Words of nodes, by event.", events),
    metrics.collect("tree_linkstate_computations_total", "counter", "Shortest-path trees.", () => [
      { value: brain.computations },
    ]),
    metrics.collect("tree_linkstate_nodes", "gauge", "Nodes on the graph.", () => [
      { value: database.words.size },
    ]),
  ];
}
