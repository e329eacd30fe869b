/** The neighbor map of a config, made symmetric. */
import type { NodeName } from "../../core/ids.ts";
import type { Registration } from "../../core/slots.ts";

/** Names remembered as warned of; beyond it a stranger is just left without neighbors. */
const WARNED_MAX = 256;

/** The brain of `discovery-static`. */
export class StaticDiscovery {
  readonly #map = new Map<string, Set<string>>();
  readonly #warned = new Set<NodeName>();
  readonly #onStranger: (name: NodeName) => void;

  /** `onStranger` hears once of every registered node that the map does not name. */
  constructor(
    neighbors: Readonly<Record<string, readonly string[]>>,
    onStranger: (name: NodeName) => void,
  ) {
    this.#onStranger = onStranger;
    for (const [node, others] of Object.entries(neighbors)) {
      this.#setOf(node);
      for (const other of others) {
        this.#setOf(node).add(other);
        this.#setOf(other).add(node);
      }
    }
  }

  assign(nodes: readonly Registration[]): ReadonlyMap<NodeName, readonly NodeName[]> {
    const here = new Map<string, NodeName>(nodes.map(({ peer }) => [peer.name, peer.name]));
    const result = new Map<NodeName, readonly NodeName[]>();
    for (const { peer } of nodes) {
      const others = this.#map.get(peer.name);
      if (others === undefined) this.#warn(peer.name);
      const names = [...others ?? []].flatMap((other) => here.get(other) ?? []);
      result.set(peer.name, names.sort());
    }
    return result;
  }

  #setOf(name: string): Set<string> {
    const known = this.#map.get(name);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.#map.set(name, made);
    return made;
  }

  #warn(name: NodeName): void {
    if (this.#warned.has(name) || this.#warned.size >= WARNED_MAX) return;
    this.#warned.add(name);
    this.#onStranger(name);
  }
}
