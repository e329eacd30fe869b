/** Names and addresses of nodes and streams. */
import type { Addr } from "./ports.ts";

/** A node's name, unique in its network. */
export type NodeName = string & { readonly brand: "NodeName" };
/** `origin/name`. */
export type StreamName = string & { readonly brand: "StreamName" };
/** A stream's RTP SSRC: 32 bits, lowest bit clear (the set bit marks a retransmission). */
export type Ssrc = number & { readonly brand: "Ssrc" };

/** What a node name, and each half of a stream name, looks like. Names are ids, never paths. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** `origin/name`, both of them names. */
export const STREAM_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Parses a node name; undefined when it is none. */
export function nodeName(text: unknown): NodeName | undefined {
  return typeof text === "string" && NAME_PATTERN.test(text) ? text as NodeName : undefined;
}

/** Parses `origin/name`; undefined when it is no stream name. */
export function streamName(text: unknown): StreamName | undefined {
  return typeof text === "string" && STREAM_PATTERN.test(text) ? text as StreamName : undefined;
}

/** The origin half of a stream name. */
export function originOf(stream: StreamName): NodeName {
  return stream.slice(0, stream.indexOf("/")) as NodeName;
}

/** Clears the retransmission bit. */
export function ssrcOf(value: number): Ssrc {
  return ((value & ~1) >>> 0) as Ssrc;
}

/** What a node does. */
export type RoleName = "bootstrap" | "origin" | "relay" | "viewer" | "index" | "peer";

/** A node as others know it. */
export interface Peer {
  readonly name: NodeName;
  /** Grows with every start of the node (its wall clock in ms at start): tells a restart from a late packet. */
  readonly instance: number;
  /** `RoleName`s, and the names of role plugins that users wrote. */
  readonly roles: readonly string[];
  /** Viewers may attach here. */
  readonly pop: boolean;
  readonly control: Addr;
  readonly keepalive: Addr;
  readonly media: Addr;
}

/** `host:port`, `[v6]:port`: for maps, logs and people. */
export function addrKey(addr: Addr): string {
  return addr.host.includes(":") ? `[${addr.host}]:${addr.port}` : `${addr.host}:${addr.port}`;
}

/** Whether two addresses are the same text. */
export function sameAddr(a: Addr, b: Addr): boolean {
  return a.port === b.port && a.host === b.host;
}

/** Whether two peers are the same in every part. */
export function samePeer(a: Peer, b: Peer): boolean {
  return a.name === b.name && a.instance === b.instance && a.pop === b.pop &&
    sameAddr(a.control, b.control) && sameAddr(a.keepalive, b.keepalive) &&
    sameAddr(a.media, b.media) && a.roles.length === b.roles.length &&
    a.roles.every((role, index) => role === b.roles[index]);
}
