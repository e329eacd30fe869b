/**
 * The children of the rig: a role that joins every stream for every child, each at an address of its own, renews the
 * leases, proves the addresses and reports reception, as the product's own children do. What they receive is only counted.
 */
import { definePlugin } from "../../../core/define.ts";
import type { NodeName, Peer, StreamName } from "../../../core/ids.ts";
import { CookieAsks, isHandshake } from "../../../core/media/handshake.ts";
import type { Control, Membership } from "../../../core/slots.ts";
import { isMessage } from "../../../core/wire/messages.ts";
import { RIST_APP, RTCP, rtcpValid, RtcpWriter, walkRtcp } from "../../../core/wire/rtcp.ts";
import { readU32 } from "../../../core/wire/rtp_bytes.ts";
import { z } from "zod";
import { hostOf, ipv4 } from "../load/libc.ts";
import type { Load } from "../load/load.ts";
import { Mail } from "../load/mail.ts";
import type { Heard } from "../load/sink.ts";

/** Reports are spread over a second in slices of this. */
const SLICE_MS = 50;
const REPORT_MS = 1000;
const ASK_MS = 3000;
const RETRY_MS = 300;
/** Joins under way at once: a thousand children do not knock in one millisecond. */
const JOINING_MAX = 64;
const CNAME = "espalier";

/** One stream at one child. */
interface Claim {
  readonly child: number;
  readonly stream: StreamName;
  readonly parent: NodeName;
  ssrc: number;
  dueMs: number;
  asking: boolean;
  lastReport: number;
  lastReportMs: number;
}

/** What the children of one network are. */
export interface ChildrenSpec {
  /** The second byte of their addresses; the last two are 1 and up. */
  readonly net: number;
  /** Whom each child takes the streams from. */
  readonly parents: readonly string[];
  readonly streams: readonly StreamName[];
}

/** All children of one network. */
export class ChildrenSide {
  readonly #claims: Claim[] = [];
  readonly #byStream = new Map<string, Claim>();
  readonly #asks: CookieAsks;
  readonly #mail: Mail;
  readonly #writer = new RtcpWriter();
  readonly #got: number[];
  #control: Control | undefined;
  #membership: Membership | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #slice = 0;
  #asking = 0;
  #sentBefore = 0;
  /** Share of packets that did not come, as the children report it. */
  readonly #lossShare: number[];
  refused = 0;
  failed = 0;

  constructor(readonly spec: ChildrenSpec, readonly load: Load) {
    const bytes = (size: number) => crypto.getRandomValues(new Uint8Array(size));
    this.#asks = new CookieAsks({ next: () => Math.random(), bytes });
    this.#mail = new Mail(load.sinkFd);
    this.#got = spec.parents.map(() => 0);
    this.#lossShare = spec.parents.map(() => 0);
    for (const [child, parent] of spec.parents.entries()) {
      for (const stream of spec.streams) {
        this.#claims.push({
          child: child + 1,
          stream,
          // The rig names its own nodes.
          parent: parent as NodeName,
          ssrc: -1,
          dueMs: 0,
          asking: false,
          lastReport: 0,
          lastReportMs: 0,
        });
      }
    }
  }

  /** Streams that flow, over all children. */
  get joined(): number {
    return this.#byStream.size;
  }

  get wanted(): number {
    return this.#claims.length;
  }

  start(control: Control, membership: Membership): void {
    this.#control = control;
    this.#membership = membership;
    this.#timer = setInterval(() => this.#tick(), SLICE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#membership = undefined;
    this.#control = undefined;
  }

  /** Feedback that came to a child. */
  heard({ child, bytes }: Heard): void {
    const nowMs = performance.now();
    if (isHandshake(bytes)) {
      this.#asks.answered(child, bytes, nowMs);
      return;
    }
    if (!rtcpValid(bytes)) return;
    walkRtcp(bytes, (type, count, at, end) => {
      if (type === RTCP.senderReport && end - at >= 28) {
        const claim = this.#byStream.get(`${child} ${readU32(bytes, at + 4)}`);
        if (claim === undefined) return;
        claim.lastReport = ((readU32(bytes, at + 8) << 16) | (readU32(bytes, at + 12) >>> 16)) >>>
          0;
        claim.lastReportMs = nowMs;
      } else if (type === RTCP.app && count === RIST_APP.echoRequest) {
        this.#writer.reset().receiverReport(child).cname(child, CNAME).echoResponse(
          child,
          bytes,
          at,
        );
        this.#sendTo(child, this.#writer.take());
      }
    });
  }

  #parentOf(name: NodeName): Peer | undefined {
    return this.#membership?.neighbors().find((peer) => peer.name === name);
  }

  #sendTo(child: number, bytes: Uint8Array): void {
    const parent = this.#parentOf((this.spec.parents[child - 1] ?? "") as NodeName);
    if (parent === undefined) return;
    this.#mail.send(bytes, ipv4(parent.media.host), parent.media.port, this.#address(child));
  }

  #address(child: number): number {
    return ipv4(`127.${this.spec.net}.0.0`) + child;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#asks.tick(nowMs);
    for (const claim of this.#claims) {
      if (this.#asking >= JOINING_MAX) break;
      if (!claim.asking && nowMs >= claim.dueMs) this.#join(claim, nowMs);
    }
    this.#sendAsks();
    this.#reports(nowMs);
  }

  #sendAsks(): void {
    for (const { link, bytes } of this.#asks.sends.splice(0)) this.#sendTo(link, bytes);
  }

  #join(claim: Claim, nowMs: number): void {
    const parent = this.#parentOf(claim.parent);
    if (parent === undefined) return;
    claim.asking = true;
    this.#asking++;
    this.#asks.ask(claim.child, false, nowMs, (cookie) => {
      if (cookie === undefined) this.#settle(claim, RETRY_MS);
      else this.#request(claim, parent, cookie);
    });
  }

  #request(claim: Claim, parent: Peer, cookie: Uint8Array): void {
    const { stream, child } = claim;
    const session = `c${child}`;
    const media = { host: hostOf(this.#address(child)), port: this.load.sinkPort };
    const renew = claim.ssrc < 0 ? {} : { renew: true };
    const body = { stream, session, media, cookie, ...renew };
    this.#control?.request(parent, "JOIN", body, { timeoutMs: ASK_MS }, (answer) => {
      if (typeof answer === "string") {
        this.failed++;
        this.#settle(claim, RETRY_MS);
      } else if (isMessage(answer, "JOINED")) {
        claim.ssrc = answer.body.ssrc;
        this.#byStream.set(`${child} ${claim.ssrc}`, claim);
        this.#settle(claim, answer.body.leaseMs / 3);
      } else if (isMessage(answer, "PENDING")) this.#settle(claim, answer.body.retryMs);
      else {
        this.refused++;
        const refusedFor = isMessage(answer, "REFUSED") ? answer.body.reason : "";
        if (refusedFor === "cookie") this.#asks.forget(child);
        this.#settle(claim, RETRY_MS);
      }
    });
  }

  #settle(claim: Claim, againMs: number): void {
    this.#asking--;
    claim.asking = false;
    claim.dueMs = performance.now() + againMs;
  }

  /** Each child reports each stream once a second, not all at once. */
  #reports(nowMs: number): void {
    const slices = REPORT_MS / SLICE_MS;
    this.#slice = (this.#slice + 1) % slices;
    if (this.#slice === 0) this.#measure();
    for (let at = this.#slice; at < this.#claims.length; at += slices) {
      const claim = this.#claims[at];
      if (claim === undefined || claim.ssrc < 0) continue;
      const sinceMs = claim.lastReportMs === 0 ? 0 : nowMs - claim.lastReportMs;
      this.#writer.reset().receiverReport(claim.child, {
        ssrc: claim.ssrc,
        lossShare: this.#lossShare[claim.child - 1] ?? 0,
        lostTotal: 0,
        highest: 0,
        jitter: 0,
        lastSenderReport: claim.lastReport,
        delaySinceReport: Math.round(sinceMs * 65.536),
      }).cname(claim.child, CNAME);
      this.#sendTo(claim.child, this.#writer.take());
    }
  }

  #measure(): void {
    // Another contender's turn says nothing about these children.
    if (this.load.net !== this.spec.net) {
      this.#lossShare.fill(0);
      return;
    }
    const { sent } = this.load;
    const expected = sent - this.#sentBefore;
    this.#sentBefore = sent;
    for (let child = 0; child < this.#got.length; child++) {
      const now = this.load.received(child + 1);
      const got = now - (this.#got[child] ?? 0);
      this.#got[child] = now;
      const share = expected > 0 && got >= 0 ? 1 - got / expected : 0;
      this.#lossShare[child] = Math.min(1, Math.max(0, share));
    }
  }
}

/** The role. */
export const loadChildren = (side: ChildrenSide) =>
  definePlugin({
    name: "load-children",
    slot: "role",
    summary: "Joins streams for many counted children.",
    needs: ["control", "keepalive", "membership", "catalog"],
    config: z.strictObject({}),
    create(ctx) {
      const [control, membership] = [ctx.use("control"), ctx.use("membership")];
      return {
        start: () => side.start(control, membership),
        stop: () => side.stop(),
        status: () => ({ joined: side.joined, wanted: side.wanted }),
      };
    },
  });
