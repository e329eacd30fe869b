/** The remote ends of links as the kernel wants them, found by link when sending and by address when receiving. */
import type { LinkId, SocketId } from "../../media/api.ts";
import type { Addr } from "../../ports.ts";
import { AF_INET, SOCKADDR } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { PacketRow } from "./packet_row.ts";
import type { LinuxUdpSocket } from "./socket.ts";
import { writeSockaddr } from "./sockaddr.ts";

const NAMES_IN_BLOCK = 1024;
const NAME_WORDS = SOCKADDR.size / 4;

/** A socket of the thread. */
export interface OwnSocket {
  readonly id: SocketId;
  readonly udp: LinuxUdpSocket;
  /** False once the system has refused to cut super-datagrams here. */
  segments: boolean;
}

/** One remote end. */
export interface RemoteEnd {
  readonly link: LinkId;
  readonly socket: OwnSocket;
  /** Where its address lies, for the kernel. */
  readonly name: number;
  readonly nameLength: number;
  readonly block: Block;
  readonly nameWord: number;
  /** False once its way has refused super-datagrams: a smaller MTU than a media packet, say. */
  segments: boolean;
  /** Packets of the current flush that wait for it. */
  readonly pending: PacketRow;
}

/** The same address gives the same number; others nearly always another. */
function keyOf(words: Uint32Array, at: number): number {
  const first = words[at] ?? 0;
  if ((first & 0xffff) === AF_INET) return (words[at + 1] ?? 0) * 65_536 + (first >>> 16);
  let key = first >>> 16;
  for (let word = 2; word < 6; word++) key = (Math.imul(key, 31) + (words[at + word] ?? 0)) | 0;
  return key;
}

/** Whether two `sockaddr`s are the same, flow labels aside. */
function isSame(a: Uint32Array, at: number, b: Uint32Array, bt: number): boolean {
  if (a[at] !== b[bt]) return false;
  if (((a[at] ?? 0) & 0xffff) === AF_INET) return a[at + 1] === b[bt + 1];
  for (let word = 2; word < 7; word++) if (a[at + word] !== b[bt + word]) return false;
  return true;
}

/** All remote ends. */
export class RemoteEnds {
  readonly #libc: Libc;
  readonly #byLink = new Map<LinkId, RemoteEnd>();
  readonly #bySocket = new Map<SocketId, Map<number, RemoteEnd[]>>();
  readonly #free: { readonly block: Block; readonly word: number }[] = [];
  #last: RemoteEnd | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  get(link: LinkId): RemoteEnd | undefined {
    return this.#byLink.get(link);
  }

  /** Adds one; undefined when the host is a name, or of a family that the socket does not speak. */
  add(link: LinkId, socket: OwnSocket, remote: Addr): RemoteEnd | undefined {
    const known = this.#byLink.get(link);
    if (known !== undefined) return known;
    if (this.#free.length === 0) this.#grow();
    const place = this.#free.pop();
    if (place === undefined) return undefined;
    const { block, word } = place;
    const nameLength = writeSockaddr(block.bytes, 4 * word, remote, socket.udp.family);
    if (nameLength === 0) {
      this.#free.push(place);
      return undefined;
    }
    const end: RemoteEnd = {
      link,
      socket,
      name: block.address + 4 * word,
      nameLength,
      block,
      nameWord: word,
      segments: true,
      pending: new PacketRow(),
    };
    this.#byLink.set(link, end);
    let ends = this.#bySocket.get(socket.id);
    if (ends === undefined) this.#bySocket.set(socket.id, ends = new Map());
    const key = keyOf(block.words, word);
    ends.set(key, [...ends.get(key) ?? [], end]);
    return end;
  }

  #grow(): void {
    const block = new Block(this.#libc, NAMES_IN_BLOCK * SOCKADDR.size);
    for (let index = NAMES_IN_BLOCK - 1; index >= 0; index--) {
      this.#free.push({ block, word: index * NAME_WORDS });
    }
  }

  /** Forgets one. */
  remove(link: LinkId): void {
    const end = this.#byLink.get(link);
    if (end === undefined) return;
    this.#byLink.delete(link);
    if (this.#last === end) this.#last = undefined;
    const ends = this.#bySocket.get(end.socket.id);
    const key = keyOf(end.block.words, end.nameWord);
    const rest = (ends?.get(key) ?? []).filter((one) => one !== end);
    if (rest.length > 0) ends?.set(key, rest);
    else ends?.delete(key);
    this.#free.push({ block: end.block, word: end.nameWord });
  }

  /** The link that an address belongs to, as the kernel wrote it at word `at`. */
  find(socket: SocketId, names: Uint32Array, at: number): RemoteEnd | undefined {
    const last = this.#last;
    if (
      last !== undefined && last.socket.id === socket &&
      isSame(last.block.words, last.nameWord, names, at)
    ) return last;
    const ends = this.#bySocket.get(socket)?.get(keyOf(names, at));
    if (ends === undefined) return undefined;
    for (const end of ends) {
      if (!isSame(end.block.words, end.nameWord, names, at)) continue;
      this.#last = end;
      return end;
    }
    return undefined;
  }
}
