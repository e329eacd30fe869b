import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";

/** No repair. */
export default definePlugin({
  name: "recovery-none",
  slot: "recovery",
  summary: "Repairs nothing: what a link loses is lost, unless another parent brings it.",
  needs: [],
  config,
  create: () => ({ spec: () => ({ algorithm: "none" }), start() {}, stop() {} }),
});
