/** Child processes that a test scripts, for the seeded world. */
import { type Child, type ExitStatus, PortError, type Spawn } from "../../core/ports.ts";

/** Bytes waiting for standard input beyond which `write` says false. */
const INPUT_HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** A running fake, as the test that scripts it sees it. */
export interface FakeProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Input goes here; while `hold` is true it waits and counts as queued. */
  onInput(fn: (bytes: Uint8Array) => void): void;
  onInputClosed(fn: () => void): void;
  /** Stops or goes on reading standard input. */
  hold(held: boolean): void;
  output(bytes: Uint8Array): void;
  errorLine(line: string): void;
  exit(status: ExitStatus): void;
  /** Signals; without a listener every signal ends the process. */
  onSignal(fn: (signal: string) => void): void;
  readonly running: boolean;
}

/** What a program does when it is started. */
export type Script = (process: FakeProcess) => void;

/** The programs of one host. */
export class Programs {
  readonly #scripts = new Map<string, Script>();
  /** Every fake that was started. */
  readonly started: FakeProcess[] = [];
  #pid = 100;

  /** Installs a program. */
  install(name: string, script: Script): void {
    this.#scripts.set(name, script);
  }

  /** The port; `later` runs a function soon, when the process that spawned still lives. */
  spawn(later: (fn: () => void) => void): Spawn {
    return (argv, options = {}) => {
      const script = this.#scripts.get(argv[0] ?? "");
      if (script === undefined) {
        throw new PortError("not-found", `Cannot start ${argv[0]}: there is no such program`);
      }
      const fake = new FakeChild(++this.#pid, argv, options.env ?? {}, later);
      this.started.push(fake.script);
      later(() => fake.run(script));
      return fake;
    };
  }
}

class FakeChild implements Child {
  readonly script: FakeProcess;
  queuedBytes = 0;
  readonly #waiting: Uint8Array[] = [];
  readonly #drain = new Set<() => void>();
  readonly #output = new Set<(bytes: Uint8Array) => void>();
  readonly #errors = new Set<(line: string) => void>();
  readonly #exits = new Set<(status: ExitStatus) => void>();
  readonly #later: (fn: () => void) => void;
  #input: ((bytes: Uint8Array) => void) | undefined;
  #inputClosed: (() => void) | undefined;
  #signal: ((signal: string) => void) | undefined;
  #held = false;
  #started = false;
  #closed = false;
  #wantsDrain = false;
  #status: ExitStatus | undefined;

  constructor(
    readonly pid: number,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    later: (fn: () => void) => void,
  ) {
    this.#later = later;
    const isRunning = () => this.#status === undefined;
    this.script = {
      argv,
      env,
      onInput: (fn) => {
        this.#input = fn;
        this.#read();
      },
      onInputClosed: (fn) => this.#inputClosed = fn,
      hold: (held) => {
        this.#held = held;
        this.#read();
      },
      output: (bytes) => each(this.#output, bytes),
      errorLine: (line) => each(this.#errors, line.slice(0, 4096)),
      exit: (status) => this.#exit(status),
      onSignal: (fn) => this.#signal = fn,
      get running() {
        return isRunning();
      },
    };
  }

  /** The program begins. */
  run(script: Script): void {
    script(this.script);
    this.#started = true;
    this.#read();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#status !== undefined) return false;
    this.#waiting.push(bytes);
    this.queuedBytes += bytes.length;
    this.#read();
    this.#wantsDrain = this.queuedBytes > INPUT_HIGH_WATER_BYTES;
    return !this.#wantsDrain;
  }

  closeInput(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#later(() => this.#inputClosed?.());
  }

  onDrain(fn: () => void): Disposable {
    return listen(this.#drain, fn);
  }

  onOutput(fn: (bytes: Uint8Array) => void): Disposable {
    return listen(this.#output, fn);
  }

  onErrorLine(fn: (line: string) => void): Disposable {
    return listen(this.#errors, fn);
  }

  onExit(fn: (status: ExitStatus) => void): Disposable {
    return listen(this.#exits, fn);
  }

  kill(signal: "SIGTERM" | "SIGKILL" | "SIGINT" = "SIGTERM"): void {
    if (this.#status !== undefined) return;
    if (this.#signal !== undefined && signal !== "SIGKILL") this.#signal(signal);
    else this.#later(() => this.#exit({ code: signal === "SIGKILL" ? 137 : 143, signal }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    return Promise.resolve();
  }

  #read(): void {
    if (this.#held || !this.#started) return;
    for (const bytes of this.#waiting.splice(0)) {
      this.queuedBytes -= bytes.length;
      this.#input?.(bytes);
    }
    if (!this.#wantsDrain) return;
    this.#wantsDrain = false;
    this.#later(() => {
      for (const fn of [...this.#drain]) fn();
    });
  }

  #exit(status: ExitStatus): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#waiting.length = 0;
    this.queuedBytes = 0;
    each(this.#exits, status);
  }
}

function each<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const fn of [...listeners]) fn(value);
}

function listen<T>(listeners: Set<T>, fn: T): Disposable {
  listeners.add(fn);
  return { [Symbol.dispose]: () => void listeners.delete(fn) };
}
