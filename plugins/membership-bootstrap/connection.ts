/** The TCP connection to the bootstrapper: dials, cuts messages out, and tells the end exactly once. */
import type { Addr, Clock, Net, TcpStream } from "../../core/ports.ts";
import { decodeFrame, Deframer } from "../../core/wire/frame.ts";
import type { AnyEnvelope } from "../../core/wire/control_codec.ts";

/** A dial that takes longer has failed: three tries of a SYN. */
const DIAL_MS = 3000;

/** What a connection tells. After `down` nothing comes. */
export interface ConnectionEvents {
  up(local: Addr): void;
  message(envelope: AnyEnvelope): void;
  /** Bytes that are no message came; the connection goes on if they could be cut out. */
  malformed(): void;
  down(why: string): void;
}

/** One dial and what becomes of it. */
export class Connection implements AsyncDisposable {
  readonly #events: ConnectionEvents;
  readonly #abort = new AbortController();
  readonly #deframer = new Deframer();
  readonly #finished = Promise.withResolvers<void>();
  #stream: TcpStream | undefined;
  #over = false;
  /** Resolves when nothing of this connection is left. */
  readonly closed: Promise<void>;

  constructor(net: Net, clock: Clock, to: Addr, events: ConnectionEvents) {
    this.#events = events;
    this.closed = this.#run(net, clock, to);
  }

  write(bytes: Uint8Array): void {
    // A bootstrapper that lets a whole MiB wait is as good as gone; it may be gone already.
    if (this.#stream?.write(bytes) === false) this.#end("the connection takes no more");
  }

  /** Sends what is queued and closes; no event comes after this. */
  hangUp(): void {
    this.#over = true;
    if (this.#stream === undefined) this.#abort.abort();
    else this.#stream.end();
  }

  /** Closes at once, whatever is queued. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    if (this.#stream === undefined) this.#abort.abort();
    this.#finished.resolve();
    await this.closed;
  }

  async #run(net: Net, clock: Clock, to: Addr): Promise<void> {
    const timer = clock.after(DIAL_MS, () => this.#abort.abort());
    let stream: TcpStream;
    try {
      stream = await net.dial(to, this.#abort.signal);
    } catch (error) {
      return this.#end(error instanceof Error ? error.message : String(error));
    } finally {
      timer[Symbol.dispose]();
    }
    if (!this.#over) {
      this.#stream = stream;
      stream.onEvent((event) => {
        if (event.kind === "data") this.#data(event.bytes);
        else if (event.kind === "close") {
          this.#end(event.error ?? "closed by the bootstrapper");
          this.#finished.resolve();
        }
      });
      this.#events.up(stream.local);
      await this.#finished.promise;
    }
    await stream[Symbol.asyncDispose]();
  }

  #data(bytes: Uint8Array): void {
    if (this.#over) return;
    const deframed = this.#deframer.push(bytes);
    if (!deframed.ok) {
      this.#events.malformed();
      return this.#end(`bootstrapper sends nonsense: ${deframed.why}`);
    }
    for (const frame of deframed.frames) {
      const decoded = decodeFrame(frame);
      if (this.#over) return;
      if (decoded.ok) this.#events.message(decoded.envelope);
      else this.#events.malformed();
    }
  }

  #end(why: string): void {
    this.#stream?.destroy();
    if (this.#over) return;
    this.#over = true;
    this.#events.down(why);
  }
}
