/**
 * The sweep's world: keepalive, control plane and tree of 50 nodes on a random connected graph, faults drawn
 * from the seed, and an eye on the graph of parents at every change.
 */
import { z } from "zod";
import { definePlugin } from "../../core/define.ts";
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Loadable } from "../../core/plugin.ts";
import type { Route } from "../../core/slots.ts";
import control from "../../plugins/control-udp/mod.ts";
import linkstate from "../../plugins/tree-linkstate/mod.ts";
import keepalive from "../../plugins/keepalive/mod.ts";
import buildtree from "../../plugins/tree-buildtree/mod.ts";
import { makeNode, type SimNode } from "./node.ts";
import { World } from "./world.ts";

/** The shape of the network and what happens to it. */
export interface SweepOptions {
  readonly seed: number;
  readonly nodes: number;
  /** Links beyond the spanning tree, as a share of the nodes. */
  readonly extraLinks: number;
  readonly hysteresis: number;
  /** The plugin in the slot `tree` of each node; `tree-buildtree` when left out. */
  readonly tree?: (name: string) => Loadable;
}

/** A link of the graph, and its true one-way latency. */
export interface GraphLink {
  readonly a: string;
  readonly b: string;
  readonly latencyMs: number;
}

const ORIGIN = "n0" as NodeName;

function peerOf(name: string): Peer {
  return {
    name: name as NodeName,
    // Not known, as for neighbors that the config names.
    instance: 0,
    roles: ["relay"],
    pop: false,
    control: { host: name, port: 6000 },
    keepalive: { host: name, port: 6001 },
    media: { host: name, port: 7000 },
  };
}

/** Membership with a fixed list. */
function fixedMembership(name: string, neighbors: readonly Peer[]) {
  return definePlugin({
    name: "fixed-membership",
    slot: "membership",
    summary: "A fixed list of neighbors.",
    needs: ["keepalive"],
    config: z.strictObject({}),
    create: (ctx) => ({
      start() {
        for (const peer of neighbors) ctx.use("keepalive").watch(peer);
      },
      stop() {},
      self: () => peerOf(name),
      offer() {},
      neighbors: () => neighbors,
      onChange: () => ({ [Symbol.dispose]() {} }),
      refresh() {},
    }),
  });
}

/** Announces on the origin, relays everywhere, and tells of every change. */
function sweepRole(isOrigin: boolean, changed: () => void) {
  return definePlugin({
    name: "sweep-role",
    slot: "role",
    summary: "Announces, relays and watches.",
    needs: ["tree"],
    config: z.strictObject({}),
    create: (ctx) => ({
      start() {
        const slot = ctx.use("tree");
        slot.onChange(changed);
        slot.transit(true);
        if (isOrigin) slot.announce("digest");
      },
      stop() {},
      status: () => ({}),
    }),
  });
}

/** One run. */
export class Sweep {
  readonly world: World;
  readonly links: readonly GraphLink[];
  readonly names: readonly string[];
  readonly nodes = new Map<string, SimNode>();
  /** Parent changes seen. */
  changes = 0;
  /** The worst cost seen by `check`, as a multiple of the shortest. */
  worst = 1;
  /** What was wrong, first to last. */
  readonly faults: string[] = [];
  readonly #options: SweepOptions;
  readonly #cuts = new Map<GraphLink, Disposable>();
  readonly #parents = new Map<string, string | undefined>();

  constructor(options: SweepOptions) {
    this.#options = options;
    this.world = new World({ seed: options.seed, logLimit: 1 });
    this.names = Array.from({ length: options.nodes }, (_, i) => `n${i}`);
    this.links = this.#drawGraph();
    for (const { a, b, latencyMs } of this.links) {
      this.world.setLinks(a, b, { delayMs: latencyMs, jitterMs: latencyMs * 0.05 });
    }
  }

  get rng() {
    return this.world.rng;
  }

  draw(min: number, max: number): number {
    return min + (max - min) * this.rng.next();
  }

  pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.rng.next() * list.length)];
    if (one === undefined) throw new Error("Cannot pick: the list is empty");
    return one;
  }

  /** Starts all nodes within two seconds. */
  start(): void {
    for (const name of this.names) {
      this.world.later(name === ORIGIN ? 0 : this.draw(0, 2000), () => this.launch(name));
    }
  }

  /** A life of a node begins; the world has to run for it to start. */
  launch(name: string): void {
    if (this.nodes.has(name)) return;
    const neighbors = this.links.filter(({ a, b }) => a === name || b === name)
      .map(({ a, b }) => peerOf(a === name ? b : a));
    const node = makeNode(this.world, {
      name,
      available: [buildtree, linkstate],
      plugins: [
        control,
        keepalive,
        this.#options.tree?.(name) ?? buildtree,
        fixedMembership(name, neighbors),
        sweepRole(name === ORIGIN, () => this.#onChange(name)),
      ],
    });
    this.nodes.set(name, node);
    this.world.note();
    node.kernel.start().catch((error) => this.faults.push(`${name} cannot start: ${error}`));
  }

  /** Puts another tree into a running node. */
  swap(name: string, tree: Loadable): void {
    const kernel = this.nodes.get(name)?.kernel;
    const running = kernel?.describe().find((one) => one.slot === "tree");
    // It is still starting, or its tree is that one already.
    if (kernel?.status !== "running" || running === undefined || running.name === tree.name) return;
    kernel.swap(running.id, { use: tree.name, id: undefined, with: {} })
      .then(() => this.#onChange(name))
      .catch((error) => this.faults.push(`${name} cannot swap: ${error}`));
  }

  crash(name: string): void {
    this.nodes.delete(name);
    this.#parents.delete(name);
    this.world.crash(name);
  }

  cut(link: GraphLink, oneWay: boolean): void {
    if (this.#cuts.has(link)) return;
    const cut = oneWay
      ? this.world.partitionOneWay([link.a], [link.b])
      : this.world.partition([link.a], [link.b]);
    this.#cuts.set(link, cut);
  }

  mend(link: GraphLink): void {
    this.#cuts.get(link)?.[Symbol.dispose]();
    this.#cuts.delete(link);
  }

  /** The best route of a node, if it may be joined. */
  route(name: string): Route | undefined {
    const route = this.nodes.get(name)?.kernel.peek("tree")?.routes(ORIGIN)[0];
    return route?.feasible ? route : undefined;
  }

  /** Follows parents from a node; the names on the way, or what is wrong. */
  chain(name: string): readonly string[] | string {
    const seen: string[] = [name];
    for (let at = name; at !== ORIGIN;) {
      const next = this.#parents.get(at);
      if (next === undefined) return `${name} has no way: ${seen.join(" > ")} > nobody`;
      if (seen.includes(next)) return `loop: ${seen.join(" > ")} > ${next}`;
      seen.push(next);
      at = next;
    }
    return seen;
  }

  /** Lets the eye see a node follow another, whatever its tree says: proves that the eye sees. */
  pretend(name: string, parent: string): void {
    this.#see(name, parent);
  }

  #onChange(name: string): void {
    this.#see(name, this.route(name)?.parent.name);
  }

  #see(name: string, parent: string | undefined): void {
    if (parent === this.#parents.get(name)) return;
    this.#parents.set(name, parent);
    this.changes++;
    if (parent === undefined) return;
    const chain = this.chain(name);
    if (typeof chain === "string" && chain.startsWith("loop")) {
      this.faults.push(`at ${this.world.nowMs.toFixed(1)} ms: ${chain}`);
    }
  }

  /** True latencies from the origin over what is alive and not cut; the origin itself must live. */
  shortest(): ReadonlyMap<string, number> {
    const costs = new Map<string, number>();
    if (!this.nodes.has(ORIGIN)) return costs;
    const open = new Map<string, number>([[ORIGIN, 0]]);
    while (open.size > 0) {
      const [name, cost] = [...open].reduce((x, y) => y[1] < x[1] ? y : x);
      open.delete(name);
      costs.set(name, cost);
      for (const link of this.links) {
        if (this.#cuts.has(link) || (link.a !== name && link.b !== name)) continue;
        const other = link.a === name ? link.b : link.a;
        if (costs.has(other) || !this.nodes.has(other)) continue;
        const next = cost + link.latencyMs;
        if (next < (open.get(other) ?? Infinity)) open.set(other, next);
      }
    }
    return costs;
  }

  #latency(a: string, b: string): number {
    const link = this.links.find((one) =>
      (one.a === a && one.b === b) || (one.a === b && one.b === a)
    );
    return link?.latencyMs ?? Infinity;
  }

  /** After a quiet period: everybody who can has one live parent, no cycle, and a cost near the shortest. */
  check(when: string): void {
    for (const [name, shortestMs] of this.shortest()) {
      if (name === ORIGIN) continue;
      const chain = this.chain(name);
      if (typeof chain === "string") {
        this.faults.push(`${when}: ${chain}`);
        continue;
      }
      let costMs = 0;
      chain.forEach((at, i) => {
        const next = chain[i + 1];
        if (next === undefined) return;
        if (!this.nodes.has(next)) {
          this.faults.push(`${when}: ${at} follows ${next}, which is dead`);
        }
        costMs += this.#latency(at, next);
      });
      const allowedMs = shortestMs * (1 + this.#options.hysteresis) + 0.5;
      this.worst = Math.max(this.worst, costMs / shortestMs);
      if (costMs > allowedMs) {
        this.faults.push(
          `${when}: ${name} pays ${costMs.toFixed(2)} ms where ${shortestMs.toFixed(2)} would do: ${
            chain.join(" > ")
          }`,
        );
      }
    }
  }
  /** Sends the nodes away; nothing of them is left in the world. */
  end(): void {
    for (const name of this.names) if (this.nodes.has(name)) this.crash(name);
  }

  #drawGraph(): GraphLink[] {
    const links = new Map<string, GraphLink>();
    const join = (i: number, j: number): void => {
      const [a, b] = i < j ? [`n${i}`, `n${j}`] : [`n${j}`, `n${i}`];
      if (i !== j && !links.has(`${a}-${b}`)) {
        // Evenly in the logarithm: a campus, a country, an ocean.
        links.set(`${a}-${b}`, { a, b, latencyMs: Math.exp(this.draw(0, Math.log(60))) });
      }
    };
    const { nodes, extraLinks } = this.#options;
    for (let i = 1; i < nodes; i++) join(i, Math.floor(this.draw(0, i)));
    while (links.size < nodes - 1 + Math.floor(nodes * extraLinks)) {
      join(Math.floor(this.draw(0, nodes)), Math.floor(this.draw(0, nodes)));
    }
    return [...links.values()];
  }
}

/** Draws one fault at this moment and its end, all before `untilMs`. */
export function drawFault(sweep: Sweep, untilMs: number): void {
  const { world } = sweep;
  const endMs = Math.min(untilMs, world.nowMs + sweep.draw(200, 6000));
  const kind = sweep.rng.next();
  const name = sweep.pick(sweep.names);
  const link = sweep.pick(sweep.links);
  if (kind < 0.3) {
    // The origin, too, now and then; a few stay away, it comes back.
    if (!sweep.nodes.has(name) || (name === ORIGIN && sweep.rng.next() < 0.5)) return;
    sweep.crash(name);
    if (name === ORIGIN || sweep.rng.next() < 0.8) world.later(endMs, () => sweep.launch(name));
  } else if (kind < 0.5) {
    sweep.cut(link, false);
    if (sweep.rng.next() < 0.8) world.later(endMs, () => sweep.mend(link));
  } else if (kind < 0.6) {
    sweep.cut(link, true);
    world.later(endMs, () => sweep.mend(link));
  } else if (kind < 0.8) {
    const lossShare = sweep.draw(0.02, 0.4);
    world.setLinks(link.a, link.b, { lossShare });
    world.later(endMs, () => world.setLinks(link.a, link.b, { lossShare: 0 }));
  } else if (kind < 0.9) {
    world.freeze(name);
    world.later(endMs, () => world.thaw(name));
  } else {
    const duplicateShare = sweep.draw(0, 0.3);
    const settings = { duplicateShare, reorderShare: 0.1, reorderExtraMs: 50 };
    world.setLinks(link.a, link.b, settings);
    world.later(
      endMs,
      () =>
        world.setLinks(link.a, link.b, { duplicateShare: 0, reorderShare: 0, reorderExtraMs: 0 }),
    );
  }
}
