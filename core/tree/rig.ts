/** For tests: tree brains joined by links with a latency, without planes below. Links are up or down by hand. */
import { z } from "zod";
import { checkConfig } from "../define.ts";
import type { NodeName, Peer } from "../ids.ts";
import { seededRng } from "../rng.ts";
import type { LinkQuality, Route } from "../slots.ts";
import type { In, Me, Out, Saying, TreeMessage } from "./events.ts";
import { TreeBrain } from "./brain.ts";
import { treeOptions } from "./config.ts";
import type { TreeMachine } from "./shell.ts";

const config = z.strictObject(treeOptions);

/** Makes a plugin's brain from its options. */
export type MakeBrain = (me: Me, raw: object, nowMs: number) => TreeMachine;

const pathVector: MakeBrain = (me, raw, nowMs) =>
  new TreeBrain(me, checkConfig(config, raw), nowMs);

/** A link between two nodes. */
export interface RigLink {
  readonly a: string;
  readonly b: string;
  latencyMs: number;
  /** As keepalive sees it. */
  up: boolean;
  lossShare: number;
  /** Added to the latency of each message, uniform: reorders. */
  jitterMs: number;
}

interface Flight {
  readonly atMs: number;
  readonly order: number;
  readonly to: string;
  readonly life: number;
  readonly link: RigLink;
  readonly message: TreeMessage;
}

interface Node {
  brain: TreeMachine;
  instance: number;
  seq: number;
  alive: boolean;
  frozen: boolean;
  readonly raw: object;
}

/** The origin of most tests. */
export const ORIGIN = "o" as NodeName;

/** Brains and links. */
export class Rig {
  nowMs = 0;
  readonly links: RigLink[] = [];
  readonly sent: { readonly from: string; readonly to: string; readonly saying: Saying }[] = [];
  /** Called after whatever changes a parent. */
  onParent: (name: string) => void = () => {};
  readonly rng;
  readonly #nodes = new Map<string, Node>();
  readonly #air: Flight[] = [];
  #order = 0;

  constructor(seed = 1, readonly make: MakeBrain = pathVector) {
    this.rng = seededRng(seed);
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  add(name: string, raw: object = {}): void {
    const brain = this.make({ name: name as NodeName, instance: 1 }, raw, this.nowMs);
    this.#nodes.set(name, { brain, instance: 1, seq: 0, alive: true, frozen: false, raw });
  }

  /** Adds relays and the links between them, `a-b:latency` each; everything comes up. */
  build(links: readonly string[], raw: object = {}): void {
    for (const text of links) {
      const [ends = "", latency] = text.split(":");
      const [a = "", b = ""] = ends.split("-");
      for (const name of [a, b]) if (!this.#nodes.has(name)) this.add(name, raw);
      this.links.push({
        a,
        b,
        latencyMs: Number(latency),
        up: false,
        lossShare: 0,
        jitterMs: 0,
      });
    }
    for (const name of this.names) {
      this.feed(name, { kind: "transit", open: true });
      this.feed(name, { kind: "neighbors", peers: this.#neighborsOf(name) });
    }
    for (const link of this.links) this.raise(link);
    this.feed(ORIGIN, { kind: "announce", digest: "d" });
  }

  node(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`Cannot find ${name}`);
    return node;
  }

  brain(name: string): TreeMachine {
    return this.node(name).brain;
  }

  link(a: string, b: string): RigLink {
    const link = this.links.find((one) =>
      (one.a === a && one.b === b) || (one.a === b && one.b === a)
    );
    if (link === undefined) throw new Error(`Cannot find the link ${a}-${b}`);
    return link;
  }

  peer(name: string): Peer {
    const at = { host: name, port: 6000 };
    const { instance } = this.node(name);
    return {
      name: name as NodeName,
      instance,
      roles: ["relay"],
      pop: false,
      control: at,
      keepalive: at,
      media: at,
    };
  }

  routes(name: string, origin = ORIGIN): readonly Route[] {
    return this.brain(name).routes(origin);
  }

  /** The parents' names from a node to the origin, as the brains hold them now. */
  chain(name: string): string[] {
    const chain = [name];
    for (let at = name; at !== ORIGIN;) {
      const next = this.#nodes.get(at)?.alive
        ? this.brain(at).states.get(ORIGIN)?.parent
        : undefined;
      if (next === undefined) break;
      if (chain.includes(next)) throw new Error(`loop: ${chain.join(" > ")} > ${next}`);
      chain.push(next);
      at = next;
    }
    return chain;
  }

  raise(link: RigLink): void {
    const [a, b] = [this.node(link.a), this.node(link.b)];
    if (link.up || !a.alive || !b.alive) return;
    link.up = true;
    this.feed(link.a, { kind: "up", peer: this.peer(link.b), link: quality(link) });
    this.feed(link.b, { kind: "up", peer: this.peer(link.a), link: quality(link) });
  }

  /** Both ends are told that the other is dead. */
  lower(link: RigLink): void {
    if (!link.up) return;
    link.up = false;
    this.feed(link.a, { kind: "down", name: link.b as NodeName });
    this.feed(link.b, { kind: "down", name: link.a as NodeName });
  }

  /** Dies; neighbors are told after `detectMs`. */
  crash(name: string, detectMs = 0): void {
    this.node(name).alive = false;
    for (const link of this.links) {
      if (link.a !== name && link.b !== name) continue;
      this.#at(detectMs, () => this.lower(link));
    }
  }

  /** A new life without memory. Its neighbors must have been told of its death. */
  restart(name: string): void {
    const node = this.node(name);
    node.alive = true;
    node.instance++;
    const me = { name: name as NodeName, instance: node.instance };
    node.brain = this.make(me, node.raw, this.nowMs);
    this.feed(name, { kind: "transit", open: true });
    this.feed(name, { kind: "neighbors", peers: this.#neighborsOf(name) });
  }

  feed(name: string, event: In): void {
    const node = this.node(name);
    if (!node.alive) return;
    for (const out of node.brain.handle(event, this.nowMs)) this.#act(name, node, out);
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      let atMs = Infinity;
      let name: string | undefined;
      for (const [one, node] of this.#nodes) {
        if (node.alive && !node.frozen && node.brain.dueMs < atMs) {
          [atMs, name] = [node.brain.dueMs, one];
        }
      }
      const flight = this.#air.at(-1);
      const call = this.#calls.at(-1);
      const flightMs = flight?.atMs ?? Infinity;
      const callMs = call?.atMs ?? Infinity;
      const nextMs = Math.min(atMs, flightMs, callMs);
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (call !== undefined && callMs === nextMs) {
        this.#calls.pop();
        call.fn();
      } else if (flight !== undefined && flightMs === nextMs) {
        this.#air.pop();
        this.#land(flight);
      } else if (name !== undefined) this.feed(name, { kind: "tick" });
    }
    this.nowMs = untilMs;
  }

  readonly #calls: { readonly atMs: number; readonly fn: () => void }[] = [];

  #at(ms: number, fn: () => void): void {
    this.#calls.push({ atMs: this.nowMs + ms, fn });
    this.#calls.sort((x, y) => y.atMs - x.atMs);
  }

  #land({ to, life, link, message }: Flight): void {
    const node = this.node(to);
    if (!node.alive || node.frozen || node.instance !== life || !link.up) return;
    this.feed(to, { kind: "message", message });
  }

  #act(name: string, node: Node, out: Out): void {
    if (out.kind === "send") this.#send(name, node, out.to.name, out.saying);
    else if (out.kind === "parent") this.onParent(name);
    else if (out.kind === "measure") {
      const links = new Map(
        this.links.filter((link) => link.up && (link.a === name || link.b === name))
          .map((link) => [(link.a === name ? link.b : link.a) as NodeName, quality(link)]),
      );
      this.feed(name, { kind: "links", links });
    }
  }

  #send(from: string, node: Node, to: string, saying: Saying): void {
    this.sent.push({ from, to, saying });
    const link = this.link(from, to);
    node.seq++;
    if (!link.up || this.rng.next() < link.lossShare) return;
    // The type and the body belong together in `saying`, and so they do here.
    const message = {
      ...saying,
      from: from as NodeName,
      instance: node.instance,
      addr: { host: from, port: 6000 },
      seq: node.seq,
      re: undefined,
    } as TreeMessage;
    const atMs = this.nowMs + link.latencyMs + link.jitterMs * this.rng.next();
    const life = this.node(to).instance;
    this.#air.push({ atMs, order: this.#order++, to, life, link, message });
    this.#air.sort((x, y) => y.atMs - x.atMs || y.order - x.order);
  }

  #neighborsOf(name: string): Peer[] {
    return this.links.filter(({ a, b }) => a === name || b === name)
      .map(({ a, b }) => this.peer(a === name ? b : a));
  }
}

function quality(link: RigLink): LinkQuality {
  return { state: "up", rttMs: link.latencyMs * 2, rttVarMs: 0, lossIn: 0, lossOut: 0 };
}
