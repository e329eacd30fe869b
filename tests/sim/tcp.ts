/** A small TCP for the seeded world: ordered, repaired, windowed, with resets, half-close and time-outs. */
import {
  type Addr,
  PortError,
  type StreamEvent,
  type TcpListener,
  type TcpStream,
} from "../../core/ports.ts";
import type { SimHost, SimProcess } from "./host.ts";
import type { SimEvent } from "./queue.ts";

const SEGMENT_MAX_BYTES = 16 * 1024;
const HEADER_BYTES = 40;
/** Receive window and limit of what is under way. */
const WINDOW_BYTES = 256 * 1024;
/** `write` answers false above this, as the port promises. */
const WRITE_HIGH_BYTES = 1024 * 1024;
/** First and longest retransmission time-out (Linux: 200 ms; its longest is cut for simulations). */
const RTO_MIN_MS = 200;
const RTO_MAX_MS = 5_000;
/** First repetition of an unanswered SYN (RFC 6298); it doubles. */
const SYN_RETRY_MS = 1_000;

interface Segment {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

/** A listening socket. */
export interface TcpServer {
  readonly process: SimProcess;
  readonly accept: (stream: TcpStream) => void;
  close(): void;
}

/** Opens a listener. */
export function listen(
  process: SimProcess,
  bind: Addr,
  accept: (stream: TcpStream) => void,
): TcpListener {
  const { host } = process;
  const port = bind.port !== 0 ? bind.port : host.freePort((p) => host.listeners.has(p));
  if (host.listeners.has(port)) {
    throw new PortError(
      "address-in-use",
      `Cannot listen on TCP ${host.name}:${port}: it is in use`,
    );
  }
  const local = host.ownAddr(bind, port);
  const server: TcpServer = {
    process,
    accept,
    close: () => {
      process.servers.delete(server);
      if (host.listeners.get(port) === server) host.listeners.delete(port);
    },
  };
  host.listeners.set(port, server);
  process.servers.add(server);
  return {
    local,
    [Symbol.asyncDispose]: () => {
      server.close();
      return host.world.settled(undefined);
    },
  };
}

/** Connects; SYNs are repeated until the peer answers, the dial is called off or time is up. */
export function dial(process: SimProcess, to: Addr, signal: AbortSignal): Promise<TcpStream> {
  const { host } = process;
  const { world } = host;
  const action = `connect to TCP ${to.host}:${to.port}`;
  const { promise, resolve, reject } = Promise.withResolvers<TcpStream>();
  world.note();
  if (signal.aborted) {
    reject(whyAborted(action, signal));
    return promise;
  }
  const port = host.freePort(() => false);
  const end = new TcpEnd(process, Object.freeze({ host: host.name, port }), to);
  process.streams.add(end);
  let settled = false;
  let retry: SimEvent | undefined;
  const finish = (error?: PortError): void => {
    if (settled) return;
    settled = true;
    retry?.[Symbol.dispose]();
    signal.removeEventListener("abort", onAbort);
    if (!process.alive) return;
    world.note();
    if (error === undefined) resolve(end);
    else {
      end.vanish();
      reject(error);
    }
  };
  const onAbort = (): void => finish(whyAborted(action, signal));
  signal.addEventListener("abort", onAbort);
  const deadlineMs = world.nowMs + world.options.dialTimeoutMs;
  const attempt = (waitMs: number): void => {
    if (settled || !process.alive) return;
    if (world.nowMs >= deadlineMs) {
      return finish(new PortError("timeout", `Cannot ${action}: no answer in time`));
    }
    syn(
      end,
      (error) =>
        finish(
          error === undefined
            ? undefined
            : new PortError(error, `Cannot ${action}: nobody listens there`),
        ),
    );
    retry = world.later(Math.min(deadlineMs, world.nowMs + waitMs), () => attempt(2 * waitMs));
  };
  attempt(SYN_RETRY_MS);
  return promise;
}

/** One SYN and what answers it. */
function syn(end: TcpEnd, answer: (error?: "refused") => void): void {
  const { host } = end.process;
  transmit(host, end.remote.host, HEADER_BYTES, (there) => {
    const server = there.listeners.get(end.remote.port);
    if (server === undefined) {
      transmit(there, host.name, HEADER_BYTES, () => answer("refused"));
      return;
    }
    const accepted = end.peer ?? connect(end, server);
    transmit(there, host.name, HEADER_BYTES, () => {
      if (end.gone) accepted.hearReset();
      else answer();
    });
  });
}

/** Makes the listening side of a connection. */
function connect(end: TcpEnd, server: TcpServer): TcpEnd {
  const { process } = server;
  const local = Object.freeze({ host: process.host.name, port: end.remote.port });
  const other = new TcpEnd(process, local, end.local);
  other.peer = end;
  end.peer = other;
  process.streams.add(other);
  process.host.work(process, () => server.accept(other));
  return other;
}

/** Sends something of `sizeBytes` over the link; `arrive` runs at the other host if it is up. */
function transmit(
  from: SimHost,
  to: string,
  sizeBytes: number,
  arrive: (there: SimHost) => void,
): void {
  const { world } = from;
  const link = from.linkTo(to);
  const [delayMs] = link.plan(sizeBytes, world.nowMs);
  // A corrupted segment fails its checksum.
  if (delayMs === undefined || link.model.corrupted) return;
  link.totals.tcpBytes += sizeBytes;
  world.later(world.nowMs + delayMs, () => {
    const there = world.hosts.get(link.to);
    if (there !== undefined && there.up) arrive(there);
  });
}

/** One end of a connection: the application's stream and the kernel behind it. */
export class TcpEnd implements TcpStream {
  peer: TcpEnd | undefined;
  /** The kernel knows this connection no more: whatever comes is answered by a reset. */
  gone = false;
  #listener: ((event: StreamEvent) => void) | undefined;
  // Sending
  #unsent: Segment[] = [];
  #unsentBytes = 0;
  #flight: Segment[] = [];
  #flightBytes = 0;
  #nextSeq = 0;
  #peerWindow = WINDOW_BYTES;
  #duplicateAcks = 0;
  #rtoMs = RTO_MIN_MS;
  #retry: SimEvent | undefined;
  #progressMs = 0;
  #wantsDrain = false;
  #finQueued = false;
  #linger: SimEvent | undefined;
  // Receiving
  #expected = 0;
  readonly #early = new Map<number, Segment>();
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #remoteEnded = false;
  #deliveryDue = false;
  // Towards the application
  #closed = false;
  #closeEvent: StreamEvent | undefined;

  constructor(readonly process: SimProcess, readonly local: Addr, readonly remote: Addr) {}

  write(bytes: Uint8Array, taken?: () => void): boolean {
    if (this.#closed || this.#finQueued || !this.process.alive) {
      taken?.();
      return false;
    }
    for (let at = 0; at < bytes.length; at += SEGMENT_MAX_BYTES) {
      this.#queue(bytes.slice(at, at + SEGMENT_MAX_BYTES), false);
    }
    taken?.();
    this.#send();
    this.#wantsDrain = this.#unsentBytes > WRITE_HIGH_BYTES;
    return !this.#wantsDrain;
  }

  onEvent(fn: (event: StreamEvent) => void): Disposable {
    this.#listener = fn;
    this.#deliverSoon();
    return {
      [Symbol.dispose]: () => {
        if (this.#listener === fn) this.#listener = undefined;
      },
    };
  }

  end(): void {
    if (this.#closed || this.#finQueued) return;
    this.#queueFin();
    const { world } = this.process.host;
    this.#linger ??= world.later(world.nowMs + world.options.tcpLingerMs, () => this.#lingered());
  }

  destroy(): void {
    if (this.#closed) return;
    this.#unsent = [];
    this.#unsentBytes = 0;
    if (!this.#finQueued) this.#queueFin();
    this.#close(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return this.process.host.world.settled(undefined);
  }

  /** The kernel forgets this connection and says nothing. */
  vanish(): void {
    this.gone = true;
    this.#closed = true;
    this.process.streams.delete(this);
    this.#forget();
  }

  /** Sends a reset and forgets. */
  reset(): void {
    if (this.gone) return;
    this.vanish();
    this.#answerReset();
  }

  /** A reset arrived. */
  hearReset(): void {
    if (this.gone) return;
    this.gone = true;
    this.#forget();
    this.#close("Cannot go on: the peer reset the connection");
  }

  #queueFin(): void {
    this.#finQueued = true;
    this.#queue(NOTHING, true);
    this.#send();
  }

  #queue(bytes: Uint8Array, fin: boolean): void {
    if (this.#unsent.length + this.#flight.length === 0) {
      this.#progressMs = this.process.host.world.nowMs;
    }
    this.#unsent.push({ seq: -1, bytes, fin });
    this.#unsentBytes += bytes.length;
  }

  #send(): void {
    while (this.#unsent.length > 0) {
      const size = this.#unsent[0]?.bytes.length ?? 0;
      if (this.#flightBytes + size > Math.min(WINDOW_BYTES, this.#peerWindow) && size > 0) break;
      this.#sendNext();
    }
    this.#armRetry();
    if (this.#wantsDrain && this.#unsentBytes === 0) {
      this.#wantsDrain = false;
      this.process.host.work(this.process, () => this.#tell({ kind: "drain" }));
    }
  }

  #sendNext(): void {
    const next = this.#unsent.shift();
    if (next === undefined) return;
    const segment = { ...next, seq: this.#nextSeq++ };
    this.#unsentBytes -= segment.bytes.length;
    this.#flightBytes += segment.bytes.length;
    this.#flight.push(segment);
    this.#put(segment);
  }

  #put(segment: Segment): void {
    transmit(this.process.host, this.remote.host, HEADER_BYTES + segment.bytes.length, () => {
      const { peer } = this;
      if (peer === undefined) return;
      if (peer.gone || !peer.process.alive) peer.#answerReset();
      else peer.#receive(segment);
    });
  }

  #answerReset(): void {
    const { peer } = this;
    transmit(this.process.host, this.remote.host, HEADER_BYTES, () => peer?.hearReset());
  }

  #armRetry(): void {
    if (this.#retry !== undefined || this.gone) return;
    if (this.#flight.length === 0 && this.#unsent.length === 0) return;
    const { world } = this.process.host;
    this.#retry = world.later(world.nowMs + this.#rtoMs, () => {
      this.#retry = undefined;
      this.#timedOut();
    });
  }

  #timedOut(): void {
    if (this.gone || !this.process.alive) return;
    const { world } = this.process.host;
    if (world.nowMs - this.#progressMs >= world.options.tcpTimeoutMs) {
      this.gone = true;
      this.#forget();
      this.#close("Cannot go on: the peer does not answer");
      return;
    }
    this.#rtoMs = Math.min(RTO_MAX_MS, 2 * this.#rtoMs);
    const [first] = this.#flight;
    if (first !== undefined) this.#put(first);
    else this.#sendNext();
    this.#armRetry();
  }

  #receive(segment: Segment): void {
    // A full buffer drops what comes; the window keeps honest senders from that.
    const fits = this.#unreadBytes + segment.bytes.length <= WINDOW_BYTES + SEGMENT_MAX_BYTES;
    if (segment.seq >= this.#expected && fits) this.#early.set(segment.seq, segment);
    for (;;) {
      const next = this.#early.get(this.#expected);
      if (next === undefined) break;
      this.#early.delete(this.#expected++);
      if (next.fin) this.#remoteEnded = true;
      else if (!this.#closed) {
        this.#unread.push(next.bytes);
        this.#unreadBytes += next.bytes.length;
      }
    }
    this.#acknowledge();
    if (this.#unread.length > 0 || this.#remoteEnded) this.#deliverSoon();
  }

  #acknowledge(): void {
    const upTo = this.#expected;
    const window = Math.max(0, WINDOW_BYTES - this.#unreadBytes);
    const { peer } = this;
    transmit(this.process.host, this.remote.host, HEADER_BYTES, () => {
      if (peer !== undefined && !peer.gone) peer.#acknowledged(upTo, window);
    });
  }

  #acknowledged(upTo: number, window: number): void {
    const { world } = this.process.host;
    this.#progressMs = world.nowMs;
    const first = this.#flight[0]?.seq ?? this.#nextSeq;
    const grew = window > this.#peerWindow;
    this.#peerWindow = window;
    if (upTo > first) {
      for (const segment of this.#flight.splice(0, upTo - first)) {
        this.#flightBytes -= segment.bytes.length;
      }
      this.#duplicateAcks = 0;
      this.#rtoMs = RTO_MIN_MS;
      this.#retry?.[Symbol.dispose]();
      this.#retry = undefined;
    } else if (upTo === first && !grew && this.#flight.length > 0 && ++this.#duplicateAcks === 3) {
      const [missing] = this.#flight;
      if (missing !== undefined) this.#put(missing);
    }
    this.#send();
    const flushed = this.#finQueued && this.#flight.length + this.#unsent.length === 0;
    if (flushed && this.#remoteEnded) this.#deliverSoon();
  }

  #lingered(): void {
    if (this.#closed) return;
    this.#close("Cannot end the connection: the peer did not close in time");
    this.reset();
  }

  #deliverSoon(): void {
    if (this.#deliveryDue || !this.process.alive) return;
    this.#deliveryDue = true;
    const { host } = this.process;
    host.world.later(host.world.nowMs, () =>
      host.work(this.process, () => {
        this.#deliveryDue = false;
        this.#deliver();
      }));
  }

  /** The application reads: data in order, then the end. */
  #deliver(): void {
    const wasFull = this.#unreadBytes > WINDOW_BYTES / 2;
    // An ending stream reads on without a listener, to see the end.
    while (this.#unread.length > 0 && (this.#listener !== undefined || this.#finQueued)) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) break;
      this.#unreadBytes -= bytes.length;
      if (!this.#closed) this.#tell({ kind: "data", bytes });
    }
    if (wasFull && !this.gone) this.#acknowledge();
    if (this.#unread.length === 0 && this.#remoteEnded && !this.#closed) {
      if (!this.#finQueued) this.#queueFin();
      else if (this.#flight.length + this.#unsent.length === 0) this.#close(undefined);
    }
    const event = this.#closeEvent;
    if (event !== undefined && this.#listener !== undefined) {
      this.#closeEvent = undefined;
      this.#tell(event);
    }
  }

  #tell(event: StreamEvent): void {
    if (this.process.alive) this.#listener?.(event);
  }

  /**
   * The application's side ends; told once, and never from inside the call that caused it. The kernel's
   * side stays to acknowledge what is repeated, as in TIME_WAIT.
   */
  #close(error: string | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#linger?.[Symbol.dispose]();
    this.#unread = [];
    this.#unreadBytes = 0;
    this.process.streams.delete(this);
    this.#closeEvent = error === undefined ? { kind: "close" } : { kind: "close", error };
    this.#deliverSoon();
  }

  #forget(): void {
    this.#retry?.[Symbol.dispose]();
    this.#linger?.[Symbol.dispose]();
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#flight = [];
    this.#flightBytes = 0;
    this.#early.clear();
  }
}

const NOTHING = new Uint8Array(0);

function whyAborted(action: string, signal: AbortSignal): PortError {
  const late = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
  return late
    ? new PortError("timeout", `Cannot ${action}: no answer in time`)
    : new PortError("closed", `Cannot ${action}: it was called off`, { cause: signal.reason });
}
