/** TCP by `Deno.listen` and `Deno.connect`: bounded, half-closing, and never throwing into a callback. */
import { addrKey } from "../ids.ts";
import {
  type Addr,
  type Counter,
  PortError,
  type StreamEvent,
  type TcpListener,
  type TcpStream,
} from "../ports.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Guard } from "./deno_clock.ts";
import { demand, portError } from "./port_errors.ts";
import { delay } from "./waiting.ts";

/** `write` answers false above this, as the port promises. */
const QUEUE_HIGH_BYTES = 1024 * 1024;
/** A peer that lets more than this wait does not read: the connection is given up. */
const QUEUE_MAX_BYTES = 16 * 1024 * 1024;
/** One read takes at least and at most this much; in between it follows what comes. */
const READ_MIN_BYTES = 16 * 1024;
const READ_MAX_BYTES = 256 * 1024;
/** So many reads in a row that need less than half of the buffer make it smaller. */
const SMALL_READS = 32;
/** How long an ended connection may take to flush and to be closed by the other side. */
const LINGER_MS = 5_000;
/** Connections that one listener holds open; more are closed at once. */
const MAX_ACCEPTED = 1024;
/** Pause after a failed accept (no file handle left, for one). */
const ACCEPT_PAUSE_MS = 100;

/** What the streams of a host share. */
export interface TcpShared {
  readonly guard: Guard;
  readonly refusedConnections: Counter;
  readonly acceptErrors: Counter;
}

/** One connection. Reads only while somebody listens, so a slow reader slows the sender. */
class DenoTcpStream implements TcpStream {
  readonly local: Addr;
  readonly remote: Addr;
  readonly #conn: Deno.TcpConn;
  readonly #guard: Guard;
  readonly #queue: ByteQueue;
  readonly #reading: Promise<void>;
  readonly #onClosed: () => void;
  #listener: ((event: StreamEvent) => void) | undefined;
  #room: (() => Uint8Array | undefined) | undefined;
  #wake: (() => void) | undefined;
  #ending = false;
  #closed = false;
  #closeEvent: StreamEvent | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(conn: Deno.TcpConn, guard: Guard, onClosed: () => void) {
    this.#conn = conn;
    this.#guard = guard;
    this.#onClosed = onClosed;
    this.local = { host: conn.localAddr.hostname, port: conn.localAddr.port };
    this.remote = { host: conn.remoteAddr.hostname, port: conn.remoteAddr.port };
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    this.#queue = new ByteQueue({
      highBytes: QUEUE_HIGH_BYTES,
      maxBytes: QUEUE_MAX_BYTES,
      write: (bytes) => this.#writeAll(bytes),
      onDrain: () => this.#tell({ kind: "drain" }),
      onError: (error) => this.#finish(portError("write", error).message),
    });
    this.#reading = this.#read();
  }

  write(bytes: Uint8Array, taken?: () => void): boolean {
    if (this.#closed || this.#ending) {
      taken?.();
      return false;
    }
    const offered = this.#queue.offer(bytes, taken);
    if (offered === "refused") {
      this.#finish(`Cannot write: the peer lets more than ${QUEUE_MAX_BYTES} bytes wait`);
    }
    return offered === "ok";
  }

  onEvent(fn: (event: StreamEvent) => void, room?: () => Uint8Array | undefined): Disposable {
    this.#listener = fn;
    this.#room = room;
    this.#wake?.();
    this.#tellClose();
    return {
      [Symbol.dispose]: () => {
        if (this.#listener === fn) this.#listener = this.#room = undefined;
      },
    };
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.#startLinger();
    this.#wake?.();
    void this.#queue.flushed().then(() => this.#closed ? undefined : this.#conn.closeWrite())
      .catch(() => this.#finish());
  }

  destroy(): void {
    this.#finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
    await this.#reading;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async #read(): Promise<void> {
    // One buffer for all reads: whoever hears of data takes it out before the next, so bulk costs no allocation.
    let buffer = new Uint8Array(READ_MIN_BYTES);
    let small = 0;
    try {
      while (await this.#mayRead()) {
        const room = this.#ending ? undefined : this.#room?.();
        const into = room ?? buffer;
        const length = await this.#conn.read(into);
        if (length === null) return await this.#remoteEnded();
        // Whoever unsubscribed during the read left a successor this data, unless the stream is ending.
        if (await this.#mayRead()) this.#tell({ kind: "data", bytes: into.subarray(0, length) });
        // Whoever says where bulk goes needs no large buffer for what lies between.
        if (this.#room !== undefined) continue;
        small = length > buffer.length / 2 ? 0 : small + 1;
        if (length === buffer.length && length < READ_MAX_BYTES) {
          buffer = new Uint8Array(2 * length);
        } else if (small >= SMALL_READS && buffer.length > READ_MIN_BYTES) {
          buffer = new Uint8Array(buffer.length / 2);
          small = 0;
        }
      }
    } catch (error) {
      this.#finish(this.#closed ? undefined : portError("read", error).message);
    }
  }

  /** Waits for a listener; false once the stream is closed. An ending stream reads on to see the end. */
  async #mayRead(): Promise<boolean> {
    while (!this.#closed && !this.#ending && this.#listener === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    return !this.#closed;
  }

  /** The other side says no more: what is queued here still goes out, then the connection closes. */
  async #remoteEnded(): Promise<void> {
    if (!this.#ending) this.#startLinger();
    await this.#queue.flushed();
    this.#finish();
  }

  #startLinger(): void {
    this.#linger ??= setTimeout(
      () => this.#finish("Cannot end the connection: the peer did not close in time"),
      LINGER_MS,
    );
  }

  #finish(error?: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#queue.close();
    this.#conn.close();
    this.#onClosed();
    this.#closeEvent = error === undefined ? { kind: "close" } : { kind: "close", error };
    this.#wake?.();
    this.#tellClose();
  }

  /** Tells the end once, and never from inside the call that caused it. */
  #tellClose(): void {
    if (this.#closeEvent === undefined) return;
    queueMicrotask(() => {
      const event = this.#closeEvent;
      if (event === undefined || this.#listener === undefined) return;
      this.#closeEvent = undefined;
      this.#tell(event);
    });
  }

  #tell(event: StreamEvent): void {
    try {
      this.#listener?.(event);
    } catch (error) {
      this.#guard.failed("tcp", error);
    }
  }
}

/** Accepts until the listener is closed; an accept that fails ends nothing. */
async function acceptLoop(
  listener: Deno.TcpListener,
  accept: (stream: TcpStream) => void,
  shared: TcpShared,
  isClosed: () => boolean,
): Promise<void> {
  let open = 0;
  while (!isClosed()) {
    try {
      const conn = await listener.accept();
      if (open >= MAX_ACCEPTED) {
        shared.refusedConnections.add();
        conn.close();
        continue;
      }
      open += 1;
      const stream = new DenoTcpStream(conn, shared.guard, () => open -= 1);
      try {
        accept(stream);
      } catch (error) {
        shared.guard.failed("tcp accept", error);
        stream.destroy();
      }
    } catch {
      if (isClosed()) return;
      shared.acceptErrors.add();
      await delay(ACCEPT_PAUSE_MS);
    }
  }
}

/** Listens. Disposing closes the listener and leaves accepted streams to their owners. */
export function listenTcp(
  bind: Addr,
  accept: (stream: TcpStream) => void,
  shared: TcpShared,
): TcpListener {
  const action = `listen on TCP ${addrKey(bind)}`;
  try {
    demand(action, { name: "net", host: addrKey(bind) });
    const listener = Deno.listen({ hostname: bind.host, port: bind.port });
    let closed = false;
    const accepting = acceptLoop(listener, accept, shared, () => closed);
    return {
      local: { host: listener.addr.hostname, port: listener.addr.port },
      async [Symbol.asyncDispose]() {
        if (!closed) listener.close();
        closed = true;
        await accepting;
      },
    };
  } catch (error) {
    throw portError(action, error);
  }
}

function whyAborted(action: string, signal: AbortSignal): PortError {
  const late = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
  return late
    ? new PortError("timeout", `Cannot ${action}: no answer in time`)
    : new PortError("closed", `Cannot ${action}: it was called off`, { cause: signal.reason });
}

/** Connects. Rejects with `timeout` when the signal is a timeout's, with `closed` for any other abort. */
export async function dialTcp(
  to: Addr,
  signal: AbortSignal,
  shared: TcpShared,
): Promise<TcpStream> {
  const action = `connect to TCP ${addrKey(to)}`;
  if (signal.aborted) throw whyAborted(action, signal);
  try {
    demand(action, { name: "net", host: addrKey(to) });
    const conn = await Deno.connect({ hostname: to.host, port: to.port, signal });
    return new DenoTcpStream(conn, shared.guard, () => {});
  } catch (error) {
    throw signal.aborted ? whyAborted(action, signal) : portError(action, error);
  }
}
