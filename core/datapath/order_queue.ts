/** Orders on their way to an engine's thread: those of one turn travel together, and published bytes with them. */
import type { Ssrc } from "../ids.ts";
import type { Clock } from "../ports.ts";
import type { EngineThread, Order } from "./words.ts";

/** Published bytes of a turn; more begin another buffer. */
const BUFFER_BYTES = 16_384;
/** Published bytes travel this often at most: a message costs the thread about 100 us. */
const PUBLISH_EVERY_MS = 1;

/** Gathers and sends. */
export class OrderQueue {
  /** Published pieces that were dropped because the thread does not keep up. */
  dropped = 0;
  readonly #clock: Clock;
  #thread: EngineThread | undefined;
  #orders: Order[] = [];
  #buffers: ArrayBuffer[] = [];
  #buffer = new Uint8Array(new ArrayBuffer(0));
  #filled = 0;
  #isDue = false;
  #timer: Disposable | undefined;
  #sentMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Orders go to `thread` from here on. */
  open(thread: EngineThread): void {
    this.#thread = thread;
  }

  /** Nothing goes anywhere any more. */
  close(): void {
    this.#thread = undefined;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#orders = [];
    this.#buffers = [];
    this.#filled = 0;
    this.#buffer = new Uint8Array(new ArrayBuffer(0));
  }

  /** Sends what there is now. */
  flush(): void {
    this.#send();
  }

  /** Sends an order at the end of this turn. */
  add(order: Order): void {
    if (this.#thread === undefined) return;
    this.#orders.push(order);
    this.#soon();
  }

  /** Sends bytes within a millisecond; they are copied. */
  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number): void {
    if (this.#thread === undefined) return;
    if (this.#buffer.length - this.#filled < ts.length) {
      this.#buffer = new Uint8Array(new ArrayBuffer(Math.max(BUFFER_BYTES, ts.length)));
      this.#buffers.push(this.#buffer.buffer);
      this.#filled = 0;
    }
    this.#buffer.set(ts, this.#filled);
    const own = this.#buffer.subarray(this.#filled, this.#filled += ts.length);
    this.#orders.push({ kind: "publish", ssrc, ts: own, dueMs });
    const waitMs = this.#sentMs + PUBLISH_EVERY_MS - this.#clock.now();
    if (waitMs <= 0) this.#soon();
    else {this.#timer ??= this.#clock.after(waitMs, () => {
        this.#timer = undefined;
        this.#send();
      });}
  }

  #soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    Promise.resolve().then(() => {
      this.#isDue = false;
      this.#send();
    });
  }

  #send(): void {
    const orders = this.#orders;
    if (this.#thread === undefined || orders.length === 0) return;
    const buffers = this.#buffers;
    this.#orders = [];
    this.#buffers = [];
    this.#filled = 0;
    this.#buffer = new Uint8Array(new ArrayBuffer(0));
    this.#sentMs = this.#clock.now();
    this.dropped += this.#thread.order(orders, buffers);
  }
}
