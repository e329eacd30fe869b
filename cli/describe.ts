/** `plugins`, `schema` and `check`: what there is to configure, and whether a file does it right. */
import { styleText } from "node:util";
import { z } from "zod";
import { nodeJsonSchema } from "../core/config.ts";
import { ConfigError, type Loadable, UserError } from "../core/plugin.ts";
import { builtins, defaults } from "../plugins/registry.ts";
import { loadConfig } from "./load.ts";

/** One option as text. */
function optionLine(name: string, option: Record<string, unknown>): string {
  const standard = option.default === undefined ? "" : ` [${JSON.stringify(option.default)}]`;
  return `    ${name}${standard}  ${option.description ?? ""}`;
}

function optionsOf(plugin: Loadable): [string, Record<string, unknown>][] {
  const schema = z.toJSONSchema(plugin.config, { io: "input", unrepresentable: "any" });
  return Object.entries(schema.properties ?? {}).map(([name, option]) => [
    name,
    typeof option === "object" ? option as Record<string, unknown> : {},
  ]);
}

/** Prints every built-in: name, slot, what it does, options. */
export function printPlugins(filter: string | undefined, json: boolean): void {
  const shown = builtins.filter((one) =>
    filter === undefined || one.name.includes(filter) || one.slot === filter
  ).toSorted((a, b) => a.slot.localeCompare(b.slot) || a.name.localeCompare(b.name));
  if (json) {
    const rows = shown.map((one) => ({
      name: one.name,
      slot: one.slot,
      summary: one.summary,
      default: defaults[one.slot] === one.name,
      needs: one.needs,
      options: z.toJSONSchema(one.config, { io: "input", unrepresentable: "any" }),
    }));
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  for (const plugin of shown) {
    const standard = defaults[plugin.slot] === plugin.name ? ", default" : "";
    console.log(`${styleText("bold", plugin.name)} (${plugin.slot}${standard})`);
    console.log(`  ${plugin.summary}`);
    for (const [name, option] of optionsOf(plugin)) console.log(optionLine(name, option));
  }
  if (shown.length === 0) {
    throw new UserError("not-found", `Cannot show "${filter}": no plugin or slot of that name`);
  }
}

/** Prints the JSON Schema of a node file. */
export function printSchema(): void {
  console.log(JSON.stringify(nodeJsonSchema(builtins), null, 2));
}

/** Checks files; prints one line a file or its errors; true when all are right. */
export async function checkFiles(
  files: readonly string[],
  set: readonly string[],
): Promise<boolean> {
  let good = true;
  for (const file of files) {
    try {
      const { config } = await loadConfig(file, set);
      console.log(
        `${file}: ok (${config.name}: ${config.plugins.map((one) => one.use).join(", ")})`,
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      good = false;
      const text = error instanceof ConfigError && error.file === undefined
        ? `${file}: ${error.message}`
        : error.message;
      console.error(text);
    }
  }
  return good;
}
