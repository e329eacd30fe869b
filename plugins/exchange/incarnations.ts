/** Which number a stream has: the catalogue and the parents tell, and neither may bring an old one back. */
import type { Ssrc } from "../../core/ids.ts";
import type { StreamInfo } from "../../core/slots.ts";

/** Incarnations that were replaced and are not gone back to. */
const RETIRED_MAX = 8;

/** The incarnations of one stream. */
export class Incarnations {
  readonly #retired: Ssrc[] = [];
  #info: StreamInfo | undefined;
  #catalogSsrc: Ssrc | undefined;

  /** The one that is played. */
  get info(): StreamInfo | undefined {
    return this.#info;
  }

  /** The catalogue's entry; true when it begins another incarnation. */
  listed(info: StreamInfo): boolean {
    const news = info.ssrc !== this.#catalogSsrc;
    this.#catalogSsrc = info.ssrc;
    if (this.#info?.ssrc === info.ssrc) {
      this.#info = info;
      return false;
    }
    // An old page must not undo what a parent has shown to be newer.
    if (!news || this.#retired.includes(info.ssrc)) return false;
    this.#replace(info);
    return true;
  }

  /** A parent sends this one: the current, a `new` one, or an `old` one, as it has not heard yet. */
  sent(ssrc: Ssrc): "current" | "new" | "old" {
    if (this.#info === undefined || this.#retired.includes(ssrc)) return "old";
    if (this.#info.ssrc === ssrc) return "current";
    this.#replace({ ...this.#info, ssrc });
    return "new";
  }

  #replace(info: StreamInfo): void {
    if (this.#info !== undefined) this.#retired.push(this.#info.ssrc);
    if (this.#retired.length > RETIRED_MAX) this.#retired.shift();
    this.#info = info;
  }
}
