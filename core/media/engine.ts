/**
 * The media engine: pure and synchronous. A driver hands in datagrams, orders and the time, and takes
 * out datagrams to send, events and deliveries (`out`), and the moment to call `tick` next.
 *
 * ```
 * engine.receive(batch, nowMs); drain(engine.out); engine.out.clear(); arm(engine.nextDeadlineMs())
 * ```
 *
 * Nothing in here throws for what comes from the network, and all state is bounded: streams and links
 * exist only by order.
 */
import type { Ssrc } from "../ids.ts";
import type { Addr } from "../ports.ts";
import { rtcpValid, RtcpWriter } from "../wire/rtcp.ts";
import { isRtcp, RTP_TYPE_MPEG_TS, rtpHeaderBytes, rtpSsrc, rtpType } from "../wire/rtp.ts";
import { paritySsrc, RTP_TYPE_PARITY } from "../wire/rtp_fec.ts";
import type {
  EngineCommand,
  InPacket,
  LinkId,
  ReceiverSpec,
  RecoverySpec,
  StreamCounters,
  StreamLimits,
  StreamPosition,
} from "./api.ts";
import { Agenda } from "./agenda.ts";
import { EngineTally, type EngineTotals, engineTotals } from "./counters.ts";
import { Feedback } from "./feedback.ts";
import type { Link } from "./link.ts";
import { Links } from "./links.ts";
import { HeapMemory, type PacketMemory } from "./memory.ts";
import { Outbox } from "./out.ts";
import { packStreams, unpackStreams } from "./packed_counters.ts";
import { Receiver } from "./receiver.ts";
import { makeRecovery } from "./recovery/mod.ts";
import { tickStream } from "./reports.ts";
import { Stream } from "./stream.ts";
import type { StreamHost } from "./stream_host.ts";
import { Unwanted } from "./unwanted.ts";
import { CNAME } from "./recovery/nack.ts";

/** No media packet in use is longer: an Ethernet frame's worth. */
const PACKET_MAX_BYTES = 1500;
/** Receivers that may wait for a stream to be opened. */
const EARLY_RECEIVERS_MAX = 256;
/** Bounds of orders: rings from 64 packets to 2^20, times up to a minute. */
const RING_MAX_PACKETS = 2 ** 20;
const TIME_MAX_MS = 60_000;

/** What an engine is made with. */
export interface EngineOptions {
  readonly recovery: RecoverySpec;
  /** SSRC this node reports under: 32 random bits. */
  readonly reporter: number;
  /** Who owns packets; the garbage collector when left out. */
  readonly memory?: PacketMemory;
  /** Keeps a list of streams whose position may have changed, for `takeMoved`. */
  readonly tracksMoves?: boolean;
}

/** Forwards, repairs and delivers any number of streams. */
export class MediaEngine implements StreamHost {
  readonly out = new Outbox();
  readonly writer = new RtcpWriter();
  readonly reporter: number;
  readonly memory: PacketMemory;
  readonly tally = new EngineTally();
  readonly #recovery: RecoverySpec;
  readonly #streams = new Map<number, Stream>();
  readonly #links = new Links();
  readonly #receivers = new Map<number, Receiver>();
  readonly #early: Receiver[] = [];
  readonly #touched: Receiver[] = [];
  readonly #tracksMoves: boolean;
  readonly #moved: Stream[] = [];
  readonly #unwanted = new Unwanted();
  readonly #feedback: Feedback;
  #lastStream: Stream | undefined;
  readonly #agenda = new Agenda<Stream>();
  #nextReceiver = 1;

  constructor(options: EngineOptions) {
    this.#recovery = options.recovery;
    this.reporter = options.reporter >>> 0;
    this.memory = options.memory ?? new HeapMemory();
    this.#tracksMoves = options.tracksMoves ?? false;
    this.#feedback = new Feedback({
      out: this.out,
      writer: this.writer,
      reporter: this.reporter,
      streamOf: (ssrc) => this.#streams.get((ssrc & ~1) >>> 0),
      linkOf: (link) => this.#links.get(link),
      wakeStream: (stream, atMs) => this.wake(stream, atMs),
    });
  }

  /** When `tick` is due; undefined when nothing is. */
  nextDeadlineMs(): number | undefined {
    const nextMs = Math.min(this.#agenda.nextMs, this.#links.dueMs);
    return nextMs === Infinity ? undefined : nextMs;
  }

  wake(stream: Stream, atMs: number): void {
    this.#agenda.soonest(stream, atMs);
  }

  touched(receiver: Receiver): void {
    this.#touched.push(receiver);
  }

  #move(stream: Stream): void {
    if (!this.#tracksMoves || stream.moved) return;
    stream.moved = true;
    this.#moved.push(stream);
  }

  /** Calls `fn` for each stream whose position may have changed since the last call. */
  takeMoved(fn: (stream: Stream) => void): void {
    for (const stream of this.#moved) {
      stream.moved = false;
      fn(stream);
    }
    this.#moved.length = 0;
  }

  /** Takes in datagrams, in order of arrival. */
  receive(batch: readonly InPacket[], nowMs: number): void {
    for (const packet of batch) this.#packet(packet.link, packet.bytes, nowMs);
    this.#flush();
  }

  /** Takes in one datagram. */
  receiveOne(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    this.#packet(link, bytes, nowMs);
    this.#flush();
  }

  #packet(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    const { tally } = this;
    tally.packetsIn++;
    tally.bytesIn += bytes.length;
    if (isRtcp(bytes)) {
      if (bytes.length > PACKET_MAX_BYTES || !rtcpValid(bytes)) tally.malformed++;
      else {
        this.#feedback.receive(link, bytes, nowMs);
        this.#lives(this.#links.get(link), nowMs);
      }
      return;
    }
    if (bytes.length > PACKET_MAX_BYTES || rtpHeaderBytes(bytes) === 0) {
      tally.malformed++;
      return;
    }
    if (rtpType(bytes) !== RTP_TYPE_MPEG_TS) {
      this.#parity(link, bytes, nowMs);
      return;
    }
    const ssrc = (rtpSsrc(bytes) & ~1) >>> 0;
    const last = this.#lastStream;
    const stream = last?.ssrc === ssrc ? last : this.#streams.get(ssrc);
    if (stream === undefined) {
      tally.unknownStream++;
      this.#nuisance(link, ssrc, nowMs);
      return;
    }
    this.#lastStream = stream;
    const parent = stream.parentOn(link);
    if (parent === undefined) {
      stream.preRoll.add(link, this.memory.copy(bytes), nowMs);
      this.#nuisance(link, ssrc, nowMs);
    } else {
      stream.media(parent, bytes, nowMs);
      this.#move(stream);
      this.#lives(parent.link, nowMs);
    }
  }

  #lives(link: Link | undefined, nowMs: number): void {
    if (link?.takeAlive(nowMs)) this.out.events.push({ kind: "alive", link: link.id });
  }

  #parity(link: LinkId, bytes: Uint8Array, nowMs: number): void {
    const isParity = rtpType(bytes) === RTP_TYPE_PARITY;
    const stream = isParity ? this.#streams.get(paritySsrc(rtpSsrc(bytes))) : undefined;
    if (isParity && stream === undefined) this.tally.unknownStream++;
    else if (stream?.parentOn(link) === undefined || !stream.parity(bytes, nowMs)) {
      this.tally.malformed++;
    } else this.#move(stream);
  }

  #nuisance(link: LinkId, ssrc: number, nowMs: number): void {
    this.tally.unwanted++;
    if (!this.#unwanted.note(link, ssrc, nowMs)) return;
    // Seen on the wire: the stream's number without the mark of a retransmission.
    this.out.events.push({ kind: "unwanted", ssrc: ssrc as Ssrc, link });
  }

  /** Carries out an order. */
  command(command: EngineCommand, nowMs: number): void {
    this.#links.ordered(nowMs);
    if (!this.#order(command, nowMs)) this.tally.ignored++;
    this.#flush();
  }

  #order(command: EngineCommand, nowMs: number): boolean {
    switch (command.kind) {
      case "open":
        return this.#open(command.ssrc, command.limits, nowMs);
      case "close":
        return this.#close(command.ssrc, nowMs);
      case "link-rtt":
        this.#links.of(command.link).trip.hint(command.rttMs);
        return true;
      case "close-link":
        return this.#closeLink(command.link);
    }
    const stream = this.#streams.get(command.ssrc);
    if (stream === undefined) return false;
    this.#move(stream);
    switch (command.kind) {
      case "originate":
        stream.originate(command.first, nowMs);
        return true;
      case "parent":
        this.#unwanted.forget(command.link);
        return stream.accept(this.#links.of(command.link), command.first, nowMs);
      case "parent-gone":
        return stream.leave(command.link);
      case "child-gone":
        return stream.removeChild(command.link);
      case "end":
        stream.finish(nowMs);
        return true;
    }
  }

  /** Whether a stream uses this link. */
  isBusy(link: LinkId): boolean {
    return this.#links.isBusy(link);
  }

  #open(ssrc: Ssrc, wanted: StreamLimits, nowMs: number): boolean {
    const limits = {
      ringPackets: Math.min(RING_MAX_PACKETS, wanted.ringPackets),
      ringMs: Math.min(TIME_MAX_MS, wanted.ringMs),
      repairMs: Math.min(TIME_MAX_MS, wanted.repairMs),
    };
    const known = this.#streams.get(ssrc);
    if (known !== undefined) {
      known.limits = limits;
      return true;
    }
    const stream = new Stream(ssrc, limits, makeRecovery(this.#recovery), this);
    this.#streams.set(ssrc, stream);
    for (let at = this.#early.length - 1; at >= 0; at--) {
      const receiver = this.#early[at];
      if (receiver?.spec.ssrc !== ssrc) continue;
      this.#early.splice(at, 1);
      stream.receivers.add(receiver, stream.base, nowMs);
    }
    return true;
  }

  #close(ssrc: Ssrc, nowMs: number): boolean {
    const stream = this.#streams.get(ssrc);
    if (stream === undefined) return false;
    stream.close(nowMs);
    this.#agenda.remove(stream);
    this.#streams.delete(ssrc);
    if (this.#lastStream === stream) this.#lastStream = undefined;
    return true;
  }

  #closeLink(id: LinkId): boolean {
    const link = this.#links.get(id);
    if (link === undefined) return false;
    for (const stream of this.#streams.values()) {
      stream.leave(id);
      stream.removeChild(id);
    }
    this.#unwanted.forget(id);
    return this.#links.delete(id);
  }

  /**
   * Starts sending a stream to a child (see `Datapath.addChild`). `done` is called as soon as the
   * stream's numbers are known, at once where they are; never for an unknown stream.
   */
  addChild(
    ssrc: Ssrc,
    link: LinkId,
    from: number | undefined,
    nowMs: number,
    done: (first: number) => void,
  ): void {
    const stream = this.#streams.get(ssrc);
    this.#links.ordered(nowMs);
    const added = stream?.addChild(this.#links.of(link), from, nowMs, done) ?? false;
    if (!added) this.tally.ignored++;
    this.#flush();
  }

  /** Packs and sends what the origin's source produced. */
  publish(ssrc: Ssrc, ts: Uint8Array, dueMs: number, nowMs: number): void {
    const stream = this.#streams.get(ssrc);
    const packetizer = stream?.packetizer;
    if (stream === undefined || packetizer === undefined || stream.end !== undefined) {
      this.tally.ignored++;
      return;
    }
    const { malformed } = packetizer;
    packetizer.push(ts, dueMs, nowMs);
    this.tally.malformed += packetizer.malformed - malformed;
    this.#move(stream);
    this.wake(stream, packetizer.flushMs);
    this.#flush();
  }

  /** Adds a receiver; a stream that is not open yet is waited for. Returns its number, -1 when there are too many. */
  addReceiver(spec: ReceiverSpec, nowMs: number): number {
    const receiver = new Receiver(this.#nextReceiver++, spec);
    const stream = this.#streams.get(spec.ssrc);
    if (stream === undefined) {
      if (this.#early.length >= EARLY_RECEIVERS_MAX) return -1;
      this.#early.push(receiver);
    }
    this.#receivers.set(receiver.id, receiver);
    stream?.receivers.add(receiver, stream.base, nowMs);
    this.#flush();
    return receiver.id;
  }

  /** Forgets a receiver. */
  removeReceiver(id: number): void {
    const receiver = this.#receivers.get(id);
    if (receiver === undefined) return;
    this.#receivers.delete(id);
    this.#streams.get(receiver.spec.ssrc)?.receivers.remove(receiver);
    if (this.#early.includes(receiver)) this.#early.splice(this.#early.indexOf(receiver), 1);
  }

  /** Hands receivers what is in order now, whatever its time. */
  hurry(nowMs: number): void {
    for (const stream of this.#streams.values()) stream.receivers.hurry(nowMs);
    this.#flush();
  }

  /** Does everything that is due. */
  tick(nowMs: number): void {
    for (const stream of this.#agenda.takeDue(nowMs)) {
      this.#move(stream);
      // What the pass itself wakes for may be sooner than what it returns.
      this.#agenda.soonest(stream, tickStream(stream, nowMs));
    }
    this.#links.echoes(nowMs, (link) => this.#echo(link, nowMs));
    this.#flush();
  }

  #echo({ alone }: Link, nowMs: number): void {
    this.writer.reset().receiverReport(this.reporter).cname(this.reporter, CNAME)
      .echoRequest(this.reporter, nowMs);
    this.out.send(this.writer.take(), alone);
  }

  /** Hands out what receivers have gathered during this call. */
  #flush(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    for (const receiver of touched) {
      receiver.flush(this.out);
      if (!receiver.ended || !this.#receivers.has(receiver.id)) continue;
      this.out.deliveries.push({ receiver: receiver.id, event: { kind: "end" } });
      this.removeReceiver(receiver.id);
    }
    touched.length = 0;
  }

  /** Where a stream stands at this node. */
  position(ssrc: Ssrc, nowMs: number): StreamPosition {
    return this.#streams.get(ssrc)?.position(nowMs) ??
      { head: undefined, tail: undefined, next: undefined, lastArrivalMs: 0 };
  }

  /** Everything counted beside and over all streams. */
  totals(): EngineTotals {
    return engineTotals(this.tally, this.#streams.values());
  }

  /** What each stream counted; `remoteOf` names a link's remote address. */
  streams(remoteOf: (link: LinkId) => Addr): readonly StreamCounters[] {
    return unpackStreams(this.packStreams(), remoteOf);
  }

  /** The same for another thread. */
  packStreams(): Float64Array<ArrayBuffer> {
    return packStreams([...this.#streams.values()]);
  }
}
