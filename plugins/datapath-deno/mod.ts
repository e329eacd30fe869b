import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { UdpDatapath } from "../../core/datapath/udp.ts";

/** Media over the host's UDP port, one datagram a call: runs everywhere. */
export default definePlugin({
  name: "datapath-deno",
  slot: "datapath",
  summary: "Moves media over plain UDP sockets, one datagram a call; runs everywhere.",
  needs: ["recovery"],
  config,
  create: (ctx, options) =>
    new UdpDatapath(ctx, options.maxSockets, () => ctx.use("recovery").spec()),
});
