/**
 * Forward error correction over one hop: rows and columns of XOR parity (SMPTE ST 2022-1). Every node
 * makes its own for its children, from the numbers of the stream, so rows and columns lie the same everywhere.
 */
import {
  isCoverable,
  type Parity,
  ParityBuilder,
  readParity,
  rebuild,
} from "../../wire/rtp_fec.ts";
import { sequenceDistance } from "../../wire/rtp.ts";
import type { FecOptions, LinkId } from "../api.ts";
import type { Parent } from "../parent.ts";
import type { Ring } from "../ring.ts";
import { NoRecovery } from "./none.ts";
import type { HopRecovery, HopView } from "./recovery.ts";

/** Below this loss columns alone are enough: they win back a burst, and one packet in a column. */
const CALM_LOSS = 0.002;
/** Parity packets a receiver holds. */
const HELD_MAX = 256;
/** A request waits this much longer than the parity of its row should take. */
const ROW_MARGIN_MS = 3;

/** Makes parity from what is forwarded. */
export class FecEncoder {
  readonly #options: FecOptions;
  readonly #ssrc: number;
  readonly #open = new Map<number, ParityBuilder>();
  #sequence = 0;
  #rows = true;

  constructor(ssrc: number, options: FecOptions) {
    this.#ssrc = ssrc;
    this.#options = options;
  }

  /** Adapts to the worst loss that a child reports. */
  adapt(loss: number): void {
    if (this.#options.adaptive) this.#rows = loss >= CALM_LOSS;
  }

  /** Adds a packet; `emit` gets each parity packet that it completes. */
  add(number: number, bytes: Uint8Array, timestamp: number, emit: (parity: Uint8Array) => void) {
    if (!isCoverable(bytes)) return;
    const { columns, rows } = this.#options;
    const block = number - number % (columns * rows);
    const column = (number - block) % columns;
    if (this.#rows) this.#gather(number - column, 1, columns, bytes, timestamp, emit);
    if (rows > 1) this.#gather(block + column, columns, rows, bytes, timestamp, emit);
  }

  #gather(
    base: number,
    step: number,
    count: number,
    bytes: Uint8Array,
    timestamp: number,
    emit: (parity: Uint8Array) => void,
  ): void {
    const key = base * 2 + (step === 1 ? 0 : 1);
    let builder = this.#open.get(key);
    if (builder === undefined) {
      this.#bound();
      this.#open.set(key, builder = new ParityBuilder(base, step, count));
    }
    builder.add(bytes);
    if (builder.added < count) return;
    this.#open.delete(key);
    emit(builder.packet(this.#ssrc, this.#sequence++, timestamp));
  }

  /** What was begun in the block before the last is never completed. */
  #bound(): void {
    if (this.#open.size < 4 * (this.#options.columns + this.#options.rows)) return;
    for (const oldest of this.#open.keys()) {
      this.#open.delete(oldest);
      return;
    }
  }
}

interface Held extends Parity {
  /** Extended number of the first packet covered. */
  readonly first: number;
}

/** Takes a rebuilt packet; false when it is too early for it. */
export type RebuiltSink = (number: number, bytes: Uint8Array) => boolean;

/** Rebuilds what is missing from parity and the ring. */
export class FecDecoder {
  readonly #ssrc: number;
  readonly #ring: Ring;
  #held: Held[] = [];

  constructor(ssrc: number, ring: Ring) {
    this.#ssrc = ssrc;
    this.#ring = ring;
  }

  /** A parity packet came; false when it is none. */
  receive(bytes: Uint8Array, sink: RebuiltSink): boolean {
    const parity = readParity(bytes);
    const { top } = this.#ring;
    if (parity === undefined) return false;
    if (top < 0 || parity.step * parity.count > this.#ring.max) return true;
    const first = top + sequenceDistance(top, parity.base);
    if (first <= top - this.#ring.max || first < 0) return true;
    const held: Held = { ...parity, first };
    if (this.#attempt(held, sink)) return true;
    this.#held.push(held);
    if (this.#held.length > HELD_MAX) this.#held.shift();
    return true;
  }

  /** A packet came that others may have waited for. */
  stored(number: number, sink: RebuiltSink): void {
    if (this.#held.length === 0) return;
    const waiting = this.#held;
    this.#held = [];
    for (const held of waiting) {
      const offset = number - held.first;
      const covers = offset >= 0 && offset % held.step === 0 && offset < held.step * held.count;
      if (!covers || !this.#attempt(held, sink)) this.#held.push(held);
    }
  }

  /** True when the parity is of no more use. */
  #attempt(held: Held, sink: RebuiltSink): boolean {
    const others: Uint8Array[] = [];
    let missing = -1;
    for (let index = 0; index < held.count; index++) {
      const number = held.first + index * held.step;
      const bytes = this.#ring.get(number);
      if (bytes !== undefined) others.push(bytes);
      else if (missing < 0) missing = number;
      else return false;
    }
    if (missing < 0) return true;
    const rebuilt = rebuild(held, others, missing, this.#ssrc);
    return rebuilt === undefined || sink(missing, rebuilt);
  }
}

/** Parity first; where there is a request beside it, it asks for what the row's parity did not win back. */
export class FecRecovery implements HopRecovery {
  readonly parity: FecOptions;
  readonly #nack: HopRecovery;

  constructor(parity: FecOptions, nack: HopRecovery | undefined) {
    this.parity = parity;
    this.#nack = nack ?? new NoRecovery();
  }

  get budgetShare(): number {
    return this.#nack.budgetShare;
  }

  firstAskMs(parent: Parent, nowMs: number, repairMs: number): number {
    const askMs = this.#nack.firstAskMs(parent, nowMs, repairMs);
    const rowMs = this.parity.columns * parent.rhythm.meanMs + ROW_MARGIN_MS;
    // Where no round trip fits after the row there is no waiting for it.
    const spareMs = repairMs - 1.2 * (parent.link.trip.ms ?? 0) - 10;
    return Math.max(askMs, nowMs + Math.min(rowMs, Math.max(0, spareMs)));
  }

  reordered(parent: Parent, sinceMs: number, nowMs: number): void {
    this.#nack.reordered(parent, sinceMs, nowMs);
  }

  run(view: HopView, nowMs: number): number {
    return this.#nack.run(view, nowMs);
  }

  forget(link: LinkId): void {
    this.#nack.forget(link);
  }
}
