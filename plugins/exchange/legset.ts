/** The parents of one stream together. */
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Candidate } from "../../core/slots.ts";
import { isHeld, type Leg, newLeg } from "./legs.ts";

/** Parents at once, whatever happens: two held, two on trial. */
const LEGS_MAX = 4;

/** A bounded set of legs with the questions that are asked of it. */
export class LegSet {
  readonly #legs = new Map<number, Leg>();
  #nextId = 1;

  get size(): number {
    return this.#legs.size;
  }

  get full(): boolean {
    return this.#legs.size >= LEGS_MAX;
  }

  get(id: number): Leg | undefined {
    return this.#legs.get(id);
  }

  all(): readonly Leg[] {
    return [...this.#legs.values()];
  }

  add(peer: Peer, nowMs: number): Leg {
    const leg = newLeg(this.#nextId++, peer, nowMs);
    this.#legs.set(leg.id, leg);
    return leg;
  }

  delete(leg: Leg): void {
    this.#legs.delete(leg.id);
  }

  of(name: NodeName): Leg | undefined {
    for (const leg of this.#legs.values()) if (leg.peer.name === name) return leg;
    return undefined;
  }

  /** Those that accepted this node. */
  held(): readonly Leg[] {
    return this.all().filter(isHeld);
  }

  /** Who has accepted this node, and who of them delivers. */
  names(): { readonly parents: readonly NodeName[]; readonly delivering: readonly NodeName[] } {
    const of = (legs: readonly Leg[]) => legs.map((leg) => leg.peer.name);
    return { parents: of(this.held()), delivering: of(this.delivering()) };
  }

  /** Those that media comes from. */
  delivering(): readonly Leg[] {
    return this.all().filter((leg) => leg.state === "flowing");
  }

  flowing(): number {
    return this.delivering().length;
  }

  /** How it stands with all of them; `broken`: media came before and does not now. */
  state(broken: boolean): "seeking" | "joining" | "switching" | "flowing" {
    if (this.size === 0) return "seeking";
    const flowing = this.flowing();
    if (flowing === this.size) return "flowing";
    return flowing > 0 || broken ? "switching" : "joining";
  }

  /** Legs that should deliver by now and do not. */
  suspects(patienceMs: number, nowMs: number): readonly Leg[] {
    return this.all().filter((leg) =>
      leg.state === "silent" || (leg.state !== "flowing" && nowMs - leg.startedMs >= patienceMs)
    );
  }

  /** The oldest one that has not accepted this node and is not among the wanted. */
  oldestAttempt(wanted: readonly Candidate[]): Leg | undefined {
    return this.all().find((leg) => !isHeld(leg) && !isAmong(leg, wanted));
  }

  /**
   * Those that deliver beyond the wanted ones and one more: after an outage several that were tried may come
   * at once. Who has yet to catch up goes first, then who came last.
   */
  excess(parents: readonly Candidate[]): readonly Leg[] {
    const delivering = this.delivering();
    const most = Math.max(1, parents.length) + 1;
    if (delivering.length <= most) return [];
    return delivering.filter((leg) => !isAmong(leg, parents))
      .toSorted((a, b) => Number(a.caughtUp) - Number(b.caughtUp) || b.sinceMs - a.sinceMs)
      .slice(0, delivering.length - most);
  }

  /**
   * Those that nobody wants any more, once all that are wanted deliver; empty before. While a surplus
   * one still delivers, the wanted ones must have caught up with it, or have had `handoverMs` to do so.
   */
  surplus(
    parents: readonly Candidate[],
    wanted: readonly Candidate[],
    handoverMs: number,
    nowMs: number,
  ): readonly Leg[] {
    const surplus = this.all().filter((leg) => !isAmong(leg, wanted));
    if (surplus.length === 0 || parents.length === 0) return [];
    const surplusFlows = surplus.some((leg) => leg.state === "flowing");
    const settled = parents.every(({ peer }) => {
      const leg = this.of(peer.name);
      if (leg?.state !== "flowing") return false;
      return leg.caughtUp || !surplusFlows || nowMs - leg.sinceMs >= handoverMs;
    });
    return settled ? surplus : [];
  }
}

function isAmong(leg: Leg, candidates: readonly Candidate[]): boolean {
  return candidates.some((one) => one.peer.name === leg.peer.name);
}
