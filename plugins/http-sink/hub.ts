/** All streams of the sink: sessions come in, viewers are counted, streams are asked for and let go. */
import { Alarm } from "../../core/alarm.ts";
import type { StreamName } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { Clock, Counter, Log, Metrics } from "../../core/ports.ts";
import type { SessionInfo, SinkSession } from "../../core/slots.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import type { z } from "zod";
import { Channel } from "./channel.ts";
import type { ClientTotals } from "./client.ts";
import type { config } from "./config.ts";
import { Entry, type Feed } from "./entry.ts";

/** The sink's options, checked. */
export type HttpSinkOptions = z.output<typeof config>;

/** What the hub uses of its node. */
export interface HubNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Whether anybody offers this stream. */
  readonly known: (stream: StreamName) => boolean;
}

/** Streams at once; a viewer of one more is refused. */
const STREAMS_MAX = 1024;
/** What has gathered is sent this often: a frame's time at 50 Hz, and few enough writes for hundreds of readers. */
const FLUSH_MS = 20;
const TICK_MS = 1000;
/** A player of segments that has asked for nothing in this many target durations is gone. */
const SILENT_TARGETS = 4;

/** Why a viewer is turned away. */
export type Refusal = "unknown" | "full" | "address" | "bitrate" | "streams";

/** The hub. */
export class Hub {
  readonly entries = new Map<StreamName, Entry>();
  readonly totals: ClientTotals = { skips: 0, skippedBytes: 0, stalled: 0, out: new RateMeter() };
  readonly #wanted = new Listeners();
  readonly #flush: Alarm;
  readonly #tick: Alarm;
  readonly #perAddress = new Map<string, number>();
  readonly #refused = new Map<Refusal, Counter>();
  readonly #breaks = new Map<StreamName, number>();
  #flushing = false;
  #running = false;

  constructor(readonly options: HttpSinkOptions, readonly needs: HubNeeds) {
    this.#flush = new Alarm(needs.clock, () => this.#flushAll());
    this.#tick = new Alarm(needs.clock, () => this.#onTick());
  }

  start(): void {
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
    this.#flush[Symbol.dispose]();
    this.#tick[Symbol.dispose]();
    for (const entry of this.entries.values()) entry.close();
    this.entries.clear();
    this.#perAddress.clear();
    this.#wanted.clear();
  }

  // --- sessions -----------------------------------------------------------------------------------

  wanted(): readonly StreamName[] {
    return [...this.entries.values()].filter((one) => one.wanted).map((one) => one.stream);
  }

  onWanted(fn: () => void): Disposable {
    return this.#wanted.on(fn);
  }

  open({ session, stream }: SessionInfo): SinkSession {
    const feed: Feed = { session, ended: new Listeners() };
    const entry = this.#entry(stream);
    entry?.feeds.push(feed);
    let open = true;
    return {
      push: (chunks) => {
        if (!open || !this.#running || entry === undefined || entry.feeds[0] !== feed) return;
        const { clock } = this.needs;
        const ready = entry.channel.ready;
        entry.channel.push(chunks, clock.now(), clock.wall());
        if (!ready && entry.channel.ready) entry.changed();
        if (entry.channel.pending && !this.#flushing) this.#armFlush();
      },
      onEnd: (fn) => feed.ended.on(fn),
      close: () => {
        if (open && entry !== undefined) this.#closeFeed(entry, feed);
        open = false;
        return Promise.resolve();
      },
      status: () =>
        entry === undefined ? { refused: "too many streams" } : {
          ...entry.channel.status(this.needs.clock.now()),
          // Who watches, by stream or by segments: what the whole network's picture counts.
          clients: entry.channel.clients.size + entry.viewers.size,
        },
    };
  }

  #closeFeed(entry: Entry, feed: Feed): void {
    const first = entry.feeds[0] === feed;
    const index = entry.feeds.indexOf(feed);
    if (index >= 0) entry.feeds.splice(index, 1);
    feed.ended.clear();
    if (first) entry.channel.restart();
    if (entry.feeds.length > 0 || !this.#running) return;
    entry.channel.flush(this.needs.clock.now());
    // The stream is over, or nobody wanted it: whoever comes next asks anew.
    this.#remove(entry);
  }

  // --- viewers ------------------------------------------------------------------------------------

  /** The stream a viewer asks for; it is joined if it does not run here yet. */
  ask(stream: StreamName): Entry | Refusal {
    const known = this.entries.get(stream);
    if (known === undefined && !this.needs.known(stream)) return this.#refuse("unknown");
    const entry = known ?? this.#entry(stream);
    if (entry === undefined) return this.#refuse("streams");
    entry.audienceMs = this.needs.clock.now();
    if (entry.feeds.length === 0) {
      // Said with every viewer: a session that could not be opened is tried again.
      entry.wanted = true;
      this.#wanted.emit();
    }
    return entry;
  }

  /** Why one more viewer has no room; undefined when there is. */
  admit(entry: Entry, address: string): Refusal | undefined {
    const { maxClients, maxPerAddress, maxBitrate } = this.options;
    if (this.viewers >= maxClients) return this.#refuse("full");
    if ((this.#perAddress.get(address) ?? 0) >= maxPerAddress) return this.#refuse("address");
    const now = this.needs.clock.now();
    const bits = 8 * (this.totals.out.perSecond(now) + entry.channel.rate.perSecond(now));
    return bits > maxBitrate ? this.#refuse("bitrate") : undefined;
  }

  /** Everybody who watches. */
  get viewers(): number {
    let count = 0;
    for (const { channel, viewers } of this.entries.values()) {
      count += channel.clients.size + viewers.size;
    }
    return count;
  }

  /** Readers of endless streams. */
  get readers(): number {
    let count = 0;
    for (const { channel } of this.entries.values()) count += channel.clients.size;
    return count;
  }

  /** Counts a connection of an address until it is disposed. */
  countAddress(address: string): Disposable {
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    let counted = true;
    return {
      [Symbol.dispose]: () => {
        if (!counted) return;
        counted = false;
        const left = (this.#perAddress.get(address) ?? 1) - 1;
        if (left > 0) this.#perAddress.set(address, left);
        else this.#perAddress.delete(address);
      },
    };
  }

  #refuse(why: Refusal): Refusal {
    let counter = this.#refused.get(why);
    if (counter === undefined) {
      counter = this.needs.metrics.counter(
        "http_sink_refused_total",
        "HTTP viewers that were turned away, by why.",
        { why },
      );
      this.#refused.set(why, counter);
    }
    counter.add();
    return why;
  }

  // --- life of a stream ---------------------------------------------------------------------------

  #entry(stream: StreamName): Entry | undefined {
    const known = this.entries.get(stream);
    if (known !== undefined) return known;
    if (this.entries.size >= STREAMS_MAX || !this.#running) return undefined;
    const { clock } = this.needs;
    const { segment, window, lowLatency, part, queue } = this.options;
    const channel = new Channel(
      stream,
      {
        segmentMs: segment,
        windowMs: window,
        partMs: lowLatency ? part : undefined,
        queueBytes: queue,
      },
      this.totals,
      {
        // Grows faster than segments come, so that numbers never repeat, over restarts too.
        sequence: Math.floor(clock.wall() / 1000),
        // Players keep a table by these, so they are small, and go on where the stream was held before.
        discontinuities: this.#breaks.get(stream) ?? 0,
      },
      () => entry.changed(),
    );
    const entry = new Entry(stream, channel, clock.now());
    this.entries.set(stream, entry);
    this.#tick.set(clock.now() + TICK_MS);
    return entry;
  }

  #remove(entry: Entry): void {
    if (this.entries.get(entry.stream) !== entry) return;
    this.entries.delete(entry.stream);
    this.#rememberBreaks(entry);
    entry.close();
    if (!entry.wanted) return;
    entry.wanted = false;
    this.#wanted.emit();
  }

  #rememberBreaks({ stream, channel: { segmenter } }: Entry): void {
    this.#breaks.delete(stream);
    // One more: whoever comes back finds another stretch.
    this.#breaks.set(stream, segmenter.discontinuities + 1);
    const [oldest] = this.#breaks.keys();
    if (this.#breaks.size > STREAMS_MAX && oldest !== undefined) this.#breaks.delete(oldest);
  }

  #armFlush(): void {
    this.#flushing = true;
    this.#flush.set(this.needs.clock.now() + FLUSH_MS);
  }

  #flushAll(): void {
    this.#flushing = false;
    const now = this.needs.clock.now();
    for (const { channel } of this.entries.values()) channel.flush(now);
  }

  #onTick(): void {
    const now = this.needs.clock.now();
    for (const entry of [...this.entries.values()]) {
      this.#closeIdle(entry, now);
      const target = (entry.channel.segmenter.targetSeconds ?? 10) * 1000;
      entry.forgetViewers(now, Math.max(10_000, SILENT_TARGETS * target));
      if (entry.audience > 0) entry.audienceMs = now;
      else if (now - entry.audienceMs >= this.options.linger) {
        if (entry.wanted) {
          entry.wanted = false;
          this.#wanted.emit();
        }
        if (entry.feeds.length === 0) this.#remove(entry);
      }
    }
    if (this.entries.size > 0) this.#tick.set(now + TICK_MS);
  }

  #closeIdle({ channel }: Entry, now: number): void {
    const { stall, idle } = this.options;
    const quiet = channel.lastMs !== undefined && now - channel.lastMs >= idle;
    for (const client of [...channel.clients]) {
      if (client.isStalled(now, stall)) {
        this.totals.stalled++;
        channel.leave(client);
        client.writer.abort();
      } else if (quiet) {
        channel.leave(client);
        client.writer.end();
      }
    }
  }
}
