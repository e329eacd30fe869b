/**
 * Receives into an arena. Each message has a row of vectors of one media packet each, so that the pieces of a
 * super-datagram land in slots of their own: nothing is copied where packets are as long as media packets are.
 */
import type { Arena } from "./arena.ts";
import { SLOT_BYTES } from "./arena.ts";
import { SOCKADDR } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { CONTROL_BYTES, Messages, readSegment, Vectors } from "./messages.ts";
import type { LinuxUdpSocket } from "./socket.ts";

/** A media packet: 12 bytes of RTP header and 7 TS packets. Others are moved together. */
const PIECE_BYTES = 1328;
/** As many as hold the longest datagram. */
const VECTORS = Math.ceil(65_535 / PIECE_BYTES);
/** Messages a call: a burst of single datagrams of 10 ms at 30 Mbit/s. */
const MESSAGES = 32;
/** What is too long for any packet in use, as one that the engine counts as malformed. */
const TOO_LONG = new Uint8Array(SLOT_BYTES + 1).fill(0x80, 0, 1).fill(33, 1, 2);

/** Who takes what comes in. */
export interface IntakeSink {
  /** The datagrams that follow come from the address at `at` of `names`. */
  from(names: Block, at: number): void;
  /** Valid until `release`, unless it is kept. */
  datagram(bytes: Uint8Array): void;
}

/** Tables for one call of `recvmmsg`, shared by all sockets of a thread. */
export class Intake {
  /** Datagrams that came while the arena was full. */
  memoryFull = 0;
  /** Calls that brought something, messages and datagrams in them: how well batches form. */
  batches = 0;
  datagrams = 0;
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #messages: Messages;
  readonly #vectors: Vectors;
  readonly #slots: Int32Array;
  readonly #names: Block;
  readonly #controls: Block;
  readonly #used: Int32Array;
  #usedCount = 0;

  constructor(libc: Libc, arena: Arena) {
    this.#libc = libc;
    this.#arena = arena;
    this.#messages = new Messages(libc, MESSAGES);
    this.#vectors = new Vectors(libc, MESSAGES * VECTORS);
    this.#slots = new Int32Array(MESSAGES * VECTORS);
    // Moving pieces together takes slots beside those that lie in the vectors.
    this.#used = new Int32Array(MESSAGES * 400);
    this.#names = new Block(libc, MESSAGES * SOCKADDR.size);
    this.#controls = new Block(libc, MESSAGES * CONTROL_BYTES);
    for (let at = 0; at < MESSAGES * VECTORS; at++) this.#lend(at);
    for (let index = 0; index < MESSAGES; index++) {
      this.#messages.setVectors(index, this.#vectors.addressOf(index * VECTORS), VECTORS);
      const name = this.#names.address + index * SOCKADDR.size;
      this.#messages.setName(index, name, SOCKADDR.size);
      const control = this.#controls.address + index * CONTROL_BYTES;
      this.#messages.setControl(index, control, CONTROL_BYTES);
    }
  }

  #lend(at: number): void {
    const slot = this.#arena.take();
    if (slot < 0) throw new Error("Cannot receive: the packet memory is smaller than one batch");
    this.#slots[at] = slot;
    this.#vectors.set(at, this.#arena.addressOf(slot), PIECE_BYTES);
  }

  /** Receives once; returns how many messages came, or `-errno`. */
  receive(socket: LinuxUdpSocket, sink: IntakeSink): number {
    const count = socket.receive(this.#messages, 0, MESSAGES);
    if (count <= 0) return count;
    this.batches++;
    for (let index = 0; index < count; index++) {
      this.#message(index, sink);
      this.#messages.rearm(index, SOCKADDR.size, CONTROL_BYTES);
    }
    return count;
  }

  #message(index: number, sink: IntakeSink): void {
    const length = this.#messages.lengthOf(index);
    const controlLength = this.#messages.controlLengthOf(index);
    const { layout } = this.#libc;
    const segment = controlLength === 0
      ? 0
      : readSegment(layout, this.#controls, index * CONTROL_BYTES, controlLength);
    sink.from(this.#names, index * SOCKADDR.size);
    const piece = segment === 0 ? length : Math.min(segment, length);
    if (piece === PIECE_BYTES || (piece === length && piece <= PIECE_BYTES)) {
      this.#whole(index, length, sink);
    } else if (piece > SLOT_BYTES) {
      this.datagrams++;
      sink.datagram(TOO_LONG);
    } else this.#moved(index, length, piece, sink);
  }

  /** Every piece lies in a slot of its own, which goes with it; another takes its place. */
  #whole(index: number, length: number, sink: IntakeSink): void {
    const pieces = Math.max(1, Math.ceil(length / PIECE_BYTES));
    this.datagrams += pieces;
    if (this.#usedCount + pieces > this.#used.length || !this.#arena.has(pieces)) {
      this.memoryFull += pieces;
      return;
    }
    for (let piece = 0; piece < pieces; piece++) {
      const at = index * VECTORS + piece;
      const slot = this.#slots[at] ?? 0;
      this.#used[this.#usedCount++] = slot;
      this.#lend(at);
      const own = piece < pieces - 1 ? PIECE_BYTES : length - piece * PIECE_BYTES;
      sink.datagram(this.#arena.view(slot, own));
    }
  }

  /** Pieces of another length begin and end anywhere: each is copied to a slot. */
  #moved(index: number, length: number, piece: number, sink: IntakeSink): void {
    for (let at = 0; at < length; at += piece) {
      this.datagrams++;
      const slot = this.#usedCount < this.#used.length ? this.#arena.take() : -1;
      if (slot < 0) {
        this.memoryFull++;
        continue;
      }
      this.#used[this.#usedCount++] = slot;
      const own = Math.min(piece, length - at);
      const bytes = this.#arena.view(slot, own);
      for (let done = 0; done < own;) {
        const vector = Math.floor((at + done) / PIECE_BYTES);
        const within = (at + done) % PIECE_BYTES;
        const part = Math.min(own - done, PIECE_BYTES - within);
        const source = this.#arena.view(this.#slots[index * VECTORS + vector] ?? 0, SLOT_BYTES);
        bytes.set(source.subarray(within, within + part), done);
        done += part;
      }
      sink.datagram(bytes);
    }
  }

  /** Whatever was not kept may be received into again. */
  release(): void {
    for (let at = 0; at < this.#usedCount; at++) this.#arena.give(this.#used[at] ?? 0);
    this.#usedCount = 0;
  }

  /** Whether another call's worth of pieces fits before `release`. */
  get hasRoom(): boolean {
    return this.#usedCount + MESSAGES * VECTORS <= this.#used.length;
  }
}
