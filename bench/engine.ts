/**
 * Micro-benchmark of the media engine alone: packets a second of processor time through one relay's engine, without sockets.
 * `deno run -A bench/engine.ts`
 */
import process from "node:process";
import { ssrcOf } from "../core/ids.ts";
import { MediaEngine } from "../core/media/engine.ts";
import { NACK, numberedTs } from "../core/media/testing/rig.ts";
import { writeRtpHeader } from "../core/wire/rtp.ts";

const SSRC = ssrcOf(0x1234);
const PACKETS = 400_000;
const BATCH = 32;
const limits = { ringPackets: 8192, ringMs: 10_000, repairMs: 450 };

/** Packets with one payload each out of a few, as a driver would hand them in. */
function makePackets(count: number, ssrc: number): Uint8Array[] {
  const payload = numberedTs(1);
  return Array.from({ length: count }, (_, index) => {
    const bytes = new Uint8Array(12 + payload.length);
    writeRtpHeader(bytes, 33, false, index, index * 18, ssrc);
    bytes.set(payload, 12);
    return bytes;
  });
}

function round(children: number, receivers: number): { perSecond: number; sends: number } {
  const engine = new MediaEngine({ recovery: NACK, reporter: 1 });
  engine.command({ kind: "open", ssrc: SSRC, limits }, 0);
  engine.command({ kind: "parent", ssrc: SSRC, link: 1, first: 0 }, 0);
  for (let child = 0; child < children; child++) {
    engine.addChild(SSRC, 100 + child, undefined, 0, () => {});
  }
  for (let id = 0; id < receivers; id++) {
    engine.addReceiver({ ssrc: SSRC, budgetMs: 500, pace: "asap" }, 0);
  }
  const packets = makePackets(65_536, SSRC);
  let sends = 0;
  let nowMs = 1;
  const began = process.cpuUsage();
  for (let index = 0; index < PACKETS; index += BATCH) {
    // 20,000 packets a second of engine time.
    nowMs += BATCH / 20;
    for (let at = index; at < index + BATCH; at++) {
      const bytes = packets[at & 0xffff];
      if (bytes !== undefined) engine.receiveOne(1, bytes, nowMs);
    }
    const { out } = engine;
    for (let at = 0; at < out.sends; at++) {
      for (const target of out.sendAt(at)?.targets ?? []) sends += target & 1;
    }
    out.clear();
    if ((engine.nextDeadlineMs() ?? Infinity) <= nowMs) engine.tick(nowMs);
  }
  // Processor time, not time on the clock: the machine may be busy with other things.
  const spent = process.cpuUsage(began);
  return { perSecond: PACKETS / ((spent.user + spent.system) / 1e6), sends };
}

for (const [children, receivers] of [[1, 0], [16, 0], [64, 0], [256, 0], [1, 1]] as const) {
  round(children, receivers);
  const rates = Array.from({ length: 5 }, () => round(children, receivers).perSecond);
  const median = rates.sort((a, b) => a - b)[2] ?? 0;
  const perPacketNs = Math.round(1e9 / median);
  console.log(
    `${children} children, ${receivers} receivers: ${Math.round(median)} packets per CPU second, ` +
      `${perPacketNs} ns a packet`,
  );
}
