/**
 * What two peers say to each other over TCP about one file. Every message is its length (4 bytes, most
 * significant first, counting what follows), its type (1 byte) and its body. HELLO is CBOR; all others are
 * fixed binary, so that a piece costs one copy from the socket's buffer to where it belongs.
 */
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { z } from "zod";
import { NAME_PATTERN, type NodeName } from "../ids.ts";
import { isPlainCbor } from "../wire/cbor_shape.ts";
import { isFileName } from "./file_name.ts";
import {
  BLOCK_BYTES,
  type FileId,
  fileId,
  HASH_BYTES,
  isGeometry,
  PIECE_MAX_BYTES,
} from "./identity.ts";

/** Version of the peer protocol. */
export const PEER_VERSION = 1;
/** Most bytes that one REQUEST may ask for. */
export const SPAN_MAX_BYTES = 512 * 1024;
/** Hashes in one LAYER message at most. */
export const LAYER_PAGE = 2048;

/** Why a connection is ended, as BYE says it. */
export const BYES = [
  "leaving",
  "no-such-file",
  "full",
  "same-node",
  "duplicate",
  "bad-hello",
  "withdrawn",
  "banned",
  "idle",
  "not-needed",
] as const;
/** One of `BYES`. */
export type Bye = typeof BYES[number];

const shapeSchema = z.strictObject({
  id: z.custom<FileId>((v) => fileId(v) !== undefined),
  size: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  piece: z.number().int().min(BLOCK_BYTES),
}).refine((file) => isGeometry(file.size, file.piece));

const helloSchema = z.strictObject({
  version: z.number().int().min(0).max(0xffff),
  name: z.custom<NodeName>((v) => typeof v === "string" && NAME_PATTERN.test(v)),
  instance: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Where the sender listens; 0 when it does not. */
  port: z.number().int().min(0).max(65535),
  /** The file to talk about; the answer to a `lookup` fills it in. */
  file: shapeSchema.optional(),
  /** Asks for the file of this name instead. */
  lookup: z.custom<string>((v) => typeof v === "string" && isFileName(v)).optional(),
});
/** The first message of both sides. */
export type Hello = z.output<typeof helloSchema>;

/** A run of blocks in a piece. */
export interface Span {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** A message without payload to stream. */
export type PeerMessage =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "bitfield"; readonly bits: Uint8Array }
  | { readonly kind: "have"; readonly pieces: readonly number[] }
  | {
    readonly kind: "interested" | "not-interested" | "choke" | "unchoke" | "ping";
  }
  | ({ readonly kind: "request" | "cancel" | "reject" } & Span)
  | { readonly kind: "want-layer"; readonly first: number; readonly count: number }
  | { readonly kind: "layer"; readonly first: number; readonly hashes: Uint8Array }
  /** The hashes of one piece's blocks, so that each block can be verified on its own. */
  | { readonly kind: "want-leaves"; readonly piece: number }
  | { readonly kind: "leaves"; readonly piece: number; readonly hashes: Uint8Array }
  | { readonly kind: "bye"; readonly why: Bye };

const KINDS = [
  "hello",
  "bitfield",
  "have",
  "interested",
  "not-interested",
  "choke",
  "unchoke",
  "request",
  "piece",
  "cancel",
  "reject",
  "want-layer",
  "layer",
  "bye",
  "ping",
  "want-leaves",
  "leaves",
] as const;
type Kind = typeof KINDS[number];

/** Shortest and longest body of each type. */
const BODY_BYTES: Readonly<Record<Kind, readonly [number, number]>> = {
  hello: [1, 1024],
  bitfield: [1, 8192],
  have: [4, 4096],
  interested: [0, 0],
  "not-interested": [0, 0],
  choke: [0, 0],
  unchoke: [0, 0],
  request: [12, 12],
  piece: [9, 8 + SPAN_MAX_BYTES],
  cancel: [12, 12],
  reject: [12, 12],
  "want-layer": [8, 8],
  layer: [4 + HASH_BYTES, 4 + LAYER_PAGE * HASH_BYTES],
  bye: [1, 1],
  ping: [0, 0],
  "want-leaves": [4, 4],
  leaves: [4 + HASH_BYTES, 4 + (PIECE_MAX_BYTES / BLOCK_BYTES) * HASH_BYTES],
};

/** Bytes of length and type. */
export const HEAD_BYTES = 5;
/** Bytes before a piece's payload. */
export const PIECE_HEAD_BYTES = HEAD_BYTES + 8;

function head(
  kind: Kind,
  bodyBytes: number,
  bytes = new Uint8Array(HEAD_BYTES + bodyBytes),
): Uint8Array {
  new DataView(bytes.buffer).setUint32(0, 1 + bodyBytes);
  bytes[4] = KINDS.indexOf(kind) + 1;
  return bytes;
}

function numbers(kind: Kind, values: readonly number[]): Uint8Array {
  const bytes = head(kind, values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(HEAD_BYTES + i * 4, value));
  return bytes;
}

function raw(kind: Kind, body: Uint8Array): Uint8Array {
  const bytes = head(kind, body.length);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

function hashesFrom(kind: Kind, first: number, hashes: Uint8Array): Uint8Array {
  const bytes = head(kind, 4 + hashes.length);
  new DataView(bytes.buffer).setUint32(HEAD_BYTES, first);
  bytes.set(hashes, HEAD_BYTES + 4);
  return bytes;
}

/** Encodes a message in its frame. */
export function encodePeer(message: PeerMessage): Uint8Array {
  switch (message.kind) {
    case "hello":
      return raw("hello", encodeCbor(message.hello, { ignoreUndefinedProperties: true }));
    case "bitfield":
      return raw("bitfield", message.bits);
    case "have":
      return numbers("have", message.pieces);
    case "request":
    case "cancel":
    case "reject":
      return numbers(message.kind, [message.piece, message.begin, message.length]);
    case "want-layer":
      return numbers("want-layer", [message.first, message.count]);
    case "layer":
      return hashesFrom("layer", message.first, message.hashes);
    case "want-leaves":
      return numbers("want-leaves", [message.piece]);
    case "leaves":
      return hashesFrom("leaves", message.piece, message.hashes);
    case "bye":
      return raw("bye", new Uint8Array([BYES.indexOf(message.why)]));
    default:
      return head(message.kind, 0);
  }
}

/** A PIECE message with its head filled in, made in `room` where that is given; the payload goes to `PIECE_HEAD_BYTES` and after. */
export function pieceFrame(span: Span, room?: ArrayBuffer): Uint8Array {
  const length = PIECE_HEAD_BYTES + span.length;
  const bytes = head(
    "piece",
    8 + span.length,
    new Uint8Array(room ?? new ArrayBuffer(length), 0, length),
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(HEAD_BYTES, span.piece);
  view.setUint32(HEAD_BYTES + 4, span.begin);
  return bytes;
}

function readHello(body: Uint8Array): PeerMessage | undefined {
  if (!isPlainCbor(body)) return undefined;
  try {
    const parsed = helloSchema.safeParse(decodeCbor(body, { rejectDuplicateMapKeys: true }));
    return parsed.success ? { kind: "hello", hello: parsed.data } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a body; undefined when it is no such message. */
function readBody(kind: Exclude<Kind, "piece">, body: Uint8Array): PeerMessage | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const at = (index: number) => view.getUint32(index * 4);
  switch (kind) {
    case "hello":
      return readHello(body);
    case "bitfield":
      return { kind, bits: body };
    case "have": {
      if (body.length % 4 !== 0) return undefined;
      return { kind, pieces: Array.from({ length: body.length / 4 }, (_, i) => at(i)) };
    }
    case "request":
    case "cancel":
    case "reject":
      return { kind, piece: at(0), begin: at(1), length: at(2) };
    case "want-layer":
      return { kind, first: at(0), count: at(1) };
    case "layer":
    case "leaves": {
      const hashes = body.subarray(4);
      if (hashes.length % HASH_BYTES !== 0) return undefined;
      return kind === "layer" ? { kind, first: at(0), hashes } : { kind, piece: at(0), hashes };
    }
    case "want-leaves":
      return { kind, piece: at(0) };
    case "bye": {
      const why = BYES[body[0] ?? 255];
      return why === undefined ? undefined : { kind, why };
    }
    default:
      return { kind };
  }
}

/** Who takes what a `PeerParser` cuts out. Any of these may call `stop`. */
export interface PeerSink {
  message(message: PeerMessage): void;
  /** A PIECE begins: where its payload goes (exactly `length` bytes), or undefined to skip it. */
  pieceBegins(span: Span): Uint8Array | undefined;
  /** A PIECE is here whole; `kept` when its payload went where `pieceBegins` said. */
  pieceEnds(span: Span, kept: boolean): void;
  /** The bytes are no protocol: nothing more is read. */
  broken(why: "length" | "type" | "body"): void;
}

/** Less of a payload than this is read with what comes after it. */
const ROOM_MIN_BYTES = 16 * 1024;

/**
 * Cuts a byte stream into messages. Payload of pieces is copied once at most, and not at all where it is read to
 * where `room` says; nothing else is kept over 64 KiB.
 */
export class PeerParser {
  readonly #sink: PeerSink;
  readonly #head = new Uint8Array(PIECE_HEAD_BYTES);
  #headBytes = 0;
  #headWanted = HEAD_BYTES;
  #body: Uint8Array | undefined;
  #bodyBytes = 0;
  #bodyLength = 0;
  #kind: Kind = "ping";
  #span: Span | undefined;
  #stopped = false;

  constructor(sink: PeerSink) {
    this.#sink = sink;
  }

  /** Whether a message has begun and not ended. */
  get midMessage(): boolean {
    return this.#headBytes > 0;
  }

  /** Reads no more. */
  stop(): void {
    this.#stopped = true;
    this.#body = undefined;
  }

  /** Where the next bytes belong: the rest of a payload that has begun. */
  room(): Uint8Array | undefined {
    const isPayload = this.#kind === "piece" && this.#headBytes === PIECE_HEAD_BYTES;
    if (!isPayload || this.#bodyLength - this.#bodyBytes < ROOM_MIN_BYTES) return undefined;
    return this.#body?.subarray(this.#bodyBytes);
  }

  /** Takes the next chunk. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#headBytes < this.#headWanted) {
        const part = chunk.subarray(at, at + this.#headWanted - this.#headBytes);
        this.#head.set(part, this.#headBytes);
        this.#headBytes += part.length;
        at += part.length;
        if (this.#headBytes === this.#headWanted) this.#headDone();
      } else {
        const part = chunk.subarray(at, at + this.#bodyLength - this.#bodyBytes);
        const body = this.#body;
        const isThere = body?.buffer === part.buffer &&
          body.byteOffset + this.#bodyBytes === part.byteOffset;
        if (!isThere) body?.set(part, this.#bodyBytes);
        this.#bodyBytes += part.length;
        at += part.length;
        if (this.#bodyBytes === this.#bodyLength) this.#bodyDone();
      }
    }
  }

  #headDone(): void {
    const view = new DataView(this.#head.buffer);
    if (this.#headWanted === PIECE_HEAD_BYTES) {
      this.#span = {
        piece: view.getUint32(HEAD_BYTES),
        begin: view.getUint32(HEAD_BYTES + 4),
        length: this.#bodyLength,
      };
      const target = this.#sink.pieceBegins(this.#span);
      this.#body = target?.length === this.#bodyLength ? target : undefined;
      return;
    }
    const kind = KINDS[(this.#head[4] ?? 0) - 1];
    if (kind === undefined) return this.#break("type");
    const length = view.getUint32(0) - 1;
    const [min, max] = BODY_BYTES[kind];
    if (length < min || length > max) return this.#break("length");
    this.#kind = kind;
    this.#bodyBytes = 0;
    if (kind === "piece") {
      this.#bodyLength = length - 8;
      this.#headWanted = PIECE_HEAD_BYTES;
    } else {
      this.#bodyLength = length;
      this.#body = new Uint8Array(length);
      if (length === 0) this.#bodyDone();
    }
  }

  #bodyDone(): void {
    const [body, span, kind] = [this.#body, this.#span, this.#kind];
    this.#headBytes = 0;
    this.#headWanted = HEAD_BYTES;
    this.#body = undefined;
    this.#span = undefined;
    if (kind === "piece") {
      if (span !== undefined) this.#sink.pieceEnds(span, body !== undefined);
      return;
    }
    const message = body === undefined ? undefined : readBody(kind, body);
    if (message === undefined) this.#break("body");
    else this.#sink.message(message);
  }

  #break(why: "length" | "type" | "body"): void {
    this.stop();
    this.#sink.broken(why);
  }
}
