import { z } from "zod";
import { keepaliveOptions } from "../../core/keepalive/config.ts";

/** Options of `keepalive`. */
export const config = z.strictObject({
  ...keepaliveOptions,
  misses: z.number().int().min(1).max(20).default(2).describe(
    "Heartbeats missed before a neighbour is a suspect. With 2, one lost packet costs nothing.",
  ),
  probes: z.number().int().min(1).max(50).default(8).describe(
    "Fast probes to a suspect before it is declared dead. 8 hold false deaths under one an hour at " +
      "20 % loss each way.",
  ),
});

/** The options, checked. */
export type Config = z.output<typeof config>;
