/** When the standby is to be greeted, so that a failover is one round trip. */
import type { NodeName, Peer } from "../../core/ids.ts";

/** Greets a new standby at once and the same one again and again. */
export class Warmth {
  #name: NodeName | undefined;
  #atMs = Infinity;

  constructor(readonly everyMs: number) {}

  /** When the next greeting is due; Infinity without a standby. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Whether to greet `standby` now; undefined when there is none, or it is asked anyway. */
  due(standby: Peer | undefined, nowMs: number): standby is Peer {
    if (standby === undefined) {
      this.#name = undefined;
      this.#atMs = Infinity;
      return false;
    }
    if (this.#name === standby.name && nowMs < this.#atMs) return false;
    this.#name = standby.name;
    this.#atMs = nowMs + this.everyMs;
    return true;
  }
}
