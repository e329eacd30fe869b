import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { singlePath } from "./protocol.ts";

/** One parent and a standby on another path. */
export default definePlugin({
  name: "path-single",
  slot: "path",
  summary: "Takes a stream from one parent; the standby is on another path where there is one.",
  needs: [],
  config,
  create: () => ({ ...singlePath, start() {}, stop() {} }),
});
