/** What this node says of itself: read from its slots, with rates from one sample to the next. */
import { type NodeName, originOf, type Ssrc, type StreamName } from "../../core/ids.ts";
import type { DatapathCounters, StreamCounters } from "../../core/media/api.ts";
import type {
  LinkSummary,
  NodeSummary,
  StreamRunState,
  StreamSummary,
} from "../../core/observe.ts";
import type { Many, Self } from "../../core/plugin.ts";
import type { Usage } from "../../core/ports.ts";
import type {
  Catalog,
  Datapath,
  Exchange,
  Keepalive,
  Membership,
  Role,
  SubscriptionStatus,
} from "../../core/slots.ts";
import { LINKS_MAX, tripSeries } from "./history.ts";

/** The slots that are read. */
export interface Sources {
  readonly self: Self;
  readonly membership: Membership;
  readonly keepalive: Keepalive;
  readonly catalog: Catalog;
  readonly exchange: Exchange;
  readonly datapath: Datapath;
  readonly roles: Many<Role>;
  readonly usage: () => Usage;
}

interface Rates {
  readonly in: number;
  readonly out: number;
  readonly repairs: number;
}
const NO_RATES: Rates = { in: 0, out: 0, repairs: 0 };

/** Weight of the newest measurement of the event loop's lateness. */
const WAIT_WEIGHT = 0.2;

const repairedOf = (one: StreamCounters): number =>
  one.recoveredByNack + one.recoveredByFec + one.recoveredByPath;
const lossOf = (one: StreamCounters): number =>
  one.parents.reduce((worst, parent) => Math.max(worst, parent.lossShare), 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** A viewer's session, as far as roles tell of it. */
interface SessionPart {
  readonly stream: string;
  readonly people: number;
  readonly bufferMs: number;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};
const list = (value: unknown): readonly unknown[] => Array.isArray(value) ? value : [];
const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** Reads a session out of a role's status. A sink that serves many says how many `clients` it has. */
function sessionOf(value: unknown): SessionPart[] {
  const { stream, ended, budgetMs, sinks } = record(value);
  if (typeof stream !== "string" || ended === true) return [];
  const outputs = list(sinks).map(record);
  const clients = outputs.map((one) => number(one.clients)).filter((one) => one !== undefined);
  const smooth = outputs.some((one) => one.pace === "smooth");
  return [{
    stream,
    people: clients.length > 0 ? sum(clients) : 1,
    bufferMs: smooth ? number(budgetMs) ?? 0 : 0,
  }];
}

/** How the states of several subscriptions of one stream rank: the busiest tells. */
const STATE_RANK: readonly SubscriptionStatus["state"][] = [
  "flowing",
  "switching",
  "seeking",
  "joining",
  "idle",
  "ended",
];

/** Measures one node. */
export class OwnNode {
  readonly #from: Sources;
  readonly #startMs: number;
  #before: { readonly atMs: number; readonly cpuMs: number; readonly counters: DatapathCounters };
  #cpu = 0;
  #rates: ReadonlyMap<Ssrc, Rates> = new Map();
  #waitMs = 0;

  constructor(from: Sources, nowMs: number) {
    this.#from = from;
    this.#startMs = nowMs;
    this.#before = {
      atMs: nowMs,
      cpuMs: from.usage().cpuMs,
      counters: from.datapath.counters(),
    };
  }

  /** A timer ran this much late: so would a packet have waited. */
  late(ms: number): void {
    this.#waitMs += WAIT_WEIGHT * (Math.max(0, ms) - this.#waitMs);
  }

  /** Takes a sample: rates count from the last one. Returns it for the series. */
  sample(nowMs: number): ReadonlyMap<string, number> {
    const { usage, datapath } = this.#from;
    const counters = datapath.counters();
    const before = this.#before;
    const seconds = (nowMs - before.atMs) / 1000;
    const used = usage();
    if (seconds > 0) {
      this.#cpu = Math.max(0, used.cpuMs - before.cpuMs) / 1000 / seconds;
      this.#rates = ratesOf(before.counters, counters, seconds);
    }
    this.#before = { atMs: nowMs, cpuMs: used.cpuMs, counters };
    const rates = [...this.#rates.values()];
    const values = new Map<string, number>([
      ["in", sum(rates.map((one) => one.in))],
      ["out", sum(rates.map((one) => one.out))],
      ["loss", Math.max(0, ...counters.streams.map(lossOf))],
      ["repairs", sum(rates.map((one) => one.repairs))],
      ["cpu", this.#cpu],
      ["memory", used.memoryBytes],
    ]);
    for (const link of this.#links().slice(0, LINKS_MAX)) {
      if (link.rttMs !== undefined && link.state !== "down") {
        values.set(tripSeries(link.name), link.rttMs);
      }
    }
    return values;
  }

  links(): readonly LinkSummary[] {
    return this.#links();
  }

  /** This node now. */
  summary(nowMs: number): NodeSummary {
    const { self, exchange, datapath, usage } = this.#from;
    const me = this.#from.membership.self();
    const statuses = this.#from.roles.list().map(({ it }) => record(it.status()));
    const sessions = statuses.flatMap((status) => list(status.sessions).flatMap(sessionOf));
    const counters = datapath.counters();
    const rates = [...this.#rates.values()];
    return {
      name: self.name,
      instance: self.instance,
      roles: self.roles,
      pop: me.pop,
      host: me.control.host,
      ports: { control: me.control.port, keepalive: me.keepalive.port, media: me.media.port },
      version: self.version,
      uptimeMs: nowMs - this.#startMs,
      cpu: this.#cpu,
      memoryBytes: usage().memoryBytes,
      rateIn: sum(rates.map((one) => one.in)),
      rateOut: sum(rates.map((one) => one.out)),
      loss: Math.max(0, ...counters.streams.map(lossOf)),
      repaired: sum(counters.streams.map(repairedOf)),
      lost: sum(counters.streams.map((one) => one.unrecovered)),
      sessions: sum(sessions.map((one) => one.people)),
      children: exchange.children().length,
      maxChildren: sum(statuses.map((status) => number(status.maxChildren) ?? 0)),
      closed: statuses.some((status) => status.closed === true),
      waitMs: this.#waitMs,
      links: this.#links(),
      streams: this.#streams(counters, sessions),
      cut: 0,
    };
  }

  #links(): readonly LinkSummary[] {
    return this.#from.keepalive.watched().map(({ peer, link }) => ({
      name: peer.name,
      control: peer.control,
      state: link.state,
      rttMs: link.rttMs,
      lossIn: link.lossIn,
      lossOut: link.lossOut,
    }));
  }

  #streams(counters: DatapathCounters, sessions: readonly SessionPart[]): StreamSummary[] {
    const { exchange, catalog, self } = this.#from;
    const held = exchange.subscriptions();
    const children = exchange.children();
    const own = catalog.streams().filter(({ name }) => originOf(name) === self.name);
    const names = new Set<StreamName>([
      ...own.map(({ name }) => name),
      ...held.map(({ stream }) => stream),
      ...children.map(({ stream }) => stream),
    ]);
    return [...names].map((name) => {
      const ssrc = catalog.stream(name)?.ssrc;
      const counted = counters.streams.find((one) => one.ssrc === ssrc);
      const ofStream = held.filter(({ stream }) => stream === name);
      const watching = sessions.filter(({ stream }) => stream === name);
      return {
        name,
        ...positionOf(name, self.name, ofStream),
        ...figuresOf(counted, ssrc === undefined ? undefined : this.#rates.get(ssrc)),
        bufferMs: Math.max(0, ...watching.map((one) => one.bufferMs)),
        children: children.filter(({ stream }) => stream === name).length,
        sessions: sum(watching.map((one) => one.people)),
        failovers: sum(ofStream.map((one) => one.failovers)),
        handovers: sum(ofStream.map((one) => one.handovers)),
      };
    });
  }
}

/** Rates of each stream between two readings of the counters. */
function ratesOf(
  before: DatapathCounters,
  after: DatapathCounters,
  seconds: number,
): ReadonlyMap<Ssrc, Rates> {
  const old = new Map(before.streams.map((one) => [one.ssrc, one]));
  return new Map(after.streams.map((one) => {
    const was = old.get(one.ssrc);
    const gained = (read: (counters: StreamCounters) => number): number =>
      Math.max(0, read(one) - (was === undefined ? 0 : read(was))) / seconds;
    return [one.ssrc, {
      in: 8 * gained((counters) => counters.bytesIn),
      out: 8 * gained((counters) => counters.bytesOut),
      repairs: gained(repairedOf),
    }];
  }));
}

/** Where a node hangs in a stream's tree. */
function positionOf(
  name: StreamName,
  self: NodeName,
  held: readonly SubscriptionStatus[],
): Pick<StreamSummary, "state" | "parents" | "standby"> {
  if (originOf(name) === self) return { state: "source", parents: [], standby: undefined };
  const states = new Set(held.map(({ state }) => state));
  const state: StreamRunState = STATE_RANK.find((one) => states.has(one)) ?? "idle";
  return {
    state,
    parents: [...new Set(held.flatMap(({ parents }) => parents))],
    standby: held.find(({ standby }) => standby !== undefined)?.standby,
  };
}

function figuresOf(
  counted: StreamCounters | undefined,
  rates: Rates = NO_RATES,
): Pick<
  StreamSummary,
  "rateIn" | "rateOut" | "loss" | "repaired" | "lost" | "hopRttMs" | "repairMs"
> {
  const delays = counted?.repairDelays;
  const repairs = delays === undefined ? 0 : sum(delays.counts);
  return {
    rateIn: rates.in,
    rateOut: rates.out,
    loss: counted === undefined ? 0 : lossOf(counted),
    repaired: counted === undefined ? 0 : repairedOf(counted),
    lost: counted?.unrecovered ?? 0,
    hopRttMs: counted?.parents.find(({ rttMs }) => rttMs !== undefined)?.rttMs,
    repairMs: delays === undefined || repairs === 0 ? 0 : delays.sumMs / repairs,
  };
}
