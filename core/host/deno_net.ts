/** The network of this machine: UDP and TCP by Deno, with counters for every way a packet can be lost. */
import type { Log, Metrics, Net, Plane, Sample } from "../ports.ts";
import { AddrBook } from "./addr_book.ts";
import type { Guard } from "./deno_clock.ts";
import { dialTcp, listenTcp, type TcpShared } from "./deno_tcp.ts";
import { type DenoUdpSocket, openUdp, type UdpShared, UdpStats } from "./deno_udp.ts";

/** What the network reports to. */
export interface NetOptions {
  readonly guard: Guard;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Counters that are read from plain numbers on scrape, so that a packet costs an addition. */
const UDP_COUNTERS: readonly (readonly [string, string, (stats: UdpStats) => number])[] = [
  ["udp_sent_packets_total", "Datagrams handed to the system.", (s) => s.sentPackets],
  ["udp_sent_bytes_total", "Payload bytes handed to the system.", (s) => s.sentBytes],
  ["udp_received_packets_total", "Datagrams received.", (s) => s.receivedPackets],
  ["udp_received_bytes_total", "Payload bytes received.", (s) => s.receivedBytes],
  ["udp_send_errors_total", "Datagrams that the system refused to send.", (s) => s.sendErrors],
  ["udp_receive_errors_total", "Failed receive calls.", (s) => s.receiveErrors],
];

/** Why a socket dropped a datagram itself. */
const UDP_DROPS: readonly (readonly [string, (stats: UdpStats) => number])[] = [
  ["queue-full", (s) => s.droppedQueue],
  ["no-receiver", (s) => s.droppedNoReceiver],
  ["unresolved", (s) => s.droppedUnresolved],
  ["denied", (s) => s.droppedDenied],
];

function publishStats(metrics: Metrics, planes: ReadonlyMap<Plane, UdpStats>): void {
  for (const [name, help, read] of UDP_COUNTERS) {
    metrics.collect(
      name,
      "counter",
      help,
      () => [...planes].map(([plane, stats]) => ({ labels: { plane }, value: read(stats) })),
    );
  }
  metrics.collect(
    "udp_dropped_packets_total",
    "counter",
    "Datagrams dropped before they reached the system or a receiver.",
    () =>
      [...planes].flatMap(([plane, stats]) =>
        UDP_DROPS.map(([reason, read]): Sample => ({
          labels: { plane, reason },
          value: read(stats),
        }))
      ),
  );
}

function publishBuffers(metrics: Metrics, planes: ReadonlyMap<Plane, UdpStats>): void {
  metrics.collect(
    "udp_receive_buffer_bytes",
    "gauge",
    "Receive buffer that sockets of a plane were given; none where the system's default stands.",
    () =>
      [...planes].flatMap(([plane, { receiveBufferBytes: value }]) =>
        value === undefined ? [] : [{ labels: { plane }, value }]
      ),
  );
}

function publishSockets(metrics: Metrics, open: ReadonlySet<DenoUdpSocket>): void {
  metrics.collect("udp_sockets", "gauge", "Open UDP sockets.", () => {
    const counts = new Map<Plane, number>();
    for (const { plane } of open) counts.set(plane, (counts.get(plane) ?? 0) + 1);
    return [...counts].map(([plane, value]) => ({ labels: { plane }, value }));
  });
}

/** The Net port of this machine. */
export function denoNet({ guard, log, metrics }: NetOptions): Net {
  const planes = new Map<Plane, UdpStats>();
  const open = new Set<DenoUdpSocket>();
  const udp: UdpShared = {
    book: new AddrBook(),
    guard,
    stats(plane) {
      const stats = planes.get(plane) ?? new UdpStats();
      planes.set(plane, stats);
      return stats;
    },
    unresolved: (host) => log.warn("host name has no address", { host }),
    track: (socket, isOpen) => void (isOpen ? open.add(socket) : open.delete(socket)),
  };
  const tcp: TcpShared = {
    guard,
    refusedConnections: metrics.counter(
      "tcp_refused_connections_total",
      "Connections closed at once because a listener holds its most.",
    ),
    acceptErrors: metrics.counter("tcp_accept_errors_total", "Failed accept calls."),
  };
  publishStats(metrics, planes);
  publishBuffers(metrics, planes);
  publishSockets(metrics, open);
  return {
    udp: (bind, options) => openUdp(bind, options, udp),
    listen: async (bind, accept) => await listenTcp(bind, accept, tcp),
    dial: (to, signal) => dialTcp(to, signal, tcp),
  };
}
