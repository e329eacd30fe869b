import { z } from "zod";
import { servingConfig } from "../../core/serving_config.ts";

/** Options of the origin. */
export const config = z.strictObject({
  ...servingConfig,
  sources: z.array(z.string().min(1)).min(1).optional().describe(
    "Ids of the source plugins whose streams are offered; all of them when left out.",
  ),
  idle: z.enum(["stop", "finish"]).default("stop").describe(
    "When a stream that started on demand has had no viewer for 10 s: `stop` its source, or let it `finish`.",
  ),
});
