/** What the bootstrapper's brain hears and wants done, and why it closes connections. */
import type { AnyEnvelope, DecodeFailure } from "../../core/wire/control_codec.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import type { ConnectionId } from "./registry.ts";

/** Why a connection was closed or a registration refused; each has its counter. */
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
  "replaced",
  "identity",
  "one-node",
  "address",
  "stale-instance",
  "name-taken",
  "nodes-full",
  "address-full",
] as const;
/** One of `REASONS`. */
export type Reason = typeof REASONS[number];

/** What the brain hears. */
export type In =
  | { readonly kind: "opened"; readonly connection: ConnectionId; readonly host: string }
  | { readonly kind: "message"; readonly connection: ConnectionId; readonly envelope: AnyEnvelope }
  /** Bytes that are no message. */
  | {
    readonly kind: "malformed";
    readonly connection: ConnectionId;
    readonly why: DecodeFailure | "empty";
  }
  /** Bytes came; `pending` when a message has begun and not ended. */
  | { readonly kind: "progress"; readonly connection: ConnectionId; readonly pending: boolean }
  /** What was sent is not read. */
  | { readonly kind: "stuck"; readonly connection: ConnectionId }
  | { readonly kind: "closed"; readonly connection: ConnectionId }
  | { readonly kind: "tick" };

/** What the brain wants done. */
export type Out =
  | {
    readonly kind: "send";
    readonly connection: ConnectionId;
    readonly type: "REGISTERED";
    readonly body: MessageBody<"REGISTERED">;
    readonly re: number | undefined;
  }
  | {
    readonly kind: "send";
    readonly connection: ConnectionId;
    readonly type: "REJECTED";
    readonly body: MessageBody<"REJECTED">;
    readonly re: number | undefined;
  }
  /** `flush`: what was sent before still goes out. */
  | { readonly kind: "close"; readonly connection: ConnectionId; readonly flush: boolean }
  | {
    readonly kind: "log";
    readonly level: "info" | "warn" | "error";
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };
