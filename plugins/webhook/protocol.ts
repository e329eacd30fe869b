/** Delivers events one after the other, in order: a bounded queue, and retries that wait longer each time. */
import type { Machine } from "../../core/plugin.ts";
import type { NodeEvent } from "../../core/ports.ts";
import { RetryDelay } from "../../core/retry_delay.ts";
import type { Config } from "./config.ts";

const BACKOFF_MAX_MS = 60_000;
/** Retries of many nodes spread over this share of their delay. */
const JITTER_SHARE = 0.25;
/** Answers below 500 that another try may better: timeout, too early, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** What happens to the deliverer. */
export type In =
  | { readonly kind: "event"; readonly event: NodeEvent }
  /** The delivery under way was answered, or failed when there is no status. */
  | { readonly kind: "done"; readonly status: number | undefined; readonly error?: string }
  | { readonly kind: "tick" };

/** What it wants done. */
export type Out =
  | { readonly kind: "post"; readonly event: NodeEvent; readonly attempt: number }
  | { readonly kind: "count"; readonly what: Outcome }
  | { readonly kind: "gave-up"; readonly event: NodeEvent; readonly why: string };

/** What is counted. */
export type Outcome = "delivered" | "retried" | "refused" | "failed" | "overflow";

/** The deliverer. */
export class Deliverer implements Machine<In, Out> {
  readonly counters: Record<Outcome, number> = {
    delivered: 0,
    retried: 0,
    refused: 0,
    failed: 0,
    overflow: 0,
  };
  /** Why the last delivery failed; undefined after one that did not. */
  trouble: string | undefined;
  readonly #config: Config;
  readonly #random: () => number;
  readonly #queue: NodeEvent[] = [];
  readonly #kinds: ReadonlySet<string> | undefined;
  #retry: RetryDelay;
  #posting = false;
  #attempt = 0;
  #dueMs: number | undefined;

  constructor(config: Config, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#kinds = config.events === undefined ? undefined : new Set(config.events);
    this.#retry = this.#fresh();
  }

  /** When it wants a tick; undefined when it waits for nothing. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** Events that are not delivered yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  handle(event: In, nowMs: number): readonly Out[] {
    switch (event.kind) {
      case "event":
        return this.#take(event.event);
      case "done":
        return this.#onDone(event.status, event.error, nowMs);
      case "tick":
        if (this.#dueMs === undefined || nowMs < this.#dueMs) return [];
        this.#dueMs = undefined;
        return this.#post();
    }
  }

  #take(event: NodeEvent): readonly Out[] {
    if (this.#kinds?.has(event.kind) === false) return [];
    const out: Out[] = [];
    if (this.#queue.length >= this.#config.queue) {
      // What is on its way is no longer anybody's to drop.
      this.#queue.splice(this.#posting ? 1 : 0, 1);
      out.push(this.#count("overflow"));
      // A queue of one, with that one on its way.
      if (this.#queue.length >= this.#config.queue) return out;
    }
    this.#queue.push(event);
    if (this.#posting || this.#dueMs !== undefined) return out;
    return [...out, ...this.#post()];
  }

  #onDone(status: number | undefined, error: string | undefined, nowMs: number): readonly Out[] {
    if (!this.#posting) return [];
    this.#posting = false;
    if (status !== undefined && status >= 200 && status < 300) {
      this.trouble = undefined;
      return this.#next(this.#count("delivered"));
    }
    const why = error ?? `it answers ${status}`;
    this.trouble = why;
    const [event] = this.#queue;
    if (event === undefined) return [];
    const passing = status === undefined || status >= 500 || PASSING.has(status);
    if (passing && this.#attempt < this.#config.tries) {
      const delayMs = this.#retry.next();
      this.#dueMs = nowMs + delayMs * (1 + JITTER_SHARE * this.#random());
      return [this.#count("retried")];
    }
    const told: Out = { kind: "gave-up", event, why };
    return [told, ...this.#next(this.#count(passing ? "failed" : "refused"))];
  }

  #next(first: Out): readonly Out[] {
    this.#queue.shift();
    this.#attempt = 0;
    this.#retry = this.#fresh();
    return [first, ...this.#post()];
  }

  #post(): readonly Out[] {
    const [event] = this.#queue;
    if (event === undefined) return [];
    this.#posting = true;
    this.#attempt++;
    return [{ kind: "post", event, attempt: this.#attempt }];
  }

  #count(what: Outcome): Out {
    this.counters[what]++;
    return { kind: "count", what };
  }

  #fresh(): RetryDelay {
    return new RetryDelay({ firstMs: this.#config.backoff, maxMs: BACKOFF_MAX_MS });
  }
}
