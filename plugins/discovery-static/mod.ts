import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { StaticDiscovery } from "./protocol.ts";

/** Neighbors as the config lists them. */
export default definePlugin({
  name: "discovery-static",
  slot: "discovery",
  summary: "Gives each node the neighbors that a map in the config names.",
  needs: [],
  config,
  create(ctx, options) {
    const brain = new StaticDiscovery(options.neighbors, (name) => {
      ctx.log.warn("node is not in the neighbor map", { node: name });
    });
    return { start() {}, stop() {}, assign: (nodes) => brain.assign(nodes) };
  },
});
