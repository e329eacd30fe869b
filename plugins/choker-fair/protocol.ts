/** Fair shares: whoever got least so far is served, whatever it gives in return. */
import type { ChokeView } from "../../core/slots.ts";
import type { Config } from "./config.ts";

/** See `Choker.choose`. */
export function choose(peers: readonly ChokeView[], slots: number, config: Config): number[] {
  const got = (peer: ChokeView) => peer.sentBytes - (peer.unchoked ? config.lead : 0);
  return [...peers]
    .sort((a, b) => got(a) - got(b) || a.changedMs - b.changedMs || a.connection - b.connection)
    .slice(0, Math.max(0, slots)).map((peer) => peer.connection);
}
