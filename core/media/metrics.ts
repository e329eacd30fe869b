/** The datapath's counters as metrics: read only when somebody asks. */
import type { Metrics, Sample } from "../ports.ts";
import { REPAIR_DELAYS_MS } from "./counters.ts";
import type { DatapathCounters, StreamCounters } from "./api.ts";

/** Streams shown one by one; a label for each of thousands would drown the rest. */
const STREAMS_MAX = 256;

const STREAM_COUNTERS = {
  packetsIn: ["media_stream_packets_in_total", "Packets of a stream that came in."],
  packetsOut: ["media_stream_packets_out_total", "Packets of a stream sent, once a child."],
  duplicates: ["media_stream_duplicates_total", "Packets that were here already."],
  late: ["media_stream_late_total", "Packets older than the ring."],
  reordered: ["media_stream_reordered_total", "Packets that were overtaken by later ones."],
  gaps: ["media_stream_gaps_total", "Packets first seen missing."],
  recoveredByNack: ["media_stream_recovered_nack_total", "Missing packets won back by request."],
  recoveredByFec: ["media_stream_recovered_fec_total", "Missing packets won back from parity."],
  recoveredByPath: [
    "media_stream_recovered_path_total",
    "Missing packets that came from another parent.",
  ],
  unrecovered: ["media_stream_unrecovered_total", "Missing packets given up."],
  nacksSent: ["media_stream_nacks_sent_total", "Requests for repair sent."],
  nacksReceived: ["media_stream_nacks_received_total", "Requests for repair received."],
  retransmitsSent: ["media_stream_retransmits_total", "Packets sent again."],
  retransmitsRefused: [
    "media_stream_retransmits_refused_total",
    "Repairs refused for lack of budget.",
  ],
  delivered: ["media_stream_delivered_total", "Packets delivered to local receivers."],
  lostAtReceivers: ["media_stream_lost_total", "Packets local receivers had to do without."],
} as const satisfies Partial<Record<keyof StreamCounters, readonly [string, string]>>;

const DROPS = [
  "malformed",
  "unknownStream",
  "unwanted",
  "strangers",
  "badCookies",
  "sendErrors",
  "queueDropped",
] as const satisfies readonly (keyof DatapathCounters)[];

function isStreamKey(key: string): key is keyof typeof STREAM_COUNTERS {
  return key in STREAM_COUNTERS;
}

/** The label of a stream: its number as Wireshark shows it. */
export const ssrcLabel = (ssrc: number): string => `0x${ssrc.toString(16).padStart(8, "0")}`;

/** Registers everything; dispose what it returns when the datapath goes. */
export function collectMedia(metrics: Metrics, read: () => DatapathCounters): Disposable[] {
  const traffic = (values: (counters: DatapathCounters) => readonly [number, number]) => () => {
    const [received, sent] = values(read());
    return [
      { labels: { direction: "in" }, value: received },
      { labels: { direction: "out" }, value: sent },
    ];
  };
  const held = [
    metrics.collect(
      "media_packets_total",
      "counter",
      "Media datagrams by direction.",
      traffic(({ packetsIn, packetsOut }) => [packetsIn, packetsOut]),
    ),
    metrics.collect(
      "media_bytes_total",
      "counter",
      "Bytes of media datagrams by direction.",
      traffic(({ bytesIn, bytesOut }) => [bytesIn, bytesOut]),
    ),
    metrics.collect("media_dropped_total", "counter", "Datagrams not used, by reason.", () => {
      const counters = read();
      return DROPS.map((reason) => ({ labels: { reason }, value: counters[reason] }));
    }),
    metrics.collect("media_streams", "gauge", "Streams open at this node.", () => [
      { value: read().streams.length },
    ]),
    metrics.collect(
      "media_children",
      "gauge",
      "Children of each stream.",
      () => byStream(read(), (stream) => stream.children.length),
    ),
    metrics.collect(
      "media_parent_loss_share",
      "gauge",
      "Share of packets lost on the way from the worst parent, before repair.",
      () =>
        byStream(read(), (one) => Math.max(0, ...one.parents.map((parent) => parent.lossShare))),
    ),
  ];
  for (const [key, [name, help]] of Object.entries(STREAM_COUNTERS)) {
    if (!isStreamKey(key)) continue;
    held.push(
      metrics.collect(name, "counter", help, () => byStream(read(), (stream) => stream[key])),
    );
  }
  return [...held, collectDelays(metrics, read)];
}

/** The repair delays as a histogram. */
function collectDelays(metrics: Metrics, read: () => DatapathCounters): Disposable {
  return metrics.collectDistribution(
    "media_repair_delay_seconds",
    "How long packets were missing before they were won back.",
    REPAIR_DELAYS_MS.map((ms) => ms / 1000),
    () =>
      read().streams.slice(0, STREAMS_MAX).map(({ ssrc, repairDelays }) => ({
        labels: { stream: ssrcLabel(ssrc) },
        counts: repairDelays.counts,
        sum: repairDelays.sumMs / 1000,
      })),
  );
}

function byStream(counters: DatapathCounters, value: (stream: StreamCounters) => number): Sample[] {
  return counters.streams.slice(0, STREAMS_MAX)
    .map((stream) => ({ labels: { stream: ssrcLabel(stream.ssrc) }, value: value(stream) }));
}
