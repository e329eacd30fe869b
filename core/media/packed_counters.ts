/**
 * Counters of many streams as one row of numbers: a thread that serves a thousand streams tells them each second, and a
 * thousand objects with their lists cost more to copy from thread to thread than all else it does in that time.
 */
import type { Ssrc } from "../ids.ts";
import type { Addr } from "../ports.ts";
import type { DatapathCounters, LinkCounters, LinkId, StreamCounters } from "./api.ts";
import { REPAIR_DELAYS_MS, type Tally } from "./counters.ts";
import type { Stream } from "./stream.ts";

/** All counters but those of the streams, and these packed. */
export interface PackedCounters {
  readonly totals: Omit<DatapathCounters, "streams">;
  readonly rows: Float64Array<ArrayBuffer>;
}

/** The plain numbers of a tally, in the order they are written. */
const PLAIN = [
  "packetsIn",
  "bytesIn",
  "duplicates",
  "late",
  "reordered",
  "gaps",
  "recoveredByNack",
  "recoveredByFec",
  "recoveredByPath",
  "unrecovered",
  "nacksSent",
  "nacksReceived",
  "retransmitsSent",
  "retransmitsRefused",
] as const satisfies readonly (keyof Tally)[];
const DELAYS = REPAIR_DELAYS_MS.length + 1;
/** Ssrc, packets and bytes out, delivered, lost, the sum of delays, parents, children. */
const HEAD = 8;
const STREAM_NUMBERS = HEAD + PLAIN.length + DELAYS;
const LINK_NUMBERS = 8;

/** What parents and children have in common. */
interface LinkSide {
  readonly link: { readonly id: LinkId; readonly trip: { readonly ms: number | undefined } };
  readonly jitterMs: number;
  readonly lossShare: number;
  readonly retransmits: number;
}

class Writer {
  readonly rows: Float64Array<ArrayBuffer>;
  #at = 0;

  constructor(rows: Float64Array<ArrayBuffer>) {
    this.rows = rows;
  }

  put(value: number): void {
    this.rows[this.#at++] = value;
  }

  link(side: LinkSide, packets: number, bytes: number, catchingUp: boolean): void {
    this.put(side.link.id);
    this.put(packets);
    this.put(bytes);
    this.put(side.link.trip.ms ?? NaN);
    this.put(side.jitterMs);
    this.put(side.lossShare);
    this.put(side.retransmits);
    this.put(catchingUp ? 1 : 0);
  }

  stream({ ssrc, tally, parents, children, receivers }: Stream): void {
    let { delivered, lost } = receivers;
    for (const one of receivers.list) {
      delivered += one.delivered;
      lost += one.lost;
    }
    this.put(ssrc);
    this.put(children.packetsOut);
    this.put(children.bytesOut);
    this.put(delivered);
    this.put(lost);
    this.put(tally.repairDelays.sumMs);
    this.put(parents.length);
    this.put(children.size);
    for (const name of PLAIN) this.put(tally[name]);
    for (let at = 0; at < DELAYS; at++) this.put(tally.repairDelays.counts[at] ?? 0);
    for (const one of parents) this.link(one, one.packets, one.bytes, !one.caughtUp);
    for (const one of children.values()) {
      this.link(one, children.packetsOf(one), children.bytesOf(one), one.catching);
    }
  }
}

/** Writes the counters of all streams. */
export function packStreams(streams: Iterable<Stream>): Float64Array<ArrayBuffer> {
  let numbers = 0;
  for (const { parents, children } of streams) {
    numbers += STREAM_NUMBERS + LINK_NUMBERS * (parents.length + children.size);
  }
  const writer = new Writer(new Float64Array(numbers));
  for (const stream of streams) writer.stream(stream);
  return writer.rows;
}

class Reader {
  readonly rows: Float64Array;
  readonly remoteOf: (link: LinkId) => Addr;
  #at = 0;

  constructor(rows: Float64Array, remoteOf: (link: LinkId) => Addr) {
    this.rows = rows;
    this.remoteOf = remoteOf;
  }

  get isOver(): boolean {
    return this.#at >= this.rows.length;
  }

  take(): number {
    return this.rows[this.#at++] ?? 0;
  }

  #links(count: number): LinkCounters[] {
    return Array.from({ length: count }, () => {
      const link = this.take();
      const [packets, bytes, rttMs] = [this.take(), this.take(), this.take()];
      return {
        link,
        remote: this.remoteOf(link),
        packets,
        bytes,
        rttMs: Number.isNaN(rttMs) ? undefined : rttMs,
        jitterMs: this.take(),
        lossShare: this.take(),
        retransmits: this.take(),
        catchingUp: this.take() === 1,
      };
    });
  }

  stream(): StreamCounters {
    // Written by `stream` above.
    const ssrc = this.take() as Ssrc;
    const [packetsOut, bytesOut] = [this.take(), this.take()];
    const [delivered, lostAtReceivers, sumMs] = [this.take(), this.take(), this.take()];
    const [parents, children] = [this.take(), this.take()];
    const plain = PLAIN.map((name) => [name, this.take()] as const);
    const counts = Array.from({ length: DELAYS }, () => this.take());
    return {
      ...Object.fromEntries(plain) as Record<typeof PLAIN[number], number>,
      ssrc,
      packetsOut,
      bytesOut,
      delivered,
      lostAtReceivers,
      repairDelays: { counts, sumMs },
      parents: this.#links(parents),
      children: this.#links(children),
    };
  }
}

/** Reads what `packStreams` wrote; `remoteOf` names a link's remote address. */
export function unpackStreams(
  rows: Float64Array,
  remoteOf: (link: LinkId) => Addr,
): readonly StreamCounters[] {
  const reader = new Reader(rows, remoteOf);
  const streams: StreamCounters[] = [];
  while (!reader.isOver) streams.push(reader.stream());
  return streams;
}
