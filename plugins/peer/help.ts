/** Whose requests another peer takes over: at the end of a file, and where a reader waits. */
import type { PlayHead } from "../../core/slots.ts";
import type { Span } from "../../core/swarm/peer_messages.ts";
import type { Assembly } from "./assembly.ts";
import type { Remote } from "./remote.ts";

/** A span is asked of a second peer when the first needs this many times as long for it. */
const STEAL_FACTOR = 3;
/** And only from one that needs this long for all it owes; sooner where somebody waits for it. */
const STEAL_MIN_SECONDS = 1.5;
const HURRY_MIN_SECONDS = 0.3;
/** What a reader waits for is asked of a second peer as soon as the first needs this many times as long. */
const URGENT_FACTOR = 2;

/** The pieces of a download in memory, and those that fetch it. */
export interface Help {
  readonly assemblies: ReadonlyMap<number, Assembly>;
  /** Looked through again and again: no iterator, which ends with the first time. */
  readonly remotes: readonly Remote[];
  readonly nowMs: number;
}

/** What a reader waits for is asked of this peer too, once, where the one that owes it takes far longer. */
export function hasten(
  thief: Remote,
  help: Help,
  isUrgent: (piece: number) => boolean,
): Span | undefined {
  if (!thief.hurry) return undefined;
  const { nowMs } = help;
  const mine = thief.backlogSeconds(nowMs) + thief.rttMs / 1000;
  const least = Math.max(HURRY_MIN_SECONDS, mine * URGENT_FACTOR);
  for (const victim of help.remotes) {
    if (victim === thief) continue;
    let owedBytes = 0;
    for (const { piece, begin, length } of victim.asked.values()) {
      owedBytes += length;
      if (!isUrgent(piece) || victim.secondsFor(owedBytes, nowMs) <= least) continue;
      const span = { piece, begin, length };
      if (mayShare(span, thief, help)) return span;
    }
  }
  return undefined;
}

/** End-game: everything is asked for; what a slow peer owes is asked of this one too, once. */
export function steal(thief: Remote, help: Help): Span | undefined {
  const { nowMs } = help;
  let best: Span | undefined;
  const mine = thief.backlogSeconds(nowMs) + thief.rttMs / 1000;
  const least = thief.hurry ? HURRY_MIN_SECONDS : STEAL_MIN_SECONDS;
  let worst = Math.max(least, mine * STEAL_FACTOR);
  for (const victim of help.remotes) {
    if (victim === thief || victim.asked.size === 0) continue;
    const seconds = victim.backlogSeconds(nowMs);
    if (seconds <= worst) continue;
    for (const { piece, begin, length } of victim.asked.values()) {
      const span = { piece, begin, length };
      if (!mayShare(span, thief, help)) continue;
      best = span;
      worst = seconds;
    }
  }
  return best;
}

/** Whether what another peer owes may be asked of this one too. */
function mayShare(span: Span, thief: Remote, { assemblies, remotes }: Help): boolean {
  const assembly = assemblies.get(span.piece);
  if (assembly === undefined || assembly.solo || !assembly.isAsked(span)) return false;
  if (!thief.map.has(span.piece) || thief.waitsFor(span)) return false;
  let askers = 0;
  for (const remote of remotes) if (remote.waitsFor(span)) askers++;
  return askers <= 1;
}

/** Bytes a second that come from all. */
export function rateOf(remotes: Iterable<Remote>, nowMs: number): number {
  let rate = 0;
  for (const remote of remotes) rate += remote.down.perSecond(nowMs);
  return rate;
}

/** Readers go on no faster than the file comes, however fast they read what was here. */
export function paced(
  heads: readonly PlayHead[],
  piecesPerSecond: number,
): readonly PlayHead[] {
  return heads.map((head) => ({
    ...head,
    piecesPerSecond: Math.min(head.piecesPerSecond, piecesPerSecond),
  }));
}
