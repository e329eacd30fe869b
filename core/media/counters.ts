/** Counters of one stream while they are being counted, and as they are shown. */
import type { DatapathCounters } from "./api.ts";
import type { Stream } from "./stream.ts";

/** Upper bounds of the repair delays that are counted apart; the default budget of a hop is 450 ms. */
export const REPAIR_DELAYS_MS: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 640];

/** How long missing packets were missing before they came after all. */
export class RepairDelays {
  /** Packets up to each bound of `REPAIR_DELAYS_MS`, then those beyond the last. */
  readonly counts = new Array<number>(REPAIR_DELAYS_MS.length + 1).fill(0);
  sumMs = 0;

  add(delayMs: number): void {
    let at = 0;
    while (delayMs > (REPAIR_DELAYS_MS[at] ?? Infinity)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sumMs += delayMs;
  }
}

/** Plain numbers; `StreamCounters` is made from them when somebody asks (`packed_counters.ts`). */
export class Tally {
  packetsIn = 0;
  bytesIn = 0;
  duplicates = 0;
  late = 0;
  reordered = 0;
  gaps = 0;
  recoveredByNack = 0;
  recoveredByFec = 0;
  recoveredByPath = 0;
  readonly repairDelays = new RepairDelays();
  unrecovered = 0;
  nacksSent = 0;
  nacksReceived = 0;
  retransmitsSent = 0;
  retransmitsRefused = 0;
}

/** What the engine counts beyond streams. */
export class EngineTally {
  packetsIn = 0;
  bytesIn = 0;
  malformed = 0;
  unknownStream = 0;
  unwanted = 0;
  /** Orders about something unknown. */
  ignored = 0;
  preRollDropped = 0;
}

/** What an engine counted, but for its streams; the driver adds the rest. */
export type EngineTotals = Omit<
  DatapathCounters,
  "streams" | "strangers" | "badCookies" | "sendErrors" | "queueDropped"
>;

/** Everything an engine counted beside and over all its streams. */
export function engineTotals(tally: EngineTally, open: Iterable<Stream>): EngineTotals {
  let [packetsOut, bytesOut] = [0, 0];
  for (const { children } of open) {
    packetsOut += children.packetsOut;
    bytesOut += children.bytesOut;
  }
  return {
    packetsIn: tally.packetsIn,
    bytesIn: tally.bytesIn,
    packetsOut,
    bytesOut,
    malformed: tally.malformed,
    unknownStream: tally.unknownStream,
    unwanted: tally.unwanted,
  };
}
