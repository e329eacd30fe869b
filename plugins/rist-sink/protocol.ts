/**
 * The sending end of RIST Simple Profile (VSF TR-06-1). The media engine does the work, as an origin with one
 * child; this brain keeps RIST's rhythm of reports and hears nobody but the one receiver. No I/O.
 */
import { ssrcOf } from "../../core/ids.ts";
import type { LinkId, MediaChunk, StreamCounters } from "../../core/media/api.ts";
import { MediaEngine } from "../../core/media/engine.ts";
import { MediaClock } from "../../core/media/media_clock.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Addr } from "../../core/ports.ts";
import { RIST_REPORT_MS, RIST_SILENCE_MS, RistVoice } from "../../core/wire/rist.ts";
import { rtcpValid } from "../../core/wire/rtcp.ts";
import { isRtcp, RTP_HEADER_BYTES } from "../../core/wire/rtp.ts";

/** The receiver, as the engine's one link. */
const RECEIVER: LinkId = 1;
/** Packets per ms that the ring has room for: 200 Mbit/s. */
const RING_PACKETS_PER_MS = 20;
/** Retransmissions cost at most half of the stream's own rate: a loss storm never doubles the traffic. */
const REPAIR_SHARE = 0.5;
/** After the last packet requests are served for at most this long: a node leaves within two seconds. */
const LINGER_MAX_MS = 1000;
/** No RTCP datagram of a receiver is longer than an Ethernet frame. */
const RTCP_MAX_BYTES = 1500;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** What the sending end hears. */
export type SenderEvent =
  | { readonly kind: "chunks"; readonly chunks: readonly MediaChunk[] }
  | { readonly kind: "rtcp"; readonly from: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "tick" }
  /** Nothing more will be pushed: serve the last requests, say goodbye. */
  | { readonly kind: "end" };

/** What is to be done. */
export type SenderEffect =
  /** To the even port. */
  | { readonly kind: "rtp"; readonly bytes: Uint8Array }
  /** To the odd port. */
  | { readonly kind: "rtcp"; readonly bytes: Uint8Array }
  /** The receiver answers, or has stopped to. */
  | { readonly kind: "receiver"; readonly up: boolean }
  /** After `end`: all is said. */
  | { readonly kind: "done" };

/** How a sending end is set. */
export interface SenderOptions {
  /** Media goes to this even port, RTCP to the next. */
  readonly to: Addr;
  /** 32 random bits. */
  readonly ssrc: number;
  /** First sequence number: random (RFC 3550, section 5.1). */
  readonly first: number;
  readonly bufferMs: number;
  readonly cname: string;
}

/** Totals. */
export interface SenderCounters {
  readonly packets: number;
  readonly bytes: number;
  readonly retransmits: number;
  /** Requests beyond the budget. */
  readonly refused: number;
  readonly nacks: number;
  /** Datagrams of others than the receiver, and malformed ones. */
  readonly foreign: number;
  readonly bad: number;
}

/** One session's sending end. */
export class RistSender implements Machine<SenderEvent, SenderEffect> {
  readonly #engine: MediaEngine;
  readonly #voice: RistVoice;
  readonly #clock = new MediaClock();
  readonly #ssrc;
  #nextReportMs: number;
  #lastPacketMs = -Infinity;
  #heardMs = -Infinity;
  #host: string | undefined;
  #up = false;
  #endMs = Infinity;
  #over = false;
  #foreign = 0;
  #bad = 0;

  constructor(readonly options: SenderOptions, nowMs: number) {
    const ssrc = this.#ssrc = ssrcOf(options.ssrc);
    this.#voice = new RistVoice(ssrc, options.cname);
    this.#nextReportMs = nowMs;
    this.#engine = new MediaEngine({
      reporter: ssrc,
      recovery: {
        algorithm: "nack",
        options: { reorderMaxMs: 0, triesMax: 1, budgetShare: REPAIR_SHARE },
      },
    });
    const limits = {
      ringPackets: options.bufferMs * RING_PACKETS_PER_MS,
      ringMs: options.bufferMs,
      repairMs: options.bufferMs,
    };
    this.#engine.command({ kind: "open", ssrc, limits }, nowMs);
    // One turn of the 16-bit numbers is left below, so that extended numbers stay positive.
    this.#engine.command(
      { kind: "originate", ssrc, first: 65_536 + options.first % 65_536 },
      nowMs,
    );
    this.#engine.addChild(ssrc, RECEIVER, undefined, nowMs, () => {});
  }

  /** When `tick` is due. */
  deadlineMs(): number | undefined {
    if (this.#over) return undefined;
    return Math.min(
      this.#nextReportMs,
      this.#endMs,
      this.#engine.nextDeadlineMs() ?? Infinity,
      this.#up ? this.#heardMs + RIST_SILENCE_MS : Infinity,
    );
  }

  /** Whether the receiver answers. */
  get up(): boolean {
    return this.#up;
  }

  get counters(): SenderCounters {
    const stream = this.#stream();
    return {
      packets: stream?.packetsOut ?? 0,
      bytes: stream?.bytesOut ?? 0,
      retransmits: stream?.retransmitsSent ?? 0,
      refused: stream?.retransmitsRefused ?? 0,
      nacks: stream?.nacksReceived ?? 0,
      foreign: this.#foreign,
      bad: this.#bad,
    };
  }

  /** Round trip to the receiver and the loss it reports. */
  get link(): { readonly rttMs: number | undefined; readonly lossShare: number } {
    const child = this.#stream()?.children[0];
    return { rttMs: child?.rttMs, lossShare: child?.lossShare ?? 0 };
  }

  #stream(): StreamCounters | undefined {
    return this.#engine.streams(() => this.options.to)[0];
  }

  handle(event: SenderEvent, nowMs: number): readonly SenderEffect[] {
    const out: SenderEffect[] = [];
    if (this.#over) return out;
    if (event.kind === "chunks") this.#publish(event.chunks, nowMs);
    else if (event.kind === "rtcp") this.#hear(event.from, event.bytes, nowMs, out);
    else if (event.kind === "end") this.#end(nowMs);
    if ((this.#engine.nextDeadlineMs() ?? Infinity) <= nowMs) this.#engine.tick(nowMs);
    this.#drain(out);
    if (this.#nextReportMs <= nowMs) this.#report(nowMs, out);
    if (this.#up && nowMs - this.#heardMs >= RIST_SILENCE_MS) {
      this.#up = false;
      out.push({ kind: "receiver", up: false });
    }
    if (this.#endMs <= nowMs) {
      this.#over = true;
      out.push({ kind: "rtcp", bytes: this.#voice.bye() }, { kind: "done" });
    }
    return out;
  }

  #publish(chunks: readonly MediaChunk[], nowMs: number): void {
    for (const chunk of chunks) {
      // Numbers are given anew: a hole that nobody can fill is not worth a request.
      const dueMs = this.#clock.dueMs(chunk.timestamp, nowMs);
      this.#engine.publish(this.#ssrc, chunk.payload, dueMs, nowMs);
    }
    this.#lastPacketMs = nowMs;
  }

  #hear(from: Addr, bytes: Uint8Array, nowMs: number, out: SenderEffect[]): void {
    if (!this.#isReceiver(from, nowMs)) {
      this.#foreign++;
      return;
    }
    if (bytes.length > RTCP_MAX_BYTES || !isRtcp(bytes) || !rtcpValid(bytes)) {
      this.#bad++;
      return;
    }
    this.#host = from.host;
    this.#heardMs = nowMs;
    if (!this.#up) {
      this.#up = true;
      out.push({ kind: "receiver", up: true });
    }
    this.#engine.receiveOne(RECEIVER, bytes, nowMs);
  }

  /** An IPv4 address must be the configured one; behind a name the first that answers is it. */
  #isReceiver(from: Addr, nowMs: number): boolean {
    const { to } = this.options;
    if (from.port !== to.port + 1) return false;
    if (from.host === to.host) return true;
    if (IPV4.test(to.host)) return false;
    return this.#host === undefined || this.#host === from.host ||
      nowMs - this.#heardMs >= RIST_SILENCE_MS;
  }

  #end(nowMs: number): void {
    // Sends what has been begun; the engine's own farewells mean nothing to a RIST receiver.
    this.#engine.command({ kind: "end", ssrc: this.#ssrc }, nowMs);
    const lingerMs = Math.min(LINGER_MAX_MS, this.options.bufferMs);
    this.#endMs = this.#up ? Math.max(nowMs, this.#lastPacketMs + lingerMs) : nowMs;
  }

  #report(nowMs: number, out: SenderEffect[]): void {
    this.#nextReportMs = nowMs + RIST_REPORT_MS;
    const child = this.#stream()?.children[0];
    const packets = child?.packets ?? 0;
    const octets = (child?.bytes ?? 0) - packets * RTP_HEADER_BYTES;
    const timestamp = Math.round(nowMs * 90) % 2 ** 32;
    out.push({
      kind: "rtcp",
      bytes: this.#voice.senderReport(nowMs, timestamp, packets, octets),
    });
  }

  /** What the engine wants sent: media as it is, feedback in RIST's words. */
  #drain(out: SenderEffect[]): void {
    const { out: box } = this.#engine;
    for (let index = 0; index < box.sends; index++) {
      const bytes = box.sendAt(index)?.bytes;
      if (bytes === undefined) continue;
      if (!isRtcp(bytes)) {
        out.push({ kind: "rtp", bytes });
        continue;
      }
      const translated = this.#voice.translate(bytes);
      if (translated !== undefined) out.push({ kind: "rtcp", bytes: translated });
    }
    box.clear();
  }
}
