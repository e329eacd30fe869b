/// <reference lib="deno.worker" />
/**
 * The load generator, a worker: sends numbered, stamped RTP at an even rate, as many with one system call as are due.
 */
import { writeRtpHeader } from "../../../core/wire/rtp.ts";
import { type LoadDone, type LoadRun, PACKET_BYTES, SENT, STAMP } from "./layout.ts";
import {
  Arena,
  CMSG,
  HEAD,
  IOVEC,
  libc,
  nowNs,
  sharpTimers,
  sleepNs,
  SOCKADDR,
  SOL_UDP,
  UDP_SEGMENT,
  writeAddr,
} from "./libc.ts";

/** Packets with one system call. */
const BATCH = 64;
/** Nothing is waited for more finely: a sleep costs some 20 us. */
const STEP_NS = 50_000;
const CALL_MAX = 1024;

/** Messages, targets and packets in memory that the kernel reads. */
class Sender {
  readonly arena: Arena;
  readonly packets: number;
  readonly #heads: number;
  readonly #iovecs: number;
  readonly #control: number;
  readonly #names: number;

  constructor(readonly run: LoadRun) {
    const targets = run.targets.length;
    this.arena = new Arena(
      BATCH * PACKET_BYTES + BATCH * (targets * HEAD.size + IOVEC.size) +
        targets * SOCKADDR.v4.size + 4096,
    );
    const { arena } = this;
    this.packets = arena.take(BATCH * PACKET_BYTES);
    this.#heads = arena.take(BATCH * targets * HEAD.size);
    this.#iovecs = arena.take(BATCH * IOVEC.size);
    this.#names = arena.take(targets * SOCKADDR.v4.size);
    this.#control = arena.take(64);
    for (const [at, { address, port }] of run.targets.entries()) {
      writeAddr(arena.view, this.#names + at * SOCKADDR.v4.size, address, port);
    }
    const { view } = arena;
    view.setBigUint64(this.#control, BigInt(CMSG.data + 2), true);
    view.setInt32(this.#control + 8, SOL_UDP, true);
    view.setInt32(this.#control + 12, UDP_SEGMENT, true);
    view.setUint16(this.#control + 16, PACKET_BYTES, true);
    this.#layHeads();
    this.#layPackets();
  }

  #layHeads(): void {
    const { arena, run: { targets, segments } } = this;
    for (let message = 0; message < BATCH; message++) {
      arena.point(
        this.#iovecs + message * IOVEC.size,
        this.packets + message * segments * PACKET_BYTES,
      );
      for (let target = 0; target < targets.length; target++) {
        const at = this.#heads + (message * targets.length + target) * HEAD.size;
        arena.point(at + HEAD.name, this.#names + target * SOCKADDR.v4.size);
        arena.view.setUint32(at + HEAD.nameLength, SOCKADDR.v4.size, true);
        arena.point(at + HEAD.vector, this.#iovecs + message * IOVEC.size);
        arena.view.setUint32(at + HEAD.vectorCount, 1, true);
        arena.point(at + HEAD.control, this.#control);
      }
    }
  }

  #layPackets(): void {
    for (let packet = 0; packet < BATCH; packet++) {
      const at = this.packets + packet * PACKET_BYTES;
      for (let ts = 0; ts < 7; ts++) {
        // Null packets are valid everywhere and carry what one likes.
        this.arena.bytes.set([0x47, 0x1f, 0xff, 0x10], at + 12 + ts * 188);
      }
    }
  }

  /** Sends the first `count` packets to every target. */
  flush(count: number): void {
    const { arena, run: { segments, targets } } = this;
    const messages = Math.ceil(count / segments);
    for (let message = 0; message < messages; message++) {
      const packets = Math.min(segments, count - message * segments);
      const length = packets * PACKET_BYTES;
      arena.view.setUint32(this.#iovecs + message * IOVEC.size + 8, length, true);
      if (segments === 1) continue;
      for (let target = 0; target < targets.length; target++) {
        const at = this.#heads + (message * targets.length + target) * HEAD.size;
        arena.view.setUint32(at + HEAD.controlLength, packets > 1 ? CMSG.data + 8 : 0, true);
      }
    }
    const total = messages * targets.length;
    for (let at = 0; at < total;) {
      const head = arena.address(this.#heads + at * HEAD.size);
      const done = libc.sendmmsg(this.run.fd, head, Math.min(CALL_MAX, total - at), 0);
      // What the system refuses (a port that is not there any more) counts as sent and will be missed.
      at += done > 0 ? done : 1;
    }
  }
}

/** Sends for `seconds` or until told to stop. */
function load(run: LoadRun, shared: Float64Array): LoadDone {
  const sender = new Sender(run);
  const { arena, packets } = sender;
  const { streams, rate } = run;
  const everyNs = 1e9 / rate;
  const beganNs = nowNs();
  const total = Math.round(rate * run.seconds);
  let sent = 0;
  let turn = 0;
  while (sent < total && shared[SENT.stop] === 0) {
    const atNs = nowNs();
    const due = Math.min(total, Math.floor((atNs - beganNs) / everyNs) + 1) - sent;
    if (due <= 0) {
      sleepNs(Math.max(beganNs + sent * everyNs - atNs, STEP_NS));
      continue;
    }
    const seconds = Math.floor(atNs / 1e9);
    const count = Math.min(BATCH, due);
    for (let slot = 0; slot < count; slot++) {
      const stream = streams[turn];
      if (stream === undefined) break;
      turn = turn + 1 === streams.length ? 0 : turn + 1;
      const at = packets + slot * PACKET_BYTES;
      const timestamp = Math.floor(atNs / 1e9 * 90_000) % 2 ** 32;
      writeRtpHeader(
        arena.bytes.subarray(at, at + 12),
        33,
        false,
        stream.next & 0xffff,
        timestamp,
        stream.ssrc,
      );
      stream.next++;
      arena.view.setUint32(at + STAMP.run, run.run);
      arena.view.setUint32(at + STAMP.index, sent + slot);
      arena.view.setUint32(at + STAMP.seconds, seconds);
      arena.view.setUint32(at + STAMP.nanoseconds, atNs - seconds * 1e9);
    }
    sender.flush(count);
    sent += count;
    shared[SENT.packets] = sent;
  }
  const tookNs = nowNs() - beganNs;
  return { run: run.run, sent, seconds: tookNs / 1e9, next: streams.map((one) => one.next) };
}

sharpTimers();
let shared = new Float64Array(new SharedArrayBuffer(64));
self.onmessage = (
  { data }: MessageEvent<LoadRun | { shared: Float64Array<SharedArrayBuffer> }>,
) => {
  if ("shared" in data) shared = data.shared;
  else self.postMessage(load(data, shared));
};
