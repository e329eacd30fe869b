/**
 * Changes a running node: every change is first a whole config, checked as a file is, then the difference is
 * applied, then it may be written back to the file. One change at a time.
 */
import type { PluginEntry } from "../core/config.ts";
import { checkNode, parseConfig } from "../core/config.ts";
import { editConfig, pluginKey } from "../core/config_edit.ts";
import type { Changed } from "../core/change.ts";
import { isPlain, sameValue } from "../core/equal.ts";
import type { LogLevel } from "../core/host/log.ts";
import type { Kernel } from "../core/kernel.ts";
import { takesMany } from "../core/plan.ts";
import { ConfigError, type Loadable, UserError } from "../core/plugin.ts";
import type { Events } from "../core/ports.ts";
import type { Slot } from "../core/slots.ts";
import { type ConfigSource, isSpecifier, type LoadedConfig, loadParsed } from "./load.ts";

/** Changes that wait for one under way, at most. */
const WAITING_MAX = 16;
/** What of a config cannot change while the node runs, and why. */
const FIXED: Readonly<Record<string, string>> = {
  name: "others know the node by it",
  listen: "sockets are bound to it",
  advertise: "others know the node by it",
  ports: "sockets are bound to them",
  bootstrap: "the node is registered there",
  admin: "this very endpoint answers there",
};

/** An entry of `plugins`, as a config writes it. */
export interface RawEntry {
  readonly use: string;
  readonly id?: string | undefined;
  readonly with?: Readonly<Record<string, unknown>> | undefined;
}

/** A config as a plain value. */
interface RawConfig {
  readonly plugins: readonly RawEntry[];
  readonly log?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What steering needs of its node. */
export interface SteeringNeeds {
  readonly kernel: Kernel;
  readonly loaded: LoadedConfig;
  readonly source: ConfigSource;
  readonly events: Events;
  readonly log: { level: LogLevel };
}

/** What a change did, and whether the file says so. */
export interface ChangeAnswer extends Changed {
  readonly unsaved: boolean;
}

const NOTHING: Changed = { added: [], removed: [], swapped: [], adjusted: [] };

/** Steers one node. */
export class Steering {
  readonly #needs: SteeringNeeds;
  /** The config as its file had it when it was last read or written. */
  #file: LoadedConfig;
  /** The config as it runs. */
  #raw: RawConfig;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(needs: SteeringNeeds) {
    this.#needs = needs;
    this.#file = needs.loaded;
    this.#raw = rawOf(needs.loaded);
  }

  /** Whether what runs differs from the file. */
  get unsaved(): boolean {
    return !sameValue(this.#withLive(), this.#file.raw);
  }

  /** The config as it runs. */
  get config(): RawConfig {
    return this.#raw;
  }

  /** Every plugin that `use` may name. */
  get plugins(): ReadonlyMap<string, Loadable> {
    return this.#file.plugins;
  }

  /** Adds a plugin. */
  add(entry: RawEntry, force: boolean): Promise<ChangeAnswer> {
    return this.#change(force, (plugins) => {
      const key = pluginKey(entry);
      if (this.#running(key ?? "") !== undefined) {
        throw new UserError("exists", `Cannot add "${key}": a plugin of that id runs already`);
      }
      return [...plugins, entry];
    });
  }

  /** Puts a plugin in the place of the one of this id or slot; fills a slot that is empty. */
  put(key: string, entry: RawEntry, force: boolean): Promise<ChangeAnswer> {
    return this.#change(force, (plugins) => {
      const old = this.#running(key);
      const slot = this.plugins.get(entry.use)?.slot;
      // A word that no plugin has is left to the check of the whole, which knows the nearest one.
      const fits = slot === undefined || slot === (old?.slot ?? key);
      if (!fits || (old === undefined && (slot === undefined || takesMany(slot)))) {
        if (old === undefined) throw notFound(key);
        throw new UserError(
          "wrong-slot",
          `Cannot put "${entry.use}" in the place of "${key}": it does not fill "${old.slot}"`,
        );
      }
      const many = old !== undefined && takesMany(old.slot);
      const id = entry.id ?? (many && entry.use !== old.id ? old.id : undefined);
      return replaced(plugins, old?.id, { ...entry, id });
    });
  }

  /** Changes options of the plugin of this id or slot by a merge patch (RFC 7396). */
  patch(
    key: string,
    options: Readonly<Record<string, unknown>>,
    force: boolean,
  ): Promise<ChangeAnswer> {
    return this.#change(force, (plugins) => {
      const old = this.#running(key);
      if (old === undefined) throw notFound(key);
      const entry = plugins.find((one) => pluginKey(one) === old.id) ?? { use: old.name };
      const merged = merge(entry.with ?? {}, options);
      return replaced(plugins, old.id, { ...entry, with: isPlain(merged) ? merged : {} });
    });
  }

  /** Removes a plugin; a slot that others need falls back to its default. */
  remove(key: string, force: boolean): Promise<ChangeAnswer> {
    return this.#change(force, (plugins) => {
      const old = this.#running(key);
      if (old === undefined) throw notFound(key);
      const rest = plugins.filter((one) => pluginKey(one) !== old.id);
      if (rest.length < plugins.length) return rest;
      throw new UserError(
        "is-default",
        `Cannot remove "${old.id}": it fills slot "${old.slot}" by default, for others need it`,
      );
    });
  }

  /** Sets the least level that is logged. */
  setLevel(level: LogLevel): { level: LogLevel } {
    this.#needs.log.level = level;
    this.#raw = { ...this.#raw, log: { ...this.#raw.log, level } };
    this.#needs.events.emit("log-level", { level });
    return { level };
  }

  /** Reads the file again and applies what differs from what runs; a wrong file changes nothing. */
  reload(force = false): Promise<ChangeAnswer> {
    return this.#inTurn(async () => {
      try {
        return await this.#reload(force);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#needs.events.emit("change-refused", { why, reload: true });
        throw error;
      }
    });
  }

  /** Writes what runs back into the file; refuses when somebody changed it meanwhile, unless forced. */
  save(force = false): Promise<{ file: string; changed: boolean }> {
    return this.#inTurn(() => this.#save(force));
  }

  async #reload(force: boolean): Promise<ChangeAnswer> {
    const loaded = await this.#parse(await this.#needs.source.read());
    this.#refuseFixed(loaded);
    const { log, plugins } = loaded.config;
    const changed = await this.#needs.kernel.apply(plugins, { force, plugins: loaded.plugins });
    this.#needs.log.level = log.level;
    this.#file = loaded;
    this.#raw = rawOf(loaded);
    this.#needs.events.emit("config-reloaded", { ...changed });
    return { ...changed, unsaved: this.unsaved };
  }

  #refuseFixed(loaded: LoadedConfig): void {
    // As the node was started: a file that was saved with force may say otherwise since.
    const before = this.#needs.loaded.config;
    const issues = Object.entries(FIXED).flatMap(([key, why]) => {
      const [was, is] = [before, loaded.config].map((one) => one[key as keyof typeof one]);
      return sameValue(was, is)
        ? []
        : [{ path: [key], message: `cannot change while the node runs, for ${why}; restart it` }];
    });
    if (before.log.format !== loaded.config.log.format) {
      issues.push({ path: ["log", "format"], message: "cannot change while the node runs" });
    }
    if (issues.length > 0) throw loaded.locate(new ConfigError(issues));
  }

  async #save(force: boolean): Promise<{ file: string; changed: boolean }> {
    const { source, events, kernel } = this.#needs;
    const [text, wanted] = [await source.read(), this.#withLive()];
    if (text !== this.#file.text && !force) {
      throw new UserError(
        "changed-on-disk",
        `Cannot save ${this.#file.file}: it was changed on disk since it was read; reload it, or save with force`,
      );
    }
    const edited = editConfig(text, this.#file.raw, wanted);
    const loaded = await this.#parse(edited);
    if (!force && !sameValue(loaded.raw, wanted)) {
      throw new UserError(
        "not-writable",
        `Cannot save ${this.#file.file}: what runs cannot be written there (anchors, or --set?)`,
      );
    }
    if (edited !== text) await source.write(edited, text);
    this.#file = loaded;
    this.#raw = rawOf(loaded);
    // What was only set at run time is configured from now on; with force, so is what others wrote.
    await kernel.apply(loaded.config.plugins, { plugins: loaded.plugins });
    events.emit("config-saved", { file: loaded.file, changed: edited !== text });
    return { file: loaded.file, changed: edited !== text };
  }

  #parse(text: string): Promise<LoadedConfig> {
    const { source } = this.#needs;
    return loadParsed(parseConfig(text, source), text, source.file, this.plugins);
  }

  /** The config as it runs, with what plugins have been told at run time. */
  #withLive(): RawConfig {
    const { kernel } = this.#needs;
    const views = kernel.describe();
    const plugins = this.#raw.plugins.map((entry): RawEntry => {
      const id = pluginKey(entry);
      const live = id === undefined ? undefined : kernel.liveOptions(id);
      if (live === undefined) return entry;
      const checked = views.find((one) => one.id === id)?.config;
      return { ...entry, with: { ...entry.with, ...written(live, entry.with ?? {}, checked) } };
    });
    return { ...this.#raw, plugins };
  }

  #running(key: string): { id: string; name: string; slot: Slot } | undefined {
    const views = this.#needs.kernel.describe();
    return views.find((one) => one.id === key) ??
      views.find((one) => one.slot === key && !takesMany(one.slot));
  }

  #change(
    force: boolean,
    edit: (plugins: readonly RawEntry[]) => readonly RawEntry[],
  ): Promise<ChangeAnswer> {
    return this.#inTurn(async () => {
      const edited = edit(this.#withLive().plugins).map(tidy);
      const raw = { ...this.#raw, plugins: edited };
      if (sameValue(raw, this.#raw)) return { ...NOTHING, unsaved: this.unsaved };
      const config = checkNode(raw);
      this.#refuseForeignCode(config.plugins);
      const changed = await this.#needs.kernel.apply(config.plugins, { force });
      this.#raw = raw;
      return { ...changed, unsaved: this.unsaved };
    });
  }

  /** Code comes from the program and from what its config file names, never from a request. */
  #refuseForeignCode(entries: readonly PluginEntry[]): void {
    for (const { use } of entries) {
      if (!isSpecifier(use) || this.plugins.has(use)) continue;
      throw new UserError(
        "foreign-code",
        `Cannot use ${use}: code is loaded from what the config file names only; write it there and reload`,
      );
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      throw new UserError("busy", `Cannot queue more than ${WAITING_MAX} changes`);
    }
    this.#waiting++;
    const turn = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function rawOf(loaded: LoadedConfig): RawConfig {
  // The schema of a node's config accepted this value.
  return loaded.raw as RawConfig;
}

function notFound(key: string): UserError {
  return new UserError("not-found", `Cannot change "${key}": no plugin of that id or slot runs`);
}

function replaced(
  plugins: readonly RawEntry[],
  id: string | undefined,
  entry: RawEntry,
): readonly RawEntry[] {
  const at = plugins.findIndex((one) => pluginKey(one) === id);
  return at < 0 ? [...plugins, entry] : plugins.with(at, entry);
}

/** Without what says nothing. */
function tidy({ use, id, with: options }: RawEntry): RawEntry {
  return {
    use,
    ...(id === undefined || id === use ? {} : { id }),
    ...(options === undefined || Object.keys(options).length === 0 ? {} : { with: options }),
  };
}

/** A merge patch (RFC 7396): null removes. */
function merge(value: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch;
  const merged: Record<string, unknown> = isPlain(value) ? { ...value } : {};
  for (const [key, one] of Object.entries(patch)) {
    if (one === null) delete merged[key];
    else merged[key] = merge(merged[key], one);
  }
  return merged;
}

/** Elements that a plugin took over from its checked options stand for what the config wrote there. */
function written(
  live: Readonly<Record<string, unknown>>,
  raw: Readonly<Record<string, unknown>>,
  checked: unknown,
): Record<string, unknown> {
  const whole = isPlain(checked) ? checked : {};
  return Object.fromEntries(
    Object.entries(live).map(([key, value]) => {
      const [list, known] = [raw[key], whole[key]];
      if (!Array.isArray(value) || !Array.isArray(known) || !Array.isArray(list)) {
        return [key, value];
      }
      const asWritten = (one: unknown) => {
        const at = known.indexOf(one);
        return at < 0 ? one : list[at];
      };
      return [key, value.map(asWritten)];
    }),
  );
}
