/** Who is served, what the parent's side hears, and what it wants done. */
import type { NodeName, Ssrc, StreamName } from "../../core/ids.ts";
import type { LinkId } from "../../core/media/api.ts";
import type { Addr } from "../../core/ports.ts";
import type { ServePolicy } from "../../core/slots.ts";
import type { Message, MessageBody } from "../../core/wire/messages.ts";
import type { RefusalReason } from "./upstream_events.ts";

/** What this node has of a stream, seen by somebody who asks for it. */
export type StreamView =
  /** It can be served now. */
  | {
    readonly kind: "ready";
    readonly ssrc: Ssrc;
    /** From the origin to this node. */
    readonly path: readonly NodeName[];
    readonly bitrate: number;
    /** Where this node's own copy begins; undefined for what it originates. */
    readonly since: number | undefined;
  }
  /** It could be fetched. */
  | { readonly kind: "fetch"; readonly bitrate: number }
  | { readonly kind: "over"; readonly ssrc: Ssrc; readonly last: number }
  | { readonly kind: "absent" };

/** Somebody who is served. */
export interface Child {
  readonly key: string;
  readonly name: NodeName;
  readonly instance: number;
  readonly stream: StreamName;
  readonly session: string;
  readonly media: Addr;
  /** Where its control messages come from. */
  control: Addr;
  readonly sinceMs: number;
  ssrc: Ssrc;
  bitrate: number;
  /** Set by the shell once the datapath knows it. */
  link: LinkId | undefined;
  /** The first packet it was promised. */
  first: number | undefined;
  /** As it was told last. */
  leaseMs: number;
  leaseUntilMs: number;
  /** Number of the newest JOIN: an older LEAVE came late. */
  joinSeq: number;
  joinedAtMs: number;
  lastNext: number | undefined;
  /** When it was last told to go elsewhere. */
  movedAtMs: number;
  /** The stream is over and it was told so. */
  ending: boolean;
}

/** What happens. */
export type ServingIn =
  | { readonly kind: "policy"; readonly policy: ServePolicy }
  | {
    readonly kind: "join";
    readonly message: Message<"JOIN">;
    /** The cookie proves the media address. */
    readonly proven: boolean;
    /** The stream reaches this node through the asker. */
    readonly loop: boolean;
    /** This node asks the asker for the stream. */
    readonly asked: boolean;
    readonly view: StreamView;
  }
  | { readonly kind: "leave"; readonly message: Message<"LEAVE"> }
  | { readonly kind: "gone"; readonly name: NodeName }
  /** Somebody wants this child to go to another parent. */
  | { readonly kind: "send-away"; readonly name: NodeName; readonly stream: StreamName | undefined }
  | {
    readonly kind: "struggling";
    readonly ssrc: Ssrc;
    readonly link: LinkId;
    readonly lossShare: number;
  }
  /** The stream can be served now, or has a new number or a new path. */
  | {
    readonly kind: "ready";
    readonly stream: StreamName;
    readonly view: Extract<StreamView, { kind: "ready" }>;
  }
  /** No parent for a while: children may look elsewhere. */
  | { readonly kind: "lost"; readonly stream: StreamName }
  | {
    readonly kind: "ended";
    readonly stream: StreamName;
    readonly ssrc: Ssrc;
    readonly last: number;
  }
  /** This node has the stream no more. */
  | { readonly kind: "closed"; readonly stream: StreamName }
  | { readonly kind: "drain" }
  | { readonly kind: "stop" }
  | { readonly kind: "tick" };

/** What is to be done. */
export type ServingOut =
  /** Sends media, from `from` on, and says JOINED: to the message, or by itself. */
  | {
    readonly kind: "serve";
    readonly child: Child;
    readonly from: number | undefined;
    /** A new wish, not an old one repeated: what was promised before counts no more. */
    readonly fresh: boolean;
    readonly path: readonly NodeName[];
    readonly answer: Message<"JOIN"> | undefined;
  }
  | {
    readonly kind: "refuse";
    readonly message: Message<"JOIN">;
    readonly reason: RefusalReason;
    readonly retryMs: number;
  }
  | { readonly kind: "pending"; readonly message: Message<"JOIN">; readonly retryMs: number }
  /** Sends no more media. */
  | { readonly kind: "unserve"; readonly child: Child; readonly why: string }
  | {
    readonly kind: "move";
    readonly child: Child;
    readonly reason: MessageBody<"MOVE">["reason"];
  }
  | {
    readonly kind: "ended";
    readonly child: Pick<Child, "key" | "name" | "control" | "stream" | "session">;
    readonly ssrc: Ssrc;
    readonly last: number;
  }
  /** The number of those who want the stream changed. */
  | { readonly kind: "interest"; readonly stream: StreamName }
  /** A child's stream takes more or less than was known. */
  | { readonly kind: "rate" }
  | { readonly kind: "count"; readonly what: "struggling" | "lease" | "table-full" };

/** Limits and times of the parent's side. */
export interface ServingOptions {
  readonly self: NodeName;
  readonly leaseMs: number;
  /** Children and waiting ones together, whatever the policy says. */
  readonly tableMax: number;
}
