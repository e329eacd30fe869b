import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { dualPath } from "./protocol.ts";

/** Two parents on paths as disjoint as can be, merged by sequence number. */
export default definePlugin({
  name: "path-dual",
  slot: "path",
  summary:
    "Takes a stream from two parents on different paths at once, so that one may die unseen.",
  needs: [],
  config,
  create: () => ({ ...dualPath, start() {}, stop() {} }),
});
