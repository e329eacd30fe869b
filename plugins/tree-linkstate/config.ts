import { z } from "zod";
import { treeOptions } from "../../core/tree/config.ts";
import { duration } from "../../core/units.ts";

/** Options of `tree-linkstate`. */
export const config = z.strictObject({
  ...treeOptions,
  refresh: duration(1000, 150_000).prefault("60s").describe(
    "Between two announcements of this node's links when nothing changes. A node that is not heard of " +
      "for 3.5 of them is forgotten; its neighbors' silence about it takes it off the graph at once.",
  ),
  nodesMax: z.number().int().min(2).max(16_384).default(2048).describe(
    "Nodes whose links are remembered, about 1 KiB each; further ones are refused and counted.",
  ),
  spfDelay: duration(0, 5000).prefault("30ms").describe(
    "How long changes of the graph are gathered before paths are computed anew: a death is told by all " +
      "neighbors of the dead within about this time.",
  ),
  spfGap: duration(0, 60_000).prefault("100ms").describe(
    "Between two computations at least, so that a storm of changes costs no more than ten a second.",
  ),
});

/** The options, checked. */
export type Config = z.output<typeof config>;
