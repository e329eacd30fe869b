import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { addr, duration, rate } from "../../core/units.ts";

/** Options of the RIST source. */
export const config = z.strictObject({
  listen: addr().refine(({ port }) => port !== 0 && port % 2 === 0 && port < 65535, {
    error: "RIST takes media on an even port and RTCP on the next: an even port expected",
  }).prefault("127.0.0.1:1968").describe(
    "Where the RIST sender sends to: media on this even port, RTCP on the next; 1968 is VLC's RIST port.",
  ),
  name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-' expected, 64 at most")
    .default("rist").describe("The stream's name."),
  title: z.string().max(120).optional().describe("For people; the name when left out."),
  bitrate: rate(1).optional().describe(
    "What the stream's catalogue entry says; unknown if left out.",
  ),
  from: z.array(z.string().min(1)).max(64).default([]).describe(
    "Addresses of senders that are heard; everybody when empty.",
  ),
  buffer: duration(0, 30_000).prefault("500ms").describe(
    "Every packet goes on this long after it was sent, and is asked for until then; no more than the sender's own buffer.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
