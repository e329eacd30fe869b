/** What the control plane counts. Plain numbers: metrics read them when somebody asks. */
import { type DecodeFailure, MESSAGE_TYPES } from "../../core/wire/control_codec.ts";
import type { MessageType } from "../../core/wire/messages.ts";

/** Why something did not get through; each has its counter. */
export const DROP_REASONS = [
  // Incoming bytes that are no message
  "malformed",
  "version",
  "type",
  "schema",
  "too-long",
  // Incoming messages
  "token",
  "own-name",
  "old-instance",
  "duplicate",
  "late",
  "unasked-challenge",
  "challenge-limit",
  "challenge-length",
  // Outgoing messages
  "queue-full",
  "no-handshake",
  "evicted",
  "unsendable",
  "request-limit",
] as const satisfies readonly (DecodeFailure | string)[];

/** A reason in `DROP_REASONS`. */
export type DropReason = typeof DROP_REASONS[number];

/** One counter for each message type. */
type ByType = Record<MessageType, number>;

/** Counters of one control plane, all totals. */
export interface Counters {
  readonly received: ByType;
  readonly sent: ByType;
  readonly dropped: Record<DropReason, number>;
  handshakesBegun: number;
  handshakesDone: number;
  handshakesFailed: number;
  /** Cookies that changed because the other side started anew. */
  renewals: number;
  retries: number;
  listenerErrors: number;
}

/** Fresh counters. */
export function makeCounters(): Counters {
  // The keys are exactly the list the record is typed by.
  const zeros = <K extends string>(keys: readonly K[]) =>
    Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  return {
    received: zeros(MESSAGE_TYPES),
    sent: zeros(MESSAGE_TYPES),
    dropped: zeros(DROP_REASONS),
    handshakesBegun: 0,
    handshakesDone: 0,
    handshakesFailed: 0,
    renewals: 0,
    retries: 0,
    listenerErrors: 0,
  };
}
