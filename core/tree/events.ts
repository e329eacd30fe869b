/** What goes into the tree's brain and what comes out. */
import type { NodeName, Peer } from "../ids.ts";
import type { LinkQuality } from "../slots.ts";
import type { Message, MessageBody } from "../wire/messages.ts";

/** A message about ways to an origin; every tree speaks these. */
export type WayMessage = Message<"BUILDTREE"> | Message<"WITHDRAW"> | Message<"SEEK">;
/** A message about links, for trees that flood them. */
export type LinkMessage =
  | Message<"LINKSTATE">
  | Message<"LINKSTATE_DIGEST">
  | Message<"LINKSTATE_WANT">;
/** Any message of a tree. */
export type TreeMessage = WayMessage | LinkMessage;

/** What the brain is told. */
export type In =
  | { readonly kind: "neighbors"; readonly peers: readonly Peer[] }
  | { readonly kind: "up"; readonly peer: Peer; readonly link: LinkQuality }
  | { readonly kind: "down"; readonly name: NodeName }
  /** The answer to `measure`. */
  | { readonly kind: "links"; readonly links: ReadonlyMap<NodeName, LinkQuality> }
  | { readonly kind: "message"; readonly message: TreeMessage }
  | { readonly kind: "announce"; readonly digest: string }
  | { readonly kind: "withdraw" }
  | { readonly kind: "transit"; readonly open: boolean }
  | { readonly kind: "full"; readonly full: boolean }
  | { readonly kind: "distrust"; readonly name: NodeName }
  | { readonly kind: "seek"; readonly origin: NodeName }
  /** What the algorithm ranks ways by has changed. */
  | { readonly kind: "reconsider" }
  | { readonly kind: "tick" };

/** A message on its way to a neighbor. */
export type Saying =
  | { readonly type: "BUILDTREE"; readonly body: MessageBody<"BUILDTREE"> }
  | { readonly type: "WITHDRAW"; readonly body: MessageBody<"WITHDRAW"> }
  | { readonly type: "SEEK"; readonly body: MessageBody<"SEEK"> }
  | { readonly type: "LINKSTATE"; readonly body: MessageBody<"LINKSTATE"> }
  | { readonly type: "LINKSTATE_DIGEST"; readonly body: MessageBody<"LINKSTATE_DIGEST"> }
  | { readonly type: "LINKSTATE_WANT"; readonly body: MessageBody<"LINKSTATE_WANT"> };

/** What the brain wants done. */
export type Out =
  | { readonly kind: "send"; readonly to: Peer; readonly saying: Saying }
  /** The routes to this origin changed. */
  | { readonly kind: "changed"; readonly origin: NodeName }
  /** Another neighbor is followed, or none. */
  | {
    readonly kind: "parent";
    readonly origin: NodeName;
    readonly parent: NodeName | undefined;
    readonly before: NodeName | undefined;
  }
  /** Wants to be told the quality of the links to its neighbors. */
  | { readonly kind: "measure" };

/** Who this node is. */
export interface Me {
  readonly name: NodeName;
  readonly instance: number;
}

/** What the tree counts. */
export interface Counters {
  readonly sent: Record<TreeMessage["type"], number>;
  readonly received: Record<TreeMessage["type"], number>;
  parentChanges: number;
  /** Times the last feasible way was lost. */
  starvations: number;
  /** Times this node itself slept and dropped what it knew. */
  stalls: number;
  dropped: {
    rate: number;
    malformed: number;
    overtaken: number;
    oldEpoch: number;
    own: number;
    tooManyOrigins: number;
    tooManyNeighbors: number;
    stranger: number;
  };
}

/** All zero. */
export function newCounters(): Counters {
  return {
    sent: noMessages(),
    received: noMessages(),
    parentChanges: 0,
    starvations: 0,
    stalls: 0,
    dropped: {
      rate: 0,
      malformed: 0,
      overtaken: 0,
      oldEpoch: 0,
      own: 0,
      tooManyOrigins: 0,
      tooManyNeighbors: 0,
      stranger: 0,
    },
  };
}

function noMessages(): Record<TreeMessage["type"], number> {
  return {
    BUILDTREE: 0,
    WITHDRAW: 0,
    SEEK: 0,
    LINKSTATE: 0,
    LINKSTATE_DIGEST: 0,
    LINKSTATE_WANT: 0,
  };
}
