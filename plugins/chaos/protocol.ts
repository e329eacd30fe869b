/** Decides what happens to each datagram: the first rule that fits, one link model per rule, direction and remote. */
import { addrKey } from "../../core/ids.ts";
import { corrupt, LinkModel, type LinkSettings } from "../../core/link_model.ts";
import type { Addr, Plane, Rng } from "../../core/ports.ts";
import type { Rule } from "./config.ts";

/** Link models kept at most; beyond, the oldest forgets its queue and burst state. */
const MODELS_MAX = 4096;

type Direction = "out" | "in";

function settingsOf(rule: Rule): Partial<LinkSettings> {
  return {
    delayMs: rule.delay,
    jitterMs: rule.jitter,
    fifo: rule.fifo,
    lossShare: rule.loss,
    burst: rule.burst && {
      pGoodToBad: rule.burst.enter,
      pBadToGood: rule.burst.leave,
      lossInBad: rule.burst.loss,
    },
    duplicateShare: rule.duplicate,
    reorderShare: rule.reorder,
    reorderExtraMs: rule.reorderBy,
    corruptShare: rule.corrupt,
    rateBits: rule.rate,
    queueMs: rule.queue,
    down: rule.down,
  };
}

function fits(rule: Rule, direction: Direction, plane: Plane, remote: Addr): boolean {
  return (rule.direction === "both" || rule.direction === direction) &&
    (rule.planes?.includes(plane) ?? true) &&
    (rule.host === undefined || rule.host === remote.host) &&
    (rule.ports?.includes(remote.port) ?? true);
}

/** What one rule did so far. */
export interface RuleStatus {
  readonly id: string;
  readonly rule: Rule;
  readonly offered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
}

/** The rules and the state of the links they make. */
export class ChaosRules {
  readonly #rng: Rng;
  readonly #models = new Map<string, { readonly rule: string; readonly model: LinkModel }>();
  #rules: readonly Rule[];

  constructor(rules: readonly Rule[], rng: Rng) {
    this.#rules = rules;
    this.#rng = rng;
  }

  /** Replaces a rule of the same id, or adds it at the end. */
  set(rule: Rule): void {
    const known = this.#rules.some((one) => one.id === rule.id);
    this.#rules = known
      ? this.#rules.map((one) => one.id === rule.id ? rule : one)
      : [...this.#rules, rule];
    for (const entry of this.#models.values()) {
      if (entry.rule === rule.id) entry.model.change(settingsOf(rule));
    }
  }

  /** Removes a rule; false when there is none of that id. */
  remove(id: string): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((one) => one.id !== id);
    for (const [key, entry] of this.#models) if (entry.rule === id) this.#models.delete(key);
    return this.#rules.length < before;
  }

  /**
   * What happens to a datagram: undefined leaves it alone, else the delay of each copy that arrives,
   * none when it is lost. `corrupt` asks for flipped bits. Valid until the next call.
   */
  plan(direction: Direction, plane: Plane, remote: Addr, sizeBytes: number, nowMs: number):
    | { readonly delays: readonly number[]; readonly corrupt: boolean }
    | undefined {
    const rule = this.#rules.find((one) => fits(one, direction, plane, remote));
    if (rule === undefined) return undefined;
    const model = this.#model(rule, `${rule.id} ${direction} ${plane} ${addrKey(remote)}`);
    const delays = model.plan(sizeBytes, nowMs, this.#rng);
    return { delays, corrupt: model.corrupted };
  }

  /** A copy with flipped bits. */
  corrupted(bytes: Uint8Array): Uint8Array {
    return corrupt(bytes, this.#rng);
  }

  /** Replaces all rules; links whose rule stays the same keep their state. */
  setAll(rules: readonly Rule[]): void {
    const ids = new Set(rules.map((rule) => rule.id));
    for (const { id } of this.#rules) if (!ids.has(id)) this.remove(id);
    for (const rule of rules) this.set(rule);
    this.#rules = rules;
  }

  /** The rules, in the order in which they are asked. */
  get rules(): readonly Rule[] {
    return this.#rules;
  }

  status(): readonly RuleStatus[] {
    return this.#rules.map((rule) => {
      const total = { offered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
      for (const entry of this.#models.values()) {
        if (entry.rule !== rule.id) continue;
        const { counters } = entry.model;
        total.offered += counters.offered;
        total.lost += counters.lost + counters.queueDropped + counters.downDropped;
        total.duplicated += counters.duplicated;
        total.reordered += counters.reordered;
        total.corrupted += counters.corrupted;
      }
      return { id: rule.id, rule, ...total };
    });
  }

  #model(rule: Rule, key: string): LinkModel {
    const known = this.#models.get(key);
    if (known !== undefined) return known.model;
    if (this.#models.size >= MODELS_MAX) {
      const oldest = this.#models.keys().next();
      if (!oldest.done) this.#models.delete(oldest.value);
    }
    const model = new LinkModel(settingsOf(rule));
    this.#models.set(key, { rule: rule.id, model });
    return model;
  }
}
