/** A network of real node processes for one test: ports, config files, logs on failure, clean end. */
import { Fleet, type FleetNode, until } from "../../cli/fleet.ts";

/** A plugin entry as YAML would have it. */
export interface Use {
  readonly use: string;
  readonly id?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** Below the ports that systems hand out by themselves: none of those sockets can take it meanwhile. */
const PORTS_FROM = 10_000;
const PORTS_TO = 32_000;
const given = new Set<number>();

/** A port that nothing is bound to just now, and that no other call has returned. */
export function freePort(): number {
  for (;;) {
    const port = PORTS_FROM + Math.floor(Math.random() * (PORTS_TO - PORTS_FROM));
    if (given.has(port)) continue;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch {
      continue;
    }
    given.add(port);
    return port;
  }
}

/** Which datapath nodes of a test run with, where the test names none: the default when it is not set. */
const DATAPATH = Deno.env.get("ESPALIER_DATAPATH");
/** Roles that carry no media. */
const QUIET_ROLES = ["bootstrap", "index", "peer"];

/** The plugins with the datapath that the environment asks for. */
function withDatapath(plugins: readonly Use[]): readonly Use[] {
  const isSettled = plugins.some(({ use }) =>
    QUIET_ROLES.includes(use) || use.startsWith("datapath-")
  );
  return DATAPATH === undefined || isSettled
    ? plugins
    : [...plugins, { use: `datapath-${DATAPATH}` }];
}

/** What a session of `/api/v1/sessions` looks like, as far as tests read it. */
export interface SessionView {
  readonly session: string;
  readonly stream: string;
  readonly state?: string;
  readonly ended: boolean;
  readonly packets: number;
  readonly lost: number;
  readonly parents?: readonly string[];
  readonly failovers?: number;
  readonly handovers?: number;
  readonly lastOutageMs?: number;
  readonly sinks: readonly Record<string, unknown>[];
}

/** One test's network. */
export class TestNet implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "espalier-e2e-" });
  readonly fleet = new Fleet();
  readonly bootstrapPort = freePort();
  readonly files = new Map<string, string>();
  /** Set once the test got to its end, so that logs are only printed for failures. */
  passed = false;
  /** Environment of the nodes started from here on. */
  env: Record<string, string> = {};

  constructor(
    readonly options: { readonly neighbors?: Readonly<Record<string, readonly string[]>> } = {},
  ) {}

  /** Writes a config file and starts the node; wait for `ready()` where it matters. */
  start(
    name: string,
    plugins: readonly Use[],
    more: Readonly<Record<string, unknown>> = {},
  ): FleetNode {
    const adminPort = freePort();
    const config = {
      name,
      listen: "127.0.0.1",
      ports: { control: 0, keepalive: 0, media: 0 },
      bootstrap: `127.0.0.1:${this.bootstrapPort}`,
      admin: { listen: `127.0.0.1:${adminPort}` },
      log: { level: "debug", format: "json" },
      plugins: withDatapath(plugins),
      ...more,
    };
    const file = `${this.folder}/${name}.yaml`;
    Deno.writeTextFileSync(file, JSON.stringify(config, null, 1));
    this.files.set(name, file);
    return this.fleet.spawn(name, file, `http://127.0.0.1:${adminPort}`, [], this.env);
  }

  /** Starts a node again from the file it was first started with. */
  restart(name: string): FleetNode {
    const file = this.files.get(name) ?? "";
    const { admin } = this.fleet.get(name);
    return this.fleet.spawn(name, file, admin);
  }

  /** The bootstrapper: the neighbor map of the options, or the nearest ones. */
  bootstrap(): FleetNode {
    const { neighbors } = this.options;
    return this.start("b", [
      { use: "bootstrap", with: { listen: `127.0.0.1:${this.bootstrapPort}` } },
      neighbors === undefined
        ? { use: "discovery-nearest" }
        : { use: "discovery-static", with: { neighbors } },
    ]);
  }

  relay(
    name: string,
    options: Readonly<Record<string, unknown>> = {},
    more: readonly Use[] = [],
  ): FleetNode {
    return this.start(name, [{ use: "relay", with: options }, ...more]);
  }

  pop(
    name: string,
    options: Readonly<Record<string, unknown>> = {},
    more: readonly Use[] = [],
  ): FleetNode {
    return this.relay(name, { pop: true, ...options }, more);
  }

  origin(
    name: string,
    sources: readonly Use[],
    options: Readonly<Record<string, unknown>> = {},
  ): FleetNode {
    return this.start(name, [{ use: "origin", with: options }, ...sources]);
  }

  viewer(
    name: string,
    sessions: readonly Readonly<Record<string, unknown>>[],
    sinks: readonly Use[],
    options: Readonly<Record<string, unknown>> = {},
  ): FleetNode {
    return this.start(name, [{ use: "viewer", with: { sessions, ...options } }, ...sinks]);
  }

  /** Waits until all nodes started so far are ready, but for those that were sent a signal. */
  async ready(): Promise<void> {
    await Promise.all(
      [...this.fleet.nodes.values()].filter((one) => !one.signaled).map((one) => one.ready()),
    );
  }

  async sessions(viewer: string): Promise<readonly SessionView[]> {
    return await this.fleet.get(viewer).ask<readonly SessionView[]>("/api/v1/sessions");
  }

  /** The first session of a viewer once `test` holds for it. */
  async session(
    viewer: string,
    what: string,
    test: (session: SessionView) => boolean,
    withinMs = 20_000,
  ): Promise<SessionView> {
    return await until(`${viewer}: ${what}`, async () => {
      const [session] = await this.sessions(viewer);
      return session !== undefined && test(session) ? session : undefined;
    }, withinMs);
  }

  /** The parent a node takes a stream from now. */
  async parentOf(node: string, stream: string): Promise<string | undefined> {
    const tree = await this.fleet.get(node).ask<{
      subscriptions: readonly { stream: string; parents: readonly string[] }[];
    }>("/api/v1/tree");
    return tree.subscriptions.find((one) => one.stream === stream)?.parents[0];
  }

  /** A counter of `/metrics`, summed over its labels. */
  async metric(node: string, name: string, labels = ""): Promise<number> {
    const response = await fetch(`${this.fleet.get(node).admin}/metrics`);
    const lines = (await response.text()).split("\n");
    return lines.filter((line) =>
      (line.startsWith(`espalier_${name} `) || line.startsWith(`espalier_${name}{`)) &&
      line.includes(labels)
    ).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** What every node logged last. */
  printLogs(): void {
    for (const [name, node] of this.fleet.nodes) {
      console.log(`--- log of ${name}\n${node.log.slice(-60).join("\n")}`);
    }
    console.log(`--- files are kept in ${this.folder}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    if (this.passed) await Deno.remove(this.folder, { recursive: true });
  }
}

/** Runs a test over a network; when it fails, logs are printed and files kept. */
export async function withNet(
  options: ConstructorParameters<typeof TestNet>[0],
  fn: (net: TestNet) => Promise<void>,
): Promise<void> {
  const net = new TestNet(options);
  try {
    await fn(net);
    net.passed = true;
  } catch (error) {
    net.printLogs();
    throw error;
  } finally {
    await net[Symbol.asyncDispose]();
  }
}

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  const path = Deno.env.get("PATH") ?? "";
  return path.split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
}

/** `ignore` and the name for a test that needs programs: a missing one is named as the reason. */
export function needing(
  programs: readonly string[],
  name: string,
): { name: string; ignore: boolean } {
  const missing = programs.filter((program) => !hasProgram(program));
  return missing.length === 0
    ? { name, ignore: false }
    : { name: `${name} (ignored: ${missing.join(", ")} not installed)`, ignore: true };
}

/** Runs a program to its end; returns its exit code and output as text. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const out = await new Deno.Command(program, { args: [...args], stdin: "null", ...options })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: out.code, stdout: text(out.stdout), stderr: text(out.stderr) };
}
