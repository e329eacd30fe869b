/**
 * Changes a running node from one plan to another: what stays the same is not touched, what is new starts
 * before anything old stops, and a failure leaves everything as it was.
 */
import { sameValue } from "./equal.ts";
import { type Instance, takesMany } from "./plan.ts";
import { PortError, type Ports } from "./ports.ts";
import type { Roster, Running } from "./roster.ts";

/** Longest start of a plugin in a change; one that takes longer has failed. */
const START_MS = 10_000;
/** Longest wait for a plugin that stops. */
const STOP_MS = 5_000;

/** What a change did, by ids. */
export interface Changed {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Replaced by another plugin, or by itself with other options. */
  readonly swapped: readonly string[];
  /** Took other options without being replaced. */
  readonly adjusted: readonly string[];
}

/** One step of a change. */
export type Step =
  | { readonly kind: "keep"; readonly old: Running; readonly next: Instance }
  | { readonly kind: "alter"; readonly old: Running; readonly next: Instance }
  | { readonly kind: "add"; readonly next: Instance }
  | { readonly kind: "remove"; readonly old: Running };

/** Who is whose successor: by slot, and by id where a slot takes many. */
function placeOf({ id, plugin: { slot } }: Instance): string {
  return takesMany(slot) ? `${slot} ${id}` : slot;
}

/** The steps from what runs to a plan: in the plan's order, then what goes, users before what they use. */
export function stepsTo(running: readonly Running[], plan: readonly Instance[]): readonly Step[] {
  const before = new Map(running.map((one) => [placeOf(one.instance), one]));
  const steps: Step[] = [];
  for (const next of plan) {
    const old = before.get(placeOf(next));
    before.delete(placeOf(next));
    if (old === undefined) steps.push({ kind: "add", next });
    else {
      const same = old.instance.plugin === next.plugin && old.instance.id === next.id &&
        sameValue(old.instance.config, next.config);
      steps.push({ kind: same ? "keep" : "alter", old, next });
    }
  }
  for (const old of [...running].reverse()) {
    if (before.has(placeOf(old.instance))) steps.push({ kind: "remove", old });
  }
  return steps;
}

/** What a change needs of its kernel. */
export interface ChangeNeeds {
  readonly roster: Roster;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

type Add = Extract<Step, { kind: "add" }>;
type Alter = Extract<Step, { kind: "alter" }>;

/** One change under way. */
export class Change {
  /** Those that had to stop and were started anew when the change was undone. */
  readonly revived = new Map<Running, Running>();
  /** Whose start failed; undefined when something else did. */
  failed: string | undefined;
  readonly #needs: ChangeNeeds;
  /** What undoes the steps done so far. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  readonly #now = new Map<Step, Running>();
  readonly #log = {
    added: [] as string[],
    removed: [] as string[],
    swapped: [] as string[],
    adjusted: [] as string[],
  };

  constructor(needs: ChangeNeeds) {
    this.#needs = needs;
  }

  /** Takes all steps; gives who runs afterwards, in order. A failure undoes them all and is thrown. */
  async run(steps: readonly Step[]): Promise<{ running: Running[]; changed: Changed }> {
    const going = steps.filter((step) => step.kind === "remove").map((step) => step.old);
    try {
      // Adding disturbs nobody, so it comes first; whoever is altered may need what was added.
      const late: Add[] = [];
      for (const step of steps) if (step.kind === "add" && !await this.#add(step)) late.push(step);
      for (const step of steps) if (step.kind === "alter") await this.#alter(step);
      if (late.length > 0) { for (const old of going) await this.#park(old); }
      for (const step of late) await this.#add(step, true);
    } catch (cause) {
      await this.#rollBack(cause);
      throw cause;
    }
    for (const old of going) await this.#remove(old);
    const running = steps.flatMap((step) =>
      step.kind === "keep"
        // The plugin goes on with the very options that it was made with.
        ? { instance: { ...step.next, config: step.old.instance.config }, life: step.old.life }
        : this.#now.get(step) ?? []
    );
    return { running, changed: this.#log };
  }

  /** False: somebody that may go in this change holds its address. */
  async #add(step: Add, last = false): Promise<boolean> {
    const { roster } = this.#needs;
    const made = roster.make(step.next);
    try {
      await this.#start(made);
    } catch (cause) {
      await this.#stop(made);
      if (last || !inUse(cause)) throw cause;
      return false;
    }
    this.#undo.push(async () => {
      roster.empty(made);
      await this.#stop(made);
    });
    roster.fill(made);
    this.#now.set(step, made);
    this.#log.added.push(step.next.id);
    return true;
  }

  async #alter(step: Alter): Promise<void> {
    const { old, next } = step;
    if (old.instance.plugin === next.plugin && old.instance.id === next.id) {
      if (await old.life.reconfigure?.(next.config) === true) {
        this.#undo.push(async () => {
          await old.life.reconfigure?.(old.instance.config);
          this.#retell(old);
        });
        this.#retell(old);
        this.#log.adjusted.push(next.id);
        this.#now.set(step, { instance: next, life: old.life });
        return;
      }
    }
    this.#now.set(step, await this.#replace(old, next));
    this.#log.swapped.push(next.id);
  }

  /** Consumers of a slot that takes many look again at one whose options have changed. */
  #retell(running: Running): void {
    if (takesMany(running.instance.plugin.slot)) this.#needs.roster.fill(running);
  }

  /** The old one stops as soon as the new one runs: two of a kind never act for long. */
  async #replace(old: Running, next: Instance): Promise<Running> {
    const { roster } = this.#needs;
    const state = old.life.snapshot?.();
    let made = roster.make(next);
    try {
      made.life.adopt?.(state);
      await this.#start(made);
    } catch (cause) {
      await this.#stop(made);
      if (!inUse(cause)) throw cause;
      await this.#park(old, state);
      made = roster.make(next);
      this.#undo.push(() => this.#stop(made));
      made.life.adopt?.(state);
      await this.#start(made);
      roster.fill(made);
      return made;
    }
    this.#undo.push(async () => {
      this.revived.set(old, await this.#replace(made, old.instance));
    });
    roster.fill(made);
    await this.#stop(old);
    return made;
  }

  /** Stops one that may have to come back with its state. */
  async #park(old: Running, state: unknown = old.life.snapshot?.()): Promise<void> {
    const { roster } = this.#needs;
    await this.#stop(old);
    // Comes back last, when its address is free again.
    this.#undo.unshift(async () => {
      const again = roster.make(old.instance);
      again.life.adopt?.(state);
      await this.#start(again);
      roster.fill(again);
      this.revived.set(old, again);
    });
  }

  async #remove(old: Running): Promise<void> {
    this.#needs.roster.empty(old);
    await this.#stop(old);
    this.#log.removed.push(old.instance.id);
  }

  /** Newest first. */
  async #rollBack(cause: unknown): Promise<void> {
    const { failed } = this;
    const errors: unknown[] = [];
    // Undoing replaces, which would be undone in turn.
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw new AggregateError([cause, ...errors], "Cannot change, and cannot undo the change");
    }
    this.failed = failed;
  }

  async #start({ instance, life }: Running): Promise<void> {
    const late = () => new Error(`not within ${START_MS} ms`);
    this.failed = instance.id;
    await this.#within(START_MS, () => life.start(this.#needs.signal), late);
    this.failed = undefined;
  }

  /** Trouble of one that goes is logged: the change itself is done. */
  async #stop({ instance, life }: Running): Promise<void> {
    try {
      const late = () => new Error(`not within ${STOP_MS} ms`);
      await this.#within(STOP_MS, () => life.stop(), late);
    } catch (error) {
      this.#needs.ports.log.error("plugin does not stop cleanly", { id: instance.id, error });
    }
  }

  async #within(ms: number, work: () => void | Promise<void>, late: () => Error): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    using _timer = this.#needs.ports.clock.after(ms, () => reject(late()));
    await Promise.race([Promise.try(work), promise]);
  }
}

function inUse(error: unknown): boolean {
  return error instanceof PortError && error.code === "address-in-use";
}
