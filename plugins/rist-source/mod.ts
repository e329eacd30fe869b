import { Alarm } from "../../core/alarm.ts";
import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import type { UdpSocket } from "../../core/ports.ts";
import type { SourceOutput } from "../../core/slots.ts";
import { config } from "./config.ts";
import { type ReceiverEffect, type ReceiverEvent, RistReceiver } from "./protocol.ts";

/** This end's name in reports: receivers of one stream are told apart by their SSRC. */
const CNAME = "espalier";

/** Takes a live stream from a RIST sender, Simple Profile. */
export default definePlugin({
  name: "rist-source",
  slot: "source",
  summary: "Live input from a RIST sender (Simple Profile), with retransmission.",
  needs: [],
  config,
  create(ctx, options) {
    const outputs = new Set<SourceOutput>();
    let receiver: RistReceiver | undefined;
    let media: UdpSocket | undefined;
    let feedback: UdpSocket | undefined;
    let held: Disposable[] = [];

    const perform = (effect: ReceiverEffect) => {
      if (effect.kind === "push") {
        for (const output of outputs) output.push(effect.bytes, effect.dueMs);
      } else if (effect.kind === "rtcp") {
        feedback?.send(effect.to, effect.bytes);
      } else if (effect.kind === "sender") {
        ctx.log.info("input begins", { sender: addrKey(effect.addr), ssrc: effect.ssrc });
      } else {
        ctx.log.warn("input is silent, another sender may begin", { sender: addrKey(effect.addr) });
      }
    };
    const handle = (event: ReceiverEvent) => {
      if (receiver === undefined) return;
      for (const effect of receiver.handle(event, ctx.clock.now())) perform(effect);
      alarm.set(receiver?.deadlineMs());
    };
    const alarm = new Alarm(ctx.clock, () => handle({ kind: "tick" }));

    return {
      async start() {
        const { host, port } = options.listen;
        const random = ctx.rng.bytes(4);
        receiver = new RistReceiver({
          from: options.from,
          bufferMs: options.buffer,
          reporter: new DataView(random.buffer, random.byteOffset).getUint32(0),
          cname: CNAME,
        }, ctx.clock.now());
        media = await ctx.net.udp({ host, port }, { plane: "source" });
        feedback = await ctx.net.udp({ host, port: port + 1 }, { plane: "source" });
        held = [
          media.onPacket((from, bytes) => handle({ kind: "rtp", from, bytes })),
          feedback.onPacket((from, bytes) => handle({ kind: "rtcp", from, bytes })),
          ctx.metrics.collect(
            "rist_source_total",
            "counter",
            "Packets from the RIST sender by what became of them.",
            () =>
              Object.entries(receiver?.counters ?? {}).map(([what, value]) => ({
                labels: { plugin: ctx.id, what },
                value,
              })),
          ),
        ];
        ctx.log.info("waiting for input", { at: addrKey(media.local), stream: options.name });
      },
      async stop() {
        receiver = undefined;
        alarm[Symbol.dispose]();
        for (const one of held.splice(0)) one[Symbol.dispose]();
        outputs.clear();
        const closing = [media, feedback];
        media = undefined;
        feedback = undefined;
        for (const socket of closing) await socket?.[Symbol.asyncDispose]();
      },
      streams: () => [{
        name: options.name,
        title: options.title ?? options.name,
        bitrate: options.bitrate,
        start: "always",
      }],
      onChange: () => ({ [Symbol.dispose]() {} }),
      open(_name, output) {
        outputs.add(output);
        return {
          [Symbol.asyncDispose]() {
            outputs.delete(output);
            return Promise.resolve();
          },
        };
      },
      admin: [{
        method: "get",
        path: `/sources/${ctx.id}`,
        summary: "The RIST sender that is heard, and what came in.",
        handle: () => ({
          listen: addrKey(options.listen),
          sender: receiver?.sender === undefined ? undefined : addrKey(receiver.sender),
          ...receiver?.link,
          ...receiver?.counters,
        }),
      }],
    };
  },
});
