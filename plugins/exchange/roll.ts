/** Entries by key that are found by their stream too: what happens to one of a thousand streams costs no look at the others. */
import type { StreamName } from "../../core/ids.ts";

/** A table of entries. An entry's stream never changes. */
export class Roll<T> {
  readonly #entries = new Map<string, T>();
  readonly #byStream = new Map<StreamName, Map<string, T>>();

  constructor(readonly streamOf: (entry: T) => StreamName) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  set(key: string, entry: T): void {
    this.delete(key);
    this.#entries.set(key, entry);
    const stream = this.streamOf(entry);
    const entries = this.#byStream.get(stream);
    if (entries === undefined) this.#byStream.set(stream, new Map([[key, entry]]));
    else entries.set(key, entry);
  }

  /** False when it was not there. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    const stream = this.streamOf(entry);
    const entries = this.#byStream.get(stream);
    entries?.delete(key);
    if (entries?.size === 0) this.#byStream.delete(stream);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#byStream.clear();
  }

  values(): IterableIterator<T> {
    return this.#entries.values();
  }

  /** Those of one stream, as they are now. */
  of(stream: StreamName): readonly T[] {
    const entries = this.#byStream.get(stream);
    return entries === undefined ? [] : [...entries.values()];
  }
}
