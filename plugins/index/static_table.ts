/** The hand-written table: its peers are asked, again and again, what they share under the names it gives. */
import type { Clock, Net } from "../../core/ports.ts";
import { lookUpFile, type LookupOptions, type NamedFile } from "../../core/swarm/lookup.ts";
import type { Addr } from "../../core/ports.ts";

/** Rounds of questions begin this often. */
const ROUND_MS = 10_000;
/** Peers asked at once. */
const AT_ONCE = 8;

/** What the table needs. */
export interface StaticTableOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly self: LookupOptions["self"];
  readonly table: Readonly<Record<string, readonly Addr[]>>;
  /** A peer shares what the table says; it stands until `leaseMs` from now. */
  readonly found: (file: NamedFile, name: string, at: Addr, leaseMs: number) => void;
}

/** Asks every address of the table in rounds. */
export class StaticTable {
  readonly #options: StaticTableOptions;
  readonly #abort = new AbortController();
  #timer: Disposable | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: StaticTableOptions) {
    this.#options = options;
  }

  start(): void {
    if (Object.keys(this.#options.table).length > 0) this.#work = this.#round();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#timer?.[Symbol.dispose]();
    await this.#work;
  }

  async #round(): Promise<void> {
    const { net, clock, self, table, found } = this.#options;
    const { signal } = this.#abort;
    const wanted = Object.entries(table).flatMap(([name, addrs]) =>
      addrs.map((to) => ({ name, to }))
    );
    const ask = async (): Promise<void> => {
      for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
        if (signal.aborted) return;
        const { name, to } = next;
        const file = await lookUpFile(name, { net, clock, to, signal, self });
        if (file !== undefined && !signal.aborted) found(file, name, to, 3 * ROUND_MS);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    if (signal.aborted) return;
    this.#timer = clock.after(ROUND_MS, () => void (this.#work = this.#round()));
  }
}
