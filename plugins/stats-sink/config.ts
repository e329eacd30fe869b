import { z } from "zod";
import { duration } from "../../core/units.ts";

/** Options of the statistics. */
export const config = z.strictObject({
  report: duration(0).default(0).describe(
    "How often each session is written to the log; `0s` never, since status and metrics tell it too.",
  ),
});
