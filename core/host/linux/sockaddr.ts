/** Internet addresses as the kernel writes them. */
import { isIPv4, isIPv6 } from "node:net";
import type { Addr } from "../../ports.ts";
import { AF_INET, AF_INET6, SOCKADDR } from "./layout.ts";

/** Which family a socket speaks; one bound to an IPv6 address reaches IPv4 in IPv6 clothes if it is `::`. */
export type Family = typeof AF_INET | typeof AF_INET6;

/** The family of a literal address; undefined for a name. */
export function familyOfHost(host: string): Family | undefined {
  return isIPv4(host) ? AF_INET : isIPv6(host) ? AF_INET6 : undefined;
}

function writeV4(host: string, into: Uint8Array, at: number): void {
  host.split(".").forEach((part, index) => into[at + index] = Number(part));
}

/** The eight groups of an IPv6 address, whatever short form it is written in. */
function groupsOf(host: string): number[] {
  const last = host.slice(host.lastIndexOf(":") + 1);
  let text = host;
  if (last.includes(".")) {
    const [a = 0, b = 0, c = 0, d = 0] = last.split(".").map(Number);
    text = host.slice(0, host.length - last.length) +
      (a * 256 + b).toString(16) + ":" + (c * 256 + d).toString(16);
  }
  const [head = "", tail] = text.split("::");
  const parse = (part: string) =>
    part === "" ? [] : part.split(":").map((one) => parseInt(one, 16));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function writeV6(host: string, into: Uint8Array, at: number): void {
  groupsOf(host).forEach((group, index) => {
    into[at + 2 * index] = group >>> 8;
    into[at + 2 * index + 1] = group & 0xff;
  });
}

/**
 * Writes an address as a socket of `family` takes it; returns its length. 0 when the host is a name, or of a family
 * that the socket does not speak.
 */
export function writeSockaddr(into: Uint8Array, at: number, addr: Addr, family: Family): number {
  const [host = "", zone] = addr.host.split("%");
  const own = familyOfHost(host);
  if (own === undefined || (family === AF_INET && own !== AF_INET)) return 0;
  const { v4, v6, port } = SOCKADDR;
  const size = family === AF_INET ? v4.size : v6.size;
  into.fill(0, at, at + size);
  // The family is in the machine's own order, which is little-endian wherever Deno runs.
  into[at] = family;
  into[at + port] = addr.port >>> 8;
  into[at + port + 1] = addr.port & 0xff;
  if (family === AF_INET) writeV4(host, into, at + v4.address);
  else if (own === AF_INET) writeV6(`::ffff:${host}`, into, at + v6.address);
  else writeV6(host, into, at + v6.address);
  if (zone !== undefined) {
    new DataView(into.buffer, into.byteOffset + at).setUint32(v6.scope, Number(zone) || 0, true);
  }
  return size;
}

/** RFC 5952: the longest run of zero groups, two at least, is left out. */
function textOf(groups: readonly number[]): string {
  let bestAt = -1;
  let best = 1;
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best) [bestAt, best] = [at, length];
  }
  const write = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (bestAt < 0) return write(groups);
  return `${write(groups.slice(0, bestAt))}::${write(groups.slice(bestAt + best))}`;
}

/** Reads an address; one of IPv4 in IPv6 clothes comes out as IPv4. */
export function readSockaddr(from: Uint8Array, at: number): Addr {
  const byte = (index: number) => from[at + index] ?? 0;
  const port = byte(SOCKADDR.port) * 256 + byte(SOCKADDR.port + 1);
  const v4At = (index: number) => [0, 1, 2, 3].map((part) => byte(index + part)).join(".");
  if (byte(0) === AF_INET) return { host: v4At(SOCKADDR.v4.address), port };
  const start = SOCKADDR.v6.address;
  const groups = Array.from(
    { length: 8 },
    (_, index) => byte(start + 2 * index) * 256 + byte(start + 2 * index + 1),
  );
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return { host: v4At(start + 12), port };
  const scope = new DataView(from.buffer, from.byteOffset + at).getUint32(SOCKADDR.v6.scope, true);
  return { host: scope === 0 ? textOf(groups) : `${textOf(groups)}%${scope}`, port };
}
