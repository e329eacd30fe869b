/** The connection to an index: dials and dials again, asks and hears answers, tells when it is up. */
import type { Addr, Clock, Net, Rng, TcpStream } from "../ports.ts";
import { RetryDelay } from "../retry_delay.ts";
import { Deframer } from "../wire/frame.ts";
import {
  type AnyIndexMessage,
  decodeIndex,
  encodeIndex,
  INDEX_MESSAGE_MAX_BYTES,
  type IndexBody,
  type IndexType,
} from "./index_messages.ts";

const DIAL_MS = 3000;
const ANSWER_MS = 8000;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 10_000;
/** Requests that wait for an answer. */
const PENDING_MAX = 256;

/** What a client needs of the world. */
export interface IndexClientOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly to: Addr;
  /** A connection stands: everything must be announced again. */
  readonly up: (local: Addr) => void;
  readonly down: (why: string) => void;
}

/** One answer, or why there is none. */
export type IndexAnswer = AnyIndexMessage | "unreachable" | "timeout" | "stopped";

/** A client that keeps its connection for as long as it runs. */
export class IndexClient {
  readonly #options: IndexClientOptions;
  readonly #pending = new Map<
    number,
    { readonly done: (answer: IndexAnswer) => void; readonly timer: Disposable }
  >();
  #stream: TcpStream | undefined;
  #abort: AbortController | undefined;
  #timer: Disposable | undefined;
  #running = false;
  readonly #delay = new RetryDelay({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS });
  #seq = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: IndexClientOptions) {
    this.#options = options;
  }

  /** Whether the connection stands. */
  get connected(): boolean {
    return this.#stream !== undefined;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#work = this.#dial();
  }

  /** Says what is to be said last, and closes. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.[Symbol.dispose]();
    this.#abort?.abort();
    const stream = this.#stream;
    this.#stream = undefined;
    this.#answerAll("stopped");
    await this.#work;
    await stream?.[Symbol.asyncDispose]();
  }

  /** Asks; `done` is called exactly once. */
  ask<T extends IndexType>(
    type: T,
    body: IndexBody<T>,
    done: (answer: IndexAnswer) => void,
  ): void {
    if (this.#stream === undefined || this.#pending.size >= PENDING_MAX) {
      return done("unreachable");
    }
    const seq = this.#seq++;
    const timer = this.#options.clock.after(ANSWER_MS, () => this.#answer(seq, "timeout"));
    this.#pending.set(seq, { done, timer });
    this.#stream.write(encodeIndex(type, body, seq));
  }

  /** Says something that needs no answer. */
  tell<T extends IndexType>(type: T, body: IndexBody<T>): void {
    this.#stream?.write(encodeIndex(type, body, this.#seq++));
  }

  #answer(seq: number, answer: IndexAnswer): void {
    const pending = this.#pending.get(seq);
    if (pending === undefined) return;
    this.#pending.delete(seq);
    pending.timer[Symbol.dispose]();
    pending.done(answer);
  }

  #answerAll(answer: IndexAnswer): void {
    for (const seq of [...this.#pending.keys()]) this.#answer(seq, answer);
  }

  async #dial(): Promise<void> {
    const { net, clock, to, up } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    const timer = clock.after(DIAL_MS, () => abort.abort());
    let stream: TcpStream;
    try {
      stream = await net.dial(to, abort.signal);
    } catch (error) {
      return this.#retry(error instanceof Error ? error.message : String(error));
    } finally {
      timer[Symbol.dispose]();
    }
    if (!this.#running) return await stream[Symbol.asyncDispose]();
    this.#stream = stream;
    const deframer = new Deframer(INDEX_MESSAGE_MAX_BYTES);
    stream.onEvent((event) => {
      if (event.kind === "data") this.#data(stream, deframer, event.bytes);
      else if (event.kind === "close") this.#lost(stream, event.error ?? "closed by the index");
    });
    up(stream.local);
  }

  #data(stream: TcpStream, deframer: Deframer, bytes: Uint8Array): void {
    if (this.#stream !== stream) return;
    const deframed = deframer.push(bytes);
    if (!deframed.ok) return stream.destroy();
    for (const frame of deframed.frames) {
      const message = decodeIndex(frame);
      if (typeof message === "string") return stream.destroy();
      this.#delay.reset();
      if (message.re !== undefined) this.#answer(message.re, message);
    }
  }

  #lost(stream: TcpStream, why: string): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#answerAll("unreachable");
    this.#retry(why);
  }

  #retry(why: string): void {
    if (!this.#running) return;
    const { clock, rng, down } = this.#options;
    // Peers that lost the same index at once do not all come back at once.
    const waitMs = this.#delay.next() * (0.5 + rng.next());
    this.#timer = clock.after(waitMs, () => void (this.#work = this.#dial()));
    down(why);
  }
}
