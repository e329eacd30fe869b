import { z } from "zod";
import type { NackOptions, RecoverySpec } from "../../core/media/api.ts";
import { duration, share } from "../../core/units.ts";

/** Requests beside parity; the figures are those of `recovery-nack`. */
const requests = z.strictObject({
  reorderMax: duration(0, 1000).prefault("30ms").describe(
    "Longest wait for a packet that may only be late before it is asked for (30 ms, as recovery-nack has it).",
  ),
  tries: z.number().int().min(1).max(100).default(20).describe(
    "How often one packet is asked for at most (20, as recovery-nack has it).",
  ),
  budget: share(0, 4).prefault("50%").describe(
    "Retransmissions one child may cause, as a share of the stream's rate (50 %, as recovery-nack has it).",
  ),
});

/** Options of parity. */
export const config = z.strictObject({
  columns: z.number().int().min(2).max(20).default(10).describe(
    "Packets in a row, and the longest burst that columns win back; a row costs one packet in this many (10: 10 %; ST 2022-1 allows 1 to 20).",
  ),
  rows: z.number().int().min(1).max(20).default(8).describe(
    "Packets in a column; columns cost one packet in this many (8: 12.5 %); 1 leaves columns out. A column is complete after columns x rows packets: keep that within the latency budget.",
  ),
  adaptive: z.boolean().default(true).describe(
    "Sends rows only while some child reports at least 0.2 % loss, columns always (true: half the cost on a clean link).",
  ),
  nack: z.union([z.boolean(), requests]).default(true).describe(
    "Asks for what parity did not win back: true, false, or an object with the options of recovery-nack.",
  ),
});

/** Options, checked. */
export type Config = z.output<typeof config>;

/** What the engine is told. */
export function fecSpec(options: Config): RecoverySpec {
  const { columns, rows, adaptive, nack } = options;
  const asked = nack === true ? requests.parse({}) : nack;
  const requesting: NackOptions | undefined = asked === false ? undefined : {
    reorderMaxMs: asked.reorderMax,
    triesMax: asked.tries,
    budgetShare: asked.budget,
  };
  return { algorithm: "fec", options: { columns, rows, adaptive }, nack: requesting };
}
