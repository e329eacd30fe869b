/** Starts whole nodes, kernel and plugins, inside the seeded world. */
import type { NodeConfig } from "../../core/config.ts";
import { nodeName } from "../../core/ids.ts";
import { createKernel, type Kernel } from "../../core/kernel.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { Addr, Ports } from "../../core/ports.ts";
import type { Slot } from "../../core/slots.ts";
import type { World } from "./world.ts";

/** One plugin of a simulated node: itself, or with options and an id. */
export type NodePlugin = Loadable | {
  readonly plugin: Loadable;
  readonly id?: string;
  readonly with?: unknown;
};

/** What a simulated node is made of. */
export interface NodeOptions {
  readonly name: string;
  /** Its address in the world; the name when left out. */
  readonly host?: string;
  readonly plugins: readonly NodePlugin[];
  /** Plugins that may fill slots which `plugins` leaves empty. */
  readonly available?: readonly Loadable[];
  /** Which of them does. */
  readonly defaults?: Partial<Record<Slot, string>>;
  readonly ports?: Partial<NodeConfig["ports"]>;
  readonly bootstrap?: Addr;
  /** Called when a plugin says that the node's work is done. */
  readonly onFinish?: (reason: string) => void;
}

/** A node in the world. */
export interface SimNode {
  readonly name: string;
  readonly host: string;
  readonly kernel: Kernel;
  readonly ports: Ports;
}

/** Makes a node without starting it: a new process on its host. */
export function makeNode(world: World, options: NodeOptions): SimNode {
  const host = options.host ?? options.name;
  const name = nodeName(options.name);
  if (name === undefined) throw new Error(`Cannot make a node: "${options.name}" is no name`);
  const ports = world.ports(host);
  const entries = options.plugins.map((one) => "plugin" in one ? one : { plugin: one });
  const known = [...options.available ?? [], ...entries.map((entry) => entry.plugin)];
  const kernel = createKernel({
    plugins: new Map(known.map((plugin) => [plugin.name, plugin])),
    defaults: options.defaults ?? {},
    config: {
      name,
      listen: host,
      advertise: host,
      ports: { control: 6000, keepalive: 6001, media: 7000, ...options.ports },
      bootstrap: options.bootstrap,
      admin: undefined,
      log: { level: "info", format: "auto" },
      plugins: entries.map(({ plugin, id, with: given }) => ({
        use: plugin.name,
        id,
        with: given ?? {},
      })),
    },
    instance: ports.clock.wall(),
    ports: () => ports,
    ...(options.onFinish === undefined ? {} : { onFinish: options.onFinish }),
  });
  return { name: options.name, host, kernel, ports };
}

/** Makes a node and runs the world until it has started. */
export async function startNode(world: World, options: NodeOptions): Promise<SimNode> {
  const node = makeNode(world, options);
  await world.until(node.kernel.start());
  return node;
}

/** Runs the world until all of these nodes have stopped. */
export async function stopNodes(world: World, nodes: readonly SimNode[]): Promise<void> {
  await world.until(Promise.all(nodes.map((node) => node.kernel.stop())));
}
