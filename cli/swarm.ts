/** The commands of the swarm: share a folder, find files, get one. */
import { resolve } from "node:path";
import { createLog } from "../core/host/log.ts";
import { createMetrics } from "../core/host/metrics.ts";
import { denoPorts } from "../core/host/deno_ports.ts";
import { onStopSignal } from "../core/host/signals.ts";
import { addrKey, type NodeName } from "../core/ids.ts";
import { createKernel, type Kernel } from "../core/kernel.ts";
import { UserError } from "../core/plugin.ts";
import { type Addr, PortError, type Ports } from "../core/ports.ts";
import { fileId, pieceCount } from "../core/swarm/identity.ts";
import { IndexClient } from "../core/swarm/index_client.ts";
import type { FoundFile } from "../core/swarm/index_messages.ts";
import { parseAddr } from "../core/units.ts";
import { builtins, defaults } from "../plugins/registry.ts";
import { playWhile } from "./swarm_play.ts";
import { downloadLine, hashLine, StatusLine, type SwarmStatus } from "./swarm_progress.ts";

/** Options that all commands of the swarm share. */
export interface SwarmOptions {
  /** `host:port` of the index. */
  readonly index: string;
}

/** Options of `share` and `get`. */
export interface PeerOptions extends SwarmOptions {
  readonly listen: string;
  readonly uploadRate?: string;
  readonly downloadRate?: string;
}

/** Options of `get`. */
export interface GetOptions extends PeerOptions {
  readonly out?: string;
  readonly folder: string;
  readonly play?: boolean;
  /** Goes on serving others once it is complete. */
  readonly stay?: boolean;
}

/** How long an index may take to answer at the terminal. */
const INDEX_MS = 5000;
const PROGRESS_MS = 250;
const DRAIN_MS = 1000;

function addrOf(text: string, option: string): Addr {
  const addr = parseAddr(text);
  if (addr === undefined) {
    throw new UserError("usage", `Cannot use ${option} ${text}: an address host:port is expected`);
  }
  return addr;
}

/** Ports for a command: warnings go to the terminal. */
function makePorts(): { readonly ports: Ports; flush(): Promise<void> } {
  const log = createLog({ level: "warn", format: "auto" });
  const ports = denoPorts({ log: log.bind({}), metrics: createMetrics() });
  return { ports, flush: () => log.flush() };
}

/** A name for a node that lives as long as a command. */
function commandName(ports: Ports): NodeName {
  const digits = [...ports.rng.bytes(5)].map((byte) => byte.toString(16).padStart(2, "0"));
  // Built from letters and digits only.
  return `cli-${digits.join("")}` as NodeName;
}

/** Runs a peer for a command until `work` is done or a signal comes; returns the exit code. */
async function withPeer(
  options: PeerOptions,
  peer: Readonly<Record<string, unknown>>,
  work: (kernel: Kernel, ports: Ports, stopped: AbortSignal) => Promise<number>,
): Promise<number> {
  const { ports, flush } = makePorts();
  const listen = addrOf(options.listen, "--listen");
  const stop = new AbortController();
  const config = {
    name: commandName(ports),
    listen: listen.host,
    advertise: listen.host,
    ports: { control: 0, keepalive: 0, media: 0 },
    bootstrap: undefined,
    admin: undefined,
    log: { level: "warn", format: "auto" },
    plugins: [{
      use: "peer",
      id: undefined,
      with: {
        listen: addrKey(listen),
        index: addrKey(addrOf(options.index, "--index")),
        ...(options.uploadRate === undefined ? {} : { uploadRate: options.uploadRate }),
        ...(options.downloadRate === undefined ? {} : { downloadRate: options.downloadRate }),
        ...peer,
      },
    }],
  } as const;
  const kernel = createKernel({
    plugins: new Map(builtins.map((plugin) => [plugin.name, plugin])),
    defaults,
    config,
    instance: ports.clock.wall(),
    ports: () => ports,
  });
  using _signals = onStopSignal(() => stop.abort());
  try {
    await kernel.start().catch((error) => {
      // An address in use, a folder that cannot be made: the user's to mend.
      if (!(error instanceof PortError)) throw error;
      throw new UserError(error.code, error.message, { cause: error });
    });
    return await work(kernel, ports, stop.signal);
  } finally {
    await kernel.drain(DRAIN_MS);
    await kernel.stop();
    await flush();
  }
}

/** The peer's status, as its role tells it. */
function statusOf(kernel: Kernel): SwarmStatus {
  const [role] = kernel.peekAll("role");
  // The one role of these kernels is the peer.
  return role?.it.status() as SwarmStatus;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

/** Shares a folder until it is stopped. */
export async function share(folder: string, options: PeerOptions): Promise<number> {
  const path = resolve(folder);
  if (!(await Deno.stat(path).catch(() => undefined))?.isDirectory) {
    throw new UserError("not-found", `Cannot share ${folder}: there is no such folder`);
  }
  const peer = { folders: [path], hashes: `${path}/.espalier/hashes` };
  return await withPeer(options, peer, async (kernel, _ports, stopped) => {
    using line = new StatusLine();
    const known = new Set<string>();
    let reached: boolean | undefined;
    console.log(`sharing ${path} at ${statusOf(kernel).listen}, index ${options.index}`);
    while (!stopped.aborted) {
      const { hashing, index } = statusOf(kernel);
      const routes = kernel.adminRoutes().find((route) => route.path === "/swarm/files");
      const files = await routes?.handle({ params: {}, query: {}, body: undefined });
      for (const file of Array.isArray(files) ? files : []) {
        if (known.has(file.id)) continue;
        known.add(file.id);
        line.clear();
        console.log(`${file.id}  ${file.name}`);
      }
      if (index !== undefined && index.connected !== reached) {
        line.clear();
        if (!index.connected) console.error(`no index at ${options.index} yet; trying again`);
        else if (reached === false) console.error(`index reached`);
        reached = index.connected;
      }
      if (hashing === undefined) line.clear();
      else line.show(hashLine(hashing));
      await sleep(hashing === undefined ? 1000 : PROGRESS_MS, stopped);
    }
    return 0;
  });
}

/** Asks the index once. */
async function ask(
  options: SwarmOptions,
  query: { readonly text: string } | { readonly id: FoundFile["id"] },
): Promise<readonly FoundFile[]> {
  const { ports, flush } = makePorts();
  const { promise, resolve: done, reject } = Promise.withResolvers<readonly FoundFile[]>();
  const fail = (why: string) =>
    reject(new UserError("index", `Cannot ask the index at ${options.index}: ${why}`));
  const client = new IndexClient({
    net: ports.net,
    clock: ports.clock,
    rng: ports.rng,
    to: addrOf(options.index, "--index"),
    up: () =>
      client.ask("SEARCH", { ...query, limit: 50 }, (answer) => {
        if (typeof answer === "object" && answer.type === "FOUND") done(answer.body.files);
        else fail(typeof answer === "string" ? answer : "it refuses");
      }),
    down: fail,
  });
  const timer = setTimeout(() => fail("no answer in time"), INDEX_MS);
  client.start();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await client.stop();
    await flush();
  }
}

function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Prints files whose names hold a text. */
export async function find(text: string, options: SwarmOptions): Promise<number> {
  const files = await ask(options, { text });
  for (const file of files) {
    const peers = `${file.seeds} of ${file.total} peers complete`;
    console.log(`${file.id}  ${sizeText(file.size).padStart(8)}  ${peers}  ${file.name}`);
  }
  if (files.length === 0) console.error(`nothing found for "${text}"`);
  return files.length === 0 ? 1 : 0;
}

/** The one file that a person means; throws when there is none or several. */
async function choose(what: string, options: SwarmOptions): Promise<FoundFile> {
  const id = fileId(what);
  const files = await ask(options, id === undefined ? { text: what } : { id });
  const exact = files.filter((file) => file.name === what || file.id === id);
  const [first, ...others] = exact.length > 0 ? exact : files;
  if (first === undefined) {
    throw new UserError("not-found", `Cannot get ${what}: the index knows no such file`);
  }
  if (others.length > 0 && id === undefined) {
    const list = [first, ...others].map((file) => `  ${file.id}  ${file.name}`).join("\n");
    throw new UserError("ambiguous", `Cannot get ${what}: it may be any of\n${list}`);
  }
  return first;
}

/** Downloads a file, and plays it meanwhile when asked to. */
export async function get(what: string, options: GetOptions): Promise<number> {
  const { out } = options;
  if (out !== undefined && await Deno.lstat(out).catch(() => undefined) !== undefined) {
    throw new UserError("exists", `Cannot get ${what}: ${out} is there already`);
  }
  const file = await choose(what, options);
  const peer = {
    downloads: resolve(options.folder),
    get: [file.id],
    resume: false,
    ...(options.out === undefined ? {} : { out: resolve(options.out) }),
    ...(options.play === true ? { http: "127.0.0.1:0" } : {}),
  };
  return await withPeer(options, peer, async (kernel, ports, stopped) => {
    using progress = new StatusLine();
    const pieces = pieceCount({ sizeBytes: file.size, pieceBytes: file.piece });
    const player = options.play === true
      ? playWhile(file, () => statusOf(kernel), ports.spawn, stopped)
      : undefined;
    while (!stopped.aborted) {
      const transfer = statusOf(kernel).transfers.find((one) => one.id === file.id);
      progress.show(downloadLine(file, pieces, statusOf(kernel), transfer));
      if (transfer?.error !== undefined) {
        throw new UserError("download", `Cannot get ${file.name}: ${transfer.error}`);
      }
      if (transfer?.complete === true) {
        progress.end();
        console.log(transfer.path ?? file.name);
        await player;
        if (options.stay !== true) return 0;
        await new Promise((done) => stopped.addEventListener("abort", done));
        return 0;
      }
      await sleep(PROGRESS_MS, stopped);
    }
    progress.end();
    return 130;
  });
}
