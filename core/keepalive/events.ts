/** What goes into keepalive's brain and what comes out. */
import type { NodeName, Peer } from "../ids.ts";
import type { Addr } from "../ports.ts";
import type { LinkTable } from "./table.ts";

/** What the brain is told. */
export type In =
  | { readonly kind: "watch"; readonly peer: Peer }
  | { readonly kind: "unwatch"; readonly name: NodeName }
  | { readonly kind: "heard"; readonly name: NodeName }
  | { readonly kind: "packet"; readonly from: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "tick" }
  /** Says goodbye to everybody; from then on nothing else is said. */
  | { readonly kind: "leave" };

/** Why a neighbour is down. */
export type DownReason = "silent" | "restarted" | "left";

/** What the brain wants done. */
export type Out =
  | { readonly kind: "send"; readonly to: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "up"; readonly peer: Peer }
  | { readonly kind: "down"; readonly peer: Peer; readonly why: DownReason };

/** Who this node is. */
export interface Me {
  readonly name: NodeName;
  readonly instance: number;
}

/** What a successor takes over. */
export interface Handover {
  readonly kind: "keepalive/1";
  /** The predecessor's own table: what is watched after the snapshot is in it, too. */
  readonly table: LinkTable;
  /** Watches asked for while neither runs: the predecessor has left the port, the successor has not got it. */
  readonly late: Extract<In, { kind: "watch" | "unwatch" }>[];
}
