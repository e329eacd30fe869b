/** What a stream's upstream hears, and what it wants done. */
import type { NodeName, Peer, Ssrc } from "../../core/ids.ts";
import type { Candidate, PathPolicy, StreamInfo } from "../../core/slots.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import type { UpstreamTimes } from "./times.ts";

/** Why a parent refused. */
export type RefusalReason = MessageBody<"REFUSED">["reason"];

/** What happens to a stream's upstream. Answers name the leg they are for; those of a dead leg are ignored. */
export type UpstreamIn =
  | { readonly kind: "candidates"; readonly list: readonly Candidate[] }
  | { readonly kind: "info"; readonly info: StreamInfo }
  | {
    readonly kind: "joined";
    readonly leg: number;
    readonly ssrc: Ssrc;
    readonly first: number;
    readonly path: readonly NodeName[];
    readonly leaseMs: number;
  }
  | { readonly kind: "pending"; readonly leg: number; readonly retryMs: number }
  | {
    readonly kind: "refused";
    readonly leg: number;
    readonly reason: RefusalReason;
    readonly retryMs: number;
    readonly hints: readonly Candidate[];
  }
  /** No answer, no cookie. */
  | { readonly kind: "failed"; readonly leg: number }
  | { readonly kind: "flowing"; readonly leg: number; readonly ssrc: Ssrc }
  | { readonly kind: "caught-up"; readonly leg: number; readonly ssrc: Ssrc }
  | {
    readonly kind: "silent";
    readonly leg: number;
    readonly ssrc: Ssrc;
    readonly silentMs: number;
    /** The first packet not yet here. */
    readonly next: number | undefined;
    /** Whoever lives has answered a question by then. */
    readonly answerMs: number;
  }
  | {
    readonly kind: "down";
    readonly name: NodeName;
    readonly why: "silent" | "restarted" | "left";
    readonly lastArrivalMs: number;
  }
  | {
    readonly kind: "move";
    readonly leg: number;
    readonly hints: readonly Candidate[];
    /** The parent may be asked again soon: it only lost its own. */
    readonly soon?: boolean;
  }
  /** The parent says the stream is over; `next` is the first packet not yet here. */
  | { readonly kind: "ended"; readonly ssrc: Ssrc; readonly last: number }
  /** Time passed; `next` is the first packet not yet here. */
  | { readonly kind: "tick"; readonly next: number | undefined }
  | { readonly kind: "stop" };

/** Why a leg is given up. */
export type DropReason =
  | "silent"
  | "down"
  | "refused"
  | "lease"
  | "failed"
  | "loop"
  | "replaced"
  | "handover"
  | "stop";

/** What is to be done. */
export type UpstreamOut =
  /** Gets a cookie (a fresh one when told so) and sends JOIN. */
  | {
    readonly kind: "ask";
    readonly leg: number;
    readonly peer: Peer;
    readonly renew: boolean;
    readonly freshCookie: boolean;
  }
  /** Lets the engine take media from this parent. */
  | { readonly kind: "accept"; readonly leg: number; readonly ssrc: Ssrc; readonly first: number }
  | {
    readonly kind: "drop";
    readonly leg: number;
    readonly peer: Peer;
    readonly why: DropReason;
    /** The parent knows of this node and must be told. */
    readonly tell: boolean;
  }
  /** The stream's incarnation is known, or a new one. */
  | { readonly kind: "stream"; readonly info: StreamInfo; readonly old: Ssrc | undefined }
  | { readonly kind: "distrust"; readonly name: NodeName }
  | { readonly kind: "seek"; readonly tries: number }
  /** The only parent is silent and nobody else can be asked: children find others sooner than this node. */
  | { readonly kind: "stranded" }
  /** Keeps cookie and control session of the standby fresh. */
  | { readonly kind: "warm"; readonly peer: Peer }
  /** The way the media takes changed. */
  | { readonly kind: "path"; readonly path: readonly NodeName[] }
  | { readonly kind: "failover"; readonly outageMs: number }
  | { readonly kind: "handover" }
  | { readonly kind: "refusal"; readonly reason: RefusalReason }
  | { readonly kind: "changed" }
  /** Over for good, everything delivered. */
  | { readonly kind: "over"; readonly ssrc: Ssrc; readonly last: number };

/** What a machine is made of. */
export interface UpstreamOptions {
  readonly self: NodeName;
  readonly policy: PathPolicy;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  /** Somebody waits who had the stream from another parent: its buffer is running empty. */
  readonly urgent?: () => boolean;
  readonly times?: UpstreamTimes;
}

/** Refusals that go away by themselves, as a rule. */
export const MENDING: ReadonlySet<RefusalReason> = new Set(["unknown-stream", "no-source", "loop"]);

/** A parent that says so is of no use for any stream just now. */
export const USELESS: ReadonlySet<RefusalReason> = new Set(["busy", "leaving", "not-serving"]);

/** One kind of event. */
export type Told<K extends UpstreamIn["kind"]> = Extract<UpstreamIn, { kind: K }>;
