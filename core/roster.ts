/** The plugins that a kernel made, and what their consumers see of them: one stand-in a slot, or a list. */
import { Facade } from "./facade.ts";
import { guardPorts } from "./guard.ts";
import { Listeners } from "./listeners.ts";
import { type Instance, takesMany } from "./plan.ts";
import type { Context, Life, Many, Self } from "./plugin.ts";
import type { Ports } from "./ports.ts";
import type { ManySlot, OneSlot, Slot, Slots } from "./slots.ts";

/** A plugin that the kernel made. */
export interface Running {
  readonly instance: Instance;
  readonly life: Life;
}

/** What a roster is made from. */
export interface RosterOptions {
  readonly self: Self;
  /** The ports for one plugin: its log is bound to it. */
  readonly ports: (id: string) => Ports;
  /** Whether the node's own traffic is to be impaired as soon as it has started. */
  readonly impairs: () => boolean;
  readonly onFinish?: (reason: string) => void;
}

/** Makes plugins and shows them to each other. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #facades = new Map<OneSlot, Facade<object>>();
  readonly #many = new Map<ManySlot, Map<string, object>>();
  readonly #manyListeners = new Map<ManySlot, Set<() => void>>();
  readonly #impaired = new Listeners();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** Creates one; nobody sees it yet. */
  make(instance: Instance): Running {
    const chaos = this.facade("chaos");
    const given = this.#options.ports(instance.id);
    const ports = guardPorts(instance.id, given, () => chaos.current, {
      isOn: () => chaos.current !== undefined || this.#options.impairs(),
      onBegin: (fn) => this.#impaired.on(fn),
    });
    const context: Context<Slot> = {
      ...ports,
      self: this.#options.self,
      id: instance.id,
      use: (slot) => this.facade(slot).standIn,
      all: (slot) => this.manyOf(slot),
      finish: (reason) => this.#options.onFinish?.(reason),
    };
    return { instance, life: instance.plugin.create(context, instance.config) };
  }

  /** Shows it to its consumers, in the place of whoever filled its slot (or had its id) before. */
  fill({ instance, life }: Running): void {
    const { slot } = instance.plugin;
    if (takesMany(slot)) {
      const many = slot as ManySlot;
      this.#many.set(many, (this.#many.get(many) ?? new Map()).set(instance.id, life));
      this.#tell(many);
    } else this.facade(slot as OneSlot).fill(life as never);
    if (slot === "chaos") this.#impaired.emit();
  }

  /** Hides it, unless another one is shown in its place. */
  empty({ instance, life }: Running): void {
    const { slot } = instance.plugin;
    if (takesMany(slot)) {
      const fillings = this.#many.get(slot as ManySlot);
      if (fillings?.get(instance.id) !== life) return;
      fillings.delete(instance.id);
      this.#tell(slot as ManySlot);
    } else {
      const facade = this.#facades.get(slot as OneSlot);
      if (facade?.current === life) facade.fill(undefined);
    }
  }

  facade<K extends OneSlot>(slot: K): Facade<Slots[K]> {
    let facade = this.#facades.get(slot);
    if (facade === undefined) {
      facade = new Facade<object>(slot);
      this.#facades.set(slot, facade);
    }
    // One facade per slot, filled only with plugins of that slot.
    return facade as unknown as Facade<Slots[K]>;
  }

  manyOf<K extends ManySlot>(slot: K): Many<Slots[K]> {
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

  /** A listener that throws keeps no other from hearing. */
  #tell(slot: ManySlot): void {
    for (const fn of [...this.#manyListeners.get(slot) ?? []]) {
      try {
        fn();
      } catch (error) {
        this.#options.ports("kernel").log.error("listener of a slot failed", { slot, error });
      }
    }
  }
}
