/** Drives a state machine from ports: one event after the other, and a tick when it wants one. */
import { Alarm } from "../../core/alarm.ts";
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
  readonly #alarm: Alarm;

  constructor(
    readonly clock: Clock,
    readonly machine: Machine<In, Out> & Waking,
    readonly tick: () => In,
    readonly run: (out: Out) => void,
    /** Called when a burst of events is done. */
    readonly after: () => void = () => {},
  ) {
    this.#alarm = new Alarm(clock, () => this.feed(this.tick()));
  }

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
    this.#alarm[Symbol.dispose]();
  }

  #arm(): void {
    if (this.#stopped) return;
    const { wakeMs } = this.machine;
    const soonestMs = this.clock.now() + TICK_MIN_MS;
    this.#alarm.set(wakeMs === Infinity ? undefined : Math.max(soonestMs, wakeMs));
  }
}
