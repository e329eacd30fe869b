import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { TitForTat } from "./protocol.ts";

/** Serves those who give most, and one more by turns. */
export default definePlugin({
  name: "choker-tit-for-tat",
  slot: "choker",
  summary: "Serves the peers that give most in return, and one more by turns.",
  needs: [],
  config,
  create(_ctx, options) {
    const brain = new TitForTat(options);
    return {
      start() {},
      stop() {},
      choose: (peers, slots, round, nowMs) => brain.choose(peers, slots, round, nowMs),
    };
  },
});
