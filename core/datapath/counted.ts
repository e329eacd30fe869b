/** Counters that an engine in another thread keeps, as the main thread shows them: asked for anew, answered at once. */
import type { DatapathCounters } from "../media/api.ts";
import type { LinkTable } from "../media/link_table.ts";
import { type PackedCounters, unpackStreams } from "../media/packed_counters.ts";
import type { Clock } from "../ports.ts";
import { NO_COUNTERS } from "./udp.ts";

/** Counters younger than this are shown again. */
const FRESH_MS = 50;

/** What the thread counted last. */
export class Counted {
  readonly #clock: Clock;
  readonly #links: LinkTable;
  readonly #ask: () => void;
  #counters = NO_COUNTERS;
  /** As they came, until somebody looks: most are never looked at. */
  #packed: PackedCounters | undefined;
  #heardMs = -Infinity;
  #isAsked = false;

  /** `ask` makes the thread count. */
  constructor(clock: Clock, links: LinkTable, ask: () => void) {
    this.#clock = clock;
    this.#links = links;
    this.#ask = ask;
  }

  /** The thread has counted. */
  heard(packed: PackedCounters): void {
    this.#packed = packed;
    this.#heardMs = this.#clock.now();
    this.#isAsked = false;
  }

  /** At most a second old; reading makes the thread count anew. */
  read(): DatapathCounters {
    if (!this.#isAsked && this.#clock.now() - this.#heardMs > FRESH_MS) {
      this.#isAsked = true;
      this.#ask();
    }
    if (this.#packed !== undefined) {
      const { totals, rows } = this.#packed;
      this.#packed = undefined;
      const streams = unpackStreams(rows, (link) => this.#links.remoteOf(link));
      this.#counters = { ...totals, streams };
    }
    return this.#counters;
  }
}
