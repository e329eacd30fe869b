/** One TCP connection with another peer: who it is, and messages in and out. */
import type { NodeName } from "../../core/ids.ts";
import type { Clock, TcpStream } from "../../core/ports.ts";
import type { FileId } from "../../core/swarm/identity.ts";
import {
  type Bye,
  encodePeer,
  type Hello,
  type PeerMessage,
  PeerParser,
  type Span,
} from "../../core/swarm/peer_messages.ts";
import type { Reason } from "./events.ts";
import type { ConnectionId } from "./remote.ts";

/** Bytes of small messages that a peer may leave unread. */
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

/** Who hears of a session. */
export interface SessionEvents {
  /** The other side's HELLO. */
  hello(session: Session, hello: Hello): void;
  message(session: Session, message: PeerMessage): void;
  begins(session: Session, span: Span): Uint8Array | undefined;
  arrived(session: Session, span: Span, kept: boolean): void;
  /** Bytes of a payload came. */
  progress(session: Session): void;
  /** There is room to write again. */
  drained(session: Session): void;
  /** The connection is over; `why` when this side ended it. */
  closed(session: Session, why: Reason | undefined): void;
}

/** A connection from its first byte to its end. */
export class Session {
  readonly id: ConnectionId;
  readonly stream: TcpStream;
  readonly dialed: boolean;
  /** Known after its HELLO. */
  name: NodeName | undefined;
  instance = 0;
  listenPort = 0;
  /** The file it talks about. */
  fileKey: FileId | undefined;
  saidHello = false;
  full = false;
  lastHeardMs: number;
  lastSaidMs: number;
  reading = 0;
  readonly openedMs: number;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #parser: PeerParser;
  #why: Reason | undefined;
  #over = false;
  #unreadBytes = 0;
  #listening: Disposable | undefined;
  #midMessageMs: number | undefined;

  constructor(
    id: ConnectionId,
    stream: TcpStream,
    dialed: boolean,
    clock: Clock,
    events: SessionEvents,
  ) {
    this.id = id;
    this.stream = stream;
    this.dialed = dialed;
    this.#clock = clock;
    this.#events = events;
    this.openedMs = this.lastHeardMs = this.lastSaidMs = clock.now();
    this.#parser = new PeerParser({
      message: (message) => this.#message(message),
      pieceBegins: (span) => this.name === undefined ? undefined : events.begins(this, span),
      pieceEnds: (span, kept) => {
        if (this.name === undefined) this.close("malformed");
        else events.arrived(this, span, kept);
      },
      broken: () => this.close("malformed"),
    });
    this.resume();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Since when a message has begun and not ended. */
  get midMessageMs(): number | undefined {
    return this.#midMessageMs;
  }

  /** Hears what comes. */
  resume(): void {
    this.#listening ??= this.stream.onEvent((event) => {
      if (event.kind === "data") this.#data(event.bytes);
      else if (event.kind === "drain") this.#drained();
      else this.#closed();
    }, () => this.#parser.room());
  }

  send(message: PeerMessage): void {
    this.write(encodePeer(message));
  }

  /** Writes a frame; what the other side does not read piles up to a limit. `taken`: as the stream has it. */
  write(bytes: Uint8Array, taken?: () => void): void {
    if (this.#over) return taken?.();
    this.lastSaidMs = this.#clock.now();
    if (this.stream.write(bytes, taken)) return;
    this.full = true;
    this.#unreadBytes += bytes.length;
    if (this.#unreadBytes > BACKLOG_MAX_BYTES) this.close("slow-reader");
  }

  /** Ends the connection, with a last word where one is given. */
  close(why: Reason | undefined, bye?: Bye): void {
    if (this.#over) return;
    this.#over = true;
    this.#why = why;
    this.#parser.stop();
    if (bye === undefined) this.stream.destroy();
    else {
      this.stream.write(encodePeer({ kind: "bye", why: bye }));
      this.stream.end();
    }
    this.#events.closed(this, why);
  }

  #data(bytes: Uint8Array): void {
    if (this.#over) return;
    this.lastHeardMs = this.#clock.now();
    this.#parser.push(bytes);
    if (this.#over) return;
    this.#midMessageMs = this.#parser.midMessage
      ? this.#midMessageMs ?? this.lastHeardMs
      : undefined;
    if (this.#parser.midMessage) this.#events.progress(this);
  }

  #message(message: PeerMessage): void {
    this.#midMessageMs = undefined;
    if (message.kind === "hello" && this.name === undefined) {
      const { name, instance, port } = message.hello;
      [this.name, this.instance, this.listenPort] = [name, instance, port];
      this.#events.hello(this, message.hello);
    } else if (this.name === undefined && message.kind !== "bye") this.close("malformed");
    else if (message.kind === "bye") this.close(undefined);
    else this.#events.message(this, message);
  }

  #drained(): void {
    this.full = false;
    this.#unreadBytes = 0;
    this.#events.drained(this);
  }

  #closed(): void {
    const tell = !this.#over;
    this.#over = true;
    this.#parser.stop();
    if (tell) this.#events.closed(this, this.#why);
  }
}
