/** Espalier: the command line, and the one place where kernel, host and plugins meet. */
import { Command, CommanderError } from "commander";
import { checkFiles, printPlugins, printSchema } from "./cli/describe.ts";
import { demo } from "./cli/demo.ts";
import { runNode } from "./cli/node.ts";
import { find, get, share } from "./cli/swarm.ts";
import { topology } from "./cli/topology.ts";
import { runMediaThread, THREAD_NAME } from "./core/host/linux/media_thread.ts";
import { UserError } from "./core/plugin.ts";
import { parseDuration } from "./core/units.ts";
import denoJson from "./deno.json" with { type: "json" };

/** Exit code of everything that is the user's to mend. */
const USER_ERROR = 2;

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** The commands of the swarm. */
function addSwarm(program: Command): void {
  const index = ["--index <host:port>", "the index", "127.0.0.1:7300"] as const;
  const listen = [
    "--listen <host:port>",
    "where other peers reach this one",
    "127.0.0.1:0",
  ] as const;
  const up = ["--upload-rate <rate>", "such as 20Mbit/s"] as const;
  program.command("share")
    .description("shares a folder's files with other peers until SIGINT or SIGTERM")
    .argument("<folder>", "the folder")
    .option(...index).option(...listen).option(...up)
    .action(async (folder: string, options) => Deno.exit(await share(folder, options)));
  program.command("find")
    .description("lists shared files whose names hold a text")
    .argument("<text>", "words of the name")
    .option(...index)
    .action(async (text: string, options) => Deno.exit(await find(text, options)));
  program.command("get")
    .description("downloads a file from all peers that have it")
    .argument("<what>", "its id or its name")
    .option(...index).option(...listen).option(...up)
    .option("--download-rate <rate>", "such as 20Mbit/s")
    .option("--folder <folder>", "where it goes", ".")
    .option("--out <file>", "where it goes, under this name")
    .option("--play", "plays it in ffplay meanwhile")
    .option("--stay", "goes on serving others when it is complete")
    .action(async (what: string, options) => Deno.exit(await get(what, options)));
}

/** The commands that ask running nodes. */
function addWatching(program: Command): void {
  program.command("topology")
    .description("asks running nodes' admin endpoints and draws the tree")
    .argument("[admin...]", "admin endpoints", ["http://127.0.0.1:8081"])
    .option("--token <token>", "bearer token of the endpoints")
    .action(async (bases: string[], { token }) => console.log(await topology(bases, token)));
  program.command("top")
    .description("watches running nodes: nodes, links, streams, sessions, rates, trees; q ends")
    .argument("[admin...]", "admin endpoints", ["http://127.0.0.1:8081"])
    .option("--token <token>", "bearer token of the endpoints")
    .option("--once", "one picture, as where there is no terminal")
    .option("--interval <duration>", "time between pictures", "1s")
    .action(async (bases: string[], { token, once, interval }) => {
      const { top } = await import("./cli/top.ts");
      const intervalMs = parseDuration(interval);
      if (intervalMs === undefined || intervalMs < 100) {
        throw new UserError(
          "usage",
          `Cannot wait "${interval}": a duration from 100ms on expected`,
        );
      }
      Deno.exit(await top({ bases, token, once: once === true, intervalMs }));
    });
}

function buildProgram(): Command {
  const program = new Command("espalier")
    .description("Edge relay for live video: a tree of relays that builds and repairs itself.")
    .version(denoJson.version)
    .showHelpAfterError("(--help shows what there is)")
    .showSuggestionAfterError()
    .exitOverride();
  program.command("node")
    .description("runs a node from its config file until SIGINT or SIGTERM")
    .option("-c, --config <file>", "the node's YAML file (needed)")
    .option("-s, --set <path=value>", "overrides one value, such as ports.control=0", collect, [])
    .option("--check", "checks the config and stops")
    .action(async ({ config, set, check }) => {
      // Commander's own check of a required option would hide a mistyped one.
      if (config === undefined) {
        throw new UserError("usage", "Cannot run a node: --config FILE is missing");
      }
      const code = check
        ? (await checkFiles([config], set) ? 0 : USER_ERROR)
        : await runNode(config, set);
      Deno.exit(code);
    });
  program.command("check")
    .description("checks config files: every error with its path and line")
    .argument("<file...>", "YAML files")
    .action(async (files: string[]) => {
      if (!await checkFiles(files, [])) Deno.exit(USER_ERROR);
    });
  program.command("plugins")
    .description("lists built-in plugins: name, slot, what it does, options")
    .argument("[name]", "part of a name, or a slot")
    .option("--json", "as JSON")
    .action((name: string | undefined, { json }) => printPlugins(name, json === true));
  program.command("schema")
    .description("prints the JSON Schema of a node file, for editors")
    .action(printSchema);
  addWatching(program);
  addSwarm(program);
  program.command("demo")
    .description("a whole network on this machine: watch it form, break and mend")
    .option("--stay", "keeps running until SIGINT")
    .action(async ({ stay }) => Deno.exit(await demo({ stay: stay === true })));
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** Runs the command line; returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USER_ERROR;
    if (error instanceof UserError) {
      console.error(error.message);
      return USER_ERROR;
    }
    throw error;
  }
}

// Where the program is one file, that file is the code of its media thread too.
const thread: unknown = Reflect.get(globalThis, "name");
if (thread === THREAD_NAME) runMediaThread();
else if (import.meta.main) {
  const code = await main(Deno.args);
  if (code !== 0) Deno.exit(code);
}
