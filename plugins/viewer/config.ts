import { z } from "zod";
import { NAME_PATTERN, STREAM_PATTERN } from "../../core/ids.ts";
import { duration } from "../../core/units.ts";

/** Sessions at most. */
export const SESSIONS_MAX = 1000;

/** One stream to watch. */
export const sessionConfig = z.strictObject({
  stream: z.string().regex(STREAM_PATTERN, "a stream name such as o1/clip expected").describe(
    "The stream to watch, `origin/name`.",
  ),
  id: z.string().regex(NAME_PATTERN).optional().describe(
    "The session's name on this node; made from the stream's name when left out.",
  ),
  sinks: z.array(z.string().min(1)).min(1).optional().describe(
    "Ids of the sink plugins this session plays into; all of them when left out.",
  ),
  budget: duration(0, 60_000).prefault("500ms").describe(
    "Latency budget: how long a late or lost packet is waited for (500 ms covers a failover).",
  ),
  pace: z.enum(["asap", "smooth"]).optional().describe(
    "`smooth` delays everything by the budget so that repairs never show, `asap` does not; each sink's own way when left out.",
  ),
});

/** Options of the viewer. */
export const config = z.strictObject({
  sessions: z.array(sessionConfig).max(SESSIONS_MAX).default([]).describe(
    "What to watch; each session has its own port.",
  ),
  whenDone: z.enum(["stay", "exit"]).default("stay").describe(
    "What the node does when every session has ended: stay, or stop cleanly.",
  ),
});

/** A session's options, checked. */
export type SessionConfig = z.output<typeof sessionConfig>;
