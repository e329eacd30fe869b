/** Finds the 188-byte packets in an arbitrary stream of bytes. */
import { TS_BYTES, TS_SYNC } from "./ts.ts";

/** Sync bytes in a row that prove a position. */
const PROOF_PACKETS = 3;

/**
 * Cuts bytes into whole packets. Garbage is skipped and counted; at most three packets' worth of bytes
 * is carried over from one call to the next.
 */
export class TsAligner {
  #carry: Uint8Array = new Uint8Array(0);
  #synced = false;
  #skippedBytes = 0;
  #losses = 0;

  /** Bytes that belonged to no packet. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** How often packets stopped coming every 188 bytes. */
  get losses(): number {
    return this.#losses;
  }

  /** Bytes that wait for the rest of their packet. */
  get carriedBytes(): number {
    return this.#carry.length;
  }

  /** Takes bytes; returns whole packets, in order, as views or fresh arrays that belong to the caller. */
  feed(bytes: Uint8Array): readonly Uint8Array[] {
    const all = this.#carry.length === 0 ? bytes : joined(this.#carry, bytes);
    const runs: Uint8Array[] = [];
    const end = this.#cut(all, runs, false);
    this.#carry = end === all.length ? new Uint8Array(0) : all.slice(end);
    return runs;
  }

  /** The input ended: whole packets that were still unproven come out, the rest is skipped. */
  flush(): readonly Uint8Array[] {
    const rest = this.#carry;
    this.#carry = new Uint8Array(0);
    const runs: Uint8Array[] = [];
    const end = this.#cut(rest, runs, true);
    this.#skippedBytes += rest.length - end;
    this.#synced = false;
    return runs;
  }

  /** Appends runs of packets; returns the offset of the first byte that is not used up. */
  #cut(all: Uint8Array, runs: Uint8Array[], last: boolean): number {
    let at = 0;
    while (at < all.length) {
      if (!this.#synced) {
        const found = findSync(all, at, last);
        this.#skippedBytes += found.at - at;
        at = found.at;
        if (!found.proven) return at;
        this.#synced = true;
      }
      const start = at;
      while (at + TS_BYTES <= all.length && all[at] === TS_SYNC) at += TS_BYTES;
      if (at > start) runs.push(all.subarray(start, at));
      if (at >= all.length || all[at] === TS_SYNC) return at;
      this.#synced = false;
      this.#losses++;
    }
    return at;
  }
}

/**
 * The first position from `from` on where sync bytes stand 188 bytes apart. When the bytes end before that is
 * proven, tells the first position that may yet be right.
 */
function findSync(bytes: Uint8Array, from: number, last: boolean): { at: number; proven: boolean } {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== TS_SYNC) continue;
    let hits = 1;
    while (hits < PROOF_PACKETS && bytes[at + hits * TS_BYTES] === TS_SYNC) hits++;
    if (hits === PROOF_PACKETS) return { at, proven: true };
    if (at + hits * TS_BYTES < bytes.length) continue;
    // The bytes end here. At the end of the input a whole packet is proof enough.
    if (!last) return { at, proven: false };
    if (at + TS_BYTES <= bytes.length) return { at, proven: true };
  }
  return { at: bytes.length, proven: false };
}

/** How far apart packets stand: 188, 192 (time-stamped, Blu-ray and AVCHD) or 204 (with Reed-Solomon). */
export function packetStride(bytes: Uint8Array): 188 | 192 | 204 | undefined {
  for (const stride of [188, 192, 204] as const) {
    const need = Math.min(8, Math.floor(bytes.length / stride) - 1);
    if (need < 2) continue;
    for (let start = 0; start < stride; start++) {
      let hits = 0;
      while (hits < need && bytes[start + hits * stride] === TS_SYNC) hits++;
      if (hits === need) return stride;
    }
  }
  return undefined;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
