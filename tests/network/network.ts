/** A whole Espalier network in the seeded world: bootstrapper, origin, relays, viewers, all with their real plugins. */
import type { NodeName } from "../../core/ids.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { LinkSettings } from "../../core/link_model.ts";
import { builtins, defaults } from "../../plugins/registry.ts";
import { type NodeOptions, type NodePlugin, type SimNode, startNode } from "../sim/node.ts";
import { World } from "../sim/world.ts";
import { checkingSink, Record, simSource } from "./plugins.ts";

/** The built-in of that name. */
export function builtin(name: string): Loadable {
  const plugin = builtins.find((one) => one.name === name);
  if (plugin === undefined) throw new Error(`Cannot find plugin ${name}`);
  return plugin;
}

/** What a network looks like. */
export interface NetworkOptions {
  readonly seed: number;
  /** Neighbor map; the nearest ones when left out. */
  readonly neighbors?: Readonly<globalThis.Record<string, readonly string[]>>;
  readonly link?: Partial<LinkSettings>;
  /** Plugins for every node but the bootstrapper. */
  readonly everywhere?: readonly NodePlugin[];
  readonly everyMs?: number;
  /** Plugins that nodes may be swapped to, beyond the built-in ones. */
  readonly available?: readonly Loadable[];
}

/** A network and what its sinks saw. */
export class Network {
  readonly world: World;
  readonly nodes = new Map<string, SimNode>();
  readonly records = new Map<string, Record>();
  readonly #specs = new Map<string, NodeOptions>();
  readonly #sink: Loadable;

  constructor(readonly options: NetworkOptions) {
    const { seed, link } = options;
    this.world = new World({ seed, link: link ?? { delayMs: 5, jitterMs: 1, fifo: false } });
    this.#sink = checkingSink(this.records);
  }

  async bootstrap(): Promise<void> {
    const { neighbors } = this.options;
    await this.#start({
      name: "b",
      plugins: [
        { plugin: builtin("bootstrap"), with: { listen: "b:5000", anyAddress: true } },
        neighbors === undefined
          ? builtin("discovery-nearest")
          : { plugin: builtin("discovery-static"), with: { neighbors } },
      ],
    });
  }

  async origin(name: string, options: object = {}): Promise<void> {
    const { everyMs = 25 } = this.options;
    await this.#node(name, [
      { plugin: builtin("origin"), with: options },
      { plugin: simSource, with: { everyMs } },
    ]);
  }

  async relay(name: string, options: object = {}): Promise<void> {
    await this.#node(name, [{ plugin: builtin("relay"), with: options }]);
  }

  async viewer(name: string, streams: readonly string[], budget = "500ms"): Promise<void> {
    const sessions = streams.map((stream, n) => ({ stream, id: `s${n}`, budget }));
    await this.#node(name, [{ plugin: builtin("viewer"), with: { sessions } }, this.#sink]);
  }

  /** Starts a node of that name again, as a new process with the same config. */
  async restart(name: string): Promise<void> {
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`Cannot restart ${name}: it never ran`);
    this.world.restart(name);
    await this.#start(spec);
  }

  crash(name: string): void {
    this.world.crash(name);
    this.nodes.delete(name);
  }

  record(key: string): Record {
    return this.records.get(key) ?? new Record(key);
  }

  kernel(name: string) {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`Cannot find node ${name}: it does not run`);
    return node.kernel;
  }

  /** The data parents of every live node for a stream. */
  parents(
    stream: string,
    which: "parents" | "delivering" = "parents",
  ): Map<string, readonly NodeName[]> {
    return new Map(
      [...this.nodes].flatMap(([name, { kernel }]) => {
        const held = kernel.peek("exchange")?.subscriptions() ?? [];
        const parents = held.filter((one) => one.stream === stream).flatMap((one) => one[which]);
        return parents.length === 0 ? [] : [[name, parents] as const];
      }),
    );
  }

  /** The first circle among the tree plugins' selected parents for an origin; undefined when there is none. */
  treeCircle(origin: string): string | undefined {
    const next = new Map<string, string>();
    for (const [name, { kernel }] of this.nodes) {
      const [route] = kernel.peek("tree")?.routes(origin as NodeName) ?? [];
      if (route !== undefined) next.set(name, route.parent.name);
    }
    for (const start of next.keys()) {
      const seen: string[] = [];
      for (let at: string | undefined = start; at !== undefined; at = next.get(at)) {
        if (seen.includes(at)) return [...seen.slice(seen.indexOf(at)), at].join(" > ");
        seen.push(at);
      }
    }
    return undefined;
  }

  /** What is wrong with any sink so far. */
  faults(): string[] {
    return [...this.records.values()].flatMap((one) =>
      one.faults.map((fault) => `${one.session}: ${fault}`)
    );
  }

  async #node(name: string, plugins: readonly NodePlugin[]): Promise<void> {
    const { everywhere = [] } = this.options;
    await this.#start({
      name,
      plugins: [...plugins, ...everywhere],
      bootstrap: { host: "b", port: 5000 },
    });
  }

  async #start(spec: NodeOptions): Promise<void> {
    this.#specs.set(spec.name, spec);
    const available = [...builtins, ...this.options.available ?? []];
    this.nodes.set(spec.name, await startNode(this.world, { ...spec, available, defaults }));
  }
}
