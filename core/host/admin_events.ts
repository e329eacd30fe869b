/** `GET /api/v1/events`: what happens, as server-sent events or as a page of JSON. */
import type { EventHub } from "../events.ts";
import type { Counter, Metrics, NodeEvent } from "../ports.ts";
import { Problem } from "./problem.ts";
import { plain } from "./secrets.ts";

/** Clients that follow at once; more are refused with 503. */
const CLIENTS_MAX = 32;
/** Text that may wait for one slow client; beyond it the client is cut and resumes from its last id. */
const WAITING_MAX_BYTES = 256 * 1024;
/** A comment is sent this often, so that proxies and clients see that the line lives. */
const HEARTBEAT_MS = 10_000;
/** How soon a client shall come back after a break. */
const RETRY_MS = 1000;

/** Headers of a stream of events. */
export const EVENT_HEADERS = {
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
} as const;

/** What the stream is made from. */
export interface EventStreamOptions {
  readonly hub: EventHub;
  readonly metrics: Metrics;
  /** Aborted when the endpoint stops. */
  readonly stopping: AbortSignal;
  readonly clientsMax?: number;
  readonly heartbeatMs?: number;
}

/** Where a client wants to begin: an id that it has seen, 0 for all that is held, undefined for what is new. */
export function eventIdOf(text: string | undefined, where: string): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new Problem(400, "bad-event-id", `Cannot read ${where}: an event's id expected`);
  }
  return Number(text);
}

function frameOf(event: NodeEvent): string {
  const data = JSON.stringify(plain(event));
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${data}\n\n`;
}

/** Server-sent events for a bounded number of clients. */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #clients = new Set<() => void>();
  readonly #cut: Counter;
  readonly #refused: Counter;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    const { metrics, stopping } = options;
    this.#cut = metrics.counter(
      "admin_event_clients_cut_total",
      "Followers of events that were cut because they did not read.",
    );
    this.#refused = metrics.counter(
      "admin_event_clients_refused_total",
      "Followers of events that were refused because there were too many.",
    );
    stopping.addEventListener("abort", () => {
      for (const close of [...this.#clients]) close();
    }, { once: true });
  }

  /** How many follow. */
  get clients(): number {
    return this.#clients.size;
  }

  /** The answer to one client. Throws a `Problem` when there are too many. */
  open(since: number | undefined): Response {
    if (this.#options.stopping.aborted) {
      throw new Problem(503, "stopping", "Cannot answer: the node stops");
    }
    if (this.#clients.size >= (this.#options.clientsMax ?? CLIENTS_MAX)) {
      this.#refused.add();
      throw new Problem(503, "too-many-clients", "Cannot take another follower of events", {}, {
        "retry-after": "10",
      });
    }
    return new Response(this.#body(since), { headers: EVENT_HEADERS });
  }

  #body(since: number | undefined): ReadableStream<Uint8Array> {
    const { hub, heartbeatMs = HEARTBEAT_MS } = this.#options;
    const encoder = new TextEncoder();
    let close = (): void => {};
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string): void => {
          // The strategy counts bytes: what is left of its mark is what waits.
          if ((controller.desiredSize ?? 0) <= 0) {
            this.#cut.add();
            return close();
          }
          controller.enqueue(encoder.encode(text));
        };
        const listening = hub.onEvent((event) => send(frameOf(event)));
        const timer = setInterval(() => send(": alive\n\n"), heartbeatMs);
        close = () => {
          if (!this.#clients.delete(close)) return;
          clearInterval(timer);
          listening[Symbol.dispose]();
          try {
            controller.close();
          } catch {
            // The client has gone first.
          }
        };
        this.#clients.add(close);
        // One piece, whatever its size: the ring is bounded.
        controller.enqueue(encoder.encode(this.#opening(since)));
      },
      cancel: () => close(),
    }, { highWaterMark: WAITING_MAX_BYTES, size: (chunk) => chunk?.byteLength ?? 0 });
  }

  /** What is sent at once: the line's manners, then everything that the client has missed. */
  #opening(since: number | undefined): string {
    const hello = `retry: ${RETRY_MS}\n: events of this node\n\n`;
    if (since === undefined) return hello;
    const { events, missed } = this.#options.hub.page(since);
    const gap = missed ? "event: gap\ndata: {}\n\n" : "";
    return hello + gap + events.map(frameOf).join("");
  }
}
