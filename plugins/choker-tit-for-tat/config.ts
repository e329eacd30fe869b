import { z } from "zod";

/** Options of the choker. */
export const config = z.strictObject({
  optimisticRounds: z.number().int().min(1).max(100).default(3).describe(
    "Rounds after which the slot for newcomers goes to another (BitTorrent: 3 of 10 s).",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
