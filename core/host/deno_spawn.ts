/** Child processes by `Deno.Command`, by argument vector, never through a shell. */
import {
  type Child,
  type Counter,
  type ExitStatus,
  PortError,
  type Spawn,
  type SpawnOptions,
} from "../ports.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Guard } from "./deno_clock.ts";
import { demand, portError } from "./port_errors.ts";
import { within } from "./waiting.ts";

/** `write` answers false above this, as the port promises. */
const INPUT_HIGH_BYTES = 4 * 1024 * 1024;
/** Above this the newest bytes are dropped and counted: the child does not read. */
const INPUT_MAX_BYTES = 16 * 1024 * 1024;
const MAX_LINE_BYTES = 4096;
/** How long a child may take to leave after SIGTERM before it gets SIGKILL. */
const GRACE_MS = 1_500;

/** What the children of a host share. */
export interface SpawnShared {
  readonly guard: Guard;
  readonly droppedInputBytes: Counter;
}

type Listeners<T> = Set<(value: T) => void>;

/** Splits bytes into lines of at most 4 KiB; the rest of a longer one is dropped. */
class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #skipping = false;

  push(bytes: Uint8Array, emit: (line: string) => void): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r/);
    this.#rest = parts.pop() ?? "";
    for (const part of parts) this.#emit(part, emit);
    if (this.#rest.length > MAX_LINE_BYTES) {
      this.#emit(this.#rest, emit);
      this.#skipping = true;
      this.#rest = "";
    }
  }

  end(emit: (line: string) => void): void {
    if (this.#rest !== "") this.#emit(this.#rest, emit);
    this.#rest = "";
  }

  #emit(line: string, emit: (line: string) => void): void {
    if (!this.#skipping && line !== "") emit(line.slice(0, MAX_LINE_BYTES));
    this.#skipping = false;
  }
}

/** One child. Its own death, however it comes, is an event and never an unhandled rejection. */
class DenoChild implements Child {
  readonly pid: number;
  readonly #process: Deno.ChildProcess;
  readonly #shared: SpawnShared;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #queue: ByteQueue;
  readonly #output: Listeners<Uint8Array> = new Set();
  readonly #errorLines: Listeners<string> = new Set();
  readonly #drains: Listeners<void> = new Set();
  readonly #exits: Listeners<ExitStatus> = new Set();
  readonly #ended: Promise<void>;
  #inputClosed = false;
  #status: ExitStatus | undefined;

  constructor(process: Deno.ChildProcess, options: SpawnOptions, shared: SpawnShared) {
    this.pid = process.pid;
    this.#process = process;
    this.#shared = shared;
    this.#input = options.stdin === true ? process.stdin.getWriter() : undefined;
    // The stream's own failure is told by the write that met it.
    this.#input?.closed.catch(() => {});
    this.#queue = new ByteQueue({
      highBytes: INPUT_HIGH_BYTES,
      maxBytes: INPUT_MAX_BYTES,
      write: async (bytes) => await this.#input?.write(bytes),
      onDrain: () => this.#tell(this.#drains, undefined),
      onError: () => this.#shutInput(),
    });
    this.#inputClosed = this.#input === undefined;
    this.#ended = this.#watch(options);
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#inputClosed) return false;
    const offered = this.#queue.offer(bytes);
    if (offered === "refused") this.#shared.droppedInputBytes.add(bytes.length);
    return offered === "ok";
  }

  closeInput(): void {
    if (this.#inputClosed) return;
    this.#inputClosed = true;
    void this.#queue.flushed().then(() => this.#shutInput());
  }

  onDrain(fn: () => void): Disposable {
    return listen(this.#drains, fn);
  }

  onOutput(fn: (bytes: Uint8Array) => void): Disposable {
    return listen(this.#output, fn);
  }

  onErrorLine(fn: (line: string) => void): Disposable {
    return listen(this.#errorLines, fn);
  }

  onExit(fn: (status: ExitStatus) => void): Disposable {
    const status = this.#status;
    if (status !== undefined) {
      const late: Listeners<ExitStatus> = new Set([fn]);
      queueMicrotask(() => this.#tell(late, status));
      return { [Symbol.dispose]: () => void late.delete(fn) };
    }
    return listen(this.#exits, fn);
  }

  kill(signal: "SIGTERM" | "SIGKILL" | "SIGINT" = "SIGTERM"): void {
    if (this.#status !== undefined) return;
    try {
      this.#process.kill(signal);
    } catch {
      // It went in this very moment; its exit is on the way.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), GRACE_MS);
    try {
      await this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads both outputs to their ends and reaps the process. Never rejects. */
  async #watch(options: SpawnOptions): Promise<void> {
    const lines = new LineSplitter();
    const emit = (line: string): void => this.#tell(this.#errorLines, line);
    const outputs = Promise.all([
      options.stdout === true
        ? pump(this.#process.stdout, (bytes) => this.#tell(this.#output, bytes))
        : undefined,
      pump(this.#process.stderr, (bytes) => lines.push(bytes, emit)),
    ]);
    const { code, signal } = await this.#process.status;
    this.#inputClosed = true;
    this.#queue.close();
    this.#shutInput();
    // Not for ever: a grandchild may hold a pipe open.
    await within(outputs, GRACE_MS);
    lines.end(emit);
    this.#status = signal === null ? { code } : { code, signal };
    this.#tell(this.#exits, this.#status);
  }

  /** Closes the pipe; one that broke is closed already. */
  #shutInput(): void {
    this.#inputClosed = true;
    this.#input?.close().catch(() => {});
  }

  #tell<T>(listeners: Listeners<T>, value: T): void {
    for (const fn of [...listeners]) {
      try {
        fn(value);
      } catch (error) {
        this.#shared.guard.failed("child", error);
      }
    }
  }
}

function listen<T>(listeners: Listeners<T>, fn: (value: T) => void): Disposable {
  listeners.add(fn);
  return { [Symbol.dispose]: () => void listeners.delete(fn) };
}

async function pump(
  stream: ReadableStream<Uint8Array>,
  emit: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    for await (const bytes of stream) emit(bytes);
  } catch {
    // A broken pipe ends the output; the exit status tells the rest.
  }
}

/** The Spawn port. A missing program throws `not-found`, a missing permission `denied`. */
export function denoSpawn(shared: SpawnShared): Spawn {
  return (argv, options = {}) => {
    const [program, ...args] = argv;
    if (program === undefined || program === "") {
      throw new PortError("not-found", "Cannot start a program: its name is empty");
    }
    const action = `start ${program}`;
    try {
      demand(action, { name: "run", command: program });
      const process = new Deno.Command(program, {
        args,
        stdin: options.stdin === true ? "piped" : "null",
        stdout: options.stdout === true ? "piped" : "null",
        stderr: "piped",
        ...(options.env === undefined ? {} : { env: { ...options.env } }),
      }).spawn();
      return new DenoChild(process, options, shared);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new PortError("not-found", `Cannot ${action}: no such program is installed`, {
          cause: error,
        });
      }
      throw portError(action, error);
    }
  };
}
