/**
 * What the rest of Espalier says to the media engine and hears from it. Everything here is plain data,
 * so that an engine in a worker is driven by the same words as one in the main thread.
 *
 * Sequence numbers in this interface are *extended*: the origin's 16-bit RTP number plus 65536 for
 * every turn, so a position in a stream is never ambiguous, however long an outage was. Wire packets
 * carry the low 16 bits.
 */
import type { Addr } from "../ports.ts";
import type { Ssrc } from "../ids.ts";

/** One UDP socket of the datapath; 0 is the node's media port. */
export type SocketId = number;
/** A remote address seen from one socket: the engine's word for "whom". */
export type LinkId = number;

/** A datagram that came in. The bytes are immutable and may be kept. */
export interface InPacket {
  readonly link: LinkId;
  readonly bytes: Uint8Array;
}

/** A datagram to send: the same bytes to every target. */
export interface OutPacket {
  readonly bytes: Uint8Array;
  readonly targets: readonly LinkId[];
}

/** How much of a stream a node keeps, and how long a hop may repair. */
export interface StreamLimits {
  /** Packets kept for resume and repair; rounded up to a power of two. */
  readonly ringPackets: number;
  /** Nothing older than this is sent again. */
  readonly ringMs: number;
  /** How long this hop goes on asking for a lost packet. */
  readonly repairMs: number;
}

/** Orders to the engine; each is idempotent, an order about something unknown is ignored and counted. */
export type EngineCommand =
  | { readonly kind: "open"; readonly ssrc: Ssrc; readonly limits: StreamLimits }
  | { readonly kind: "close"; readonly ssrc: Ssrc }
  /** This node is the origin: `publish()` numbers packets from `first` on. */
  | { readonly kind: "originate"; readonly ssrc: Ssrc; readonly first: number }
  /**
   * Accepts media of `ssrc` from `link`. `first` is what the parent said it starts with; packets that
   * came before this order wait in a bounded queue. A second parent beside the first is a handover or
   * a dual path: doubles are dropped.
   */
  | { readonly kind: "parent"; readonly ssrc: Ssrc; readonly link: LinkId; readonly first: number }
  | { readonly kind: "parent-gone"; readonly ssrc: Ssrc; readonly link: LinkId }
  | { readonly kind: "child-gone"; readonly ssrc: Ssrc; readonly link: LinkId }
  /** What another plane measured, until the engine's own measurement is there. */
  | { readonly kind: "link-rtt"; readonly link: LinkId; readonly rttMs: number }
  | { readonly kind: "close-link"; readonly link: LinkId }
  /** The stream ended: told to children by RTCP BYE, receivers drain and end. */
  | { readonly kind: "end"; readonly ssrc: Ssrc };

/** What the engine tells. */
export type EngineEvent =
  /** Something came over a link that carries streams: whoever is at its other end lives. At most five a second a link. */
  | { readonly kind: "alive"; readonly link: LinkId }
  /** First media from this parent since it was accepted or since it was silent. */
  | { readonly kind: "flowing"; readonly ssrc: Ssrc; readonly link: LinkId }
  /** Nothing from this parent for longer than its measured packet spacing explains (at least 80 ms). */
  | {
    readonly kind: "silent";
    readonly ssrc: Ssrc;
    readonly link: LinkId;
    readonly silentMs: number;
  }
  /** This parent has delivered everything up to the newest packet any parent delivered. */
  | { readonly kind: "caught-up"; readonly ssrc: Ssrc; readonly link: LinkId }
  /** Media keeps coming from somebody who is no parent: tell it to stop. At most one a second a link. */
  | { readonly kind: "unwanted"; readonly ssrc: Ssrc; readonly link: LinkId }
  /** The stream that this node originates is over: `last` is the number of its last packet. */
  | { readonly kind: "finished"; readonly ssrc: Ssrc; readonly last: number }
  /** The parent said BYE. */
  | { readonly kind: "ended"; readonly ssrc: Ssrc }
  /** The stream went on after a hole that no ring could fill. */
  | { readonly kind: "skipped"; readonly ssrc: Ssrc; readonly packets: number }
  /** A child reports persistent loss or growing delay. */
  | {
    readonly kind: "struggling";
    readonly ssrc: Ssrc;
    readonly link: LinkId;
    readonly lossShare: number;
  };

/** Where a stream stands at this node. May lag behind by a few ms, never ahead. */
export interface StreamPosition {
  /** Newest packet held; undefined before the first. */
  readonly head: number | undefined;
  /** Oldest packet still in the ring. */
  readonly tail: number | undefined;
  /** The first packet not yet here, where a resume must start. */
  readonly next: number | undefined;
  readonly lastArrivalMs: number;
}

/** A local consumer of a stream: it gets packets in order, each once. */
export interface ReceiverSpec {
  readonly ssrc: Ssrc;
  /** How long a packet may be waited for after the one behind it came. */
  readonly budgetMs: number;
  /**
   * `asap`: everything that is in order goes out at once. `smooth`: every packet goes out `budgetMs`
   * after the moment its time stamp and the fastest delivery so far say it was sent, so that repairs
   * and changes of parent do not show.
   */
  readonly pace: "asap" | "smooth";
  /** Where to begin; the first packet that comes when undefined, the ring's tail when 0. */
  readonly from?: number;
}

/** One RTP payload in order: whole TS packets, 188 to 1316 bytes. */
export interface MediaChunk {
  readonly payload: Uint8Array;
  /** Extended sequence number. */
  readonly sequence: number;
  /** 90 kHz RTP time stamp. */
  readonly timestamp: number;
  /** Packets given up just before this one. */
  readonly lostBefore: number;
}

/** What a receiver hears. `end` comes once, last. */
export type ReceiverEvent =
  | { readonly kind: "chunks"; readonly chunks: readonly MediaChunk[] }
  | { readonly kind: "end" };

/** Counters of one stream at this node, all totals since it was opened. */
export interface StreamCounters {
  readonly ssrc: Ssrc;
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly duplicates: number;
  readonly late: number;
  readonly reordered: number;
  /** Sequence numbers first seen missing. */
  readonly gaps: number;
  readonly recoveredByNack: number;
  readonly recoveredByFec: number;
  readonly recoveredByPath: number;
  /** How long recovered packets were missing: counts up to each bound of `REPAIR_DELAYS_MS` and beyond. */
  readonly repairDelays: { readonly counts: readonly number[]; readonly sumMs: number };
  readonly unrecovered: number;
  readonly nacksSent: number;
  readonly nacksReceived: number;
  readonly retransmitsSent: number;
  readonly retransmitsRefused: number;
  readonly delivered: number;
  readonly lostAtReceivers: number;
  readonly parents: readonly LinkCounters[];
  readonly children: readonly LinkCounters[];
}

/** Counters of one stream on one link. */
export interface LinkCounters {
  readonly link: LinkId;
  readonly remote: Addr;
  readonly packets: number;
  readonly bytes: number;
  readonly rttMs: number | undefined;
  readonly jitterMs: number;
  /** Share of packets lost on this link before repair, over the last reports. */
  readonly lossShare: number;
  readonly retransmits: number;
  readonly catchingUp: boolean;
}

/** What the whole datapath counted. */
export interface DatapathCounters {
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly malformed: number;
  readonly unknownStream: number;
  readonly unwanted: number;
  readonly strangers: number;
  readonly badCookies: number;
  readonly sendErrors: number;
  readonly queueDropped: number;
  readonly streams: readonly StreamCounters[];
}

/** Which loss recovery the engine runs, as plain data. */
export type RecoverySpec =
  | { readonly algorithm: "none" }
  | { readonly algorithm: "nack"; readonly options: NackOptions }
  | {
    readonly algorithm: "fec";
    readonly options: FecOptions;
    readonly nack: NackOptions | undefined;
  };

/** Options of `recovery-nack`. */
export interface NackOptions {
  /** Longest wait for a reordered packet before the first request. */
  readonly reorderMaxMs: number;
  /** Requests for one packet at most. */
  readonly triesMax: number;
  /** Retransmissions a child may cause, as a share of the stream's rate. */
  readonly budgetShare: number;
}

/** Options of `recovery-fec`: a matrix of rows and columns with XOR parity (SMPTE ST 2022-1). */
export interface FecOptions {
  readonly columns: number;
  readonly rows: number;
  readonly adaptive: boolean;
}
