/**
 * The brain of `tree-buildtree`: a path vector, which is the common brain of the trees with nobody's advice.
 * It ranks ways by what neighbors announce, and by nothing else.
 */
import { TreeBrain } from "../../core/tree/brain.ts";
import type { Me } from "../../core/tree/events.ts";
import type { Config } from "./config.ts";

/** Makes the brain of one node. */
export function pathVector(me: Me, config: Config, nowMs: number): TreeBrain {
  return new TreeBrain(me, config, nowMs);
}
