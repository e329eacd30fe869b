/** Lets pieces out at their time: deadlines are absolute, so nothing drifts however late timers are. */
import type { TimedPiece } from "./ts_shape.ts";

/** A piece with its time on the node's clock. */
export interface DuePiece {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
}

/** How a queue behaves when it runs late, dry or over. */
export interface PaceOptions {
  /** Later than this the schedule moves instead of catching up. */
  readonly stallMaxMs: number;
  /** Media time that goes out in one call at most. */
  readonly burstMaxMs: number;
  /** Time between a piece's arrival and its due time after the start and after every stall. */
  readonly delayMs: number;
  /** Bytes that wait at most; above, the oldest go. */
  readonly queueMaxBytes: number;
}

/**
 * Defaults. A stall under 250 ms is shorter than half the default viewer's budget (500 ms) and is caught up
 * in bursts of 50 ms of media at most; a longer one moves the schedule.
 */
export const PACE_DEFAULTS: PaceOptions = {
  stallMaxMs: 250,
  burstMaxMs: 50,
  delayMs: 0,
  queueMaxBytes: 16 * 1024 * 1024,
};

/** A burst at least this long may go out whenever the queue is asked, however shortly after the last time. */
const BURST_MIN_MS = 5;

/** Totals of a paced queue. */
export interface PaceCounters {
  readonly pieces: number;
  readonly bytes: number;
  /** How often the schedule moved. */
  readonly late: number;
  readonly lateMs: number;
  readonly droppedBytes: number;
}

/** Holds timed pieces until they are due. */
export class PacedQueue {
  readonly options: PaceOptions;
  #waiting: TimedPiece[] = [];
  #head = 0;
  #bytesWaiting = 0;
  /** Clock time of the stream's begin; set by the first piece, moved by stalls. */
  #beginMs: number | undefined;
  #polledMs: number | undefined;
  #pieces = 0;
  #bytes = 0;
  #late = 0;
  #lateMs = 0;
  #droppedBytes = 0;

  constructor(options: PaceOptions = PACE_DEFAULTS) {
    this.options = options;
  }

  get counters(): PaceCounters {
    return {
      pieces: this.#pieces,
      bytes: this.#bytes,
      late: this.#late,
      lateMs: this.#lateMs,
      droppedBytes: this.#droppedBytes,
    };
  }

  get waitingBytes(): number {
    return this.#bytesWaiting;
  }

  /** Media time from the first piece that waits to the last. */
  get waitingMs(): number {
    const last = this.#waiting[this.#waiting.length - 1];
    const first = this.#waiting[this.#head];
    return first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
  }

  /** Adds pieces in order of time. */
  add(pieces: readonly TimedPiece[], nowMs: number): void {
    const first = pieces[0];
    if (first === undefined) return;
    this.#beginMs ??= nowMs - first.atMs + this.options.delayMs;
    for (const piece of pieces) {
      this.#waiting.push(piece);
      this.#bytesWaiting += piece.bytes.length;
    }
    while (this.#bytesWaiting > this.options.queueMaxBytes) {
      this.#droppedBytes += this.#shift()?.bytes.length ?? 0;
    }
  }

  /** The clock time at which a time of the stream is due; undefined before the first piece. */
  dueOf(atMs: number): number | undefined {
    return this.#beginMs === undefined ? undefined : this.#beginMs + atMs;
  }

  /** When the next piece is due; undefined when none waits. */
  nextDueMs(): number | undefined {
    const next = this.#waiting[this.#head];
    return next === undefined ? undefined : this.dueOf(next.atMs);
  }

  /** All that is due, oldest first, within the bounds for bursts. */
  poll(nowMs: number): readonly DuePiece[] {
    const sinceMs = this.#polledMs === undefined ? Infinity : nowMs - this.#polledMs;
    this.#polledMs = nowMs;
    const first = this.nextDueMs();
    if (first === undefined || first > nowMs) return [];
    this.#moveAfterStall(nowMs - first);
    const begin = this.nextDueMs() ?? nowMs;
    // Twice the time that passed: a backlog melts within the time it took to gather.
    const spanMs = Math.min(this.options.burstMaxMs, Math.max(BURST_MIN_MS, 2 * sinceMs));
    const until = Math.min(nowMs, begin + spanMs);
    const due: DuePiece[] = [];
    for (;;) {
      const dueMs = this.nextDueMs();
      if (dueMs === undefined || dueMs > until) return due;
      const piece = this.#shift();
      if (piece === undefined) return due;
      this.#pieces++;
      this.#bytes += piece.bytes.length;
      due.push({ bytes: piece.bytes, dueMs });
    }
  }

  #moveAfterStall(lagMs: number): void {
    if (lagMs <= this.options.stallMaxMs) return;
    this.#late++;
    this.#lateMs += lagMs;
    this.#beginMs = (this.#beginMs ?? 0) + lagMs + this.options.delayMs;
  }

  #shift(): TimedPiece | undefined {
    const piece = this.#waiting[this.#head];
    if (piece === undefined) return undefined;
    this.#bytesWaiting -= piece.bytes.length;
    if (++this.#head >= 1024 && this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return piece;
  }
}
