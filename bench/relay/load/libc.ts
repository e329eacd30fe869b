/**
 * The few calls of the C library that load generator and sink live from. Linux, 64 bits: there the structures are the
 * same on x86-64 and arm64.
 */

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  clock_nanosleep: { parameters: ["i32", "i32", "buffer", "pointer"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** The library. */
export const libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const CLOCK_MONOTONIC = 1;
const TIMER_ABSTIME = 1;
const PR_SET_TIMERSLACK = 29;

/** Levels and names of options and of control messages. */
export const SOL_SOCKET = 1;
export const IPPROTO_IP = 0;
export const SOL_UDP = 17;
export const SO_RCVTIMEO = 20;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const IP_PKTINFO = 8;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITFORONE = 0x10000;

/** Sizes and offsets of `struct mmsghdr`, `msghdr`, `iovec`, `cmsghdr`, `sockaddr_in`. */
export const MMSGHDR = {
  bytes: 64,
  name: 0,
  namelen: 8,
  iov: 16,
  iovlen: 24,
  control: 32,
} as const;
export const CONTROLLEN_AT = 40;
export const MSG_FLAGS_AT = 48;
export const MSG_LEN_AT = 56;
export const IOVEC_BYTES = 16;
export const CMSG_BYTES = 16;
export const SOCKADDR_BYTES = 16;

/** Memory whose address the kernel is given. It never moves: V8 does not move the bytes of an ArrayBuffer. */
export class Arena {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly address: bigint;
  #used = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.bytes));
  }

  /** Takes `size` bytes; gives their offset. */
  take(size: number): number {
    const at = this.#used;
    this.#used += (size + 63) & ~63;
    if (this.#used > this.bytes.length) throw new Error("Cannot take memory: the arena is full");
    return at;
  }

  /** Writes the address of what lies at `target` to `at`. */
  point(at: number, target: number): void {
    this.view.setBigUint64(at, this.address + BigInt(target), true);
  }

  /** The bytes from `at` on, as a system call takes them. */
  from(at: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(at);
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
  view.setUint16(at, AF_INET, true);
  view.setUint16(at + 2, port);
  view.setUint32(at + 4, address);
}

/** Sets an option that is one number; true when the system took it. */
export function setOption(fd: number, level: number, name: number, value: number): boolean {
  return libc.setsockopt(fd, level, name, new Int32Array([value]), 4) === 0;
}

/** A UDP socket bound to `host`, with buffers for bursts; needs root to go beyond the system's maximum. */
export function openUdp(host: string, port: number, bufferBytes: number): {
  readonly fd: number;
  readonly port: number;
} {
  const fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
  const name = new Uint8Array(SOCKADDR_BYTES);
  const view = new DataView(name.buffer);
  writeAddr(view, 0, ipv4(host), port);
  if (fd < 0 || libc.bind(fd, name, name.length) !== 0) {
    throw new Error(`Cannot bind ${host}:${port}`);
  }
  libc.getsockname(fd, name, new Uint32Array([name.length]));
  for (const option of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
    if (!setOption(fd, SOL_SOCKET, option, bufferBytes)) {
      throw new Error("Cannot raise the buffers of the load rig's sockets: run as root");
    }
  }
  return { fd, port: view.getUint16(2) };
}

const clock = new BigInt64Array(2);
const clockParts = new Uint32Array(clock.buffer);

/** Nanoseconds of CLOCK_MONOTONIC, the same in every process; exact for 104 days of uptime. */
export function nowNs(): number {
  libc.clock_gettime(CLOCK_MONOTONIC, clock);
  // Both halves fit 32 bits.
  return (clockParts[0] ?? 0) * 1e9 + (clockParts[2] ?? 0);
}

/** Sleeps until a moment of `nowNs`. */
export function sleepUntil(ns: number): void {
  const seconds = Math.floor(ns / 1e9);
  clockParts.set([seconds, 0, ns - seconds * 1e9, 0]);
  libc.clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, clock, null);
}

/** Lets sleeps of this thread end on time instead of up to 50 us late. */
export function sharpTimers(): void {
  libc.prctl(PR_SET_TIMERSLACK, 1n, 0n, 0n, 0n);
}
