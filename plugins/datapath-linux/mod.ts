import { AutoDatapath } from "../../core/datapath/auto.ts";
import { autoOptions } from "../../core/datapath/options.ts";
import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";

/** Batched system calls in a thread of its own. Where they do not work it warns, and media goes over plain sockets. */
export default definePlugin({
  name: "datapath-linux",
  slot: "datapath",
  summary:
    "Moves media by batched system calls in a thread of its own (Linux, --allow-ffi); warns where it cannot.",
  needs: ["recovery"],
  config,
  create: (ctx, options) =>
    new AutoDatapath(ctx, autoOptions(options, true), () => ctx.use("recovery").spec()),
});
