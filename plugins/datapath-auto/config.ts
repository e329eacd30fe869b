import type { z } from "zod";
import { threadOptions } from "../../core/datapath/options.ts";

/** Options. */
export const config = threadOptions;

/** Options, checked. */
export type Config = z.output<typeof config>;
