import { definePlugin } from "../../core/define.ts";
import { TreeLife } from "../../core/tree/shell.ts";
import { config } from "./config.ts";
import { pathVector } from "./protocol.ts";

/** A path vector over measured links, free of loops at every instant. */
export default definePlugin({
  name: "tree-buildtree",
  slot: "tree",
  summary: "Builds the tree by announcements with measured costs; no repair ever forms a loop.",
  needs: ["control", "keepalive", "membership"],
  config,
  create: (ctx, options) =>
    new TreeLife(ctx, {
      name: "tree-buildtree",
      messages: ["BUILDTREE", "WITHDRAW", "SEEK"],
      brain: (nowMs) => pathVector(ctx.self, options, nowMs),
    }),
});
