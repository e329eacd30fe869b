/**
 * Tit for tat (Cohen 2003): while this node downloads a file, those who give it most are served; one slot is
 * for somebody else, by turns, so that newcomers can begin to give and better partners are found. For a file
 * that is complete here nobody can give anything: those served longest make room for those who wait
 * longest.
 */
import type { ChokeView } from "../../core/slots.ts";
import type { Config } from "./config.ts";

/** What choosing remembers between rounds. */
export class TitForTat {
  readonly #config: Config;
  #optimistic: number | undefined;
  #turnRound = -Infinity;

  constructor(config: Config) {
    this.#config = config;
  }

  /** See `Choker.choose`. */
  choose(peers: readonly ChokeView[], slots: number, round: number, nowMs: number): number[] {
    if (peers.length <= slots) return peers.map((peer) => peer.connection);
    if (slots <= 0) return [];
    const ranked = [...peers].sort((a, b) => order(a, b, nowMs));
    const chosen = ranked.slice(0, Math.max(slots - 1, 0));
    const rest = ranked.slice(chosen.length);
    const turn = round - this.#turnRound >= this.#config.optimisticRounds;
    const held = rest.find((peer) => peer.connection === this.#optimistic);
    // Who waits longest is next; a slot changes hands only when its turn is over.
    const waiting = rest.filter((peer) => !peer.unchoked).sort((a, b) => a.changedMs - b.changedMs);
    const lucky = turn || held === undefined ? waiting[0] ?? rest[0] : held;
    if (lucky !== undefined) {
      if (lucky.connection !== this.#optimistic) this.#turnRound = round;
      this.#optimistic = lucky.connection;
      chosen.push(lucky);
    }
    return chosen.map((peer) => peer.connection);
  }
}

/** How long a slot is kept where nothing is given in return. */
const SEED_TURN_MS = 30_000;

function order(a: ChokeView, b: ChokeView, nowMs: number): number {
  if (a.trading !== b.trading) return a.trading ? -1 : 1;
  if (a.trading && a.downRate !== b.downRate) return b.downRate - a.downRate;
  const fresh = (peer: ChokeView) => peer.unchoked && nowMs - peer.changedMs < SEED_TURN_MS ? 0 : 1;
  const [freshA, freshB] = [fresh(a), fresh(b)];
  if (freshA !== freshB) return freshA - freshB;
  if (a.unchoked !== b.unchoked) return a.unchoked ? 1 : -1;
  return a.changedMs - b.changedMs || a.connection - b.connection;
}
