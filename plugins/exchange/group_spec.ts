/** What one upstream group is made from. */
import type { NodeName, Ssrc, StreamName } from "../../core/ids.ts";
import type { LinkId, SocketId } from "../../core/media/api.ts";
import type { Addr, Clock, Events, Log } from "../../core/ports.ts";
import type {
  Candidates,
  Catalog,
  Control,
  Datapath,
  Keepalive,
  Membership,
  PathPolicy,
} from "../../core/slots.ts";
import type { Leaver } from "./leaver.ts";
import type { Stats } from "./stats.ts";
import type { StreamTable } from "./streams.ts";

/** What a group needs of its node. */
export interface GroupNeeds {
  readonly self: NodeName;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<Events, "emit">;
  readonly random: () => number;
  readonly control: Control;
  readonly keepalive: Keepalive;
  readonly membership: Membership;
  readonly catalog: Catalog;
  readonly datapath: Datapath;
  readonly policy: PathPolicy;
  readonly streams: StreamTable;
  readonly leaver: Leaver;
  readonly stats: Stats;
  /** The earliest packet that waiting children ask for. */
  readonly wantedFrom: (stream: StreamName, ssrc: Ssrc) => number | undefined;
  /** Whether another group takes this stream from this link too. */
  readonly linkInUse: (group: GroupSpec, ssrc: Ssrc, link: LinkId) => boolean;
  /** The stream can be served, or its number or path changed; `since` is where a first copy begins. */
  readonly onReady: (group: GroupSpec, since: number | undefined) => void;
  readonly onOver: (group: GroupSpec, ssrc: Ssrc, last: number) => void;
  /** No parent for a while. */
  readonly onLost: (group: GroupSpec) => void;
  readonly onChange: () => void;
}

/** What tells one group from another. */
export interface GroupSpec {
  readonly key: string;
  readonly stream: StreamName;
  /** The session's name on the wire. */
  readonly session: string;
  readonly socket: SocketId;
  /** Where others reach that socket. */
  readonly media: Addr;
  readonly candidates: Candidates;
  /** Serves nobody, so that a parent's hints can be followed without making a loop. */
  readonly leaf: boolean;
}
