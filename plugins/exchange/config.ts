import { z } from "zod";
import { duration } from "../../core/units.ts";

/** Options of the exchange. */
export const config = z.strictObject({
  linger: duration(0, 600_000).prefault("2s").describe(
    "How long a stream is still fetched after its last child or viewer has gone (2 s: switching back and forth costs no new join).",
  ),
  lease: duration(500, 600_000).prefault("6s").describe(
    "How long a child is served without renewing; it renews three times in that time (6 s: two lost renewals are survived).",
  ),
  ringPackets: z.number().int().min(64).max(1 << 20).default(8192).describe(
    "Packets of each stream kept for repair and resume, rounded up to a power of two (8192: 10 s at 8 Mbit/s).",
  ),
  ring: duration(100, 600_000).prefault("10s").describe(
    "Nothing older than this is sent again (10 s: the longest outage a change of parent makes good).",
  ),
  repair: duration(0, 60_000).prefault("450ms").describe(
    "How long this hop asks for a lost packet (450 ms: just under the default latency budget of a viewer).",
  ),
  maxStreams: z.number().int().min(1).max(100_000).default(1024).describe(
    "Streams this node has at once, its own and fetched ones; further ones are refused.",
  ),
  maxTable: z.number().int().min(1).max(1_000_000).default(20_000).describe(
    "Children and waiting ones held at once, whatever a role allows (20,000: about 10 MB).",
  ),
});
