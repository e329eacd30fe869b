import { z } from "zod";
import { size } from "../../core/units.ts";

/** Options of the choker. */
export const config = z.strictObject({
  lead: size(0, 2 ** 40).prefault("4MiB").describe(
    "A served peer keeps its slot until it has got this much more than one that waits.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
