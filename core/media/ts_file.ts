/** One transport stream file being played: read ahead, shaped, and let out at its time. */
import { Alarm } from "../alarm.ts";
import { UserError } from "../plugin.ts";
import type { Counter, Ports } from "../ports.ts";
import { RetryDelay } from "../retry_delay.ts";
import type { SourceOutput } from "../slots.ts";
import { TS_BYTES } from "./ts.ts";
import { type PaceCounters, PacedQueue } from "./ts_pace.ts";
import type { TsProbe } from "./ts_probe.ts";
import { TsShaper } from "./ts_shape.ts";

/** One read: few of them, so that a slow disk does not show. */
const BLOCK_BYTES = 700 * TS_BYTES;
/** What is shaped at once holds about this much time: short work, so that timers stay on time. */
const SLICE_MS = 100;
/** Read-ahead: covers a slow disk, costs 1 MB at 8 Mbit/s. */
const AHEAD_MS = 1000;
const AHEAD_MAX_BYTES = 4 * 1024 * 1024;
/** Wakes no more often than this; a timer's own grain is 1 ms. */
const WAKE_MIN_MS = 2;
/** How far packets may fall behind before the bit rate is called too low: a decoder's usual buffer. */
const LAG_MAX_MS = 700;

/** What a run counts into. */
export interface RunCounters {
  readonly fileErrors: Counter;
  readonly passes: Counter;
}

/** A file opened for one pass. */
export interface TsContent extends AsyncDisposable {
  readonly probe: TsProbe;
  /** Reads at most `into.length` bytes at `offset`; 0 at the end. May wait for bytes that are still to come. */
  read(offset: number, into: Uint8Array): Promise<number>;
}

/** What is played, and how. */
export interface TsFileOptions {
  /** Names the stream in the log. */
  readonly name: string;
  /** Names the file in errors. */
  readonly path: string;
  readonly loop: boolean;
  /** Constant bit rate to fill up to. */
  readonly bitrate: number | undefined;
  readonly restamp: boolean;
  /** Opens the file as it is now, once a pass; what it waits for ends with the signal. */
  readonly open: (signal: AbortSignal) => Promise<TsContent>;
}

/** Plays one file until disposed. */
export class TsFileRun implements AsyncDisposable {
  readonly ports: Pick<Ports, "clock" | "log">;
  readonly entry: TsFileOptions;
  readonly output: SourceOutput;
  readonly counters: RunCounters;
  readonly #alarm: Alarm;
  readonly #queue = new PacedQueue();
  readonly #shaper: TsShaper;
  readonly #retry = new RetryDelay({ firstMs: 1000, maxMs: 30_000 });
  readonly #done: Promise<void>;
  readonly #abort = new AbortController();
  #stopped = false;
  #readAll = false;
  #wakeReader: (() => void) | undefined;
  #cutRetry: (() => void) | undefined;
  #pumpedMs = 0;
  #passes = 0;
  #lagTold = false;

  constructor(
    ports: Pick<Ports, "clock" | "log">,
    entry: TsFileOptions,
    output: SourceOutput,
    counters: RunCounters,
  ) {
    this.ports = ports;
    this.entry = entry;
    this.output = output;
    this.counters = counters;
    this.#shaper = new TsShaper({ bitrate: entry.bitrate, restamp: entry.restamp });
    this.#alarm = new Alarm(ports.clock, () => this.#pump());
    this.#done = this.#read();
  }

  /** What went out, and how often the schedule moved. */
  get paceCounters(): PaceCounters {
    return this.#queue.counters;
  }

  /** What it does just now. */
  status(): object {
    return {
      passes: this.#passes,
      positionMs: this.#shaper.positionMs,
      waitingMs: this.#queue.waitingMs,
      ...this.#queue.counters,
      ...this.#shaper.counters,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    this.#alarm[Symbol.dispose]();
    this.#wakeReader?.();
    this.#cutRetry?.();
    await this.#done;
  }

  /** Reads pass after pass. Never rejects: trouble is told and tried again. */
  async #read(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#pass();
        this.#retry.reset();
        if (!this.entry.loop) return this.#finish();
      } catch (error) {
        if (this.#stopped) return;
        await this.#failed(error);
      }
    }
  }

  async #failed(error: unknown): Promise<void> {
    this.counters.fileErrors.add();
    this.#add(this.#shaper.endPass(true));
    const retryMs = this.#retry.next();
    this.ports.log.error(error instanceof Error ? error.message : String(error), {
      stream: this.entry.name,
      retryMs,
    });
    await new Promise<void>((resolve) => {
      const timer = this.ports.clock.after(retryMs, resolve);
      this.#cutRetry = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
    this.#cutRetry = undefined;
  }

  /** Reads the file once, from its beginning to its end as it is now. */
  async #pass(): Promise<void> {
    await using content = await this.entry.open(this.#abort.signal);
    if (this.#stopped) return;
    const { probe } = content;
    this.#shaper.beginPass(probe.clock, probe.rate);
    const before = this.#shaper.positionMs;
    await this.#blocks(content, sliceBytes(probe.rate));
    if (this.#stopped) return;
    this.#add(this.#shaper.endPass(this.entry.loop));
    if (this.#shaper.positionMs <= before) {
      throw new UserError("not-playable", `Cannot play ${this.entry.path}: it holds no packet`);
    }
    this.#passes++;
    this.counters.passes.add();
  }

  async #blocks(content: TsContent, slice: number): Promise<void> {
    for (let offset = 0; !this.#stopped;) {
      // A fresh buffer each time: pieces are views of it and live as long as the rings that hold them.
      const block = new Uint8Array(BLOCK_BYTES);
      const got = await content.read(offset, block);
      if (got === 0) return;
      offset += got;
      for (let at = 0; at < got; at += slice) {
        await this.#room();
        if (this.#stopped) return;
        this.#add(this.#shaper.feed(block.subarray(at, Math.min(got, at + slice))));
      }
    }
  }

  /** Waits until little enough is read ahead. */
  async #room(): Promise<void> {
    while (!this.#stopped && this.#isAhead()) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
      this.#wakeReader = undefined;
    }
  }

  #isAhead(): boolean {
    return this.#queue.waitingMs > AHEAD_MS || this.#queue.waitingBytes > AHEAD_MAX_BYTES;
  }

  #add(pieces: Parameters<PacedQueue["add"]>[0]): void {
    if (this.#stopped) return;
    this.#queue.add(pieces, this.ports.clock.now());
    const { lagMaxMs } = this.#shaper.counters;
    if (lagMaxMs > LAG_MAX_MS && !this.#lagTold) {
      this.#lagTold = true;
      this.ports.log.warn("the file's peaks exceed its constant bit rate", {
        stream: this.entry.name,
        bitrate: this.entry.bitrate,
        lagMs: Math.round(lagMaxMs),
      });
    }
    this.#schedule();
  }

  #finish(): void {
    this.#readAll = true;
    this.#schedule();
  }

  #pump(): void {
    this.#pumpedMs = this.ports.clock.now();
    for (const { bytes, dueMs } of this.#queue.poll(this.#pumpedMs)) {
      this.output.push(bytes, dueMs);
    }
    if (!this.#isAhead()) this.#wakeReader?.();
    if (!this.#stopped) this.#schedule();
  }

  #schedule(): void {
    const due = this.#queue.nextDueMs();
    if (due !== undefined) {
      this.#alarm.set(Math.max(due, this.#pumpedMs + WAKE_MIN_MS));
      return;
    }
    if (!this.#readAll) return;
    // The last packet takes its time too.
    const endMs = this.#queue.dueOf(this.#shaper.positionMs) ?? 0;
    if (endMs > this.ports.clock.now()) this.#alarm.set(endMs);
    else this.#end();
  }

  #end(): void {
    this.#readAll = false;
    this.output.end();
  }
}

/** A whole number of packets, so that pieces are mostly views of what was read. */
function sliceBytes(rate: number): number {
  const packets = Math.round(rate * SLICE_MS / 8000 / TS_BYTES);
  return Math.min(BLOCK_BYTES, Math.max(1, packets) * TS_BYTES);
}
