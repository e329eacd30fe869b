/** The demo: a real network on loopback forms, loses the relay that carries the stream, and mends itself. */
import { styleText } from "node:util";
import { UserError } from "../core/plugin.ts";
import { Fleet, type FleetNode, freeBase, until } from "./fleet.ts";
import { loadConfig, type LoadedConfig } from "./load.ts";
import { drawStream, type TreeView } from "./topology.ts";

const FOLDER = "config/demo";
const STREAM = "o1/garden";
const RELAYS = ["r1", "r2", "r3", "r4", "r5"];
const VIEWERS = ["v1", "v2"];
const NODES = ["b1", "o1", ...RELAYS, ...VIEWERS];
/** How long counters run before and after the kill. */
const WATCH_SECONDS = 5;

/** A viewer's session as far as the demo reads it. */
interface Session {
  readonly state?: string;
  readonly packets: number;
  readonly lost: number;
  readonly parents?: readonly string[];
  readonly sinks: readonly { readonly longestPauseMs?: number; readonly bitrate?: number }[];
}

const say = (text = "") => console.log(text);
const heading = (text: string) => say(`\n${styleText("bold", text)}`);

/** All ports of a file as `--set` paths, with their values. */
function portsOf({ config }: LoadedConfig): [string, number][] {
  const boot = config.plugins.some((one) => one.use === "bootstrap");
  return [
    ...(boot
      ? []
      : Object.entries(config.ports).map(([k, v]): [string, number] => [`ports.${k}`, v])),
    ["admin.listen", config.admin?.listen.port ?? 0],
    boot ? ["plugins.bootstrap.with.listen", 5000] : ["bootstrap", 5000],
  ];
}

/** The network of `config/demo`, moved to other ports where its own are taken. */
class DemoNetwork {
  readonly fleet = new Fleet();

  private constructor(
    readonly root: string,
    readonly configs: ReadonlyMap<string, LoadedConfig>,
    readonly shift: number,
  ) {}

  static async load(): Promise<DemoNetwork> {
    const root = new URL("../", import.meta.url).pathname;
    const configs = new Map<string, LoadedConfig>();
    for (const name of NODES) configs.set(name, await loadConfig(`${root}${FOLDER}/${name}.yaml`));
    const ports = [
      ...new Set([...configs.values()].flatMap((one) => portsOf(one)).map(([, port]) => port)),
    ];
    return new DemoNetwork(root, configs, freeBase(ports, 0, 20));
  }

  start(name: string, more: readonly string[] = []): FleetNode {
    const config = this.configs.get(name);
    if (config === undefined) throw new Error(`Cannot start ${name}: no config`);
    const set = this.shift === 0
      ? []
      : portsOf(config).map(([path, port]) =>
        path.startsWith("ports.")
          ? `${path}=${port + this.shift}`
          : `${path}="127.0.0.1:${port + this.shift}"`
      );
    const admin = (config.config.admin?.listen.port ?? 0) + this.shift;
    return this.fleet.spawn(name, config.file, `http://127.0.0.1:${admin}`, [...set, ...more]);
  }

  alive(): FleetNode[] {
    return [...this.fleet.nodes.values()].filter((node) => node.alive && node.name !== "b1");
  }

  async views(): Promise<TreeView[]> {
    const views = await Promise.allSettled(
      this.alive().map((node) => node.ask<TreeView>("/api/v1/tree")),
    );
    return views.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  }

  async draw(): Promise<string> {
    return drawStream(STREAM, await this.views()).map((line) => `  ${line}`).join("\n");
  }

  async session(viewer: string): Promise<Session> {
    const [session] = await this.fleet.get(viewer).ask<Session[]>("/api/v1/sessions");
    if (session === undefined) {
      throw new UserError("no-session", `Cannot find a session at ${viewer}`);
    }
    return session;
  }

  /** The relay two hops above a viewer: the parent of its POP. */
  async relayAbove(viewer: string): Promise<string> {
    const pop = (await this.session(viewer)).parents?.[0];
    const views = await this.views();
    const relay = views.find((one) => one.node === pop)?.subscriptions
      .find((one) => one.stream === STREAM)?.parents[0];
    if (relay === undefined) {
      throw new UserError("no-relay", `Cannot find the relay above ${viewer}`);
    }
    return relay;
  }
}

function hasDisplay(): boolean {
  return Deno.env.get("DISPLAY") !== undefined || Deno.env.get("WAYLAND_DISPLAY") !== undefined;
}

function hasFfplay(): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/ffplay`).isFile;
    } catch {
      return false;
    }
  });
}

async function counters(network: DemoNetwork): Promise<string> {
  const cells = await Promise.all(VIEWERS.map(async (viewer) => {
    const { packets, lost, parents, sinks } = await network.session(viewer);
    const rate = (sinks[0]?.bitrate ?? 0) / 1e6;
    return `${viewer} at ${parents?.join("+") || "-"}: ${packets} packets, ${
      rate.toFixed(2)
    } Mbit/s, ${lost} lost`;
  }));
  return `  ${cells.join("   ")}`;
}

async function watch(network: DemoNetwork, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    say(await counters(network));
  }
}

/** Starts everything and waits until both viewers receive; prints the tree each time it looks different. */
async function form(network: DemoNetwork): Promise<void> {
  const began = performance.now();
  network.start("b1");
  for (const name of NODES.slice(1)) {
    const screen = name === "v1" && hasDisplay() && hasFfplay();
    network.start(name, screen ? ["plugins.2={use: ffplay-sink, id: screen}"] : []);
  }
  say(
    `  ${NODES.length} processes: bootstrapper b1, origin o1, relays ${
      RELAYS.join(", ")
    }, viewers ${VIEWERS.join(", ")}`,
  );
  if (!hasDisplay() || !hasFfplay()) {
    say("  (no window: there is no display, or no ffplay; the viewers count packets)");
  }
  let before = "";
  await until(
    "both viewers to receive",
    async () => {
      for (const node of network.fleet.nodes.values()) {
        if (!node.alive) {
          throw new UserError(
            "ended",
            `node ${node.name} ended:\n${node.log.slice(-5).join("\n")}`,
          );
        }
      }
      const tree = await network.draw();
      if (tree !== before && tree !== "") {
        say(
          `  after ${((performance.now() - began) / 1000).toFixed(1)} s\n${tree}`,
        );
      }
      before = tree;
      const sessions = await Promise.all(VIEWERS.map((viewer) => network.session(viewer)));
      return sessions.every((one) => one.packets > 50);
    },
    60_000,
    200,
  );
}

/** Kills the relay that carries the stream; says what it cost. */
async function kill(
  network: DemoNetwork,
): Promise<{ relay: string; pauseMs: number; lost: number }> {
  const relay = await network.relayAbove("v1");
  const before = await Promise.all(VIEWERS.map((viewer) => network.session(viewer)));
  network.fleet.get(relay).signal("SIGKILL");
  await network.fleet.get(relay).exited;
  say(`  ${styleText("red", `SIGKILL ${relay}`)}, the relay that carries the stream to v1`);
  await watch(network, WATCH_SECONDS);
  const after = await Promise.all(VIEWERS.map((viewer) => network.session(viewer)));
  const lost = after.reduce((sum, one, index) => sum + one.lost - (before[index]?.lost ?? 0), 0);
  const pauseMs = Math.max(...after.map((one) => one.sinks[0]?.longestPauseMs ?? 0));
  for (const [index, one] of after.entries()) {
    if (one.packets <= (before[index]?.packets ?? 0) + 100) {
      throw new UserError(
        "no-recovery",
        `Cannot call it mended: ${VIEWERS[index]} receives no more`,
      );
    }
  }
  say(
    `  longest time without packets at a viewer: ${pauseMs.toFixed(0)} ms; packets lost: ${lost}`,
  );
  return { relay, pauseMs, lost };
}

/** Runs the demo; returns the exit code. */
export async function demo(options: { readonly stay: boolean }): Promise<number> {
  const network = await DemoNetwork.load();
  const stopped = Promise.withResolvers<void>();
  const onSignal = () => stopped.resolve();
  Deno.addSignalListener("SIGINT", onSignal);
  const began = performance.now();
  try {
    heading("A network forms");
    await form(network);
    heading("The stream runs");
    await watch(network, WATCH_SECONDS);
    heading("A relay dies");
    const { relay, pauseMs, lost } = await kill(network);
    heading("The tree has mended itself");
    say(await network.draw());
    if (options.stay) {
      heading("It stays up until Ctrl-C. Look at it with:");
      say(`  deno task topology ${network.alive().map((node) => node.admin).join(" ")}`);
      await stopped.promise;
    }
    heading("Summary");
    const sessions = await Promise.all(VIEWERS.map((viewer) => network.session(viewer)));
    const packets = sessions.reduce((sum, one) => sum + one.packets, 0);
    say(
      `  ${packets} packets at two viewers; ${relay} was killed; ${
        pauseMs.toFixed(0)
      } ms without packets, ${lost} lost`,
    );
    say(`  whole demo: ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`\n${error.message}`);
    for (const node of network.fleet.nodes.values()) {
      console.error(`--- ${node.name}\n${node.log.slice(-8).join("\n")}`);
    }
    return 1;
  } finally {
    Deno.removeSignalListener("SIGINT", onSignal);
    await network.fleet[Symbol.asyncDispose]();
  }
}
