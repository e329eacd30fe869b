import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { choose } from "./protocol.ts";

/** Serves whoever got least. */
export default definePlugin({
  name: "choker-fair",
  slot: "choker",
  summary: "Serves the peers that have got least so far, by turns.",
  needs: [],
  config,
  create: (_ctx, options) => ({
    start() {},
    stop() {},
    choose: (peers, slots) => choose(peers, slots, options),
  }),
});
