/**
 * The control messages: numbers, bodies and strict schemas. The envelope and the codec are in
 * `control_codec.ts`; who sends what to whom is in `docs/protocol.md`.
 */
import { z } from "zod";
import { NAME_PATTERN, type NodeName, type Peer, type Ssrc, type StreamName } from "../ids.ts";
import type { Addr } from "../ports.ts";

/** Version of the control plane; other versions are counted and dropped. */
export const WIRE_VERSION = 1;
/** Longest control datagram. */
export const CONTROL_MAX_BYTES = 1200;
/** Longest message on the bootstrapper's TCP connection. */
export const TCP_MESSAGE_MAX_BYTES = 256 * 1024;

const name = z.custom<NodeName>((v) => typeof v === "string" && NAME_PATTERN.test(v));
const stream = z.custom<StreamName>((v) => {
  if (typeof v !== "string" || v.length > 129) return false;
  const parts = v.split("/");
  return parts.length === 2 && parts.every((part) => NAME_PATTERN.test(part));
});
const uint = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const uint32 = z.number().int().min(0).max(0xffffffff);
const ssrc = z.custom<Ssrc>((v) =>
  typeof v === "number" && Number.isInteger(v) && v >= 0 && v <= 0xfffffffe && v % 2 === 0
);
const port = z.number().int().min(1).max(65535);
const addr: z.ZodType<Addr> = z.strictObject({ host: z.string().min(1).max(255), port });
const bytes = (max: number) =>
  z.custom<Uint8Array>((v) => v instanceof Uint8Array && v.length <= max);
const session = z.string().min(1).max(80);
const role = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
const ROLES = z.enum(["bootstrap", "origin", "relay", "viewer", "index", "peer"]).or(role);

/** A node on the wire. */
export const peerSchema: z.ZodType<Peer> = z.strictObject({
  name,
  instance: uint,
  roles: z.array(ROLES).max(8),
  pop: z.boolean(),
  control: addr,
  keepalive: addr,
  media: addr,
});

const streamSchema = z.strictObject({
  name: stream,
  ssrc,
  bitrate: uint.optional(),
  title: z.string().max(120),
});

const popSchema = z.strictObject({
  peer: peerSchema,
  children: uint32,
  maxChildren: uint32,
  closed: z.boolean(),
});

/** A page of the catalogue, owned and versioned by one node, spread by gossip. */
const recordSchema = z.strictObject({
  owner: name,
  instance: uint,
  version: uint,
  page: z.number().int().min(0).max(255),
  pages: z.number().int().min(1).max(256),
  streams: z.array(streamSchema).max(16),
  pop: popSchema.optional(),
  /** Seconds this page stays valid without a newer version; 0 takes it back. */
  ttl: z.number().int().min(0).max(3600),
});
/** A catalogue page. */
export type CatalogRecord = z.output<typeof recordSchema>;

const LINK_STATES = z.enum(["unknown", "up", "suspect", "down"]);
const RUN_STATES = z.enum([
  "source",
  "idle",
  "joining",
  "flowing",
  "switching",
  "seeking",
  "ended",
]);
const ppm = z.number().int().min(0).max(1_000_000);

/** What the first part of a summary says of the node. Shares are millionths, times microseconds. */
const summaryHead = z.strictObject({
  roles: z.array(ROLES).max(8),
  pop: z.boolean(),
  host: z.string().min(1).max(255),
  /** Control, keepalive, media. */
  ports: z.tuple([port, port, port]),
  version: z.string().max(32),
  uptimeMs: uint,
  cpu: uint32,
  memory: uint,
  rates: z.tuple([uint, uint]),
  loss: ppm,
  /** Packets won back, packets given up. */
  repairs: z.tuple([uint, uint]),
  sessions: uint32,
  /** Children, room for children. */
  room: z.tuple([uint32, uint32]),
  closed: z.boolean(),
  waitUs: uint32,
  cut: uint32,
});

/** Name, host and port of its control plane, state, round trip (0: not measured), loss in and out. */
const summaryLink = z.tuple([
  name,
  z.string().min(1).max(255),
  port,
  LINK_STATES,
  uint32,
  ppm,
  ppm,
]);

const summaryStream = z.strictObject({
  name: stream,
  state: RUN_STATES,
  parents: z.array(name).max(4),
  standby: name.optional(),
  rates: z.tuple([uint, uint]),
  loss: ppm,
  repairs: z.tuple([uint, uint]),
  /** Round trip to the parent (0: not measured), mean time to repair, buffer of the sink. */
  timesUs: z.tuple([uint32, uint32, uint32]),
  /** Children, sessions. */
  watched: z.tuple([uint32, uint32]),
  /** Failovers, handovers. */
  moves: z.tuple([uint32, uint32]),
});

const series = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/);

const empty = z.strictObject({});

/** Number and body of every message. */
export const MESSAGES = {
  // Handshake (the control plugin's own)
  /** Asks for a cookie; padded to at least the length of CHALLENGE. */
  HELLO: { id: 1, body: z.strictObject({ pad: bytes(256) }) },
  /** Carries the cookie for the sender's address (in the envelope); also the answer to a wrong one. */
  CHALLENGE: { id: 2, body: empty },
  /** This node leaves: it is to be taken as down at once. */
  GOODBYE: { id: 3, body: empty },

  // Tree
  BUILDTREE: {
    id: 10,
    body: z.strictObject({
      origin: name,
      /** The origin's instance. */
      epoch: uint,
      sequence: uint,
      digest: z.string().max(32),
      /** From the origin to the sender. */
      path: z.array(name).min(1).max(32),
      costUs: uint,
      /** The sender takes no new children for this origin. */
      full: z.boolean(),
    }),
  },
  /** The sender has no way to this origin any more. */
  WITHDRAW: {
    id: 11,
    body: z.strictObject({ origin: name, epoch: uint, sequence: uint, lost: name.optional() }),
  },
  /** Asks for a route with at least this sequence number; passed on towards the origin. */
  SEEK: {
    id: 12,
    body: z.strictObject({
      origin: name,
      epoch: uint,
      sequence: uint,
      hops: uint32,
      lost: name.optional(),
    }),
  },

  /** One page of what a node says of its links: flooded by trees that compute from the whole graph. */
  LINKSTATE: {
    id: 13,
    body: z.strictObject({
      owner: name,
      /** The owner's life; a newer one replaces all of an older. */
      life: uint,
      /** Newer in the sense of serial numbers (RFC 1982). */
      sequence: uint32,
      page: z.number().int().min(0).max(31),
      pages: z.number().int().min(1).max(32),
      /** How long it stays valid; every hop makes it less. */
      ttlMs: z.number().int().min(1).max(600_000),
      /** The owner passes streams on. */
      transit: z.boolean(),
      /** The owner takes no new children. */
      full: z.boolean(),
      /** Neighbours that are up, the cost of the link in microseconds, and whether the owner follows them. */
      links: z.array(z.tuple([name, uint32, z.boolean()])).max(64),
    }),
  },
  /** How many owners the sender knows, a sum over their lives and numbers, and some of them. */
  LINKSTATE_DIGEST: {
    id: 14,
    body: z.strictObject({
      count: uint32,
      sum: uint32,
      entries: z.array(z.tuple([name, uint, uint32])).max(64),
    }),
  },
  /** Asks for all pages of these owners. */
  LINKSTATE_WANT: { id: 15, body: z.strictObject({ owners: z.array(name).max(16) }) },

  // Catalogue
  /** What the sender has: owner, instance, version of the newest page 0. */
  CATALOG_DIGEST: {
    id: 20,
    body: z.strictObject({
      owners: z.array(z.tuple([name, uint, uint])).max(24),
      more: z.boolean(),
    }),
  },
  CATALOG_RECORD: { id: 21, body: recordSchema },
  /** Asks for all pages of one owner, or of everyone when empty. */
  CATALOG_WANT: { id: 22, body: z.strictObject({ owners: z.array(name).max(24) }) },

  // Exchange
  JOIN: {
    id: 30,
    body: z.strictObject({
      stream,
      session,
      /** Where media shall go, and the cookie that proves it. */
      media: addr,
      cookie: bytes(32),
      /** Extended sequence number wanted first; absent: the next to come. */
      next: uint.optional(),
      /** The number of the incarnation `next` counts in. */
      ssrc: ssrc.optional(),
      /** Prolongs a lease: `next` matters only if the parent has lost the child. */
      renew: z.boolean().optional(),
    }),
  },
  /** The join stands for `leaseMs`; media starts at `first`. Sent again for each renewal. */
  JOINED: {
    id: 31,
    body: z.strictObject({
      stream,
      session,
      ssrc,
      first: uint,
      /** From the origin to the sender, as the media runs just now. */
      path: z.array(name).max(32),
      leaseMs: uint32,
    }),
  },
  /** The parent fetches the stream itself; ask again in `retryMs`. */
  PENDING: { id: 32, body: z.strictObject({ stream, session, retryMs: uint32 }) },
  REFUSED: {
    id: 33,
    body: z.strictObject({
      stream,
      session,
      reason: z.enum([
        "busy",
        "unknown-stream",
        "no-source",
        "loop",
        "cookie",
        "leaving",
        "not-serving",
      ]),
      retryMs: uint32,
      /** Others that may have room. */
      hints: z.array(name).max(4),
    }),
  },
  LEAVE: { id: 34, body: z.strictObject({ stream, session, media: addr }) },
  /** To a child: this parent will stop sending; go to another. */
  MOVE: {
    id: 35,
    body: z.strictObject({
      stream,
      session,
      reason: z.enum(["draining", "congested", "lost-source"]),
      hints: z.array(name).max(4),
    }),
  },
  /** To a child: the stream is over for good. */
  ENDED: { id: 36, body: z.strictObject({ stream, session, ssrc, last: uint }) },
  /** From a child that was told MOVE or ENDED and has acted, or from a parent for LEAVE. */
  DONE: { id: 37, body: z.strictObject({ stream, session }) },

  // POP selection
  PROBE: { id: 40, body: z.strictObject({ nonce: uint32, pad: bytes(256) }) },
  PROBED: {
    id: 41,
    body: z.strictObject({
      nonce: uint32,
      children: uint32,
      maxChildren: uint32,
      closed: z.boolean(),
    }),
  },

  // Bootstrapper, over TCP
  REGISTER: {
    id: 50,
    body: z.strictObject({
      peer: peerSchema,
      /** Measured round trips in microseconds. */
      rtts: z.array(z.tuple([name, uint32])).max(256),
    }),
  },
  REGISTERED: {
    id: 51,
    body: z.strictObject({
      leaseMs: uint32,
      neighbors: z.array(peerSchema).max(256),
      /** Nodes whose round trip the bootstrapper wants measured. */
      measure: z.array(peerSchema).max(16),
    }),
  },
  REJECTED: {
    id: 52,
    body: z.strictObject({ code: z.string().max(40), why: z.string().max(200) }),
  },
  DEREGISTER: { id: 53, body: z.strictObject({ name, instance: uint }) },

  // Watching the network
  /** Asks a node how it is; further parts name the stamp of the first. */
  SUMMARY_WANT: {
    id: 60,
    body: z.strictObject({ part: z.number().int().min(0).max(63), stamp: uint.optional() }),
  },
  /** One part of what a node is at one moment, its stamp. */
  SUMMARY: {
    id: 61,
    body: z.strictObject({
      stamp: uint,
      part: z.number().int().min(0).max(63),
      parts: z.number().int().min(1).max(64),
      head: summaryHead.optional(),
      links: z.array(summaryLink).max(32),
      streams: z.array(summaryStream).max(16),
    }),
  },
  /** Asks for samples of some series from number `from` on. */
  HISTORY_WANT: { id: 62, body: z.strictObject({ series: z.array(series).max(8), from: uint }) },
  /** Samples from number `from` on, each a unit above its value; 0 where nothing was measured. */
  HISTORY: {
    id: 63,
    body: z.strictObject({
      stepMs: z.number().int().min(100).max(3_600_000),
      from: uint,
      /** Number that the next sample will have, and how long ago the newest was taken. */
      next: uint,
      newestAgeMs: uint32,
      values: z.array(z.array(uint).max(512)).max(8),
    }),
  },
} as const;

/** A message's name. */
export type MessageType = keyof typeof MESSAGES;
/** A message's body. */
export type MessageBody<T extends MessageType> = z.output<typeof MESSAGES[T]["body"]>;

/** A message that was received, checked, from an address that proved itself. */
export interface Message<T extends MessageType> {
  readonly type: T;
  readonly from: NodeName;
  readonly instance: number;
  readonly addr: Addr;
  readonly seq: number;
  /** The seq of the message this one answers. */
  readonly re: number | undefined;
  readonly body: MessageBody<T>;
  /**
   * On the answer to a request: milliseconds between exactly the try that it answers and its arrival,
   * so a retry never blurs the measurement. Absent on everything else.
   */
  readonly rttMs?: number;
}

/** Whether a message is of this type; narrows its body. */
export function isMessage<T extends MessageType>(
  message: Message<MessageType>,
  type: T,
): message is Message<T> {
  return message.type === type;
}
