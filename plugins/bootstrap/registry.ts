/** The nodes that hold a lease, and who is whose neighbor. */
import { addrKey, type NodeName, type Peer, samePeer } from "../../core/ids.ts";
import type { Discovery, Registration } from "../../core/slots.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import type { Config } from "./config.ts";
import { hostKey, limitKey } from "./address.ts";

/** Round trips remembered for one node; the oldest goes first. */
const RTTS_MAX = 256;
/** Neighbors and nodes to measure that one answer carries. */
const NEIGHBORS_MAX = 256;
const MEASURE_MAX = 16;

/** A connection's number. */
export type ConnectionId = number;

/** A node with its lease. */
export interface Entry {
  readonly peer: Peer;
  /** The host it connected from. */
  readonly host: string;
  readonly rttMs: Map<NodeName, number>;
  readonly registeredMs: number;
  leaseUntilMs: number;
  /** Its connection while that stands. */
  connection: ConnectionId | undefined;
  /** Tells lists of neighbors apart without comparing every field. */
  readonly revision: number;
  /** The list it was told last. */
  told: string | undefined;
}

/** Why a registration is refused; `code` is stable. */
export interface Refusal {
  readonly code:
    | "address"
    | "stale-instance"
    | "name-taken"
    | "nodes-full"
    | "address-full";
  readonly why: string;
}

/** What became of a registration. */
export type Registered =
  | { readonly ok: false; readonly refusal: Refusal }
  | {
    readonly ok: true;
    /** A newcomer, a new instance or new addresses: neighbors must be assigned. */
    readonly changed: boolean;
    /** The connection that stood for this name before. */
    readonly former: ConnectionId | undefined;
    /** Another living node had this name: its addresses. */
    readonly ousted: Peer | undefined;
  };

/** The table of nodes. */
export class Registry {
  readonly #config: Config;
  readonly #nodes = new Map<NodeName, Entry>();
  readonly #perAddress = new Map<string, number>();
  #assigned: ReadonlyMap<NodeName, readonly NodeName[]> = new Map();
  #revisions = 0;
  /** Neighbors that fitted into no answer. */
  neighborsCut = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  get size(): number {
    return this.#nodes.size;
  }

  entries(): IterableIterator<Entry> {
    return this.#nodes.values();
  }

  get(name: NodeName): Entry | undefined {
    return this.#nodes.get(name);
  }

  neighborsOf(name: NodeName): readonly NodeName[] {
    return this.#assigned.get(name) ?? [];
  }

  register(
    body: MessageBody<"REGISTER">,
    host: string,
    connection: ConnectionId,
    nowMs: number,
  ): Registered {
    const { peer } = body;
    const known = this.#nodes.get(peer.name);
    const refusal = this.#refuse(peer, known, host, connection);
    if (refusal !== undefined) return { ok: false, refusal };
    const same = known !== undefined && samePeer(known.peer, peer);
    const sameLife = known?.peer.instance === peer.instance;
    const former = known?.connection === connection ? undefined : known?.connection;
    const entry: Entry = {
      peer,
      host,
      rttMs: sameLife && known !== undefined ? known.rttMs : new Map(),
      registeredMs: sameLife && known !== undefined ? known.registeredMs : nowMs,
      leaseUntilMs: nowMs + this.#config.lease,
      connection,
      revision: same ? known.revision : ++this.#revisions,
      // Whoever comes anew or changed is told again, even if its neighbors are the same.
      told: same && former === undefined ? known.told : undefined,
    };
    if (known !== undefined) this.#count(known.host, -1);
    this.#count(host, 1);
    this.#nodes.set(peer.name, entry);
    this.#learn(entry, body.rtts);
    const moved = known !== undefined && addrKey(known.peer.control) !== addrKey(peer.control);
    const ousted = !sameLife && former !== undefined && moved ? known?.peer : undefined;
    return { ok: true, changed: !same, former, ousted };
  }

  /** Takes a node out; false when there is none of this name. */
  remove(name: NodeName): boolean {
    const entry = this.#nodes.get(name);
    if (entry === undefined) return false;
    this.#nodes.delete(name);
    this.#count(entry.host, -1);
    return true;
  }

  /** Takes out whoever did not renew; tells the names. */
  expire(nowMs: number): readonly NodeName[] {
    const gone: NodeName[] = [];
    for (const entry of this.#nodes.values()) {
      if (entry.leaseUntilMs <= nowMs) gone.push(entry.peer.name);
    }
    for (const name of gone) this.remove(name);
    return gone;
  }

  /** Lets the algorithm decide anew; throws what it throws and then keeps the former neighbors. */
  assign(discovery: Discovery): void {
    const nodes = [...this.#nodes.values()].map(({ peer, rttMs, registeredMs }): Registration => ({
      peer,
      rttMs,
      registeredMs,
    }));
    this.#assigned = discovery.assign(nodes);
  }

  /** The answer a node gets, and a key that is the same for the same neighbors. */
  answer(name: NodeName, measure: readonly NodeName[]): {
    readonly key: string;
    readonly body: MessageBody<"REGISTERED">;
  } {
    const entries = this.neighborsOf(name).flatMap((other) => this.#nodes.get(other) ?? []);
    this.neighborsCut += Math.max(0, entries.length - NEIGHBORS_MAX);
    const neighbors = entries.slice(0, NEIGHBORS_MAX);
    return {
      key: neighbors.map((entry) => `${entry.peer.name}#${entry.revision}`).join(),
      body: {
        leaseMs: this.#config.lease,
        neighbors: neighbors.map((entry) => entry.peer),
        measure: measure.slice(0, MEASURE_MAX).flatMap((other) =>
          this.#nodes.get(other)?.peer ?? []
        ),
      },
    };
  }

  #refuse(
    peer: Peer,
    known: Entry | undefined,
    host: string,
    connection: ConnectionId,
  ): Refusal | undefined {
    const claimed = [peer.control, peer.keepalive, peer.media]
      .find((addr) => hostKey(addr.host) !== hostKey(host));
    if (claimed !== undefined && !this.#config.anyAddress) {
      const why = `${peer.name} claims ${claimed.host} and connects from ${host}; set its ` +
        "advertise, or anyAddress at the bootstrapper";
      return { code: "address", why: why.slice(0, 200) };
    }
    if (known !== undefined) return this.#refuseAgain(peer, known, host, connection);
    if (this.#nodes.size >= this.#config.maxNodes) {
      return { code: "nodes-full", why: `${this.#config.maxNodes} nodes are registered already` };
    }
    if ((this.#perAddress.get(limitKey(host)) ?? 0) >= this.#config.maxNodesPerAddress) {
      const why = `${this.#config.maxNodesPerAddress} nodes of ${host} are registered already`;
      return { code: "address-full", why };
    }
    return undefined;
  }

  #refuseAgain(
    peer: Peer,
    known: Entry,
    host: string,
    connection: ConnectionId,
  ): Refusal | undefined {
    if (peer.instance < known.peer.instance) {
      const why = `a later start of ${peer.name} is at ${addrKey(known.peer.control)}`;
      return { code: "stale-instance", why };
    }
    const stands = known.connection !== undefined && known.connection !== connection;
    const sameLife = peer.instance === known.peer.instance;
    if (sameLife && stands && hostKey(host) !== hostKey(known.host)) {
      const why = `${peer.name} is connected from ${known.host}`;
      return { code: "name-taken", why };
    }
    return undefined;
  }

  #learn(entry: Entry, rtts: MessageBody<"REGISTER">["rtts"]): void {
    for (const [name, rttUs] of rtts) {
      if (name === entry.peer.name) continue;
      entry.rttMs.delete(name);
      entry.rttMs.set(name, rttUs / 1000);
    }
    for (const name of entry.rttMs.keys()) {
      if (entry.rttMs.size <= RTTS_MAX) break;
      entry.rttMs.delete(name);
    }
  }

  #count(host: string, by: number): void {
    const key = limitKey(host);
    const count = (this.#perAddress.get(key) ?? 0) + by;
    if (count > 0) this.#perAddress.set(key, count);
    else this.#perAddress.delete(key);
  }
}
