/** Chunks for a receiver on their way from one thread to another: one buffer for all payloads. */
import type { MediaChunk } from "../media/api.ts";

/** Chunks for one receiver, their payloads one behind the other. */
export interface PackedChunks {
  readonly id: number;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
  readonly sequences: readonly number[];
  readonly timestamps: readonly number[];
  readonly lostBefore: readonly number[];
}

/** Copies payloads out of the ring they lie in. */
export function packChunks(id: number, chunks: readonly MediaChunk[]): PackedChunks {
  let length = 0;
  for (const { payload } of chunks) length += payload.length;
  const payload = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    payload.set(chunk.payload, at);
    at += chunk.payload.length;
  }
  return {
    id,
    payload,
    lengths: chunks.map((chunk) => chunk.payload.length),
    sequences: chunks.map((chunk) => chunk.sequence),
    timestamps: chunks.map((chunk) => chunk.timestamp),
    lostBefore: chunks.map((chunk) => chunk.lostBefore),
  };
}

/** The chunks again; payloads stay in their buffer. */
export function unpackChunks(chunks: PackedChunks): MediaChunk[] {
  let at = 0;
  return chunks.lengths.map((length, index) => ({
    payload: chunks.payload.subarray(at, at += length),
    sequence: chunks.sequences[index] ?? 0,
    timestamp: chunks.timestamps[index] ?? 0,
    lostBefore: chunks.lostBefore[index] ?? 0,
  }));
}
