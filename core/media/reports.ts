/**
 * What a stream says by itself: reports to children and parents (RFC 3550), head reports while nothing
 * flows, farewells. One pass of `tickStream` does everything that is due.
 */
import type { Child } from "./child.ts";
import type { Parent } from "./parent.ts";
import { CNAME } from "./recovery/nack.ts";
import type { Stream } from "./stream.ts";
import { ntpMiddle } from "../wire/rtcp.ts";

/** Reports come once a second: RTCP's usual five would hide a bad link for too long. */
const REPORT_MS = 1000;
/** A bad link loses reports too: they come twice as often. */
const reportMs = (lossShare: number): number => lossShare > 0.1 ? REPORT_MS / 2 : REPORT_MS;
/** Nothing sent for this long is a pause: three reports can be heard before it counts as a silence. */
const IDLE_MIN_MS = 25;
/** Head reports in a pause come at these distances: soon, so that a lost tail is repaired, then seldom. */
const IDLE_STEPS_MS = [20, 20, 40, 80, 160, 320, 640, 960];
/**
 * What a relay promises beyond its own parent's promise: its children wait that much longer than it does
 * itself, so that those next to a death mend it and nobody behind them moves.
 */
const COVER_MS = 20;
/** Three farewells, at 0, 50 and 150 ms. */
const FAREWELL_GAPS_MS = [Infinity, 100, 50];
/** Retransmissions that wait for their turn go out in steps of this. */
const QUEUE_STEP_MS = 2;

/** A silence found this long after its time tells of this node's own pause, not of the parent's. */
const ASLEEP_MS = 25;
/** What came during such a pause is read within this time. */
const AWAKE_MS = 15;

/** Does what is due; returns when to come again. */
export function tickStream(stream: Stream, nowMs: number): number {
  let nextMs = tickParents(stream, nowMs);
  if (stream.gaps.size > 0) nextMs = Math.min(nextMs, stream.recovery.run(stream, nowMs));
  nextMs = Math.min(nextMs, stream.children.tick(nowMs), tickChildren(stream, nowMs));
  nextMs = Math.min(nextMs, stream.receivers.tick(nowMs));
  const { packetizer } = stream;
  if (packetizer !== undefined) {
    if (packetizer.flushMs <= nowMs) packetizer.flush(nowMs);
    nextMs = Math.min(nextMs, packetizer.flushMs);
  }
  return nextMs;
}

function tickParents(stream: Stream, nowMs: number): number {
  let nextMs = Infinity;
  for (const parent of stream.parents) {
    const silentMs = parent.rhythm.silentFromMs;
    if (parent.silent || stream.end !== undefined || stream.parentSaidBye) {
      // Silence is told once, and expected at the end.
    } else if (nowMs >= silentMs + ASLEEP_MS) {
      parent.rhythm.extend(nowMs, AWAKE_MS);
      nextMs = Math.min(nextMs, nowMs + AWAKE_MS);
    } else if (nowMs >= silentMs) {
      parent.silent = true;
      parent.flowing = false;
      parent.idle = false;
      const { link } = parent;
      const silent = nowMs - parent.rhythm.lastMs;
      stream.out.events.push({
        kind: "silent",
        ssrc: stream.ssrc,
        link: link.id,
        silentMs: silent,
      });
    } else nextMs = Math.min(nextMs, silentMs);
    if (parent.nextReportMs <= nowMs) {
      parent.nextReportMs = nowMs + reportMs(parent.lossShare);
      if (parent.packets > 0) receiverReport(stream, parent, nowMs);
    }
    nextMs = Math.min(nextMs, parent.nextReportMs);
  }
  return nextMs;
}

function receiverReport(stream: Stream, parent: Parent, nowMs: number): void {
  const { writer, reporter } = stream;
  const sinceMs = parent.lastSenderReportMs === 0 ? 0 : nowMs - parent.lastSenderReportMs;
  writer.reset().receiverReport(reporter, {
    ssrc: stream.ssrc,
    lossShare: parent.lossShare,
    lostTotal: parent.lostTotal,
    highest: Math.max(0, parent.highest) % 2 ** 32,
    jitter: parent.jitterMs * 90,
    lastSenderReport: parent.lastSenderReport,
    delaySinceReport: Math.round(sinceMs * 65.536),
  }).cname(reporter, CNAME);
  if (parent.link.takeEcho(nowMs)) writer.echoRequest(stream.ssrc, nowMs);
  stream.out.send(writer.take(), parent.link.alone);
}

function tickChildren(stream: Stream, nowMs: number): number {
  if (stream.children.size === 0) return Infinity;
  if (stream.nextReportMs <= nowMs) {
    stream.nextReportMs = Infinity;
    let worst = 0;
    for (const child of stream.children.values()) {
      if (child.nextReportMs <= nowMs) {
        child.nextReportMs = nowMs + reportMs(child.lossShare);
        if (stream.children.packetsOf(child) > 0) senderReport(stream, child, nowMs);
      }
      stream.nextReportMs = Math.min(stream.nextReportMs, child.nextReportMs);
      worst = Math.max(worst, child.lossShare);
    }
    stream.adaptParity(worst);
  }
  if (stream.farewellMs <= nowMs) farewells(stream, nowMs);
  return Math.min(
    stream.nextReportMs,
    stream.farewellMs,
    idleReport(stream, nowMs),
    retransmissions(stream, nowMs),
  );
}

/** The first number this child has not been sent. */
function nextOf(stream: Stream, child: Child): number {
  return child.catching ? child.cursor : Math.max(stream.ring.top + 1, stream.base);
}

function senderReport(stream: Stream, child: Child, nowMs: number): void {
  const { writer, ssrc, children } = stream;
  const sinceMs = nowMs - stream.lastArrivalMs;
  const timestamp = (stream.lastTimestamp + Math.round(sinceMs * 90)) % 2 ** 32;
  writer.reset()
    .senderReport(ssrc, nowMs, timestamp, children.packetsOf(child), children.bytesOf(child))
    .cname(ssrc, CNAME)
    .head(ssrc, nextOf(stream, child), 0);
  if (child.link.takeEcho(nowMs)) writer.echoRequest(ssrc, nowMs);
  stream.out.send(writer.take(), child.link.alone);
}

/** Whether this node knows that nothing is missing upstream: it numbers itself, or a parent speaks. */
function isFed(stream: Stream): boolean {
  return stream.packetizer !== undefined ||
    stream.parents.some((parent) => (parent.flowing || parent.idle) && !parent.silent);
}

/** How soon children are told to expect to hear from here again: never far beyond what is known here. */
function promisable(stream: Stream, stepMs: number, nowMs: number): number {
  if (stream.packetizer !== undefined) return stepMs;
  let coveredMs = 0;
  for (const { rhythm } of stream.parents) {
    coveredMs = Math.max(coveredMs, rhythm.promisedForMs(nowMs));
  }
  return Math.min(stepMs, Math.round(COVER_MS + coveredMs));
}

/** While nothing flows all children that are up to date get one and the same head report. */
function idleReport(stream: Stream, nowMs: number): number {
  const { ring, children } = stream;
  if (stream.base < 0 || stream.end !== undefined || children.live.length === 0) return Infinity;
  if (stream.idleStep === 0) {
    stream.idleReportMs = stream.rhythm.idleFromMs(IDLE_MIN_MS);
  }
  if (nowMs < stream.idleReportMs) return stream.idleReportMs;
  const stepMs = IDLE_STEPS_MS[Math.min(stream.idleStep, IDLE_STEPS_MS.length - 1)] ?? REPORT_MS;
  stream.idleStep++;
  stream.idleReportMs = nowMs + stepMs;
  if (isFed(stream)) {
    const { writer, ssrc, reporter } = stream;
    writer.reset().receiverReport(reporter).cname(reporter, CNAME)
      .head(ssrc, Math.max(ring.top + 1, stream.base), promisable(stream, stepMs, nowMs));
    stream.out.send(writer.take(), children.live);
  }
  return stream.idleReportMs;
}

function farewells(stream: Stream, nowMs: number): void {
  const { writer, ssrc, reporter, children } = stream;
  const last = stream.end?.last ?? stream.ring.top;
  writer.reset().receiverReport(reporter).cname(ssrc, CNAME).head(ssrc, last + 1, 0)
    .bye(ssrc);
  const targets = [...children.values()].map((child) => child.link.id);
  if (targets.length > 0) stream.out.send(writer.take(), targets);
  stream.farewells--;
  stream.farewellMs = nowMs + (FAREWELL_GAPS_MS[stream.farewells] ?? Infinity);
}

/** Sends a packet again to one child, marked as RIST does it: the lowest bit of the SSRC is set. */
export function resend(stream: Stream, child: Child, bytes: Uint8Array): void {
  let marked = bytes;
  if (((bytes[11] ?? 0) & 1) === 0) {
    marked = bytes.slice();
    marked[11] = (marked[11] ?? 0) | 1;
  }
  stream.children.sendAlone(child, marked);
  child.retransmits++;
  stream.tally.retransmitsSent++;
}

function retransmissions(stream: Stream, nowMs: number): number {
  if (!stream.children.repairing) return Infinity;
  stream.children.repairing = false;
  for (const child of stream.children.values()) {
    if (child.waiting === 0) continue;
    child.refillPace(stream.rate, nowMs);
    for (let number = child.dequeue(); number !== undefined; number = child.dequeue()) {
      const bytes = stream.ring.get(number);
      if (bytes !== undefined) resend(stream, child, bytes);
    }
    if (child.waiting > 0) stream.children.repairing = true;
  }
  return stream.children.repairing ? nowMs + QUEUE_STEP_MS : Infinity;
}

/** The middle bits of the clock, against which a report's LSR and DLSR give a round trip. */
export function tripFromReport(lastReport: number, delay: number, nowMs: number): number {
  return ((ntpMiddle(nowMs) - lastReport - delay) >>> 0) / 65.536;
}
