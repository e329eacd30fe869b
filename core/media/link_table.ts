/** Numbers for remote addresses: one Map lookup a packet, no text built. */
import type { Addr } from "../ports.ts";
import type { LinkId, SocketId } from "./api.ts";

/** Links at once: four times the children of the largest node measured. */
const LINKS_MAX = 16_384;

/** One remote address seen from one socket. */
export interface LinkEntry {
  readonly id: LinkId;
  readonly socket: SocketId;
  readonly remote: Addr;
}

const FORGET = (): void => {};
const NOWHERE: Addr = { host: "0.0.0.0", port: 0 };

/** All links of a driver. */
export class LinkTable {
  readonly forgotten: (id: LinkId) => void;
  /** Links that had to make room. */
  evicted = 0;
  readonly #byId = new Map<LinkId, LinkEntry>();
  readonly #bySocket = new Map<SocketId, Map<number, LinkEntry[]>>();
  #next = 1;

  /** `forgotten` is told each link that had to make room. */
  constructor(forgotten: (id: LinkId) => void = FORGET) {
    this.forgotten = forgotten;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The link of an id. */
  get(id: LinkId): LinkEntry | undefined {
    return this.#byId.get(id);
  }

  /** Where a link leads to; nowhere when it is gone. */
  remoteOf(link: LinkId): Addr {
    return this.#byId.get(link)?.remote ?? NOWHERE;
  }

  /** The link to a remote address, if there is one. */
  find(socket: SocketId, remote: Addr): LinkEntry | undefined {
    const entries = this.#bySocket.get(socket)?.get(remote.port);
    if (entries === undefined) return undefined;
    for (const entry of entries) if (entry.remote.host === remote.host) return entry;
    return undefined;
  }

  /** The link to a remote address, made when there is none; `busy` tells which must not make room for it. */
  open(socket: SocketId, remote: Addr, busy: (id: LinkId) => boolean): LinkEntry {
    const known = this.find(socket, remote);
    if (known !== undefined) return known;
    if (this.#byId.size >= LINKS_MAX) this.#makeRoom(busy);
    return this.#add({ id: this.#next, socket, remote });
  }

  /** Takes over a link that another table has made. */
  adopt(entry: LinkEntry): LinkEntry {
    return this.#byId.get(entry.id) ?? this.#add(entry);
  }

  /** All links there are. */
  values(): IterableIterator<LinkEntry> {
    return this.#byId.values();
  }

  #add(entry: LinkEntry): LinkEntry {
    const { socket, remote } = entry;
    this.#next = Math.max(this.#next, entry.id + 1);
    this.#byId.set(entry.id, entry);
    let ports = this.#bySocket.get(socket);
    if (ports === undefined) this.#bySocket.set(socket, ports = new Map());
    const entries = ports.get(remote.port);
    if (entries === undefined) ports.set(remote.port, [entry]);
    else entries.push(entry);
    return entry;
  }

  /** Forgets the oldest links that no stream uses, an eighth at once. */
  #makeRoom(busy: (id: LinkId) => boolean): void {
    let left = LINKS_MAX / 8;
    for (const id of this.#byId.keys()) {
      if (left === 0) return;
      if (busy(id)) continue;
      this.close(id);
      this.forgotten(id);
      this.evicted++;
      left--;
    }
  }

  /** Forgets a link. */
  close(id: LinkId): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#byId.delete(id);
    const ports = this.#bySocket.get(entry.socket);
    const rest = (ports?.get(entry.remote.port) ?? []).filter((one) => one !== entry);
    if (rest.length > 0) ports?.set(entry.remote.port, rest);
    else ports?.delete(entry.remote.port);
    if (ports?.size === 0) this.#bySocket.delete(entry.socket);
  }

  /** Forgets all links of a socket; returns them. */
  closeSocket(socket: SocketId): LinkEntry[] {
    const entries = [...this.#bySocket.get(socket)?.values() ?? []].flat();
    for (const entry of entries) this.close(entry.id);
    return entries;
  }
}
