/**
 * A sink for failover tests, loaded by its path as a user's own plugin is: it notes every pause between
 * two deliveries, with the wall clock, which all processes of one machine share.
 */
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import { duration } from "../../core/units.ts";

/** Pauses kept; the oldest go first. */
const PAUSES_MAX = 4096;

/** A time without packets. */
export interface Pause {
  /** When it ended, by the wall clock. */
  readonly endMs: number;
  readonly ms: number;
}

/** What the sink tells of a session. */
export interface GapStatus {
  readonly packets: number;
  readonly lost: number;
  /** Packets that came twice or out of order. */
  readonly disordered: number;
  readonly pauses: readonly Pause[];
}

export default definePlugin({
  name: "gap-sink",
  slot: "sink",
  summary: "Notes every pause in what arrives.",
  needs: [],
  config: z.strictObject({
    least: duration(1, 10_000).prefault("20ms").describe("Shorter pauses are not noted."),
  }),
  create(ctx, { least }) {
    return {
      pace: "asap" as const,
      start() {},
      stop() {},
      open() {
        const pauses: Pause[] = [];
        let [packets, lost, disordered, lastMs, sequence] = [0, 0, 0, 0, -1];
        return {
          push(chunks) {
            const nowMs = ctx.clock.now();
            const ms = nowMs - lastMs;
            if (packets > 0 && ms >= least) {
              pauses.push({ endMs: ctx.clock.wall(), ms });
              if (pauses.length > PAUSES_MAX) pauses.shift();
            }
            lastMs = nowMs;
            for (const chunk of chunks) {
              packets++;
              lost += chunk.lostBefore;
              if (chunk.sequence <= sequence) disordered++;
              sequence = chunk.sequence;
            }
          },
          onEnd: () => ({ [Symbol.dispose]() {} }),
          close: () => Promise.resolve(),
          status: (): GapStatus => ({ packets, lost, disordered, pauses }),
        };
      },
    };
  },
});
