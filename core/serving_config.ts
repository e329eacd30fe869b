/** Options that every role which serves children has. */
import { z } from "zod";
import { rate } from "./units.ts";

/** `pop`, `maxChildren`, `maxBitrate`. */
export const servingConfig = {
  pop: z.boolean().default(false).describe("Viewers may attach here (point of presence)."),
  maxChildren: z.number().int().min(0).max(100_000).default(1000).describe(
    "Children served at once, each stream of each child counted; the rest are refused with a hint.",
  ),
  maxBitrate: rate(1000).prefault("10Gbit/s").describe(
    "Sum of the bit rates of all streams sent; a child above it is refused with a hint.",
  ),
};
