/** How long a peer may owe something. */
import type { Remote } from "./remote.ts";

/** A request may take this many time-outs even while the peer sends something. */
const SLOW_FACTOR = 6;

/** What a peer has missed: `stalled` and `slow` end it, after `silent` others are asked for what it owes. */
export function missed(
  remote: Remote,
  timeoutMs: number,
  nowMs: number,
): "stalled" | "slow" | "silent" | undefined {
  const { layerAskedMs } = remote;
  if (layerAskedMs !== undefined && nowMs - layerAskedMs > timeoutMs) return "stalled";
  if (remote.asked.size === 0) return undefined;
  const silentMs = nowMs - remote.progressMs;
  if (silentMs > 2 * timeoutMs) return "stalled";
  if (silentMs > timeoutMs && !remote.snubbed) return "silent";
  const oldest = remote.asked.values().next().value;
  const isSlow = oldest !== undefined && nowMs - oldest.sentMs > SLOW_FACTOR * timeoutMs;
  return isSlow ? "slow" : undefined;
}
