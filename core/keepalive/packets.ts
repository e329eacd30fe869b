/**
 * The keepalive plane's datagrams: fixed layouts, big endian, no parsing beyond offsets, because this
 * runs five times a second for every neighbour. An answer is never longer than what it answers.
 *
 * ```
 * hello      version kind 0 0 | sender's token 8 | zeros 8                                    20 bytes
 * challenge  version kind 0 0 | echoed token 8 | cookie 8                                     20
 * open       version kind flags length | sender's token 8 | cookie 8 | instance 8 |
 *            stamp 4 | name 64, padded with zeros                                             96
 * accept     version kind flags length | echoed token 8 | own token 8 | instance 8 |
 *            echoed stamp 4 | name                                                            32 + name
 * beat       version kind flags 0 | receiver's token 8 | sender's token 8 | seq 4 | stamp 4 |
 *            echoed stamp 4 | hold 4 | loss 2 | interval 2                                    40
 * unknown    version kind 0 0 | echoed sender's token 8                                       12
 * goodbye    version kind 0 0 | receiver's token 8 | sender's token 8                         20
 * ```
 */
import { NAME_PATTERN, type NodeName, nodeName } from "../ids.ts";
import { COOKIE_BYTES } from "../wire/cookie.ts";

/** Version of the keepalive plane; others are counted and dropped. */
export const KEEPALIVE_VERSION = 1;

/** First number after the version. */
export const Kind = {
  hello: 1,
  challenge: 2,
  open: 3,
  accept: 4,
  beat: 5,
  unknown: 6,
  goodbye: 7,
} as const;

/** Lengths of the datagrams that always have the same. */
export const Length = {
  hello: 20,
  challenge: 20,
  open: 96,
  acceptMin: 33,
  beat: 40,
  unknown: 12,
  goodbye: 20,
} as const;

const ACCEPT_HEAD = 32;
const NAME_MAX = 64;

/** Bits in a beat's and an open's flags. */
export const Flag = {
  /** The sender watches the receiver: it wants heartbeats. */
  watch: 1,
  /** The receiver is to answer at once. */
  ask: 2,
  /** The sender takes the receiver for alive. */
  hear: 4,
  /** The sender's own timers ran late: its hold time is no measure. */
  late: 8,
  /** Out of step: the answer to a probe, or the first word on a link. */
  extra: 16,
} as const;

/** Says in `holdUs` that there is nothing to echo. */
export const NO_ECHO = 0xffffffff;

/** 64 random bits that name one end of a link; who knows them has received them there. */
export interface Token {
  readonly high: number;
  readonly low: number;
}

/** A heartbeat; also a probe (`ask`) and its answer. */
export interface Beat {
  readonly kind: "beat";
  readonly flags: number;
  readonly toHigh: number;
  readonly toLow: number;
  readonly fromHigh: number;
  readonly fromLow: number;
  readonly seq: number;
  /** The sender's clock in microseconds, modulo 2^32. */
  readonly stampUs: number;
  /** The newest stamp the sender has from the receiver, and for how long it has held it. */
  readonly echoUs: number;
  readonly holdUs: number;
  /** Share of the receiver's packets that the sender misses, 65535 = all. */
  readonly loss: number;
  readonly intervalMs: number;
}

/** A decoded datagram. */
export type Packet =
  | Beat
  | { readonly kind: "hello"; readonly token: Token }
  | { readonly kind: "challenge"; readonly token: Token; readonly cookie: Uint8Array }
  | {
    readonly kind: "open";
    readonly flags: number;
    readonly token: Token;
    readonly cookie: Uint8Array;
    readonly instance: number;
    readonly stampUs: number;
    readonly name: NodeName;
  }
  | {
    readonly kind: "accept";
    readonly echo: Token;
    readonly token: Token;
    readonly instance: number;
    readonly stampUs: number;
    readonly name: NodeName;
  }
  | { readonly kind: "unknown"; readonly token: Token }
  | { readonly kind: "goodbye"; readonly to: Token; readonly from: Token };

/** Why a datagram is none of ours. */
export type Malformed = "version" | "malformed";

const text = new TextEncoder();
const latin = new TextDecoder();

function start(kind: number, length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length);
  bytes[0] = KEEPALIVE_VERSION;
  bytes[1] = kind;
  return { bytes, view: new DataView(bytes.buffer) };
}

function putToken(view: DataView, offset: number, token: Token): void {
  view.setUint32(offset, token.high);
  view.setUint32(offset + 4, token.low);
}

function putInstance(view: DataView, offset: number, instance: number): void {
  view.setUint32(offset, Math.floor(instance / 2 ** 32));
  view.setUint32(offset + 4, instance >>> 0);
}

/**
 * Where heartbeats are put together and taken apart: a view on each small packet's own buffer would cost more than
 * all the rest of it.
 */
const scratch = new Uint8Array(Length.beat);
const scratchView = new DataView(scratch.buffer);

/** Writes a heartbeat. */
export function encodeBeat(beat: Omit<Beat, "kind">): Uint8Array {
  const view = scratchView;
  scratch[0] = KEEPALIVE_VERSION;
  scratch[1] = Kind.beat;
  scratch[2] = beat.flags;
  scratch[3] = 0;
  view.setUint32(4, beat.toHigh);
  view.setUint32(8, beat.toLow);
  view.setUint32(12, beat.fromHigh);
  view.setUint32(16, beat.fromLow);
  view.setUint32(20, beat.seq);
  view.setUint32(24, beat.stampUs);
  view.setUint32(28, beat.echoUs);
  view.setUint32(32, beat.holdUs);
  view.setUint16(36, beat.loss);
  view.setUint16(38, beat.intervalMs);
  return scratch.slice();
}

/** Asks an unproven address for a cookie. */
export function encodeHello(token: Token): Uint8Array {
  const { bytes, view } = start(Kind.hello, Length.hello);
  putToken(view, 4, token);
  return bytes;
}

/** Gives the cookie for the asker's address. */
export function encodeChallenge(token: Token, cookie: Uint8Array): Uint8Array {
  const { bytes, view } = start(Kind.challenge, Length.challenge);
  putToken(view, 4, token);
  bytes.set(cookie, 12);
  return bytes;
}

/** Brings the cookie back and says who asks. */
export function encodeOpen(open: Omit<Extract<Packet, { kind: "open" }>, "kind">): Uint8Array {
  const { bytes, view } = start(Kind.open, Length.open);
  bytes[2] = open.flags;
  bytes[3] = open.name.length;
  putToken(view, 4, open.token);
  bytes.set(open.cookie, 12);
  putInstance(view, 20, open.instance);
  view.setUint32(28, open.stampUs);
  bytes.set(text.encode(open.name), ACCEPT_HEAD);
  return bytes;
}

/** Agrees to a link. */
export function encodeAccept(accept: Omit<Extract<Packet, { kind: "accept" }>, "kind">) {
  const { bytes, view } = start(Kind.accept, ACCEPT_HEAD + accept.name.length);
  bytes[3] = accept.name.length;
  putToken(view, 4, accept.echo);
  putToken(view, 12, accept.token);
  putInstance(view, 20, accept.instance);
  view.setUint32(28, accept.stampUs);
  bytes.set(text.encode(accept.name), ACCEPT_HEAD);
  return bytes;
}

/** Says that the token of a beat is none of ours: this node has started anew. */
export function encodeUnknown(token: Token): Uint8Array {
  const { bytes, view } = start(Kind.unknown, Length.unknown);
  putToken(view, 4, token);
  return bytes;
}

/** Says that this node leaves. */
export function encodeGoodbye(to: Token, from: Token): Uint8Array {
  const { bytes, view } = start(Kind.goodbye, Length.goodbye);
  putToken(view, 4, to);
  putToken(view, 12, from);
  return bytes;
}

function tokenAt(view: DataView, offset: number): Token {
  return { high: view.getUint32(offset), low: view.getUint32(offset + 4) };
}

/** Both halves of an instance; undefined beyond what a number holds exactly. */
function instanceAt(view: DataView, offset: number): number | undefined {
  const value = view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
  return Number.isSafeInteger(value) ? value : undefined;
}

function nameAt(bytes: Uint8Array, length: number): NodeName | undefined {
  if (length < 1 || length > NAME_MAX || bytes.length < ACCEPT_HEAD + length) return undefined;
  const name = latin.decode(bytes.subarray(ACCEPT_HEAD, ACCEPT_HEAD + length));
  return NAME_PATTERN.test(name) ? nodeName(name) : undefined;
}

function decodeBeat(bytes: Uint8Array): Beat {
  scratch.set(bytes);
  const view = scratchView;
  return {
    kind: "beat",
    flags: bytes[2] ?? 0,
    toHigh: view.getUint32(4),
    toLow: view.getUint32(8),
    fromHigh: view.getUint32(12),
    fromLow: view.getUint32(16),
    seq: view.getUint32(20),
    stampUs: view.getUint32(24),
    echoUs: view.getUint32(28),
    holdUs: view.getUint32(32),
    loss: view.getUint16(36),
    intervalMs: view.getUint16(38),
  };
}

function decodeNamed(bytes: Uint8Array, view: DataView, kind: number): Packet | undefined {
  const name = nameAt(bytes, bytes[3] ?? 0);
  const instance = instanceAt(view, 20);
  if (name === undefined || instance === undefined) return undefined;
  const stampUs = view.getUint32(28);
  if (kind === Kind.accept) {
    if (bytes.length !== ACCEPT_HEAD + name.length) return undefined;
    return {
      kind: "accept",
      echo: tokenAt(view, 4),
      token: tokenAt(view, 12),
      instance,
      stampUs,
      name,
    };
  }
  const cookie = bytes.slice(12, 12 + COOKIE_BYTES);
  const flags = bytes[2] ?? 0;
  return { kind: "open", flags, token: tokenAt(view, 4), cookie, instance, stampUs, name };
}

/** Reads a datagram; never throws, whatever the bytes. */
export function decode(bytes: Uint8Array): Packet | Malformed {
  const { length } = bytes;
  if (length < Length.unknown) return "malformed";
  if (bytes[0] !== KEEPALIVE_VERSION) return "version";
  const kind = bytes[1];
  if (kind === Kind.beat) return length === Length.beat ? decodeBeat(bytes) : "malformed";
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  switch (kind) {
    case Kind.hello:
      return length === Length.hello ? { kind: "hello", token: tokenAt(view, 4) } : "malformed";
    case Kind.challenge:
      if (length !== Length.challenge) return "malformed";
      return {
        kind: "challenge",
        token: tokenAt(view, 4),
        cookie: bytes.slice(12, 12 + COOKIE_BYTES),
      };
    case Kind.open:
      return (length === Length.open ? decodeNamed(bytes, view, kind) : undefined) ?? "malformed";
    case Kind.accept:
      return (length >= Length.acceptMin ? decodeNamed(bytes, view, kind) : undefined) ??
        "malformed";
    case Kind.unknown:
      return length === Length.unknown ? { kind: "unknown", token: tokenAt(view, 4) } : "malformed";
    case Kind.goodbye:
      if (length !== Length.goodbye) return "malformed";
      return { kind: "goodbye", to: tokenAt(view, 4), from: tokenAt(view, 12) };
    default:
      return "malformed";
  }
}
