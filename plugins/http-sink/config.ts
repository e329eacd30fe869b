import { z } from "zod";
import { addr, duration, rate, size } from "../../core/units.ts";

/** Options of the HTTP sink. */
export const config = z.strictObject({
  listen: addr().prefault("127.0.0.1:8088").describe(
    "Address that serves viewers over HTTP; port 0 picks one. Put a TLS proxy in front on open networks.",
  ),
  cors: z.array(z.string().min(1).max(256)).max(64).default(["*"]).describe(
    "Web origins whose pages may read streams (`https://example.org`); `*` for all, none for an empty list.",
  ),
  segment: duration(500, 10_000).prefault("2s").describe(
    "HLS: segments are cut at the first key frame from this length on (RFC 8216; Apple advises 6 s for plain, less for live).",
  ),
  window: duration(3000, 120_000).prefault("16s").describe(
    "HLS: how much a playlist lists, three segments at least; as much again stays fetchable.",
  ),
  lowLatency: z.boolean().default(false).describe(
    "Low-Latency HLS: partial segments, blocking reload and preload hints (draft-pantos-hls-rfc8216bis).",
  ),
  part: duration(100, 2000).prefault("400ms").describe(
    "Low-Latency HLS: longest partial segment; cut to whole frames.",
  ),
  queue: size(64 * 1024, 1024 * 1024 * 1024).prefault("4MiB").describe(
    "What may wait for a slow reader of `.ts`; above, it skips to a later key frame.",
  ),
  stall: duration(1000, 600_000).prefault("20s").describe(
    "A client that takes nothing for this long is closed.",
  ),
  idle: duration(1000, 600_000).prefault("60s").describe(
    "`.ts` responses of a stream that brings nothing for this long are ended.",
  ),
  wait: duration(100, 60_000).prefault("10s").describe(
    "How long a request waits for a stream that has yet to be joined.",
  ),
  linger: duration(0, 3_600_000).prefault("15s").describe(
    "How long a stream is kept after its last HTTP viewer has gone.",
  ),
  maxClients: z.number().int().min(1).max(100_000).default(2000).describe(
    "HTTP viewers at once, HLS players included; more are refused with 503.",
  ),
  maxPerAddress: z.number().int().min(1).max(100_000).default(2000).describe(
    "HTTP viewers of one address; lower it where no proxy stands in front.",
  ),
  maxBitrate: rate(1000).prefault("10Gbit/s").describe(
    "Bits a second sent over HTTP; a new viewer above it is refused with 503.",
  ),
});
