/**
 * A small real network around relays under test: a bootstrapper and the relays in processes of their own, as users run them;
 * origin and children in the rig's process, on the product's own control plane.
 */
import { until } from "../../../cli/fleet.ts";
import { parseConfig } from "../../../core/config.ts";
import { denoPorts } from "../../../core/host/deno_ports.ts";
import { createLog } from "../../../core/host/log.ts";
import { createMetrics } from "../../../core/host/metrics.ts";
import type { StreamName } from "../../../core/ids.ts";
import { createKernel, type Kernel } from "../../../core/kernel.ts";
import type { Loadable } from "../../../core/plugin.ts";
import { builtins, defaults } from "../../../plugins/registry.ts";
import { TestNet, type Use } from "../../../tests/e2e/net.ts";
import type { LoadRun } from "../load/layout.ts";
import { ipv4 } from "../load/libc.ts";
import type { Load } from "../load/load.ts";
import { ChildrenSide, loadChildren } from "./children.ts";
import { loadSource, originDatapath, OriginSide } from "./origin.ts";

/** What is to be built. */
export interface NetworkSpec {
  readonly net: number;
  /** Relays in a row, from the origin on. */
  readonly relays: readonly string[];
  /** The relay that each child is served by. */
  readonly parents: readonly string[];
  readonly streams: number;
  readonly datapath: string;
  /** Options of the datapath, as a config has them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Further plugins of the relays. */
  readonly more?: readonly Use[];
  /** A declared rate, so that nobody has to measure it; only admission looks at it. */
  readonly bitrate?: number;
}

const JOIN_WITHIN_MS = 60_000;

/** One node inside the rig. */
function rigNode(
  name: string,
  bootstrap: number,
  plugins: readonly Use[],
  own: readonly Loadable[],
): Kernel {
  const text = JSON.stringify({
    name,
    listen: "127.0.0.1",
    ports: { control: 0, keepalive: 0, media: 0 },
    bootstrap: `127.0.0.1:${bootstrap}`,
    log: { level: "error" },
    plugins,
  });
  const { config } = parseConfig(text, { file: name, env: () => undefined });
  const log = createLog(config.log);
  const ports = denoPorts({ log: log.bind({ node: name }), metrics: createMetrics() });
  return createKernel({
    plugins: new Map([...builtins, ...own].map((plugin) => [plugin.name, plugin])),
    defaults,
    config,
    instance: ports.clock.wall(),
    ports: (plugin) => ({ ...ports, log: log.bind({ node: name, plugin }) }),
  });
}

/** The network. */
export class RelayNetwork implements AsyncDisposable {
  readonly origin = new OriginSide();
  readonly children: ChildrenSide;
  readonly #net: TestNet;
  readonly #kernels: readonly Kernel[];
  readonly #listening: Disposable;

  constructor(readonly spec: NetworkSpec, readonly load: Load) {
    const { relays, parents } = spec;
    const streams = Array.from({ length: spec.streams }, (_, n) => `o/s${n}` as StreamName);
    this.children = new ChildrenSide({ net: spec.net, parents, streams }, load);
    this.#listening = load.listen(spec.net, (heard) => this.children.heard(heard));
    const neighbors: Record<string, string[]> = { o: [relays[0] ?? ""] };
    for (const [at, relay] of relays.entries()) {
      const next = relays[at + 1];
      neighbors[relay] = [
        ...next === undefined ? [] : [next],
        ...parents.includes(relay) ? ["v"] : [],
      ];
    }
    this.#net = new TestNet({ neighbors });
    const port = this.#net.bootstrapPort;
    const [idle, quiet] = [new OriginSide(), { log: { level: "warn", format: "json" } }];
    this.#net.bootstrap();
    for (const relay of relays) {
      this.#net.start(relay, [
        { use: "relay", with: { pop: true, maxChildren: 100_000, maxBitrate: "1000Gbit/s" } },
        { use: spec.datapath, with: spec.options ?? {} },
        ...spec.more ?? [],
      ], quiet);
    }
    const source = loadSource(spec.streams, spec.bitrate ?? 4e6);
    this.#kernels = [
      rigNode("o", port, [{ use: "origin" }, { use: "load-source" }, { use: "load-origin" }], [
        source,
        originDatapath(this.origin),
      ]),
      rigNode("v", port, [{ use: "load-children" }, { use: "load-origin" }], [
        loadChildren(this.children),
        originDatapath(idle),
      ]),
    ];
  }

  /** Starts everything; resolves when every child has every stream. */
  async start(): Promise<void> {
    await this.#net.ready();
    for (const kernel of this.#kernels) await kernel.start();
    const { children } = this;
    try {
      await until(
        `${children.wanted} streams at the children`,
        () => children.joined === children.wanted,
        JOIN_WITHIN_MS,
      );
    } catch (error) {
      this.#net.printLogs();
      throw error;
    }
  }

  /** What a run needs to send into this network; `advance` is to follow. */
  input(): Pick<LoadRun, "fd" | "streams" | "targets"> {
    const [first] = this.origin.targets.values();
    if (first === undefined) throw new Error("Cannot send: the relay has left the origin");
    const { host, port } = first;
    const streams = [...this.origin.streams.values()];
    this.origin.busy = true;
    return { fd: this.origin.socket.fd, streams, targets: [{ address: ipv4(host), port }] };
  }

  /** Tells the streams how far a run went, which ends it. */
  advance(next: readonly number[]): void {
    for (const [at, stream] of [...this.origin.streams.values()].entries()) {
      stream.next = next[at] ?? stream.next;
    }
    this.origin.busy = false;
  }

  pid(relay: string): number {
    return this.#net.fleet.get(relay).pid;
  }

  /** What a relay's admin endpoint says. */
  async ask<T>(relay: string, path: string): Promise<T> {
    return await this.#net.fleet.get(relay).ask<T>(path);
  }

  /** A counter of a relay. */
  async metric(relay: string, name: string, labels = ""): Promise<number> {
    return await this.#net.metric(relay, name, labels);
  }

  /** What the relays logged. */
  printLogs(): void {
    this.#net.printLogs();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const kernel of [...this.#kernels].reverse()) await kernel.stop();
    this.#listening[Symbol.dispose]();
    this.#net.passed = true;
    await this.#net[Symbol.asyncDispose]();
  }
}
