/** Writes one session to one file: a bounded queue before a disk that may be slow, full or gone. */
import { Alarm } from "../../core/alarm.ts";
import { Listeners } from "../../core/listeners.ts";
import type { MediaChunk } from "../../core/media/api.ts";
import { type Counter, PortError, type Ports, type WriteHandle } from "../../core/ports.ts";
import { RetryDelay } from "../../core/retry_delay.ts";
import type { SinkSession } from "../../core/slots.ts";

/** Written at once: few system calls, and little to lose when the node is killed. */
const BATCH_BYTES = 64 * 1024;
/** Nothing waits longer for its batch. */
const BATCH_MS = 200;
/** After this many retries at the end of a session the rest is given up. */
const CLOSING_TRIES = 2;

/** Opens the file; later opens add to it. */
export interface Target {
  /** For log and status. */
  readonly name: string;
  open(again: boolean): Promise<WriteHandle>;
}

/** What recorders count into. */
export interface RecorderCounters {
  readonly droppedBytes: Counter;
  readonly writeErrors: Counter;
}

/** The recording of one session. */
export class Recorder implements SinkSession {
  readonly #ended = new Listeners();
  readonly #batchAlarm: Alarm;
  readonly #retryAlarm: Alarm;
  readonly #retry = new RetryDelay({ firstMs: 500, maxMs: 10_000 });
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #handle: WriteHandle | undefined;
  #opened = false;
  #writing: Promise<void> | undefined;
  #trouble: string | undefined;
  #refused = false;
  #closing: Promise<void> | undefined;
  #tries = 0;
  #packets = 0;
  #bytesWritten = 0;
  #droppedBytes = 0;
  #lost = 0;

  constructor(
    readonly ports: Pick<Ports, "clock" | "log">,
    readonly target: Target,
    readonly queueMaxBytes: number,
    readonly counters: RecorderCounters,
  ) {
    this.#batchAlarm = new Alarm(ports.clock, () => this.#flush());
    this.#retryAlarm = new Alarm(ports.clock, () => this.#flush());
    // The file is there, or is refused, before the first packet.
    this.#flush();
  }

  push(chunks: readonly MediaChunk[]): void {
    for (const { payload, lostBefore } of chunks) {
      this.#packets++;
      this.#lost += lostBefore;
      if (
        this.#closing !== undefined || this.#refused ||
        this.#queuedBytes + payload.length > this.queueMaxBytes
      ) {
        this.#drop(payload.length);
        continue;
      }
      this.#queue.push(payload);
      this.#queuedBytes += payload.length;
    }
    if (this.#writing !== undefined || this.#trouble !== undefined) return;
    if (this.#queuedBytes >= BATCH_BYTES) this.#flush();
    else if (this.#queuedBytes > 0) this.#armBatch();
  }

  onEnd(fn: () => void): Disposable {
    return this.#ended.on(fn);
  }

  /** Writes what waits; rejects when something of the session is not in the file. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  status() {
    return {
      file: this.target.name,
      packets: this.#packets,
      bytes: this.#bytesWritten,
      queuedBytes: this.#queuedBytes,
      droppedBytes: this.#droppedBytes,
      lost: this.#lost,
      trouble: this.#trouble,
    };
  }

  #batchDueMs: number | undefined;

  #armBatch(): void {
    if (this.#batchDueMs !== undefined) return;
    this.#batchDueMs = this.ports.clock.now() + BATCH_MS;
    this.#batchAlarm.set(this.#batchDueMs);
  }

  #flush(): void {
    if (this.#writing !== undefined) return;
    this.#batchDueMs = undefined;
    this.#batchAlarm.set(undefined);
    this.#retryAlarm.set(undefined);
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#closing !== undefined || this.#trouble !== undefined) return;
      if (this.#queuedBytes > 0) this.#armBatch();
    });
  }

  /** Writes batches until nothing waits or the disk says no. Never rejects. */
  async #write(): Promise<void> {
    let batch: Uint8Array | undefined;
    try {
      this.#handle ??= await this.target.open(this.#opened);
      this.#opened = true;
      while ((batch = this.#takeBatch()) !== undefined) {
        await this.#handle.write(batch);
        this.#bytesWritten += batch.length;
      }
      if (this.#trouble !== undefined) {
        this.ports.log.info("recording goes on", { file: this.target.name });
      }
      this.#trouble = undefined;
      this.#retry.reset();
    } catch (error) {
      // How much of a failed batch is in the file is not known: it is lost and the file goes on behind it.
      if (batch !== undefined) this.#drop(batch.length);
      await this.#failed(error);
    }
  }

  #takeBatch(): Uint8Array | undefined {
    if (this.#queue.length === 0) return undefined;
    let count = 0;
    let size = 0;
    while (count < this.#queue.length && size < BATCH_BYTES) {
      size += this.#queue[count]?.length ?? 0;
      count++;
    }
    const batch = new Uint8Array(size);
    let at = 0;
    for (const bytes of this.#queue.splice(0, count)) {
      batch.set(bytes, at);
      at += bytes.length;
    }
    this.#queuedBytes -= size;
    return batch;
  }

  async #failed(error: unknown): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    const why = error instanceof Error ? error.message : String(error);
    this.counters.writeErrors.add();
    try {
      await handle?.[Symbol.asyncDispose]();
    } catch {
      // It failed before; that is what is told.
    }
    if (error instanceof PortError && error.code === "exists") {
      this.#refused = true;
      this.#trouble = why;
      this.#dropQueue();
      this.ports.log.error(`${why} (set overwrite or append to use it)`, {
        file: this.target.name,
      });
      this.#ended.emit();
      return;
    }
    const retryMs = this.#retry.next();
    // Said once until it works again: a full disk stays full for long.
    if (this.#trouble === undefined) {
      this.ports.log.error(`Cannot record: ${why}`, { file: this.target.name, retryMs });
    }
    this.#trouble = why;
    if (this.#closing === undefined) this.#retryAlarm.set(this.ports.clock.now() + retryMs);
  }

  async #close(): Promise<void> {
    this.#batchAlarm[Symbol.dispose]();
    this.#retryAlarm[Symbol.dispose]();
    this.#ended.clear();
    await this.#writing;
    while (!this.#refused && this.#tries++ < CLOSING_TRIES && this.#queue.length > 0) {
      await this.#write();
    }
    this.#dropQueue();
    const handle = this.#handle;
    this.#handle = undefined;
    try {
      await handle?.sync();
    } finally {
      await handle?.[Symbol.asyncDispose]();
    }
    if (this.#droppedBytes === 0) return;
    throw new PortError(
      "io",
      `Cannot record ${this.target.name} whole: ${this.#droppedBytes} bytes were dropped` +
        (this.#trouble === undefined ? "" : ` (${this.#trouble})`),
    );
  }

  #dropQueue(): void {
    this.#drop(this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #drop(bytes: number): void {
    this.#droppedBytes += bytes;
    this.counters.droppedBytes.add(bytes);
  }
}
