/**
 * The origin's side of the rig: a filling of the `datapath` slot whose streams come from the load generator, and a source
 * that offers them. All above it (control plane, tree, catalog, exchange, origin role) is the product's own.
 */
import { definePlugin } from "../../../core/define.ts";
import type { Ssrc } from "../../../core/ids.ts";
import type { EngineCommand, LinkId } from "../../../core/media/api.ts";
import { CookieDesk, isHandshake } from "../../../core/media/handshake.ts";
import type { Addr } from "../../../core/ports.ts";
import type { Datapath, SourceStream } from "../../../core/slots.ts";
import { CookieJar } from "../../../core/wire/cookie.ts";
import {
  GENERIC_NACK,
  RIST_APP,
  RTCP,
  rtcpValid,
  RtcpWriter,
  walkRtcp,
} from "../../../core/wire/rtcp.ts";
import {
  isRtcp,
  RTP_HEADER_BYTES,
  RTP_TYPE_MPEG_TS,
  TS_BYTES,
  writeRtpHeader,
} from "../../../core/wire/rtp.ts";
import { z } from "zod";
import { ipv4, openUdp } from "../load/libc.ts";
import { type LoadStream, PACKET_BYTES } from "../load/layout.ts";
import { Mail, MailBox } from "../load/mail.ts";

const BUFFER_BYTES = 16 * 1024 * 1024;
/** How often the socket is read; who asks for a cookie asks again after 100 ms. */
const READ_EVERY_MS = 5;
/** Sender reports with the newest number; they promise the next, so that pauses between runs are no silence. */
const REPORT_EVERY_MS = 500;
const PROMISE_MS = 1900;
/** A live source has something to send as soon as it is joined: so soon after that, and once more. */
const FIRST_MS = [5, 100];
const CNAME = "espalier";

/** What the rig knows of its origin. */
export class OriginSide {
  readonly socket = openUdp("127.0.0.1", 0, BUFFER_BYTES);
  readonly streams = new Map<Ssrc, LoadStream>();
  /** Where each stream is to go. */
  readonly targets = new Map<Ssrc, Addr>();
  /** Repairs that were asked for; none is given, so that what is lost counts as lost. */
  asked = 0;
  /** The generator numbers the packets just now. */
  busy = false;
  readonly #links: Addr[] = [];
  readonly #mail = new Mail(this.socket.fd);
  readonly #box = new MailBox(this.socket.fd);
  readonly #writer = new RtcpWriter();
  #desk: CookieDesk | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];

  start(jar: CookieJar): void {
    const desk = this.#desk = new CookieDesk(jar, performance.now());
    this.#timers = [
      setInterval(
        () => this.#box.take((bytes, from) => this.#heard(desk, bytes, from)),
        READ_EVERY_MS,
      ),
      setInterval(() => this.#report(), REPORT_EVERY_MS),
    ];
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  verify(remote: Addr, cookie: Uint8Array): boolean {
    return this.#desk?.verify(remote, cookie) ?? false;
  }

  link(remote: Addr): LinkId {
    const known = this.#links.findIndex(({ host, port }) =>
      host === remote.host && port === remote.port
    );
    return known >= 0 ? known : this.#links.push(remote) - 1;
  }

  command(command: EngineCommand): void {
    if (command.kind === "originate") {
      const { ssrc, first } = command;
      this.streams.set(ssrc, { ssrc, next: first });
    } else if (command.kind === "child-gone") this.targets.delete(command.ssrc);
  }

  addChild(ssrc: Ssrc, link: LinkId): number {
    const remote = this.#links[link];
    const stream = this.streams.get(ssrc);
    if (remote !== undefined && stream !== undefined && !this.targets.has(ssrc)) {
      this.targets.set(ssrc, remote);
      for (const ms of FIRST_MS) setTimeout(() => this.#sendOne(stream, remote), ms);
    }
    return stream?.next ?? 0;
  }

  /** One packet that belongs to no run. */
  #sendOne(stream: LoadStream, { host, port }: Addr): void {
    if (this.busy) return;
    const bytes = new Uint8Array(PACKET_BYTES);
    const timestamp = Math.floor(performance.now() * 90) % 2 ** 32;
    writeRtpHeader(bytes, RTP_TYPE_MPEG_TS, false, stream.next++ & 0xffff, timestamp, stream.ssrc);
    for (let at = RTP_HEADER_BYTES; at < PACKET_BYTES; at += TS_BYTES) {
      bytes.set([0x47, 0x1f, 0xff, 0x10], at);
    }
    this.#mail.send(bytes, ipv4(host), port);
  }

  #heard(desk: CookieDesk, bytes: Uint8Array, from: Addr): void {
    const reply = (answer: Uint8Array) => this.#mail.send(answer, ipv4(from.host), from.port);
    if (isHandshake(bytes)) {
      const answer = desk.answer(from, bytes, performance.now());
      if (answer !== undefined) reply(answer);
    } else if (isRtcp(bytes) && rtcpValid(bytes)) {
      walkRtcp(bytes, (type, count, at) => {
        if (type === RTCP.transportFeedback && count === GENERIC_NACK) this.asked++;
        if (type !== RTCP.app || count !== RIST_APP.echoRequest) return;
        this.#writer.reset().receiverReport(1).cname(1, CNAME).echoResponse(1, bytes, at);
        reply(this.#writer.take());
      });
    }
  }

  #report(): void {
    const nowMs = performance.now();
    for (const [ssrc, { host, port }] of this.targets) {
      const next = this.streams.get(ssrc)?.next ?? 0;
      const timestamp = Math.floor(nowMs * 90) % 2 ** 32;
      this.#writer.reset().senderReport(ssrc, nowMs, timestamp, 0, 0).cname(ssrc, CNAME)
        .head(ssrc, next, PROMISE_MS);
      this.#mail.send(this.#writer.take(), ipv4(host), port);
    }
  }
}

const nothing: Disposable = { [Symbol.dispose]() {} };

/** The datapath of the origin. */
export const originDatapath = (side: OriginSide) =>
  definePlugin({
    name: "load-origin",
    slot: "datapath",
    summary: "Sends what the load generator makes.",
    needs: [],
    config: z.strictObject({}),
    create(ctx) {
      const datapath: Datapath = {
        local: { host: "127.0.0.1", port: side.socket.port },
        openSocket: () => Promise.reject(new Error("Cannot open a socket: the load rig has one")),
        closeSocket() {},
        link: (_socket, remote) => side.link(remote),
        cookie: () => nothing,
        verify: (remote, cookie) => side.verify(remote, cookie),
        command: (command) => side.command(command),
        addChild: (ssrc, link, _from, done) => done(side.addChild(ssrc, link)),
        publish() {},
        receive: () => nothing,
        position: () => ({ head: undefined, tail: undefined, next: undefined, lastArrivalMs: 0 }),
        counters: () => ({
          packetsIn: 0,
          bytesIn: 0,
          packetsOut: 0,
          bytesOut: 0,
          malformed: 0,
          unknownStream: 0,
          unwanted: 0,
          strangers: 0,
          badCookies: 0,
          sendErrors: 0,
          queueDropped: 0,
          streams: [],
        }),
        onEvent: () => nothing,
      };
      return {
        ...datapath,
        start: () => side.start(new CookieJar(ctx.rng, "media")),
        stop: () => side.stop(),
      };
    },
  });

/** The streams, offered like a live encoder's. */
export const loadSource = (streams: number, bitrate: number) =>
  definePlugin({
    name: "load-source",
    slot: "source",
    summary: "Offers the streams of the load generator.",
    needs: [],
    config: z.strictObject({}),
    create() {
      const offered = Array.from({ length: streams }, (_, index): SourceStream => ({
        name: `s${index}`,
        title: `load ${index}`,
        bitrate,
        start: "always",
      }));
      return {
        start() {},
        stop() {},
        streams: () => offered,
        onChange: () => nothing,
        open: () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }),
      };
    },
  });
