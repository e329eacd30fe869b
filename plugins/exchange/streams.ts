/** Which streams the engine keeps open: each as long as somebody here holds it. */
import type { Ssrc } from "../../core/ids.ts";
import type { StreamLimits } from "../../core/media/api.ts";
import type { Datapath } from "../../core/slots.ts";

/** Counts the holders of every stream and opens and closes it accordingly. */
export class StreamTable {
  readonly #holders = new Map<Ssrc, number>();

  constructor(readonly datapath: Datapath, readonly limits: StreamLimits) {}

  get size(): number {
    return this.#holders.size;
  }

  /** Opens the stream unless it is; disposing lets it go. */
  hold(ssrc: Ssrc): Disposable {
    const holders = this.#holders.get(ssrc) ?? 0;
    this.#holders.set(ssrc, holders + 1);
    if (holders === 0) this.datapath.command({ kind: "open", ssrc, limits: this.limits });
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const left = (this.#holders.get(ssrc) ?? 1) - 1;
        if (left > 0) return void this.#holders.set(ssrc, left);
        this.#holders.delete(ssrc);
        this.datapath.command({ kind: "close", ssrc });
      },
    };
  }
}
