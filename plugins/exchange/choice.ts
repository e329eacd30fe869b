/** Who may be a parent just now, and who shall be. */
import type { NodeName } from "../../core/ids.ts";
import type { Candidate, PathPolicy } from "../../core/slots.ts";
import { Blocklist } from "./legs.ts";
import type { UpstreamTimes } from "./times.ts";

/** The candidates of one stream, without those that failed lately. */
export class Choice {
  readonly blocked: Blocklist;
  #listed: readonly Candidate[] = [];
  #hinted: readonly Candidate[] = [];
  #hintedUntilMs = 0;

  constructor(
    readonly self: NodeName,
    readonly policy: PathPolicy,
    readonly times: UpstreamTimes,
    random: () => number,
  ) {
    this.blocked = new Blocklist(times.blockBaseMs, times.blockMaxMs, random);
  }

  /** The whole list, best first. */
  list(candidates: readonly Candidate[]): void {
    this.#listed = candidates;
  }

  /** Others that a parent named; they come after those of the list. */
  hint(hints: readonly Candidate[], nowMs: number): void {
    if (hints.length === 0) return;
    this.#hinted = hints;
    this.#hintedUntilMs = nowMs + this.times.hintMs;
  }

  /** A parent sends this node to others: it rests, shortly when it mends `soon`. */
  sentAway(name: NodeName, soon: boolean, hints: readonly Candidate[], nowMs: number): void {
    this.blocked.rest(name, soon ? this.times.mendsMs : this.times.movedMs, nowMs);
    this.hint(hints, nowMs);
  }

  usable(nowMs: number): readonly Candidate[] {
    const open = ({ peer }: Candidate) =>
      peer.name !== this.self && !this.blocked.has(peer.name, nowMs);
    const listed = this.#listed.filter(open);
    if (nowMs >= this.#hintedUntilMs) return listed;
    const names = new Set(this.#listed.map((one) => one.peer.name));
    return [...listed, ...this.#hinted.filter((one) => !names.has(one.peer.name) && open(one))];
  }

  choose(current: readonly NodeName[], nowMs: number): ReturnType<PathPolicy["choose"]> {
    const usable = this.usable(nowMs);
    if (usable.length === 0) return { parents: [], standby: undefined };
    return this.policy.choose(usable, current);
  }
}
