/** Whole nodes in the seeded world, for suites of slots that only show what they are between nodes. */
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { OneSlot, Slots } from "../../core/slots.ts";
import { builtins, defaults } from "../../plugins/registry.ts";
import { makeNode, type SimNode } from "../sim/node.ts";
import type { World } from "../sim/world.ts";
import type { Fixture } from "./fixture.ts";
import { peerOf } from "./stand_ins.ts";

/** A membership with the neighbours that a test gives it. */
function fixedMembership(me: Peer, neighbors: () => readonly Peer[]): Loadable {
  return definePlugin({
    name: "fixed-membership",
    slot: "membership",
    summary: "Neighbors as the test says.",
    needs: ["keepalive"],
    config: z.strictObject({}),
    create(ctx) {
      const changes = new Listeners();
      let pop = false;
      return {
        start() {
          for (const peer of neighbors()) ctx.use("keepalive").watch(peer);
        },
        stop: () => changes.clear(),
        self: () => ({ ...me, pop }),
        offer: (offer) => void (pop = offer.pop),
        neighbors,
        onChange: (fn) => changes.on(fn),
        refresh() {},
      };
    },
  });
}

/** Nodes by name, all with the plugin under test. */
export class Network {
  readonly nodes = new Map<string, SimNode>();
  readonly #peers = new Map<string, Peer>();

  constructor(
    readonly world: World,
    readonly fixture: Fixture,
    /** Pairs of neighbours. */
    readonly edges: readonly (readonly [string, string])[],
  ) {}

  /** Starts (or starts again) these nodes, each on a host of its own name. */
  async start(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const instance = this.world.host(name).wall();
      this.#peers.set(name, peerOf(name, name, instance));
    }
    for (const name of names) {
      const node = this.#make(name);
      this.nodes.set(name, node);
      await this.world.until(node.kernel.start());
    }
  }

  peer(name: string): Peer {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`Cannot find node "${name}"`);
    return peer;
  }

  /** What fills a slot of a node. */
  slot<K extends OneSlot>(name: string, slot: K): Slots[K] {
    const it = this.nodes.get(name)?.kernel.peek(slot);
    if (it === undefined) throw new Error(`Cannot find slot "${slot}" of "${name}"`);
    return it;
  }

  crash(name: string): void {
    this.world.crash(name);
    this.nodes.delete(name);
  }

  async stop(name: string): Promise<void> {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    await this.world.until(node.kernel.drain(1000));
    await this.world.until(node.kernel.stop());
    this.nodes.delete(name);
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.nodes.keys()]) await this.stop(name);
  }

  neighborsOf(name: string): readonly Peer[] {
    return this.edges.flatMap(([a, b]) => a === name ? [b] : b === name ? [a] : [])
      .map((other) => this.#peers.get(other) ?? peerOf(other));
  }

  #make(name: string): SimNode {
    const { fixture } = this;
    const membership = fixedMembership(this.peer(name), () => this.neighborsOf(name));
    const plugins = fixture.plugin.slot === "membership" ? [] : [membership];
    return makeNode(this.world, {
      name,
      plugins: [...plugins, { plugin: fixture.plugin, with: fixture.config ?? {} }],
      available: builtins,
      defaults,
    });
  }
}

/** A node's name as an id. */
export const id = (name: string): NodeName => name as NodeName;
