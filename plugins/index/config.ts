import { z } from "zod";
import { isFileName } from "../../core/swarm/file_name.ts";
import { addr, duration } from "../../core/units.ts";

/** Options of the index. */
export const config = z.strictObject({
  listen: addr().optional().describe(
    "TCP address to listen on; the node's `listen` and port 7300 when left out.",
  ),
  store: z.string().min(1).optional().describe(
    "File that keeps what was announced over restarts; in memory only when left out.",
  ),
  static: z.record(z.string(), z.array(addr()).min(1).max(64)).default({}).refine(
    (table) => Object.keys(table).every(isFileName) && Object.keys(table).length <= 10_000,
    { error: "plain file names expected, 10,000 at most" },
  ).describe("Hand-written table: file name to addresses of peers that share it."),
  lease: duration(1000, 3_600_000).prefault("30s").describe(
    "A peer that does not renew for this long is forgotten; peers renew each third of it.",
  ),
  anyAddress: z.boolean().default(false).describe(
    "Lets peers announce another address than they connect from (NAT with forwarded ports).",
  ),
  maxPeers: z.number().int().min(1).max(100_000).default(5000).describe("Peers at most."),
  maxPeersPerAddress: z.number().int().min(1).max(100_000).default(512).describe(
    "Peers of one address (IPv6: of one /64; all of loopback counts as one).",
  ),
  maxFiles: z.number().int().min(1).max(1_000_000).default(100_000).describe(
    "Announcements at most, each file of each peer counted.",
  ),
  maxFilesPerPeer: z.number().int().min(1).max(100_000).default(10_000).describe(
    "Announcements of one peer at most; the rest is refused by name.",
  ),
  maxMapBytes: z.number().int().min(1024).max(2 ** 30).default(64 * 1024 * 1024).describe(
    "Memory for piece maps of incomplete files; beyond it such files are refused.",
  ),
  maxConnections: z.number().int().min(1).max(65_536).default(1000).describe(
    "Connections at most (the host itself holds 1024); above it the oldest one that announced nothing is closed.",
  ),
  maxConnectionsPerAddress: z.number().int().min(1).max(65_536).default(600).describe(
    "Connections of one address, with the same policy.",
  ),
  firstMessage: duration(100, 60_000).prefault("5s").describe(
    "A connection must complete its first message, and any message it began, within this.",
  ),
  reportsToHide: z.number().int().min(1).max(1000).default(3).describe(
    "Different peers that must report a holder of a file before it is not named for it any more; fewer only put it last.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
