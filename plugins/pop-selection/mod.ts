import { definePlugin } from "../../core/define.ts";
import { PopLife } from "../../core/pop/shell.ts";
import { config } from "./config.ts";
import { makeBrain } from "./protocol.ts";

/** Finds the POP that serves this viewer best, and keeps to it until another stays better. */
export default definePlugin({
  name: "pop-selection",
  slot: "pop",
  summary: "Probes the POPs of the catalogue and ranks them by round trip, loss and load.",
  needs: ["control", "catalog"],
  config,
  create: (ctx, options) =>
    new PopLife(ctx, {
      name: "pop-selection",
      brain: () => makeBrain(ctx.self.name, options, ctx.rng),
    }),
});
