/** Offers the brain's counters and measures; they are read only when somebody asks. */
import type { Metrics, Sample } from "../ports.ts";
import type { Link } from "./link.ts";
import type { KeepaliveBrain } from "./brain.ts";

function labeled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

/** Registers everything; dispose what it returns when the brain goes. */
export function collectMetrics(metrics: Metrics, brain: KeepaliveBrain): Disposable[] {
  const { counters, table } = brain;
  const perPeer = (read: (link: Link) => number | undefined): readonly Sample[] =>
    [...table.watched.values()].flatMap((link) => {
      const value = read(link);
      return value === undefined ? [] : [{ labels: { peer: link.name }, value }];
    });
  return [
    metrics.collect(
      "keepalive_packets_total",
      "counter",
      "Keepalive datagrams.",
      () => labeled("direction", { in: counters.received, out: counters.sent }),
    ),
    metrics.collect(
      "keepalive_dropped_total",
      "counter",
      "Datagrams refused, by reason.",
      () => labeled("reason", counters.dropped),
    ),
    metrics.collect("keepalive_ups_total", "counter", "Neighbors that came up.", () => [
      { value: counters.ups },
    ]),
    metrics.collect(
      "keepalive_downs_total",
      "counter",
      "Neighbors that went down.",
      () => labeled("why", counters.downs),
    ),
    metrics.collect(
      "keepalive_suspects_total",
      "counter",
      "Suspicions, by outcome.",
      () => labeled("outcome", { begun: counters.suspects, cleared: counters.cleared }),
    ),
    metrics.collect("keepalive_stalls_total", "counter", "Times own timers ran late.", () => [
      { value: counters.stalls },
    ]),
    metrics.collect(
      "keepalive_links",
      "gauge",
      "Links in the tables.",
      () => labeled("table", { watched: table.watched.size, watchers: table.watchers.size }),
    ),
    metrics.collect(
      "keepalive_rtt_seconds",
      "gauge",
      "Smoothed round trip.",
      () =>
        perPeer(({ roundTrip }) => roundTrip.ms === undefined ? undefined : roundTrip.ms / 1000),
    ),
    metrics.collect(
      "keepalive_loss_ratio",
      "gauge",
      "Heartbeats lost on the way in.",
      () => perPeer(({ reception }) => reception.loss),
    ),
  ];
}
