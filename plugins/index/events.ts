/** What the index's brain hears and wants done, and why it closes connections. */
import type {
  AnyIndexMessage,
  IndexBody,
  IndexFailure,
  IndexType,
} from "../../core/swarm/index_messages.ts";
import type { ConnectionId } from "./registry.ts";

/** Why a connection was closed or an announcement refused; each has its counter. */
export const REASONS = [
  "deadline",
  "slow",
  "idle",
  "malformed",
  "version",
  "unexpected",
  "flood",
  "slow-reader",
  "evicted",
  "connections-full",
  "address",
  "one-peer",
  "stale-instance",
  "name-taken",
  "peers-full",
  "address-full",
  "unknown",
  "store",
] as const;
/** One of `REASONS`. */
export type Reason = typeof REASONS[number];

/** What the brain hears. */
export type In =
  | { readonly kind: "opened"; readonly connection: ConnectionId; readonly host: string }
  | {
    readonly kind: "message";
    readonly connection: ConnectionId;
    readonly message: AnyIndexMessage;
  }
  | {
    readonly kind: "malformed";
    readonly connection: ConnectionId;
    readonly why: IndexFailure | "too-long" | "empty";
  }
  /** Bytes came; `pending` when a message has begun and not ended. */
  | { readonly kind: "progress"; readonly connection: ConnectionId; readonly pending: boolean }
  | { readonly kind: "stuck"; readonly connection: ConnectionId }
  | { readonly kind: "closed"; readonly connection: ConnectionId }
  | { readonly kind: "tick" };

/** What is kept over restarts. */
export type Fact =
  | { readonly type: "ANNOUNCE"; readonly body: IndexBody<"ANNOUNCE"> }
  | { readonly type: "LEAVE"; readonly body: IndexBody<"LEAVE"> };

/** An answer, ready to be sent. */
export type Send = {
  [T in IndexType]: {
    readonly kind: "send";
    readonly connection: ConnectionId;
    readonly type: T;
    readonly body: IndexBody<T>;
    readonly re: number | undefined;
  };
}[IndexType];

/** What the brain wants done. */
export type Out =
  | Send
  /** To be kept; `then` is sent once it is. */
  | { readonly kind: "keep"; readonly fact: Fact; readonly then: Send | undefined }
  | { readonly kind: "close"; readonly connection: ConnectionId; readonly flush: boolean }
  | {
    readonly kind: "log";
    readonly level: "info" | "warn";
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };
