/** Several real node processes on this machine, for the demo and the end-to-end tests. */
import { UserError } from "../core/plugin.ts";
import { ask } from "./topology.ts";

/** Lines of a node's log that are kept. */
const LOG_LINES = 400;

/** How a node process is started: the program itself when compiled, Deno and main.ts otherwise. */
function nodeCommand(): { readonly program: string; readonly args: readonly string[] } {
  if (Deno.build.standalone) return { program: Deno.execPath(), args: ["node"] };
  const main = Deno.env.get("ESPALIER_MAIN") ?? new URL("../main.ts", import.meta.url).pathname;
  const flags = [
    "run",
    // As `deno task node` has it: half the memory for packets that are held for seconds, at no cost in time.
    "--v8-flags=--optimize-for-size",
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env",
  ];
  const more = ["--allow-sys", "--allow-ffi", "--allow-run=ffmpeg,ffplay", "--unstable-net"];
  return { program: Deno.execPath(), args: [...flags, ...more, main, "node"] };
}

/** Keeps the last lines of a stream. */
async function keepLines(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    if (lines.length > LOG_LINES) lines.splice(0, lines.length - LOG_LINES);
  }
  if (rest !== "") lines.push(rest);
}

/** One node process. */
export class FleetNode {
  readonly log: string[] = [];
  readonly exited: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  #reading: Promise<unknown>;
  alive = true;
  /** It was sent a signal: its end surprises nobody. */
  signaled = false;

  constructor(readonly name: string, readonly admin: string, args: readonly string[], env = {}) {
    const { program, args: first } = nodeCommand();
    this.#child = new Deno.Command(program, {
      args: [...first, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    }).spawn();
    this.#reading = Promise.all([
      keepLines(this.#child.stdout, this.log),
      keepLines(this.#child.stderr, this.log),
    ]);
    this.exited = this.#child.status.then(async (status) => {
      this.alive = false;
      await this.#reading;
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal; nothing when it has ended. */
  signal(signal: Deno.Signal): void {
    if (!this.alive) return;
    this.signaled = true;
    try {
      this.#child.kill(signal);
    } catch {
      // It ended between the check and the signal.
    }
  }

  /** Asks the node's admin endpoint. */
  ask<T>(path: string): Promise<T> {
    return ask<T>(this.admin, path);
  }

  /** Resolves once `/readyz` says yes; fails with the node's log when it ends or takes too long. */
  async ready(withinMs = 20_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.alive && performance.now() < deadline) {
      try {
        const response = await fetch(`${this.admin}/readyz`, { signal: AbortSignal.timeout(1000) });
        await response.body?.cancel();
        if (response.ok) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new UserError(
      "not-ready",
      `Cannot start node ${this.name}: it ${this.alive ? "is not ready in time" : "ended"}\n` +
        this.log.slice(-20).join("\n"),
    );
  }

  /** SIGTERM, then SIGKILL after a grace. */
  async stop(graceMs = 4000): Promise<Deno.CommandStatus> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), graceMs);
    const status = await this.exited;
    clearTimeout(timer);
    return status;
  }
}

/** A network of node processes that end together. */
export class Fleet implements AsyncDisposable {
  readonly nodes = new Map<string, FleetNode>();

  /** Starts a node without waiting for it. */
  spawn(
    name: string,
    file: string,
    admin: string,
    set: readonly string[] = [],
    env = {},
  ): FleetNode {
    const args = ["--config", file, ...set.flatMap((one) => ["--set", one])];
    const node = new FleetNode(name, admin, args, env);
    this.nodes.set(name, node);
    return node;
  }

  /** The node of that name. */
  get(name: string): FleetNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`Cannot find node ${name}: it was never started`);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    this.nodes.clear();
  }
}

/** Whether nothing is bound to a loopback port, UDP and TCP. */
function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

/** The first of `step`-spaced bases from `from` on where every offset is free. */
export function freeBase(offsets: readonly number[], from: number, step: number): number {
  for (let base = from; base + Math.max(...offsets) < 65_000; base += step) {
    if (offsets.every((offset) => isFree(base + offset))) return base;
  }
  throw new UserError("no-ports", "Cannot find free ports on 127.0.0.1");
}

/** Asks again and again until `read` gives something. */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await read();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const why = last instanceof Error ? `: ${last.message}` : "";
  throw new UserError("timeout", `Cannot wait any longer for ${what}${why}`);
}
