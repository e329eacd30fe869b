import { definePlugin } from "../../core/define.ts";
import { KeepaliveLife } from "../../core/keepalive/shell.ts";
import { config } from "./config.ts";
import { makeBrain } from "./protocol.ts";

/** One-way heartbeats, fast probes for suspects, measured links. */
export default definePlugin({
  name: "keepalive",
  slot: "keepalive",
  summary: "Tells within a second who is alive, and measures round trip, jitter and loss of links.",
  needs: [],
  config,
  create: (ctx, options) =>
    new KeepaliveLife(ctx, {
      name: "keepalive",
      brain: (nowMs) => makeBrain(ctx.self, options, ctx.rng, nowMs),
    }),
});
