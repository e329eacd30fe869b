import { z } from "zod";

/** Options of the portable datapath. */
export const config = z.strictObject({
  maxSockets: z.number().int().min(1).max(4096).default(256).describe(
    "Sockets beside the media port, one for each viewer session (256: a quarter of the usual limit of open files).",
  ),
});

/** Options, checked. */
export type Config = z.output<typeof config>;
