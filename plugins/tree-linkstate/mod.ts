import { definePlugin } from "../../core/define.ts";
import { TreeLife } from "../../core/tree/shell.ts";
import { config } from "./config.ts";
import { LinkStateBrain } from "./protocol.ts";

/** Shortest paths over flooded links, free of loops at every instant. */
export default definePlugin({
  name: "tree-linkstate",
  slot: "tree",
  summary:
    "Floods measured links and follows shortest paths over the whole graph, without any loop.",
  needs: ["control", "keepalive", "membership"],
  config,
  create: (ctx, options) =>
    new TreeLife(ctx, {
      name: "tree-linkstate",
      messages: [
        "BUILDTREE",
        "WITHDRAW",
        "SEEK",
        "LINKSTATE",
        "LINKSTATE_DIGEST",
        "LINKSTATE_WANT",
      ],
      brain: (nowMs) => new LinkStateBrain(ctx.self, options, nowMs),
    }),
});
