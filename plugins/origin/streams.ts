/** The life of one offered stream: publication, source run, end, and a new life for the next viewer. */
import { type NodeName, ssrcOf, type StreamName } from "../../core/ids.ts";
import type { Clock, Events, Log, Rng } from "../../core/ports.ts";
import type { Exchange, Publication, Source, SourceStream, StreamInfo } from "../../core/slots.ts";

/**
 * How long a stream that ended keeps its number after its last child has gone: the news of the end has to
 * reach every viewer before the news of its next life does.
 */
const RENEW_MS = 5000;

/** How long a source plays on for nobody: a viewer that fails over comes back within seconds. */
const IDLE_MS = 10_000;

/** What an offered stream needs of its node. */
export interface OfferNeeds {
  readonly origin: NodeName;
  readonly exchange: Exchange;
  readonly rng: Rng;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<Events, "emit">;
  readonly idle: () => "stop" | "finish";
  /** The stream's entry in the catalogue changed. */
  readonly onInfo: () => void;
}

/** One stream of one source, offered to the network. */
export class OfferedStream {
  #publication: Publication | undefined;
  #watch: Disposable | undefined;
  #later: Disposable | undefined;
  #run: AsyncDisposable | undefined;
  #ended = false;
  #closing: Promise<void> = Promise.resolve();

  constructor(
    public stream: SourceStream,
    readonly source: Source,
    readonly needs: OfferNeeds,
  ) {}

  /** The catalogue's entry. */
  get info(): StreamInfo | undefined {
    const { bitrate, title } = this.stream;
    return this.#publication && { ...this.#publication.info, bitrate, title };
  }

  get watched(): boolean {
    return this.#publication?.watched ?? false;
  }

  get state(): "idle" | "running" | "ended" {
    return this.#ended ? "ended" : this.#run === undefined ? "idle" : "running";
  }

  open(): void {
    const { needs, stream } = this;
    const random = needs.rng.bytes(4);
    const ssrc = ssrcOf(new DataView(random.buffer).getUint32(0));
    const publication = needs.exchange.publish({
      name: `${needs.origin}/${stream.name}` as StreamName,
      ssrc,
      bitrate: stream.bitrate,
      title: stream.title,
    });
    this.#ended = false;
    this.#publication = publication;
    this.#watch = publication.onWatched((watched) => this.#onWatched(watched));
    if (stream.start === "always" || publication.watched) this.#startRun();
  }

  async close(): Promise<void> {
    this.#later?.[Symbol.dispose]();
    this.#later = undefined;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#stopRun();
    this.#publication?.[Symbol.dispose]();
    this.#publication = undefined;
    await this.#closing;
  }

  #onWatched(watched: boolean): void {
    this.#later?.[Symbol.dispose]();
    this.#later = undefined;
    if (watched) {
      if (this.#run === undefined && !this.#ended) this.#startRun();
      return;
    }
    const { clock, idle } = this.needs;
    if (this.#ended) this.#later = clock.after(RENEW_MS, () => this.#renew());
    else if (this.stream.start === "demand" && idle() === "stop") {
      this.#later = clock.after(IDLE_MS, () => this.#stopRun());
    }
  }

  /** A stream that ended is offered anew, with a new number, once its last viewer has gone. */
  #renew(): void {
    this.#later = undefined;
    this.#watch?.[Symbol.dispose]();
    this.#publication?.[Symbol.dispose]();
    this.open();
    this.needs.onInfo();
  }

  #startRun(): void {
    const publication = this.#publication;
    if (publication === undefined) return;
    this.#tell("stream-started", publication);
    this.#run = this.source.open(this.stream.name, {
      push: (ts, dueMs) => publication.push(ts, dueMs),
      end: () => {
        if (this.#publication !== publication) return;
        this.#ended = true;
        this.#stopRun();
        publication.end();
        this.#tell("stream-ended", publication);
      },
    });
  }

  #tell(kind: "stream-started" | "stream-ended", { info: { name: stream } }: Publication): void {
    this.needs.log.info(kind === "stream-started" ? "stream starts" : "stream ended", { stream });
    this.needs.events.emit(kind, { stream });
  }

  #stopRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    this.#closing = this.#closing.then(() => run[Symbol.asyncDispose]()).catch((error) =>
      this.needs.log.error("source does not stop cleanly", { stream: this.stream.name, error })
    );
  }
}
