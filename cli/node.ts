/** `espalier node`: one node from its config file until a signal, or until its work is done. */
import { type Admin, createAdmin } from "../core/host/admin.ts";
import type { EventHub } from "../core/events.ts";
import { denoPorts } from "../core/host/deno_ports.ts";
import { createLog, type RootLog } from "../core/host/log.ts";
import { createMetrics, type NodeMetrics, processMetrics } from "../core/host/metrics.ts";
import { onReloadSignal, onStopSignal } from "../core/host/signals.ts";
import { createKernel, type Kernel } from "../core/kernel.ts";
import { type AdminRoute, ConfigError, UserError } from "../core/plugin.ts";
import { PortError, type Ports } from "../core/ports.ts";
import denoJson from "../deno.json" with { type: "json" };
import { defaults } from "../plugins/registry.ts";
import { configFile, type ConfigSource, loadConfig, type LoadedConfig } from "./load.ts";
import { Steering } from "./steering.ts";
import { steeringView } from "./steering_view.ts";
import { filesBeside } from "./files.ts";
import { nodeView } from "./view.ts";

/** How long children and neighbors get to let go before the node stops. */
const DRAIN_MS = 1500;

/** Where in the config the address stands that a port error is about. */
function pathOf(error: Error, { config, raw }: LoadedConfig): (string | number)[] | undefined {
  const names = (port: number) => port !== 0 && new RegExp(`:${port}\\b`).test(error.message);
  if (config.admin !== undefined && names(config.admin.listen.port)) return ["admin", "listen"];
  for (const [plane, port] of Object.entries(config.ports)) {
    if (names(port)) return ["ports", plane];
  }
  const entries = (raw as { plugins?: { with?: Record<string, unknown> }[] }).plugins ?? [];
  for (const [index, entry] of entries.entries()) {
    for (const [key, value] of Object.entries(entry.with ?? {})) {
      const port = typeof value === "string" ? Number(/:(\d+)$/.exec(value)?.[1] ?? 0) : 0;
      if (names(port)) return ["plugins", index, "with", key];
    }
  }
  return undefined;
}

/** What a failed start has to tell a person; undefined when it is not the person's to mend. */
function explain(error: unknown, loaded: LoadedConfig): string | undefined {
  if (error instanceof AggregateError) {
    return error.errors.map((one) => explain(one, loaded)).find((one) => one !== undefined);
  }
  if (!(error instanceof PortError || error instanceof UserError)) return undefined;
  const path = pathOf(error, loaded);
  const issue = new ConfigError([{ path: path ?? [], message: error.message }]);
  return path === undefined ? `${loaded.file}: ${error.message}` : loaded.locate(issue).message;
}

/** A node's parts, made but not started. */
class NodeProcess {
  readonly kernel: Kernel;
  readonly #log: RootLog;
  readonly #metrics: NodeMetrics = createMetrics();
  readonly #ports: Ports & { readonly events: EventHub };
  readonly #admin: Admin | undefined;
  readonly #steering: Steering;
  readonly #finished = Promise.withResolvers<string>();

  constructor(readonly loaded: LoadedConfig, source: ConfigSource) {
    const { config } = loaded;
    this.#log = createLog(config.log);
    const ports = denoPorts({
      log: this.#log.bind({ node: config.name }),
      metrics: this.#metrics,
    });
    this.#ports = { ...ports, files: filesBeside(loaded.file, ports.files) };
    this.kernel = createKernel({
      plugins: loaded.plugins,
      defaults,
      config,
      instance: this.#ports.clock.wall(),
      version: denoJson.version,
      ports: (plugin) => ({ ...this.#ports, log: this.#log.bind({ node: config.name, plugin }) }),
      onFinish: (reason) => this.#finished.resolve(reason),
    });
    this.#steering = new Steering({
      kernel: this.kernel,
      loaded,
      source,
      events: this.#ports.events,
      log: this.#log,
    });
    this.#admin = config.admin === undefined ? undefined : this.#makeAdmin(config.admin);
  }

  #makeAdmin(admin: NonNullable<LoadedConfig["config"]["admin"]>): Admin {
    const view = nodeView(
      this.kernel,
      this.loaded,
      this.#steering,
      denoJson.version,
      () => this.#ports.clock.now(),
    );
    const roles: AdminRoute = {
      method: "get",
      path: "/roles",
      summary: "What each role does just now.",
      handle: view.roles,
    };
    return createAdmin({
      listen: admin.listen,
      ...(admin.token === undefined ? {} : { token: admin.token }),
      metrics: this.#metrics,
      events: this.#ports.events,
      log: this.#log.bind({ node: this.loaded.config.name, plugin: "admin" }),
      node: {
        ...view,
        notReady: () =>
          this.kernel.status === "running" ? [] : [`the node is ${this.kernel.status}`],
        routes: () => [roles, ...this.kernel.adminRoutes()],
        drain: () => this.#finished.resolve("drain was asked for"),
        steering: steeringView(this.#steering, this.kernel, this.#log, view.sessions),
      },
    });
  }

  /** What SIGHUP asks for; whoever sent it reads the answer in the log. */
  async #reload(): Promise<void> {
    const log = this.#log.bind({ node: this.loaded.config.name });
    try {
      const { unsaved: _unsaved, ...changed } = await this.#steering.reload();
      log.info("config reloaded", changed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.error("cannot reload the config; everything runs as before", { why });
    }
  }

  /** Runs until a signal or the end of its work; returns the exit code. */
  async run(): Promise<number> {
    const log = this.#log.bind({ node: this.loaded.config.name });
    using _process = processMetrics(this.#metrics, this.#ports.clock);
    using _signals = onStopSignal((signal) => this.#finished.resolve(signal));
    using _reload = onReloadSignal(
      () => void this.#reload(),
      () => this.#finished.resolve("the terminal is gone"),
    );
    try {
      await this.#admin?.start();
      await this.kernel.start();
    } catch (error) {
      await this.#admin?.stop();
      const text = explain(error, this.loaded);
      if (text === undefined) log.error("cannot start", { error });
      await this.#log.flush();
      if (text !== undefined) console.error(text);
      return text === undefined ? 1 : 2;
    }
    this.#ports.events.emit("node-started", { node: this.loaded.config.name });
    log.info("running", { plugins: this.kernel.describe().map((one) => one.id) });
    const why = await this.#finished.promise;
    log.info("leaving", { why });
    this.#ports.events.emit("node-draining", { why });
    await this.kernel.drain(DRAIN_MS);
    const stopped = await Promise.allSettled([this.kernel.stop(), this.#admin?.stop()]);
    const errors = stopped.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
    for (const error of errors) log.error("cannot stop cleanly", { error });
    await this.#log.flush();
    return errors.length > 0 ? 1 : 0;
  }
}

/** Loads a config and runs its node; returns the exit code. Throws `UserError` for a wrong config. */
export async function runNode(file: string, set: readonly string[]): Promise<number> {
  const loaded = await loadConfig(file, set);
  return await new NodeProcess(loaded, configFile(file, set)).run();
}
