/** The counters of the exchange, bound once. */
import type { Counter, Metrics } from "../../core/ports.ts";
import type { RefusalReason } from "./upstream_events.ts";

const REASONS: readonly RefusalReason[] = [
  "busy",
  "unknown-stream",
  "no-source",
  "loop",
  "cookie",
  "leaving",
  "not-serving",
];
/** Upper bounds in milliseconds: the goal is 300. */
const OUTAGE_BUCKETS_MS = [20, 50, 100, 150, 200, 300, 400, 600, 1000, 2000, 5000, 10_000];

/** What the exchange counts. */
export class Stats {
  readonly joinsSent: Counter;
  readonly joined: Counter;
  readonly failovers: Counter;
  readonly handovers: Counter;
  readonly unwanted: Counter;
  readonly strangers: Counter;
  readonly childrenJoined: Counter;
  readonly childrenGone: Counter;
  readonly moves: Counter;
  readonly struggles: Counter;
  readonly leasesExpired: Counter;
  readonly tableFull: Counter;
  readonly outage: { observe(value: number): void };
  readonly #refusedHere: ReadonlyMap<RefusalReason, Counter>;
  readonly #refusedThere: ReadonlyMap<RefusalReason, Counter>;

  constructor(metrics: Metrics) {
    const counter = (name: string, help: string) => metrics.counter(`exchange_${name}_total`, help);
    const byReason = (name: string, help: string): ReadonlyMap<RefusalReason, Counter> =>
      new Map(
        REASONS.map((reason) => [
          reason,
          metrics.counter(`exchange_${name}_total`, help, { reason }),
        ]),
      );
    this.joinsSent = counter("joins_sent", "JOINs sent to parents, renewals included");
    this.joined = counter("joined", "Parents that accepted this node");
    this.failovers = counter("failovers", "Parents that were lost and replaced");
    this.handovers = counter("handovers", "Live parents that were left for better ones");
    this.unwanted = counter("unwanted", "Senders that were told once more to stop");
    this.strangers = counter("strangers", "Unwanted senders whose control address is not known");
    this.childrenJoined = counter("children_joined", "Children taken");
    this.childrenGone = counter("children_gone", "Children that left, were replaced or expired");
    this.moves = counter("moves", "Children told to go to another parent");
    this.struggles = counter("struggling", "Reports of children with persistent loss or delay");
    this.leasesExpired = counter("leases_expired", "Children that went without a word");
    this.tableFull = counter("table_full", "Children refused because the table is full");
    this.outage = metrics.histogram(
      "exchange_outage_seconds",
      "Time without packets at a change of parent",
      OUTAGE_BUCKETS_MS.map((ms) => ms / 1000),
    );
    this.#refusedHere = byReason("refusals_sent", "Children refused, by reason");
    this.#refusedThere = byReason("refusals", "Refusals by parents, by reason");
  }

  refusedChild(reason: RefusalReason): void {
    this.#refusedHere.get(reason)?.add();
  }

  refusedByParent(reason: RefusalReason): void {
    this.#refusedThere.get(reason)?.add();
  }
}
