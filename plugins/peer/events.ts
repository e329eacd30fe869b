/** What the brain of one file hears and wants done. */
import type { PlayHead } from "../../core/slots.ts";
import type { Bye, PeerMessage, Span } from "../../core/swarm/peer_messages.ts";
import type { PieceProof, PieceTarget } from "../../core/swarm/piece_proof.ts";
import type { Assembly } from "./assembly.ts";
import type { ConnectionId, RemoteInfo } from "./remote.ts";

/** Why this node ended a connection, or was rid of one; each has its counter. */
export const REASONS = [
  "wrong-bytes",
  "wrong-layer",
  "false-claims",
  "stalled",
  "slow",
  "flood",
  "unwanted-data",
  "malformed",
  "unexpected",
  "slow-reader",
  "replaced",
  "idle",
  "done",
  "withdrawn",
  "hello",
  "full",
  "banned",
] as const;
/** One of `REASONS`. */
export type Reason = typeof REASONS[number];

/** Reasons that are told to the index: the peer cheats or is of no use to anybody. */
export const REPORTED: ReadonlySet<Reason> = new Set([
  "wrong-bytes",
  "wrong-layer",
  "false-claims",
  "stalled",
  "flood",
]);

/** What the brain hears. */
export type In =
  | { readonly kind: "opened"; readonly remote: RemoteInfo }
  | { readonly kind: "gone"; readonly connection: ConnectionId }
  | { readonly kind: "message"; readonly connection: ConnectionId; readonly message: PeerMessage }
  /** A PIECE is here whole; `kept` when its payload went where `begins` said. */
  | {
    readonly kind: "arrived";
    readonly connection: ConnectionId;
    readonly span: Span;
    readonly kept: boolean;
  }
  /** A piece was proved; a right one is on disk. */
  | { readonly kind: "proved"; readonly assembly: Assembly; readonly proof: PieceProof }
  /** A span went out to a peer, or could not be read. */
  | {
    readonly kind: "served";
    readonly connection: ConnectionId;
    readonly span: Span;
    readonly ok: boolean;
  }
  /** The choker gave a slot or took it. */
  | { readonly kind: "slot"; readonly connection: ConnectionId; readonly open: boolean }
  /** Readers came, went or moved. */
  | { readonly kind: "readers"; readonly heads: readonly PlayHead[] }
  /** There is room again for what is downloaded. */
  | { readonly kind: "turn" }
  | { readonly kind: "tick" };

/** What the brain wants done. */
export type Out =
  | { readonly kind: "send"; readonly connection: ConnectionId; readonly message: PeerMessage }
  | {
    readonly kind: "drop";
    readonly connection: ConnectionId;
    readonly why: Reason;
    readonly bye: Bye | undefined;
  }
  /** Another peer wants a span; to be sent when its turn comes. */
  | { readonly kind: "serve"; readonly connection: ConnectionId; readonly span: Span }
  /** Another peer wants the hashes of a piece's blocks. */
  | { readonly kind: "leaves"; readonly connection: ConnectionId; readonly piece: number }
  /** More can be read than before, although no piece is whole. */
  | { readonly kind: "readable" }
  | { readonly kind: "unserve"; readonly connection: ConnectionId; readonly span: Span | undefined }
  /** A slot is free or somebody new wants one. */
  | { readonly kind: "choose" }
  /** A piece is whole: to be proved, and kept if it is right. */
  | { readonly kind: "keep"; readonly assembly: Assembly; readonly target: PieceTarget }
  /** Who cheated and has gone. */
  | { readonly kind: "accuse"; readonly remote: RemoteInfo; readonly why: Reason }
  | { readonly kind: "layer"; readonly layer: Uint8Array }
  | { readonly kind: "complete" };
