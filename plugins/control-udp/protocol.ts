/**
 * The brain of the control plane: cookies, sessions, requests, duplicates. It opens no state for, and
 * hands nothing up from, an address that has not sent back its cookie; the most that a stranger gets
 * is one CHALLENGE, no longer than what came in its name.
 */
import type { Addr, Rng } from "../../core/ports.ts";
import { addrKey } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import {
  type AnyEnvelope,
  type CodecError,
  decode,
  encode,
  type Envelope,
  NO_COOKIE,
} from "../../core/wire/control_codec.ts";
import { CookieJar } from "../../core/wire/cookie.ts";
import { makeChallenge } from "./challenge.ts";
import type { Config } from "./config.ts";
import { type Counters, type DropReason, makeCounters } from "./counters.ts";
import type { AnyMessage, Identity, In, Out } from "./events.ts";
import { begin, empty, enqueue, HELLO_PAD, tried } from "./handshake.ts";
import { ChallengeLimiter } from "./rate.ts";
import { DOUBT_TRIES, type Request, RequestTable } from "./requests.ts";
import {
  type Handshake,
  isHostName,
  type Outgoing,
  type Session,
  sessionKey,
  SessionTable,
} from "./session.ts";

/** The control plane of one node, without its socket. */
export class ControlBrain implements Machine<In, Out> {
  readonly counters: Counters = makeCounters();
  readonly #self: Identity;
  readonly #config: Config;
  readonly #rng: Rng;
  readonly #jar: CookieJar;
  readonly #sessions: SessionTable;
  readonly #shaking = new Set<Session>();
  readonly #requests: RequestTable;
  readonly #challenges: ChallengeLimiter;
  #seq: number;
  #wakeMs = Infinity;
  #out: Out[] = [];

  /** `seq` continues the numbers of a predecessor with the same instance. */
  constructor(self: Identity, config: Config, rng: Rng, nowMs: number, seq = 0) {
    this.#self = self;
    this.#config = config;
    this.#rng = rng;
    this.#seq = seq;
    this.#jar = new CookieJar(rng, "control");
    this.#requests = new RequestTable(config.requestsMax);
    this.#challenges = new ChallengeLimiter(config.challengesPerSecond, nowMs);
    this.#sessions = new SessionTable(
      config.sessionsMax,
      (addr) => this.#jar.make(addr),
      (session) => {
        if (session.handshake !== undefined) this.#abandon(session, "evicted");
      },
    );
  }

  /** The last sequence number given. */
  get seq(): number {
    return this.#seq;
  }

  /** How full the tables are. */
  get sizes(): {
    readonly sessions: number;
    readonly requests: number;
    readonly strangers: number;
  } {
    return {
      sessions: this.#sessions.size,
      requests: this.#requests.size,
      strangers: this.#challenges.size,
    };
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    switch (event.kind) {
      case "packet":
        this.#packet(event.from, event.bytes, nowMs);
        break;
      case "send":
        this.#post(this.#sessions.find(event.to), event.message, nowMs);
        break;
      case "request":
        this.#request(event, nowMs);
        break;
      case "cancel":
        this.#requests.remove(event.id);
        break;
      case "tick":
        this.#tick(nowMs);
        break;
    }
    return this.#out;
  }

  #packet(from: Addr, bytes: Uint8Array, nowMs: number): void {
    const decoded = decode(bytes);
    if (!decoded.ok) return this.#drop(decoded.why);
    const envelope = decoded.envelope;
    this.counters.received[envelope.type]++;
    if (envelope.from === this.#self.name) return this.#drop("own-name");
    if (envelope.type === "HELLO") return this.#challenge(from, envelope, bytes.length, nowMs);
    const proven = this.#jar.check(from, envelope.token);
    if (envelope.type === "CHALLENGE") return this.#challenged(from, envelope, proven, nowMs);
    if (!proven) {
      this.#drop("token");
      return this.#challenge(from, envelope, bytes.length, nowMs);
    }
    this.#authentic(from, envelope, nowMs);
  }

  /** Gives a stranger its cookie, unless that were more than the stranger sent. */
  #challenge(to: Addr, asked: AnyEnvelope, askedBytes: number, nowMs: number): void {
    if (!this.#challenges.allows(addrKey(to), nowMs)) return this.#drop("challenge-limit");
    const { name: from, instance } = this.#self;
    const head = { from, instance, seq: this.#seq + 1, mine: this.#jar.make(to) };
    const bytes = makeChallenge(head, asked, askedBytes);
    if (bytes === undefined) return this.#drop("challenge-length");
    this.#seq++;
    this.counters.sent.CHALLENGE++;
    this.#out.push({ kind: "send", to, bytes });
  }

  /** A cookie for this node. `proven`: it comes from where our own cookie was sent, and not from a forger. */
  #challenged(
    from: Addr,
    envelope: Envelope<"CHALLENGE">,
    proven: boolean,
    nowMs: number,
  ): void {
    const session = proven ? this.#sessions.get(sessionKey(envelope.from, from)) : undefined;
    if (session === undefined) {
      if (!this.#follow(from, envelope, nowMs)) this.#drop("unasked-challenge");
      return;
    }
    if (!session.meet(envelope.instance, envelope.mine, nowMs)) return this.#drop("old-instance");
    session.lastHeardMs = nowMs;
    this.#out.push({ kind: "heard", name: session.name });
    const { handshake } = session;
    // After a repeated HELLO nobody can tell which one is answered.
    if (handshake?.tries === 1) session.trip.sample(nowMs - handshake.lastMs);
    this.#learn(session, envelope.mine, nowMs);
    const refused = envelope.re === undefined ? undefined : session.recall(envelope.re, nowMs);
    // Once only, and not remembered again: a receiver that refuses everything makes no circle.
    if (refused !== undefined) this.#transmit(session, refused);
  }

  /**
   * A host name was asked and its address answers. Cookies are made for addresses, so the address
   * itself is asked now, and everything waits for that.
   */
  #follow(from: Addr, envelope: Envelope<"CHALLENGE">, nowMs: number): boolean {
    for (const asked of this.#shaking) {
      if (asked.name !== envelope.from || !isHostName(asked.addr.host)) continue;
      if (!this.#jar.check(asked.addr, envelope.token)) continue;
      const queue = asked.handshake?.queue ?? [];
      this.#shaking.delete(asked);
      asked.handshake = undefined;
      this.#sessions.alias(asked, from);
      const session = this.#sessions.obtain(asked.name, from);
      for (const { message } of queue) this.#post(session, message, nowMs);
      for (const request of this.#requests.to(asked.key)) this.#try(request, session, nowMs);
      return true;
    }
    return false;
  }

  #authentic(
    from: Addr,
    envelope: Exclude<AnyEnvelope, { type: "HELLO" | "CHALLENGE" }>,
    nowMs: number,
  ): void {
    const session = this.#sessions.obtain(envelope.from, from);
    if (!session.meet(envelope.instance, envelope.mine, nowMs)) return this.#drop("old-instance");
    const noted = session.note(envelope.seq);
    if (noted !== "new") return this.#drop(noted);
    session.lastHeardMs = nowMs;
    this.#out.push({ kind: "heard", name: session.name });
    this.#learn(session, envelope.mine, nowMs);
    const { type, instance, seq, re, body } = envelope;
    const request = re === undefined ? undefined : this.#requests.answered(session.key, re);
    // Type and body are the pair that the codec sealed.
    const message = { type, from: session.name, instance, addr: from, seq, re, body } as AnyMessage;
    if (request === undefined || re === undefined) {
      this.#out.push({ kind: "message", message });
      return;
    }
    const rttMs = nowMs - (request.tries.get(re) ?? nowMs);
    session.trip.sample(rttMs);
    this.#requests.remove(request.id);
    const answer: AnyMessage = { ...message, rttMs };
    this.#out.push({ kind: "answer", id: request.id, answer }, {
      kind: "message",
      message: answer,
    });
  }

  /** Keeps the cookie that the other side gave; when it is new, everything that waits goes now. */
  #learn(session: Session, cookie: Uint8Array, nowMs: number): void {
    if (cookie.length === 0 || session.holds(cookie)) return;
    const first = !session.established;
    session.theirs = cookie;
    const { handshake } = session;
    session.handshake = undefined;
    if (this.#shaking.delete(session)) this.counters.handshakesDone++;
    for (const { message } of handshake?.queue ?? []) this.#post(session, message, nowMs);
    if (!first) this.counters.renewals++;
    if (!first && !session.renew(nowMs)) return;
    for (const request of this.#requests.to(session.key)) this.#try(request, session, nowMs);
  }

  /** Sends a one-shot message, or lets it wait for the cookie. */
  #post(session: Session, message: Outgoing, nowMs: number): void {
    if (session.established) {
      const seq = this.#transmit(session, message);
      if (seq !== undefined) session.remember({ seq, message, sentMs: nowMs });
      if (session.doubtful(nowMs)) this.#doubt(session);
      return;
    }
    const bytes = this.#encode(session, message, Number.MAX_SAFE_INTEGER);
    if (bytes === undefined) return;
    const { queueMessages, queueSize } = this.#config;
    const limits = { messages: queueMessages, bytes: queueSize };
    const handshake = session.handshake ?? this.#shake(session, nowMs);
    if (!enqueue(handshake, { message, bytes: bytes.length }, limits)) this.#drop("queue-full");
  }

  #request(event: Extract<In, { kind: "request" }>, nowMs: number): void {
    const session = this.#sessions.find(event.to);
    const request: Request = {
      id: event.id,
      to: event.to,
      key: session.key,
      message: event.message,
      deadlineMs: nowMs + event.timeoutMs,
      firstRetryMs: event.firstRetryMs,
      tries: new Map(),
      gapMs: 0,
      nextMs: Infinity,
    };
    if (!this.#requests.add(request)) {
      this.#drop("request-limit");
      this.#out.push({ kind: "answer", id: event.id, answer: "unreachable" });
      return;
    }
    this.#wake(request.deadlineMs);
    this.#try(request, session, nowMs);
  }

  /** Sends a request once more, or lets it wait for the cookie. */
  #try(request: Request, session: Session, nowMs: number): void {
    request.key = session.key;
    if (!session.established) {
      request.nextMs = Infinity;
      if (session.handshake === undefined) this.#shake(session, nowMs);
      return;
    }
    if (request.tries.size > 0) this.counters.retries++;
    const seq = this.#transmit(session, request.message);
    if (seq === undefined) {
      request.nextMs = Infinity;
      return;
    }
    this.#requests.tried(request, seq, nowMs, session.trip.ms, this.#rng.next());
    if (request.tries.size >= DOUBT_TRIES) this.#doubt(session);
    this.#wake(request.nextMs);
  }

  /**
   * The other side may have restarted and be unable to say so: a CHALLENGE that would be longer than a
   * short message is not sent, but it always fits a HELLO. Or its host name has another address by now.
   */
  #doubt(session: Session): void {
    this.#hello(session);
    this.#sessions.forgetAliases(session);
  }

  /** Begins a handshake and sends its first HELLO. */
  #shake(session: Session, nowMs: number): Handshake {
    const handshake = begin(session, nowMs);
    this.#shaking.add(session);
    this.counters.handshakesBegun++;
    this.#greet(session, handshake, nowMs);
    return handshake;
  }

  #greet(session: Session, handshake: Handshake, nowMs: number): void {
    tried(handshake, nowMs, this.#rng.next());
    this.#hello(session);
    this.#wake(handshake.nextMs);
  }

  #hello(session: Session): void {
    this.#transmit(session, { type: "HELLO", body: { pad: HELLO_PAD }, re: undefined });
  }

  /** Sends a message now; tells its number, or undefined when it cannot be sent at all. */
  #transmit(session: Session, message: Outgoing): number | undefined {
    const seq = this.#seq + 1;
    const bytes = this.#encode(session, message, seq);
    if (bytes === undefined) return undefined;
    this.#seq = seq;
    this.counters.sent[message.type]++;
    this.#out.push({ kind: "send", to: session.addr, bytes });
    return seq;
  }

  #encode(session: Session, message: Outgoing, seq: number): Uint8Array | undefined {
    try {
      const { name: from, instance } = this.#self;
      return encode({
        ...message,
        from,
        instance,
        seq,
        token: session.established ? session.theirs : NO_COOKIE,
        mine: session.mine,
      });
    } catch (error) {
      this.#drop("unsendable");
      // `encode` throws nothing else.
      this.#out.push({ kind: "fault", type: message.type, error: error as CodecError });
      return undefined;
    }
  }

  #tick(nowMs: number): void {
    for (const request of this.#requests.all()) {
      if (nowMs >= request.deadlineMs) this.#expire(request);
      else if (nowMs >= request.nextMs) {
        this.#try(request, this.#sessions.find(request.to), nowMs);
      }
    }
    for (const session of [...this.#shaking]) this.#shakeOn(session, nowMs);
    this.#wakeMs = Infinity;
    let nextMs = this.#requests.nextMs();
    for (const { handshake } of this.#shaking) {
      nextMs = Math.min(nextMs, handshake?.nextMs ?? nextMs);
    }
    if (nextMs < Infinity) this.#wake(nextMs);
  }

  #expire(request: Request): void {
    this.#requests.remove(request.id);
    const proven = this.#sessions.get(request.key)?.established ?? false;
    const answer = proven ? "timeout" : "unreachable";
    this.#out.push({ kind: "answer", id: request.id, answer });
  }

  /** Repeats a HELLO that is due; gives up when nothing waits for it any longer. */
  #shakeOn(session: Session, nowMs: number): void {
    const { handshake } = session;
    if (handshake === undefined || nowMs < handshake.nextMs) return;
    const late = nowMs - handshake.startedMs >= this.#config.handshakeTimeout;
    if (late) this.#dropQueue(session, "no-handshake");
    if (late && this.#requests.to(session.key).length === 0) {
      this.#abandon(session, "no-handshake");
    } else this.#greet(session, handshake, nowMs);
  }

  #abandon(session: Session, why: DropReason): void {
    this.#dropQueue(session, why);
    session.handshake = undefined;
    this.#shaking.delete(session);
    this.#sessions.forgetAliases(session);
    this.counters.handshakesFailed++;
  }

  #dropQueue(session: Session, why: DropReason): void {
    const { handshake } = session;
    if (handshake === undefined) return;
    this.counters.dropped[why] += empty(handshake);
  }

  #wake(atMs: number): void {
    if (atMs >= this.#wakeMs) return;
    this.#wakeMs = atMs;
    this.#out.push({ kind: "wake", atMs });
  }

  #drop(why: DropReason): void {
    this.counters.dropped[why]++;
  }
}
