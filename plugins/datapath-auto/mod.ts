import { AutoDatapath } from "../../core/datapath/auto.ts";
import { autoOptions } from "../../core/datapath/options.ts";
import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";

/** The default: batched where that works, portable elsewhere. One log line says which and why. */
export default definePlugin({
  name: "datapath-auto",
  slot: "datapath",
  summary:
    "Moves media by batched system calls in a thread of its own where that works, else over plain UDP sockets.",
  needs: ["recovery"],
  config,
  create: (ctx, options) =>
    new AutoDatapath(ctx, autoOptions(options, false), () => ctx.use("recovery").spec()),
});
