/** Drives a state machine from ports: one event after the other, and a tick when it wants one. */
import type { Machine } from "../../core/plugin.ts";
import type { Clock } from "../../core/ports.ts";

/** A machine that says when it wants to be told the time. */
export interface Waking {
  /** Infinity when it waits for nothing. */
  readonly wakeMs: number;
}

/** Shortest wait for a tick: a deadline that is due already must not spin. */
const TICK_MIN_MS = 1;

/**
 * Feeds events in order. An effect that causes another event at once (a cookie that is there already)
 * finds the machine at rest: the event waits until all effects of the first are done.
 */
export class Pump<In, Out> {
  readonly #queue: In[] = [];
  #busy = false;
  #stopped = false;
  #timer: Disposable | undefined;
  #timerMs = Infinity;

  constructor(
    readonly clock: Clock,
    readonly machine: Machine<In, Out> & Waking,
    readonly tick: () => In,
    readonly run: (out: Out) => void,
    /** Called when a burst of events is done. */
    readonly after: () => void = () => {},
  ) {}

  feed(event: In): void {
    if (this.#stopped) return;
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const out of this.machine.handle(next, this.clock.now())) this.run(out);
      }
      this.after();
    } finally {
      this.#busy = false;
      // Whatever `after` caused.
      const late = this.#queue.shift();
      if (late === undefined) this.#arm();
      else this.feed(late);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#stopped) return;
    const wakeMs = this.machine.wakeMs;
    if (wakeMs === this.#timerMs && this.#timer !== undefined) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#timerMs = wakeMs;
    if (wakeMs === Infinity) return;
    const wait = Math.max(TICK_MIN_MS, wakeMs - this.clock.now());
    this.#timer = this.clock.after(wait, () => {
      this.#timer = undefined;
      this.feed(this.tick());
    });
  }
}
