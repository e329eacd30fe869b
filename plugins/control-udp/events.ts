/** What goes into the control plane's brain and what comes out. */
import type { Addr } from "../../core/ports.ts";
import type { NodeName } from "../../core/ids.ts";
import type { ControlFailure, ControlTarget } from "../../core/slots.ts";
import type { CodecError } from "../../core/wire/control_codec.ts";
import type { Message, MessageType } from "../../core/wire/messages.ts";
import type { Outgoing } from "./session.ts";

/** A message of any type, told apart by `type`. */
export type AnyMessage = { [T in MessageType]: Message<T> }[MessageType];

/** What the brain is told. */
export type In =
  | { readonly kind: "packet"; readonly from: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "send"; readonly to: ControlTarget; readonly message: Outgoing }
  | {
    readonly kind: "request";
    /** Chosen by the caller, new for each request. */
    readonly id: number;
    readonly to: ControlTarget;
    readonly message: Outgoing;
    readonly timeoutMs: number;
    readonly firstRetryMs: number | undefined;
  }
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "tick" };

/** What the brain wants done. */
export type Out =
  | { readonly kind: "send"; readonly to: Addr; readonly bytes: Uint8Array }
  /** An authentic message for the listeners of its type. */
  | { readonly kind: "message"; readonly message: AnyMessage }
  /** Something authentic came from this node. */
  | { readonly kind: "heard"; readonly name: NodeName }
  | {
    readonly kind: "answer";
    readonly id: number;
    readonly answer: AnyMessage | Exclude<ControlFailure, "stopped">;
  }
  /** Send a `tick` at this time; replaces an earlier wish only when it is sooner. */
  | { readonly kind: "wake"; readonly atMs: number }
  /** A caller wants to send what cannot be sent: a mistake in its code. */
  | { readonly kind: "fault"; readonly type: MessageType; readonly error: CodecError };

/** Who this node is on the wire. */
export interface Identity {
  readonly name: NodeName;
  readonly instance: number;
}
