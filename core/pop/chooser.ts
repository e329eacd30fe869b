/** What makes one selection of POPs differ from another: whom it looks at. Hysteresis is the same for all. */
import type { MeasuredPop } from "./measure.ts";

/** Looks at POPs for one viewer. */
export interface Chooser {
  /** Whom to take when there is none yet, or the one there was is lost; `usable` may be empty. */
  initial(usable: readonly MeasuredPop[]): MeasuredPop | undefined;
  /** Who is compared with the first just now; the first changes only for one of these that stays better. */
  rivals(
    usable: readonly MeasuredPop[],
    first: MeasuredPop,
    nowMs: number,
  ): readonly MeasuredPop[];
}

/** The one with the lowest value. */
export function lowest(
  pops: readonly MeasuredPop[],
  value: (pop: MeasuredPop) => number,
): MeasuredPop | undefined {
  let best: MeasuredPop | undefined;
  let bestValue = Infinity;
  for (const pop of pops) {
    const one = value(pop);
    if (best === undefined || one < bestValue) [best, bestValue] = [pop, one];
  }
  return best;
}
