/**
 * Collects how every node is by asking each of them, beginning with the own neighbors: every answer names
 * further nodes. Nothing is asked, and nothing is sent, while nobody watches.
 */
import { type NodeName, sameAddr } from "../../core/ids.ts";
import type { LinkSummary, NodeSummary, SeenNode } from "../../core/observe.ts";
import type { Machine } from "../../core/plugin.ts";
import type { ControlTarget } from "../../core/slots.ts";
import { TokenBucket } from "../../core/token_bucket.ts";
import type { Config } from "./config.ts";
import { Assembly, type Part } from "./wire.ts";

/** Questions that wait for their answers at one time. */
const ASKING_MAX = 32;
/** Longest pause before a silent node is asked again. */
const BACKOFF_MAX_MS = 10_000;
/** A node that nobody has named for so long, and that never answered, is dropped. */
const UNNAMED_MS = 10_000;
/** Nodes are looked through this often for those that have outlived their time. */
const SWEEP_MS = 1000;

/** What the collector hears. */
export type In =
  /** Somebody looks. */
  | { readonly kind: "watch" }
  /** The own links: where the asking begins. */
  | { readonly kind: "links"; readonly links: readonly LinkSummary[] }
  | {
    readonly kind: "part";
    readonly name: NodeName;
    readonly instance: number;
    readonly part: Part;
  }
  | { readonly kind: "failed"; readonly name: NodeName }
  | { readonly kind: "tick" };

/** What it wants done. */
export type Out = {
  readonly kind: "ask";
  readonly to: ControlTarget;
  readonly part: number;
  readonly stamp: number | undefined;
};

interface Known {
  readonly name: NodeName;
  control: ControlTarget["control"];
  summary: NodeSummary | undefined;
  receivedMs: number;
  namedMs: number;
  dueMs: number;
  asking: boolean;
  /** Questions in a row without an answer. */
  failures: number;
  /** When it last answered or failed to. */
  triedMs: number;
  assembly: Assembly | undefined;
}

/** The brain of `observer`. */
export class Collector implements Machine<In, Out> {
  readonly #config: Config;
  readonly #self: NodeName;
  readonly #bucket: TokenBucket;
  readonly #known = new Map<NodeName, Known>();
  #watchedUntilMs = -Infinity;
  #watchedSinceMs = Infinity;
  #out: Out[] = [];
  #asking = 0;
  #sweptMs = -Infinity;
  #leftOut = new Set<NodeName>();
  #dueMs: number | undefined;
  /** Totals. */
  readonly counts = { asked: 0, answered: 0, failed: 0, forgotten: 0 };

  constructor(config: Config, self: NodeName, nowMs: number) {
    this.#config = config;
    this.#self = self;
    this.#bucket = new TokenBucket(config.asksPerSecond, config.asksPerSecond, nowMs);
  }

  get nodes(): number {
    return this.#known.size;
  }

  /** Nodes that were named and found no room since the watch began; counted up to the table's size. */
  get leftOut(): number {
    return this.#leftOut.size;
  }

  /** When `tick` is due; undefined while nobody watches. */
  dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** Whether every node found so far has answered, or failed to, since the watch began. */
  get settled(): boolean {
    for (const one of this.#known.values()) {
      if (one.triedMs < this.#watchedSinceMs) return false;
    }
    return true;
  }

  /** Every node that has answered lately. */
  seen(nowMs: number): readonly SeenNode[] {
    return [...this.#known.values()].flatMap(({ summary, receivedMs, failures }) => {
      const ageMs = nowMs - receivedMs;
      if (summary === undefined || ageMs > this.#config.forget) return [];
      return [{ ...summary, ageMs, state: failures > 0 ? "silent" as const : "here" as const }];
    });
  }

  /** Nodes that somebody names and that have not answered. */
  unanswered(): readonly NodeName[] {
    return [...this.#known.values()].filter((one) => one.summary === undefined && one.failures > 0)
      .map(({ name }) => name);
  }

  /** Whom to ask for more about a node. */
  target(name: NodeName): ControlTarget | undefined {
    const known = this.#known.get(name);
    return known === undefined ? undefined : { name, control: known.control };
  }

  /** What a node said last. */
  summary(name: NodeName): NodeSummary | undefined {
    return this.#known.get(name)?.summary;
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    if (nowMs - this.#sweptMs >= SWEEP_MS) this.#sweep(nowMs);
    switch (event.kind) {
      case "watch":
        this.#watch(nowMs);
        break;
      case "links":
        for (const link of event.links) this.#meet(link, nowMs);
        break;
      case "part":
        this.#part(event.name, event.instance, event.part, nowMs);
        break;
      case "failed":
        this.#failed(event.name, nowMs);
        break;
      case "tick":
        break;
    }
    this.#ask(nowMs);
    return this.#out;
  }

  #watch(nowMs: number): void {
    if (this.#watchedUntilMs < nowMs) {
      this.#watchedSinceMs = nowMs;
      this.#leftOut = new Set();
      for (const one of this.#known.values()) one.dueMs = Math.min(one.dueMs, nowMs);
    }
    this.#watchedUntilMs = nowMs + this.#config.watch;
  }

  /** Somebody names a node as its neighbor. */
  #meet({ name, control }: LinkSummary, nowMs: number): void {
    if (name === this.#self) return;
    const known = this.#known.get(name);
    if (known !== undefined) {
      known.namedMs = nowMs;
      // Whoever answers is where it answers; a name that falls silent may have moved.
      if ((known.summary === undefined || known.failures > 0) && !known.asking) {
        if (!sameAddr(known.control, control)) known.control = control;
      }
      return;
    }
    if (this.#known.size >= this.#config.nodesMax) {
      if (this.#leftOut.size < this.#config.nodesMax) this.#leftOut.add(name);
      return;
    }
    this.#known.set(name, {
      name,
      control,
      summary: undefined,
      receivedMs: -Infinity,
      namedMs: nowMs,
      dueMs: nowMs,
      asking: false,
      failures: 0,
      triedMs: -Infinity,
      assembly: undefined,
    });
  }

  #answered(known: Known): void {
    if (known.asking) this.#asking--;
    known.asking = false;
  }

  #part(name: NodeName, instance: number, part: Part, nowMs: number): void {
    const known = this.#known.get(name);
    if (known === undefined || !known.asking) return;
    this.#answered(known);
    if (known.assembly?.take(part) !== true) {
      // Another moment than the parts before: begins anew with it.
      known.assembly = new Assembly(part.stamp, part.parts);
      if (!known.assembly.take(part)) return this.#broken(known, nowMs);
    }
    const { assembly } = known;
    const { missing } = assembly;
    if (missing !== undefined) {
      known.dueMs = nowMs;
      return;
    }
    known.assembly = undefined;
    const summary = assembly.whole(name, instance);
    if (summary === undefined) return this.#broken(known, nowMs);
    this.counts.answered++;
    known.summary = summary;
    known.failures = 0;
    known.receivedMs = nowMs;
    known.triedMs = nowMs;
    known.dueMs = nowMs + this.#config.refresh;
    for (const link of summary.links) this.#meet(link, nowMs);
  }

  #failed(name: NodeName, nowMs: number): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#answered(known);
    this.#broken(known, nowMs);
  }

  #broken(known: Known, nowMs: number): void {
    this.counts.failed++;
    known.assembly = undefined;
    known.failures++;
    known.triedMs = nowMs;
    const pause = this.#config.refresh * 2 ** Math.min(10, known.failures);
    known.dueMs = nowMs + Math.min(BACKOFF_MAX_MS, pause);
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    for (const one of this.#known.values()) {
      if (one.summary !== undefined && nowMs - one.receivedMs > this.#config.forget) {
        this.counts.forgotten++;
        one.summary = undefined;
      }
      if (one.summary === undefined && nowMs - one.namedMs > UNNAMED_MS) {
        this.#answered(one);
        this.#known.delete(one.name);
      }
    }
  }

  /** Asks whoever is due, as far as the rate allows; sets the time to go on. */
  #ask(nowMs: number): void {
    this.#dueMs = undefined;
    if (nowMs > this.#watchedUntilMs) return;
    const due = [...this.#known.values()].filter((one) => !one.asking)
      .sort((a, b) => a.dueMs - b.dueMs);
    let nextMs = nowMs + this.#config.refresh;
    for (const one of due) {
      if (one.dueMs > nowMs) {
        nextMs = Math.min(nextMs, one.dueMs);
        break;
      }
      // An answer makes room and comes back here by itself.
      if (this.#asking >= ASKING_MAX) break;
      if (!this.#bucket.take(nowMs)) {
        nextMs = Math.min(nextMs, nowMs + Math.ceil(1000 / this.#config.asksPerSecond));
        break;
      }
      one.asking = true;
      this.#asking++;
      this.counts.asked++;
      const part = one.assembly?.missing ?? 0;
      const to = { name: one.name, control: one.control };
      this.#out.push({ kind: "ask", to, part, stamp: one.assembly?.stamp });
    }
    this.#dueMs = nextMs;
  }
}
