/** Packets in order, by their numbers. An array that is emptied gives up its memory and has to grow again with each flush. */
export class PacketRow {
  #numbers = new Int32Array(4);
  length = 0;

  /** The packet at this index. */
  at(index: number): number {
    return this.#numbers[index] ?? 0;
  }

  push(packet: number): void {
    if (this.length === this.#numbers.length) {
      const wider = new Int32Array(4 * this.length);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers[this.length++] = packet;
  }

  clear(): void {
    this.length = 0;
  }
}
