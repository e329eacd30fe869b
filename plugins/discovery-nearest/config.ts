import { z } from "zod";
import { duration, share } from "../../core/units.ts";

/** Options of `discovery-nearest`. */
export const config = z.strictObject({
  nearest: z.number().int().min(1).max(16).default(3).describe(
    "Nearest nodes by measured round trip that each node is given. Three leave two standbys.",
  ),
  random: z.number().int().min(0).max(16).default(2).describe(
    "Links by chance for each node, drawn from its name, so that far corners stay few hops apart and " +
      "the graph connected. An odd number is rounded up: links come as rings through all nodes.",
  ),
  maxNeighbors: z.number().int().min(4).max(64).default(16).describe(
    "Most neighbors of a relay, origin or peer, viewers not counted. 16 keepalives are 160 kbit/s at most.",
  ),
  viewerNeighbors: z.number().int().min(1).max(8).default(2).describe(
    "Neighbors of a viewer: one and a standby, for the catalogue.",
  ),
  maxViewers: z.number().int().min(1).max(192).default(128).describe(
    "Most viewers that are neighbors of one node. With `maxNeighbors` it stays under the 256 of one answer.",
  ),
  hysteresis: share(0, 0.9).prefault("20%").describe(
    "A nearer node replaces a neighbor only if its round trip is shorter by this share.",
  ),
  slack: duration(0, 100).prefault("1ms").describe(
    "Also, it must be shorter by this much: on a LAN shares of tenths of milliseconds are noise.",
  ),
  measure: z.number().int().min(0).max(16).default(4).describe(
    "Nodes that each node is asked to measure at each renewal of its lease.",
  ),
}).superRefine((value, ctx) => {
  const least = value.nearest + 2 * Math.ceil(value.random / 2);
  if (least > value.maxNeighbors) {
    ctx.addIssue({
      code: "custom",
      path: ["maxNeighbors"],
      message: `must be at least nearest + random = ${least}, got ${value.maxNeighbors}`,
    });
  }
});

/** Checked options. */
export type Config = z.output<typeof config>;
