/**
 * What happens on a node, as people and programs follow it: a bounded ring that can be read from any point
 * that it still holds, and listeners that hear of each event once.
 */
import { Listeners } from "./listeners.ts";
import type { Clock, EventFields, EventKind, Events, Metrics, NodeEvent } from "./ports.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Events kept: an hour of a node whose neighborhood changes once every few seconds. */
const KEEP = 1000;
/** Events of one kind in the long run and at once: a flood of refusals must not drive the rest out of the ring. */
const PER_SECOND = 20;
const BURST = 100;
/** Longest text in a field, in characters; longer ones are cut. */
const TEXT_MAX = 500;

/** A stretch of the ring. */
export interface EventPage {
  readonly events: readonly NodeEvent[];
  /** The newest event's id, to ask from there on; what was asked for when there is nothing newer. */
  readonly last: number;
  /** Events between `since` and the first one given that the ring holds no more. */
  readonly missed: boolean;
}

function shortened(fields: EventFields): EventFields {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [
    key,
    typeof value === "string" && value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}...` : value,
  ]));
}

/** A node's events: what fills the port, and what the admin endpoint reads. */
export class EventHub implements Events {
  readonly #clock: Pick<Clock, "now" | "wall">;
  readonly #metrics: Metrics;
  readonly #keep: number;
  readonly #ring: NodeEvent[] = [];
  readonly #listeners = new Listeners<[NodeEvent]>();
  readonly #limits = new Map<EventKind, TokenBucket>();
  readonly #queue: NodeEvent[] = [];
  #telling = false;
  #lastId: number;
  #firstId: number;

  constructor(clock: Pick<Clock, "now" | "wall">, metrics: Metrics, keep: number = KEEP) {
    this.#clock = clock;
    this.#metrics = metrics;
    this.#keep = keep;
    // Ids go on growing over a restart, so that a client's last id never hides events of the next life.
    this.#lastId = clock.wall();
    this.#firstId = this.#lastId + 1;
  }

  /** The newest event's id. */
  get last(): number {
    return this.#lastId;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  emit(kind: EventKind, fields: EventFields = {}): void {
    const nowMs = this.#clock.now();
    let limit = this.#limits.get(kind);
    if (limit === undefined) {
      this.#limits.set(kind, limit = new TokenBucket(PER_SECOND, BURST, nowMs));
    }
    if (!limit.take(nowMs)) {
      this.#metrics.counter(
        "events_suppressed_total",
        "Events that came too often to be told, by kind.",
        { kind },
      ).add();
      return;
    }
    const { plugin, ...rest } = fields;
    const event: NodeEvent = {
      id: ++this.#lastId,
      timeMs: this.#clock.wall(),
      kind,
      ...(typeof plugin === "string" ? { plugin } : {}),
      fields: shortened(rest),
    };
    this.#ring.push(event);
    if (this.#ring.length > this.#keep) this.#firstId = (this.#ring.shift()?.id ?? 0) + 1;
    this.#tell(event);
  }

  onEvent(fn: (event: NodeEvent) => void): Disposable {
    return this.#listeners.on(fn);
  }

  /** Events after `since`, oldest first, `limit` at most. An id of another life gives all there is. */
  page(since: number, limit: number = this.#keep): EventPage {
    const after = since > this.#lastId ? this.#firstId - 1 : since;
    const events = this.#ring.filter((event) => event.id > after).slice(0, limit);
    return {
      events,
      last: events.at(-1)?.id ?? this.#lastId,
      missed: after < this.#firstId - 1 && since !== 0,
    };
  }

  /** A listener that causes an event itself hears of it after everybody has heard of the first. */
  #tell(event: NodeEvent): void {
    this.#queue.push(event);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#listeners.emit(next);
      }
    } finally {
      this.#telling = false;
      this.#queue.length = 0;
    }
  }
}
