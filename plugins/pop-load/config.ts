import { z } from "zod";
import { popOptions } from "../../core/pop/config.ts";
import { duration } from "../../core/units.ts";

/** Options of `pop-load`. */
export const config = z.strictObject({
  ...popOptions,
  loadWeight: duration(0, 3_600_000).prefault("100ms").describe(
    "Score of a full POP when two are compared; falls with the square of the load. Five times that of " +
      "`pop-selection`, for here load is the point.",
  ),
  band: duration(0, 10_000).prefault("30ms").describe(
    "POPs that are farther than the nearest by no more than this are as good as it: the two are drawn " +
      "from these. 30 ms is less than one frame at 30 a second.",
  ),
  rethink: duration(500, 3_600_000).prefault("10s").describe(
    "How often another POP is drawn and compared with the one in use, plus or minus half by chance.",
  ),
});

/** The options, checked. */
export type Config = z.output<typeof config>;
