/**
 * What peers and the index say to each other over TCP: CBOR lists `[version, type, seq, body, re?]`,
 * each after its length in 4 bytes (`core/wire/frame.ts`), each body with a strict schema. `seq` counts a
 * side's messages; an answer carries the request's in `re`.
 */
import { decode as decodeCbor, encode as encodeCbor } from "cborg";
import { z } from "zod";
import { NAME_PATTERN, type NodeName } from "../ids.ts";
import { isPlainCbor } from "../wire/cbor_shape.ts";
import { frame } from "../wire/frame.ts";
import { isFileName, NAME_MAX_BYTES } from "./file_name.ts";
import { type FileId, fileId, isGeometry, pieceCount } from "./identity.ts";
import { PieceMap } from "./piece_map.ts";

/** Version of the index protocol. */
export const INDEX_VERSION = 1;
/** Longest message: a page of announcements with full maps. */
export const INDEX_MESSAGE_MAX_BYTES = 256 * 1024;
/** Announcements in one message. */
export const FILES_PER_MESSAGE = 16;
/** Results of one search, and peers of one result. */
export const RESULTS_MAX = 50;
/** Peers named for one file. */
export const PEERS_PER_RESULT = 50;

const name = z.custom<NodeName>((v) => typeof v === "string" && NAME_PATTERN.test(v));
const id = z.custom<FileId>((v) => fileId(v) !== undefined);
const uint = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const uint32 = z.number().int().min(0).max(0xffffffff);
const fileName = z.custom<string>((v) => typeof v === "string" && isFileName(v));
const addr = { host: z.string().min(1).max(255), port: z.number().int().min(1).max(65535) };
const shape = { id, size: uint, piece: uint32 };

const fileSchema = z.strictObject({
  ...shape,
  name: fileName,
  /** The piece map; empty when every piece is held. */
  have: z.custom<Uint8Array>((v) => v instanceof Uint8Array && v.length <= 8192),
}).refine((file) =>
  isGeometry(file.size, file.piece) &&
  (file.have.length === 0 ||
    PieceMap.parse(file.have, pieceCount({ sizeBytes: file.size, pieceBytes: file.piece })) !==
      undefined)
);

const holderSchema = z.strictObject({
  name,
  instance: uint,
  ...addr,
  /** Pieces held. */
  held: uint32,
});

const resultSchema = z.strictObject({
  ...shape,
  name: fileName,
  peers: z.array(holderSchema).max(PEERS_PER_RESULT),
  /** Peers known in all, and those of them that hold every piece. */
  total: uint32,
  seeds: uint32,
}).refine((file) => isGeometry(file.size, file.piece));

const empty = z.strictObject({});
const text = (max: number) => z.string().max(max);

/** Number and body of every message. */
export const INDEX_MESSAGES = {
  /** Says what a peer holds. `reset` forgets what it said before; later pages add to it. */
  ANNOUNCE: {
    id: 1,
    body: z.strictObject({
      peer: z.strictObject({ name, instance: uint, ...addr }),
      files: z.array(fileSchema).max(FILES_PER_MESSAGE),
      gone: z.array(id).max(256),
      reset: z.boolean(),
      /** Uploads running now: who has fewer comes earlier. */
      load: uint32,
    }),
  },
  /** The announcement stands (on disk, where the index keeps one) for `leaseMs`; `refused` did not fit. */
  ANNOUNCED: {
    id: 2,
    body: z.strictObject({ leaseMs: uint32, refused: z.array(id).max(FILES_PER_MESSAGE) }),
  },
  /** Takes back everything: the peer leaves. */
  LEAVE: { id: 3, body: z.strictObject({ name, instance: uint }) },
  /** Exactly one of `text` and `id`. */
  SEARCH: {
    id: 10,
    body: z.strictObject({
      text: text(NAME_MAX_BYTES).optional(),
      id: id.optional(),
      limit: z.number().int().min(1).max(RESULTS_MAX),
    }).refine((body) => (body.text === undefined) !== (body.id === undefined)),
  },
  FOUND: {
    id: 11,
    body: z.strictObject({ files: z.array(resultSchema).max(RESULTS_MAX), more: z.boolean() }),
  },
  /** This peer cheats: it sent wrong bytes, or claims what it does not have. */
  REPORT: {
    id: 20,
    body: z.strictObject({ id, name, by: name, why: text(40) }),
  },
  DONE: { id: 21, body: empty },
  REJECTED: { id: 30, body: z.strictObject({ code: text(40), why: text(200) }) },
} as const;

/** A message's name. */
export type IndexType = keyof typeof INDEX_MESSAGES;
/** A message's body. */
export type IndexBody<T extends IndexType> = z.output<typeof INDEX_MESSAGES[T]["body"]>;
/** An announced file. */
export type AnnouncedFile = z.output<typeof fileSchema>;
/** A search's result. */
export type FoundFile = z.output<typeof resultSchema>;
/** A peer that holds a found file. */
export type Holder = z.output<typeof holderSchema>;

/** A checked message. */
export interface IndexMessage<T extends IndexType> {
  readonly type: T;
  readonly seq: number;
  readonly re: number | undefined;
  readonly body: IndexBody<T>;
}
/** A message of any type, to be told apart by `type`. */
export type AnyIndexMessage = { [T in IndexType]: IndexMessage<T> }[IndexType];

/** Why bytes are no message. */
export type IndexFailure = "malformed" | "version" | "type" | "schema";

const TYPE_BY_ID: ReadonlyMap<unknown, IndexType> = new Map(
  (Object.keys(INDEX_MESSAGES) as IndexType[]).map((type) => [INDEX_MESSAGES[type].id, type]),
);
const DECODE_OPTIONS = { strict: true, rejectDuplicateMapKeys: true, allowBigInt: false } as const;

/** Encodes a message in its frame. The body must keep its schema: a fault here is the caller's. */
export function encodeIndex<T extends IndexType>(
  type: T,
  body: IndexBody<T>,
  seq: number,
  re?: number,
): Uint8Array {
  const checked = INDEX_MESSAGES[type].body.safeParse(body);
  if (!checked.success) throw new TypeError(`Cannot encode ${type}: ${checked.error.message}`);
  const items: unknown[] = [INDEX_VERSION, INDEX_MESSAGES[type].id, seq, body];
  if (re !== undefined) items.push(re);
  return frame(encodeCbor(items, { ignoreUndefinedProperties: true }));
}

function isUint(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Decodes what a `Deframer` cut out; never throws. */
export function decodeIndex(bytes: Uint8Array): AnyIndexMessage | IndexFailure {
  if (!isPlainCbor(bytes)) return "malformed";
  let items: unknown;
  try {
    items = decodeCbor(bytes, DECODE_OPTIONS);
  } catch {
    return "malformed";
  }
  if (!Array.isArray(items)) return "malformed";
  const [version, number, seq, raw, re]: readonly unknown[] = items;
  if (!isUint(version)) return "malformed";
  if (version !== INDEX_VERSION) return "version";
  const type = TYPE_BY_ID.get(number);
  if (type === undefined) return "type";
  if (items.length > 5 || !isUint(seq) || (re !== undefined && !isUint(re))) return "schema";
  const body = INDEX_MESSAGES[type].body.safeParse(raw);
  if (!body.success) return "schema";
  // The schema that made this body is the one `type` names.
  return { type, seq, re, body: body.data } as AnyIndexMessage;
}
