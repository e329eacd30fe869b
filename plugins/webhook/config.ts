import { z } from "zod";
import { EVENT_KINDS } from "../../core/ports.ts";
import { duration } from "../../core/units.ts";

const kind = z.union([
  z.enum(EVENT_KINDS),
  z.templateLiteral(["x-", z.string().min(1)]),
], { error: "a kind of event, such as failed-over, or x-... of a plugin of your own expected" });

/** Options of the hook. */
export const config = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: "an http: or https: URL expected" }).max(2000).describe(
    "Where events are posted to.",
  ),
  events: z.array(kind).min(1).optional().describe(
    "Only these kinds; all of them when left out.",
  ),
  secret: z.string().min(16, "at least 16 characters expected").optional().describe(
    "Signs every delivery (HMAC-SHA256); unsigned when left out.",
  ),
  queue: z.number().int().min(1).max(10_000).default(256).describe(
    "Events that wait at most; beyond, the oldest is dropped and counted.",
  ),
  timeout: duration(100, 60_000).prefault("5s").describe("Longest wait for an answer."),
  tries: z.number().int().min(1).max(20).default(8).describe(
    "Deliveries of one event at most, the first included: 8 span two minutes.",
  ),
  backoff: duration(10, 60_000).prefault("1s").describe(
    "Wait before the second try; doubles from there to a minute.",
  ),
});

/** Checked options. */
export type Config = z.output<typeof config>;
