import { z } from "zod";
import { popOptions } from "../../core/pop/config.ts";

/** Options of `pop-selection`. */
export const config = z.strictObject(popOptions);

/** The options, checked. */
export type Config = z.output<typeof config>;
