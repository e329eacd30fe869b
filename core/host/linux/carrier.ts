/**
 * Sends what an engine wants sent. Packets to one and the same list of many children become one row of vectors that
 * all their super-datagrams share; everything else is gathered for each link. Between links the order may change, on a link never.
 */
import type { LinkId } from "../../media/api.ts";
import type { Carrier } from "../../media/driver.ts";
import type { Addr } from "../../ports.ts";
import type { Arena } from "./arena.ts";
import { SEGMENTS_MAX, SOCKADDR, SUPER_MAX_BYTES } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { Messages, segmentControlBytes, Vectors, writeSegment } from "./messages.ts";
import { PacketRow } from "./packet_row.ts";
import type { OwnSocket, RemoteEnd, RemoteEnds } from "./peers.ts";
import type { KernelClock } from "./poller.ts";
import { writeSockaddr } from "./sockaddr.ts";
import { transmit, TransmitCounts, type TransmitView } from "./transmit.ts";

/** Packets of one flush; more begin another. */
const PACKETS_MAX = 4096;
/** Packets that lie elsewhere than in the arena (reports, repairs) are copied here for the time of a flush. */
const STAGE_BYTES = 1024 * 1024;
/** Lists of at least so many targets get a table of their own. */
const GROUP_TARGETS = 12;
/** Tables that were not used for so many flushes are forgotten. */
const GROUP_IDLE_FLUSHES = 4096;
/** Longest super-datagram: over IPv6 20 bytes less than over IPv4. */
const SUPER_BYTES = SUPER_MAX_BYTES - 20;
const LOOSE_MESSAGES = 1024;
const LOOSE_VECTORS = 4096;

/** Messages to many children of one socket; only their number of vectors changes from run to run. */
interface Table {
  readonly socket: OwnSocket;
  readonly ends: readonly RemoteEnd[];
  readonly messages: Messages;
  vectors: number;
  control: number;
}

interface Group {
  readonly targets: readonly LinkId[];
  readonly tables: Table[];
  /** Targets that take no super-datagrams. */
  readonly plain: RemoteEnd[];
  readonly packets: PacketRow;
  usedAt: number;
}

/** The carrier of one thread. */
export class BatchCarrier implements Carrier {
  readonly counts = new TransmitCounts();
  /** Datagrams for links that have no address (yet). */
  unresolved = 0;
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #ends: RemoteEnds;
  readonly #clock: KernelClock;
  readonly #addresses = new Float64Array(PACKETS_MAX);
  readonly #lengths = new Int32Array(PACKETS_MAX);
  #packets = 0;
  readonly #stage: Block;
  #staged = 0;
  readonly #groups = new Map<readonly LinkId[], Group>();
  readonly #active: Group[] = [];
  #activeCount = 0;
  #lastGroup: Group | undefined;
  #flushes = 0;
  readonly #touched: RemoteEnd[] = [];
  #touchedCount = 0;
  /** One run at a time of a group: its vectors and its control data. */
  readonly #runVectors: Vectors;
  readonly #runControl: Block;
  readonly #controlBytes: number;
  #runStart = 0;
  #runEnd = 0;
  #runVectorCount = 0;
  readonly #loose: Messages;
  readonly #looseVectors: Vectors;
  readonly #looseControls: Block;
  readonly #looseEnds: RemoteEnd[] = [];
  readonly #looseStarts = new Int32Array(LOOSE_MESSAGES);
  readonly #looseCounts = new Int32Array(LOOSE_MESSAGES);
  #looseMessages = 0;
  #looseUsed = 0;
  readonly #single: Messages;
  readonly #singleVector: Vectors;
  readonly #singleName: Block;

  constructor(libc: Libc, arena: Arena, ends: RemoteEnds, clock: KernelClock) {
    this.#libc = libc;
    this.#arena = arena;
    this.#ends = ends;
    this.#clock = clock;
    this.#stage = new Block(libc, STAGE_BYTES);
    this.#controlBytes = segmentControlBytes(libc.layout);
    this.#runVectors = new Vectors(libc, SEGMENTS_MAX);
    this.#runControl = new Block(libc, this.#controlBytes);
    this.#loose = new Messages(libc, LOOSE_MESSAGES);
    this.#looseVectors = new Vectors(libc, LOOSE_VECTORS);
    this.#looseControls = new Block(libc, LOOSE_MESSAGES * this.#controlBytes);
    this.#single = new Messages(libc, 1);
    this.#singleVector = new Vectors(libc, 1);
    this.#singleName = new Block(libc, SOCKADDR.size);
  }

  send(bytes: Uint8Array, targets: readonly LinkId[]): void {
    if (this.#packets === PACKETS_MAX || this.#staged + bytes.length > STAGE_BYTES) this.flush();
    if (targets.length >= GROUP_TARGETS) {
      const group = this.#group(targets);
      group.packets.push(this.#place(bytes));
      return;
    }
    const packet = this.#place(bytes);
    for (const target of targets) {
      const end = this.#ends.get(target);
      if (end === undefined) this.unresolved++;
      else this.#queue(end, packet);
    }
  }

  #queue(end: RemoteEnd, packet: number): void {
    if (end.pending.length === 0) this.#touched[this.#touchedCount++] = end;
    end.pending.push(packet);
  }

  /** Where the kernel finds the packet; returns its number in this flush. */
  #place(bytes: Uint8Array): number {
    let address = this.#arena.locate(bytes);
    if (address < 0) {
      this.#stage.bytes.set(bytes, this.#staged);
      address = this.#stage.address + this.#staged;
      this.#staged += (bytes.length + 7) & ~7;
    }
    this.#addresses[this.#packets] = address;
    this.#lengths[this.#packets] = bytes.length;
    return this.#packets++;
  }

  #group(targets: readonly LinkId[]): Group {
    const last = this.#lastGroup;
    let group = last?.targets === targets ? last : this.#groups.get(targets);
    if (group !== undefined && group.packets.length > 0) return group;
    // What went to single links before may not be overtaken by what goes to many.
    if (this.#touchedCount > 0) this.flush();
    if (group === undefined) this.#groups.set(targets, group = this.#newGroup(targets));
    this.#lastGroup = group;
    this.#active[this.#activeCount++] = group;
    return group;
  }

  #newGroup(targets: readonly LinkId[]): Group {
    const bySocket = new Map<OwnSocket, RemoteEnd[]>();
    const plain: RemoteEnd[] = [];
    for (const target of targets) {
      const end = this.#ends.get(target);
      if (end === undefined) this.unresolved++;
      else if (!end.segments || !end.socket.segments) plain.push(end);
      else bySocket.set(end.socket, [...bySocket.get(end.socket) ?? [], end]);
    }
    const tables = [...bySocket].map(([socket, ends]) => this.#table(socket, ends));
    return { targets, tables, plain, packets: new PacketRow(), usedAt: this.#flushes };
  }

  #table(socket: OwnSocket, ends: readonly RemoteEnd[]): Table {
    const messages = new Messages(this.#libc, ends.length);
    ends.forEach((end, index) => {
      messages.setName(index, end.name, end.nameLength);
      messages.setVectors(index, this.#runVectors.addressOf(0), 0);
      messages.setControl(index, this.#runControl.address, 0);
    });
    return { socket, ends, messages, vectors: 0, control: 0 };
  }

  /** A link is new, gone or different: tables that were made before do not hold. */
  forgetTables(): void {
    this.flush();
    this.#groups.clear();
    this.#lastGroup = undefined;
  }

  flush(): void {
    this.#flushes++;
    for (let at = 0; at < this.#activeCount; at++) {
      const group = this.#active[at];
      if (group !== undefined) this.#sendGroup(group);
    }
    this.#activeCount = 0;
    if (this.#touchedCount > 0) this.#sendLoose();
    this.#packets = 0;
    this.#staged = 0;
    if (this.#flushes % GROUP_IDLE_FLUSHES === 0) this.#prune();
  }

  #prune(): void {
    for (const [targets, group] of this.#groups) {
      if (this.#flushes - group.usedAt >= GROUP_IDLE_FLUSHES) this.#groups.delete(targets);
    }
    this.#lastGroup = undefined;
  }

  #sendGroup(group: Group): void {
    const { packets } = group;
    group.usedAt = this.#flushes;
    for (let at = 0; at < packets.length;) {
      const end = this.#runFrom(packets, at, SEGMENTS_MAX);
      const segment = this.#lengths[packets.at(at)] ?? 0;
      writeSegment(this.#libc.layout, this.#runControl, 0, segment);
      this.#runVectorCount = this.#lay(this.#runVectors, 0, packets, at, end);
      this.#runStart = at;
      this.#runEnd = end;
      for (const table of group.tables) this.#sendTable(group, table);
      for (const one of group.plain) {
        for (let index = at; index < end; index++) this.#queue(one, packets.at(index));
      }
      at = end;
    }
    packets.clear();
  }

  /** Points vectors from `first` on at packets: those that lie behind each other are one. Returns how many vectors that took. */
  #lay(
    vectors: Vectors,
    first: number,
    packets: PacketRow,
    from: number,
    to: number,
  ): number {
    let vector = first;
    let start = this.#addresses[packets.at(from)] ?? 0;
    let end = start;
    for (let index = from; index < to; index++) {
      const packet = packets.at(index);
      const address = this.#addresses[packet] ?? 0;
      if (address !== end) {
        vectors.set(vector++, start, end - start);
        start = address;
      }
      end = address + (this.#lengths[packet] ?? 0);
    }
    vectors.set(vector++, start, end - start);
    return vector - first;
  }

  /** Where the run that begins at `at` ends: all of one length but for the last, which may be shorter. */
  #runFrom(packets: PacketRow, at: number, most: number): number {
    const first = this.#lengths[packets.at(at)] ?? 0;
    let bytes = 0;
    let end = at;
    while (end < packets.length && end - at < most) {
      const length = this.#lengths[packets.at(end)] ?? 0;
      if (length > first || bytes + length > SUPER_BYTES) break;
      bytes += length;
      end++;
      if (length < first) break;
    }
    // A packet longer than a super-datagram may be is for the kernel to refuse.
    return Math.max(end, at + 1);
  }

  #sendTable(group: Group, table: Table): void {
    const count = this.#runEnd - this.#runStart;
    const control = count > 1 ? this.#controlBytes : 0;
    const { messages, ends } = table;
    const vectors = this.#runVectorCount;
    if (table.vectors !== vectors) {
      const address = this.#runVectors.addressOf(0);
      for (let index = 0; index < ends.length; index++) {
        messages.setVectors(index, address, vectors);
      }
      table.vectors = vectors;
    }
    if (table.control !== control) {
      const { address } = this.#runControl;
      for (let index = 0; index < ends.length; index++) {
        messages.setControl(index, address, control);
      }
      table.control = control;
    }
    const view: TransmitView = {
      datagrams: () => count,
      refused: (index) => this.#refusedInGroup(group, table, index),
    };
    transmit(table.socket.udp, messages, ends.length, view, this.counts, this.#clock);
  }

  /** From here on this way gets single datagrams, and so does the run that was refused. */
  #refusedInGroup(group: Group, table: Table, index: number): boolean {
    const end = table.ends[index];
    if (end === undefined) return false;
    end.segments = false;
    this.#groups.delete(group.targets);
    if (this.#lastGroup === group) this.#lastGroup = undefined;
    for (let at = this.#runStart; at < this.#runEnd; at++) {
      this.#queue(end, group.packets.at(at));
    }
    return true;
  }

  #sendLoose(): void {
    // A table that is full is sent on the way: what waits at an end is forgotten when all of it is out.
    for (let at = 0; at < this.#touchedCount; at++) {
      const end = this.#touched[at];
      if (end === undefined) continue;
      if (this.#looseMessages > 0 && this.#looseEnds[0]?.socket !== end.socket) {
        this.#transmitLoose();
      }
      this.#addLoose(end);
    }
    this.#transmitLoose();
    for (let at = 0; at < this.#touchedCount; at++) this.#touched[at]?.pending.clear();
    this.#touchedCount = 0;
  }

  #addLoose(end: RemoteEnd): void {
    const { pending } = end;
    const most = end.segments && end.socket.segments ? SEGMENTS_MAX : 1;
    for (let at = 0; at < pending.length;) {
      const stop = this.#runFrom(pending, at, most);
      const count = stop - at;
      if (this.#looseMessages === LOOSE_MESSAGES || this.#looseUsed + count > LOOSE_VECTORS) {
        this.#transmitLoose();
      }
      const message = this.#looseMessages++;
      const vectors = this.#lay(this.#looseVectors, this.#looseUsed, pending, at, stop);
      this.#loose.setName(message, end.name, end.nameLength);
      this.#loose.setVectors(message, this.#looseVectors.addressOf(this.#looseUsed), vectors);
      this.#control(message, count > 1 ? this.#lengths[pending.at(at)] ?? 0 : 0);
      this.#looseEnds[message] = end;
      this.#looseStarts[message] = at;
      this.#looseCounts[message] = count;
      this.#looseUsed += vectors;
      at = stop;
    }
  }

  #control(message: number, segment: number): void {
    const at = message * this.#controlBytes;
    if (segment > 0) writeSegment(this.#libc.layout, this.#looseControls, at, segment);
    const length = segment > 0 ? this.#controlBytes : 0;
    this.#loose.setControl(message, this.#looseControls.address + at, length);
  }

  readonly #looseView: TransmitView = {
    datagrams: (index) => this.#looseCounts[index] ?? 1,
    refused: (index) => this.#refusedLoose(index),
  };

  #transmitLoose(): void {
    const socket = this.#looseEnds[0]?.socket;
    const count = this.#looseMessages;
    if (socket === undefined || count === 0) return;
    transmit(socket.udp, this.#loose, count, this.#looseView, this.counts, this.#clock);
    this.#looseMessages = 0;
    this.#looseUsed = 0;
  }

  #refusedLoose(index: number): boolean {
    const end = this.#looseEnds[index];
    if (end === undefined) return false;
    end.segments = false;
    const start = this.#looseStarts[index] ?? 0;
    const count = this.#looseCounts[index] ?? 0;
    for (let at = start; at < start + count; at++) this.#sendPacket(end, end.pending.at(at));
    return true;
  }

  #sendPacket(end: RemoteEnd, packet: number): void {
    this.#single.setName(0, end.name, end.nameLength);
    this.#sendSingle(end.socket, this.#addresses[packet] ?? 0, this.#lengths[packet] ?? 0);
  }

  #sendSingle(socket: OwnSocket, address: number, length: number): void {
    this.#singleVector.set(0, address, length);
    this.#single.setVectors(0, this.#singleVector.addressOf(0), 1);
    transmit(socket.udp, this.#single, 1, SINGLE, this.counts, this.#clock);
  }

  /** Sends one datagram to an address that no link leads to, at once. */
  sendTo(socket: OwnSocket, to: Addr, bytes: Uint8Array): void {
    const nameLength = writeSockaddr(this.#singleName.bytes, 0, to, socket.udp.family);
    if (nameLength === 0 || bytes.length > STAGE_BYTES - this.#staged) {
      this.unresolved++;
      return;
    }
    this.#stage.bytes.set(bytes, this.#staged);
    this.#single.setName(0, this.#singleName.address, nameLength);
    this.#sendSingle(socket, this.#stage.address + this.#staged, bytes.length);
  }
}

const SINGLE: TransmitView = { datagrams: () => 1, refused: () => false };
