/** The media thread's own side of the messages: hands orders to the loop, and reports to the main thread. */
import type { EngineThreadOptions, Order, Report } from "../../datapath/words.ts";
import { openLibc } from "./libc.ts";
import { MediaLoop } from "./loop.ts";
import { Doorbell, KernelClock } from "./poller.ts";

/** Name of the thread: by it a program in one file knows which of its two lives this is. */
export const THREAD_NAME = "espalier-media";

/** Numbers in memory that both threads share. */
export const SHARED = {
  /** Messages of orders given so far. */
  orders: 0,
  /** Grows with each turn of the loop. */
  beats: 1,
  /** Bytes for receivers that the main thread has not taken yet. */
  reportBytes: 2,
  /** Published bytes that this thread has not taken yet. */
  publishBytes: 3,
  count: 4,
} as const;
/** Bytes for receivers that wait at most: a second of 256 Mbit/s. */
const REPORT_MAX_BYTES = 32 * 1024 * 1024;

/** First message to the thread. */
export interface Hello {
  readonly options: EngineThreadOptions;
  readonly bell: number;
  readonly shared: SharedArrayBuffer;
  /** The kernel's clock less the main thread's: what makes one time of both. */
  readonly clockOffsetMs: number;
}

/** To the thread, after `Hello`. */
export type ToThread =
  | { readonly orders: readonly Order[]; readonly publishBytes: number }
  | { readonly stop: true };

/** From the thread. */
export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "opened"; readonly handle: number }
  | { readonly kind: "closed"; readonly handle: number }
  | { readonly kind: "reports"; readonly reports: readonly Report[]; readonly bytes: number }
  | { readonly kind: "stopped" };

/** What a dedicated worker's global scope offers. */
interface ThreadScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: FromThread): void;
  close(): void;
}

function bytesOf(reports: readonly Report[]): number {
  let bytes = 0;
  for (const report of reports) {
    if (report.kind === "chunks") bytes += report.chunks.payload.length;
  }
  return bytes;
}

/** Messages that have come, and those that must have. */
class Mailbox {
  readonly shared: Int32Array;
  stopping = false;
  #handled = 0;
  #orders: Order[] = [];
  #wake: (() => void) | undefined;

  constructor(shared: Int32Array) {
    this.shared = shared;
  }

  put(message: ToThread): void {
    this.#handled++;
    if ("stop" in message) this.stopping = true;
    else {
      Atomics.sub(this.shared, SHARED.publishBytes, message.publishBytes);
      for (const order of message.orders) this.#orders.push(order);
    }
    this.#wake?.();
  }

  /** Everything that had been given when this was called. */
  async take(): Promise<readonly Order[]> {
    const given = Atomics.load(this.shared, SHARED.orders);
    // A turn of the event loop even when nothing has come: names may have been resolved.
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    while (this.#handled < given) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#orders.splice(0);
  }
}

/** Runs the loop until it is told to stop. */
async function serve(scope: ThreadScope, hello: Hello, mailbox: Mailbox): Promise<void> {
  const found = openLibc();
  if ("missing" in found) throw new Error(found.missing);
  const { libc } = found;
  const { shared } = mailbox;
  const offsetMs = new KernelClock(libc).now() - performance.now() - hello.clockOffsetMs;
  const bell = new Doorbell(libc, hello.bell);
  const loop = new MediaLoop(libc, hello.options, {
    bell,
    orders: () => mailbox.take(),
    report(reports) {
      const isFull = Atomics.load(shared, SHARED.reportBytes) > REPORT_MAX_BYTES;
      const sent = isFull ? reports.filter(({ kind }) => kind !== "chunks") : reports;
      const bytes = bytesOf(sent);
      Atomics.add(shared, SHARED.reportBytes, bytes);
      scope.postMessage({ kind: "reports", reports: sent, bytes });
    },
    beat: () => void Atomics.add(shared, SHARED.beats, 1),
    opened: (handle) => scope.postMessage({ kind: "opened", handle }),
    closed: (handle) => scope.postMessage({ kind: "closed", handle }),
    get isStopping() {
      return mailbox.stopping;
    },
  }, () => performance.now() + offsetMs);
  scope.postMessage({ kind: "ready" });
  try {
    await loop.run();
  } finally {
    loop.close();
  }
}

/** Takes over this thread. */
export function runMediaThread(): void {
  // The libraries' types are those of a main thread; this runs in a worker.
  const scope = globalThis as unknown as ThreadScope;
  let mailbox: Mailbox | undefined;
  scope.onmessage = ({ data }: MessageEvent<Hello | ToThread>) => {
    if (!("options" in data)) return mailbox?.put(data);
    mailbox = new Mailbox(new Int32Array(data.shared));
    serve(scope, data, mailbox).then(
      () => scope.postMessage({ kind: "stopped" }),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        scope.postMessage({ kind: "failed", why });
      },
    ).finally(() => scope.close());
  };
}
