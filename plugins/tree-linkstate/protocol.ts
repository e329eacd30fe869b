/**
 * The brain of `tree-linkstate`: every node floods the cost of its links, each computes the shortest-path
 * tree of every origin over the whole graph, and follows the neighbor that lies best on it. Whom it may
 * follow is not decided by the graph, which two nodes never see alike at one moment, but by the feasibility
 * condition of the common brain (`core/tree/brain.ts`); see README.md for the proof.
 */
import type { NodeName } from "../../core/ids.ts";
import type { OriginView, Route, TreeSnapshot } from "../../core/slots.ts";
import { TreeBrain } from "../../core/tree/brain.ts";
import type { Counters, In, LinkMessage, Me, Out, TreeMessage } from "../../core/tree/events.ts";
import type { Entry, OriginState } from "../../core/tree/origin_state.ts";
import type { Advisor } from "../../core/tree/selection.ts";
import type { TreeMachine } from "../../core/tree/shell.ts";
import type { Neighbor } from "../../core/tree/neighbor.ts";
import type { Metrics } from "../../core/ports.ts";
import type { Config } from "./config.ts";
import { Database, type LinkWord } from "./database.ts";
import { collectGraph } from "./metrics.ts";
import { Flooding } from "./flooding.ts";
import { type Content, OwnWord } from "./own_word.ts";
import { type Reach, shortestPaths } from "./spf.ts";

/** Ages are looked at so often. */
const AGE_MS = 1000;

/** Computes trees from the graph. */
export class LinkStateBrain implements TreeMachine, Advisor {
  readonly database: Database;
  readonly flooding: Flooding;
  dueMs: number;
  /** Shortest-path computations so far. */
  computations = 0;
  readonly #me: NodeName;
  readonly #config: Config;
  readonly #ways: TreeBrain;
  readonly #own: OwnWord;
  readonly #trees = new Map<NodeName, ReadonlyMap<NodeName, Reach>>();
  #out: Out[] = [];
  #computeAtMs = Infinity;
  #computedMs = -Infinity;
  #ageAtMs: number;

  constructor(me: Me, config: Config, nowMs: number) {
    this.#me = me.name;
    this.#config = config;
    this.#ways = new TreeBrain(me, config, nowMs, this);
    this.database = new Database(config.nodesMax);
    this.#own = new OwnWord(me.name, me.instance, config.refresh);
    this.flooding = new Flooding(
      this.database,
      this.#own,
      this.neighbors,
      (to, saying) => {
        this.counters.sent[saying.type]++;
        this.#out.push({ kind: "send", to: to.peer, saying });
      },
      nowMs,
    );
    this.#ageAtMs = nowMs + AGE_MS;
    this.dueMs = this.#ways.dueMs;
  }

  get counters(): Counters {
    return this.#ways.counters;
  }

  get states(): ReadonlyMap<NodeName, OriginState> {
    return this.#ways.states;
  }

  get neighbors(): ReadonlyMap<NodeName, Neighbor> {
    return this.#ways.neighbors;
  }

  routes(origin: NodeName): readonly Route[] {
    return this.#ways.routes(origin);
  }

  origins(): readonly OriginView[] {
    return this.#ways.origins();
  }

  snapshot(nowMs: number): TreeSnapshot {
    return this.#ways.snapshot(nowMs);
  }

  /** The graph is learned anew from the neighbors; until then ways count by what is announced. */
  adopt(from: TreeSnapshot, nowMs: number): void {
    this.#ways.adopt(from, nowMs);
    this.dueMs = nowMs;
  }

  /** How far the graph says that the origin is from whoever announces this way. */
  distance({ path, costUs }: Entry, origin: NodeName) {
    const name = path.at(-1);
    const reach = name === undefined ? undefined : this.#tree(origin).get(name);
    if (reach === undefined) return undefined;
    // Where nodes on the announced way flood nothing, the graph lacks links: what is announced may be nearer.
    const isWhole = path.every((one) => this.database.words.has(one));
    return isWhole || reach.costUs <= costUs ? reach : { costUs, hops: path.length };
  }

  collect(metrics: Metrics): Disposable[] {
    return collectGraph(metrics, this);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    if (event.kind === "message" && isLinkMessage(event.message)) {
      this.#onLinkMessage(event.message, nowMs);
      this.#pass({ kind: "tick" }, nowMs);
    } else this.#pass(event, nowMs);
    if (event.kind === "up") this.#greet(event.peer.name);
    this.#doDue(nowMs);
    const { flooding } = this;
    this.dueMs = Math.min(
      this.#ways.dueMs,
      this.#own.dueMs,
      this.#computeAtMs,
      this.#ageAtMs,
      flooding.digestAtMs,
    );
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #pass(event: In, nowMs: number): void {
    const before = event.kind === "neighbors" ? [...this.neighbors.keys()] : [];
    this.#out.push(...this.#ways.handle(event, nowMs));
    if (event.kind !== "neighbors") return;
    for (const name of before) if (!this.neighbors.has(name)) this.flooding.forget(name);
    for (const [name, one] of this.neighbors) {
      if (one.up && !before.includes(name)) this.flooding.greet(one);
    }
  }

  #greet(name: NodeName): void {
    const neighbor = this.neighbors.get(name);
    if (neighbor?.up) this.flooding.greet(neighbor);
  }

  #onLinkMessage(message: LinkMessage, nowMs: number): void {
    this.counters.received[message.type]++;
    if (!this.#ways.admits(message.from, nowMs)) return;
    if (this.flooding.take(message, nowMs)) this.#changed(nowMs);
  }

  #doDue(nowMs: number): void {
    const content = this.#content();
    this.#own.plan(content, (name) => this.database.words.get(name)?.full === true, nowMs);
    if (this.#own.dueMs <= nowMs) {
      const word = this.#own.speak(content, nowMs);
      this.database.put(word);
      this.flooding.flood(word, undefined, nowMs);
    }
    if (this.#ageAtMs <= nowMs) {
      this.#ageAtMs = nowMs + AGE_MS;
      const before = this.database.words.size;
      if (this.database.expire(nowMs)) this.#changed(nowMs);
      this.flooding.counters.aged += before - this.database.words.size;
    }
    this.flooding.tick(nowMs);
    if (this.#computeAtMs <= nowMs) {
      this.#computeAtMs = Infinity;
      this.#computedMs = nowMs;
      this.#trees.clear();
      this.#pass({ kind: "reconsider" }, nowMs);
    }
  }

  /** What this node has to say of itself. */
  #content(): Content {
    const { origin, transit, full } = this.#ways.offer;
    const followed = new Set([...this.states.values()].map((state) => state.parent));
    const links = new Map<NodeName, LinkWord>();
    for (const [name, { usable, linkUs }] of this.neighbors) {
      if (!usable || linkUs === undefined) continue;
      links.set(name, { costUs: linkUs, followed: followed.has(name) });
    }
    return { active: origin || transit, transit, full, links };
  }

  #changed(nowMs: number): void {
    const { spfDelay, spfGap } = this.#config;
    const atMs = Math.max(nowMs + spfDelay, this.#computedMs + spfGap);
    this.#computeAtMs = Math.min(this.#computeAtMs, atMs);
  }

  #tree(origin: NodeName): ReadonlyMap<NodeName, Reach> {
    let tree = this.#trees.get(origin);
    if (tree === undefined) {
      tree = shortestPaths(this.database.words, origin, this.#me);
      this.#trees.set(origin, tree);
      this.computations++;
    }
    return tree;
  }
}

function isLinkMessage(message: TreeMessage): message is LinkMessage {
  return message.type === "LINKSTATE" || message.type === "LINKSTATE_DIGEST" ||
    message.type === "LINKSTATE_WANT";
}
