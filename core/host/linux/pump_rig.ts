/**
 * For tests: sends numbered RTP packets at an even pace from one socket and receives what is forwarded at another, in a thread of its own, so that
 * nothing the main thread does delays it.
 */
import { SOCKADDR } from "./layout.ts";
import { openLibc } from "./libc.ts";
import { Block } from "./memory.ts";
import { Messages, Vectors } from "./messages.ts";
import { KernelClock } from "./poller.ts";
import { LinuxUdpSocket } from "./socket.ts";
import { writeSockaddr } from "./sockaddr.ts";

/** What the pump is asked to do. */
export interface PumpOrder {
  readonly to: { readonly host: string; readonly port: number };
  readonly ssrc: number;
  readonly packets: number;
  readonly everyMs: number;
}

/** What it saw: numbers that never came back, and when by the kernel's clock the others came. */
export interface PumpReport {
  readonly lost: readonly number[];
  readonly doubled: number;
  readonly cameMs: readonly number[];
}

const LENGTH = 1328;
const QUIET_MS = 10_000;

function pump(order: PumpOrder): PumpReport {
  const found = openLibc();
  if ("missing" in found) throw new Error(found.missing);
  const { libc } = found;
  const clock = new KernelClock(libc);
  const packet = new Block(libc, LENGTH);
  packet.bytes[0] = 0x80;
  packet.bytes[1] = 33;
  packet.view.setUint32(8, order.ssrc);
  for (let at = 12; at < LENGTH; at += 188) packet.bytes[at] = 0x47;
  const vector = new Vectors(libc, 2);
  vector.set(0, packet.address, LENGTH);
  const incoming = new Block(libc, 65_536);
  vector.set(1, incoming.address, 65_536);
  const names = new Block(libc, SOCKADDR.size);
  const out = new Messages(libc, 1);
  out.setName(0, names.address, writeSockaddr(names.bytes, 0, order.to, feed.family));
  out.setVectors(0, vector.addressOf(0), 1);
  const back = new Messages(libc, 1);
  back.setVectors(0, vector.addressOf(1), 1);
  const cameMs: number[] = [];
  // The compiler sees no use of these after here; the kernel uses them with every call.
  out.keep(names, packet, vector);
  back.keep(incoming, vector);
  let doubled = 0;
  const read = () => {
    while (sink.receive(back, 0, 1) > 0) {
      if (back.lengthOf(0) !== LENGTH) continue;
      const number = incoming.view.getUint16(2);
      if (cameMs[number] === undefined) cameMs[number] = clock.now();
      else doubled++;
    }
  };
  const startMs = clock.now();
  for (let number = 0; number < order.packets; number++) {
    packet.view.setUint16(2, number);
    packet.view.setUint32(4, Math.round(number * order.everyMs * 90));
    feed.send(out, 0, 1);
    while (clock.now() < startMs + (number + 1) * order.everyMs) {
      read();
      clock.sleep(0.1);
    }
  }
  // Until all is there, or nothing has come for as long as a busy machine may take.
  let quietMs = clock.now();
  for (let before = -1; clock.now() - quietMs < QUIET_MS && cameMs.length < order.packets;) {
    read();
    if (cameMs.length !== before) quietMs = clock.now();
    before = cameMs.length;
    clock.sleep(1);
  }
  feed.close();
  sink.close();
  const lost = Array.from({ length: order.packets }, (_, number) => number)
    .filter((number) => cameMs[number] === undefined);
  return { lost, doubled, cameMs };
}

const found = openLibc();
if ("missing" in found) throw new Error(found.missing);
const own = { host: "127.0.0.1", port: 0 };
const feed = new LinuxUdpSocket(found.libc, own);
const sink = new LinuxUdpSocket(found.libc, own, { receiveBytes: 4 * 2 ** 20 });
// The libraries' types are those of a main thread; this runs in a worker.
const scope = globalThis as unknown as { postMessage(message: unknown): void; close(): void };
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  scope.postMessage({ report: pump(event.data) });
  scope.close();
});
scope.postMessage({ feed: feed.local, sink: sink.local });
