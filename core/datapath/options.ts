/** Options that the datapaths with a thread of their own share. */
import { z } from "zod";
import { duration, size } from "../units.ts";
import type { AutoOptions } from "./auto.ts";

/** One schema, so that a file works with either. */
export const threadOptions = z.strictObject({
  maxSockets: z.number().int().min(1).max(4096).default(1024).describe(
    "Sockets beside the media port, one for each viewer session.",
  ),
  buffer: size(65_536, 64 * 2 ** 20).prefault("4MiB").describe(
    "Send and receive buffer of each socket, as far as the system allows (two seconds of 16 Mbit/s).",
  ),
  gather: z.union([z.literal("auto"), duration(0, 20)]).default("auto").describe(
    "How long packets may wait for company: a duration, or auto (0 while there is time to spare, up to gatherMax when the thread is busy).",
  ),
  gatherMax: duration(0, 20).prefault("1ms").describe(
    "The longest wait that auto chooses (1 ms: a third of the CPU time of waiting for nothing, at 5,000 packets/s to 64 children).",
  ),
  burst: duration(0, 1000).prefault("2ms").describe(
    "Longest burst of a stream that is published here, in time of its own rate; 0s sends whatever comes as it comes.",
  ),
});

/** Options, checked, as the datapath takes them. */
export function autoOptions(
  options: z.output<typeof threadOptions>,
  wantsThread: boolean,
): AutoOptions {
  const { maxSockets, buffer, gather, gatherMax, burst } = options;
  return {
    maxSockets,
    socketBytes: buffer,
    gatherMs: gather === "auto" ? undefined : gather,
    gatherUpToMs: gatherMax,
    burstMs: burst,
    wantsThread,
  };
}
