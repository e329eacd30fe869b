/**
 * What `keepalive-phi` makes of silence: a level of suspicion that grows from what was measured of this very
 * neighbour (phi accrual, Hayashibara et al., 2004). Heartbeats raise it to `suspicion`; from there each
 * probe that goes unanswered adds minus log10 of the probability that it does so by chance; at `threshold`
 * the neighbour is dead.
 */
import { KeepaliveBrain } from "../../core/keepalive/brain.ts";
import type { Detector } from "../../core/keepalive/detector.ts";
import type { Me } from "../../core/keepalive/events.ts";
import type { Link } from "../../core/keepalive/link.ts";
import type { Rng } from "../../core/ports.ts";
import type { Config } from "./config.ts";
import { deviationsFor, phi } from "./phi.ts";

/** A probe or its answer is never taken to be lost more rarely, or more often, than this. */
const UNANSWERED_MIN = 0.05;
const UNANSWERED_MAX = 0.9;

/** Mean and deviation of a neighbour's heartbeats, within what is believed. */
function distributionOf(link: Link, config: Config) {
  const { meanMs, deviationMs } = link.arrivals.distribution(link.intervalMs);
  return { meanMs, deviationMs: Math.max(config.deviationMin, deviationMs) };
}

/** Phi of a neighbour's silence now, without probes. */
export function phiOf(link: Link, config: Config, nowMs: number): number {
  const { meanMs, deviationMs } = distributionOf(link, config);
  return phi(nowMs - link.heardMs, meanMs, deviationMs);
}

/** Accrues suspicion. */
export function accruingDetector(config: Config): Detector {
  const { suspicion, threshold, probesMax } = config;
  const deviations = deviationsFor(suspicion);
  return {
    suspectAtMs(link) {
      const { meanMs, deviationMs } = distributionOf(link, config);
      return link.heardMs + meanMs + deviations * deviationMs;
    },
    probes(link) {
      const answered = (1 - link.reception.loss) * (1 - link.lossOut);
      const unanswered = Math.min(UNANSWERED_MAX, Math.max(UNANSWERED_MIN, 1 - answered));
      return Math.min(probesMax, Math.ceil((threshold - suspicion) / -Math.log10(unanswered)));
    },
  };
}

/** Makes the brain of one node. */
export function makeBrain(me: Me, config: Config, rng: Rng, nowMs: number): KeepaliveBrain {
  return new KeepaliveBrain(me, config, accruingDetector(config), rng, nowMs);
}
