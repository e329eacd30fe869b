/** What the catalogue's brain hears and wants done. */
import type { NodeName, Peer } from "../../core/ids.ts";
import type { StreamInfo } from "../../core/slots.ts";
import type { CatalogRecord, MessageBody } from "../../core/wire/messages.ts";
import type { PopOffer } from "./own.ts";
import type { Refused } from "./store.ts";

/** Why a message was dropped; each has its counter. */
export type Dropped = Refused | "stranger" | "rate";

/** What the brain hears. */
export type In =
  | { readonly kind: "start"; readonly self: Peer }
  | { readonly kind: "self"; readonly self: Peer }
  /** The neighbors, whole. */
  | {
    readonly kind: "neighbors";
    readonly neighbors: readonly { readonly peer: Peer; readonly up: boolean }[];
  }
  | { readonly kind: "up"; readonly name: NodeName }
  | { readonly kind: "down"; readonly name: NodeName }
  | { readonly kind: "record"; readonly from: NodeName; readonly record: CatalogRecord }
  | {
    readonly kind: "digest";
    readonly from: NodeName;
    readonly body: MessageBody<"CATALOG_DIGEST">;
    /** It answers a digest of ours, and wants none back. */
    readonly answer: boolean;
  }
  | {
    readonly kind: "want";
    readonly from: NodeName;
    readonly body: MessageBody<"CATALOG_WANT">;
  }
  | { readonly kind: "offer-streams"; readonly streams: readonly StreamInfo[] }
  | { readonly kind: "offer-pop"; readonly pop: PopOffer | undefined }
  | { readonly kind: "withdraw" }
  | { readonly kind: "tick" };

/** A message to a neighbor. */
export type Sent =
  | { readonly type: "CATALOG_RECORD"; readonly body: MessageBody<"CATALOG_RECORD"> }
  | { readonly type: "CATALOG_WANT"; readonly body: MessageBody<"CATALOG_WANT"> }
  | { readonly type: "CATALOG_DIGEST"; readonly body: MessageBody<"CATALOG_DIGEST"> };

/** What the brain wants done. */
export type Out =
  | { readonly kind: "send"; readonly to: Peer; readonly message: Sent }
  /** Answers the message that is being handled. */
  | { readonly kind: "answer"; readonly body: MessageBody<"CATALOG_DIGEST"> }
  | { readonly kind: "changed" };
