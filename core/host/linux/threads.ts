/** Media threads on Linux: the main thread's side. */
import type {
  EngineThread,
  EngineThreadOptions,
  EngineThreads,
  Order,
  Report,
} from "../../datapath/words.ts";
import { type Libc, type LibcFound, openLibc } from "./libc.ts";
import { type FromThread, SHARED, THREAD_NAME, type ToThread } from "./media_thread.ts";
import { Doorbell, KernelClock } from "./poller.ts";

/** A thread that is not ready by then will not be: loading it takes a fifth of a second. */
const READY_MS = 15_000;
/** A thread that does not stop by then is left behind. */
const STOP_MS = 2000;
/** Published bytes that wait at most: two seconds of 64 Mbit/s. */
const PUBLISH_MAX_BYTES = 16 * 1024 * 1024;
/** The thread's heart is listened to this often; it beats ten times as often. */
const WATCH_MS = 1000;
/** So many times nothing in a row is death: five seconds in which this thread itself was awake. */
const SILENT_MAX = 5;

/**
 * Where the thread's code is: a file beside this one, or, where the program is one file, that file, which sees by the
 * thread's name what it is to do.
 */
export function threadEntry(own: string): URL {
  return own.endsWith("/threads.ts") ? new URL("./worker.ts", own) : new URL(own);
}

/** One thread. */
class LinuxThread implements EngineThread {
  readonly #libc: Libc;
  readonly #worker: Worker;
  readonly #bell: Doorbell;
  readonly #shared = new Int32Array(new SharedArrayBuffer(4 * SHARED.count));
  readonly #handles = new Set<number>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #early: Report[] = [];
  #hear: ((reports: readonly Report[]) => void) | undefined;
  #onDeath: ((why: string) => void) | undefined;
  #death: string | undefined;
  /** It takes no orders any more. */
  #isOver = false;
  /** It says nothing any more. */
  #isReleased = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  #closing: Promise<void> | undefined;

  constructor(libc: Libc, options: EngineThreadOptions) {
    this.#libc = libc;
    this.#bell = new Doorbell(libc);
    this.#ready.promise.catch(() => {});
    this.#worker = new Worker(threadEntry(import.meta.url), { type: "module", name: THREAD_NAME });
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#said(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(event.message);
    };
    this.#worker.postMessage({
      options,
      bell: this.#bell.handle,
      shared: this.#shared.buffer,
      clockOffsetMs: new KernelClock(libc).now() - performance.now(),
    });
  }

  /** Resolves when the thread works; rejects when it does not come to that. */
  async ready(withinMs: number): Promise<this> {
    const timer = setTimeout(() => this.#die("the thread did not start in time"), withinMs);
    try {
      await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
    this.#watchBeats();
    return this;
  }

  #watchBeats(): void {
    let beats = -1;
    let silent = 0;
    this.#watch = setInterval(() => {
      const now = Atomics.load(this.#shared, SHARED.beats);
      silent = now === beats ? silent + 1 : 0;
      beats = now;
      if (silent >= SILENT_MAX) this.#die("the thread does not answer");
    }, WATCH_MS);
    Deno.unrefTimer(this.#watch);
  }

  #said(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        return this.#ready.resolve();
      case "opened":
        return void this.#handles.add(message.handle);
      case "closed":
        return void this.#handles.delete(message.handle);
      case "failed":
        return this.#die(message.why);
      case "stopped":
        return this.#stopped.resolve();
      case "reports":
        Atomics.sub(this.#shared, SHARED.reportBytes, message.bytes);
        if (this.#hear === undefined) this.#early.push(...message.reports);
        else if (!this.#isReleased) this.#hear(message.reports);
    }
  }

  #die(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#death = why;
    this.#ready.reject(new Error(`Cannot run a media thread: ${why}`));
    this.#release();
    this.#onDeath?.(why);
  }

  /** Its sockets outlive a thread that dies; so they are closed from here, and their ports are free. */
  #release(): void {
    this.#isReleased = true;
    clearInterval(this.#watch);
    this.#worker.terminate();
    for (const handle of this.#handles) this.#libc.closeHandle(handle);
    this.#handles.clear();
    this.#bell.close();
    this.#libc.unload();
  }

  order(orders: readonly Order[], transfer: readonly ArrayBuffer[]): number {
    if (this.#isOver) return 0;
    let publishBytes = 0;
    for (const order of orders) if (order.kind === "publish") publishBytes += order.ts.length;
    const waiting = Atomics.load(this.#shared, SHARED.publishBytes);
    if (publishBytes > 0 && waiting > PUBLISH_MAX_BYTES) {
      const rest = orders.filter(({ kind }) => kind !== "publish");
      this.#post({ orders: rest, publishBytes: 0 }, []);
      return orders.length - rest.length;
    }
    Atomics.add(this.#shared, SHARED.publishBytes, publishBytes);
    this.#post({ orders, publishBytes }, [...transfer]);
    return 0;
  }

  /** The message lies in the thread's box before it is counted, and is counted before the bell rings. */
  #post(message: ToThread, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer);
    Atomics.add(this.#shared, SHARED.orders, 1);
    this.#bell.ring();
  }

  onReports(fn: (reports: readonly Report[]) => void): void {
    this.#hear = fn;
    const early = this.#early;
    this.#early = [];
    if (early.length > 0) fn(early);
  }

  onDeath(fn: (why: string) => void): void {
    this.#onDeath = fn;
    if (this.#death !== undefined) fn(this.#death);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    this.#post({ stop: true }, []);
    const timer = setTimeout(() => this.#stopped.resolve(), STOP_MS);
    await this.#stopped.promise;
    clearTimeout(timer);
    this.#release();
  }
}

/** Media threads of this host. */
export function linuxThreads(find: () => LibcFound = openLibc, readyMs = READY_MS): EngineThreads {
  let looked: { readonly missing: string | undefined } | undefined;
  const look = (): { readonly missing: string | undefined } => {
    const found = find();
    if ("missing" in found) return found;
    found.libc.unload();
    return { missing: undefined };
  };
  return {
    missing: () => (looked ??= look()).missing,
    // What is here at the start stays.
    onMissing: () => ({ [Symbol.dispose]() {} }),
    async start(options) {
      const found = find();
      if ("missing" in found) throw new Error(`Cannot run a media thread: ${found.missing}`);
      return await new LinuxThread(found.libc, options).ready(readyMs);
    },
  };
}
