/** What arrives of the other end's numbered packets: duplicates, and the share that is lost. */

/** Weight of one packet. 32 packets: loss follows a change within about 6 s at 5 packets a second. */
const MEMORY_PACKETS = 32;
const DECAY = 1 - 1 / MEMORY_PACKETS;
/** The link begins with so many packets' worth of good faith, so that one early loss is no verdict. */
const FAITH_PACKETS = 8;
/** Packets that may come late and still be told from doubles: the bits of an integer. */
const WINDOW = 32;
/** A run of losses longer than this says no more than this does. */
const RUN_MAX = 256;

/** Counts one direction of a link. */
export class Reception {
  #highest: number | undefined;
  #mask = 0;
  #lost = 0;
  #weight = FAITH_PACKETS;

  /** Smoothed share of packets that did not come. */
  get loss(): number {
    return Math.min(1, Math.max(0, this.#lost / this.#weight));
  }

  /** Forgets everything: another life of the other end, or a link that was down. */
  reset(): void {
    this.#highest = undefined;
    this.#mask = 0;
    this.#lost = 0;
    this.#weight = FAITH_PACKETS;
  }

  /** Takes note of a number. */
  note(seq: number): "newest" | "late" | "double" {
    const highest = this.#highest;
    if (highest === undefined) {
      this.#highest = seq;
      this.#mask = 1;
      return "newest";
    }
    const ahead = (seq - highest) | 0;
    if (ahead <= 0) return this.#noteLate(-ahead);
    if (ahead > 1) this.#noteLost(Math.min(ahead - 1, RUN_MAX));
    this.#lost *= DECAY;
    this.#weight = this.#weight * DECAY + 1;
    this.#highest = seq;
    this.#mask = ahead < WINDOW ? (this.#mask << ahead) | 1 : 1;
    return "newest";
  }

  #noteLost(run: number): void {
    const decay = DECAY ** run;
    const gain = (1 - decay) * MEMORY_PACKETS;
    this.#lost = this.#lost * decay + gain;
    this.#weight = this.#weight * decay + gain;
  }

  /** A late packet was counted as lost; its weight is taken back. */
  #noteLate(back: number): "late" | "double" {
    if (back >= WINDOW) return "late";
    const bit = 1 << back;
    if ((this.#mask & bit) !== 0) return "double";
    this.#mask |= bit;
    this.#lost = Math.max(0, this.#lost - DECAY ** back);
    return "late";
  }
}
