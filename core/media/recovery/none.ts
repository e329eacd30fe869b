/** No recovery: gaps are counted, nothing is asked for, no request is answered. */
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
    for (let missing = view.gaps.first; missing !== undefined;) {
      const { later } = missing;
      const overMs = missing.sinceMs + waitMs;
      if (nowMs >= overMs) giveUp(view, missing);
      else nextMs = Math.min(nextMs, overMs);
      missing = later;
    }
    return nextMs;
  }
}
