/**
 * The codec of the control plane: CBOR (RFC 8949) envelopes
 * `[version, type, from, instance, seq, body, token, mine, re?]`, each body with the strict schema of
 * `messages.ts`. One datagram carries one envelope; the bootstrapper's TCP connection carries the same
 * envelopes in the frames of `frame.ts`.
 */
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { type NodeName, nodeName } from "../ids.ts";
import { isPlainCbor } from "./cbor_shape.ts";
import { COOKIE_BYTES } from "./cookie.ts";
import {
  CONTROL_MAX_BYTES,
  type MessageBody,
  MESSAGES,
  type MessageType,
  WIRE_VERSION,
} from "./messages.ts";

/** Stands for a cookie that is not known. */
export const NO_COOKIE: Uint8Array = new Uint8Array(0);

/** One control message as it travels. */
export interface Envelope<T extends MessageType> {
  readonly type: T;
  /** The sender's name: a claim; only a right `token` proves the address behind it. */
  readonly from: NodeName;
  readonly instance: number;
  /** Unique for every datagram of one instance of the sender, and growing; a retry takes a new one. */
  readonly seq: number;
  readonly body: MessageBody<T>;
  /** The cookie the receiver gave the sender; empty when it is not known. */
  readonly token: Uint8Array;
  /** The cookie the sender gives the receiver. */
  readonly mine: Uint8Array;
  /** The seq of the message this one answers. */
  readonly re: number | undefined;
}

/** An envelope of any type, told apart by `type`. */
export type AnyEnvelope = { [T in MessageType]: Envelope<T> }[MessageType];

/** Why bytes are no message: `malformed` CBOR, another `version`, an unknown `type`, a wrong `schema`, `too-long`. */
export type DecodeFailure = "malformed" | "version" | "type" | "schema" | "too-long";

/** What `decode` makes of bytes. */
export type Decoded =
  | { readonly ok: true; readonly envelope: AnyEnvelope }
  | { readonly ok: false; readonly why: DecodeFailure };

/** A message that cannot go on the wire: a programming error of its sender. */
export class CodecError extends Error {
  readonly code: "message-too-long" | "message-invalid";
  override name = "CodecError";
  constructor(
    code: "message-too-long" | "message-invalid",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
  }
}

/** Every message type, in the order of their numbers. */
export const MESSAGE_TYPES: readonly MessageType[] = (Object.keys(MESSAGES) as MessageType[])
  .sort((a, b) => MESSAGES[a].id - MESSAGES[b].id);

const TYPE_BY_ID: ReadonlyMap<unknown, MessageType> = new Map(
  MESSAGE_TYPES.map((type) => [MESSAGES[type].id, type]),
);

const ENVELOPE_ITEMS = 8;
/** Longest head of an envelope: list, version, type, a name of 64, three numbers of 64 bits, two cookies. */
export const ENVELOPE_MAX_BYTES = 1 + 1 + 2 + (2 + 64) + 3 * 9 + 2 * (1 + COOKIE_BYTES);
/** A body that `bodyBytes` finds this long fits a datagram, whoever sends it. */
export const BODY_MAX_BYTES = CONTROL_MAX_BYTES - ENVELOPE_MAX_BYTES;

const ENCODE_OPTIONS = { ignoreUndefinedProperties: true } as const;
const DECODE_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

const MALFORMED: Decoded = { ok: false, why: "malformed" };
const OTHER_VERSION: Decoded = { ok: false, why: "version" };
const UNKNOWN_TYPE: Decoded = { ok: false, why: "type" };
const WRONG_SCHEMA: Decoded = { ok: false, why: "schema" };
const TOO_LONG: Decoded = { ok: false, why: "too-long" };

/** Whether `value` is a whole number that JavaScript holds exactly. */
function isUint(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Whether `value` is a cookie or stands for none. */
function isCookie(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && (value.length === COOKIE_BYTES || value.length === 0);
}

/**
 * Encodes a message.
 *
 * @throws {CodecError} `message-invalid` when the body breaks its schema, `message-too-long` when the
 * result exceeds `maxBytes`: both are the caller's mistakes, to be found in its tests.
 */
export function encode<T extends MessageType>(
  envelope: Envelope<T>,
  maxBytes: number = CONTROL_MAX_BYTES,
): Uint8Array {
  const { type, from, instance, seq, body, token, mine, re } = envelope;
  const checked = MESSAGES[type].body.safeParse(body);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw new CodecError(
      "message-invalid",
      `Cannot encode ${type}: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`,
      { cause: checked.error },
    );
  }
  const items: unknown[] = [
    WIRE_VERSION,
    MESSAGES[type].id,
    from,
    instance,
    seq,
    body,
    token,
    mine,
  ];
  if (re !== undefined) items.push(re);
  const bytes = encodeCbor(items, ENCODE_OPTIONS);
  if (bytes.length > maxBytes) {
    throw new CodecError(
      "message-too-long",
      `Cannot encode ${type}: ${bytes.length} bytes, at most ${maxBytes} fit`,
    );
  }
  return bytes;
}

/** Length of a body in CBOR: whoever fills messages to the brim compares it with `BODY_MAX_BYTES`. */
export function bodyBytes<T extends MessageType>(_type: T, body: MessageBody<T>): number {
  return encodeCbor(body, ENCODE_OPTIONS).length;
}

/** Decodes a message; never throws, whatever the bytes are. What it returns shares no memory with them. */
export function decode(bytes: Uint8Array, maxBytes: number = CONTROL_MAX_BYTES): Decoded {
  if (bytes.length > maxBytes) return TOO_LONG;
  if (!isPlainCbor(bytes)) return MALFORMED;
  let items: unknown;
  try {
    items = decodeCbor(bytes, DECODE_OPTIONS);
  } catch {
    return MALFORMED;
  }
  return Array.isArray(items) ? check(items) : MALFORMED;
}

/** Checks the parts of an envelope, version and type first, so that each failure counts as what it is. */
function check(items: readonly unknown[]): Decoded {
  const [version, id, sender, instance, seq, rawBody, token, mine, re] = items;
  if (!isUint(version)) return MALFORMED;
  if (version !== WIRE_VERSION) return OTHER_VERSION;
  const type = TYPE_BY_ID.get(id);
  if (type === undefined) return isUint(id) ? UNKNOWN_TYPE : MALFORMED;
  if (items.length < ENVELOPE_ITEMS || items.length > ENVELOPE_ITEMS + 1) return WRONG_SCHEMA;
  const from = nodeName(sender);
  if (from === undefined || !isUint(instance) || !isUint(seq)) return WRONG_SCHEMA;
  if (!isCookie(token) || !isCookie(mine)) return WRONG_SCHEMA;
  const hasRe = items.length > ENVELOPE_ITEMS;
  if (hasRe && !isUint(re)) return WRONG_SCHEMA;
  const body = MESSAGES[type].body.safeParse(rawBody);
  if (!body.success) return WRONG_SCHEMA;
  // The schema that made this body is the one `type` names: the pair is sealed together here.
  const envelope = {
    type,
    from,
    instance,
    seq,
    body: body.data,
    token,
    mine,
    re: hasRe ? re : undefined,
  } as AnyEnvelope;
  return { ok: true, envelope };
}
