/** All origins a node knows of: made when first heard of, forgotten when nobody speaks of them. */
import type { NodeName } from "../ids.ts";
import type { TreeConfig } from "./config.ts";
import type { Counters } from "./events.ts";
import { OriginState } from "./origin_state.ts";

/** A way whose sequence number is not followed by another within so many intervals is stale. */
const EXPIRE_INTERVALS = 3.5;
/** What is known of an origin that nobody speaks of is forgotten after this. */
const FORGET_MS = 60_000;

/** The table, bounded by `originsMax`. */
export class OriginTable {
  readonly byName = new Map<NodeName, OriginState>();

  constructor(readonly config: TreeConfig, readonly dropped: Counters["dropped"]) {}

  /** What is known of an origin in this epoch: made when new, begun anew when the origin lives anew. */
  find(origin: NodeName, epoch: number, nowMs: number): OriginState | undefined {
    let state = this.byName.get(origin);
    if (state === undefined) {
      if (this.byName.size >= this.config.originsMax) {
        this.dropped.tooManyOrigins++;
        return undefined;
      }
      state = new OriginState(origin, epoch, nowMs);
      this.byName.set(origin, state);
      return state;
    }
    if (epoch === state.epoch) return state;
    const isDead = state.entries.size === 0 && nowMs - state.touchedMs > this.#lifeMs;
    if (epoch < state.epoch && !isDead) {
      this.dropped.oldEpoch++;
      return undefined;
    }
    state.begin(epoch);
    return state;
  }

  /** A neighbor is lost: whoever's way led through it shall say so. */
  blame(name: NodeName, nowMs: number): void {
    for (const state of this.byName.values()) if (state.parent === name) state.blame(name, nowMs);
  }

  /** Drops stale ways and forgotten origins; returns those that lost a way. */
  expire(nowMs: number): readonly OriginState[] {
    const changed: OriginState[] = [];
    for (const state of this.byName.values()) {
      let gone = false;
      for (const [name, entry] of state.entries) {
        if (nowMs - entry.bornMs > this.#lifeMs) gone = state.entries.delete(name) || gone;
      }
      if (gone) changed.push(state);
      if (state.entries.size === 0 && nowMs - state.touchedMs > FORGET_MS) {
        this.byName.delete(state.origin);
      }
    }
    return changed;
  }

  get #lifeMs(): number {
    return EXPIRE_INTERVALS * this.config.interval;
  }
}
