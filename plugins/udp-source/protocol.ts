/** Takes in what an encoder sends: MPEG-TS in UDP or in RTP, told apart packet by packet. No I/O. */
import { addrKey } from "../../core/ids.ts";
import { TS_BYTES, TS_PAYLOAD_BYTES, TS_SYNC } from "../../core/media/ts.ts";
import { TsAligner } from "../../core/media/ts_align.ts";
import type { Addr } from "../../core/ports.ts";
import type { Machine } from "../../core/plugin.ts";
import {
  RTP_TYPE_MPEG_TS,
  rtpPayload,
  rtpSequence,
  rtpSsrc,
  rtpType,
} from "../../core/wire/rtp.ts";
import { type ReorderCounters, RtpReorder } from "./reorder.ts";

/** What the intake hears. */
export type IntakeEvent =
  | { readonly kind: "packet"; readonly from: Addr; readonly bytes: Uint8Array }
  | { readonly kind: "tick" };

/** What is to be done. */
export type IntakeEffect =
  /** At most seven whole packets that came just now. */
  | { readonly kind: "push"; readonly bytes: Uint8Array }
  /** This sender is heard from now on. */
  | { readonly kind: "sender"; readonly sender: string; readonly before: string | undefined }
  /** Nothing came for the time that `silence` says. */
  | { readonly kind: "silent" };

/** How the intake is set. */
export interface IntakeOptions {
  readonly from: readonly string[];
  readonly silenceMs: number;
  readonly reorderMs: number;
}

/** Totals. */
export interface IntakeCounters extends ReorderCounters {
  readonly packets: number;
  readonly bytes: number;
  /** Datagrams that are neither MPEG-TS nor RTP with MPEG-TS. */
  readonly bad: number;
  /** Datagrams of senders that are not heard: not listed, or beside the present one. */
  readonly foreign: number;
  readonly skippedBytes: number;
}

/** The state behind one listening socket. */
export class Intake implements Machine<IntakeEvent, IntakeEffect> {
  readonly #allowed: ReadonlySet<string>;
  readonly #reorder: RtpReorder;
  #aligner = new TsAligner();
  #sender: string | undefined;
  #senderHost: string | undefined;
  #senderPort = 0;
  #lastMs = -Infinity;
  #silent = true;
  #ssrc: number | undefined;
  #packets = 0;
  #bytes = 0;
  #bad = 0;
  #foreign = 0;
  #skippedBytes = 0;

  constructor(readonly options: IntakeOptions) {
    this.#allowed = new Set(options.from);
    this.#reorder = new RtpReorder(options.reorderMs);
  }

  /** The sender that is heard, and whether it is silent. */
  get sender(): string | undefined {
    return this.#sender;
  }

  get isSilent(): boolean {
    return this.#silent;
  }

  get counters(): IntakeCounters {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      bad: this.#bad,
      foreign: this.#foreign,
      skippedBytes: this.#skippedBytes + this.#aligner.skippedBytes,
      ...this.#reorder.counters,
    };
  }

  /** When `tick` is wanted next; undefined when nothing waits. */
  deadlineMs(): number | undefined {
    const held = this.#reorder.deadlineMs();
    const silent = this.#silent ? undefined : this.#lastMs + this.options.silenceMs;
    if (held === undefined || silent === undefined) return held ?? silent;
    return Math.min(held, silent);
  }

  handle(event: IntakeEvent, nowMs: number): readonly IntakeEffect[] {
    const out: IntakeEffect[] = [];
    if (event.kind === "packet") this.#onPacket(event.from, event.bytes, nowMs, out);
    for (const payload of this.#reorder.expire(nowMs)) this.#take(payload, out);
    if (!this.#silent && nowMs - this.#lastMs >= this.options.silenceMs) {
      this.#silent = true;
      out.push({ kind: "silent" });
    }
    return out;
  }

  #onPacket(from: Addr, bytes: Uint8Array, nowMs: number, out: IntakeEffect[]): void {
    const known = from.port === this.#senderPort && from.host === this.#senderHost;
    if (!known && (!this.#silent || !this.#mayHear(from))) {
      this.#foreign++;
      return;
    }
    const payload = rtpMedia(bytes);
    if (payload === undefined && !this.#looksRight(bytes)) {
      this.#bad++;
      return;
    }
    if (!known) this.#turnTo(from, out);
    this.#lastMs = nowMs;
    this.#silent = false;
    if (payload === undefined) return this.#take(bytes, out);
    const ssrc = rtpSsrc(bytes);
    if (ssrc !== this.#ssrc) {
      // Another RTP source, such as an encoder that was restarted: its numbers begin anew.
      for (const held of this.#reorder.flush()) this.#take(held, out);
      this.#ssrc = ssrc;
    }
    for (const ready of this.#reorder.feed(rtpSequence(bytes), payload, nowMs)) {
      this.#take(ready, out);
    }
  }

  #mayHear(from: Addr): boolean {
    return this.#allowed.size === 0 || this.#allowed.has(from.host);
  }

  #turnTo(from: Addr, out: IntakeEffect[]): void {
    const sender = addrKey(from);
    if (sender !== this.#sender) out.push({ kind: "sender", sender, before: this.#sender });
    this.#sender = sender;
    this.#senderHost = from.host;
    this.#senderPort = from.port;
    this.#ssrc = undefined;
    for (const held of this.#reorder.flush()) this.#take(held, out);
    this.#dropPartial();
  }

  /** Whole packets, or the continuation of packets that a sender cuts at any byte. */
  #looksRight(bytes: Uint8Array): boolean {
    return bytes.length > 0 && (bytes[0] === TS_SYNC || this.#aligner.carriedBytes > 0);
  }

  #take(bytes: Uint8Array, out: IntakeEffect[]): void {
    this.#packets++;
    this.#bytes += bytes.length;
    if (isWhole(bytes)) {
      this.#dropPartial();
      return this.#push(bytes, out);
    }
    for (const run of this.#aligner.feed(bytes)) this.#push(run, out);
  }

  /** A rest that no later datagram continues. */
  #dropPartial(): void {
    if (this.#aligner.carriedBytes === 0) return;
    this.#skippedBytes += this.#aligner.skippedBytes + this.#aligner.carriedBytes;
    this.#aligner = new TsAligner();
  }

  #push(packets: Uint8Array, out: IntakeEffect[]): void {
    for (let at = 0; at < packets.length; at += TS_PAYLOAD_BYTES) {
      out.push({ kind: "push", bytes: packets.subarray(at, at + TS_PAYLOAD_BYTES) });
    }
  }
}

/** The payload of an RTP packet that carries MPEG-TS; undefined when it is none. */
function rtpMedia(bytes: Uint8Array): Uint8Array | undefined {
  if ((bytes[0] ?? 0) >>> 6 !== 2 || rtpType(bytes) !== RTP_TYPE_MPEG_TS) return undefined;
  const payload = rtpPayload(bytes);
  return payload !== undefined && isWhole(payload) ? payload : undefined;
}

/** Whether these are whole packets and nothing else. */
function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length % TS_BYTES !== 0) return false;
  for (let at = 0; at < bytes.length; at += TS_BYTES) if (bytes[at] !== TS_SYNC) return false;
  return true;
}
