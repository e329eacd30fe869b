import { z } from "zod";
import { size } from "../../core/units.ts";

/** Options of the recorder. */
export const config = z.strictObject({
  folder: z.string().min(1).default("recordings").describe(
    "Where recordings go; made when it is missing. No recording leaves it.",
  ),
  name: z.string().min(1).max(200).default("{origin}-{name}-{session}-{date}-{time}.mpegts")
    .describe(
      "The file's name. Filled in: {stream} {origin} {name} {session} {date} {time}; other than letters, digits, '.', '_' and '-' become '-'.",
    ),
  path: z.string().min(1).optional().describe(
    "One exact file instead of `folder` and `name`; for one session at a time.",
  ),
  overwrite: z.boolean().default(false).describe(
    "Replaces a file that exists; else it is refused.",
  ),
  append: z.boolean().default(false).describe("Adds to a file that exists."),
  sessions: z.array(z.string().min(1)).min(1).max(1000).optional().describe(
    "Records these sessions and no others, whatever sinks they name; as the sessions say when left out.",
  ),
  queue: size(64 * 1024, 2 ** 30).default(16 * 1024 * 1024).describe(
    "Bytes that wait for a slow disk at most: 16 MiB are 16 s of 8 Mbit/s. Above, packets are dropped and counted.",
  ),
}).refine((one) => !(one.overwrite && one.append), {
  path: ["append"],
  message: "`overwrite` and `append` exclude each other",
});

/** Checked options. */
export type Config = z.output<typeof config>;
