/// <reference lib="deno.worker" />
/**
 * The counting sink, a worker: one socket for all children, who have loopback addresses of their own. Datagrams come joined
 * (UDP_GRO), and while only counting no more than their first bytes are copied: so it outruns what it measures.
 */
import {
  ARRIVAL_CHILDREN,
  ARRIVALS_MAX,
  bucketOf,
  CHILDREN_MAX,
  CTL,
  MODE,
  PACKET_BYTES,
  type SinkShared,
  STAMP,
  TOTAL,
} from "./layout.ts";
import {
  Arena,
  HEAD,
  IOVEC,
  IP_PKTINFO,
  IPPROTO_IP,
  libc,
  MSG_TRUNC,
  MSG_WAITFORONE,
  nowNs,
  SOL_UDP,
  UDP_GRO,
} from "./libc.ts";

const BATCH = 64;
/** Enough for any feedback. */
const HEAD_BYTES = 512;
const WHOLE_BYTES = 65_536;
const CONTROL_BYTES = 128;

/** Feedback is handed on this often at most: the rig's main thread shares two cores with what is measured. */
const TELL_EVERY_NS = 20e6;

/** Feedback for the rig's main thread. */
export interface Heard {
  readonly net: number;
  readonly child: number;
  readonly bytes: Uint8Array;
}

class Sink {
  readonly #arena = new Arena(
    BATCH * (HEAD.size + IOVEC.size + CONTROL_BYTES + WHOLE_BYTES) + 4096,
  );
  readonly #heads = this.#arena.take(BATCH * HEAD.size);
  readonly #iovecs = this.#arena.take(BATCH * IOVEC.size);
  readonly #controls = this.#arena.take(BATCH * CONTROL_BYTES);
  readonly #data = this.#arena.take(BATCH * WHOLE_BYTES);
  #mode = -1;
  #net = 0;
  #child = 0;
  #segment = 0;
  #heard: Heard[] = [];
  #toldNs = 0;

  constructor(readonly fd: number, readonly shared: SinkShared) {
    const arena = this.#arena;
    for (let at = 0; at < BATCH; at++) {
      const head = this.#heads + at * HEAD.size;
      arena.point(head + HEAD.vector, this.#iovecs + at * IOVEC.size);
      arena.view.setUint32(head + HEAD.vectorCount, 1, true);
      arena.point(head + HEAD.control, this.#controls + at * CONTROL_BYTES);
      arena.view.setUint32(head + HEAD.controlLength, CONTROL_BYTES, true);
      arena.point(this.#iovecs + at * IOVEC.size, this.#data + at * WHOLE_BYTES);
    }
    this.#setMode(MODE.count);
  }

  run(): void {
    const { ctl, totals, children, latency } = this.shared;
    const heads = this.#arena.address(this.#heads);
    while (Atomics.load(ctl, CTL.stop) === 0) {
      const run = Atomics.load(ctl, CTL.run);
      if (run !== Atomics.load(ctl, CTL.seenRun)) {
        totals.fill(0);
        children.fill(0);
        latency.fill(0);
        this.#setMode(Atomics.load(ctl, CTL.mode));
        Atomics.store(ctl, CTL.seenRun, run);
      }
      const got = libc.recvmmsg(this.fd, heads, BATCH, MSG_WAITFORONE | MSG_TRUNC);
      const atNs = nowNs();
      this.#tell(atNs);
      if (got <= 0) continue;
      totals[TOTAL.calls] = (totals[TOTAL.calls] ?? 0) + 1;
      for (let message = 0; message < got; message++) this.#take(message, run, atNs);
    }
  }

  #setMode(mode: number): void {
    this.#mode = mode;
    const bytes = mode === MODE.count ? HEAD_BYTES : WHOLE_BYTES;
    for (let at = 0; at < BATCH; at++) {
      this.#arena.view.setUint32(this.#iovecs + at * IOVEC.size + 8, bytes, true);
    }
  }

  /** Reads whom the datagram went to and how it is cut. */
  #readControl(at: number, end: number): void {
    const { view } = this.#arena;
    this.#segment = 0;
    while (at + 16 <= end) {
      const length = view.getUint32(at, true);
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      if (level === SOL_UDP && type === UDP_GRO) this.#segment = view.getInt32(at + 16, true);
      else if (level === IPPROTO_IP && type === IP_PKTINFO) {
        this.#net = view.getUint8(at + 25);
        this.#child = view.getUint16(at + 26);
      }
      if (length < 16) return;
      at += (length + 7) & ~7;
    }
  }

  #take(message: number, run: number, atNs: number): void {
    const { view } = this.#arena;
    const head = this.#heads + message * HEAD.size;
    const length = view.getUint32(head + HEAD.length, true);
    const control = this.#controls + message * CONTROL_BYTES;
    this.#readControl(control, control + view.getUint32(head + HEAD.controlLength, true));
    view.setUint32(head + HEAD.controlLength, CONTROL_BYTES, true);
    const segment = this.#segment === 0 ? length : this.#segment;
    const data = this.#data + message * WHOLE_BYTES;
    if (this.#isRtcp(data)) return this.#feedback(data, Math.min(length, HEAD_BYTES));
    const { ctl, totals, children } = this.shared;
    if (this.#net !== ctl[CTL.net] || this.#child > CHILDREN_MAX || segment !== PACKET_BYTES) {
      totals[TOTAL.strays] = (totals[TOTAL.strays] ?? 0) + 1;
      return;
    }
    if (view.getUint32(data + STAMP.run) !== run) {
      totals[TOTAL.late] = (totals[TOTAL.late] ?? 0) + 1;
      return;
    }
    // A report may come joined to the packets before it: it is shorter, and none of them.
    const packets = Math.floor(length / PACKET_BYTES);
    const tail = length % PACKET_BYTES;
    if (this.#mode !== MODE.count) {
      if (tail !== 0) this.#tail(data + length - tail, tail);
      for (let at = 0; at < packets; at++) this.#time(data + at * PACKET_BYTES, atNs);
    }
    totals[TOTAL.packets] = (totals[TOTAL.packets] ?? 0) + packets;
    children[this.#child] = (children[this.#child] ?? 0) + packets;
    totals[TOTAL.lastNs] = atNs;
  }

  #tail(at: number, length: number): void {
    if (this.#isRtcp(at)) this.#feedback(at, length);
  }

  #isRtcp(at: number): boolean {
    const type = this.#arena.bytes[at + 1] ?? 0;
    return type >= 192 && type <= 223;
  }

  #time(at: number, atNs: number): void {
    const { view } = this.#arena;
    const sentNs = view.getUint32(at + STAMP.seconds) * 1e9 +
      view.getUint32(at + STAMP.nanoseconds);
    const { latency, arrivals } = this.shared;
    const bucket = bucketOf((atNs - sentNs) / 1000);
    latency[bucket] = (latency[bucket] ?? 0) + 1;
    if (this.#mode !== MODE.arrivals) return;
    const index = view.getUint32(at + STAMP.index);
    if (index >= ARRIVALS_MAX || this.#child >= ARRIVAL_CHILDREN) return;
    arrivals[this.#child * ARRIVALS_MAX + index] = atNs;
    arrivals[ARRIVAL_CHILDREN * ARRIVALS_MAX + index] = sentNs;
  }

  #tell(nowNs: number): void {
    if (this.#heard.length === 0 || nowNs - this.#toldNs < TELL_EVERY_NS) return;
    this.#toldNs = nowNs;
    self.postMessage(this.#heard);
    this.#heard = [];
  }

  #feedback(at: number, length: number): void {
    const { totals } = this.shared;
    totals[TOTAL.rtcp] = (totals[TOTAL.rtcp] ?? 0) + 1;
    const bytes = this.#arena.bytes.slice(at, at + length);
    this.#heard.push({ net: this.#net, child: this.#child, bytes });
  }
}

self.onmessage = ({ data }: MessageEvent<{ fd: number; shared: SinkShared }>) => {
  new Sink(data.fd, data.shared).run();
  self.postMessage("stopped");
};
