/** Who is due next, among thousands: a binary heap whose entries know their place, so that one can be moved up. */

/** Something with a deadline. Only the agenda changes either. */
export interface Dated {
  /** When it is due; Infinity: never. */
  deadlineMs: number;
  /** Its place in the heap; -1 while it is in none. */
  place: number;
}

/** Entries by their deadlines. */
export class Agenda<T extends Dated> {
  readonly #heap: T[] = [];

  /** The earliest deadline; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.deadlineMs ?? Infinity;
  }

  /** Makes an entry due at `atMs`, unless it is due earlier anyway. */
  soonest(entry: T, atMs: number): void {
    if (atMs >= entry.deadlineMs) return;
    entry.deadlineMs = atMs;
    if (entry.place < 0) entry.place = this.#heap.push(entry) - 1;
    this.#up(entry);
  }

  /** Takes out all that are due by now, in the order of their deadlines, which they have no more. */
  takeDue(nowMs: number): T[] {
    const due: T[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.deadlineMs <= nowMs;) {
      this.remove(first);
      due.push(first);
      first = this.#heap[0];
    }
    return due;
  }

  /** Forgets an entry. */
  remove(entry: T): void {
    const { place } = entry;
    entry.deadlineMs = Infinity;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#up(last);
    this.#down(last);
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }

  #up(entry: T): void {
    while (entry.place > 0) {
      const { place } = entry;
      const parent = this.#heap[(place - 1) >> 1];
      if (parent === undefined || parent.deadlineMs <= entry.deadlineMs) return;
      this.#put(entry, parent.place);
      this.#put(parent, place);
    }
  }

  #down(entry: T): void {
    for (;;) {
      const { place } = entry;
      const [left, right] = [this.#heap[2 * place + 1], this.#heap[2 * place + 2]];
      const child = right !== undefined && left !== undefined && right.deadlineMs < left.deadlineMs
        ? right
        : left;
      if (child === undefined || child.deadlineMs >= entry.deadlineMs) return;
      this.#put(entry, child.place);
      this.#put(child, place);
    }
  }
}
