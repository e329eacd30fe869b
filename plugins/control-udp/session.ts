/** What is known of one node at one address, and the bounded table of all of them. */
import type { Addr } from "../../core/ports.ts";
import { addrKey, type NodeName } from "../../core/ids.ts";
import type { ControlTarget } from "../../core/slots.ts";
import type { MessageBody, MessageType } from "../../core/wire/messages.ts";
import { RoundTrip } from "../../core/media/round_trip.ts";
import { NO_COOKIE } from "../../core/wire/control_codec.ts";
import { SeenWindow } from "./seen.ts";

/** A message to send, its envelope not yet made: the cookie in it may change before it goes. */
export type Outgoing = {
  readonly [T in MessageType]: {
    readonly type: T;
    readonly body: MessageBody<T>;
    readonly re: number | undefined;
  };
}[MessageType];

/** A message that waits for the receiver's cookie. */
export interface Queued {
  readonly message: Outgoing;
  readonly bytes: number;
}

/** A one-shot message that went out lately: it goes again when its cookie proves to be outdated. */
export interface Sent {
  readonly seq: number;
  readonly message: Outgoing;
  readonly sentMs: number;
}

/** The attempt to get a cookie. */
export interface Handshake {
  readonly startedMs: number;
  tries: number;
  lastMs: number;
  nextMs: number;
  queue: Queued[];
  queuedBytes: number;
}

/** One-shot messages remembered for a renewal; the oldest goes first. */
const SENT_MAX = 8;
/** A one-shot message older than this is outdated itself. */
const SENT_MAX_AGE_MS = 1000;
/** A lower instance is a late packet of a former life, unless the later life has been silent this long. */
export const INSTANCE_SILENT_MS = 10_000;

/** A lower instance that is said so often in a row is no straggler: the higher one was damaged. */
const RIVAL_SAID = 8;
/** A changed cookie makes pending messages go again at once, but no more often than this. */
const RENEWAL_GAP_MS = 100;
/** After this silence a cookie may be outdated without anybody having told. */
const DOUBT_SILENT_MS = 10_000;
/** Doubts about one session do not come more often than this. */
const DOUBT_GAP_MS = 1000;

/** The key of a session: the same name at another address is another session. */
export function sessionKey(name: NodeName, addr: Addr): string {
  return `${name}@${addrKey(addr)}`;
}

/** Addresses behind host names, at most; the oldest goes first and is found again. */
const ALIASES_MAX = 1024;

/** Whether a host is a name, which answers from another address than the one it is asked by. */
export function isHostName(host: string): boolean {
  return !host.includes(":") && !/^[0-9.]+$/.test(host);
}

/** A node at an address. */
export class Session {
  readonly key: string;
  /** The cookie it gave this node; empty until it has. */
  theirs: Uint8Array = NO_COOKIE;
  handshake: Handshake | undefined;
  lastHeardMs = -Infinity;
  readonly trip = new RoundTrip();
  readonly #seen = new SeenWindow();
  #instance: number | undefined;
  /** Another instance than the known one, and how often in a row it was said. */
  #rival: number | undefined;
  #rivalSaid = 0;
  #sent: Sent[] = [];
  #doubtedMs = -Infinity;
  #renewedMs = -Infinity;

  constructor(
    readonly name: NodeName,
    readonly addr: Addr,
    /** The cookie this node gives to the address. */
    readonly mine: Uint8Array,
  ) {
    this.key = sessionKey(name, addr);
  }

  /** Whether messages can go out at once. */
  get established(): boolean {
    return this.theirs.length > 0;
  }

  /**
   * Follows the sender from life to life; false when `instance` is a former one, or damaged. A new life
   * has a new secret, so of two instances that give the same cookie one is damaged, and the one that
   * is said again is right. If the known one is damaged, it is never heard again, and the other is.
   */
  meet(instance: number, cookie: Uint8Array, nowMs: number): boolean {
    const known = this.#instance;
    if (known === undefined || known === instance) return this.#live(instance);
    this.#rivalSaid = this.#rival === instance ? this.#rivalSaid + 1 : 1;
    this.#rival = instance;
    const sameLife = this.established && this.holds(cookie);
    if (sameLife ? this.#rivalSaid >= 2 : instance > known) return this.#live(instance);
    const silent = nowMs - this.lastHeardMs >= INSTANCE_SILENT_MS;
    return !sameLife && (silent || this.#rivalSaid >= RIVAL_SAID) ? this.#live(instance) : false;
  }

  #live(instance: number): true {
    if (this.#instance !== instance) this.#seen.clear();
    this.#instance = instance;
    this.#rivalSaid = 0;
    return true;
  }

  /** Whether a message of the current instance is handed up. */
  note(seq: number): "new" | "duplicate" | "late" {
    return this.#seen.note(seq);
  }

  /** Whether this is the cookie that is held already. */
  holds(cookie: Uint8Array): boolean {
    const { theirs } = this;
    if (cookie.length !== theirs.length) return false;
    for (let i = 0; i < cookie.length; i++) if (cookie[i] !== theirs[i]) return false;
    return true;
  }

  /**
   * Whether the cookie should be asked for anew, for the other side has been silent for long and may
   * have restarted. Says so once a second at most.
   */
  doubtful(nowMs: number): boolean {
    if (nowMs - this.lastHeardMs < DOUBT_SILENT_MS) return false;
    if (nowMs - this.#doubtedMs < DOUBT_GAP_MS) return false;
    this.#doubtedMs = nowMs;
    return true;
  }

  /**
   * Whether a changed cookie makes everything pending go again: not when it changed just before, or an
   * address whose cookie changes with every message would make us send in a circle.
   */
  renew(nowMs: number): boolean {
    if (nowMs - this.#renewedMs < RENEWAL_GAP_MS) return false;
    this.#renewedMs = nowMs;
    return true;
  }

  remember(sent: Sent): void {
    if (this.#sent.length >= SENT_MAX) this.#sent.shift();
    this.#sent.push(sent);
  }

  /** Takes the recent one-shot message of this number, if it is there and fresh. */
  recall(seq: number, nowMs: number): Outgoing | undefined {
    const at = this.#sent.findIndex((sent) => sent.seq === seq);
    const [sent] = at < 0 ? [] : this.#sent.splice(at, 1);
    return sent !== undefined && nowMs - sent.sentMs <= SENT_MAX_AGE_MS ? sent.message : undefined;
  }
}

/** All sessions; when there are too many, the one that was used longest ago goes. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  /** Where a node that is known by a host name answers from, by the key made of the name. */
  readonly #aliases = new Map<string, Addr>();
  readonly #max: number;
  readonly #cookie: (addr: Addr) => Uint8Array;
  readonly #evicted: (session: Session) => void;

  constructor(
    max: number,
    cookie: (addr: Addr) => Uint8Array,
    evicted: (session: Session) => void,
  ) {
    this.#max = max;
    this.#cookie = cookie;
    this.#evicted = evicted;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session, if there is one; it stays as old as it is. */
  get(key: string): Session | undefined {
    return this.#sessions.get(key);
  }

  /** The session of a node as others call it: at its host name's real address where that is known. */
  find(to: ControlTarget): Session {
    return this.obtain(to.name, this.#aliases.get(sessionKey(to.name, to.control)) ?? to.control);
  }

  /** Notes where a host name answers from. */
  alias(name: Session, addr: Addr): void {
    this.#sessions.delete(name.key);
    if (this.#aliases.size >= ALIASES_MAX) {
      const oldest = this.#aliases.keys().next();
      if (!oldest.done) this.#aliases.delete(oldest.value);
    }
    this.#aliases.set(name.key, addr);
  }

  /** The host name that led to this session may stand for another address by now: ask it again. */
  forgetAliases(session: Session): void {
    for (const [key, addr] of this.#aliases) {
      if (sessionKey(session.name, addr) === session.key && key.startsWith(`${session.name}@`)) {
        this.#aliases.delete(key);
      }
    }
  }

  /** The session, made when it is not there; it becomes the youngest. */
  obtain(name: NodeName, addr: Addr): Session {
    const key = sessionKey(name, addr);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      if (this.#sessions.size >= this.#max) this.#evict();
      session = new Session(name, addr, this.#cookie(addr));
    } else {
      this.#sessions.delete(key);
    }
    this.#sessions.set(key, session);
    return session;
  }

  #evict(): void {
    const oldest = this.#sessions.values().next();
    if (oldest.done) return;
    this.#sessions.delete(oldest.value.key);
    this.#evicted(oldest.value);
  }
}
