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

/** A sink that the session plays into. */
interface Output {
  readonly id: string;
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
  #receivers: Disposable[] = [];
  #info: StreamInfo | undefined;
  #outputs: Output[] = [];
  #openReceivers = 0;
  #over = false;
  #ended = false;
  #opened = false;
  #chunks = 0;
  #lost = 0;

  constructor(
    readonly id: string,
    readonly config: SessionOptions,
    readonly sinks: readonly { readonly id: string; readonly it: Sink }[],
    readonly needs: SessionNeeds,
  ) {}

  get ended(): boolean {
    return this.#ended;
  }

  async open(): Promise<void> {
    const { datapath, exchange, candidates } = this.needs;
    const stream = this.config.stream as StreamName;
    for (const { id, it } of this.sinks) {
      const session = it.open({ session: this.id, stream, title: stream });
      const output: Output = {
        id,
        pace: this.config.pace ?? it.pace,
        session,
        watch: session.onEnd(() => this.#onSinkEnd(output)),
      };
      this.#outputs.push(output);
    }
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

  /** Ends the session; sinks are flushed. */
  async close(): Promise<void> {
    for (const one of [...this.#held.splice(0), ...this.#receivers.splice(0)]) {
      one[Symbol.dispose]();
    }
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
    for (const one of this.#receivers.splice(0)) one[Symbol.dispose]();
    const paces = new Set(this.#outputs.map((one) => one.pace));
    this.#openReceivers = paces.size;
    const from = this.needs.candidates === undefined ? { from: 0 } : {};
    for (const pace of paces) {
      this.#receivers.push(
        this.needs.datapath.receive(
          { ssrc: info.ssrc, budgetMs: this.config.budget, pace, ...from },
          (event) => this.#onReceived(pace, event),
        ),
      );
    }
  }

  #onReceived(pace: "asap" | "smooth", event: ReceiverEvent): void {
    if (event.kind === "chunks") this.#deliver(pace, event.chunks);
    else if (--this.#openReceivers <= 0 && this.#over) this.#end("stream ended");
  }

  #deliver(pace: "asap" | "smooth", chunks: readonly MediaChunk[]): void {
    // Paces differ only in time, so the first output's pace counts for the session.
    if (pace === this.#outputs[0]?.pace) {
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
    if (this.#openReceivers <= 0) this.#end("stream ended");
  }

  #onSinkEnd(output: Output): void {
    const index = this.#outputs.indexOf(output);
    if (index < 0) return;
    this.#outputs.splice(index, 1);
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
