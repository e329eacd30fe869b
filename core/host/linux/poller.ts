/** Waiting for any of many sockets, and being woken by another thread. */
import {
  CLOCK_MONOTONIC,
  CLOCK_THREAD_CPUTIME_ID,
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  ERRNO,
} from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { callError } from "./socket.ts";

/** Sockets that one wait reports; the rest come with the next. */
const EVENTS = 64;
const EPOLL_CLOEXEC = 0x80000;

/** Waits for handles to become readable (`epoll`, level-triggered). */
export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #events: Block;
  readonly #one: Block;

  /** Throws `PortError`. */
  constructor(libc: Libc) {
    this.#libc = libc;
    const { size } = libc.layout.epollEvent;
    this.#events = new Block(libc, EVENTS * size);
    this.#one = new Block(libc, size);
    this.#epoll = libc.epollCreate(EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw callError("wait for sockets", this.#epoll);
  }

  /** Watches a handle; `token` (below 2^31) names it in `ready`. Throws `PortError`. */
  add(handle: number, token: number): void {
    const { events, data } = this.#libc.layout.epollEvent;
    this.#one.setInt(events, EPOLLIN);
    this.#one.setInt(data, token);
    const result = this.#libc.epollControl(this.#epoll, EPOLL_CTL_ADD, handle, this.#one.address);
    if (result < 0) throw callError("watch a socket", result);
  }

  /** Watches it no longer. */
  remove(handle: number): void {
    this.#libc.epollControl(this.#epoll, EPOLL_CTL_DEL, handle, this.#one.address);
  }

  /** Blocks until a handle is readable or the time is over; returns how many are, 0 when none. */
  wait(timeoutMs: number): number {
    const result = this.#libc.epollWait(this.#epoll, this.#events.address, EVENTS, timeoutMs);
    if (result >= 0) return result;
    // A signal is no error. Any other answer would come again and again: the caller must not spin on it.
    if (result === -ERRNO.EINTR) return 0;
    throw callError("wait for sockets", result);
  }

  /** The token of ready handle `index` of the last `wait`. */
  token(index: number): number {
    const { size, data } = this.#libc.layout.epollEvent;
    return this.#events.view.getUint32(index * size + data, true);
  }

  close(): void {
    this.#libc.closeHandle(this.#epoll);
  }
}

/** Rings in one thread, is heard by a `Poller` in another (`eventfd`). */
export class Doorbell {
  readonly handle: number;
  readonly #libc: Libc;
  readonly #word: Block;
  readonly #owner: boolean;

  /** Makes one, or with `handle` takes the other end of one; only its maker closes it. Throws `PortError`. */
  constructor(libc: Libc, handle?: number) {
    this.#libc = libc;
    this.#word = new Block(libc, 8);
    this.#owner = handle === undefined;
    this.handle = handle ?? libc.eventfd(EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.handle < 0) throw callError("make a doorbell", this.handle);
  }

  /** Makes the handle readable. */
  ring(): void {
    this.#word.setLong(0, 1);
    this.#libc.write(this.handle, this.#word.address, 8);
  }

  /** Makes it unreadable again; whether it had been rung. */
  answer(): boolean {
    return this.#libc.read(this.handle, this.#word.address, 8) === 8;
  }

  close(): void {
    if (this.#owner) this.#libc.closeHandle(this.handle);
  }
}

/** The kernel wakes a thread up to 50 us late, so that it can wake several at once; a thread with a clock of these this late. */
const SLACK_NS = 1000;

/** Sleeps with the fineness of the kernel's timers and reads its clocks, for the thread it was made in. */
export class KernelClock {
  readonly #libc: Libc;
  readonly #time: Block;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#time = new Block(libc, libc.layout.time.size);
    libc.setTimerSlack(SLACK_NS);
  }

  /** Blocks the thread. */
  sleep(ms: number): void {
    const { seconds, fraction } = this.#libc.layout.time;
    this.#time.setLong(seconds, Math.floor(ms / 1000));
    this.#time.setLong(fraction, Math.round(ms % 1000 * 1e6));
    this.#libc.nanosleep(this.#time.address);
  }

  /** Milliseconds since the system started; the same in every thread and process. */
  now(): number {
    return this.#read(CLOCK_MONOTONIC);
  }

  /** Milliseconds of processor time that this thread has used. */
  used(): number {
    return this.#read(CLOCK_THREAD_CPUTIME_ID);
  }

  #read(clock: number): number {
    const { seconds, fraction } = this.#libc.layout.time;
    this.#libc.clockGettime(clock, this.#time.address);
    return this.#time.long(seconds) * 1000 + this.#time.long(fraction) / 1e6;
  }
}
