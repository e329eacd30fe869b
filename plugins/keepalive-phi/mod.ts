import { definePlugin } from "../../core/define.ts";
import { KeepaliveLife } from "../../core/keepalive/shell.ts";
import { config } from "./config.ts";
import { makeBrain, phiOf } from "./protocol.ts";

/** Phi-accrual failure detection over the heartbeats of `keepalive`. */
export default definePlugin({
  name: "keepalive-phi",
  slot: "keepalive",
  summary: "Tells who is alive by phi accrual: suspicion grows from what is measured of each link.",
  needs: [],
  config,
  create: (ctx, options) =>
    new KeepaliveLife(ctx, {
      name: "keepalive-phi",
      brain: (nowMs) => makeBrain(ctx.self, options, ctx.rng, nowMs),
      collect: (metrics, brain) => [
        metrics.collect("keepalive_phi", "gauge", "Suspicion by heartbeats alone.", () => {
          const nowMs = ctx.clock.now();
          return [...brain.table.watched.values()].filter((link) => link.alive).map((link) => ({
            labels: { peer: link.name },
            value: phiOf(link, options, nowMs),
          }));
        }),
      ],
    }),
});
