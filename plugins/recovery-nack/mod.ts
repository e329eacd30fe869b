import { definePlugin } from "../../core/define.ts";
import { config, nackOptions } from "./config.ts";

/** Repair by request: NACK and retransmission, hop by hop. */
export default definePlugin({
  name: "recovery-nack",
  slot: "recovery",
  summary: "Wins lost packets back by request (RTCP NACK), hop by hop, within a budget.",
  needs: [],
  config,
  create: (_ctx, options) => ({
    spec: () => ({ algorithm: "nack", options: nackOptions(options) }),
    start() {},
    stop() {},
  }),
});
