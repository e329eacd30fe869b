/** What a node tells of itself to whoever watches the network, and what a watcher knows. Plain data. */
import type { NodeName, StreamName } from "./ids.ts";
import type { Addr } from "./ports.ts";

/** One link of a node, as its keepalive measures it. */
export interface LinkSummary {
  readonly name: NodeName;
  readonly control: Addr;
  readonly state: "unknown" | "up" | "suspect" | "down";
  readonly rttMs: number | undefined;
  /** Shares of heartbeats lost on the way in and out. */
  readonly lossIn: number;
  readonly lossOut: number;
}

/** What a node does with a stream. `source`: it originates it. `idle`: it is known here and does not run. */
export type StreamRunState =
  | "source"
  | "idle"
  | "joining"
  | "flowing"
  | "switching"
  | "seeking"
  | "ended";

/** One stream at one node. */
export interface StreamSummary {
  readonly name: StreamName;
  readonly state: StreamRunState;
  readonly parents: readonly NodeName[];
  readonly standby: NodeName | undefined;
  /** Bits per second over the last sample. */
  readonly rateIn: number;
  readonly rateOut: number;
  /** Share of packets lost on the way from the parents, before repair. */
  readonly loss: number;
  /** Packets won back and packets given up since the stream runs here. */
  readonly repaired: number;
  readonly lost: number;
  /** Round trip to the parent as the media plane measures it. */
  readonly hopRttMs: number | undefined;
  /** How long a repaired packet was missing, on average; 0 when none was. */
  readonly repairMs: number;
  /** What a sink here holds packets back for, to put them in order and in time. */
  readonly bufferMs: number;
  readonly children: number;
  /** Sessions that watch it here: viewers. */
  readonly sessions: number;
  readonly failovers: number;
  readonly handovers: number;
}

/** A node at one moment. */
export interface NodeSummary {
  readonly name: NodeName;
  readonly instance: number;
  readonly roles: readonly string[];
  readonly pop: boolean;
  readonly host: string;
  readonly ports: { readonly control: number; readonly keepalive: number; readonly media: number };
  readonly version: string;
  readonly uptimeMs: number;
  /** Share of one core. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly rateIn: number;
  readonly rateOut: number;
  /** Worst loss before repair among its streams. */
  readonly loss: number;
  readonly repaired: number;
  readonly lost: number;
  readonly sessions: number;
  readonly children: number;
  /** Room for children; 0 where none are taken. */
  readonly maxChildren: number;
  /** Takes no more children. */
  readonly closed: boolean;
  /** How late this node's timers run on average: what a packet waits for its turn here. */
  readonly waitMs: number;
  readonly links: readonly LinkSummary[];
  readonly streams: readonly StreamSummary[];
  /** Links and streams that did not fit. */
  readonly cut: number;
}

/** A node as the watcher knows it. */
export interface SeenNode extends NodeSummary {
  /** `silent`: it has not answered for a while, and will be forgotten. */
  readonly state: "here" | "silent";
  /** How old this knowledge is. */
  readonly ageMs: number;
}

/** The whole network, from one node. */
export interface NetworkView {
  readonly self: NodeName;
  readonly atMs: number;
  readonly nodes: readonly SeenNode[];
  /** Nodes that others name and that have not answered. */
  readonly unanswered: readonly NodeName[];
  /** Nodes that were left out because the table is full. */
  readonly leftOut: number;
}

/** Time series of one node: all arrays are as long as `atMs`; null where nothing was measured. */
export interface HistoryView {
  readonly node: NodeName;
  readonly stepMs: number;
  /** Number of the first sample, counted from the node's start: `since` of the next question is `first` + length. */
  readonly first: number;
  /** How long before the answer each sample was taken, in ms. */
  readonly agesMs: readonly number[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}
