import { z } from "zod";
import type { NackOptions } from "../../core/media/api.ts";
import { duration, share } from "../../core/units.ts";

/** Options of repair by request. */
export const config = z.strictObject({
  reorderMax: duration(0, 1000).prefault("30ms").describe(
    "Longest wait for a packet that may only be late before it is asked for; the wait itself adapts to what is measured (30 ms: more reordering than that is rare, RFC 4737's studies show single milliseconds).",
  ),
  tries: z.number().int().min(1).max(100).default(20).describe(
    "How often one packet is asked for at most (20: at 50 % loss each way one in 300 is still missing; the time to repair usually ends it sooner).",
  ),
  budget: share(0, 4).prefault("50%").describe(
    "Retransmissions one child may cause, as a share of the stream's rate (50 %: covers 30 % random loss, and a storm never doubles the traffic of a congested link).",
  ),
});

/** What the engine is told. */
export function nackOptions(options: z.output<typeof config>): NackOptions {
  return {
    reorderMaxMs: options.reorderMax,
    triesMax: options.tries,
    budgetShare: options.budget,
  };
}
