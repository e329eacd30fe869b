/**
 * How a child proves its media address before anything is sent there: it asks the parent's media port for
 * a cookie and shows it on the control plane. The giver keeps no state, its answer is as long as the
 * question, and strangers get nothing else.
 *
 * Both are RTCP APP packets named `ESPR` of 28 bytes: 8 bytes of nonce, then zeros (ask) or the cookie.
 */
import { APP_ESPALIER, ESPALIER_APP, RTCP } from "../wire/rtcp.ts";
import { readU32, writeU16, writeU32 } from "../wire/rtp_bytes.ts";
import { COOKIE_BYTES, type CookieJar } from "../wire/cookie.ts";
import type { Addr, Rng } from "../ports.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { LinkId } from "./api.ts";

/** Length of question and answer. */
export const HANDSHAKE_BYTES = 28;
const NONCE_AT = 12;
const NONCE_BYTES = 8;
const COOKIE_AT = NONCE_AT + NONCE_BYTES;
/** Answers a second, and at once: a new address costs a hash of some microseconds. */
const ANSWERS_PER_SECOND = 2000;
const ANSWERS_BURST = 500;
/** Distances of repeated questions; after the last the remote counts as unreachable. */
const RETRIES_MS = [100, 150, 250, 500, 1000, 1500];
/** A cookie older than this is used, but asked for anew: the giver may have restarted. */
const STALE_MS = 5000;
/** Cookies remembered; the oldest goes first. */
const COOKIES_MAX = 4096;
/** Callers that wait for the same cookie. */
const WAITING_MAX = 1024;

/** Whether this is a handshake's question or answer, and not media or feedback. */
export function isHandshake(bytes: Uint8Array): boolean {
  if (bytes.length !== HANDSHAKE_BYTES || bytes[1] !== RTCP.app) return false;
  return (bytes[0] === (0x80 | ESPALIER_APP.cookieAsk) ||
    bytes[0] === (0x80 | ESPALIER_APP.cookieAnswer)) && readU32(bytes, 8) === APP_ESPALIER;
}

function packet(subtype: number, nonce: Uint8Array, cookie?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  bytes[0] = 0x80 | subtype;
  bytes[1] = RTCP.app;
  writeU16(bytes, 2, HANDSHAKE_BYTES / 4 - 1);
  writeU32(bytes, 8, APP_ESPALIER);
  bytes.set(nonce, NONCE_AT);
  if (cookie !== undefined) bytes.set(cookie, COOKIE_AT);
  return bytes;
}

/** Gives cookies to whoever asks; keeps nothing about them. */
export class CookieDesk {
  readonly jar: CookieJar;
  answered = 0;
  refused = 0;
  badCookies = 0;
  readonly #bucket: TokenBucket;

  constructor(jar: CookieJar, nowMs: number) {
    this.jar = jar;
    this.#bucket = new TokenBucket(ANSWERS_PER_SECOND, ANSWERS_BURST, nowMs);
  }

  /** The answer to a question; undefined when this is none, or there are too many. */
  answer(from: Addr, bytes: Uint8Array, nowMs: number): Uint8Array | undefined {
    if (bytes[0] !== (0x80 | ESPALIER_APP.cookieAsk)) return undefined;
    if (!this.#bucket.take(nowMs)) {
      this.refused++;
      return undefined;
    }
    this.answered++;
    const nonce = bytes.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES);
    return packet(ESPALIER_APP.cookieAnswer, nonce, this.jar.make(from));
  }

  /** Whether this cookie was given to exactly this address. */
  verify(remote: Addr, cookie: Uint8Array): boolean {
    const good = this.jar.check(remote, cookie);
    if (!good) this.badCookies++;
    return good;
  }
}

/** Takes the cookie, or undefined when the remote does not answer. */
export type CookieDone = (cookie: Uint8Array | undefined) => void;

interface Question {
  readonly nonce: Uint8Array;
  readonly waiting: Set<CookieDone>;
  tries: number;
  nextMs: number;
}

interface Known {
  readonly cookie: Uint8Array;
  readonly sinceMs: number;
}

/** Fetches cookies for this node's own sockets. */
export class CookieAsks {
  /** Questions to send; the driver empties it. */
  readonly sends: { readonly link: LinkId; readonly bytes: Uint8Array }[] = [];
  readonly #rng: Rng;
  readonly #questions = new Map<LinkId, Question>();
  readonly #known = new Map<LinkId, Known>();

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** When `tick` is due; undefined when nothing is asked. */
  nextDeadlineMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { nextMs: atMs } of this.#questions.values()) {
      if (nextMs === undefined || atMs < nextMs) nextMs = atMs;
    }
    return nextMs;
  }

  /** Calls `done` with the remote's cookie: at once when it is known and not to be fetched `fresh`. */
  ask(link: LinkId, fresh: boolean, nowMs: number, done: CookieDone): Disposable {
    const known = fresh ? undefined : this.#known.get(link);
    if (known === undefined || nowMs - known.sinceMs > STALE_MS) {
      const { waiting } = this.#question(link, nowMs);
      if (known === undefined && waiting.size < WAITING_MAX) {
        const own: CookieDone = (cookie) => done(cookie);
        waiting.add(own);
        return { [Symbol.dispose]: () => void waiting.delete(own) };
      }
    }
    done(known?.cookie);
    return { [Symbol.dispose]() {} };
  }

  #question(link: LinkId, nowMs: number): Question {
    let question = this.#questions.get(link);
    if (question !== undefined) return question;
    const nonce = this.#rng.bytes(NONCE_BYTES);
    question = { nonce, waiting: new Set(), tries: 0, nextMs: nowMs };
    this.#questions.set(link, question);
    this.#send(link, question, nowMs);
    return question;
  }

  #send(link: LinkId, question: Question, nowMs: number): void {
    question.nextMs = nowMs + (RETRIES_MS[question.tries++] ?? 0);
    this.sends.push({ link, bytes: packet(ESPALIER_APP.cookieAsk, question.nonce) });
  }

  /** An answer from a known link; false when it answers nothing that was asked. */
  answered(link: LinkId, bytes: Uint8Array, nowMs: number): boolean {
    const question = this.#questions.get(link);
    if (question === undefined || bytes[0] !== (0x80 | ESPALIER_APP.cookieAnswer)) return false;
    for (let at = 0; at < NONCE_BYTES; at++) {
      if (bytes[NONCE_AT + at] !== question.nonce[at]) return false;
    }
    this.#questions.delete(link);
    const cookie = bytes.slice(COOKIE_AT, COOKIE_AT + COOKIE_BYTES);
    this.#known.delete(link);
    this.#known.set(link, { cookie, sinceMs: nowMs });
    if (this.#known.size > COOKIES_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    for (const done of [...question.waiting]) done(cookie);
    return true;
  }

  /** Repeats what was not answered, gives up what was asked too often. */
  tick(nowMs: number): void {
    for (const [link, question] of [...this.#questions]) {
      if (question.nextMs > nowMs) continue;
      if (question.tries < RETRIES_MS.length) {
        this.#send(link, question, nowMs);
        continue;
      }
      this.#questions.delete(link);
      this.#known.delete(link);
      for (const done of [...question.waiting]) done(undefined);
    }
  }

  /** The link is gone. */
  forget(link: LinkId): void {
    this.#known.delete(link);
    const question = this.#questions.get(link);
    this.#questions.delete(link);
    for (const done of question?.waiting ?? []) done(undefined);
  }
}
