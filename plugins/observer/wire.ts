/** A summary as messages and back: whole numbers, in parts that each fit a datagram. */
import type { NodeName } from "../../core/ids.ts";
import type { LinkSummary, NodeSummary, StreamSummary } from "../../core/observe.ts";
import { BODY_MAX_BYTES, bodyBytes } from "../../core/wire/control_codec.ts";
import type { MessageBody } from "../../core/wire/messages.ts";

/** One part of a summary. */
export type Part = MessageBody<"SUMMARY">;
type WireLink = Part["links"][number];
type WireStream = Part["streams"][number];

/** Parts of one summary at most; what does not fit is cut and counted. */
export const PARTS_MAX = 32;
const LINKS_A_PART = 32;
const STREAMS_A_PART = 16;
const UINT32_MAX = 0xffffffff;

/** A whole number in the range that the schema allows. */
export function whole(value: number, max = Number.MAX_SAFE_INTEGER): number {
  return Number.isFinite(value) && value > 0 ? Math.min(max, Math.round(value)) : 0;
}
const uint32 = (value: number): number => whole(value, UINT32_MAX);
const ppm = (share: number): number => whole(share * 1e6, 1_000_000);
const us = (ms: number | undefined): number => uint32((ms ?? 0) * 1000);
/** A measured round trip is never told as 0, which stands for none. */
const trip = (ms: number | undefined): number => ms === undefined ? 0 : Math.max(1, us(ms));
const tripBack = (value: number): number | undefined => value === 0 ? undefined : value / 1000;

function linkOut(link: LinkSummary): WireLink {
  const { host, port } = link.control;
  return [
    link.name,
    host,
    port,
    link.state,
    trip(link.rttMs),
    ppm(link.lossIn),
    ppm(link.lossOut),
  ];
}

function linkIn([name, host, port, state, rtt, lossIn, lossOut]: WireLink): LinkSummary {
  return {
    name,
    control: { host, port },
    state,
    rttMs: tripBack(rtt),
    lossIn: lossIn / 1e6,
    lossOut: lossOut / 1e6,
  };
}

function streamOut(one: StreamSummary): WireStream {
  return {
    name: one.name,
    state: one.state,
    parents: one.parents.slice(0, 4),
    ...(one.standby === undefined ? {} : { standby: one.standby }),
    rates: [whole(one.rateIn), whole(one.rateOut)],
    loss: ppm(one.loss),
    repairs: [whole(one.repaired), whole(one.lost)],
    timesUs: [trip(one.hopRttMs), us(one.repairMs), us(one.bufferMs)],
    watched: [uint32(one.children), uint32(one.sessions)],
    moves: [uint32(one.failovers), uint32(one.handovers)],
  };
}

function streamIn(one: WireStream): StreamSummary {
  const { name, state, parents, standby } = one;
  const [[rateIn, rateOut], [repaired, lost]] = [one.rates, one.repairs];
  const [hop, repair, buffer] = one.timesUs;
  const [[children, sessions], [failovers, handovers]] = [one.watched, one.moves];
  return {
    name,
    state,
    parents,
    standby,
    rateIn,
    rateOut,
    loss: one.loss / 1e6,
    repaired,
    lost,
    hopRttMs: tripBack(hop),
    repairMs: repair / 1000,
    bufferMs: buffer / 1000,
    children,
    sessions,
    failovers,
    handovers,
  };
}

function headOut(one: NodeSummary, cut: number): NonNullable<Part["head"]> {
  const { control, keepalive, media } = one.ports;
  return {
    roles: one.roles.slice(0, 8),
    pop: one.pop,
    host: one.host,
    ports: [control, keepalive, media],
    version: one.version.slice(0, 32),
    uptimeMs: whole(one.uptimeMs),
    cpu: uint32(one.cpu * 1e6),
    memory: whole(one.memoryBytes),
    rates: [whole(one.rateIn), whole(one.rateOut)],
    loss: ppm(one.loss),
    repairs: [whole(one.repaired), whole(one.lost)],
    sessions: uint32(one.sessions),
    room: [uint32(one.children), uint32(one.maxChildren)],
    closed: one.closed,
    waitUs: us(one.waitMs),
    cut: uint32(cut),
  };
}

const EMPTY: Part = { stamp: Number.MAX_SAFE_INTEGER, part: 63, parts: 64, links: [], streams: [] };
/** Bytes that an empty part takes, and those that its lists' heads may grow by. */
const EMPTY_BYTES = bodyBytes("SUMMARY", EMPTY) + 4;

interface Filling {
  head: NonNullable<Part["head"]> | undefined;
  readonly links: WireLink[];
  readonly streams: WireStream[];
  bytes: number;
}

/** Fills parts one after the other; counts what finds no room. */
class Filler {
  readonly parts: Filling[] = [];
  cut = 0;

  constructor() {
    this.#next();
  }

  #next(): Filling {
    const made: Filling = { head: undefined, links: [], streams: [], bytes: EMPTY_BYTES };
    this.parts.push(made);
    return made;
  }

  add(more: Partial<Pick<Part, "head" | "links" | "streams">>): void {
    const size = bodyBytes("SUMMARY", { ...EMPTY, ...more }) - EMPTY_BYTES + 4;
    let at = this.parts.at(-1) ?? this.#next();
    const full = at.bytes + size > BODY_MAX_BYTES || at.links.length >= LINKS_A_PART ||
      at.streams.length >= STREAMS_A_PART;
    if (full) {
      if (this.parts.length >= PARTS_MAX || EMPTY_BYTES + size > BODY_MAX_BYTES) {
        this.cut++;
        return;
      }
      at = this.#next();
    }
    at.bytes += size;
    at.head ??= more.head;
    at.links.push(...more.links ?? []);
    at.streams.push(...more.streams ?? []);
  }
}

/** A summary as the parts it travels in. Streams that are watched here come first, so that the cut spares them. */
export function partsOf(summary: NodeSummary, stamp: number): readonly Part[] {
  const filler = new Filler();
  // The head is written last, because it tells what was cut; its longest form keeps the room.
  filler.add({ head: headOut(summary, UINT32_MAX) });
  for (const link of summary.links) filler.add({ links: [linkOut(link)] });
  const busy = (one: StreamSummary): number => one.state === "idle" ? 0 : 1;
  for (const one of [...summary.streams].sort((a, b) => busy(b) - busy(a))) {
    filler.add({ streams: [streamOut(one)] });
  }
  const parts = filler.parts.length;
  return filler.parts.map(({ links, streams }, part) => ({
    stamp,
    part,
    parts,
    ...(part === 0 ? { head: headOut(summary, summary.cut + filler.cut) } : {}),
    links,
    streams,
  }));
}

/** Puts parts of one stamp together. */
export class Assembly {
  readonly #parts: (Part | undefined)[];

  constructor(readonly stamp: number, readonly parts: number) {
    this.#parts = new Array<Part | undefined>(parts).fill(undefined);
  }

  /** Takes a part; false when it is none of this summary. */
  take(part: Part): boolean {
    if (part.stamp !== this.stamp || part.parts !== this.parts || part.part >= this.parts) {
      return false;
    }
    this.#parts[part.part] = part;
    return true;
  }

  /** The first part that is missing. */
  get missing(): number | undefined {
    const at = this.#parts.indexOf(undefined);
    return at < 0 ? undefined : at;
  }

  /** The summary once nothing is missing. */
  whole(name: NodeName, instance: number): NodeSummary | undefined {
    const parts = this.#parts.filter((part) => part !== undefined);
    const head = parts[0]?.head;
    if (head === undefined || parts.length < this.parts) return undefined;
    const [control, keepalive, media] = head.ports;
    return {
      name,
      instance,
      roles: head.roles,
      pop: head.pop,
      host: head.host,
      ports: { control, keepalive, media },
      version: head.version,
      uptimeMs: head.uptimeMs,
      cpu: head.cpu / 1e6,
      memoryBytes: head.memory,
      rateIn: head.rates[0],
      rateOut: head.rates[1],
      loss: head.loss / 1e6,
      repaired: head.repairs[0],
      lost: head.repairs[1],
      sessions: head.sessions,
      children: head.room[0],
      maxChildren: head.room[1],
      closed: head.closed,
      waitMs: head.waitUs / 1000,
      links: parts.flatMap((part) => part.links.map(linkIn)),
      streams: parts.flatMap((part) => part.streams.map(streamIn)),
      cut: head.cut,
    };
  }
}
