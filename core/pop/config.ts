/** Options that every selection of POPs by probes has. */
import { z } from "zod";
import { duration, share } from "../units.ts";

/** The options, to be spread into a plugin's own. */
export const popOptions = {
  interval: duration(100, 3_600_000).prefault("1s").describe(
    "Time between two probes of one POP, stretched or shortened by up to 20 %; 1 s notices a change within a few.",
  ),
  burst: z.number().int().min(1).max(20).default(3).describe(
    "Probes in quick succession when a POP is first met; three tell a spread.",
  ),
  settle: duration(0, 60_000).prefault("300ms").describe(
    "How long the first choice waits for more POPs to answer; ends sooner when all have.",
  ),
  hysteresis: share(0, 0.9).prefault("20%").describe(
    "How much better another POP's score must be before it becomes the first.",
  ),
  minGain: duration(0, 10_000).prefault("5ms").describe(
    "How much better it must be at least: below this a handover costs more than it gives.",
  ),
  patience: duration(0, 3_600_000).prefault("5s").describe(
    "How long it must stay better; up to half as long again by chance, so that viewers do not move in step.",
  ),
  misses: z.number().int().min(1).max(100).default(4).describe(
    "Unanswered probes in a row after which a POP counts as dead; after the first they follow each other at once. At 5 % loss each way 4 are wrong once in three hours, 3 every 18 minutes.",
  ),
  distrust: duration(0, 3_600_000).prefault("5s").describe(
    "How long a POP that refused or died is passed over; doubles each time, up to a minute.",
  ),
  probedMax: z.number().int().min(4).max(1000).default(64).describe(
    "POPs probed in one interval (64 are 10 kbyte/s); of more, the nearest are probed each time and the others in turn.",
  ),
  popsMax: z.number().int().min(4).max(100_000).default(1000).describe(
    "POPs remembered at all; further ones are ignored and counted.",
  ),
  jitterWeight: z.number().min(0).max(100).default(2).describe(
    "Milliseconds of score for each millisecond that the round trip varies.",
  ),
  lossWeight: duration(0, 3_600_000).prefault("5s").describe(
    "Score of a POP that loses every probe; falls with the square of the loss: 10 % cost 50 ms, one chance loss 5 ms.",
  ),
  loadWeight: duration(0, 3_600_000).prefault("20ms").describe(
    "Score of a full POP; falls with the square of the load, so half full costs a quarter.",
  ),
};

const schema = z.strictObject(popOptions);

/** The options, checked. */
export type PopConfig = z.output<typeof schema>;
