import { z } from "zod";
import { duration } from "../../core/units.ts";

/** Options of the picker. */
export const config = z.strictObject({
  window: duration(500, 600_000).prefault("12s").describe(
    "Playing time ahead of each reader that is fetched in order; beyond it the rarest come first.",
  ),
  windowPieces: z.number().int().min(1).max(1000).default(6).describe(
    "Pieces of that window at least, and while the reader's rate is not known.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
