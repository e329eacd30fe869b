import { z } from "zod";
import { NAME_PATTERN } from "../../core/ids.ts";

const name = z.string().regex(NAME_PATTERN, "a node name expected");

/** Options of `discovery-static`. */
export const config = z.strictObject({
  neighbors: z.record(name, z.array(name).max(255)).default({}).describe(
    "Neighbors by node name. A link named on one side counts for both.",
  ),
}).superRefine((value, ctx) => {
  for (const [node, others] of Object.entries(value.neighbors)) {
    const own = others.indexOf(node);
    if (own >= 0) {
      ctx.addIssue({
        code: "custom",
        path: ["neighbors", node, own],
        message: `"${node}" cannot be its own neighbor`,
      });
    }
  }
});

/** Checked options. */
export type Config = z.output<typeof config>;
