/** Children that a thread has been asked to serve and that are not told their first number yet. */
import type { Ssrc } from "../ids.ts";
import type { LinkId } from "../media/api.ts";
import type { HeldChild } from "./state.ts";

/** Questions by number, in order. */
export class AskedChildren {
  readonly #asked = new Map<number, HeldChild>();
  #next = 1;

  /** Notes a question; returns its number. */
  add(child: HeldChild): number {
    const id = this.#next++;
    this.#asked.set(id, child);
    return id;
  }

  /** Answers come in the order of the questions: one that was passed over is not answered any more. */
  answered(id: number, first: number): void {
    const child = this.#asked.get(id);
    if (child === undefined) return;
    this.#asked.delete(id);
    this.forget(child.ssrc, child.link, id);
    child.done(first);
  }

  /** Whoever waits to be told about this child waits no more. */
  forget(ssrc: Ssrc, link: LinkId, before = Infinity): void {
    for (const [id, child] of this.#asked) {
      if (id >= before) return;
      if (child.ssrc === ssrc && child.link === link) this.#asked.delete(id);
    }
  }

  /** The stream is closed. */
  close(ssrc: Ssrc): void {
    for (const [id, child] of this.#asked) if (child.ssrc === ssrc) this.#asked.delete(id);
  }

  clear(): void {
    this.#asked.clear();
  }

  values(): IterableIterator<HeldChild> {
    return this.#asked.values();
  }
}
