/** Generator and sink as the rig's main thread drives them: one run at a time. */
import {
  ARRIVAL_CHILDREN,
  ARRIVALS_MAX,
  BUCKETS,
  bucketUs,
  CTL,
  type LoadDone,
  type LoadRun,
  MODE,
  SENT,
  type SinkShared,
  sinkShared,
  TOTAL,
} from "./layout.ts";
import { IP_PKTINFO, IPPROTO_IP, libc, openUdp, SO_RCVTIMEO, SOL_UDP, UDP_GRO } from "./libc.ts";
import type { Heard } from "./sink.ts";

/** What the sink's socket may hold: it must not be the sink that loses. */
const SINK_BUFFER_BYTES = 256 * 1024 * 1024;
const GENERATOR_BUFFER_BYTES = 16 * 1024 * 1024;
/** What has not come this long after the last packet was sent counts as lost. */
const GRACE_MS = 60;
/** A saturated run is measured from here to its end. */
const WARM_MS = 300;

/** What a run is to send, and how it is looked at. */
export interface RunSpec extends Omit<LoadRun, "run"> {
  /** The second byte of the children's addresses. */
  readonly net: number;
  readonly children: number;
  readonly mode: number;
  /** Read when the measured part begins and ends, such as processor time. */
  readonly sample?: () => number;
  /** How long late packets are waited for. */
  readonly graceMs?: number;
}

/** What came of a run. */
export interface RunResult {
  readonly sent: number;
  /** Packets a second that really left. */
  readonly rate: number;
  readonly received: number;
  readonly expected: number;
  readonly lossShare: number;
  /** Fewest packets that any child got. */
  readonly fewest: number;
  /** Packets received in the measured part, its length, and how much `sample` grew in it. */
  readonly window: { readonly packets: number; readonly seconds: number; readonly sample: number };
  /** The share of packets up to each latency; for `latency` and `arrivals`. */
  readonly percentile: (share: number) => number;
  /** Numbers each stream comes to next. */
  readonly next: readonly number[];
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Generator, sink and the sink's socket. */
export class Load implements AsyncDisposable {
  readonly shared: SinkShared = sinkShared();
  readonly sinkFd: number;
  readonly sinkPort: number;
  readonly sendFd: number;
  readonly #generator = worker("generator.ts");
  readonly #sink = worker("sink.ts");
  readonly #sent = new Float64Array(new SharedArrayBuffer(64));
  readonly #stopped = Promise.withResolvers<void>();
  readonly #listeners = new Map<number, (heard: Heard) => void>();
  #run = 0;

  constructor() {
    const sink = openUdp("0.0.0.0", 0, SINK_BUFFER_BYTES);
    this.sinkFd = sink.fd;
    this.sinkPort = sink.port;
    this.sendFd = openUdp("127.0.0.1", 0, GENERATOR_BUFFER_BYTES).fd;
    libc.setOption(sink.fd, IPPROTO_IP, IP_PKTINFO, 1);
    libc.setOption(sink.fd, SOL_UDP, UDP_GRO, 1);
    // Every 20 ms the sink looks whether it is to stop.
    libc.setReceiveTimeout(sink.fd, SO_RCVTIMEO, 20);
    this.#generator.postMessage({ shared: this.#sent });
    this.#sink.onmessage = ({ data }: MessageEvent<readonly Heard[] | string>) => {
      if (typeof data === "string") this.#stopped.resolve();
      else for (const heard of data) this.#listeners.get(heard.net)?.(heard);
    };
    this.#sink.postMessage({ fd: sink.fd, shared: this.shared });
  }

  /** Hears the feedback that the children of one network receive. */
  listen(net: number, fn: (heard: Heard) => void): Disposable {
    this.#listeners.set(net, fn);
    return { [Symbol.dispose]: () => void this.#listeners.delete(net) };
  }

  /** Packets that each child got so far in this run. */
  received(child: number): number {
    return this.shared.children[child] ?? 0;
  }

  /** The network whose turn it is. */
  get net(): number {
    return this.shared.ctl[CTL.net] ?? 0;
  }

  /** Packets of the current run that have left. */
  get sent(): number {
    return this.#sent[SENT.packets] ?? 0;
  }

  /** Ends the current run early. */
  cut(): void {
    this.#sent[SENT.stop] = 1;
  }

  /** Sends and counts. */
  async run(spec: RunSpec): Promise<RunResult> {
    const { ctl, totals } = this.shared;
    const { net, mode, children, sample = () => 0, graceMs = GRACE_MS, ...load } = spec;
    this.#sent.fill(0);
    if (mode === MODE.arrivals) this.shared.arrivals.fill(0);
    Atomics.store(ctl, CTL.mode, mode);
    Atomics.store(ctl, CTL.net, net);
    Atomics.store(ctl, CTL.run, ++this.#run);
    while (Atomics.load(ctl, CTL.seenRun) !== this.#run) await pause(2);
    const done = new Promise<LoadDone>((resolve) => {
      this.#generator.onmessage = ({ data }: MessageEvent<LoadDone>) => resolve(data);
    });
    this.#generator.postMessage({ ...load, run: this.#run });
    const warmMs = Math.min(WARM_MS, spec.seconds * 300);
    await pause(warmMs);
    const look = () => ({
      packets: totals[TOTAL.packets] ?? 0,
      atMs: performance.now(),
      sample: sample(),
    });
    const first = look();
    await pause(Math.max(0, spec.seconds * 1000 - warmMs - 20));
    const last = look();
    const { sent, seconds, next } = await done;
    await pause(graceMs);
    const received = totals[TOTAL.packets] ?? 0;
    const expected = sent * children;
    const latency = this.shared.latency.slice();
    return {
      sent,
      rate: sent / seconds,
      received,
      expected,
      lossShare: Math.max(0, 1 - received / expected),
      fewest: Math.min(...this.shared.children.subarray(1, children + 1)),
      window: {
        packets: last.packets - first.packets,
        seconds: (last.atMs - first.atMs) / 1000,
        sample: last.sample - first.sample,
      },
      percentile: (share) => percentile(latency, share),
      next,
    };
  }

  /** When a packet was sent and when it came to each child; NaN where it did not. For `arrivals`. */
  arrival(child: number | "sent", index: number): number {
    const row = child === "sent" ? ARRIVAL_CHILDREN : child;
    return this.shared.arrivals[row * ARRIVALS_MAX + index] || NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    Atomics.store(this.shared.ctl, CTL.stop, 1);
    await this.#stopped.promise;
    this.#generator.terminate();
    this.#sink.terminate();
    libc.closeHandle(this.sinkFd);
    libc.closeHandle(this.sendFd);
  }
}

function worker(name: string): Worker {
  return new Worker(new URL(name, import.meta.url), { type: "module", name });
}

/** The latency that `share` of the packets did not exceed, in microseconds; NaN when there were none. */
export function percentile(buckets: Uint32Array, share: number): number {
  let total = 0;
  for (const count of buckets) total += count;
  if (total === 0) return NaN;
  let left = total * share;
  for (let at = 0; at < BUCKETS; at++) {
    left -= buckets[at] ?? 0;
    if (left <= 0) return bucketUs(at);
  }
  return NaN;
}
