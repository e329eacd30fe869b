/** One contender's turn: what it costs when saturated, how much it carries without loss, how long packets take in it. */
import type { Running } from "./contenders.ts";
import { MODE } from "./load/layout.ts";
import type { Load, RunResult } from "./load/load.ts";

/** Loss below this is none: less than one packet in ten thousand. */
const LOSS_MAX = 1e-4;
/** Input rates that are tried, packets a second. */
const RATE_MIN = 50;
export const RATE_MAX = 2_000_000;
/** A generator that falls this far behind what was asked of it is the limit, not the contender. */
const GENERATOR_SHARE = 0.95;
/** Saturated means offered this much more than is carried. */
const OVERLOAD = 1.3;
/** Bounds this close are one. */
const FINE_ENOUGH = 1.03;
/** Code that is new is compiled, and what was compiled is thrown away again, for the first seconds under load. */
const WARM_SECONDS = 12;
/** The same for programs that come compiled. */
const COLD_SECONDS = 1;
const RAMP_SECONDS = 0.4;
const RAMP_FACTOR = 2.5;
/** After an overload queues run empty for this long. */
const REST_MS = 350;
/** The rate at which latency is looked at, unless a mode says otherwise. */
export const LATENCY_RATE = 5000;
/** Packets that one datagram of the generator may hold, as those of another relay would. */
export const SEGMENTS = Number(Deno.env.get("BENCH_SEGMENTS") ?? 16);

/** What one turn found. */
export interface Turn {
  /** Highest input rate with less than 0.01 % loss; packets a second. */
  readonly maxRate: number;
  /** The generator could not send more. */
  readonly generatorBound: boolean;
  /** Processor seconds for a million packets sent, saturated. */
  readonly cost: number;
  /** Cores in use, saturated. */
  readonly cores: number;
  /** Processor seconds for a million packets sent, at the highest rate without loss. */
  readonly costAtMax: number;
  /** At 5,000 packets a second in: microseconds, the share lost, processor seconds per million. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly loss: number;
  readonly latencyCost: number;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What `highest` found. */
interface Highest {
  readonly rate: number;
  readonly bound: boolean;
  readonly cost: number;
}

/** Processor seconds for a million packets. */
export function costOf({ window }: RunResult): number {
  return window.packets > 0 ? window.sample / window.packets * 1e6 : NaN;
}

/** A contender under load, in one cell of the table. */
export class Trial {
  constructor(
    readonly load: Load,
    readonly running: Running,
    readonly net: number,
    readonly children: number,
  ) {}

  /** Sends at a rate. */
  async at(rate: number, seconds: number, mode: number, graceMs?: number): Promise<RunResult> {
    const { running, net, children } = this;
    const result = await this.load.run({
      ...running.input(),
      net,
      children,
      mode,
      rate,
      seconds,
      segments: SEGMENTS,
      sample: () => running.cpu(),
      ...graceMs === undefined ? {} : { graceMs },
    });
    running.advance(result.next);
    await pause(result.lossShare < LOSS_MAX ? 50 : REST_MS);
    return result;
  }

  /** About what it carries, by doubling until it loses. */
  async ramp(): Promise<number> {
    let carried = RATE_MIN;
    // One loss may be the machine's own; two in a row are the contender's.
    let over = 0;
    for (let rate = 500; rate < RATE_MAX; rate *= RAMP_FACTOR) {
      const result = await this.at(rate, RAMP_SECONDS, MODE.count);
      carried = Math.max(carried, result.received / this.children / RAMP_SECONDS);
      if (result.rate < rate * GENERATOR_SHARE && result.lossShare < LOSS_MAX) break;
      over = result.lossShare > 0.05 ? over + 1 : 0;
      if (over === 2) break;
    }
    return carried;
  }

  /** Offers more than it carries and looks at what a packet costs then. */
  async saturate(carried: number, seconds: number): Promise<{ cost: number; cores: number }> {
    const result = await this.at(carried * OVERLOAD, seconds, MODE.count);
    return { cost: costOf(result), cores: result.window.sample / result.window.seconds };
  }

  /** The highest rate without loss: up while nothing is lost, down while something is, then between the two. */
  async highest(carried: number, width: number, steps: number, seconds: number): Promise<Highest> {
    let [best, cost, low, high] = [NaN, NaN, NaN, Infinity];
    let rate = carried;
    for (let step = 0; step < steps && !(high / low < FINE_ENOUGH); step++) {
      const result = await this.at(rate, seconds, MODE.count);
      const slow = result.rate < rate * GENERATOR_SHARE;
      if (result.lossShare < LOSS_MAX) {
        if (!(result.rate < best)) [best, cost] = [result.rate, costOf(result)];
        if (slow) return { rate: best, bound: true, cost };
        low = rate;
      } else high = Math.min(rate, result.rate);
      rate = high === Infinity
        ? low * width
        : Number.isNaN(low)
        ? high / width
        : Math.sqrt(low * high);
    }
    return { rate: best, bound: false, cost };
  }
}

/** How long and how finely a turn looks. */
export interface Patience {
  readonly seconds: number;
  /** What an earlier round carried; undefined in the first. */
  readonly carried: number | undefined;
  /** See `Contender`. */
  readonly warms: boolean;
}

/** One whole turn. */
export async function turn(trial: Trial, { seconds, carried, warms }: Patience): Promise<Turn> {
  await trial.at(Math.min(carried ?? 500, 2000), 0.5, MODE.count);
  const estimate = carried ?? await trial.ramp();
  await trial.at(estimate, warms ? WARM_SECONDS : COLD_SECONDS, MODE.count);
  const { cost, cores } = await trial.saturate(estimate, seconds);
  const { rate, bound, cost: costAtMax } = await trial.highest(
    estimate,
    carried === undefined ? 1.6 : 1.25,
    carried === undefined ? 7 : 5,
    Math.max(1, seconds / 2),
  );
  const mode = MODE.latency;
  const slow = await trial.at(LATENCY_RATE, seconds, mode, 300);
  return {
    maxRate: rate,
    generatorBound: bound,
    cost,
    cores,
    costAtMax,
    p50: slow.percentile(0.5),
    p99: slow.percentile(0.99),
    p999: slow.percentile(0.999),
    loss: slow.lossShare,
    latencyCost: costOf(slow),
  };
}
