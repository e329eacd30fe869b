import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { rate } from "../../core/units.ts";

const file = z.strictObject({
  file: z.string().min(1).max(240).describe("A file of the swarm: its id, or its exact name."),
  name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-' expected, 64 at most")
    .describe("The stream's name."),
  title: z.string().max(120).optional().describe("For people; `file` when left out."),
  loop: z.boolean().default(true).describe(
    "Begins anew at the end, for ever; else the stream ends.",
  ),
  bitrate: rate(10_000, 10e9).optional().describe(
    "Fills up to this constant bit rate with null packets; packets are left alone when left out.",
  ),
  start: z.enum(["always", "demand"]).default("demand").describe(
    "`demand` fetches and plays from the first viewer on, `always` from the start.",
  ),
  restamp: z.boolean().default(true).describe(
    "From the second pass on, clocks and counters continue those of the pass before.",
  ),
});

/** Options of the swarm source. */
export const config = z.strictObject({
  files: z.array(file).min(1).max(1000).refine(
    (files) => new Set(files.map((one) => one.name)).size === files.length,
    { error: "every stream needs its own name" },
  ).describe("Files of the swarm, each a stream."),
});

/** Checked options. */
export type Config = z.output<typeof config>;
/** One file of them. */
export type SwarmFile = Config["files"][number];
