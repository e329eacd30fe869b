import { z } from "zod";
import { addr, duration } from "../../core/units.ts";

/** Options of the bootstrapper. */
export const config = z.strictObject({
  listen: addr().optional().describe(
    "TCP address to listen on; the node's `listen` and port 5000 when left out.",
  ),
  lease: duration(1000, 3_600_000).prefault("10s").describe(
    "A node that does not renew for this long is forgotten; nodes renew each third of it.",
  ),
  settle: duration(0, 10_000).prefault("50ms").describe(
    "Changes are gathered this long before neighbors are assigned anew and told.",
  ),
  rebalance: duration(100, 600_000).prefault("2s").describe(
    "New round trips alone lead to a new assignment no sooner than this.",
  ),
  anyAddress: z.boolean().default(false).describe(
    "Lets nodes claim another address than they connect from (NAT with forwarded ports).",
  ),
  maxNodes: z.number().int().min(1).max(100_000).default(2000).describe(
    "Nodes at most; the rest are refused. An assignment of 1,000 takes some 30 ms.",
  ),
  maxNodesPerAddress: z.number().int().min(1).max(100_000).default(512).describe(
    "Nodes of one address (IPv6: of one /64; all of loopback counts as one).",
  ),
  maxConnections: z.number().int().min(1).max(65_536).default(1000).describe(
    "Connections at most (the host itself holds 1024); above it the oldest one that registered nothing is closed.",
  ),
  maxConnectionsPerAddress: z.number().int().min(1).max(65_536).default(600).describe(
    "Connections of one address, with the same policy. More than its nodes, for reconnects.",
  ),
  maxMessage: z.number().int().min(512).max(262_144).default(65_536).describe(
    "Longest message in bytes; a REGISTER with 256 round trips of the longest names is 20 KB.",
  ),
  firstMessage: duration(100, 60_000).prefault("5s").describe(
    "A connection must complete its first message, and any message it began, within this.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
