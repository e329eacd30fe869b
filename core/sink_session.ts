/**
 * One session: a stream and the sinks it plays into. A viewer's has a port of its own and a subscription at a POP;
 * a relay's shares what the node relays anyway.
 */
import type { StreamName } from "./ids.ts";
import type { MediaChunk, ReceiverEvent, SocketId } from "./media/api.ts";
import type { Addr, Events, Log } from "./ports.ts";
import type {
  Candidates,
  Datapath,
  Exchange,
  Sink,
  SinkSession,
  StreamInfo,
  Subscription,
} from "./slots.ts";

/** What a session plays, and how. */
export interface SessionOptions {
  /** The stream, `origin/name`. */
  readonly stream: string;
  /** Latency budget in milliseconds: how long a late or lost packet is waited for. */
  readonly budget: number;
  /** Each sink's own way when undefined. */
  readonly pace?: "asap" | "smooth" | undefined;
}

/** What a session needs of its node. */
export interface SessionNeeds {
  readonly datapath: Datapath;
  readonly exchange: Exchange;
  /**
   * Where parents come from; the session then has a port of its own. Undefined: the stream is taken from what
   * this node relays, with all that its ring still holds.
   */
  readonly candidates: Candidates | undefined;
  readonly log: Log;
  readonly events: Pick<Events, "emit">;
  readonly onEnded: () => void;
}

/** A sink and its id. */
export interface NamedSink {
  readonly id: string;
  readonly it: Sink;
}

/** A sink that the session plays into. */
interface Output {
  readonly id: string;
  readonly sink: Sink;
  readonly pace: "asap" | "smooth";
  readonly session: SinkSession;
  readonly watch: Disposable;
}

/** One stream, watched. */
export class StreamSession {
  #socket: { readonly id: SocketId; readonly local: Addr } | undefined;
  #subscription: Subscription | undefined;
  #held: Disposable[] = [];
  /** Receivers of the current incarnation, one for each pace in use. */
  readonly #receivers = new Map<"asap" | "smooth", Disposable>();
  /** Sinks that wanted no more. */
  readonly #left = new WeakSet<Sink>();
  #info: StreamInfo | undefined;
  #outputs: Output[] = [];
  #over = false;
  #ended = false;
  #opened = false;
  #chunks = 0;
  #lost = 0;

  constructor(
    readonly id: string,
    readonly config: SessionOptions,
    readonly needs: SessionNeeds,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  async open(sinks: readonly NamedSink[]): Promise<void> {
    const { datapath, exchange, candidates } = this.needs;
    const stream = this.config.stream as StreamName;
    for (const sink of sinks) this.#attach(sink);
    this.#opened = true;
    this.needs.events.emit("session-opened", { session: this.id, stream });
    if (candidates === undefined) {
      this.#subscription = exchange.subscribe({ stream, session: this.id });
    } else {
      const socket = await datapath.openSocket();
      this.#socket = socket;
      this.#subscription = exchange.subscribe({ stream, session: this.id, candidates, socket });
    }
    this.#held = [
      this.#subscription.onStream((info) => this.#onStream(info)),
      this.#subscription.onEnd(() => this.#onStreamOver()),
    ];
  }

  /** Plays into these sinks from now on; those that stay notice nothing, those that go are flushed. */
  playInto(sinks: readonly NamedSink[]): void {
    if (this.#ended || this.#subscription === undefined) return;
    const stays = ({ id, sink }: Output) => sinks.some((one) => one.id === id && one.it === sink);
    const going = this.#outputs.filter((output) => !stays(output));
    for (const sink of sinks) {
      const known = this.#outputs.some(({ id, sink: it }) => id === sink.id && it === sink.it);
      if (!known && !this.#left.has(sink.it)) this.#attach(sink);
    }
    this.#outputs = this.#outputs.filter((output) => !going.includes(output));
    this.#receive();
    void this.#closeOutputs(going);
  }

  #attach({ id, it }: NamedSink): void {
    const stream = this.config.stream as StreamName;
    const session = it.open({ session: this.id, stream, title: stream });
    const output: Output = {
      id,
      sink: it,
      pace: this.config.pace ?? it.pace,
      session,
      watch: session.onEnd(() => this.#onSinkEnd(output)),
    };
    this.#outputs.push(output);
  }

  /** Ends the session; sinks are flushed. */
  async close(): Promise<void> {
    for (const one of [...this.#held.splice(0), ...this.#receivers.values()]) {
      one[Symbol.dispose]();
    }
    this.#receivers.clear();
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    if (this.#socket !== undefined) this.needs.datapath.closeSocket(this.#socket.id);
    this.#socket = undefined;
    await this.#closeOutputs(this.#outputs.splice(0));
    if (!this.#opened) return;
    this.#opened = false;
    this.needs.events.emit("session-closed", { session: this.id, stream: this.config.stream });
  }

  status(): object {
    return {
      session: this.id,
      stream: this.config.stream,
      ssrc: this.#info?.ssrc,
      port: this.#socket?.local.port,
      budgetMs: this.config.budget,
      ended: this.#ended,
      packets: this.#chunks,
      lost: this.#lost,
      ...this.#subscription?.status(),
      sinks: this.#outputs.map(({ id, pace, session }) => ({ id, pace, ...session.status() })),
    };
  }

  /** The stream's number is known, or is a new one after the origin's restart. */
  #onStream(info: StreamInfo): void {
    if (info.ssrc === this.#info?.ssrc) return;
    this.#info = info;
    for (const one of this.#receivers.values()) one[Symbol.dispose]();
    this.#receivers.clear();
    this.#receive();
  }

  /** Has a receiver for each pace in use, and none for others. */
  #receive(): void {
    const info = this.#info;
    if (info === undefined || this.#over) return;
    const paces = new Set(this.#outputs.map((one) => one.pace));
    // A sink of the POP itself begins where the ring begins; one that comes later begins with what comes.
    const from = this.needs.candidates === undefined && this.#receivers.size === 0
      ? { from: 0 }
      : {};
    for (const [pace, receiver] of this.#receivers) {
      // What is in use by nobody goes, but for the last one: it counts for the session.
      if (paces.has(pace) || (paces.size === 0 && this.#receivers.size === 1)) continue;
      this.#receivers.delete(pace);
      receiver[Symbol.dispose]();
    }
    for (const pace of paces) {
      if (this.#receivers.has(pace)) continue;
      const spec = { ssrc: info.ssrc, budgetMs: this.config.budget, pace, ...from };
      this.#receivers.set(
        pace,
        this.needs.datapath.receive(spec, (event) => this.#onReceived(pace, event)),
      );
    }
  }

  #onReceived(pace: "asap" | "smooth", event: ReceiverEvent): void {
    if (event.kind === "chunks") return this.#deliver(pace, event.chunks);
    this.#receivers.delete(pace);
    if (this.#receivers.size === 0 && this.#over) this.#end("stream ended");
  }

  #deliver(pace: "asap" | "smooth", chunks: readonly MediaChunk[]): void {
    // Paces differ only in time, so one of them counts for the session.
    if (pace === (this.#outputs[0]?.pace ?? this.#receivers.keys().next().value)) {
      this.#chunks += chunks.length;
      for (const chunk of chunks) this.#lost += chunk.lostBefore;
    }
    for (const output of this.#outputs) {
      if (output.pace === pace) output.session.push(chunks);
    }
  }

  /** The origin said that this was all: what receivers still hold is played first. */
  #onStreamOver(): void {
    this.#over = true;
    if (this.#receivers.size === 0) this.#end("stream ended");
  }

  #onSinkEnd(output: Output): void {
    const index = this.#outputs.indexOf(output);
    if (index < 0) return;
    this.#outputs.splice(index, 1);
    this.#left.add(output.sink);
    void this.#closeOutputs([output]);
    if (this.#outputs.length === 0) this.#end(`sink "${output.id}" was closed`);
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.needs.log.info("session ended", { session: this.id, stream: this.config.stream, why });
    void this.close().then(() => this.needs.onEnded());
  }

  async #closeOutputs(outputs: readonly Output[]): Promise<void> {
    for (const output of outputs) {
      output.watch[Symbol.dispose]();
      try {
        await output.session.close();
      } catch (error) {
        this.needs.log.error("sink does not close cleanly", { sink: output.id, error });
      }
    }
  }
}
