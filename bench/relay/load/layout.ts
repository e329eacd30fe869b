/** What generator, sink and the rig agree on: packets, shared counters, orders. */

/** 12 bytes of RTP and seven TS packets. */
export const PACKET_BYTES = 1328;
/** Where the stamp lies: in the first TS packet, behind its header. */
export const STAMP = { run: 16, index: 20, seconds: 24, nanoseconds: 28 } as const;

/** Children of one contender at most; their addresses are 127.NET.0.1 and up. */
export const CHILDREN_MAX = 4096;
/** Packets of one run whose arrival is kept for each child in `arrivals` mode. */
export const ARRIVALS_MAX = 131_072;
/** Children in `arrivals` mode. */
export const ARRIVAL_CHILDREN = 8;

/** What the sink does with packets: counts them, times each, or notes every arrival. */
export const MODE = { count: 0, latency: 1, arrivals: 2 } as const;

/** Words of the sink's shared control block. */
export const CTL = { stop: 0, run: 1, seenRun: 2, mode: 3, net: 4 } as const;
/** Words of the sink's shared totals. */
export const TOTAL = { packets: 0, late: 1, rtcp: 2, calls: 3, strays: 4, lastNs: 5 } as const;
/** Words of the generator's shared block: packets sent so far in this run, and whether to end it. */
export const SENT = { packets: 0, stop: 1, behindNs: 2 } as const;

/** Latency buckets: 1 us up to 2 ms, 20 us up to 100 ms, 10 ms up to 10 s. */
const FINE = 2000;
const MIDDLE = FINE + (100_000 - 2000) / 20;
export const BUCKETS = MIDDLE + (10_000_000 - 100_000) / 10_000 + 1;

/** The bucket of a latency. */
export function bucketOf(us: number): number {
  if (us < 0) return 0;
  if (us < 2000) return us | 0;
  if (us < 100_000) return FINE + (((us - 2000) / 20) | 0);
  return Math.min(BUCKETS - 1, MIDDLE + (((us - 100_000) / 10_000) | 0));
}

/** The upper end of a bucket in microseconds. */
export function bucketUs(bucket: number): number {
  if (bucket < FINE) return bucket + 1;
  if (bucket < MIDDLE) return 2000 + (bucket - FINE + 1) * 20;
  return 100_000 + (bucket - MIDDLE + 1) * 10_000;
}

/** The sink's shared memory. */
export interface SinkShared {
  readonly ctl: Int32Array<SharedArrayBuffer>;
  readonly totals: Float64Array<SharedArrayBuffer>;
  readonly children: Uint32Array<SharedArrayBuffer>;
  readonly latency: Uint32Array<SharedArrayBuffer>;
  /** Arrival times in ns of `nowNs`; the sending time in the row behind the last child. */
  readonly arrivals: Float64Array<SharedArrayBuffer>;
}

/** Makes the sink's shared memory. */
export function sinkShared(): SinkShared {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  return {
    ctl: new Int32Array(shared(64)),
    totals: new Float64Array(shared(128)),
    children: new Uint32Array(shared(4 * (CHILDREN_MAX + 1))),
    latency: new Uint32Array(shared(4 * BUCKETS)),
    arrivals: new Float64Array(shared(8 * (ARRIVAL_CHILDREN + 1) * ARRIVALS_MAX)),
  };
}

/** One stream as the generator sends it. */
export interface LoadStream {
  readonly ssrc: number;
  /** Extended number of the next packet. */
  next: number;
}

/** One order to the generator. */
export interface LoadRun {
  readonly run: number;
  readonly fd: number;
  /** Packets a second, shared out over the streams in turn. */
  readonly rate: number;
  readonly seconds: number;
  readonly streams: readonly LoadStream[];
  /** IPv4 address and port; every packet goes to each. */
  readonly targets: readonly { readonly address: number; readonly port: number }[];
  /** Packets that may share one datagram cut by the kernel; 1 sends each alone. */
  readonly segments: number;
}

/** What the generator answers. */
export interface LoadDone {
  readonly run: number;
  readonly sent: number;
  readonly seconds: number;
  readonly next: readonly number[];
}
