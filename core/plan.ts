/** From a list of plugin entries to instances in start order. Pure: every error comes before any side effect. */
import { didYouMean } from "./nearest.ts";
import type { PluginEntry } from "./config.ts";
import { ConfigError, type ConfigIssue, type Loadable } from "./plugin.ts";
import { MANY_SLOTS, type Slot } from "./slots.ts";

/** One plugin to run. */
export interface Instance {
  readonly id: string;
  readonly plugin: Loadable;
  /** The checked options. */
  readonly config: unknown;
  /** The options as given. */
  readonly raw: unknown;
  /** False when the kernel added it as a slot's default. */
  readonly configured: boolean;
}

/** What plans are made from. */
export interface PlanInput {
  /** By the word that `use` says. */
  readonly plugins: ReadonlyMap<string, Loadable>;
  /** Which plugin fills a needed slot that the config leaves empty. */
  readonly defaults: Partial<Record<Slot, string>>;
  readonly entries: readonly PluginEntry[];
}

/** Whether a slot takes many fillings. */
export function takesMany(slot: Slot): boolean {
  return (MANY_SLOTS as readonly Slot[]).includes(slot);
}

/** Checks one entry; pushes what is wrong to `issues`. */
function instanceOf(
  entry: PluginEntry,
  index: number,
  input: PlanInput,
  issues: ConfigIssue[],
): Instance | undefined {
  const plugin = input.plugins.get(entry.use);
  const path = ["plugins", index];
  if (plugin === undefined) {
    const hint = didYouMean(entry.use, input.plugins.keys());
    issues.push({ path: [...path, "use"], message: `no plugin "${entry.use}"${hint}` });
    return undefined;
  }
  try {
    const config = plugin.check(entry.with);
    return { id: entry.id ?? plugin.name, plugin, config, raw: entry.with, configured: true };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const issue of error.issues) {
      issues.push({ ...issue, path: [...path, "with", ...issue.path] });
    }
    return undefined;
  }
}

/** Refuses two instances of one id and two fillings of a slot that takes one. */
function refuseRivals(instances: readonly (Instance | undefined)[], issues: ConfigIssue[]): void {
  const ids = new Map<string, number>();
  const fillings = new Map<Slot, string>();
  instances.forEach((instance, index) => {
    if (instance === undefined) return;
    const { id, plugin } = instance;
    const path = ["plugins", index];
    if (ids.has(id)) {
      const message = `"${id}" is there twice; give one of them another id`;
      issues.push({ path: [...path, "id"], message });
    }
    ids.set(id, index);
    if (takesMany(plugin.slot)) return;
    const rival = fillings.get(plugin.slot);
    if (rival !== undefined) {
      const message = `slot "${plugin.slot}" is already filled by "${rival}"`;
      issues.push({ path: [...path, "use"], message });
    }
    fillings.set(plugin.slot, plugin.name);
  });
}

/** Orders instances so that everybody starts after what it needs; adds defaults for empty slots. */
function order(given: readonly Instance[], input: PlanInput): Instance[] {
  const bySlot = new Map<Slot, Instance[]>();
  for (const instance of given) {
    bySlot.set(instance.plugin.slot, [...bySlot.get(instance.plugin.slot) ?? [], instance]);
  }
  const done: Instance[] = [];
  const open: Instance[] = [];
  const fail = (message: string) => new ConfigError([{ path: ["plugins"], message }]);
  const fill = (slot: Slot, from: Instance): Instance[] => {
    const name = input.defaults[slot];
    const plugin = name === undefined ? undefined : input.plugins.get(name);
    if (plugin === undefined) throw fail(`"${from.id}" needs slot "${slot}", and nothing fills it`);
    const made = [{
      id: plugin.name,
      plugin,
      config: plugin.check({}),
      raw: {},
      configured: false,
    }];
    bySlot.set(slot, made);
    return made;
  };
  const visit = (instance: Instance): void => {
    if (done.includes(instance)) return;
    if (open.includes(instance)) {
      const ring = [...open.slice(open.indexOf(instance)), instance].map((one) => one.id);
      throw fail(`plugins need each other in a circle: ${ring.join(" -> ")}`);
    }
    open.push(instance);
    for (const slot of instance.plugin.needs) {
      const fillings = bySlot.get(slot) ?? (takesMany(slot) ? [] : fill(slot, instance));
      for (const need of fillings) visit(need);
    }
    open.pop();
    done.push(instance);
  };
  for (const instance of given) visit(instance);
  const [first] = given;
  for (const slot of new Set(given.flatMap(({ plugin }) => plugin.brings ?? []))) {
    // Nobody uses it, so a node that knows no default is whole without it.
    const known = input.plugins.has(input.defaults[slot] ?? "");
    if (first !== undefined && known && !bySlot.has(slot)) fill(slot, first).forEach(visit);
  }
  return done;
}

/** The instances of a node in start order. Throws `ConfigError` with every issue found. */
export function makePlan(input: PlanInput): readonly Instance[] {
  const issues: ConfigIssue[] = [];
  const instances = input.entries.map((entry, index) => instanceOf(entry, index, input, issues));
  refuseRivals(instances, issues);
  if (issues.length > 0) throw new ConfigError(issues);
  return order(instances.filter((one) => one !== undefined), input);
}
