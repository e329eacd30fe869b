import { z } from "zod";
import { duration, share, size } from "../../core/units.ts";

/** Options of `catalog-gossip`. */
export const config = z.strictObject({
  gather: duration(0, 1000).prefault("20ms").describe(
    "Changes of this node's own entry are gathered this long before they are spread.",
  ),
  antiEntropy: duration(200, 60_000).prefault("2s").describe(
    "Each such time one random neighbor is asked what it knows and this node does not: repairs losses.",
  ),
  refresh: duration(1000, 600_000).prefault("30s").describe(
    "The own entry is spread anew this often; a third of `ttl`, so that two may be lost.",
  ),
  ttl: duration(3000, 600_000).prefault("90s").describe(
    "An entry whose owner is silent for this long goes; one taken back is remembered as long.",
  ),
  popGap: duration(0, 60_000).prefault("2s").describe(
    "A POP's load is spread no more often than this.",
  ),
  popStep: share(0, 1).prefault("10%").describe(
    "A POP's load is spread when it has changed by more than this share of `maxChildren`.",
  ),
  maxOwners: z.number().int().min(1).max(65_536).default(1024).describe(
    "Nodes with entries at most; further ones are refused.",
  ),
  maxPages: z.number().int().min(1).max(256).default(256).describe(
    "Pages of one owner at most: some 3 to 16 streams each, as long as their names are.",
  ),
  maxBytes: size(64 * 1024, 2 ** 30).prefault("4MiB").describe(
    "All entries together; what does not fit is refused.",
  ),
  messagesPerSecond: z.number().int().min(10).max(100_000).default(1000).describe(
    "Catalogue messages taken from one neighbor in the long run, twice as many at once.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
