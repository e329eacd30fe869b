/** One parent of a stream as the child sees it, and the memory of parents that failed. */
import type { NodeName, Peer, Ssrc } from "../../core/ids.ts";

/**
 * `joining`: a JOIN is out. `pending`: the parent fetches the stream itself. `joined`: accepted, no
 * media yet. `flowing`: media comes. `silent`: it came, and stopped.
 */
export type LegState = "joining" | "pending" | "joined" | "flowing" | "silent";

/** One parent. */
export interface Leg {
  readonly id: number;
  readonly peer: Peer;
  /** Since when it is on trial: its first JOIN, or the first for a new incarnation. */
  startedMs: number;
  state: LegState;
  /** When it came into `state`. */
  sinceMs: number;
  /** The incarnation it delivers; undefined until it said JOINED. */
  ssrc: Ssrc | undefined;
  path: readonly NodeName[];
  /** It delivered everything that any parent delivered. */
  caughtUp: boolean;
  /** It told this node to go elsewhere. */
  moving: boolean;
  /** Its cookie was refused once already. */
  cookieTried: boolean;
  /** A request is on its way. */
  asking: boolean;
  /** When to ask (again). */
  askAtMs: number;
  leaseUntilMs: number;
  /** The first packet that was missing when it fell silent. */
  silentAt: number | undefined;
  /** Since when it says PENDING. */
  pendingSinceMs: number | undefined;
  /** Silent, and asked whether it lives: no answer until then says no. */
  doubtAtMs: number;
}

/** A fresh leg that is about to ask. */
export function newLeg(id: number, peer: Peer, nowMs: number): Leg {
  return {
    id,
    peer,
    startedMs: nowMs,
    state: "joining",
    sinceMs: nowMs,
    ssrc: undefined,
    path: [],
    caughtUp: false,
    moving: false,
    cookieTried: false,
    asking: false,
    askAtMs: nowMs,
    leaseUntilMs: Infinity,
    silentAt: undefined,
    pendingSinceMs: undefined,
    doubtAtMs: Infinity,
  };
}

/** Moves a leg on; the time of a state is that of entering it. */
export function setState(leg: Leg, state: Leg["state"], nowMs: number): void {
  if (leg.state === state) return;
  leg.state = state;
  leg.sinceMs = nowMs;
}

/** Asks the parent once more from the beginning: for another incarnation. */
export function restart(leg: Leg, nowMs: number): void {
  leg.state = "joining";
  leg.sinceMs = nowMs;
  leg.startedMs = nowMs;
  leg.ssrc = undefined;
  leg.caughtUp = false;
  leg.askAtMs = nowMs;
  leg.leaseUntilMs = Infinity;
  leg.pendingSinceMs = undefined;
}

/** The parent has accepted this node. */
export function isHeld(leg: Leg): boolean {
  return leg.state === "joined" || leg.state === "flowing" || leg.state === "silent";
}

/** A timer later than this says that the node was held up; then it waits this much longer for answers. */
const LATE_MS = 40;
const DOUBT_AGAIN_MS = 200;

/**
 * Parents that neither send nor answer, each told once: they are taken for dead long before keepalive is sure,
 * so that the tree tells those whose way leads through here. One that lost its own parent answers.
 */
export function unanswering(legs: readonly Leg[], nowMs: number): readonly Leg[] {
  return legs.filter((leg) => {
    if (leg.doubtAtMs > nowMs) return false;
    // A node that slept itself has yet to read the answers.
    const slept = nowMs - leg.doubtAtMs > LATE_MS;
    leg.doubtAtMs = slept ? nowMs + DOUBT_AGAIN_MS : Infinity;
    return !slept;
  });
}

/** When a leg wants attention next: to ask, to give up waiting, to let its lease end, or to count as proven. */
export function legWakeMs(
  leg: Leg,
  pendingGiveUpMs: number,
  handoverMs: number,
  patienceMs: number,
  nowMs: number,
): number {
  const { pendingSinceMs } = leg;
  const proven = leg.state === "flowing" ? leg.sinceMs + handoverMs : leg.startedMs + patienceMs;
  return Math.min(
    leg.asking ? Infinity : leg.askAtMs,
    leg.leaseUntilMs,
    leg.doubtAtMs,
    pendingSinceMs === undefined ? Infinity : pendingSinceMs + pendingGiveUpMs,
    proven > nowMs ? proven : Infinity,
  );
}

/** Names kept in the memory at most; the oldest goes first. */
const BLOCKED_MAX = 256;
/** A name that stayed away from trouble for this long starts afresh. */
const FORGET_MS = 30_000;

/** Parents that are not asked for a while; each failure doubles the time. */
export class Blocklist {
  readonly #entries = new Map<NodeName, { untilMs: number; failures: number }>();

  constructor(
    readonly baseMs: number,
    readonly maxMs: number,
    /** Uniform in [0, 1). */
    readonly random: () => number,
  ) {}

  /** Blocks a name for at least `leastMs`, and for about `mostMs` at most. */
  add(name: NodeName, leastMs: number, nowMs: number, mostMs = this.maxMs): void {
    const known = this.#entries.get(name);
    const fresh = known === undefined || nowMs - known.untilMs > FORGET_MS;
    const failures = fresh ? 1 : known.failures + 1;
    const grown = Math.min(mostMs, this.baseMs * 2 ** Math.min(failures - 1, 16));
    const jittered = grown * (0.75 + this.random() / 2);
    this.#entries.delete(name);
    this.#entries.set(name, { untilMs: nowMs + Math.max(leastMs, jittered), failures });
    if (this.#entries.size > BLOCKED_MAX) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  /** Keeps a name out for exactly `ms`, without counting it as a failure. */
  rest(name: NodeName, ms: number, nowMs: number): void {
    const failures = this.#entries.get(name)?.failures ?? 0;
    this.#entries.delete(name);
    this.#entries.set(name, { untilMs: nowMs + ms, failures });
  }

  has(name: NodeName, nowMs: number): boolean {
    return (this.#entries.get(name)?.untilMs ?? -Infinity) > nowMs;
  }

  /** It works: its failures are forgotten. */
  forgive(name: NodeName): void {
    this.#entries.delete(name);
  }

  /** When the next name comes free. */
  nextMs(nowMs: number): number {
    let next = Infinity;
    for (const { untilMs } of this.#entries.values()) {
      if (untilMs > nowMs) next = Math.min(next, untilMs);
    }
    return next;
  }
}
