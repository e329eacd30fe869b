import { z } from "zod";
import { treeOptions } from "../../core/tree/config.ts";

/** Options of `tree-buildtree`: a path vector needs none beyond those that all trees have. */
export const config = z.strictObject(treeOptions);

/** The options, checked. */
export type Config = z.output<typeof config>;
