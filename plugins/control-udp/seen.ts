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
  #lateInRow = 0;

  /** Notes a number: `new`, a `duplicate`, or so `late` that nobody can tell any more. */
  note(seq: number): "new" | "duplicate" | "late" {
    const noted = this.#place(seq);
    this.#lateInRow = noted === "late" ? this.#lateInRow + 1 : 0;
    if (this.#lateInRow < SEEN_MAX) return noted;
    // When nothing but late ones come, it is the numbers kept here that are wrong (damaged packets).
    this.clear();
    return this.#place(seq);
  }

  #place(seq: number): "new" | "duplicate" | "late" {
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
    this.#lateInRow = 0;
  }
}
