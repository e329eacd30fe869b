/** No recovery: gaps are counted, nothing is asked for, no request is answered. */
import { NONE } from "../gaps.ts";
import { giveUp, type HopRecovery, type HopView, patienceMs } from "./recovery.ts";

/** Waits for reordered packets and for the other path only. */
export class NoRecovery implements HopRecovery {
  readonly budgetShare = 0;

  firstAskMs(): number {
    return Infinity;
  }

  reordered(): void {}

  forget(): void {}

  run(view: HopView, nowMs: number): number {
    const waitMs = patienceMs(view);
    let nextMs = Infinity;
    const { gaps } = view;
    for (let missing = gaps.first; missing !== NONE;) {
      const later = gaps.laterThan(missing);
      const overMs = gaps.sinceMs(missing) + waitMs;
      if (nowMs >= overMs) giveUp(view, missing);
      else nextMs = Math.min(nextMs, overMs);
      missing = later;
    }
    return nextMs;
  }
}
