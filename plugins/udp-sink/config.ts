import { z } from "zod";
import { addr } from "../../core/units.ts";

/** Options of the UDP sink. */
export const config = z.strictObject({
  to: addr().default({ host: "127.0.0.1", port: 5004 }).describe(
    "Where the first session is sent: a player's address or a multicast group; 5004 is RTP's usual port.",
  ),
  format: z.enum(["ts", "rtp"]).default("ts").describe(
    "`ts`: MPEG-TS in UDP, seven packets a datagram; `rtp`: the same with an RTP header (RFC 2250).",
  ),
  ttl: z.number().int().min(1).max(255).default(1).describe(
    "Hops that a multicast packet may take; 1 stays in the local network.",
  ),
  interface: z.string().min(1).optional().describe(
    "Own address to send from; the system picks one by default.",
  ),
});
