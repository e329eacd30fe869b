/** Which messages of one sender were handed up already. */

/** Numbers kept for each sender. Anything older than all of them counts as seen. */
export const SEEN_MAX = 64;

/**
 * The highest sequence numbers that came from one instance of a sender, in ascending order. Senders
 * count over all their receivers, so gaps are ordinary, and a bitmap of consecutive numbers would
 * be no use.
 */
export class SeenWindow {
  readonly #numbers: number[] = [];

  /** Notes a number: `new`, a `duplicate`, or so `late` that nobody can tell any more. */
  note(seq: number): "new" | "duplicate" | "late" {
    const numbers = this.#numbers;
    let at = numbers.length;
    while (at > 0 && (numbers[at - 1] ?? 0) > seq) at--;
    if (at > 0 && numbers[at - 1] === seq) return "duplicate";
    if (numbers.length < SEEN_MAX) {
      numbers.splice(at, 0, seq);
      return "new";
    }
    if (at === 0) return "late";
    numbers.copyWithin(0, 1, at);
    numbers[at - 1] = seq;
    return "new";
  }

  clear(): void {
    this.#numbers.length = 0;
  }
}
