/**
 * The kernel: checks, starts by needs, swaps, drains and stops plugins. It knows slots, not plugins.
 */
import type { NodeConfig, PluginEntry } from "./config.ts";
import { Facade } from "./facade.ts";
import { guardPorts, withoutThreads } from "./guard.ts";
import { type Instance, makePlan, takesMany } from "./plan.ts";
import {
  type AdminRoute,
  type Context,
  type Life,
  type Loadable,
  type Many,
  type Self,
  UserError,
} from "./plugin.ts";
import { PortError, type Ports } from "./ports.ts";
import { FIXED_SLOTS, type ManySlot, type OneSlot, type Slot, type Slots } from "./slots.ts";

/** Where a kernel is in its life. */
export type KernelStatus = "idle" | "starting" | "running" | "draining" | "stopping" | "stopped";

/** One running plugin as the admin API shows it. */
export interface PluginView {
  readonly id: string;
  readonly name: string;
  readonly slot: Slot;
  readonly summary: string;
  /** Named by the config, or a slot's default. */
  readonly configured: boolean;
  /** The options with defaults filled in. */
  readonly config: unknown;
}

/** What a kernel is made from. */
export interface KernelOptions {
  /** Every plugin that may be used, by the word that `use` says. */
  readonly plugins: ReadonlyMap<string, Loadable>;
  readonly defaults: Partial<Record<Slot, string>>;
  readonly config: NodeConfig;
  /** Wall-clock milliseconds at start. */
  readonly instance: number;
  /** The ports for one plugin: its log is bound to it. */
  readonly ports: (id: string) => Ports;
  /** A plugin says that the node's work is done. */
  readonly onFinish?: (reason: string) => void;
}

/** A plugin that the kernel made. */
interface Running {
  readonly instance: Instance;
  readonly life: Life;
}

/** A node's plugins, alive together. */
export class Kernel implements AsyncDisposable {
  readonly self: Self;
  readonly #options: KernelOptions;
  readonly #facades = new Map<OneSlot, Facade<object>>();
  readonly #many = new Map<ManySlot, Map<string, object>>();
  readonly #manyListeners = new Map<ManySlot, Set<() => void>>();
  #plan: readonly Instance[];
  #running: Running[] = [];
  #status: KernelStatus = "idle";
  #abort = new AbortController();

  /** Checks the whole config; throws `ConfigError` before anything starts. */
  constructor(options: KernelOptions) {
    this.#options = options;
    const { config } = options;
    this.#plan = makePlan({ ...options, entries: config.plugins });
    this.self = {
      name: config.name,
      instance: options.instance,
      roles: this.#plan.filter((one) => one.plugin.slot === "role").map((one) => one.plugin.name),
      listen: config.listen,
      advertise: config.advertise,
      ports: config.ports,
      bootstrap: config.bootstrap,
    };
  }

  get status(): KernelStatus {
    return this.#status;
  }

  /** Starts by needs. A failure stops what had started, newest first, and is thrown. */
  async start(): Promise<void> {
    if (this.#status !== "idle" && this.#status !== "stopped") {
      throw new Error(`Cannot start: the kernel is ${this.#status}`);
    }
    this.#status = "starting";
    this.#abort = new AbortController();
    try {
      const made = this.#plan.map((instance) => this.#make(instance));
      for (const running of made) {
        this.#running.push(running);
        this.#fill(running.instance, running.life);
        await running.life.start(this.#abort.signal);
      }
      this.#status = "running";
    } catch (cause) {
      try {
        await this.stop();
      } catch (also) {
        throw new AggregateError([cause, also], "Cannot start, and cannot undo the start");
      }
      throw cause;
    }
  }

  /** Leaves politely: users of a plugin drain before it does. Errors are logged, the rest still drains. */
  async drain(withinMs: number): Promise<void> {
    if (this.#status !== "running") return;
    this.#status = "draining";
    const { clock, log } = this.#options.ports("kernel");
    const deadline = clock.now() + withinMs;
    for (const { instance, life } of [...this.#running].reverse()) {
      try {
        await life.drain?.(Math.max(0, deadline - clock.now()));
      } catch (error) {
        log.error("plugin cannot drain", { plugin: instance.id, error });
      }
    }
  }

  /** Stops in reverse order. Every error is kept; one that fails keeps no other from stopping. */
  async stop(): Promise<void> {
    if (this.#status === "stopping" || this.#status === "stopped" || this.#status === "idle") {
      return;
    }
    this.#status = "stopping";
    this.#abort.abort();
    const errors: unknown[] = [];
    for (const { instance, life } of this.#running.splice(0).reverse()) {
      try {
        await life.stop();
      } catch (error) {
        errors.push(new Error(`Cannot stop "${instance.id}"`, { cause: error }));
      }
      this.#empty(instance, life);
    }
    this.#status = "stopped";
    if (errors.length > 0) throw new AggregateError(errors, "Cannot stop cleanly");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /**
   * Puts another plugin of the same slot in the place of a running one. The new one takes over the
   * old one's snapshot and starts beside it; where both want one port the old one stops first. When the new one
   * cannot start, the old one goes on (or is started again with its own snapshot) and the error is thrown.
   * Throws a `UserError` with code `fixed-slot` for a slot that media depends on (`FIXED_SLOTS`).
   */
  async swap(id: string, entry: PluginEntry): Promise<void> {
    const index = this.#running.findIndex((one) => one.instance.id === id);
    const old = this.#running[index];
    if (this.#status !== "running" || old === undefined) {
      throw new Error(`Cannot swap "${id}": it does not run`);
    }
    const fixed = FIXED_SLOTS[old.instance.plugin.slot];
    if (fixed !== undefined) {
      const { slot } = old.instance.plugin;
      throw new UserError(
        "fixed-slot",
        `Cannot swap "${id}" while media may flow: slot "${slot}" is fixed until the node restarts, since ${fixed}`,
      );
    }
    const next = this.#planSwap(old.instance, entry);
    const state = old.life.snapshot?.();
    const made = this.#make(next);
    made.life.adopt?.(state);
    try {
      await made.life.start(this.#abort.signal);
    } catch (cause) {
      await made.life.stop();
      if (!(cause instanceof PortError) || cause.code !== "address-in-use") throw cause;
      await this.#swapInTurn(index, old, next, state);
      return;
    }
    this.#install(index, made);
    await old.life.stop();
  }

  /** Every running plugin, in start order. */
  describe(): readonly PluginView[] {
    const instances = this.#running.length > 0
      ? this.#running.map((one) => one.instance)
      : this.#plan;
    return instances.map(({ id, plugin, configured, config }) => ({
      id,
      name: plugin.name,
      slot: plugin.slot,
      summary: plugin.summary,
      configured,
      config,
    }));
  }

  /** What plugins offer to the admin endpoint. */
  adminRoutes(): readonly AdminRoute[] {
    return this.#running.flatMap((one) => one.life.admin ?? []);
  }

  /** What fills a slot now, for whoever composes nodes; undefined when nothing does. */
  peek<K extends OneSlot>(slot: K): Slots[K] | undefined {
    // A facade is filled only with plugins of its own slot.
    return this.#facades.get(slot)?.current as Slots[K] | undefined;
  }

  /** The fillings of a slot that takes many. */
  peekAll<K extends ManySlot>(slot: K): readonly { readonly id: string; readonly it: Slots[K] }[] {
    return this.#manyOf(slot).list();
  }

  #planSwap(old: Instance, entry: PluginEntry): Instance {
    const entries = this.#running.map(({ instance }) =>
      instance.id === old.id
        ? { ...entry, id: entry.id ?? (takesMany(old.plugin.slot) ? old.id : undefined) }
        : { use: this.#useOf(instance.plugin), id: instance.id, with: instance.raw }
    );
    const plan = makePlan({ ...this.#options, entries });
    const position = this.#running.findIndex((one) => one.instance.id === old.id);
    const use = entries[position]?.use;
    const next = plan.find((one) =>
      this.#useOf(one.plugin) === use && one.plugin.slot === old.plugin.slot
    );
    if (next === undefined) {
      throw new Error(`Cannot swap "${old.id}": "${entry.use}" does not fill "${old.plugin.slot}"`);
    }
    return next;
  }

  #useOf(plugin: Loadable): string {
    for (const [use, one] of this.#options.plugins) if (one === plugin) return use;
    return plugin.name;
  }

  async #swapInTurn(index: number, old: Running, next: Instance, state: unknown): Promise<void> {
    await old.life.stop();
    const made = this.#make(next);
    made.life.adopt?.(state);
    try {
      await made.life.start(this.#abort.signal);
      this.#install(index, made);
    } catch (cause) {
      await made.life.stop();
      const again = this.#make(old.instance);
      again.life.adopt?.(state);
      await again.life.start(this.#abort.signal);
      this.#install(index, again);
      throw cause;
    }
  }

  #install(index: number, made: Running): void {
    const old = this.#running[index];
    this.#running[index] = made;
    if (old !== undefined) this.#empty(old.instance, old.life);
    this.#fill(made.instance, made.life);
  }

  #make(instance: Instance): Running {
    const chaos = this.#facade("chaos");
    const given = this.#options.ports(instance.id);
    const impairs = this.#plan.some(({ plugin }) => plugin.slot === "chaos");
    const guarded = guardPorts(instance.id, given, () => chaos.current);
    const ports = impairs ? withoutThreads(guarded) : guarded;
    const context: Context<Slot> = {
      ...ports,
      self: this.self,
      id: instance.id,
      use: (slot) => this.#facade(slot).standIn,
      all: (slot) => this.#manyOf(slot),
      finish: (reason) => this.#options.onFinish?.(reason),
    };
    return { instance, life: instance.plugin.create(context, instance.config) };
  }

  #facade<K extends OneSlot>(slot: K): Facade<Slots[K]> {
    let facade = this.#facades.get(slot);
    if (facade === undefined) {
      facade = new Facade<object>(slot);
      this.#facades.set(slot, facade);
    }
    // One facade per slot, filled only with plugins of that slot.
    return facade as unknown as Facade<Slots[K]>;
  }

  #manyOf<K extends ManySlot>(slot: K): Many<Slots[K]> {
    const fillings = () => this.#many.get(slot) as Map<string, Slots[K]> | undefined;
    return {
      list: () => [...fillings() ?? []].map(([id, it]) => ({ id, it })),
      get: (id) => fillings()?.get(id),
      onChange: (fn) => {
        const listeners = this.#manyListeners.get(slot) ?? new Set();
        this.#manyListeners.set(slot, listeners.add(fn));
        return { [Symbol.dispose]: () => void listeners.delete(fn) };
      },
    };
  }

  #fill(instance: Instance, life: Life): void {
    const { slot } = instance.plugin;
    if (takesMany(slot)) {
      const many = slot as ManySlot;
      this.#many.set(many, (this.#many.get(many) ?? new Map()).set(instance.id, life));
      for (const fn of this.#manyListeners.get(many) ?? []) fn();
    } else this.#facade(slot as OneSlot).fill(life as never);
  }

  #empty(instance: Instance, life: Life): void {
    const { slot } = instance.plugin;
    if (takesMany(slot)) {
      const fillings = this.#many.get(slot as ManySlot);
      if (fillings?.get(instance.id) === life) fillings.delete(instance.id);
    } else {
      const facade = this.#facades.get(slot as OneSlot);
      if (facade?.current === life && this.#status !== "running") facade.fill(undefined);
    }
  }
}

/** Makes a kernel; throws `ConfigError` when the config cannot be used. */
export function createKernel(options: KernelOptions): Kernel {
  return new Kernel(options);
}
