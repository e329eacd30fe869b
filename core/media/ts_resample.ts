/** Makes a stream truly constant in bit rate: one slot after the other, null packets where nothing is due. */
import { CLOCK_HZ, pcrOf, TS_BYTES, writeNullPacket, writePcr } from "./ts.ts";
import type { TimedRun } from "./ts_timeline.ts";

/** Puts timed packets into slots of a fixed rate. */
export class Resampler {
  readonly rate: number;
  readonly moveClock: boolean;
  readonly #slotTicks: number;
  #slot = 0;
  #lagTicks = 0;
  #lagMaxTicks = 0;
  #nulls = 0;

  /** `moveClock`: a packet's PCR moves as far as the packet does. */
  constructor(rate: number, moveClock: boolean) {
    this.rate = rate;
    this.moveClock = moveClock;
    this.#slotTicks = TS_BYTES * 8 * CLOCK_HZ / rate;
  }

  /** How far the last packet came behind its time: grows while the stream exceeds the rate. */
  get lagTicks(): number {
    return this.#lagTicks;
  }

  /** The furthest any packet came behind its time. */
  get lagMaxTicks(): number {
    return this.#lagMaxTicks;
  }

  /** Null packets added. */
  get nulls(): number {
    return this.#nulls;
  }

  /** Where the next slot stands. */
  get position(): number {
    return this.#slot * this.#slotTicks;
  }

  /** The slots up to the end of this run. */
  feed(run: TimedRun): TimedRun {
    const packets = run.bytes.length / TS_BYTES;
    const step = packets === 0 ? 0 : (run.end - run.start) / packets;
    const first = this.#slot;
    const slots = this.#plan(run.start, step, packets);
    const out = new Uint8Array((this.#slot - first) * TS_BYTES);
    let at = 0;
    for (let i = 0; i < packets; i++) {
      const to = ((slots[i] ?? 0) - first) * TS_BYTES;
      for (; at < to; at += TS_BYTES) this.#null(out, at);
      out.set(run.bytes.subarray(i * TS_BYTES, (i + 1) * TS_BYTES), to);
      if (this.moveClock) {
        this.#move(out, to, (slots[i] ?? 0) * this.#slotTicks - run.start - i * step);
      }
      at = to + TS_BYTES;
    }
    return { bytes: out, start: first * this.#slotTicks, end: this.#slot * this.#slotTicks };
  }

  /** Null packets up to a time at which nothing came. */
  idle(until: number): TimedRun {
    const first = this.#slot;
    while ((this.#slot + 1) * this.#slotTicks <= until) this.#slot++;
    const out = new Uint8Array((this.#slot - first) * TS_BYTES);
    for (let at = 0; at < out.length; at += TS_BYTES) this.#null(out, at);
    return { bytes: out, start: first * this.#slotTicks, end: this.#slot * this.#slotTicks };
  }

  /** The slot of each packet: the one its time lies in, or the next free one. */
  #plan(start: number, step: number, packets: number): readonly number[] {
    const slots: number[] = [];
    for (let i = 0; i < packets; i++) {
      const due = start + i * step;
      const slot = Math.max(this.#slot, Math.floor(due / this.#slotTicks + 1e-6));
      slots.push(slot);
      this.#slot = slot + 1;
      this.#lagTicks = Math.max(0, slot * this.#slotTicks - due);
      if (this.#lagTicks > this.#lagMaxTicks) this.#lagMaxTicks = this.#lagTicks;
    }
    return slots;
  }

  #null(out: Uint8Array, at: number): void {
    writeNullPacket(out, at);
    this.#nulls++;
  }

  #move(out: Uint8Array, at: number, ticks: number): void {
    const pcr = pcrOf(out, at);
    if (pcr !== undefined) writePcr(out, at, pcr + ticks);
  }
}
