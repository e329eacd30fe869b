import { z } from "zod";
import { BLOCK_BYTES, PIECE_MAX_BYTES } from "../../core/swarm/identity.ts";
import { addr, duration, rate, size } from "../../core/units.ts";

/** Options of a peer. */
export const config = z.strictObject({
  listen: addr().optional().describe(
    "TCP address for other peers; the node's `listen` and port 7400 when left out. Port 0 picks one.",
  ),
  index: addr().optional().describe("The index that files are announced to and searched at."),
  peers: z.array(addr()).max(64).default([]).describe(
    "Peers that are asked for every wanted file, besides those the index names.",
  ),
  folders: z.array(z.string().min(1)).max(64).default([]).describe(
    "Folders whose files are shared, subfolders included; watched for changes.",
  ),
  downloads: z.string().min(1).optional().describe(
    "Folder that downloads go to. Without it nothing can be downloaded.",
  ),
  hashes: z.string().min(1).optional().describe(
    "File that keeps the hashes of shared files over a restart; in the hidden folder of `downloads` when left out, none without `downloads`.",
  ),
  out: z.string().min(1).optional().describe(
    "File that a download goes to instead of its own name; for a single one.",
  ),
  get: z.array(z.string().min(1).max(240)).max(256).default([]).describe(
    "Files to download from the start: ids, or exact names that the index knows.",
  ),
  resume: z.boolean().default(true).describe(
    "Downloads that an earlier life began in `downloads` go on.",
  ),
  http: addr().optional().describe(
    "Address that serves `GET /files/ID` to players on this machine, ranges included.",
  ),
  uploadRate: rate(1000).optional().describe("Bits a second sent at most, all peers together."),
  downloadRate: rate(1000).optional().describe("Bits a second taken at most, all peers together."),
  uploadRatePerPeer: rate(1000).optional().describe("Bits a second sent to one peer at most."),
  uploadSlots: z.number().int().min(1).max(1000).default(8).describe(
    "Peers served at once; the choker says which. (Common clients: 4 to 8.)",
  ),
  chokeRound: duration(500, 600_000).prefault("10s").describe(
    "How often the choker chooses anew (BitTorrent: 10 s).",
  ),
  maxConnections: z.number().int().min(1).max(1000).default(200).describe(
    "Connections with other peers, all files together; more are turned away.",
  ),
  maxPeersPerFile: z.number().int().min(1).max(500).default(40).describe(
    "Peers that are dialed for one file.",
  ),
  maxPerAddress: z.number().int().min(1).max(1000).default(50).describe(
    "Connections that one address may open (IPv6: one /64; loopback is one).",
  ),
  maxFiles: z.number().int().min(1).max(100_000).default(10_000).describe(
    "Files shared at most; the rest is left out, with a warning.",
  ),
  buffer: size(1024 * 1024, 2 ** 30).prefault("16MiB").describe(
    "Memory for pieces that are not complete or not yet on disk.",
  ),
  pieceSize: size(BLOCK_BYTES, PIECE_MAX_BYTES).refine((v) => Number.isInteger(Math.log2(v)), {
    error: "a power of two from 16KiB to 4MiB expected",
  }).optional().describe("Piece length of files shared here; 256KiB to 4MiB by size if left out."),
  watch: duration(100, 3_600_000).prefault("3s").describe(
    "How often shared folders are looked at. A file is taken up once it stays as it is.",
  ),
  requestTimeout: duration(200, 600_000).prefault("8s").describe(
    "A peer that owes something and sends nothing for this long loses it to others, then its place.",
  ),
  helloTimeout: duration(100, 60_000).prefault("5s").describe(
    "A connection must have said who it is, and for which file it comes, within this.",
  ),
  idleTimeout: duration(1000, 3_600_000).prefault("120s").describe(
    "A connection on which nothing comes for this long is closed; pings go out each third of it.",
  ),
  search: duration(200, 3_600_000).prefault("10s").describe(
    "How often the index is asked again for peers of files that are incomplete.",
  ),
  finish: z.boolean().default(false).describe(
    "The node stops once everything in `get` is complete.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
