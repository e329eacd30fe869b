/**
 * Everything that a plugin can touch of the world. The host fills these ports with Deno
 * (`core/host/`), the seeded world fills them with a simulation (`tests/sim/`); a plugin cannot tell
 * which.
 */

import type { EngineThreads } from "./datapath/words.ts";
import type { PieceProof, PieceTarget } from "./swarm/piece_proof.ts";

/** Time. `now` is monotonic; nothing in Espalier compares it between two nodes. */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. */
  now(): number;
  /** Unix milliseconds, for people, file names and instance numbers only. */
  wall(): number;
  /** Calls `fn` once, `ms` from now at the earliest. Disposing cancels it; after the call it is a no-op. */
  after(ms: number, fn: () => void): Disposable;
}

/** Random numbers: cryptographic on the host, seeded in the world. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** A host (IPv4, IPv6 without brackets, or a name) and a port. */
export interface Addr {
  readonly host: string;
  readonly port: number;
}

/** Which of the planes a socket belongs to: names it in counters and lets chaos pick on one. */
export type Plane = "control" | "keepalive" | "media" | "source" | "sink" | "probe";

/** What a UDP socket is opened with. */
export interface UdpOptions {
  readonly plane: Plane;
  /** Joins this multicast group after binding. */
  readonly multicast?: { readonly group: string; readonly ttl?: number };
  /** Lets several sockets bind one address (needed for multicast on one host). */
  readonly reuseAddress?: boolean;
}

/** A bound UDP socket. */
export interface UdpSocket extends AsyncDisposable {
  /** The bound address; port 0 is resolved here. */
  readonly local: Addr;
  /**
   * Sends, best effort: loss, an unreachable host and a full buffer are counted, never thrown.
   * The bytes belong to the socket from here on: the caller never changes them again (it may send
   * them again, to others).
   */
  send(to: Addr, bytes: Uint8Array): void;
  /**
   * Registers the one receiver of datagrams. The bytes and the address belong to the receiver and are
   * immutable. Packets that arrive before a receiver stands are dropped and counted.
   */
  onPacket(fn: (from: Addr, bytes: Uint8Array) => void): Disposable;
}

/**
 * What a TCP stream tells. `bytes` of `data` may be read during the call only: who keeps them copies
 * them. `close` comes exactly once, last; `error` says why when it was no clean end.
 */
export type StreamEvent =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "drain" }
  | { readonly kind: "close"; readonly error?: string };

/** A TCP connection. */
export interface TcpStream extends AsyncDisposable {
  readonly local: Addr;
  readonly remote: Addr;
  /**
   * Queues bytes; false once more than 1 MiB waits (then wait for `drain`). Ignored after close. `taken`
   * is called once when the stream needs the bytes no more, sent or not: until then they are not changed.
   */
  write(bytes: Uint8Array, taken?: () => void): boolean;
  /**
   * Registers the one listener. Data that came before is delivered to it at once, in order. `room` may be asked
   * before a read where the next bytes are best put: `data` may then tell of the front of that place. Until the
   * stream is closed, a place that was told may be written to.
   */
  onEvent(fn: (event: StreamEvent) => void, room?: () => Uint8Array | undefined): Disposable;
  /** Flushes what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A listening TCP socket. */
export interface TcpListener extends AsyncDisposable {
  readonly local: Addr;
}

/** The network. Opening rejects with a `PortError` (codes `address-in-use`, `address-not-available`, `refused`, `timeout`, `denied`). */
export interface Net {
  udp(bind: Addr, options: UdpOptions): Promise<UdpSocket>;
  listen(bind: Addr, accept: (stream: TcpStream) => void): Promise<TcpListener>;
  dial(to: Addr, signal: AbortSignal): Promise<TcpStream>;
}

/** How a child process ended. */
export interface ExitStatus {
  readonly code: number;
  readonly signal?: string;
}

/** A child process such as ffmpeg or ffplay. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Writes to its standard input; false once more than 4 MiB waits. Ignored after it closed. */
  write(bytes: Uint8Array): boolean;
  /** Bytes that wait to be written to its standard input. */
  readonly queuedBytes: number;
  closeInput(): void;
  onDrain(fn: () => void): Disposable;
  /** Standard output, as it comes. When nobody listens it is read and dropped. */
  onOutput(fn: (bytes: Uint8Array) => void): Disposable;
  /** Standard error, line by line, each at most 4 KiB. */
  onErrorLine(fn: (line: string) => void): Disposable;
  onExit(fn: (status: ExitStatus) => void): Disposable;
  kill(signal?: "SIGTERM" | "SIGKILL" | "SIGINT"): void;
}

/** How a child process is started. */
export interface SpawnOptions {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program by argument vector, never through a shell. Throws `PortError` `not-found` or `denied`. */
export type Spawn = (argv: readonly string[], options?: SpawnOptions) => Child;

/** What is known of a file. */
export interface FileInfo {
  readonly path: string;
  readonly kind: "file" | "directory" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** A file open for reading. */
export interface ReadHandle extends AsyncDisposable {
  readonly sizeBytes: number;
  /** Reads at most `into.length` bytes at `offset`; 0 at the end. */
  read(offset: number, into: Uint8Array): Promise<number>;
}

/** A file open for writing. */
export interface WriteHandle extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
}

/** A file open for reading and for writing anywhere in it. */
export interface UpdateHandle extends ReadHandle {
  /** Writes all of `bytes` at `offset`; a gap before it reads as zeros. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /**
   * Proves a piece and writes it at `offset` if it is right, beside this thread where the machine can. The bytes,
   * best in shared memory, must stay as they are until it settles; it rejects only where writing fails. To be settled
   * before the file is closed.
   */
  keep(offset: number, bytes: Uint8Array, target: PieceTarget): Promise<PieceProof>;
  sync(): Promise<void>;
}

/** Files. Rejects with `PortError` (`not-found`, `denied`, `full`, `exists`, `io`). */
export interface Files {
  stat(path: string): Promise<FileInfo | undefined>;
  /** The path with every link resolved. */
  realPath(path: string): Promise<string>;
  /** Entries of a folder, links resolved, sorted by name. */
  list(path: string): Promise<readonly FileInfo[]>;
  openRead(path: string): Promise<ReadHandle>;
  /** `create` refuses an existing file, `truncate` empties it, `append` adds to it. */
  openWrite(path: string, mode: "create" | "truncate" | "append"): Promise<WriteHandle>;
  /** Opens a file to be changed in place; an empty one is made when there is none. */
  openUpdate(path: string): Promise<UpdateHandle>;
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** A request to a plugin's HTTP server. */
export interface HttpRequest {
  readonly method: string;
  /** The path, percent-decoded and split at its slashes, without empty parts: `/files/a%2Fb` is `["files", "a/b"]`. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly remote: Addr;
}

/** Where a streamed body goes. */
export interface HttpWriter {
  /** Queues bytes, which belong to the writer from here on; false once `highBytes` wait (then wait for `onDrain`). Ignored after the end. */
  write(bytes: Uint8Array): boolean;
  /** Bytes that wait to be taken by the client. */
  readonly queuedBytes: number;
  /** Registers the one listener for room. */
  onDrain(fn: () => void): Disposable;
  /** The client has gone, or the server stops: called once, and never after `end` or `abort`. */
  onGone(fn: () => void): Disposable;
  /** The body is complete. */
  end(): void;
  /** The body cannot be completed: the client sees a broken transfer, not a short file. */
  abort(): void;
}

/** A response: `body` is whole, or a function that is called once with where to write. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | ((writer: HttpWriter) => void);
}

/** Limits of an HTTP server. */
export interface HttpOptions {
  /** Requests answered at once; more get 503. 64 when left out. */
  readonly maxRequests?: number;
  /** `HttpWriter.write` answers false from here on. 1 MiB when left out. */
  readonly highBytes?: number;
}

/** A listening HTTP server. */
export interface HttpServer extends AsyncDisposable {
  readonly local: Addr;
}

/** A request to somebody else's HTTP server. Its URL comes from the config, never from a peer. */
export interface HttpAsk {
  readonly method: "GET" | "POST" | "PUT";
  /** `http:` or `https:`. Redirections are answers like others: they are not followed. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For all of it: looking up, connecting, sending, and the answer to its end. */
  readonly deadlineMs: number;
  /** Bytes of the answer that are kept; 64 KiB when left out. What comes beyond is not read. */
  readonly maxBytes?: number;
}

/** What such a server answered, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** HTTP servers and requests. Headers such as CORS are the handler's. Bodies of requests are not read by servers. */
export interface Http {
  /** Asks; rejects with a `PortError` (`refused`, `timeout`, `denied`, `address-not-available`, `closed`, `io`). */
  request(ask: HttpAsk, signal?: AbortSignal): Promise<HttpAnswer>;
  /** Opening rejects as `Net.listen` does; a handler that throws answers 500. Disposing ends every response. */
  serve(
    bind: Addr,
    handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
    options?: HttpOptions,
  ): Promise<HttpServer>;
}

/** Values a log line may carry. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log, already bound to node and plugin. Never called per packet. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A number that only grows. */
export interface Counter {
  add(by?: number): void;
}

/** One measured value with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a distribution holds for one set of labels. */
export interface DistributionSample {
  readonly labels?: Readonly<Record<string, string>>;
  /** How many values lay up to each bound and above the one before; one more for those beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Metrics by Prometheus conventions; names get the prefix `espalier_`. Bind once, add often. */
export interface Metrics {
  /** A counter for one fixed set of labels. The same name and labels give the same counter. */
  counter(name: string, help: string, labels?: Readonly<Record<string, string>>): Counter;
  /** A distribution; `buckets` are upper bounds in the metric's unit. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: Readonly<Record<string, string>>,
  ): { observe(value: number): void };
  /** Values that are read only when somebody asks; disposing removes them. */
  collect(
    name: string,
    type: "gauge" | "counter",
    help: string,
    read: () => readonly Sample[],
  ): Disposable;
  /** A distribution that is counted elsewhere, read only when somebody asks; one reader a name. */
  collectDistribution(
    name: string,
    help: string,
    buckets: readonly number[],
    read: () => readonly DistributionSample[],
  ): Disposable;
}

/** What this process has used so far. */
export interface Usage {
  /** User and system time. */
  readonly cpuMs: number;
  /** Resident memory. */
  readonly memoryBytes: number;
}

/** What an event may be about. A plugin of your own begins its kinds with `x-`. */
export const EVENT_KINDS = [
  "node-started",
  "node-draining",
  "parent-changed",
  "joined",
  "left",
  "failed-over",
  "handed-over",
  "child-joined",
  "child-left",
  "refused",
  "neighbor-up",
  "neighbor-down",
  "stream-started",
  "stream-ended",
  "session-opened",
  "session-closed",
  "recording-started",
  "recording-stopped",
  "plugin-swapped",
  "plugin-added",
  "plugin-removed",
  "options-changed",
  "change-refused",
  "config-reloaded",
  "config-saved",
  "log-level",
  "chaos-changed",
] as const;

/** A kind of event. */
export type EventKind = typeof EVENT_KINDS[number] | `x-${string}`;

/** What an event says: names and numbers, no bulk. */
export type EventFields = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Something that happened on this node. */
export interface NodeEvent {
  /** Grows by one with every event, and over a restart of the node too. */
  readonly id: number;
  /** Unix milliseconds. */
  readonly timeMs: number;
  readonly kind: EventKind;
  /** The plugin that told it; the node itself when left out. */
  readonly plugin?: string;
  readonly fields: EventFields;
}

/** What happens on this node, for people who watch it and for hooks. Never called per packet. */
export interface Events {
  /** Tells everybody who listens. Kinds that come too often are cut, and counted. */
  emit(kind: EventKind, fields?: EventFields): void;
  /** Hears of every event of this node, its own included. */
  onEvent(fn: (event: NodeEvent) => void): Disposable;
}

/** All ports of one node. */
export interface Ports {
  /** Threads for media engines; absent where there are none, as in the seeded world. */
  readonly threads?: EngineThreads;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly net: Net;
  readonly http: Http;
  readonly spawn: Spawn;
  readonly files: Files;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly events: Events;
  /** Absent where there is no process to measure. */
  readonly usage?: () => Usage;
}

/** Why a port could not do what it was asked. */
export type PortErrorCode =
  | "address-in-use"
  | "address-not-available"
  | "refused"
  | "timeout"
  | "denied"
  | "not-found"
  | "exists"
  | "full"
  | "closed"
  | "io";

/** The world said no. `code` is stable; the message reads `Cannot <action>: <what is the case>`. */
export class PortError extends Error {
  override name = "PortError";
  constructor(readonly code: PortErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
