import { z } from "zod";
import { keepaliveOptions } from "../../core/keepalive/config.ts";
import { duration } from "../../core/units.ts";

/** Options of `keepalive-phi`. */
export const config = z.strictObject({
  ...keepaliveOptions,
  threshold: z.number().min(1).max(16).default(8).describe(
    "Phi at which a neighbour is dead: 8 means that by what is measured one silence in 10^8 is a mistake.",
  ),
  suspicion: z.number().min(0.5).max(8).default(2).describe(
    "Phi at which probing begins; the rest up to `threshold` is for probes to prove.",
  ),
  deviationMin: duration(1, 1000).prefault("20ms").describe(
    "The least standard deviation of heartbeats that is believed: a quiet path may become noisy.",
  ),
  probesMax: z.number().int().min(3).max(100).default(30).describe(
    "Probes to one suspect at most, however lossy the link: it bounds the time that a death takes to be found.",
  ),
}).refine(({ threshold, suspicion }) => suspicion < threshold, {
  path: ["suspicion"],
  message: "must be below threshold",
});

/** The options, checked. */
export type Config = z.output<typeof config>;
