/**
 * The kernel: checks, starts by needs, swaps, drains and stops plugins. It knows slots, not plugins.
 */
import type { NodeConfig, PluginEntry } from "./config.ts";
import { Change, type Changed, type Step, stepsTo } from "./change.ts";
import { type Instance, makePlan, takesMany } from "./plan.ts";
import { type AdminRoute, type Loadable, type Self, UserError } from "./plugin.ts";
import type { Ports } from "./ports.ts";
import { Roster, type Running } from "./roster.ts";
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
  /** Version of the program; "0" when left out. */
  readonly version?: string;
  /** The ports for one plugin: its log is bound to it. */
  readonly ports: (id: string) => Ports;
  /** A plugin says that the node's work is done. */
  readonly onFinish?: (reason: string) => void;
}

/** A node's plugins, alive together. */
export class Kernel implements AsyncDisposable {
  readonly self: Self;
  #options: KernelOptions;
  readonly #roster: Roster;
  #changing: Promise<void> | undefined;
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
      version: options.version ?? "0",
    };
    this.#roster = new Roster({
      ...options,
      self: this.self,
      impairs: () =>
        this.#status === "starting" && this.#plan.some(({ plugin }) => plugin.slot === "chaos"),
    });
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
      const made = this.#plan.map((instance) => this.#roster.make(instance));
      for (const running of made) {
        this.#running.push(running);
        this.#roster.fill(running);
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
    await this.#changing;
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
    await this.#changing;
    const errors: unknown[] = [];
    for (const running of this.#running.splice(0).reverse()) {
      try {
        await running.life.stop();
      } catch (error) {
        errors.push(new Error(`Cannot stop "${running.instance.id}"`, { cause: error }));
      }
      this.#roster.empty(running);
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
    const old = this.#running.find((one) => one.instance.id === id)?.instance;
    if (this.#status !== "running" || old === undefined) {
      throw new Error(`Cannot swap "${id}": it does not run`);
    }
    const { slot } = old.plugin;
    if (this.#options.plugins.get(entry.use)?.slot !== slot) {
      throw new Error(`Cannot swap "${id}": "${entry.use}" does not fill "${slot}"`);
    }
    const successor = { ...entry, id: entry.id ?? (takesMany(slot) ? id : undefined) };
    const others = this.entries().filter((one) => idOf(one) !== id);
    const at = this.entries().findIndex((one) => idOf(one) === id);
    await this.apply(others.toSpliced(at < 0 ? others.length : at, 0, successor), { force: true });
  }

  /** The plugins that the config names, as they run now; defaults are not among them. */
  entries(): readonly PluginEntry[] {
    return this.#running.filter(({ instance }) => instance.configured)
      .map(({ instance }) => ({
        use: useOf(this.#options.plugins, instance.plugin),
        id: instance.id === instance.plugin.name ? undefined : instance.id,
        with: instance.raw,
      }));
  }

  /**
   * Makes the node run these entries: only what differs is touched, new ones run before old ones stop, and a
   * failure leaves everything as it was. Refuses (a `UserError` `interrupts`) to replace what media would miss,
   * unless forced. Throws `ConfigError` for wrong entries.
   */
  apply(entries: readonly PluginEntry[], options: ApplyOptions = {}): Promise<Changed> {
    const before = this.#changing ?? Promise.resolve();
    const work = before.then(() => this.#apply(entries, options));
    this.#changing = work.then(() => {}, () => {});
    return work;
  }

  async #apply(
    entries: readonly PluginEntry[],
    { force, plugins }: ApplyOptions,
  ): Promise<Changed> {
    if (this.#status !== "running") {
      throw new UserError("not-running", `Cannot change the plugins: the node is ${this.#status}`);
    }
    const known = plugins ?? this.#options.plugins;
    const plan = makePlan({ plugins: known, defaults: this.#options.defaults, entries });
    const steps = stepsTo(this.#running, plan);
    refuseFixed(steps);
    if (force !== true) this.#refuseInterruptions(steps);
    const ports = this.#options.ports("kernel");
    const change = new Change({ roster: this.#roster, ports, signal: this.#abort.signal });
    try {
      const { running, changed } = await change.run(steps);
      this.#running = running;
      this.#options = { ...this.#options, plugins: known };
      tellChange(ports, changed, steps);
      return changed;
    } catch (error) {
      this.#running = this.#running.map((one) => change.revived.get(one) ?? one);
      ports.log.warn("change rolled back", { error });
      const told = changeError(error, change.failed);
      ports.events.emit("change-refused", { why: messageOf(told) });
      throw told;
    }
  }

  /** A plugin that adjusts itself is asked in vain: nothing of it is replaced. */
  #refuseInterruptions(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.kind !== "alter") continue;
      const { old: { instance, life }, next } = step;
      if (life.reconfigure !== undefined && instance.plugin === next.plugin) continue;
      for (const { life: other } of this.#running) {
        const why = other.hinders?.(instance.id);
        if (why === undefined) continue;
        throw new UserError(
          "interrupts",
          `Cannot replace "${instance.id}" without interrupting media: ${why}`,
        );
      }
    }
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

  /** What a plugin's options have become at run time; undefined when they are as configured. */
  liveOptions(id: string): Readonly<Record<string, unknown>> | undefined {
    return this.#running.find((one) => one.instance.id === id)?.life.options?.();
  }

  /** What plugins offer to the admin endpoint. */
  adminRoutes(): readonly AdminRoute[] {
    return this.#running.flatMap((one) => one.life.admin ?? []);
  }

  /** What fills a slot now, for whoever composes nodes; undefined when nothing does. */
  peek<K extends OneSlot>(slot: K): Slots[K] | undefined {
    return this.#roster.facade(slot).current;
  }

  /** The fillings of a slot that takes many. */
  peekAll<K extends ManySlot>(slot: K): readonly { readonly id: string; readonly it: Slots[K] }[] {
    return this.#roster.manyOf(slot).list();
  }
}

/** How a change is made. */
export interface ApplyOptions {
  /** Also where media is interrupted. */
  readonly force?: boolean;
  /** Every plugin that may be used from now on; those of the kernel when left out. */
  readonly plugins?: ReadonlyMap<string, Loadable>;
}

function idOf(entry: PluginEntry): string {
  return entry.id ?? entry.use;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A failed change as its user is told; one that could not even be undone is a fault. */
function changeError(error: unknown, failed: string | undefined): unknown {
  if (failed === undefined || error instanceof AggregateError) return error;
  return new UserError(
    "start-failed",
    `Cannot start "${failed}": ${messageOf(error)}; everything runs as before`,
    { cause: error },
  );
}

/** The word that `use` says for a plugin. */
function useOf(plugins: ReadonlyMap<string, Loadable>, plugin: Loadable): string {
  for (const [use, one] of plugins) if (one === plugin) return use;
  return plugin.name;
}

/** Slots that media depends on change with a restart only, forced or not. */
function refuseFixed(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== "alter") continue;
    const { id, plugin: { slot } } = step.old.instance;
    const why = FIXED_SLOTS[slot];
    if (why === undefined) continue;
    throw new UserError(
      "fixed-slot",
      `Cannot swap "${id}" while media may flow: slot "${slot}" is fixed until the node restarts, since ${why}`,
    );
  }
}

function tellChange({ events }: Ports, changed: Changed, steps: readonly Step[]): void {
  const slots = new Map(steps.map((step) => {
    const { id, plugin } = step.kind === "remove" ? step.old.instance : step.next;
    return [id, plugin.slot];
  }));
  for (const step of steps) {
    if (step.kind !== "alter" || !changed.swapped.includes(step.next.id)) continue;
    const { plugin: { name: from } } = step.old.instance;
    const { id, plugin: { slot, name: to } } = step.next;
    events.emit("plugin-swapped", { slot, id, from, to });
  }
  for (const id of changed.added) events.emit("plugin-added", { slot: slots.get(id), id });
  for (const id of changed.removed) events.emit("plugin-removed", { slot: slots.get(id), id });
  for (const id of changed.adjusted) events.emit("options-changed", { slot: slots.get(id), id });
}

/** Makes a kernel; throws `ConfigError` when the config cannot be used. */
export function createKernel(options: KernelOptions): Kernel {
  return new Kernel(options);
}
