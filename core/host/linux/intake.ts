/**
 * Receives many datagrams with one call. The pieces of a super-datagram lie one behind the other, whatever their length,
 * and are handed on where they lie.
 */
import type { Arena } from "./arena.ts";
import { SLOT_BYTES } from "./arena.ts";
import { SOCKADDR } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import { CONTROL_BYTES, Messages, readSegment, Vectors } from "./messages.ts";
import type { LinuxUdpSocket } from "./socket.ts";

/** A media packet: 12 bytes of RTP header and 7 TS packets. Views of others are made anew each time. */
const PIECE_BYTES = 1328;
/** The longest datagram, and so much that each begins at a page. */
const ROW_BYTES = 65_536;
const PIECES = Math.floor(ROW_BYTES / PIECE_BYTES);
/** Messages a call: a burst of single datagrams of 10 ms at 30 Mbit/s. */
const MESSAGES = 32;
/** Memory that is received into. */
export const PASSING_BYTES = MESSAGES * ROW_BYTES;
/** What is too long for any packet in use, as one that the engine counts as malformed. */
const TOO_LONG = new Uint8Array(SLOT_BYTES + 1).fill(0x80, 0, 1).fill(33, 1, 2);

/** Who takes what comes in. */
export interface IntakeSink {
  /** The datagrams that follow come from the address at `at` of `names`. */
  from(names: Block, at: number): void;
  /** Valid until the next call of `receive`. */
  datagram(bytes: Uint8Array): void;
}

/** Tables for one call of `recvmmsg`, shared by all sockets of a thread. */
export class Intake {
  /** Datagrams that came while the arena was full. */
  memoryFull = 0;
  /** Calls that brought something, messages in them, and datagrams in those: how well batches form. */
  batches = 0;
  messages = 0;
  datagrams = 0;
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #messages: Messages;
  readonly #vectors: Vectors;
  readonly #names: Block;
  readonly #controls: Block;
  /** Views of media packets, row by row. */
  readonly #views: readonly Uint8Array[];

  constructor(libc: Libc, arena: Arena) {
    this.#libc = libc;
    this.#arena = arena;
    this.#messages = new Messages(libc, MESSAGES);
    this.#vectors = new Vectors(libc, MESSAGES);
    this.#names = new Block(libc, MESSAGES * SOCKADDR.size);
    this.#controls = new Block(libc, MESSAGES * CONTROL_BYTES);
    for (let index = 0; index < MESSAGES; index++) {
      this.#vectors.set(index, arena.passing.address + index * ROW_BYTES, ROW_BYTES);
      this.#messages.setVectors(index, this.#vectors.addressOf(index), 1);
      const name = this.#names.address + index * SOCKADDR.size;
      this.#messages.setName(index, name, SOCKADDR.size);
      const control = this.#controls.address + index * CONTROL_BYTES;
      this.#messages.setControl(index, control, CONTROL_BYTES);
    }
    this.#views = Array.from({ length: MESSAGES * PIECES }, (_, at) => {
      const begin = Math.floor(at / PIECES) * ROW_BYTES + at % PIECES * PIECE_BYTES;
      return arena.passing.bytes.subarray(begin, begin + PIECE_BYTES);
    });
  }

  /** Receives once; returns how many messages came, or `-errno`. */
  receive(socket: LinuxUdpSocket, sink: IntakeSink): number {
    const count = socket.receive(this.#messages, 0, MESSAGES);
    if (count <= 0) return count;
    this.batches++;
    this.messages += count;
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
    if (piece > SLOT_BYTES) {
      this.datagrams++;
      sink.datagram(TOO_LONG);
    } else this.#pieces(index, length, piece, sink);
  }

  #pieces(index: number, length: number, piece: number, sink: IntakeSink): void {
    const count = piece === 0 ? 1 : Math.ceil(length / piece);
    this.datagrams += count;
    if (!this.#arena.has(count)) {
      this.memoryFull += count;
      return;
    }
    for (let at = 0; at < count; at++) {
      const own = at < count - 1 ? piece : length - at * piece;
      const isMedia = own === PIECE_BYTES && piece === PIECE_BYTES;
      sink.datagram(
        isMedia ? this.#views[index * PIECES + at] ?? TOO_LONG : this.#view(
          index * ROW_BYTES + at * piece,
          own,
        ),
      );
    }
  }

  #view(begin: number, length: number): Uint8Array {
    return this.#arena.passing.bytes.subarray(begin, begin + length);
  }
}
