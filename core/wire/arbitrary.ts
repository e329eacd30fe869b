/** Arbitrary valid messages, for property tests only. */
import fc from "fast-check";
import type { Addr } from "../ports.ts";
import { type NodeName, type Peer, type Ssrc, ssrcOf, type StreamName } from "../ids.ts";
import type { AnyEnvelope } from "./control_codec.ts";
import { MESSAGE_TYPES, NO_COOKIE } from "./control_codec.ts";
import { COOKIE_BYTES } from "./cookie.ts";
import type { MessageBody, MessageType } from "./messages.ts";

const NAME_START = "ABCXYZabcxyz0189";
const NAME_REST = `${NAME_START}._-`;

/** A valid name of at most 64 characters. */
export const anyName: fc.Arbitrary<NodeName> = fc.tuple(
  fc.constantFrom(...NAME_START),
  fc.string({ unit: fc.constantFrom(...NAME_REST), maxLength: 63 }),
).map(([first, rest]) => `${first}${rest}` as NodeName);

const stream: fc.Arbitrary<StreamName> = fc.tuple(anyName, anyName).map(([origin, name]) =>
  `${origin}/${name}` as StreamName
);
const uint = fc.maxSafeNat();
const uint32 = fc.nat({ max: 0xffffffff });
const ssrc: fc.Arbitrary<Ssrc> = fc.nat({ max: 0xfffffffe }).map(ssrcOf);
const session = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 80 });
const text = (maxLength: number) => fc.string({ unit: "grapheme-ascii", maxLength });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const names = (maxLength: number) => fc.array(anyName, { maxLength });

/** A valid address. */
export const anyAddr: fc.Arbitrary<Addr> = fc.record({
  host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
  port: fc.integer({ min: 1, max: 65535 }),
});

const peer: fc.Arbitrary<Peer> = fc.record({
  name: anyName,
  instance: uint,
  roles: fc.uniqueArray(fc.constantFrom("bootstrap", "origin", "relay", "viewer", "index", "peer")),
  pop: fc.boolean(),
  control: anyAddr,
  keepalive: anyAddr,
  media: anyAddr,
});

const streamInfo = fc.record(
  { name: stream, ssrc, bitrate: uint, title: text(120) },
  { requiredKeys: ["name", "ssrc", "title"] },
);
const popInfo = fc.record({ peer, children: uint32, maxChildren: uint32, closed: fc.boolean() });
const port = fc.integer({ min: 1, max: 65535 });
const ppm = fc.nat({ max: 1_000_000 });
const hostName = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
const two = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<[T, T]> => fc.tuple(one, one);
const summaryHead = fc.record({
  roles: fc.uniqueArray(fc.constantFrom("origin", "relay", "viewer")),
  pop: fc.boolean(),
  host: hostName,
  ports: fc.tuple(port, port, port),
  version: text(32),
  uptimeMs: uint,
  cpu: uint32,
  memory: uint,
  rates: two(uint),
  loss: ppm,
  repairs: two(uint),
  sessions: uint32,
  room: two(uint32),
  closed: fc.boolean(),
  waitUs: uint32,
  cut: uint32,
});
const summaryLink = fc.tuple(
  anyName,
  hostName,
  port,
  fc.constantFrom("unknown" as const, "up" as const, "suspect" as const, "down" as const),
  uint32,
  ppm,
  ppm,
);
const summaryStream = fc.record({
  name: stream,
  state: fc.constantFrom(
    "source" as const,
    "idle" as const,
    "joining" as const,
    "flowing" as const,
    "switching" as const,
    "seeking" as const,
    "ended" as const,
  ),
  parents: names(2),
  standby: anyName,
  rates: two(uint),
  loss: ppm,
  repairs: two(uint),
  timesUs: fc.tuple(uint32, uint32, uint32),
  watched: two(uint32),
  moves: two(uint32),
}, {
  requiredKeys: [
    "name",
    "state",
    "parents",
    "rates",
    "loss",
    "repairs",
    "timesUs",
    "watched",
    "moves",
  ],
});
const series = fc.tuple(fc.constantFrom("in", "rtt:", "cpu."), anyName)
  .map(([first, rest]) => `${first}${rest}`.slice(0, 80));
const empty = fc.constant({});

/** One arbitrary for the body of every message. Lists are kept short: most results fit a datagram. */
export const anyBody: { readonly [T in MessageType]: fc.Arbitrary<MessageBody<T>> } = {
  HELLO: fc.record({ pad: bytes(256) }),
  CHALLENGE: empty,
  GOODBYE: empty,
  BUILDTREE: fc.record({
    origin: anyName,
    epoch: uint,
    sequence: uint,
    digest: text(32),
    path: fc.array(anyName, { minLength: 1, maxLength: 10 }),
    costUs: uint,
    full: fc.boolean(),
  }),
  WITHDRAW: fc.record(
    { origin: anyName, epoch: uint, sequence: uint, lost: anyName },
    { requiredKeys: ["origin", "epoch", "sequence"] },
  ),
  SEEK: fc.record(
    { origin: anyName, epoch: uint, sequence: uint, hops: uint32, lost: anyName },
    { requiredKeys: ["origin", "epoch", "sequence", "hops"] },
  ),
  LINKSTATE: fc.record({
    owner: anyName,
    life: uint,
    sequence: uint32,
    page: fc.integer({ min: 0, max: 31 }),
    pages: fc.integer({ min: 1, max: 32 }),
    ttlMs: fc.integer({ min: 1, max: 600_000 }),
    transit: fc.boolean(),
    full: fc.boolean(),
    links: fc.array(fc.tuple(anyName, uint32, fc.boolean()), { maxLength: 10 }),
  }),
  LINKSTATE_DIGEST: fc.record({
    count: uint32,
    sum: uint32,
    entries: fc.array(fc.tuple(anyName, uint, uint32), { maxLength: 10 }),
  }),
  LINKSTATE_WANT: fc.record({ owners: fc.array(anyName, { maxLength: 10 }) }),
  CATALOG_DIGEST: fc.record({
    owners: fc.array(fc.tuple(anyName, uint, uint), { maxLength: 10 }),
    more: fc.boolean(),
  }),
  CATALOG_RECORD: fc.record({
    owner: anyName,
    instance: uint,
    version: uint,
    page: fc.nat({ max: 255 }),
    pages: fc.integer({ min: 1, max: 256 }),
    streams: fc.array(streamInfo, { maxLength: 2 }),
    pop: popInfo,
    ttl: fc.nat({ max: 3600 }),
  }, { requiredKeys: ["owner", "instance", "version", "page", "pages", "streams", "ttl"] }),
  CATALOG_WANT: fc.record({ owners: names(10) }),
  JOIN: fc.record(
    { stream, session, media: anyAddr, cookie: bytes(32), next: uint, ssrc },
    { requiredKeys: ["stream", "session", "media", "cookie"] },
  ),
  JOINED: fc.record({ stream, session, ssrc, first: uint, path: names(10), leaseMs: uint32 }),
  PENDING: fc.record({ stream, session, retryMs: uint32 }),
  REFUSED: fc.record({
    stream,
    session,
    reason: fc.constantFrom(
      "busy",
      "unknown-stream",
      "no-source",
      "loop",
      "cookie",
      "leaving",
      "not-serving",
    ),
    retryMs: uint32,
    hints: names(4),
  }),
  LEAVE: fc.record({ stream, session, media: anyAddr }),
  MOVE: fc.record({
    stream,
    session,
    reason: fc.constantFrom("draining", "congested", "lost-source"),
    hints: names(4),
  }),
  ENDED: fc.record({ stream, session, ssrc, last: uint }),
  DONE: fc.record({ stream, session }),
  PROBE: fc.record({ nonce: uint32, pad: bytes(256) }),
  PROBED: fc.record({ nonce: uint32, children: uint32, maxChildren: uint32, closed: fc.boolean() }),
  REGISTER: fc.record({ peer, rtts: fc.array(fc.tuple(anyName, uint32), { maxLength: 5 }) }),
  REGISTERED: fc.record({
    leaseMs: uint32,
    neighbors: fc.array(peer, { maxLength: 2 }),
    measure: fc.array(peer, { maxLength: 1 }),
  }),
  REJECTED: fc.record({ code: text(40), why: text(200) }),
  DEREGISTER: fc.record({ name: anyName, instance: uint }),
  SUMMARY_WANT: fc.record(
    { part: fc.nat({ max: 63 }), stamp: uint },
    { requiredKeys: ["part"] },
  ),
  SUMMARY: fc.record({
    stamp: uint,
    part: fc.nat({ max: 63 }),
    parts: fc.integer({ min: 1, max: 64 }),
    head: summaryHead,
    links: fc.array(summaryLink, { maxLength: 2 }),
    streams: fc.array(summaryStream, { maxLength: 1 }),
  }, { requiredKeys: ["stamp", "part", "parts", "links", "streams"] }),
  HISTORY_WANT: fc.record({ series: fc.array(series, { maxLength: 8 }), from: uint }),
  HISTORY: fc.record({
    stepMs: fc.integer({ min: 100, max: 3_600_000 }),
    from: uint,
    next: uint,
    newestAgeMs: uint32,
    values: fc.array(fc.array(uint, { maxLength: 20 }), { maxLength: 4 }),
  }),
};

const cookie = fc.oneof(
  fc.constant(NO_COOKIE),
  fc.uint8Array({ minLength: COOKIE_BYTES, maxLength: COOKIE_BYTES }),
);

/** An arbitrary envelope of one type. */
export function anyEnvelopeOf(type: MessageType): fc.Arbitrary<AnyEnvelope> {
  return fc.record({
    type: fc.constant(type),
    from: anyName,
    instance: uint,
    seq: uint,
    body: anyBody[type] as fc.Arbitrary<unknown>,
    token: cookie,
    mine: cookie,
    re: fc.option(uint, { nil: undefined }),
    // `anyBody` pairs type and body.
  }) as fc.Arbitrary<AnyEnvelope>;
}

/** An arbitrary envelope. */
export const anyEnvelope: fc.Arbitrary<AnyEnvelope> = fc.oneof(...MESSAGE_TYPES.map(anyEnvelopeOf));

/** One valid body of every type, the same in every run. */
export function sampleBody<T extends MessageType>(type: T, seed = 1): MessageBody<T> {
  const [body] = fc.sample<MessageBody<T>>(anyBody[type] as fc.Arbitrary<MessageBody<T>>, {
    seed,
    numRuns: 1,
  });
  if (body === undefined) throw new Error(`Cannot sample ${type}: nothing was generated`);
  return body;
}
