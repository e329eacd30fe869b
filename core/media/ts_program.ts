/** A program such as ffmpeg that writes a transport stream to its output: run, paced and restarted. */
import { Alarm } from "../alarm.ts";
import { RetryDelay } from "../retry_delay.ts";
import { type Child, type ExitStatus, PortError, type Ports } from "../ports.ts";
import type { SourceOutput } from "../slots.ts";
import { PACE_DEFAULTS, type PaceCounters, PacedQueue } from "./ts_pace.ts";
import { TsShaper } from "./ts_shape.ts";

/** What is run, and how. */
export interface ProgramOptions {
  /** Names the stream in the log. */
  readonly what: string;
  /** The argument vector of each start; a rejection counts as a failed start. */
  readonly command: () => Promise<readonly string[]>;
  /** Constant bit rate to fill up to. */
  readonly bitrate: number | undefined;
  /** A clean exit ends the stream instead of being a failure. */
  readonly once: boolean;
  /** Hears what a program said that ended with a failure, before the next start. */
  readonly onFailure?: (lines: readonly string[]) => void;
}

/** How long a run must last to be a success: the next failure then waits the shortest time again. */
const HEALTHY_MS = 10_000;
/** Wakes no more often than this; a timer's own grain is 1 ms. */
const WAKE_MIN_MS = 2;
/** Buffer between the program and the stream: covers how unevenly ffmpeg writes. */
const DELAY_MS = 300;
/** Lines of the program's standard error that are kept for the message about its end. */
const LINES_KEPT = 5;

/** Runs the program until disposed; output goes out by the stream's own clock. */
export class ProgramRun implements AsyncDisposable {
  readonly ports: Pick<Ports, "clock" | "spawn" | "log">;
  readonly options: ProgramOptions;
  readonly output: SourceOutput;
  readonly #alarm: Alarm;
  readonly #retry: Alarm;
  readonly #delay = new RetryDelay({ firstMs: 1000, maxMs: 30_000 });
  #queue = newQueue();
  #shaper: TsShaper;
  #child: Child | undefined;
  #listeners: Disposable[] = [];
  #lines: string[] = [];
  #startedMs: number | undefined;
  #pumpedMs = 0;
  #finished = false;
  #stopped = false;
  #restarts = 0;
  #starting: Promise<void>;

  constructor(
    ports: Pick<Ports, "clock" | "spawn" | "log">,
    options: ProgramOptions,
    output: SourceOutput,
  ) {
    this.ports = ports;
    this.options = options;
    this.output = output;
    this.#shaper = this.#newShaper();
    this.#alarm = new Alarm(ports.clock, () => this.#pump());
    this.#retry = new Alarm(ports.clock, () => void (this.#starting = this.#start()));
    this.#starting = this.#start();
  }

  /** What went out, and how often the schedule moved. */
  get paceCounters(): PaceCounters {
    return this.#queue.counters;
  }

  /** What it does just now. */
  status(): object {
    return {
      running: this.#child !== undefined,
      restarts: this.#restarts,
      waitingMs: this.#queue.waitingMs,
      ...this.#queue.counters,
      ...this.#shaper.counters,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#alarm[Symbol.dispose]();
    this.#retry[Symbol.dispose]();
    await this.#starting;
    const child = this.#release();
    await child?.[Symbol.asyncDispose]();
  }

  #newShaper(): TsShaper {
    return new TsShaper({ bitrate: this.options.bitrate, restamp: false });
  }

  async #start(): Promise<void> {
    try {
      const argv = await this.options.command();
      if (this.#stopped) return;
      const child = this.ports.spawn(argv, { stdout: true });
      this.#startedMs = this.ports.clock.now();
      this.#lines = [];
      this.#child = child;
      this.#shaper = this.#newShaper();
      this.#queue = newQueue();
      this.#listeners = [
        child.onOutput((bytes) => this.#take(bytes)),
        child.onErrorLine((line) => this.#note(line)),
        child.onExit((status) => this.#onExit(status)),
      ];
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), {
        missing: error instanceof PortError && error.code === "not-found",
      });
    }
  }

  #take(bytes: Uint8Array): void {
    this.#queue.add(this.#shaper.feed(bytes), this.ports.clock.now());
    this.#schedule();
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }

  #onExit(status: ExitStatus): void {
    this.#release();
    if (this.#stopped) return;
    this.#queue.add(this.#shaper.endPass(false), this.ports.clock.now());
    if (this.options.once && status.code === 0) {
      this.#finished = true;
      this.#schedule();
      return;
    }
    this.options.onFailure?.(this.#lines);
    this.#fail(`it ended with code ${status.code}`, { said: this.#lines });
  }

  #fail(why: string, fields: object): void {
    if (this.#stopped) return;
    const now = this.ports.clock.now();
    const ranMs = this.#startedMs === undefined ? 0 : now - this.#startedMs;
    this.#startedMs = undefined;
    if (ranMs > HEALTHY_MS) this.#delay.reset();
    const retryMs = this.#delay.next();
    this.#restarts++;
    this.ports.log.error(`Cannot keep ${this.options.what} running: ${why}`, {
      ...fields,
      retryMs,
    });
    this.#retry.set(now + retryMs);
  }

  #pump(): void {
    this.#pumpedMs = this.ports.clock.now();
    for (const { bytes, dueMs } of this.#queue.poll(this.#pumpedMs)) {
      this.output.push(bytes, dueMs);
    }
    this.#schedule();
  }

  #schedule(): void {
    const due = this.#queue.nextDueMs();
    if (due !== undefined) {
      this.#alarm.set(Math.max(due, this.#pumpedMs + WAKE_MIN_MS));
    } else if (this.#finished) {
      this.#finished = false;
      this.output.end();
    }
  }

  /** Lets go of the child; nothing of it is heard any more. */
  #release(): Child | undefined {
    const child = this.#child;
    this.#child = undefined;
    for (const one of this.#listeners.splice(0)) one[Symbol.dispose]();
    return child;
  }
}

const newQueue = (): PacedQueue => new PacedQueue({ ...PACE_DEFAULTS, delayMs: DELAY_MS });
