import { z } from "zod";
import { addr, duration } from "../../core/units.ts";

/** Options of the RIST sink. */
export const config = z.strictObject({
  to: addr().refine(({ port }) => port !== 0 && port % 2 === 0 && port < 65535, {
    error: "RIST sends media to an even port and RTCP to the next: an even port expected",
  }).prefault("127.0.0.1:1968").describe(
    "The RIST receiver: media goes to this even port, RTCP to the next; 1968 is VLC's RIST port.",
  ),
  buffer: duration(50, 30_000).prefault("1s").describe(
    "How long a packet can be sent again; as long as the receiver's own buffer, librist's is 1 s.",
  ),
  cname: z.string().regex(/^[\x21-\x7e]{1,128}$/, "1 to 128 printable ASCII characters expected")
    .optional().describe("The name that receivers show; `node-session` when left out."),
});

/** Checked options. */
export type Config = z.output<typeof config>;
