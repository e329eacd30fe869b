/**
 * What load generator and sink need beside the product's own layer over the C library: blocking sockets with buffers beyond the
 * system's limits, the address a datagram came to, sharp timers.
 */
import {
  AF_INET,
  CLOCK_MONOTONIC,
  MEMINFO_DROPS,
  MEMINFO_WORDS,
  SO_MEMINFO,
  SOCK_DGRAM,
  SOCKADDR,
  SOL_SOCKET,
} from "../../../core/host/linux/layout.ts";
import { openLibc } from "../../../core/host/linux/libc.ts";
import { Block } from "../../../core/host/linux/memory.ts";

export * from "../../../core/host/linux/layout.ts";

const found = openLibc();
if ("missing" in found) throw new Error(`Cannot use the load rig: ${found.missing}`);
/** The C library, of this thread. */
export const { libc } = found;

/** Options and control messages that the product has no use for. */
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
const PR_SET_TIMERSLACK = 29;
const { mmsghdr, cmsghdr, iovec } = libc.layout;
/** Sizes and offsets, by their short names. */
export const [HEAD, CMSG, IOVEC] = [mmsghdr, cmsghdr, iovec];

/** Memory whose address the kernel is given, handed out in parts. */
export class Arena {
  readonly #block: Block;
  #used = 0;

  constructor(size: number) {
    this.#block = new Block(libc, size);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#block.bytes;
  }

  get view(): DataView<ArrayBuffer> {
    return this.#block.view;
  }

  /** Takes `size` bytes; gives their offset. */
  take(size: number): number {
    const at = this.#used;
    this.#used += (size + 63) & ~63;
    if (this.#used > this.bytes.length) throw new Error("Cannot take memory: the arena is full");
    return at;
  }

  /** The address of the byte at an offset. */
  address(at: number): number {
    return this.#block.address + at;
  }

  /** Writes the address of what lies at `target` to `at`. */
  point(at: number, target: number): void {
    this.#block.setLong(at, this.address(target));
  }
}

/** Four bytes of an IPv4 address as one number. */
export function ipv4(host: string): number {
  return host.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The IPv4 address of a number. */
export function hostOf(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Writes a `sockaddr_in`. */
export function writeAddr(view: DataView, at: number, address: number, port: number): void {
  view.setUint16(at + SOCKADDR.family, AF_INET, true);
  view.setUint16(at + SOCKADDR.port, port);
  view.setUint32(at + SOCKADDR.v4.address, address);
}

/** A blocking UDP socket bound to `host`, with buffers for bursts; needs root to go beyond the system's maximum. */
export function openUdp(host: string, port: number, bufferBytes: number): {
  readonly fd: number;
  readonly port: number;
} {
  const fd = libc.socket(AF_INET, SOCK_DGRAM);
  const name = new Block(libc, 64);
  writeAddr(name.view, 0, ipv4(host), port);
  if (fd < 0 || libc.bind(fd, name.address, SOCKADDR.v4.size) < 0) {
    throw new Error(`Cannot bind ${host}:${port}`);
  }
  name.setInt(SOCKADDR.size, SOCKADDR.v4.size);
  libc.getsockname(fd, name.address, name.address + SOCKADDR.size);
  for (const option of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
    if (libc.setOption(fd, SOL_SOCKET, option, bufferBytes) < 0) {
      throw new Error("Cannot raise the buffers of the load rig's sockets: run as root");
    }
  }
  return { fd, port: name.view.getUint16(SOCKADDR.port) };
}

/** Datagrams that a socket could not hold. */
export function dropsOf(fd: number): number {
  const words = new Uint32Array(new ArrayBuffer(4 * MEMINFO_WORDS));
  libc.options(fd, SOL_SOCKET, SO_MEMINFO, words);
  return words[MEMINFO_DROPS] ?? 0;
}

const time = new Block(libc, 16);

/** Nanoseconds of CLOCK_MONOTONIC, the same in every process; exact for 104 days of uptime. */
export function nowNs(): number {
  libc.clockGettime(CLOCK_MONOTONIC, time.address);
  return time.int(0) * 1e9 + time.int(8);
}

/** Blocks this thread. */
export function sleepNs(ns: number): void {
  time.setLong(0, Math.floor(ns / 1e9));
  time.setLong(8, Math.round(ns % 1e9));
  libc.nanosleep(time.address);
}

/** Lets sleeps of this thread end on time instead of up to 50 us late. */
export function sharpTimers(): void {
  const { symbols } = Deno.dlopen(libc.path, {
    prctl: { parameters: ["i32", "usize", "usize", "usize", "usize"], result: "i32" },
  });
  symbols.prctl(PR_SET_TIMERSLACK, 1n, 0n, 0n, 0n);
}
