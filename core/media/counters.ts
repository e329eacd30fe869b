/** Counters of one stream while they are being counted, and as they are shown. */
import type { Addr } from "../ports.ts";
import type { DatapathCounters, LinkId, StreamCounters } from "./api.ts";
import type { Stream } from "./stream.ts";

/** Upper bounds of the repair delays that are counted apart; the default budget of a hop is 450 ms. */
export const REPAIR_DELAYS_MS: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 640];

/** How long missing packets were missing before they came after all. */
export class RepairDelays {
  /** Packets up to each bound of `REPAIR_DELAYS_MS`, then those beyond the last. */
  readonly counts = new Array<number>(REPAIR_DELAYS_MS.length + 1).fill(0);
  sumMs = 0;

  add(delayMs: number): void {
    let at = 0;
    while (delayMs > (REPAIR_DELAYS_MS[at] ?? Infinity)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sumMs += delayMs;
  }
}

/** Plain numbers; `StreamCounters` is made from them when somebody asks. */
export class Tally {
  packetsIn = 0;
  bytesIn = 0;
  duplicates = 0;
  late = 0;
  reordered = 0;
  gaps = 0;
  recoveredByNack = 0;
  recoveredByFec = 0;
  recoveredByPath = 0;
  readonly repairDelays = new RepairDelays();
  unrecovered = 0;
  nacksSent = 0;
  nacksReceived = 0;
  retransmitsSent = 0;
  retransmitsRefused = 0;
}

/** What the engine counts beyond streams. */
export class EngineTally {
  packetsIn = 0;
  bytesIn = 0;
  malformed = 0;
  unknownStream = 0;
  unwanted = 0;
  /** Orders about something unknown. */
  ignored = 0;
  preRollDropped = 0;
}

/** A stream's counters as the rest of Espalier sees them. */
export function streamCounters(stream: Stream, remoteOf: (link: LinkId) => Addr): StreamCounters {
  const { tally, children, receivers } = stream;
  return {
    ...tally,
    ssrc: stream.ssrc,
    packetsOut: children.packetsOut,
    bytesOut: children.bytesOut,
    delivered: receivers.list.reduce((sum, one) => sum + one.delivered, receivers.delivered),
    lostAtReceivers: receivers.list.reduce((sum, one) => sum + one.lost, receivers.lost),
    parents: stream.parents.map((parent) => ({
      link: parent.link.id,
      remote: remoteOf(parent.link.id),
      packets: parent.packets,
      bytes: parent.bytes,
      rttMs: parent.link.trip.ms,
      jitterMs: parent.jitterMs,
      lossShare: parent.lossShare,
      retransmits: parent.retransmits,
      catchingUp: !parent.caughtUp,
    })),
    children: [...children.values()].map((child) => ({
      link: child.link.id,
      remote: remoteOf(child.link.id),
      packets: children.packetsOf(child),
      bytes: children.bytesOf(child),
      rttMs: child.link.trip.ms,
      jitterMs: child.jitterMs,
      lossShare: child.lossShare,
      retransmits: child.retransmits,
      catchingUp: child.catching,
    })),
  };
}

/** What the driver adds to the engine's counters. */
export type EngineCounters = Omit<
  DatapathCounters,
  "strangers" | "badCookies" | "sendErrors" | "queueDropped"
>;

/** Everything an engine counted; `remoteOf` names a link's remote address. */
export function engineCounters(
  tally: EngineTally,
  open: Iterable<Stream>,
  remoteOf: (link: LinkId) => Addr,
): EngineCounters {
  const streams = [...open].map((stream) => streamCounters(stream, remoteOf));
  return {
    packetsIn: tally.packetsIn,
    bytesIn: tally.bytesIn,
    packetsOut: streams.reduce((sum, stream) => sum + stream.packetsOut, 0),
    bytesOut: streams.reduce((sum, stream) => sum + stream.bytesOut, 0),
    malformed: tally.malformed,
    unknownStream: tally.unknownStream,
    unwanted: tally.unwanted,
    streams,
  };
}
