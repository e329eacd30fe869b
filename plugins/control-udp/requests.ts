/** Requests that wait for an answer, and when each is to be tried again. */
import type { ControlTarget } from "../../core/slots.ts";
import type { Outgoing } from "./session.ts";

/** Shortest wait before the first retry: a delayed acknowledgement or a busy receiver is no loss. */
const FIRST_RETRY_MIN_MS = 40;
/** No caller can make retries come closer together than this. */
const RETRY_MIN_MS = 10;
/** Tries remembered for each request: an answer to an older one comes too late to be told apart. */
const TRIES_MAX = 16;
/** Retries never come further apart than this. */
const RETRY_MAX_MS = 1000;
/** Each wait is stretched by up to this share, so that requests sent together drift apart. */
const JITTER_SHARE = 0.25;
/** From this try on, silence may mean that our cookie is outdated and the message too short to be told. */
export const DOUBT_TRIES = 3;

/** A request on its way. */
export interface Request {
  readonly id: number;
  readonly to: ControlTarget;
  /** Key of the session that may answer. */
  key: string;
  readonly message: Outgoing;
  readonly deadlineMs: number;
  readonly firstRetryMs: number | undefined;
  /** The numbers of its tries, each with the time it went out. */
  readonly tries: Map<number, number>;
  gapMs: number;
  /** Infinity while it waits for a handshake. */
  nextMs: number;
}

/** All pending requests. */
export class RequestTable {
  readonly #byId = new Map<number, Request>();
  readonly #bySeq = new Map<number, Request>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Adds a request; false when there are too many. */
  add(request: Request): boolean {
    if (this.#byId.size >= this.#max) return false;
    this.#byId.set(request.id, request);
    return true;
  }

  /** The request that a message with this `re` from this session answers. */
  answered(key: string, re: number): Request | undefined {
    const request = this.#bySeq.get(re);
    return request?.key === key ? request : undefined;
  }

  /** Notes a try and plans the next; `random` in [0, 1). */
  tried(
    request: Request,
    seq: number,
    nowMs: number,
    rttMs: number | undefined,
    random: number,
  ): void {
    request.gapMs = request.tries.size === 0
      ? Math.max(
        request.firstRetryMs ?? Math.max(2 * (rttMs ?? 0), FIRST_RETRY_MIN_MS),
        RETRY_MIN_MS,
      )
      // A caller may want its first retry later than the cap; then no retry comes sooner than that.
      : Math.max(request.gapMs, Math.min(2 * request.gapMs, RETRY_MAX_MS));
    this.#forgetOldest(request);
    request.tries.set(seq, nowMs);
    this.#bySeq.set(seq, request);
    request.nextMs = nowMs + request.gapMs * (1 + JITTER_SHARE * random);
  }

  #forgetOldest(request: Request): void {
    if (request.tries.size < TRIES_MAX) return;
    const oldest = request.tries.keys().next();
    if (oldest.done) return;
    request.tries.delete(oldest.value);
    this.#bySeq.delete(oldest.value);
  }

  remove(id: number): Request | undefined {
    const request = this.#byId.get(id);
    if (request === undefined) return undefined;
    this.#byId.delete(id);
    for (const seq of request.tries.keys()) this.#bySeq.delete(seq);
    return request;
  }

  all(): readonly Request[] {
    return [...this.#byId.values()];
  }

  /** Requests to one session. */
  to(key: string): readonly Request[] {
    return this.all().filter((request) => request.key === key);
  }

  /** When the next retry or deadline is due. */
  nextMs(): number {
    let next = Infinity;
    for (const request of this.#byId.values()) {
      next = Math.min(next, request.deadlineMs, request.nextMs);
    }
    return next;
  }
}
