/** How long children are served without a word from them. */
import type { NodeName } from "../../core/ids.ts";
import type { Child } from "./serving_events.ts";

/**
 * Who takes many streams renews them seldomer: 50 renewals a second of one node and its parent cost both some 2 % of a
 * core. That node's death is found by keepalive, long before a lease ends.
 */
const PER_STREAM_MS = 60;
const LONGEST_MS = 60_000;
/** Streams that came in one moment are spread over a quarter of the time. */
const SPREAD = 16;

/** The leases of all children. */
export class Leases {
  /** None ends before. */
  endMs = Infinity;
  /** Streams that each node takes from here. */
  readonly #taken = new Map<NodeName, number>();

  constructor(readonly leaseMs: number) {}

  /** A child is new. */
  begin(child: Child, seq: number, nowMs: number): void {
    this.#taken.set(child.name, (this.#taken.get(child.name) ?? 0) + 1);
    this.renew(child, seq, nowMs);
    this.endMs = Math.min(this.endMs, child.leaseUntilMs);
  }

  /** It asked again, with message `seq`. */
  renew(child: Child, seq: number, nowMs: number): void {
    const manyMs = Math.min(LONGEST_MS, (this.#taken.get(child.name) ?? 0) * PER_STREAM_MS);
    const longMs = Math.round(manyMs * (1 - seq % SPREAD / SPREAD / 4));
    child.leaseMs = Math.max(this.leaseMs, longMs);
    child.leaseUntilMs = Math.max(child.leaseUntilMs, nowMs + child.leaseMs);
  }

  /** It is served for this long yet, whatever was promised. */
  shorten(child: Child, untilMs: number): void {
    child.leaseUntilMs = untilMs;
    this.endMs = Math.min(this.endMs, untilMs);
  }

  /** It is gone. */
  end(child: Child): void {
    const taken = (this.#taken.get(child.name) ?? 1) - 1;
    if (taken > 0) this.#taken.set(child.name, taken);
    else this.#taken.delete(child.name);
  }

  /**
   * Those whose lease is over. Renewals only ever move an end away, so nobody has to be looked at before the earliest
   * end there was at the last look.
   */
  over(children: Iterable<Child>, nowMs: number): readonly Child[] {
    if (nowMs < this.endMs) return [];
    this.endMs = Infinity;
    const over: Child[] = [];
    for (const child of children) {
      if (nowMs >= child.leaseUntilMs) over.push(child);
      else this.endMs = Math.min(this.endMs, child.leaseUntilMs);
    }
    return over;
  }
}
