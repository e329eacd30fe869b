import { z } from "zod";
import { duration } from "../../core/units.ts";

/** Options of `observer`. */
export const config = z.strictObject({
  sample: duration(1000, 60_000).prefault("3s").describe(
    "Time between two samples of this node's series; 300 of them are 15 minutes.",
  ),
  samples: z.number().int().min(10).max(5000).default(300).describe(
    "Samples kept: about 2.4 KiB a series with the default, and at most 24 series.",
  ),
  refresh: duration(200, 60_000).prefault("1s").describe(
    "How often each node is asked while somebody watches, as far as asksPerSecond allows.",
  ),
  asksPerSecond: z.number().int().min(1).max(1000).default(50).describe(
    "Questions to other nodes a second, in total; 60 nodes with two parts each are seen every 2.4 s.",
  ),
  watch: duration(1000, 600_000).prefault("20s").describe(
    "How long after the last look the asking goes on.",
  ),
  forget: duration(1000, 600_000).prefault("30s").describe(
    "A node that has not answered for this long is forgotten.",
  ),
  nodesMax: z.number().int().min(1).max(10_000).default(512).describe(
    "Nodes remembered, about 4 KiB each; further ones are left out and counted.",
  ),
  answersPerSecond: z.number().int().min(0).max(10_000).default(400).describe(
    "Answers to other nodes' questions a second, in total; 0 tells nobody anything.",
  ),
  thumbnails: z.boolean().default(true).describe(
    "Whether ffmpeg may make a small picture of a stream that runs here, for the dashboard.",
  ),
  thumbnailEvery: duration(1000, 3_600_000).prefault("10s").describe(
    "A picture is made at most this often for each stream, and only when somebody looks.",
  ),
});

/** The options, checked. */
export type Config = z.output<typeof config>;
