import { definePlugin } from "../../core/define.ts";
import { config } from "./config.ts";
import { NearestDiscovery } from "./protocol.ts";

/** Neighbors by measured distance, without a map. */
export default definePlugin({
  name: "discovery-nearest",
  slot: "discovery",
  summary:
    "Gives each node its nearest by measured round trip, and random ones that keep it whole.",
  needs: [],
  config,
  create(_ctx, options) {
    const brain = new NearestDiscovery(options);
    return {
      start() {},
      stop() {},
      assign: (nodes) => brain.assign(nodes),
      measure: (node) => brain.measure(node),
    };
  },
});
