/**
 * Cuts a normalized stream into segments, and these into parts, by the rules of RFC 8216 and
 * draft-pantos-hls-rfc8216bis. The target duration is found from the first segment and then kept: where later key
 * frames stand too far apart, a segment is cut at another frame and marked as not independent.
 */
import { clockDistance, STAMP_MODULUS } from "../../core/media/ts.ts";
import type { FrameStart } from "./normalizer.ts";
import { joined, type Part, type Segment, TICKS, TimeLine } from "./segments.ts";

/** How segments are cut. Times in milliseconds. */
export interface SegmenterOptions {
  readonly segmentMs: number;
  readonly windowMs: number;
  /** Longest part; undefined: no parts. */
  readonly partMs: number | undefined;
}

/** A first segment without a key frame behind it ends here: the longest target duration there can be. */
const FIRST_MAX_TICKS = 10 * TICKS;
/** A playlist lists at least three segments (RFC 8216, 6.2.2). */
const LISTED_MIN = 3;
/** A segment may be longer than the target by less than this: it is compared when rounded. */
const ROUNDING_TICKS = TICKS / 2 - 90;
/** Before two frames are known. */
const FRAME_TICKS = 3600;

/** What is being filled. */
interface Open {
  readonly time: number;
  readonly line: TimeLine;
  readonly independent: boolean;
  readonly discontinuity: boolean;
  readonly parts: Part[];
  /** The part being filled: its begin, its bytes up to the last frame, and that frame's own. */
  partTime: number;
  partKey: boolean;
  pieces: Uint8Array[];
  frame: Uint8Array[];
  frameTime: number;
  frameKey: boolean;
}

/** Cuts one stream. */
export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #onChange: () => void;
  readonly #tables: () => Uint8Array;
  #segments: Segment[] = [];
  #open: Open | undefined;
  #line = new TimeLine();
  #targetSeconds: number | undefined;
  #partTicks: number | undefined;
  #sequence: number;
  #discontinuities: number;
  #broken = false;
  /** Time on the current line, its last time stamp, and the usual step between frames. */
  #time = 0;
  #stamp: number | undefined;
  #step = FRAME_TICKS;
  #keyTime: number | undefined;

  /**
   * Segments are numbered from `numbers.sequence` on, breaks from `numbers.discontinuities`. `tables` gives PAT and PMT for a cut without a key frame; `onChange` is
   * called when a segment or a part became complete.
   */
  constructor(
    options: SegmenterOptions,
    numbers: { readonly sequence: number; readonly discontinuities: number },
    tables: () => Uint8Array,
    onChange: () => void,
  ) {
    this.#options = options;
    this.#sequence = numbers.sequence;
    this.#discontinuities = numbers.discontinuities;
    this.#tables = tables;
    this.#onChange = onChange;
  }

  /** Complete segments that a playlist lists, oldest first. */
  get listed(): readonly Segment[] {
    let ticks = 0;
    let from = this.#segments.length;
    const enough = this.#options.windowMs * 90;
    while (from > 0 && (ticks < enough || this.#segments.length - from < LISTED_MIN)) {
      ticks += this.#segments[--from]?.ticks ?? 0;
    }
    return this.#segments.slice(from);
  }

  /** Everything that can be fetched. */
  get held(): readonly Segment[] {
    return this.#segments;
  }

  /** Whole seconds; undefined before the first segment. */
  get targetSeconds(): number | undefined {
    return this.#targetSeconds;
  }

  /** Longest part in ticks; undefined before the first part, and without parts. */
  get partTicks(): number | undefined {
    return this.#partTicks;
  }

  /** The number of the segment being filled. */
  get nextSequence(): number {
    return this.#sequence;
  }

  /** Breaks so far. */
  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** What is known of the segment being filled. */
  get open():
    | Pick<Open, "time" | "line" | "discontinuity" | "independent" | "parts">
    | undefined {
    return this.#open;
  }

  /** Takes a piece of the stream, at this moment of the wall clock. */
  add(bytes: Uint8Array, start: FrameStart | undefined, wallMs: number): void {
    if (start !== undefined) this.#frame(start, wallMs);
    this.#open?.frame.push(bytes);
  }

  /** The stream does not continue: what there is becomes a segment, the next begins anew. */
  break(): void {
    const open = this.#open;
    if (open !== undefined) this.#close(open, open.frameTime + this.#step);
    this.#line = new TimeLine();
    this.#broken = this.#broken || open !== undefined || this.#segments.length > 0;
    this.#stamp = undefined;
    this.#keyTime = undefined;
    this.#time = 0;
  }

  #frame({ key, dts }: FrameStart, wallMs: number): void {
    const time = this.#advance(dts);
    this.#line.note(time, wallMs);
    const open = this.#open;
    if (open === undefined) {
      if (key) this.#begin(time, true);
    } else if (this.#endsBefore(open, time, key)) {
      this.#close(open, time);
      this.#begin(time, key);
      if (!key) this.#open?.frame.push(this.#tables());
    } else {
      this.#cutPart(open, time);
      takeFrame(open);
      open.frameTime = time;
      open.frameKey = key;
    }
    if (key) this.#keyTime = time;
  }

  #advance(dts: number | undefined): number {
    if (dts === undefined || this.#stamp === undefined) {
      this.#time += this.#stamp === undefined && dts !== undefined ? 0 : this.#step;
    } else {
      this.#step = Math.max(1, clockDistance(this.#stamp, dts, STAMP_MODULUS));
      this.#time += this.#step;
    }
    this.#stamp = dts ?? this.#stamp;
    return this.#time;
  }

  /** Whether the segment ends before a frame of this time. */
  #endsBefore(open: Open, time: number, key: boolean): boolean {
    const length = time - open.time;
    const wanted = this.#options.segmentMs * 90;
    const target = this.#targetSeconds ?? Math.max(1, Math.ceil(wanted / TICKS));
    const most = target * TICKS + ROUNDING_TICKS;
    if (key) {
      // A key frame later would be too late where key frames come as they came last.
      const group = time - (this.#keyTime ?? time);
      return length >= wanted - this.#step / 2 || length + group > most;
    }
    return length + this.#step > (this.#targetSeconds === undefined ? FIRST_MAX_TICKS : most);
  }

  #begin(time: number, independent: boolean): void {
    this.#open = {
      time,
      line: this.#line,
      independent,
      discontinuity: this.#broken,
      parts: [],
      partTime: time,
      partKey: false,
      pieces: [],
      frame: [],
      frameTime: time,
      frameKey: independent,
    };
    if (this.#broken) this.#discontinuities++;
    this.#broken = false;
  }

  /** Ends the part being filled if one more frame were too much for it. */
  #cutPart(open: Open, time: number): void {
    const { partMs } = this.#options;
    if (partMs === undefined) return;
    this.#partTicks ??= this.#step * Math.max(1, Math.floor((partMs * 90 + 1) / this.#step));
    const most = this.#partTicks + 1;
    // A frame that lasted longer than those before it: the part ended before that one.
    if (time - open.partTime > most && open.frameTime > open.partTime) {
      this.#endPart(open, open.frameTime);
    }
    if (time - open.partTime + this.#step <= most) return;
    takeFrame(open);
    this.#endPart(open, time);
  }

  #endPart(open: Open, time: number): void {
    addPart(open, time);
    this.#onChange();
  }

  #close(open: Open, time: number): void {
    if (time > open.partTime && open.frameTime > open.partTime) this.#cutLastParts(open, time);
    takeFrame(open);
    addPart(open, time);
    const ticks = time - open.time;
    this.#targetSeconds ??= Math.max(
      1,
      Math.ceil(this.#options.segmentMs / 1000),
      Math.round(ticks / TICKS),
    );
    const { discontinuity, independent, line, parts } = open;
    this.#segments.push({
      sequence: this.#sequence++,
      discontinuities: this.#discontinuities,
      discontinuity,
      independent,
      ticks,
      time: open.time,
      line,
      parts,
      sizeBytes: parts.reduce((sum, part) => sum + part.bytes.length, 0),
    });
    this.#open = undefined;
    this.#forget();
    this.#onChange();
  }

  /** The last frame may have lasted longer than expected. */
  #cutLastParts(open: Open, time: number): void {
    const most = this.#partTicks;
    if (most === undefined || time - open.partTime <= most + 1) return;
    this.#endPart(open, open.frameTime);
  }

  /** Keeps twice the window: a segment stays for as long as a playlist that listed it (RFC 8216, 6.2.2). */
  #forget(): void {
    const keep = this.#options.windowMs * 90 * 2;
    let ticks = this.#segments.reduce((sum, one) => sum + one.ticks, 0);
    while (
      this.#segments.length > 2 * LISTED_MIN && ticks - (this.#segments[0]?.ticks ?? 0) > keep
    ) {
      ticks -= this.#segments.shift()?.ticks ?? 0;
    }
  }
}

/** The frame being filled is complete and belongs to the part. */
function takeFrame(open: Open): void {
  if (open.frame.length === 0) return;
  open.pieces.push(...open.frame.splice(0));
  open.partKey ||= open.frameKey;
}

/** What the part holds is the part. */
function addPart(open: Open, time: number): void {
  if (open.pieces.length === 0) return;
  const bytes = joined(open.pieces.splice(0));
  open.parts.push({ bytes, ticks: time - open.partTime, independent: open.partKey });
  open.partTime = time;
  open.partKey = false;
}
