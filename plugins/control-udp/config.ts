import { z } from "zod";
import { duration, size } from "../../core/units.ts";

/** Options of `control-udp`. */
export const config = z.strictObject({
  handshakeTimeout: duration(100, 60_000).prefault("3s").describe(
    "How long messages wait for an address to prove itself; seven tries fit into 3 s.",
  ),
  queueMessages: z.number().int().min(1).max(1000).default(16).describe(
    "Messages that wait for one address's handshake; a node greets a neighbour with fewer than ten.",
  ),
  queueSize: size(1200, 1024 ** 2).prefault("4KiB").describe(
    "Bytes that wait for one address's handshake.",
  ),
  sessionsMax: z.number().int().min(16).max(1_000_000).default(4096).describe(
    "Addresses remembered (about 1 KiB each); the one unused longest goes first and shakes hands again.",
  ),
  requestsMax: z.number().int().min(1).max(100_000).default(1024).describe(
    "Requests waiting for an answer at one time; further ones fail.",
  ),
  challengesPerSecond: z.number().int().min(1).max(1_000_000).default(2000).describe(
    "Challenges to strangers in total; 1,000 viewers that start together need half of it.",
  ),
});

/** The options, checked. */
export type Config = z.output<typeof config>;
