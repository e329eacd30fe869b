/** Children that joined before the stream's first number was known. */
import type { Link } from "./link.ts";

/** As many as a large node serves. */
const PENDING_MAX = 4096;

/** One of them. */
export interface PendingChild {
  readonly link: Link;
  readonly from: number | undefined;
  readonly done: (first: number) => void;
}

/** A bounded list, one entry a link. */
export class PendingChildren {
  #list: PendingChild[] = [];

  /** False when there is no room. Who asks again is told instead of who asked before; the earlier wish of both holds. */
  add(child: PendingChild): boolean {
    const at = this.#list.findIndex(({ link }) => link.id === child.link.id);
    const before = this.#list[at];
    if (before !== undefined) {
      const from = before.from === undefined
        ? child.from
        : Math.min(before.from, child.from ?? Infinity);
      this.#list[at] = { ...child, from };
      return true;
    }
    if (this.#list.length >= PENDING_MAX) return false;
    this.#list.push(child);
    return true;
  }

  /** False when it was not there. */
  remove(link: number): boolean {
    const { length } = this.#list;
    this.#list = this.#list.filter((one) => one.link.id !== link);
    return this.#list.length < length;
  }

  /** Takes all out. */
  take(): PendingChild[] {
    return this.#list.splice(0);
  }
}
