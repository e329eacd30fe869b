/**
 * The common brain of the keepalives: who is watched, who is alive, what goes out. No I/O; `dueMs` says when it wants
 * a tick. The wire is in `packets.ts`, one neighbour's state in `link.ts`, the handshake in
 * `handshake.ts`; when a silence is suspicious and how much proof a death needs is the plugin's, as a
 * `Detector`.
 */
import { addrKey, type NodeName, type Peer } from "../ids.ts";
import type { Machine } from "../plugin.ts";
import type { Addr, Rng } from "../ports.ts";
import { TokenBucket } from "../token_bucket.ts";
import { CookieJar } from "../wire/cookie.ts";
import type { KeepaliveConfig } from "./config.ts";
import { type Counters, newCounters } from "./counters.ts";
import type { Detector } from "./detector.ts";
import type { DownReason, Handover, In, Me, Out } from "./events.ts";
import { type Desk, onAccept, onChallenge, onHello, onOpen, shakeHands } from "./handshake.ts";
import { BEAT_JITTER, type Link, stampOf, TRY_MAX_MS, WATCHER_LEASE_MS } from "./link.ts";
import {
  type Beat,
  decode,
  encodeBeat,
  encodeGoodbye,
  encodeUnknown,
  Flag,
  type Packet,
} from "./packets.ts";
import { LinkTable } from "./table.ts";
import { unwatch, watch } from "./watching.ts";

const NOTHING: readonly Out[] = [];
/** Says that the other end has not heard this node for so long: its verdict, not one lost packet. */
const DEAF_MS = 500;
/** After coming up, or sleeping, a node has so long to be heard at the other end before that verdict counts. */
const DEAF_AFTER_UP_MS = 1000;
/** Answers to strangers a second, in total: 1,000 nodes that start together need two each. */
const STRANGERS_A_SECOND = 2000;
/** A peer's word on its own heartbeats is believed within these bounds. */
const INTERVAL_MIN_MS = 20;
const INTERVAL_MAX_MS = 5000;

/** Watches neighbours. */
export class KeepaliveBrain implements Machine<In, Out>, Desk {
  readonly table: LinkTable;
  readonly jar: CookieJar;
  readonly counters: Counters = newCounters();
  readonly strangers: TokenBucket;
  /** When a tick is wanted; undefined: never. */
  dueMs: number | undefined;
  #out: Out[] = [];
  #beatAtMs = Infinity;
  #lateUntilMs = -Infinity;
  #leaving = false;

  constructor(
    readonly me: Me,
    readonly config: KeepaliveConfig,
    readonly detector: Detector,
    readonly rng: Rng,
    nowMs: number,
  ) {
    this.table = new LinkTable(rng);
    this.jar = new CookieJar(rng, "keepalive");
    this.strangers = new TokenBucket(STRANGERS_A_SECOND, STRANGERS_A_SECOND, nowMs);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    if (this.#leaving && event.kind !== "leave") return NOTHING;
    if (!this.#leaving) this.#lookAtOwnClock(nowMs);
    switch (event.kind) {
      case "packet":
        this.#onPacket(event.from, event.bytes, nowMs);
        break;
      case "tick":
        this.#onTick(nowMs);
        break;
      case "watch":
        watch(this, event.peer, nowMs);
        break;
      case "unwatch":
        unwatch(this, event.name, nowMs);
        break;
      case "heard":
        this.#heard(event.name, nowMs);
        break;
      case "leave":
        this.#leave();
        break;
    }
    if (this.#out.length === 0) return NOTHING;
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** The state for a successor in the same process. */
  snapshot(): Handover {
    return { kind: "keepalive/1", table: this.table, late: [] };
  }

  /** Continues a predecessor's links. */
  adopt(handover: Handover, nowMs: number): void {
    const links = [...handover.table.all()];
    for (const link of links) {
      if (link.watched) this.table.watched.set(link.name, link);
      else this.table.watchers.set(addrKey(link.addr), link);
      this.table.name(link);
      link.extend(this.config.interval, nowMs);
    }
    if (links.length > 0) this.startBeating(nowMs);
  }

  // What the handshake asks of the brain (`Desk`).

  send(to: Addr, bytes: Uint8Array): void {
    this.counters.sent++;
    this.#out.push({ kind: "send", to, bytes });
  }

  /** Another life of the same name: its end of the link is forgotten. */
  restarted(link: Link, instance: number, nowMs: number): void {
    const { peer } = link;
    if (link.alive && peer !== undefined) this.#tellDown(link, peer, "restarted");
    link.state = "unknown";
    link.downMs = nowMs;
    link.meet(instance);
    link.remoteToken = undefined;
    link.forgetMeasures();
    this.table.rename(link);
    link.tryNow(nowMs);
    this.sooner(nowMs);
  }

  /** Proven alive in both directions. */
  up(link: Link, nowMs: number): void {
    if (link.alive || link.peer === undefined) return;
    link.state = "up";
    link.heardMs = nowMs;
    link.upMs = nowMs;
    link.renewing = false;
    link.reception.reset();
    link.arrivals.skip();
    this.counters.ups++;
    this.#out.push({ kind: "up", peer: link.peer });
    this.sooner(link.dueMs(this.detector));
    // The other end learns by the echo in this one that it is heard.
    this.beat(link, Flag.extra, nowMs);
  }

  /** Sends a heartbeat, or with `Flag.ask` a probe. */
  beat(link: Link, flags: number, nowMs: number): void {
    const { remoteToken, token } = link;
    if (remoteToken === undefined) return;
    link.seq = (link.seq + 1) >>> 0;
    const echo = link.echo(nowMs);
    const late = nowMs < this.#lateUntilMs ? Flag.late : 0;
    const hear = link.alive || (!link.watched && link.wantedUntilMs > nowMs) ? Flag.hear : 0;
    this.send(
      link.addr,
      encodeBeat({
        flags: flags | late | hear | (link.watched ? Flag.watch : 0),
        toHigh: remoteToken.high,
        toLow: remoteToken.low,
        fromHigh: token.high,
        fromLow: token.low,
        seq: link.seq,
        stampUs: stampOf(nowMs),
        echoUs: echo.echoUs,
        holdUs: echo.holdUs,
        loss: Math.round(link.reception.loss * 0xffff),
        intervalMs: this.config.interval,
      }),
    );
  }

  /** Wants a tick at `atMs` at the latest. */
  sooner(atMs: number): void {
    if (atMs === Infinity) return;
    if (this.dueMs === undefined || atMs < this.dueMs) this.dueMs = atMs;
  }

  /** The other end says whether it wants heartbeats. */
  wanted(link: Link, flags: number, nowMs: number): void {
    if ((flags & Flag.watch) === 0) return;
    link.wantedUntilMs = nowMs + WATCHER_LEASE_MS;
    this.startBeating(nowMs);
  }

  /** Begins to beat, out of step with others. */
  startBeating(nowMs: number): void {
    if (this.#beatAtMs !== Infinity) return;
    this.#beatAtMs = nowMs + this.config.interval * this.rng.next();
    this.sooner(this.#beatAtMs);
  }

  /**
   * Lifeguard: when this node's own timer is late by more than half an interval, it was this node
   * that slept, and what others sent meanwhile may still wait in the socket.
   */
  #lookAtOwnClock(nowMs: number): void {
    const { dueMs } = this;
    if (dueMs === undefined || nowMs - dueMs <= this.config.interval / 2) return;
    const lateMs = nowMs - dueMs;
    this.counters.stalls++;
    this.#lateUntilMs = nowMs + this.config.interval;
    for (const link of this.table.all()) link.extend(lateMs + this.config.interval, nowMs);
    // Late is told once; the tick itself comes now.
    this.dueMs = nowMs;
  }

  #heard(name: NodeName, nowMs: number): void {
    const link = this.table.watched.get(name);
    if (link === undefined) return;
    if (link.alive) this.#lives(link, nowMs);
    else if (link.tryAtMs > nowMs + this.config.probeInterval) {
      // It lives, but whether it hears this node too is not proven by this: a probe tells.
      link.tryNow(nowMs + this.config.probeInterval);
      this.sooner(link.tryAtMs);
    }
  }

  #lives(link: Link, nowMs: number): void {
    link.heardMs = nowMs;
    if (link.state === "suspect") {
      link.state = "up";
      this.counters.cleared++;
    }
  }

  #onPacket(from: Addr, bytes: Uint8Array, nowMs: number): void {
    this.counters.received++;
    const packet = decode(bytes);
    if (typeof packet === "string") {
      this.counters.dropped[packet]++;
      return;
    }
    switch (packet.kind) {
      case "beat":
        this.#onBeat(from, packet, nowMs);
        break;
      case "hello":
        onHello(this, from, packet, nowMs);
        break;
      case "challenge":
        onChallenge(this, from, packet, nowMs);
        break;
      case "open":
        onOpen(this, from, packet, nowMs);
        break;
      case "accept":
        onAccept(this, from, packet, nowMs);
        break;
      case "unknown":
        this.#onUnknown(packet.token, nowMs);
        break;
      case "goodbye":
        this.#onGoodbye(packet, nowMs);
        break;
    }
  }

  #onBeat(from: Addr, beat: Beat, nowMs: number): void {
    const link = this.table.find(beat.toHigh, beat.toLow);
    if (link === undefined) {
      this.counters.dropped.unknownToken++;
      if (this.strangers.take(nowMs)) {
        this.send(from, encodeUnknown({ high: beat.fromHigh, low: beat.fromLow }));
      }
      return;
    }
    const { remoteToken } = link;
    if (remoteToken?.low !== beat.fromLow || remoteToken.high !== beat.fromHigh) {
      this.counters.dropped.wrongSender++;
      return;
    }
    const order = link.reception.note(beat.seq);
    if (order === "double") {
      this.counters.dropped.double++;
      return;
    }
    if (order === "newest") {
      link.stamped(beat.stampUs, nowMs);
      link.lossOut = beat.loss / 0xffff;
      if ((beat.flags & (Flag.ask | Flag.extra)) === 0) link.arrivals.note(nowMs);
      const promised = Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, beat.intervalMs));
      if (promised !== link.intervalMs) link.arrivals.reset();
      link.intervalMs = promised;
    }
    this.wanted(link, beat.flags, nowMs);
    const measure = order === "newest" && (beat.flags & Flag.late) === 0 &&
      nowMs >= this.#lateUntilMs;
    const sentMs = link.echoed(beat.echoUs, beat.holdUs, measure, nowMs);
    if (link.alive) {
      this.#lives(link, nowMs);
      if (order === "newest" && this.#isDeaf(link, beat, nowMs)) this.#down(link, "silent", nowMs);
    } else if (sentMs !== undefined && sentMs >= link.downMs) this.up(link, nowMs);
    if ((beat.flags & Flag.ask) !== 0) this.beat(link, Flag.extra, nowMs);
  }

  /** The other end is heard, but has itself declared this one dead: a link one way is no link. */
  #isDeaf(link: Link, beat: Beat, nowMs: number): boolean {
    return (beat.flags & Flag.hear) === 0 && beat.holdUs > DEAF_MS * 1000 &&
      link.watched && nowMs - Math.max(link.upMs, this.#lateUntilMs) > DEAF_AFTER_UP_MS;
  }

  #onUnknown(token: { readonly high: number; readonly low: number }, nowMs: number): void {
    const link = this.table.find(token.high, token.low);
    if (link === undefined) return;
    if (!link.watched) {
      link.wantedUntilMs = nowMs;
      this.sooner(nowMs);
      return;
    }
    if (link.renewing) return;
    // Another life, most likely; the handshake will tell. The old cookie is of the old life.
    link.renewing = true;
    link.cookie = undefined;
    link.tryNow(nowMs);
    this.tryOnce(link, nowMs);
  }

  #onGoodbye(packet: Extract<Packet, { kind: "goodbye" }>, nowMs: number): void {
    const link = this.table.find(packet.to.high, packet.to.low);
    const { remoteToken } = link ?? {};
    if (link === undefined || remoteToken === undefined) return;
    if (remoteToken.low !== packet.from.low || remoteToken.high !== packet.from.high) return;
    link.wantedUntilMs = -Infinity;
    if (!link.watched) {
      this.table.watchers.delete(addrKey(link.addr));
      this.table.drop(link);
      return;
    }
    const { alive, peer } = link;
    link.remoteToken = undefined;
    link.cookie = undefined;
    link.forgetStamps();
    this.table.rename(link);
    link.state = "down";
    link.downMs = nowMs;
    link.tryGapMs = TRY_MAX_MS;
    link.backOff(nowMs, this.rng.next());
    this.sooner(link.tryAtMs);
    if (alive && peer !== undefined) this.#tellDown(link, peer, "left");
  }

  #onTick(nowMs: number): void {
    const beating = nowMs >= this.#beatAtMs;
    if (beating) this.#planBeat(nowMs);
    this.dueMs = this.#beatAtMs;
    for (const link of this.table.all()) {
      this.#look(link, nowMs);
      if (beating && link.wantsBeat(nowMs)) this.beat(link, 0, nowMs);
      const dueMs = link.dueMs(this.detector);
      if (dueMs < this.dueMs) this.dueMs = dueMs;
    }
    if (this.dueMs === Infinity) this.dueMs = undefined;
  }

  #planBeat(nowMs: number): void {
    const { watched, watchers } = this.table;
    if (watched.size === 0 && watchers.size === 0) {
      this.#beatAtMs = Infinity;
      return;
    }
    const { interval } = this.config;
    const gapMs = interval * (1 - BEAT_JITTER + 2 * BEAT_JITTER * this.rng.next());
    const nextMs = this.#beatAtMs + gapMs;
    this.#beatAtMs = nextMs > nowMs ? nextMs : nowMs + gapMs;
  }

  /** Does what is due for one link. */
  #look(link: Link, nowMs: number): void {
    if (!link.watched) {
      if (nowMs < link.wantedUntilMs) return;
      this.table.watchers.delete(addrKey(link.addr));
      this.table.drop(link);
      link.wantedUntilMs = Infinity;
      return;
    }
    if (link.state === "up" && nowMs >= this.detector.suspectAtMs(link)) {
      link.state = "suspect";
      link.probesSent = 0;
      link.probesWanted = Math.max(1, this.detector.probes(link));
      link.probeAtMs = nowMs;
      this.counters.suspects++;
    }
    if (link.state === "suspect") this.#probe(link, nowMs);
    if ((!link.alive || link.renewing) && nowMs >= link.tryAtMs) this.tryOnce(link, nowMs);
  }

  #probe(link: Link, nowMs: number): void {
    const { probeInterval } = this.config;
    if (link.probesSent < link.probesWanted) {
      if (nowMs < link.probeAtMs) return;
      this.beat(link, Flag.ask, nowMs);
      link.probesSent++;
      link.probeAtMs = nowMs + probeInterval;
      if (link.probesSent >= link.probesWanted) {
        link.deadlineMs = nowMs + link.answerMs(probeInterval);
      }
    } else if (nowMs >= link.deadlineMs) this.#down(link, "silent", nowMs);
  }

  /** One try to reach somebody that does not answer: a probe where a link stands, else the handshake. */
  tryOnce(link: Link, nowMs: number): void {
    if (link.remoteToken !== undefined && !link.renewing) this.beat(link, Flag.ask, nowMs);
    else shakeHands(this, link, nowMs);
    link.backOff(nowMs, this.rng.next());
    this.sooner(link.tryAtMs);
  }

  #down(link: Link, why: DownReason, nowMs: number): void {
    const { peer } = link;
    link.state = "down";
    link.downMs = nowMs;
    link.renewing = false;
    link.tryNow(nowMs);
    link.backOff(nowMs, this.rng.next());
    this.sooner(link.tryAtMs);
    if (peer !== undefined) this.#tellDown(link, peer, why);
  }

  #tellDown(link: Link, peer: Peer, why: DownReason): void {
    link.probeAtMs = Infinity;
    this.counters.downs[why]++;
    this.#out.push({ kind: "down", peer, why });
  }

  #leave(): void {
    for (const link of this.table.all()) {
      const { remoteToken } = link;
      if (remoteToken !== undefined) this.send(link.addr, encodeGoodbye(remoteToken, link.token));
    }
    this.#leaving = true;
    this.dueMs = undefined;
  }
}
