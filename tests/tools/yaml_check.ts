/** Checks YAML files and the YAML blocks of Markdown pages against the built-in plugins. */
import { parse } from "../../core/yaml.ts";
import { parseConfig } from "../../core/config.ts";
import { makePlan } from "../../core/plan.ts";
import { ConfigError, type Loadable } from "../../core/plugin.ts";
import type { Slot } from "../../core/slots.ts";

/** What configs may name. */
export interface Known {
  readonly plugins: readonly Loadable[];
  readonly defaults: Partial<Record<Slot, string>>;
}

/** A block of YAML in a page. */
export interface YamlBlock {
  readonly text: string;
  readonly line: number;
}

/** The ```yaml blocks of a Markdown page. */
export function yamlBlocks(markdown: string): readonly YamlBlock[] {
  const blocks: YamlBlock[] = [];
  let open: { line: number; lines: string[]; indent: number } | undefined;
  markdown.split("\n").forEach((line, index) => {
    const fence = /^(\s*)```\s*(\S*)/.exec(line);
    if (open !== undefined && fence !== null) {
      blocks.push({ text: open.lines.join("\n"), line: open.line });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line.slice(open.indent));
    else if (fence !== null && /^ya?ml$/.test(fence[2] ?? "")) {
      open = { line: index + 2, lines: [], indent: fence[1]?.length ?? 0 };
    }
  });
  return blocks;
}

/** Values that stand for the environment's: each check accepts them. */
const env = (name: string): string => `${name}-0123456789abcdef`;

/** What a user's own plugin may be called in an example. */
const OWN = /^(\.{0,2}\/|file:|npm:)/;

/**
 * Checks a config: a whole node file, a part of one that holds `plugins`, a list of plugin entries or one
 * entry. Plugins by path are taken as they are. Throws `ConfigError` with file and line.
 */
export function checkYaml(text: string, file: string, known: Known): void {
  const value: unknown = parse(text);
  if (Array.isArray(value)) return checkEntries(value, file, known);
  if (typeof value !== "object" || value === null) {
    throw new ConfigError([{ path: [], message: "neither a node nor plugin entries" }], file);
  }
  if ("use" in value) return checkEntries([value], file, known);
  if (!("plugins" in value)) {
    throw new ConfigError([{ path: [], message: "neither a node nor plugin entries" }], file);
  }
  if (!("name" in value)) {
    return checkEntries(Array.isArray(value.plugins) ? value.plugins : [], file, known);
  }
  const parsed = parseConfig(text, { file, env });
  const entries = parsed.config.plugins;
  const own = entries.some((entry) => OWN.test(entry.use));
  try {
    // Whether an own plugin fills a needed slot cannot be known here; defaults stand in for it.
    makePlan({
      plugins: new Map(known.plugins.map((plugin) => [plugin.name, plugin])),
      defaults: known.defaults,
      entries: own ? entries.filter((entry) => !OWN.test(entry.use)) : entries,
    });
  } catch (error) {
    if (error instanceof ConfigError) throw parsed.locate(error);
    throw error;
  }
}

function checkEntries(entries: readonly unknown[], file: string, known: Known): void {
  for (const [index, entry] of entries.entries()) {
    const fail = (message: string) => new ConfigError([{ path: [index], message }], file);
    if (typeof entry !== "object" || entry === null || !("use" in entry)) {
      throw fail("no plugin entry");
    }
    if (typeof entry.use === "string" && OWN.test(entry.use)) continue;
    const plugin = known.plugins.find((one) => one.name === entry.use);
    if (plugin === undefined) throw fail(`no plugin "${entry.use}"`);
    for (const key of Object.keys(entry)) {
      if (!["use", "id", "with"].includes(key)) throw fail(`unknown key "${key}"`);
    }
    plugin.check("with" in entry ? entry.with : {});
  }
}
