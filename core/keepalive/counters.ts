/** What keepalive counts. */

/** Plain numbers; the shell offers them as metrics. */
export interface Counters {
  sent: number;
  received: number;
  ups: number;
  downs: { silent: number; restarted: number; left: number };
  suspects: number;
  /** Suspects that answered a probe in time. */
  cleared: number;
  /** Times this node's own timers ran late. */
  stalls: number;
  dropped: {
    malformed: number;
    version: number;
    unknownToken: number;
    wrongSender: number;
    wrongName: number;
    staleInstance: number;
    double: number;
    strangers: number;
    tooManyWatched: number;
    tooManyWatchers: number;
  };
}

/** All zero. */
export function newCounters(): Counters {
  return {
    sent: 0,
    received: 0,
    ups: 0,
    downs: { silent: 0, restarted: 0, left: 0 },
    suspects: 0,
    cleared: 0,
    stalls: 0,
    dropped: {
      malformed: 0,
      version: 0,
      unknownToken: 0,
      wrongSender: 0,
      wrongName: 0,
      staleInstance: 0,
      double: 0,
      strangers: 0,
      tooManyWatched: 0,
      tooManyWatchers: 0,
    },
  };
}
