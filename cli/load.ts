/** From a file's name to a config that is ready to run: text, overrides, the user's own plugins, plan. */
import { type ConfigText, parseConfig, type ParseOptions } from "../core/config.ts";
import { makePlan } from "../core/plan.ts";
import { ConfigError, type ConfigIssue, type Loadable, UserError } from "../core/plugin.ts";
import * as espalier from "../core/mod.ts";
import { builtins, defaults } from "../plugins/registry.ts";

/** A config file, checked to the end. */
export interface LoadedConfig extends ConfigText {
  readonly file: string;
  /** The file's text. */
  readonly text: string;
  /** Every plugin that `use` may name here: built-ins and the file's own. */
  readonly plugins: ReadonlyMap<string, Loadable>;
}

/** Whether `use` names something outside the built-ins. */
export function isSpecifier(use: string): boolean {
  return /^(\.{0,2}\/|file:|npm:)/.test(use);
}

function isLoadable(value: unknown): value is Loadable {
  if (typeof value !== "object" || value === null) return false;
  const it = value as Partial<Record<keyof Loadable, unknown>>;
  return typeof it.name === "string" && typeof it.slot === "string" && Array.isArray(it.needs) &&
    typeof it.check === "function" && typeof it.create === "function";
}

/** Imports a user's plugin; its default export is a plugin, or a function that is given the API and returns one. */
async function importPlugin(use: string, file: string): Promise<Loadable> {
  const base = new URL(file, `file://${Deno.cwd()}/`);
  const specifier = use.startsWith("npm:") ? use : new URL(use, base).href;
  const module: { default?: unknown } = await import(specifier);
  const made = typeof module.default === "function" ? module.default(espalier) : module.default;
  if (!isLoadable(made)) {
    throw new Error("its default export is no plugin (definePlugin({...}) expected)");
  }
  return made;
}

async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable
      ? "it may not be read"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new UserError("unreadable", `Cannot read config ${file}: ${why}`, { cause });
  }
}

/** Where a config comes from, and how it is read. */
export interface ConfigSource extends ParseOptions {
  read(): Promise<string>;
  /** Replaces the text at once; refuses when it is no longer `expected`. */
  write(text: string, expected: string): Promise<void>;
}

/** A config file on disk. `set` are overrides of the command line. */
export function configFile(file: string, set: readonly string[] = []): ConfigSource {
  return {
    file,
    set,
    env: (name) => Deno.env.get(name),
    read: () => readText(file),
    write: (text, expected) => replaceText(file, text, expected),
  };
}

/** Writes beside the file, then puts that in its place: a crash leaves the old text or the new one. */
async function replaceText(file: string, text: string, expected: string): Promise<void> {
  try {
    // A link goes on pointing where it does.
    const path = await Deno.realPath(file);
    const { mode } = await Deno.stat(path);
    const beside = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
    try {
      using handle = await Deno.open(beside, {
        write: true,
        createNew: true,
        ...(mode === null ? {} : { mode: mode & 0o777 }),
      });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await handle.write(bytes.subarray(at));
      await handle.syncData();
      if (await readText(file) !== expected) {
        throw new UserError("changed-on-disk", `Cannot save ${file}: it was changed just now`);
      }
      await Deno.rename(beside, path);
    } catch (error) {
      await Deno.remove(beside).catch(() => {});
      throw error;
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("not-writable", `Cannot save ${file}: ${why}`, { cause });
  }
}

/** Loads and checks a config file. Throws `UserError` or `ConfigError`; nothing has started then. */
export async function loadConfig(
  file: string,
  set: readonly string[] = [],
): Promise<LoadedConfig> {
  const source = configFile(file, set);
  const text = await source.read();
  return await loadParsed(parseConfig(text, source), text, file);
}

/**
 * From a parsed config to one that is ready to run: its own plugins are imported unless they are `known`, and
 * everything is checked.
 */
export async function loadParsed(
  parsed: ConfigText,
  text: string,
  file: string,
  known?: ReadonlyMap<string, Loadable>,
): Promise<LoadedConfig> {
  const plugins = new Map(known ?? builtins.map((plugin) => [plugin.name, plugin]));
  const issues: ConfigIssue[] = [];
  for (const [index, { use }] of parsed.config.plugins.entries()) {
    if (!isSpecifier(use) || plugins.has(use)) continue;
    try {
      plugins.set(use, await importPlugin(use, file));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      issues.push({
        path: ["plugins", index, "use"],
        message: `Cannot load plugin ${use}: ${why}`,
      });
    }
  }
  if (issues.length > 0) throw parsed.locate(new ConfigError(issues));
  try {
    makePlan({ plugins, defaults, entries: parsed.config.plugins });
  } catch (error) {
    throw error instanceof ConfigError ? parsed.locate(error) : error;
  }
  return { ...parsed, text, file, plugins };
}
