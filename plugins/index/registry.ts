/** Who holds what: peers with leases, files with holders, and what was said against them. */
import { limitKey } from "../../core/host_key.ts";
import type { NodeName } from "../../core/ids.ts";
import { searchKey } from "../../core/swarm/file_name.ts";
import { type FileId, type FileShape, pieceCount } from "../../core/swarm/identity.ts";
import {
  type AnnouncedFile,
  type FoundFile,
  type Holder,
  type IndexBody,
  PEERS_PER_RESULT,
} from "../../core/swarm/index_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import type { Config } from "./config.ts";

/** A number for each connection, never used twice. */
export type ConnectionId = number;

/** One announced file of one peer. */
interface Holding {
  readonly file: AnnouncedFile;
  readonly held: number;
}

/** A peer. */
export interface PeerEntry {
  readonly name: NodeName;
  instance: number;
  host: string;
  port: number;
  load: number;
  leaseUntilMs: number;
  /** Undefined for peers of the hand-written table: they hold no lease. */
  connection: ConnectionId | undefined;
  readonly files: Map<string, Holding>;
  readonly limitKey: string;
}

/** A file of the swarm. */
interface FileEntry {
  readonly shape: FileShape;
  readonly holders: Map<NodeName, Holding>;
  /** By holder: who reported it for this file. */
  readonly reports: Map<NodeName, Set<NodeName>>;
}

/** Reporters remembered for one holder. */
const REPORTERS_MAX = 64;

/** Why an announcement is refused. */
export type Refusal = "peers-full" | "address-full" | "stale-instance" | "unknown";

/** Everything that was announced. */
export class Registry {
  readonly #config: Config;
  readonly #peers = new Map<NodeName, PeerEntry>();
  readonly #files = new Map<string, FileEntry>();
  readonly #perAddress = new Map<string, number>();
  #holdings = 0;
  #mapBytes = 0;

  constructor(config: Config) {
    this.#config = config;
  }

  get peers(): number {
    return this.#peers.size;
  }

  get files(): number {
    return this.#files.size;
  }

  get holdings(): number {
    return this.#holdings;
  }

  get mapBytes(): number {
    return this.#mapBytes;
  }

  peer(name: NodeName): PeerEntry | undefined {
    return this.#peers.get(name);
  }

  entries(): Iterable<PeerEntry> {
    return this.#peers.values();
  }

  /** Takes an announcement; tells the files that did not fit, or why all of it is refused. */
  announce(
    body: IndexBody<"ANNOUNCE">,
    connection: ConnectionId | undefined,
    leaseUntilMs: number,
  ): { readonly refused: readonly FileId[]; readonly changed: boolean } | Refusal {
    const { name, instance, host, port } = body.peer;
    let peer = this.#peers.get(name);
    const isNew = peer === undefined || peer.instance !== instance || peer.host !== host ||
      peer.port !== port;
    if (peer !== undefined && peer.instance > instance) return "stale-instance";
    if (isNew && !body.reset) return "unknown";
    if (peer !== undefined && (isNew || body.reset)) this.remove(name);
    if (isNew || body.reset) {
      const made = this.#admit(body, leaseUntilMs);
      if (typeof made === "string") return made;
      peer = made;
    }
    if (peer === undefined) return "unknown";
    peer.connection = connection;
    peer.leaseUntilMs = leaseUntilMs;
    peer.load = body.load;
    for (const id of body.gone) this.#dropId(peer, id);
    const refused: FileId[] = [];
    for (const file of body.files) if (!this.#hold(peer, file)) refused.push(file.id);
    return { refused, changed: body.reset || body.gone.length > 0 || body.files.length > 0 };
  }

  /** Forgets a peer and all it holds. */
  remove(name: NodeName): boolean {
    const peer = this.#peers.get(name);
    if (peer === undefined) return false;
    for (const key of [...peer.files.keys()]) this.#drop(peer, key);
    this.#peers.delete(name);
    const left = (this.#perAddress.get(peer.limitKey) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(peer.limitKey, left);
    else this.#perAddress.delete(peer.limitKey);
    return true;
  }

  /** Forgets peers whose lease has run out; tells their names. */
  expire(nowMs: number): NodeName[] {
    const gone = [...this.#peers.values()].filter((peer) => peer.leaseUntilMs <= nowMs)
      .map((peer) => peer.name);
    for (const name of gone) this.remove(name);
    return gone;
  }

  /** Notes that one peer accuses another; false when there is nobody to accuse. */
  report(id: FileId, name: NodeName, by: NodeName): boolean {
    let known = false;
    for (const entry of this.#ofId(id)) {
      if (!entry.holders.has(name)) continue;
      const reporters = entry.reports.get(name) ?? new Set();
      if (reporters.size < REPORTERS_MAX) reporters.add(by);
      entry.reports.set(name, reporters);
      known = true;
    }
    return known;
  }

  /**
   * Files that a holder names so that the name has every word of `text`, under that name: the same bytes may have
   * another with others. Those of exactly this name come first, then those with most complete copies.
   */
  search(text: string, limit: number, draw: () => number) {
    const words = searchKey(text).split(/\s+/).filter((word) => word !== "");
    const fits = (name: string): boolean => {
      const key = searchKey(name);
      return words.every((word) => key.includes(word));
    };
    const found = [...this.#files.values()].flatMap((entry) => {
      const names = namesOf(entry);
      const fitting = new Set([...new Set(names)].filter(fits));
      const name = fitting.has(text) ? text : commonName(names.filter((one) => fitting.has(one)));
      return name === undefined ? [] : [{ ...this.#result(entry, draw), name }];
    });
    found.sort((a, b) =>
      Number(b.name === text) - Number(a.name === text) || b.seeds - a.seeds ||
      b.total - a.total || (a.name < b.name ? -1 : 1)
    );
    return { files: found.slice(0, limit), more: found.length > limit };
  }

  /** The files of an id: one, unless somebody gives it another size or other pieces. */
  lookUp(id: FileId, limit: number, draw: () => number) {
    const found = this.#ofId(id).map((entry) => this.#result(entry, draw));
    found.sort((a, b) => b.seeds - a.seeds || b.total - a.total);
    return { files: found.slice(0, limit), more: found.length > limit };
  }

  /** Everything of a peer as messages that announce it again. */
  snapshot(perMessage: number): IndexBody<"ANNOUNCE">[] {
    const bodies: IndexBody<"ANNOUNCE">[] = [];
    for (const peer of this.#peers.values()) {
      const files = [...peer.files.values()].map((one) => one.file);
      const { name, instance, host, port, load } = peer;
      for (let at = 0; at === 0 || at < files.length; at += perMessage) {
        const page = files.slice(at, at + perMessage);
        const announced = { name, instance, host, port };
        bodies.push({ peer: announced, files: page, gone: [], reset: at === 0, load });
      }
    }
    return bodies;
  }

  #ofId(id: FileId): FileEntry[] {
    return [...this.#files.values()].filter((entry) => entry.shape.id === id);
  }

  #admit(body: IndexBody<"ANNOUNCE">, leaseUntilMs: number): PeerEntry | Refusal {
    const { name, instance, host, port } = body.peer;
    const key = limitKey(host);
    if (this.#peers.size >= this.#config.maxPeers) return "peers-full";
    const ofAddress = this.#perAddress.get(key) ?? 0;
    if (ofAddress >= this.#config.maxPeersPerAddress) return "address-full";
    this.#perAddress.set(key, ofAddress + 1);
    const peer: PeerEntry = {
      name,
      instance,
      host,
      port,
      load: body.load,
      leaseUntilMs,
      connection: undefined,
      files: new Map(),
      limitKey: key,
    };
    this.#peers.set(name, peer);
    return peer;
  }

  #hold(peer: PeerEntry, file: AnnouncedFile): boolean {
    const key = keyOf(file);
    this.#drop(peer, key);
    const { maxFiles, maxFilesPerPeer, maxMapBytes } = this.#config;
    const full = this.#holdings >= maxFiles || peer.files.size >= maxFilesPerPeer ||
      this.#mapBytes + file.have.length > maxMapBytes;
    if (full) return false;
    const shape: FileShape = { id: file.id, sizeBytes: file.size, pieceBytes: file.piece };
    const pieces = pieceCount(shape);
    const held = file.have.length === 0 ? pieces : PieceMap.parse(file.have, pieces)?.held ?? 0;
    const holding = { file, held };
    let entry = this.#files.get(key);
    if (entry === undefined) {
      this.#files.set(key, entry = { shape, holders: new Map(), reports: new Map() });
    }
    entry.holders.set(peer.name, holding);
    peer.files.set(key, holding);
    this.#holdings++;
    this.#mapBytes += file.have.length;
    return true;
  }

  #dropId(peer: PeerEntry, id: FileId): void {
    for (const [key, { file }] of [...peer.files]) if (file.id === id) this.#drop(peer, key);
  }

  #drop(peer: PeerEntry, key: string): void {
    const holding = peer.files.get(key);
    if (holding === undefined) return;
    peer.files.delete(key);
    this.#holdings--;
    this.#mapBytes -= holding.file.have.length;
    const entry = this.#files.get(key);
    entry?.holders.delete(peer.name);
    // What was said against a holder stays for as long as anybody holds the file.
    if (entry?.holders.size === 0) this.#files.delete(key);
  }

  #result(entry: FileEntry, draw: () => number): FoundFile {
    const { shape, holders, reports } = entry;
    const pieces = pieceCount(shape);
    const accused = (name: NodeName) => reports.get(name)?.size ?? 0;
    const ranked = [...holders].filter(([name]) => accused(name) < this.#config.reportsToHide)
      .flatMap(([name, holding]) => {
        const peer = this.#peers.get(name);
        return peer === undefined ? [] : [{ peer, holding, lot: draw() }];
      })
      .sort((a, b) =>
        accused(a.peer.name) - accused(b.peer.name) || b.holding.held - a.holding.held ||
        a.peer.load - b.peer.load || a.lot - b.lot
      );
    const peers = ranked.slice(0, PEERS_PER_RESULT).map(({ peer, holding }): Holder => ({
      name: peer.name,
      instance: peer.instance,
      host: peer.host,
      port: peer.port,
      held: holding.held,
    }));
    return {
      id: shape.id,
      size: shape.sizeBytes,
      piece: shape.pieceBytes,
      name: commonName(namesOf(entry)) ?? "file",
      peers,
      total: ranked.length,
      seeds: ranked.filter((one) => one.holding.held === pieces).length,
    };
  }
}

/** What its holders call a file, one name each. */
function namesOf(entry: FileEntry): string[] {
  return [...entry.holders.values()].map((one) => one.file.name);
}

/** The name that most holders use; undefined when there is none. */
function commonName(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

function keyOf(file: Pick<AnnouncedFile, "id" | "size" | "piece">): string {
  return `${file.id}:${file.size}:${file.piece}`;
}
