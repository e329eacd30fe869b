/** Options that every keepalive on this wire has. */
import { z } from "zod";
import { duration } from "../units.ts";

/** The options, to be spread into a plugin's own. */
export const keepaliveOptions = {
  interval: duration(20, 5000).prefault("200ms").describe(
    "Between two heartbeats to one neighbour, plus or minus 5 %. 200 ms finds a death within 1 s for " +
      "5.4 kbit/s a neighbour, both ways together.",
  ),
  probeInterval: duration(5, 1000).prefault("40ms").describe(
    "Between two probes to a suspect. 8 of 40 ms and 2 missed heartbeats stay under 1 s.",
  ),
  watchedMax: z.number().int().min(1).max(10_000).default(512).describe(
    "Nodes watched at most; further ones are refused and counted. Tables of neighbours hold 256.",
  ),
  watchersMax: z.number().int().min(1).max(10_000).default(1024).describe(
    "Nodes that watch this one without being watched, such as viewers that probe; further ones are " +
      "refused and counted.",
  ),
};

const schema = z.strictObject(keepaliveOptions);

/** The options, checked. */
export type KeepaliveConfig = z.output<typeof schema>;
