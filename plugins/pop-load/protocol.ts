/**
 * What `pop-load` looks at: two POPs drawn at random among the near ones; the less loaded wins (the power of
 * two choices). Later one drawn at random is compared with the one in use.
 */
import type { NodeName } from "../../core/ids.ts";
import { PopBrain } from "../../core/pop/brain.ts";
import { type Chooser, lowest } from "../../core/pop/chooser.ts";
import type { MeasuredPop } from "../../core/pop/measure.ts";
import type { Rng } from "../../core/ports.ts";
import type { Config } from "./config.ts";

/** Comparisons are spread by this share to either side, so that viewers do not think in step. */
const RETHINK_JITTER_SHARE = 0.5;

/** Draws and compares for one viewer. */
export class TwoChoices implements Chooser {
  readonly #config: Config;
  readonly #rng: Rng;
  #rival: MeasuredPop | undefined;
  #drawAtMs = -Infinity;

  constructor(config: Config, rng: Rng) {
    this.#config = config;
    this.#rng = rng;
  }

  initial(usable: readonly MeasuredPop[]): MeasuredPop | undefined {
    const near = [...this.#near(usable)];
    const two = [this.#draw(near), this.#draw(near)].filter((pop) => pop !== undefined);
    const load = lowest(two, (pop) => pop.loadShare(false))?.loadShare(false);
    // Of two equally loaded ones the nearer.
    return lowest(
      two.filter((pop) => pop.loadShare(false) === load),
      (pop) => pop.distance(this.#config),
    );
  }

  rivals(
    usable: readonly MeasuredPop[],
    first: MeasuredPop,
    nowMs: number,
  ): readonly MeasuredPop[] {
    const near = this.#near(usable).filter((pop) => pop !== first);
    const rival = this.#rival;
    const isBetter = rival?.betterSinceMs !== undefined && near.includes(rival);
    // One that is better is given the time to prove that it stays so.
    if (!isBetter && nowMs >= this.#drawAtMs) {
      const stretch = 1 + RETHINK_JITTER_SHARE * (2 * this.#rng.next() - 1);
      this.#drawAtMs = nowMs + this.#config.rethink * stretch;
      this.#rival = this.#draw([...near]);
    }
    return this.#rival !== undefined && near.includes(this.#rival) ? [this.#rival] : [];
  }

  /** Those that are hardly farther than the nearest. */
  #near(usable: readonly MeasuredPop[]): readonly MeasuredPop[] {
    const nearest = Math.min(...usable.map((pop) => pop.distance(this.#config)));
    return usable.filter((pop) => pop.distance(this.#config) <= nearest + this.#config.band);
  }

  /** Takes one out at random. */
  #draw(from: MeasuredPop[]): MeasuredPop | undefined {
    return from.splice(Math.floor(this.#rng.next() * from.length), 1)[0];
  }
}

/** Makes the brain of one viewer. */
export function makeBrain(self: NodeName, config: Config, rng: Rng): PopBrain {
  return new PopBrain(self, config, new TwoChoices(config, rng), rng);
}
