/** Options that every tree has: what the common brain of the trees needs. */
import { z } from "zod";
import { duration, share } from "../units.ts";

/** The options, to be spread into a plugin's own. */
export const treeOptions = {
  interval: duration(200, 60_000).prefault("5s").describe(
    "Between two announcements of an origin. A route that is not renewed for 3.5 of them expires. " +
      "Deaths are told by keepalive, so this only bounds how long a lost message can matter.",
  ),
  hysteresis: share(0, 0.9).prefault("20%").describe(
    "A live parent is left at once only for a way that is cheaper by this share: less is within " +
      "what measured round trips vary by.",
  ),
  confirm: duration(0, 60_000).prefault("1s").describe(
    "How long such a way must stay better: one round of link measurements.",
  ),
  settle: duration(0, 600_000).prefault("20s").describe(
    "A way that is better by less than the hysteresis, but by more than 3 %, or as good in fewer hops, " +
      "is taken after so long.",
  ),
  originsMax: z.number().int().min(1).max(4096).default(256).describe(
    "Origins remembered, about 4 KiB each; further ones are refused and counted.",
  ),
  neighborsMax: z.number().int().min(1).max(1024).default(256).describe(
    "Neighbors spoken to; further ones are left out and counted. The bootstrapper sends at most 256.",
  ),
  messagesPerSecond: z.number().int().min(10).max(100_000).default(500).describe(
    "Tree messages accepted from one neighbor: 256 origins in one burst and some more. The rest is " +
      "dropped and counted.",
  ),
};

const schema = z.strictObject(treeOptions);

/** The options, checked. */
export type TreeConfig = z.output<typeof schema>;
