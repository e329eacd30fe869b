/** What `pop-selection` looks at: everybody; the best score wins. */
import { PopBrain } from "../../core/pop/brain.ts";
import { type Chooser, lowest } from "../../core/pop/chooser.ts";
import type { NodeName } from "../../core/ids.ts";
import type { Rng } from "../../core/ports.ts";
import type { Config } from "./config.ts";

function greedy(config: Config): Chooser {
  return {
    initial: (usable) => lowest(usable, (pop) => pop.score(config, false)),
    rivals: (usable, first) => usable.filter((pop) => pop !== first),
  };
}

/** Makes the brain of one viewer. */
export function makeBrain(self: NodeName, config: Config, rng: Rng): PopBrain {
  return new PopBrain(self, config, greedy(config), rng);
}
