/**
 * One stream at this node as HTTP viewers see it: the current group of pictures, the segments, and who reads. Pure:
 * time is an argument.
 */
import type { StreamName } from "../../core/ids.ts";
import type { MediaChunk } from "../../core/media/api.ts";
import type { HttpWriter } from "../../core/ports.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { type ClientTotals, TsClient } from "./client.ts";
import { type FrameStart, TsNormalizer } from "./normalizer.ts";
import { Segmenter, type SegmenterOptions } from "./segmenter.ts";
import { joined } from "./segments.ts";

/** A hole in the stream that takes longer than this is an outage: it goes on at a key frame. */
const OUTAGE_TICKS = 250 * 90;
/** A group of pictures beyond this is not kept: 10 s at 25 Mbit/s. */
const GROUP_MAX_BYTES = 32 * 1024 * 1024;

/** How a channel cuts and queues. */
export interface ChannelOptions extends SegmenterOptions {
  readonly queueBytes: number;
}

/** The channel of one stream. */
export class Channel {
  readonly clients = new Set<TsClient>();
  /** Incoming bits, padding left out. */
  readonly rate = new RateMeter();
  readonly segmenter: Segmenter;
  readonly #normalizer: TsNormalizer;
  /** Since the last key frame, that included; empty before there is one or when it grew too large. */
  #group: Uint8Array[] = [];
  #groupBytes = 0;
  #outgoing: Uint8Array[] = [];
  #outgoingKey = false;
  #timestamp: number | undefined;
  #wallMs = 0;
  #nowMs = 0;
  #lastMs: number | undefined;
  #lost = 0;
  #breaks = 0;
  #keyFrames = 0;

  /** `numbers` start the numbering of segments and breaks; `onChange` is called when a segment or part became complete. */
  constructor(
    readonly stream: StreamName,
    readonly options: ChannelOptions,
    readonly totals: ClientTotals,
    numbers: { readonly sequence: number; readonly discontinuities: number },
    onChange: () => void,
  ) {
    this.#normalizer = new TsNormalizer({
      piece: (bytes, start) => this.#piece(bytes, start),
      broken: () => {
        this.#breaks++;
        this.#dropGroup();
        this.segmenter.break();
      },
    });
    this.segmenter = new Segmenter(options, numbers, () => this.#normalizer.tables(), onChange);
  }

  /** When something came last; undefined before the first. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** Whether a new viewer can begin at once. */
  get ready(): boolean {
    return this.#group.length > 0;
  }

  /** Whether bytes wait for `flush`. */
  get pending(): boolean {
    return this.#outgoing.length > 0 || this.#normalizer.waitingBytes > 0;
  }

  /** Takes what a receiver delivers. */
  push(chunks: readonly MediaChunk[], nowMs: number, wallMs: number): void {
    this.#nowMs = nowMs;
    this.#wallMs = wallMs;
    for (const { payload, timestamp, lostBefore } of chunks) {
      if (lostBefore > 0) this.#hole(timestamp, lostBefore);
      this.#timestamp = timestamp;
      this.#lastMs = nowMs;
      this.#normalizer.feed(payload);
    }
  }

  /** Another incarnation of the stream, or another session, feeds the channel from here on. */
  restart(): void {
    this.#timestamp = undefined;
    this.#normalizer.restart();
  }

  /** Sends what has gathered to every reader. */
  flush(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#normalizer.flush();
    this.#send();
  }

  /** A new reader: it begins at the last key frame, or at the next. */
  join(writer: HttpWriter, held: Disposable, nowMs: number): TsClient {
    this.flush(nowMs);
    const client = new TsClient(writer, this.options.queueBytes, this.totals, held, nowMs);
    this.clients.add(client);
    if (this.#group.length > 0) client.begin(joined(this.#group), nowMs);
    return client;
  }

  /** A reader has gone, or is to go. */
  leave(client: TsClient): void {
    if (this.clients.delete(client)) client.held[Symbol.dispose]();
  }

  /** Totals and state, for the admin API and the page. */
  status(nowMs: number): object {
    return {
      bitrate: Math.round(this.rate.perSecond(nowMs) * 8),
      readers: this.clients.size,
      keyFrames: this.#keyFrames,
      lost: this.#lost,
      breaks: this.#breaks,
      quietMs: this.#lastMs === undefined ? undefined : Math.round(nowMs - this.#lastMs),
      groupBytes: this.#groupBytes,
      segments: this.segmenter.held.length,
      targetSeconds: this.segmenter.targetSeconds,
    };
  }

  #hole(timestamp: number, lost: number): void {
    this.#lost += lost;
    const ticks = this.#timestamp === undefined ? Infinity : (timestamp - this.#timestamp) >>> 0;
    if (ticks > OUTAGE_TICKS) this.#normalizer.restart();
    else this.#normalizer.lost();
  }

  #piece(bytes: Uint8Array, start: FrameStart | undefined): void {
    this.rate.add(bytes.length, this.#nowMs);
    if (start?.key === true) {
      this.#keyFrames++;
      this.#send();
      this.#dropGroup();
      this.#outgoingKey = true;
      this.#group.push(bytes);
      this.#groupBytes = bytes.length;
    } else if (this.#group.length > 0) {
      this.#group.push(bytes);
      this.#groupBytes += bytes.length;
      if (this.#groupBytes > GROUP_MAX_BYTES) this.#dropGroup();
    }
    this.#outgoing.push(bytes);
    this.segmenter.add(bytes, start, this.#wallMs);
  }

  #dropGroup(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }

  #send(): void {
    if (this.#outgoing.length === 0) return;
    const bytes = joined(this.#outgoing.splice(0));
    const key = this.#outgoingKey;
    this.#outgoingKey = false;
    for (const client of this.clients) client.push(bytes, key, this.#nowMs);
  }
}
