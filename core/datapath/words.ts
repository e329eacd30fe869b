/**
 * What the main thread and a media engine in a thread of its own say to each other. Plain data: it is
 * cloned on its way. Orders are carried out in the order in which they were given.
 */
import type { Ssrc } from "../ids.ts";
import type {
  EngineCommand,
  EngineEvent,
  LinkId,
  ReceiverSpec,
  RecoverySpec,
  SocketId,
} from "../media/api.ts";
import type { LinkEntry } from "../media/link_table.ts";
import type { PackedCounters } from "../media/packed_counters.ts";
import type { Addr, PortErrorCode } from "../ports.ts";
import type { PackedChunks } from "./packed_chunks.ts";

/** How long packets may wait for company: milliseconds, or chosen from the load up to `upToMs`. */
export interface GatherSpec {
  readonly fixedMs: number | undefined;
  readonly upToMs: number;
}

/** What a thread is started with. */
export interface EngineThreadOptions {
  readonly recovery: RecoverySpec;
  /** The secret behind cookies: the main thread checks those that this one gives. */
  readonly cookieSecret: Uint8Array;
  /** Positions of streams: see `PositionTable`. */
  readonly positions: SharedArrayBuffer;
  /** Wanted buffers of each socket, in bytes. */
  readonly socketBytes: number;
  readonly gather: GatherSpec;
  /** Longest burst of a published stream, in ms of its rate; 0 paces nothing. */
  readonly burstMs: number;
}

/** From the main thread to the engine's. `id`s are given by the main thread. */
export type Order =
  | { readonly kind: "open-socket"; readonly socket: SocketId; readonly bind: Addr }
  | { readonly kind: "close-socket"; readonly socket: SocketId }
  | { readonly kind: "link"; readonly link: LinkEntry }
  /** The table of links was full: this one made room. */
  | { readonly kind: "unlink"; readonly link: LinkId }
  /** `life` grows each time the stream is opened: events of an earlier life are known by it. */
  | { readonly kind: "life"; readonly ssrc: Ssrc; readonly life: number; readonly slot: number }
  | { readonly kind: "command"; readonly command: EngineCommand }
  | {
    readonly kind: "child";
    readonly id: number;
    readonly ssrc: Ssrc;
    readonly link: LinkId;
    readonly from: number | undefined;
  }
  | { readonly kind: "ask"; readonly id: number; readonly link: LinkId; readonly fresh: boolean }
  | { readonly kind: "ask-off"; readonly id: number }
  | {
    readonly kind: "publish";
    readonly ssrc: Ssrc;
    readonly ts: Uint8Array;
    readonly dueMs: number;
  }
  | { readonly kind: "receive"; readonly id: number; readonly spec: ReceiverSpec }
  | { readonly kind: "receive-off"; readonly id: number }
  /** The thread is about to end: receivers get at once what is there for them. */
  | { readonly kind: "hurry" }
  | { readonly kind: "count" };

/** From the engine's thread to the main one. */
export type Report =
  | { readonly kind: "socket"; readonly socket: SocketId; readonly local: Addr }
  | {
    readonly kind: "no-socket";
    readonly socket: SocketId;
    readonly code: PortErrorCode;
    readonly message: string;
  }
  | { readonly kind: "event"; readonly event: EngineEvent; readonly life: number }
  | { readonly kind: "first"; readonly id: number; readonly first: number }
  | { readonly kind: "cookie"; readonly id: number; readonly cookie: Uint8Array | undefined }
  | { readonly kind: "chunks"; readonly chunks: PackedChunks }
  | { readonly kind: "end"; readonly id: number }
  | { readonly kind: "counters"; readonly counters: PackedCounters }
  /** Something that a person should know, once: `event` and fields of a log line. */
  | {
    readonly kind: "log";
    readonly level: "info" | "warn" | "error";
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };

/** A media engine in a thread of its own. */
export interface EngineThread extends AsyncDisposable {
  /**
   * Gives orders; buffers named in `transfer` are gone afterwards. When too much waits to be published, those orders
   * are left out; returns how many.
   */
  order(orders: readonly Order[], transfer: readonly ArrayBuffer[]): number;
  /** Registers the one listener for reports; those that came before are delivered to it. */
  onReports(fn: (reports: readonly Report[]) => void): void;
  /** Registers the one listener for the thread's death, which is called once, with the reason. Its sockets are closed by then. */
  onDeath(fn: (why: string) => void): void;
}

/** Threads for media engines, where the host has them. */
export interface EngineThreads {
  /** Why there are none here, for people; undefined when there are. */
  missing(): string | undefined;
  /** Told when there are none any more: what runs is to do without. */
  onMissing(fn: (why: string) => void): Disposable;
  /** Starts one; rejects when it cannot start. */
  start(options: EngineThreadOptions): Promise<EngineThread>;
}
