import { definePlugin } from "../../core/define.ts";
import { config, fecSpec } from "./config.ts";

/** Forward error correction, alone or before requests. */
export default definePlugin({
  name: "recovery-fec",
  slot: "recovery",
  summary: "Sends row and column parity along, so that losses mend without a round trip.",
  needs: [],
  config,
  create: (_ctx, options) => ({ spec: () => fecSpec(options), start() {}, stop() {} }),
});
