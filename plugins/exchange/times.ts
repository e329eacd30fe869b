/** How long the child's side waits for what. */

/** Milliseconds all. */
export interface UpstreamTimes {
  /** Shortest and longest time between two asks of a parent that fetches the stream itself. */
  readonly pendingMinMs: number;
  readonly pendingMaxMs: number;
  /** A parent that fetches for longer than this finds nothing. */
  readonly pendingGiveUpMs: number;
  /** After a renewal that got no answer. */
  readonly renewRetryMs: number;
  /** A new parent delivers within this time, or the old one is kept. */
  readonly handoverMs: number;
  /** In an outage the next one is asked too when the first takes longer than this. */
  readonly hedgeMs: number;
  /** The same where a child waits that lost its own parent: ours may be the dead one as well. */
  readonly urgentMs: number;
  /** The first parent of a stream that never flowed may take this long before another is tried beside it. */
  readonly unprovenMs: number;
  /** How long a silent parent may come back after another one began to deliver. */
  readonly verdictMs: number;
  /** First and longest rest of a parent that failed. */
  readonly blockBaseMs: number;
  readonly blockMaxMs: number;
  /** Longest rest of one whose refusal mends itself: it has not heard of the stream, or asks us. */
  readonly mendsMs: number;
  /** A parent that told us to go elsewhere is not asked again for this long. */
  readonly movedMs: number;
  /** A dead parent is not asked for this long; by then its routes are gone. */
  readonly downMs: number;
  /** First and longest time between two searches for a parent. */
  readonly seekBaseMs: number;
  readonly seekMaxMs: number;
  /** How often the standby's cookie and control session are refreshed. */
  readonly warmMs: number;
  /** How long hints of a parent that refused are followed. */
  readonly hintMs: number;
  /** After the end of a stream, how long its last packets are waited for. */
  readonly endingMs: number;
}

/**
 * Defaults. `hedgeMs` and `verdictMs` come from the goal to flow again within 300 ms of a death: 80 ms
 * to notice, one round trip to the standby, one more if the standby is dead too.
 */
export const UPSTREAM_TIMES: UpstreamTimes = {
  pendingMinMs: 20,
  pendingMaxMs: 500,
  pendingGiveUpMs: 3000,
  renewRetryMs: 300,
  handoverMs: 2000,
  hedgeMs: 150,
  urgentMs: 50,
  unprovenMs: 1000,
  verdictMs: 40,
  blockBaseMs: 250,
  blockMaxMs: 10_000,
  mendsMs: 1000,
  movedMs: 10_000,
  downMs: 1000,
  seekBaseMs: 250,
  seekMaxMs: 5000,
  warmMs: 20_000,
  hintMs: 10_000,
  endingMs: 1500,
};
