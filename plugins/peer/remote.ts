/** What is known of one connected peer. */
import type { NodeName } from "../../core/ids.ts";
import type { ChokeView } from "../../core/slots.ts";
import { BLOCK_BYTES } from "../../core/swarm/identity.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { type Span, SPAN_MAX_BYTES } from "../../core/swarm/peer_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import { TokenBucket } from "../../core/token_bucket.ts";

/** A number for each connection of this node, never used twice. */
export type ConnectionId = number;

/** Who is at the other end. */
export interface RemoteInfo {
  readonly connection: ConnectionId;
  readonly name: NodeName;
  readonly instance: number;
  readonly host: string;
  /** Where it listens; 0 when it does not. */
  readonly port: number;
  readonly dialed: boolean;
}

/** Asked for at first, before anything is measured. */
const WINDOW_START_BYTES = 128 * 1024;
/** The same while somebody waits for the next piece: many peers share it, in small parts. */
const HURRY_START_BYTES = 48 * 1024;
const WINDOW_MIN_BYTES = 32 * 1024;
const WINDOW_MAX_BYTES = 8 * 1024 * 1024;
/** Beside the round trip, this much of the peer's rate is kept asked for: its disk and queue need it. */
const QUEUE_MS = 400;
const HURRY_QUEUE_MS = 200;
/** One request asks for about this much of the peer's rate. */
const SPAN_MS = 80;
/** Messages without payload that one peer may send a second, and at once. */
const MESSAGES_A_SECOND = 3000;
const MESSAGES_AT_ONCE = 9000;

/** Pieces whose blocks are hashed for one peer; each costs up to 4 ms. */
const LEAVES_A_SECOND = 4;
const LEAVES_AT_ONCE = 8;

/** One request under way. */
export interface Asked extends Span {
  readonly sentMs: number;
  /** Sent while nothing else was: its answer measures the round trip. */
  readonly alone: boolean;
}

/** A peer's side of one file. */
export class Remote {
  readonly info: RemoteInfo;
  readonly openedMs: number;
  map: PieceMap;
  /** Pieces it holds and this node lacks. */
  useful = 0;
  /** It serves nothing to this node just now. */
  choked = true;
  /** It wants something of this node. */
  interested = false;
  /** This node has said so. */
  weWant = false;
  /** This node serves it. */
  unchoked = false;
  changedMs: number;
  readonly down = new RateMeter();
  readonly up = new RateMeter();
  readonly asked = new Map<number, Asked>();
  askedBytes = 0;
  arriving: Span | undefined;
  current: number | undefined;
  rttMs = 100;
  /** When something that was asked for last came, or the first request went out. */
  progressMs: number;
  snubbed = false;
  /** Somebody reads the file just now. */
  hurry = false;
  rejects = 0;
  /** Bytes that may still come although nobody waits for them any more. */
  excusedBytes = 0;
  readonly bucket: TokenBucket;
  readonly leavesBucket: TokenBucket;
  layerAskedMs: number | undefined;
  layerServed = 0;

  constructor(info: RemoteInfo, pieces: number, nowMs: number) {
    this.info = info;
    this.openedMs = this.changedMs = this.progressMs = nowMs;
    this.map = new PieceMap(pieces);
    this.leavesBucket = new TokenBucket(LEAVES_A_SECOND, LEAVES_AT_ONCE, nowMs);
    this.bucket = new TokenBucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, nowMs);
  }

  /** What the choker looks at; `trading` while this node wants something itself. */
  view(trading: boolean, nowMs: number): ChokeView {
    return {
      connection: this.info.connection,
      name: this.info.name,
      unchoked: this.unchoked,
      downRate: this.down.perSecond(nowMs),
      upRate: this.up.perSecond(nowMs),
      sentBytes: this.up.totalBytes,
      connectedMs: this.openedMs,
      changedMs: this.changedMs,
      trading,
    };
  }

  /** Bytes to keep asked for: the measured bandwidth times the delay. */
  windowBytes(nowMs: number): number {
    if (this.snubbed) return BLOCK_BYTES;
    const start = this.hurry ? HURRY_START_BYTES : WINDOW_START_BYTES;
    if (this.down.totalBytes < start) return start;
    const queueMs = this.hurry ? HURRY_QUEUE_MS : QUEUE_MS;
    const bytes = (this.down.perSecond(nowMs) * (this.rttMs + queueMs)) / 1000;
    return Math.min(WINDOW_MAX_BYTES, Math.max(WINDOW_MIN_BYTES, bytes));
  }

  /** Bytes that one request asks for. */
  spanBytes(nowMs: number): number {
    if (this.snubbed) return BLOCK_BYTES;
    const bytes = (this.down.perSecond(nowMs) * SPAN_MS) / 1000;
    return Math.min(SPAN_MAX_BYTES, Math.max(this.hurry ? BLOCK_BYTES : 2 * BLOCK_BYTES, bytes));
  }

  ask(span: Span, nowMs: number): void {
    if (this.asked.size === 0) this.progressMs = nowMs;
    this.asked.set(keyOf(span), { ...span, sentMs: nowMs, alone: this.asked.size === 0 });
    this.askedBytes += span.length;
  }

  /** The request that a span answers, if there is one; it is no longer waited for. */
  answer(span: Span): Asked | undefined {
    const asked = this.asked.get(keyOf(span));
    if (asked === undefined || asked.length !== span.length) return undefined;
    this.asked.delete(keyOf(span));
    this.askedBytes -= span.length;
    return asked;
  }

  /** Whether exactly this span is waited for. */
  waitsFor(span: Span): boolean {
    return this.asked.get(keyOf(span))?.length === span.length;
  }

  /** Seconds until all that is asked for should be here. */
  backlogSeconds(nowMs: number): number {
    // Nothing is known of a peer that has just been asked for the first time: it is judged by its silence.
    if (this.down.totalBytes === 0) return (2 * (nowMs - this.progressMs)) / 1000;
    return this.askedBytes / Math.max(this.down.perSecond(nowMs), 1000);
  }

  /** Seconds until the first `bytes` of what is asked for should be here; one that falls silent takes longer. */
  secondsFor(bytes: number, nowMs: number): number {
    const silent = (2 * (nowMs - this.progressMs)) / 1000;
    if (this.down.totalBytes === 0) return silent;
    return Math.max(silent, bytes / Math.max(this.down.perSecond(nowMs), 1000));
  }
}

/** Peers that are remembered when they have gone. */
const GONE_MAX = 64;

/** Who was here last: what somebody sent may prove wrong when he has gone. */
export class Departed {
  readonly #infos = new Map<ConnectionId, RemoteInfo>();

  add(info: RemoteInfo): void {
    this.#infos.set(info.connection, info);
    const [oldest] = this.#infos.keys();
    if (this.#infos.size > GONE_MAX && oldest !== undefined) this.#infos.delete(oldest);
  }

  get(connection: ConnectionId): RemoteInfo | undefined {
    return this.#infos.get(connection);
  }
}

/** Blocks in a piece at most: what a key is made with. */
const BLOCKS_MAX = 256;

/** One number for the place where a span begins. */
export function keyOf(span: Pick<Span, "piece" | "begin">): number {
  return span.piece * BLOCKS_MAX + Math.floor(span.begin / BLOCK_BYTES);
}
