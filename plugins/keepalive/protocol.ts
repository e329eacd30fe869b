/**
 * What `keepalive` makes of silence: a fixed number of missed heartbeats makes a suspect, a fixed number of
 * unanswered probes a death.
 */
import { KeepaliveBrain } from "../../core/keepalive/brain.ts";
import type { Detector } from "../../core/keepalive/detector.ts";
import type { Me } from "../../core/keepalive/events.ts";
import { BEAT_JITTER } from "../../core/keepalive/link.ts";
import type { Rng } from "../../core/ports.ts";
import type { Config } from "./config.ts";

/** Counts heartbeats and probes. */
export function countingDetector({ misses, probes }: Config): Detector {
  return {
    suspectAtMs: (link) =>
      link.heardMs + misses * link.intervalMs * (1 + BEAT_JITTER) + link.graceMs,
    probes: () => probes,
  };
}

/** Makes the brain of one node. */
export function makeBrain(me: Me, config: Config, rng: Rng, nowMs: number): KeepaliveBrain {
  return new KeepaliveBrain(me, config, countingDetector(config), rng, nowMs);
}
