/** From a file's name to a config that is ready to run: text, overrides, the user's own plugins, plan. */
import { type ConfigText, parseConfig } from "../core/config.ts";
import { makePlan } from "../core/plan.ts";
import { ConfigError, type ConfigIssue, type Loadable, UserError } from "../core/plugin.ts";
import * as espalier from "../core/mod.ts";
import { builtins, defaults } from "../plugins/registry.ts";

/** A config file, checked to the end. */
export interface LoadedConfig extends ConfigText {
  readonly file: string;
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

/** Loads and checks a config file. Throws `UserError` or `ConfigError`; nothing has started then. */
export async function loadConfig(
  file: string,
  set: readonly string[] = [],
): Promise<LoadedConfig> {
  const text = parseConfig(await readText(file), {
    file,
    env: (name) => Deno.env.get(name),
    set,
  });
  const plugins = new Map(builtins.map((plugin) => [plugin.name, plugin]));
  const issues: ConfigIssue[] = [];
  for (const [index, { use }] of text.config.plugins.entries()) {
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
  if (issues.length > 0) throw text.locate(new ConfigError(issues));
  try {
    makePlan({ plugins, defaults, entries: text.config.plugins });
  } catch (error) {
    throw error instanceof ConfigError ? text.locate(error) : error;
  }
  return { ...text, file, plugins };
}
