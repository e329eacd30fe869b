import { definePlugin } from "../../core/define.ts";
import { PopLife } from "../../core/pop/shell.ts";
import { config } from "./config.ts";
import { makeBrain } from "./protocol.ts";

/** Spreads viewers over the near POPs by the power of two choices. */
export default definePlugin({
  name: "pop-load",
  slot: "pop",
  summary: "Takes the less loaded of two POPs drawn among the near ones, and keeps to it.",
  needs: ["control", "catalog"],
  config,
  create: (ctx, options) =>
    new PopLife(ctx, {
      name: "pop-load",
      brain: () => makeBrain(ctx.self.name, options, ctx.rng),
    }),
});
