/** The few cheapest of many, without sorting the many. */
export class Cheapest {
  readonly #max: number;
  readonly #indexes: number[] = [];
  readonly #costs: number[] = [];
  readonly #ties: number[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Their indexes, cheapest first. */
  get indexes(): readonly number[] {
    return this.#indexes;
  }

  costAt(place: number): number {
    return this.#costs[place] ?? Infinity;
  }

  /** Whether an offer of this cost would be kept. */
  wants(cost: number, tie: number): boolean {
    return this.#indexes.length < this.#max || this.#before(cost, tie, this.#max - 1);
  }

  /** Keeps `index` if it is among the cheapest; equal costs go by `tie`. */
  offer(index: number, cost: number, tie: number): void {
    if (!this.wants(cost, tie)) return;
    let place = this.#indexes.length;
    while (place > 0 && this.#before(cost, tie, place - 1)) place--;
    this.#indexes.splice(place, 0, index);
    this.#costs.splice(place, 0, cost);
    this.#ties.splice(place, 0, tie);
    if (this.#indexes.length > this.#max) {
      this.#indexes.pop();
      this.#costs.pop();
      this.#ties.pop();
    }
  }

  #before(cost: number, tie: number, place: number): boolean {
    const other = this.#costs[place] ?? Infinity;
    return cost < other || (cost === other && tie < (this.#ties[place] ?? Infinity));
  }
}
