/** This node as an origin: when it announces, and with which sequence number. */
import type { NodeName } from "../ids.ts";
import type { MessageBody } from "../wire/messages.ts";

/** Between two announcements at least: a burst of changes, or of SEEKs from all sides, is one flood. */
const RAISE_GAP_MS = 200;
/** Changes within this time are told together. */
const COALESCE_MS = 10;
/** The highest sequence number that is believed to be this node's own. */
const SEQUENCE_MAX = 2 ** 50;

/** An origin's own announcements. */
export class OwnOrigin {
  sequence = 0;
  #nextMs: number;
  #raisedMs = -Infinity;

  constructor(
    readonly name: NodeName,
    readonly epoch: number,
    public digest: string,
    readonly intervalMs: number,
    nowMs: number,
  ) {
    this.#nextMs = nowMs + COALESCE_MS;
  }

  /** When the next announcement is due. */
  get dueMs(): number {
    return this.#nextMs;
  }

  /** Announces with a new number soon. */
  raise(nowMs: number): void {
    const atMs = Math.max(nowMs + COALESCE_MS, this.#raisedMs + RAISE_GAP_MS);
    this.#nextMs = Math.min(this.#nextMs, atMs);
  }

  /** Somebody needs at least this number. One more than the last is all a node can ever need. */
  wants(sequence: number, nowMs: number): void {
    if (sequence > this.sequence) this.raise(nowMs);
  }

  /** Somebody announces a number in this node's name that it never gave: it must be topped to be heard. */
  overtake(sequence: number, nowMs: number): void {
    if (sequence <= this.sequence || sequence > SEQUENCE_MAX) return;
    this.sequence = sequence;
    this.raise(nowMs);
  }

  /** The due announcement: a new number each time. */
  next(nowMs: number): MessageBody<"BUILDTREE"> {
    this.sequence++;
    this.#raisedMs = nowMs;
    this.#nextMs = nowMs + this.intervalMs;
    return this.current();
  }

  /** The announcement as it stands. */
  current(): MessageBody<"BUILDTREE"> {
    return {
      origin: this.name,
      epoch: this.epoch,
      sequence: this.sequence,
      digest: this.digest,
      path: [this.name],
      costUs: 0,
      full: false,
    };
  }
}
