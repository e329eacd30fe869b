/** The lines of the recovery table. */
import type { LinkSettings } from "../../core/link_model.ts";

/** One line of the table. */
export interface Cell {
  readonly title: string;
  readonly hops: number;
  /** The buffer SRT and RIST are given at each hop; they add some of their own. */
  readonly latencyMs: number;
  /** The viewer's budget where it may be longer at the same median: Espalier adds next to nothing. */
  readonly budgetMs?: number;
  readonly settings: Partial<LinkSettings>;
  /** Parity is measured too: no second round trip fits. */
  readonly parity?: boolean;
  /** The most that may be lost, and the most bytes for it. */
  readonly goal?: string;
}

const random = (rttMs: number, lossShare: number): Partial<LinkSettings> => ({
  delayMs: rttMs / 2,
  lossShare,
});
const burst = (rttMs: number): Partial<LinkSettings> => ({
  delayMs: rttMs / 2,
  // Bursts of 5 packets, 5 % lost in the mean.
  burst: { pGoodToBad: 0.05 / 0.95 / 5, pBadToGood: 0.2, lossInBad: 1 },
});

/** The table, line by line. */
export const CELLS: readonly Cell[] = [
  ...([[1, "0, +5 %"], [5, "0, +10 %"], [10, "0.008 %, +16 %"]] as const).map((
    [loss, goal],
  ): Cell => ({
    goal,
    title: `20 ms, ${loss} %`,
    hops: 1,
    latencyMs: 120,
    settings: random(20, loss / 100),
  })),
  ...([[1, "0, +5 %"], [5, "0, +10 %"], [10, "0.03 %, +16 %"]] as const).map((
    [loss, goal],
  ): Cell => ({
    goal,
    title: `100 ms, ${loss} %`,
    hops: 1,
    latencyMs: 400,
    settings: random(100, loss / 100),
  })),
  ...([[1, "0.01 %, +35 %"], [5, "0.07 %, +35 %"], [10, "0.4 %, +35 %"]] as const).map((
    [loss, goal],
  ): Cell => ({
    goal,
    parity: true,
    title: `100 ms, ${loss} %, one retry at most`,
    hops: 1,
    latencyMs: 120,
    budgetMs: 124,
    settings: random(100, loss / 100),
  })),
  {
    title: "20 ms, bursts of 5, 5 %",
    hops: 1,
    latencyMs: 120,
    goal: "0.04 %",
    settings: burst(20),
  },
  {
    title: "100 ms, bursts of 5, 5 %",
    hops: 1,
    latencyMs: 400,
    goal: "0.08 %",
    settings: burst(100),
  },
  {
    goal: "+12 %",
    title: "20 ms, 5 %, jitter 20 % that reorders",
    hops: 1,
    latencyMs: 120,
    settings: { ...random(20, 0.05), jitterMs: 2, fifo: false },
  },
  {
    goal: "+12 %",
    title: "100 ms, 5 %, jitter 20 % that reorders",
    hops: 1,
    latencyMs: 400,
    settings: { ...random(100, 0.05), jitterMs: 10, fifo: false },
  },
  {
    goal: "0.01 %, median 200 ms",
    title: "3 hops of 20 ms, 5 % each",
    hops: 3,
    latencyMs: 160,
    budgetMs: 164,
    settings: random(20, 0.05),
  },
  {
    goal: "0",
    title: "3 hops of 20 ms, 3 % each, 500 ms",
    hops: 3,
    latencyMs: 500,
    settings: random(20, 0.03),
  },
];
