import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";
import { duration, rate, share } from "../../core/units.ts";

const PLANES = ["control", "keepalive", "media", "source", "sink", "probe"] as const;

/** Rules at most. */
export const RULES_MAX = 100;

/** One rule: which datagrams, and what happens to them. */
export const ruleConfig = z.strictObject({
  id: z.string().regex(NAME_PATTERN).describe("Names the rule for the admin API."),
  direction: z.enum(["out", "in", "both"]).default("both").describe(
    "What this node sends, or gets.",
  ),
  planes: z.array(z.enum(PLANES)).min(1).optional().describe("All planes when left out."),
  host: z.string().optional().describe("Only to and from this remote host."),
  ports: z.array(z.number().int().min(1).max(65535)).min(1).optional().describe(
    "Only to and from these remote ports.",
  ),
  delay: duration(0, 60_000).prefault("0ms").describe("One-way delay added."),
  jitter: duration(0, 60_000).prefault("0ms").describe(
    "Largest deviation from the delay, both ways.",
  ),
  fifo: z.boolean().default(true).describe("Jitter keeps the order, as one queue does."),
  loss: share().prefault("0%").describe("Random loss."),
  burst: z.strictObject({
    enter: share().describe("Chance per packet that a good link turns bad."),
    leave: share(0.0001).describe("Chance per packet that a bad link turns good."),
    loss: share().prefault("100%").describe("Loss while bad."),
  }).optional().describe("Loss in bursts (Gilbert-Elliott)."),
  duplicate: share().prefault("0%").describe("These arrive twice."),
  reorder: share().prefault("0%").describe("These are held back and overtaken."),
  reorderBy: duration(0, 10_000).prefault("20ms").describe("How long those are held back."),
  corrupt: share().prefault("0%").describe("These arrive with flipped bits."),
  rate: rate(1000).optional().describe(
    "Line rate; the queue in front of it drops what waits too long.",
  ),
  queue: duration(1, 10_000).prefault("100ms").describe("Longest wait for the line."),
  down: z.boolean().default(false).describe("Loses everything."),
});

/** Options of chaos. */
export const config = z.strictObject({
  seed: z.number().int().min(0).optional().describe(
    "Repeats the same pattern of chance; a random one when left out.",
  ),
  rules: z.array(ruleConfig).max(RULES_MAX).default([]).describe(
    "The first rule that fits a datagram decides; none leaves it alone.",
  ),
});

/** A rule, checked. */
export type Rule = z.output<typeof ruleConfig>;
