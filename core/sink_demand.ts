/** Opens sessions that sinks ask for themselves, and closes them when they are wanted no more. */
import type { StreamName } from "./ids.ts";
import type { Many } from "./plugin.ts";
import type { Log } from "./ports.ts";
import type { Sink } from "./slots.ts";

/** An open session. */
export interface DemandedSession {
  close(): Promise<void>;
}

/** Opens one session of `stream` for the sink of this id. */
export type OpenSession = (
  stream: StreamName,
  sink: string,
  session: string,
) => Promise<DemandedSession>;

/** Sessions that one node's sinks may ask for: the largest default of `maxStreams`. */
const SESSIONS_MAX = 1024;
/** Longest name of a session (the exchange's limit is 72). */
const NAME_MAX = 64;

interface Entry {
  wanted: boolean;
  /** Opening and closing take turns; nothing of one session overlaps. */
  turn: Promise<void>;
  session: DemandedSession | undefined;
}

/** Follows what the sinks of a node want. */
export class SinkDemand {
  readonly #entries = new Map<string, Entry>();
  #watches: Disposable[] = [];
  #sinks: Disposable | undefined;
  #running = false;
  /** Sessions whose names had to be cut: a number tells them apart. */
  #long = 0;

  constructor(
    readonly sinks: Many<Sink>,
    readonly log: Log,
    readonly open: OpenSession,
  ) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#sinks = this.sinks.onChange(() => this.#watch());
    this.#watch();
  }

  /** Closes every session; idempotent. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#sinks?.[Symbol.dispose]();
    this.#sinks = undefined;
    for (const one of this.#watches.splice(0)) one[Symbol.dispose]();
    const turns = [...this.#entries].map(([key, entry]) => this.#want(key, entry, false));
    await Promise.all(turns);
  }

  #watch(): void {
    for (const one of this.#watches.splice(0)) one[Symbol.dispose]();
    for (const { it } of this.sinks.list()) {
      const watch = it.onWanted?.(() => this.#look());
      if (watch !== undefined) this.#watches.push(watch);
    }
    this.#look();
  }

  #look(): void {
    if (!this.#running) return;
    const wanted = new Map<string, { sink: string; stream: StreamName }>();
    for (const { id, it } of this.sinks.list()) {
      for (const stream of it.wanted?.() ?? []) wanted.set(`${id} ${stream}`, { sink: id, stream });
    }
    for (const [key, entry] of this.#entries) {
      if (!wanted.has(key)) void this.#want(key, entry, false);
    }
    for (const [key, { sink, stream }] of wanted) {
      let entry = this.#entries.get(key);
      if (entry === undefined) {
        if (this.#entries.size >= SESSIONS_MAX) continue;
        entry = { wanted: false, turn: Promise.resolve(), session: undefined };
        this.#entries.set(key, entry);
      }
      if (!entry.wanted) void this.#want(key, entry, true, () => this.#openOne(sink, stream));
    }
  }

  #openOne(sink: string, stream: StreamName): Promise<DemandedSession> {
    const plain = `${sink}-${stream.replace("/", "-")}`;
    const name = plain.length <= NAME_MAX ? plain : `${plain.slice(0, 50)}-${++this.#long}`;
    return this.open(stream, sink, name);
  }

  #want(
    key: string,
    entry: Entry,
    wanted: boolean,
    open?: () => Promise<DemandedSession>,
  ): Promise<void> {
    entry.wanted = wanted;
    entry.turn = entry.turn.then(async () => {
      try {
        if (entry.wanted && entry.session === undefined) entry.session = await open?.();
        else if (!entry.wanted) {
          const { session } = entry;
          entry.session = undefined;
          await session?.close();
          if (!entry.wanted && this.#entries.get(key) === entry) this.#entries.delete(key);
        }
      } catch (error) {
        this.log.error("Cannot serve what a sink wants", { wanted: key, error });
        // Wanted again, it is tried again.
        entry.wanted = false;
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      }
    });
    return entry.turn;
  }
}
