/** Segments and parts as playlists list them. */

/** Ticks of 90 kHz in a second. */
export const TICKS = 90_000;

/** A partial segment. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly ticks: number;
  /** Holds a key frame. */
  readonly independent: boolean;
}

/** A segment that is complete. */
export interface Segment {
  readonly sequence: number;
  /** The stream's discontinuities up to and including the one before this segment. */
  readonly discontinuities: number;
  /** The stream does not continue from the segment before. */
  readonly discontinuity: boolean;
  readonly independent: boolean;
  readonly ticks: number;
  /** Decoding time of its first frame, and the stretch without breaks that it belongs to. */
  readonly time: number;
  readonly line: TimeLine;
  readonly parts: readonly Part[];
  readonly sizeBytes: number;
}

/** How fast a line may follow a clock that runs slow against this node's: 200 ppm. */
const FOLLOW = 200e-6;

/** A stretch of stream without breaks: its own time in ticks, mapped to this node's wall clock. */
export class TimeLine {
  #offsetMs: number | undefined;
  #seenMs = 0;

  /** A frame of this time came at this moment: whoever was fastest tells the mapping. */
  note(ticks: number, wallMs: number): void {
    const offsetMs = wallMs - ticks / 90;
    const followed = (this.#offsetMs ?? offsetMs) + Math.max(0, wallMs - this.#seenMs) * FOLLOW;
    this.#offsetMs = this.#offsetMs === undefined ? offsetMs : Math.min(offsetMs, followed);
    this.#seenMs = wallMs;
  }

  /** Wall-clock milliseconds of a time on this line. */
  wallMs(ticks: number): number {
    return ticks / 90 + (this.#offsetMs ?? 0);
  }
}

/** All bytes in one array. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
