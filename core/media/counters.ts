/** Counters of one stream while they are being counted, and as they are shown. */
import type { Addr } from "../ports.ts";
import type { LinkId, StreamCounters } from "./api.ts";
import type { Stream } from "./stream.ts";

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
  unrecovered = 0;
  nacksSent = 0;
  nacksReceived = 0;
  retransmitsSent = 0;
  retransmitsRefused = 0;
  delivered = 0;
  lostAtReceivers = 0;
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
  const { tally, children } = stream;
  return {
    ...tally,
    ssrc: stream.ssrc,
    packetsOut: children.packetsOut,
    bytesOut: children.bytesOut,
    delivered: stream.receivers.reduce((sum, one) => sum + one.delivered, tally.delivered),
    lostAtReceivers: stream.receivers.reduce((sum, one) => sum + one.lost, tally.lostAtReceivers),
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
