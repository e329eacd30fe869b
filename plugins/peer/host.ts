/** What the parts of a peer see of the whole. */
import type { Context } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import type { FileId } from "../../core/swarm/identity.ts";
import type { IndexClient } from "../../core/swarm/index_client.ts";
import type { RateMeter } from "../../core/swarm/meter.ts";
import type { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Announcer } from "./announcer.ts";
import type { Config } from "./config.ts";
import type { In } from "./events.ts";
import type { Library, Shared } from "./library.ts";
import type { ConnectionId } from "./remote.ts";
import type { Running } from "./running.ts";
import type { Session } from "./session.ts";

/** What the peer role uses of other plugins. */
export type Needs = "piecePicker" | "choker" | "source";

/** The peer as its parts know it. */
export interface PeerHost {
  readonly ctx: Context<Needs>;
  readonly options: Config;
  readonly library: Library;
  readonly running: ReadonlyMap<FileId, Running>;
  readonly sessions: ReadonlyMap<ConnectionId, Session>;
  readonly index: IndexClient | undefined;
  readonly announcer: Announcer | undefined;
  readonly downloads: {
    /** Asks for a file by id or exact name. */
    want(what: string, out?: string, begun?: () => void): void;
    searchSoon(): void;
  };
  readonly serving: { drained(session: Session): void; forget(connection: ConnectionId): void };
  readonly intake: { taken(bytes: number): void };
  readonly down: RateMeter;
  readonly up: RateMeter;
  readonly abort: AbortController;
  readonly active: boolean;
  /** Where it listens for other peers. */
  readonly local: Addr | undefined;
  /** The file in use under this id; a shared one is taken into use. */
  open(id: FileId): Running | undefined;
  /** The id of a file that is here under this name, whole or in part. */
  idOf(name: string): FileId | undefined;
  /** Takes a file into use. */
  makeRunning(
    shape: Shared["shape"],
    held: PieceMap,
    layer: Uint8Array | undefined,
    name: string,
  ): Running;
  /** Hands an event to a file's brain and does what it wants. */
  feed(running: Running, event: In): void;
  /** Keeps track of work that `stop` must wait for. */
  track(work: Promise<unknown>): void;
  /** Dials a peer for a file. */
  dial(running: Running, to: Addr): Promise<void>;
  /** Whether a peer is kept away. */
  isBanned(name: string): boolean;
}
