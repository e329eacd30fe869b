import { definePlugin } from "../../core/define.ts";
import { addrKey } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import { isMulticast } from "../../core/multicast.ts";
import type { UdpSocket } from "../../core/ports.ts";
import { config } from "./config.ts";
import { PortPlan, rtpPacket } from "./protocol.ts";

/** Sends streams to players and tools: MPEG-TS or RTP over UDP, to one address or a group. */
export default definePlugin({
  name: "udp-sink",
  slot: "sink",
  summary: "Sends MPEG-TS or RTP to any address, for VLC and other tools.",
  needs: [],
  config,
  create(ctx, options) {
    const { host } = options.to;
    const ports = new PortPlan(options.to.port);
    const sent = ctx.metrics.counter("sink_udp_packets_total", "Datagrams sent to players.", {
      sink: ctx.id,
    });
    let socket: UdpSocket | undefined;

    return {
      pace: "smooth",
      async start() {
        const bind = {
          host: options.interface ?? (host.includes(":") ? "::" : "0.0.0.0"),
          port: 0,
        };
        const group = isMulticast(host) ? { multicast: { group: host, ttl: options.ttl } } : {};
        socket = await ctx.net.udp(bind, { plane: "sink", ...group });
      },
      async stop() {
        const closing = socket;
        socket = undefined;
        await closing?.[Symbol.asyncDispose]();
      },
      open({ session, stream }) {
        const ended = new Listeners();
        const port = ports.take();
        const ssrc = new DataView(ctx.rng.bytes(4).buffer).getUint32(0);
        const to = { host, port: port ?? 0 };
        let [packets, bytes, open] = [0, 0, port !== undefined];
        if (open) ctx.log.info("sending", { session, stream, to: addrKey(to) });
        else ctx.log.error(`Cannot send ${stream}: no port is left`, { session });
        return {
          push(chunks) {
            if (!open) return;
            for (const chunk of chunks) {
              socket?.send(to, options.format === "rtp" ? rtpPacket(chunk, ssrc) : chunk.payload);
              bytes += chunk.payload.length;
            }
            packets += chunks.length;
            sent.add(chunks.length);
          },
          onEnd: (fn) => ended.on(fn),
          close() {
            if (open && port !== undefined) ports.give(port);
            open = false;
            ended.clear();
            return Promise.resolve();
          },
          status: () => ({ to: addrKey(to), format: options.format, packets, bytes }),
        };
      },
    };
  },
});
