/** One session of the RIST sink: two sockets, one alarm, and the brain between them. */
import { Alarm } from "../../core/alarm.ts";
import { addrKey } from "../../core/ids.ts";
import { Listeners } from "../../core/listeners.ts";
import type { MediaChunk } from "../../core/media/api.ts";
import type { Addr, Ports, UdpSocket } from "../../core/ports.ts";
import type { SessionInfo, SinkSession } from "../../core/slots.ts";
import {
  RistSender,
  type SenderCounters,
  type SenderEffect,
  type SenderEvent,
} from "./protocol.ts";

/** Chunks that wait for the sockets to open: half a second at 20 Mbit/s. The newest is dropped. */
const WAITING_MAX = 1024;

/** What a session is made with. */
export interface SessionOptions {
  readonly info: SessionInfo;
  /** Media goes to this even port, RTCP to the next. */
  readonly to: Addr;
  readonly bufferMs: number;
  readonly cname: string;
  readonly onClosed: () => void;
}

/** One stream to one RIST receiver. */
export class RistSession implements SinkSession {
  readonly #sender: RistSender;
  readonly #ended = new Listeners();
  readonly #alarm: Alarm;
  readonly #rtcpTo: Addr;
  readonly #opening: Promise<void>;
  #waiting: MediaChunk[] = [];
  #media: UdpSocket | undefined;
  #feedback: UdpSocket | undefined;
  #dropped = 0;
  #closing: Promise<void> | undefined;
  #onDone: (() => void) | undefined;

  constructor(readonly options: SessionOptions, readonly ports: Ports) {
    const { to, bufferMs, cname } = options;
    const random = ports.rng.bytes(6);
    const view = new DataView(random.buffer, random.byteOffset);
    this.#rtcpTo = { host: to.host, port: to.port + 1 };
    this.#sender = new RistSender(
      { to, bufferMs, cname, ssrc: view.getUint32(0), first: view.getUint16(4) },
      ports.clock.now(),
    );
    this.#alarm = new Alarm(ports.clock, () => this.#handle({ kind: "tick" }));
    this.#opening = this.#open();
  }

  push(chunks: readonly MediaChunk[]): void {
    if (this.#closing !== undefined) return;
    if (this.#feedback !== undefined) {
      this.#handle({ kind: "chunks", chunks });
      return;
    }
    const room = WAITING_MAX - this.#waiting.length;
    this.#waiting.push(...chunks.slice(0, room));
    this.#dropped += Math.max(0, chunks.length - room);
  }

  onEnd(fn: () => void): Disposable {
    return this.#ended.on(fn);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Totals, with what was dropped before the sockets were open. */
  get counters(): SenderCounters & { readonly dropped: number } {
    return { ...this.#sender.counters, dropped: this.#dropped };
  }

  get up(): boolean {
    return this.#sender.up;
  }

  status(): object {
    return {
      to: addrKey(this.options.to),
      receiver: this.#sender.up ? "answers" : "silent",
      ...this.#sender.link,
      ...this.counters,
    };
  }

  async #open(): Promise<void> {
    const { net, log } = this.ports;
    const { to, info } = this.options;
    const bind = { host: to.host.includes(":") ? "::" : "0.0.0.0", port: 0 };
    try {
      this.#media = await net.udp(bind, { plane: "sink" });
      this.#feedback = await net.udp(bind, { plane: "sink" });
    } catch (error) {
      log.error("Cannot open the sockets of a RIST session", { session: info.session, error });
      this.#ended.emit();
      return;
    }
    if (this.#closing !== undefined) return;
    this.#feedback.onPacket((from, bytes) => this.#handle({ kind: "rtcp", from, bytes }));
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#handle({ kind: "chunks", chunks });
  }

  #handle(event: SenderEvent): void {
    for (const effect of this.#sender.handle(event, this.ports.clock.now())) this.#do(effect);
    this.#alarm.set(this.#sender.deadlineMs());
  }

  #do(effect: SenderEffect): void {
    if (effect.kind === "rtp") this.#media?.send(this.options.to, effect.bytes);
    else if (effect.kind === "rtcp") this.#feedback?.send(this.#rtcpTo, effect.bytes);
    else if (effect.kind === "done") this.#onDone?.();
    else {
      const { session } = this.options.info;
      const to = addrKey(this.options.to);
      this.ports.log.info(effect.up ? "receiver answers" : "receiver is silent", { session, to });
    }
  }

  async #close(): Promise<void> {
    await this.#opening;
    if (this.#feedback !== undefined) {
      const done = new Promise<void>((resolve) => this.#onDone = resolve);
      this.#handle({ kind: "end" });
      await done;
    }
    this.#alarm[Symbol.dispose]();
    this.#ended.clear();
    await this.#media?.[Symbol.asyncDispose]();
    await this.#feedback?.[Symbol.asyncDispose]();
    this.options.onClosed();
  }
}
