import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { addr, duration } from "../../core/units.ts";

/** Options of the UDP source. */
export const config = z.strictObject({
  listen: addr().default({ host: "127.0.0.1", port: 9000 }).describe(
    "Where the encoder sends to: an address of this machine, or a multicast group.",
  ),
  interface: z.string().min(1).default("0.0.0.0").describe(
    "For a multicast group: the own address at which it is joined; the system picks one by default.",
  ),
  name: z.string().regex(NAME_PATTERN, "letters, digits, '.', '_' and '-' expected, 64 at most")
    .default("live").describe("The stream's name."),
  title: z.string().max(120).optional().describe("For people; the name when left out."),
  from: z.array(z.string().min(1)).max(64).default([]).describe(
    "Addresses of senders that are heard; everybody when empty.",
  ),
  silence: duration(100).default(2000).describe(
    "After this long without a packet another sender may take over; encoders pause for less.",
  ),
  reorder: duration(0, 1000).default(20).describe(
    "How long an RTP packet that is missing is waited for; a local network reorders by less.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
