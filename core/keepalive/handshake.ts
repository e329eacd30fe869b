/**
 * How two ends prove themselves to each other before anything else is said:
 *
 * ```
 * A -> B  hello      A's token                       B keeps nothing
 * A <- B  challenge  the token, a cookie for A's address
 * A -> B  open       A's token, the cookie, who A is  B knows: A receives at this address
 * A <- B  accept     the token, B's token, who B is   A knows: B receives there, in this life
 * ```
 *
 * Every answer is at most as long as its request, so a forged source address gains nothing.
 */
import { addrKey } from "../ids.ts";
import type { Addr, Rng } from "../ports.ts";
import type { TokenBucket } from "../token_bucket.ts";
import type { CookieJar } from "../wire/cookie.ts";
import type { KeepaliveConfig } from "./config.ts";
import type { Counters } from "./counters.ts";
import { Link, stampOf } from "./link.ts";
import {
  encodeAccept,
  encodeChallenge,
  encodeHello,
  encodeOpen,
  Flag,
  type Packet,
  type Token,
} from "./packets.ts";
import type { Me } from "./events.ts";
import type { LinkTable } from "./table.ts";

/** A second OPEN within this time waits for the next try: a cookie that is refused again must not make a loop. */
const OPEN_GAP_MS = 100;

/** What the handshake asks of the brain. */
export interface Desk {
  readonly me: Me;
  readonly config: KeepaliveConfig;
  readonly rng: Rng;
  readonly table: LinkTable;
  readonly jar: CookieJar;
  readonly counters: Counters;
  readonly strangers: TokenBucket;
  send(to: Addr, bytes: Uint8Array): void;
  restarted(link: Link, instance: number, nowMs: number): void;
  up(link: Link, nowMs: number): void;
  beat(link: Link, flags: number, nowMs: number): void;
  sooner(atMs: number): void;
  wanted(link: Link, flags: number, nowMs: number): void;
  startBeating(nowMs: number): void;
  tryOnce(link: Link, nowMs: number): void;
}

type Of<K extends Packet["kind"]> = Extract<Packet, { kind: K }>;

/** Takes the handshake one step on: with a cookie OPEN, without one HELLO. */
export function shakeHands(desk: Desk, link: Link, nowMs: number): void {
  const { cookie } = link;
  if (cookie === undefined) {
    desk.send(link.addr, encodeHello(link.token));
    return;
  }
  link.openedMs = nowMs;
  desk.send(
    link.addr,
    encodeOpen({
      flags: link.watched ? Flag.watch : 0,
      token: link.token,
      cookie,
      instance: desk.me.instance,
      stampUs: stampOf(nowMs),
      name: desk.me.name,
    }),
  );
}

/** A stranger asks for a cookie; nothing is remembered. */
export function onHello(desk: Desk, from: Addr, packet: Of<"hello">, nowMs: number): void {
  challenge(desk, from, packet.token, nowMs);
}

function challenge(desk: Desk, from: Addr, token: Token, nowMs: number): void {
  if (!desk.strangers.take(nowMs)) {
    desk.counters.dropped.strangers++;
    return;
  }
  desk.send(from, encodeChallenge(token, desk.jar.make(from)));
}

/** The cookie for this node's address at the other end. */
export function onChallenge(desk: Desk, from: Addr, packet: Of<"challenge">, nowMs: number): void {
  const link = desk.table.find(packet.token.high, packet.token.low);
  if (link === undefined || !link.watched || (link.remoteToken !== undefined && !link.renewing)) {
    desk.counters.dropped.unknownToken++;
    return;
  }
  link.cookie = packet.cookie;
  link.answeredFrom = from;
  if (nowMs - link.openedMs >= OPEN_GAP_MS) shakeHands(desk, link, nowMs);
}

/** Somebody proves to receive at its address. */
export function onOpen(desk: Desk, from: Addr, packet: Of<"open">, nowMs: number): void {
  if (!desk.jar.check(from, packet.cookie)) {
    challenge(desk, from, packet.token, nowMs);
    return;
  }
  if (packet.name === desk.me.name) {
    desk.counters.dropped.wrongName++;
    return;
  }
  const link = linkFor(desk, from, packet, nowMs);
  if (link === undefined) return;
  takeToken(link, packet.token);
  desk.send(
    from,
    encodeAccept({
      echo: packet.token,
      token: link.token,
      instance: desk.me.instance,
      stampUs: packet.stampUs,
      name: desk.me.name,
    }),
  );
  desk.wanted(link, packet.flags, nowMs);
  // The cookie may be old: that both ways work now is proven by the answer to this probe.
  if (link.watched && !link.alive) desk.beat(link, Flag.ask, nowMs);
}

/** The link an OPEN is about, made when there is none. */
function linkFor(desk: Desk, from: Addr, packet: Of<"open">, nowMs: number): Link | undefined {
  const { table, config, counters } = desk;
  const known = table.forOpen(packet.name, from);
  if (known !== undefined && known.name === packet.name) {
    if (packet.instance < known.instance) {
      counters.dropped.staleInstance++;
      return undefined;
    }
    if (packet.instance === known.instance) return known;
    // Which life it is was not known before: nothing of a former one has to be forgotten.
    if (known.remoteToken === undefined) known.meet(packet.instance);
    else desk.restarted(known, packet.instance, nowMs);
    return known;
  }
  if (known !== undefined) table.drop(known);
  else if (table.watchers.size >= config.watchersMax) {
    counters.dropped.tooManyWatchers++;
    return undefined;
  }
  const link = new Link(packet.name, from, packet.instance, table.newToken(), config.interval);
  // Until it says that it watches, it is kept just long enough to say so.
  link.wantedUntilMs = nowMs + config.interval;
  table.watchers.set(addrKey(from), link);
  table.name(link);
  desk.sooner(link.wantedUntilMs);
  return link;
}

/** The other end's token; another one means that it has forgotten the link. */
function takeToken(link: Link, token: Token): void {
  const { remoteToken } = link;
  if (remoteToken?.high === token.high && remoteToken.low === token.low) return;
  link.remoteToken = token;
  link.reception.reset();
  link.forgetStamps();
}

/** The other end agrees, and says who it is. */
export function onAccept(desk: Desk, from: Addr, packet: Of<"accept">, nowMs: number): void {
  const link = desk.table.find(packet.echo.high, packet.echo.low);
  const { dropped } = desk.counters;
  if (link === undefined || !link.watched) {
    dropped.unknownToken++;
    return;
  }
  if (packet.name !== link.name) {
    dropped.wrongName++;
    return;
  }
  if (packet.instance < link.instance) {
    dropped.staleInstance++;
    return;
  }
  if (packet.instance > link.instance && link.alive) {
    // The token that comes with this would be forgotten: the new life is greeted under a new one.
    desk.restarted(link, packet.instance, nowMs);
    shakeHands(desk, link, nowMs);
    return;
  }
  link.meet(packet.instance);
  link.renewing = false;
  link.answeredFrom = from;
  takeToken(link, packet.token);
  const sentMs = link.echoed(packet.stampUs, 0, true, nowMs);
  if (link.alive) link.heardMs = nowMs;
  else if (sentMs !== undefined && sentMs >= link.downMs) desk.up(link, nowMs);
}
