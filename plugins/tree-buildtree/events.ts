/** What goes into the tree's brain and what comes out. */
import type { NodeName, Peer } from "../../core/ids.ts";
import type { LinkQuality } from "../../core/slots.ts";
import type { Message, MessageBody } from "../../core/wire/messages.ts";

/** A message that the tree understands. */
export type TreeMessage = Message<"BUILDTREE"> | Message<"WITHDRAW"> | Message<"SEEK">;

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
  | { readonly kind: "tick" };

/** A message on its way to a neighbor. */
export type Saying =
  | { readonly type: "BUILDTREE"; readonly body: MessageBody<"BUILDTREE"> }
  | { readonly type: "WITHDRAW"; readonly body: MessageBody<"WITHDRAW"> }
  | { readonly type: "SEEK"; readonly body: MessageBody<"SEEK"> };

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
  sent: { BUILDTREE: number; WITHDRAW: number; SEEK: number };
  received: { BUILDTREE: number; WITHDRAW: number; SEEK: number };
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
    sent: { BUILDTREE: 0, WITHDRAW: 0, SEEK: 0 },
    received: { BUILDTREE: 0, WITHDRAW: 0, SEEK: 0 },
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
