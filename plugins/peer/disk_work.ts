/** Work on disk that must be done some time: what fails waits, and is tried again until the disk takes it. */
import type { Clock } from "../../core/ports.ts";
import { RetryDelay } from "../../core/retry_delay.ts";

/** Waits between tries: a full disk is emptied by a person or by another program. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** Who hears how the disk does. */
export interface DiskEvents {
  /** Work failed, for the first time in a row or not. */
  failed(error: unknown, isFirst: boolean): void;
  /** Everything that had failed is done. */
  mended(): void;
}

/** What one download does on disk. */
export class DiskWork {
  /** Why it waits; undefined while the disk works. */
  error: string | undefined;
  readonly #clock: Clock;
  readonly #events: DiskEvents;
  readonly #delay = new RetryDelay({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS });
  readonly #waiting: { readonly work: () => Promise<void>; readonly done: () => void }[] = [];
  #isTrying = false;
  #timer: Disposable | undefined;
  #stopped = false;

  constructor(clock: Clock, events: DiskEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Does the work, now or later; resolves when it is done or will never be. */
  async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#stopped) return;
      this.#failed(error);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ work, done: resolve });
      if (!this.#isTrying) this.#arm();
      await promise;
    }
  }

  /** Nothing is tried any more. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    // One that is being tried says itself when it is over.
    for (const { done } of this.#waiting.splice(this.#isTrying ? 1 : 0)) done();
  }

  #failed(error: unknown): void {
    const isFirst = this.error === undefined;
    this.error = error instanceof Error ? error.message : String(error);
    this.#events.failed(error, isFirst);
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(this.#delay.next(), () => {
      this.#timer = undefined;
      void this.#tryAll();
    });
  }

  /** One after another: the first that fails says that the rest need not be tried. */
  async #tryAll(): Promise<void> {
    this.#isTrying = true;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      try {
        await next.work();
      } catch (error) {
        if (!this.#stopped) this.#failed(error);
        break;
      }
      this.#waiting.shift();
      next.done();
    }
    this.#isTrying = false;
    if (this.#stopped) { for (const { done } of this.#waiting.splice(0)) done(); }
    else if (this.#waiting.length > 0) this.#arm();
    else {
      this.error = undefined;
      this.#delay.reset();
      this.#events.mended();
    }
  }
}
