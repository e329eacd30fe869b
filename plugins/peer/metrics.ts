/** What a peer counts, for scrapes. */
import type { PeerNode } from "./node.ts";

/** Registers every metric of a peer; disposing takes them back. */
export function metricsOf(node: PeerNode): Disposable[] {
  const { metrics } = node.ctx;
  const one = (
    name: string,
    type: "gauge" | "counter",
    help: string,
    read: () => number,
  ): Disposable => metrics.collect(name, type, help, () => [{ value: read() }]);
  const running = () => [...node.running.values()];
  return [
    one("peer_connections", "gauge", "Connections with other peers.", () => node.sessions.size),
    one("peer_shared_files", "gauge", "Files shared.", () => node.library.list().length),
    one(
      "peer_downloads",
      "gauge",
      "Files that are being downloaded.",
      () => running().filter((file) => file.part !== undefined).length,
    ),
    one(
      "peer_received_bytes_total",
      "counter",
      "Payload received from peers.",
      () => node.down.totalBytes,
    ),
    one("peer_sent_bytes_total", "counter", "Payload sent to peers.", () => node.up.totalBytes),
    one(
      "peer_wasted_bytes",
      "gauge",
      "Payload received for nothing by the files in use: doubles and wrong pieces.",
      () => running().reduce((sum, file) => sum + file.transfer.wastedBytes, 0),
    ),
    one(
      "peer_disk_errors_total",
      "counter",
      "File operations of downloads that failed, every try counted.",
      () => node.downloads.diskErrors,
    ),
    one(
      "peer_downloads_waiting",
      "gauge",
      "Downloads that wait for the disk: it is full, or fails.",
      () => running().filter((file) => file.disk.error !== undefined).length,
    ),
    metrics.collect(
      "peer_closed_total",
      "counter",
      "Connections that this peer ended, by reason.",
      () =>
        Object.entries(node.connections.dropped).map(([reason, value]) => ({
          labels: { reason },
          value,
        })),
    ),
  ];
}
