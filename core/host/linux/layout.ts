/**
 * What the Linux kernel's socket calls read and write: constants, and where each field of a struct lies. Constants
 * here are the same on both architectures that Deno runs on; what differs is in one file for each.
 */
import { aarch64 } from "./layout_aarch64.ts";
import { x86_64 } from "./layout_x86_64.ts";

/** Offsets and sizes in bytes, and numbers of system calls, of one architecture. */
export interface Layout {
  /** `struct iovec`: where it begins and how long it is. */
  readonly iovec: { readonly size: number; readonly base: number; readonly length: number };
  /** `struct mmsghdr`, the `msghdr` in it included. */
  readonly mmsghdr: {
    readonly size: number;
    readonly name: number;
    readonly nameLength: number;
    readonly vector: number;
    readonly vectorCount: number;
    readonly control: number;
    readonly controlLength: number;
    readonly flags: number;
    /** Bytes that were sent or received. */
    readonly length: number;
  };
  /** `struct cmsghdr`; `data` follows it, and the next one begins at a multiple of `align`. */
  readonly cmsghdr: {
    readonly length: number;
    readonly level: number;
    readonly type: number;
    readonly data: number;
    readonly align: number;
  };
  /** `struct epoll_event`. */
  readonly epollEvent: { readonly size: number; readonly events: number; readonly data: number };
  /** `struct timespec` and `struct timeval`: two words. */
  readonly time: { readonly size: number; readonly seconds: number; readonly fraction: number };
  /** For a C library whose own `sendmmsg` is a loop around `sendmsg` (musl). */
  readonly syscalls: { readonly sendmmsg: number };
}

/** The layout of an architecture as `Deno.build.arch` names it. */
export function layoutOf(arch: string): Layout | undefined {
  return arch === "x86_64" ? x86_64 : arch === "aarch64" ? aarch64 : undefined;
}

/** `struct sockaddr_in` and `sockaddr_in6`. Ports and addresses are in network order, the family is not. */
export const SOCKADDR = {
  family: 0,
  port: 2,
  v4: { address: 4, size: 16 },
  v6: { flow: 4, address: 8, scope: 24, size: 28 },
  /** Room for either. */
  size: 32,
} as const;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
/** Nine words about a socket's memory; the last counts datagrams dropped because the buffer was full. */
export const SO_MEMINFO = 55;
export const MEMINFO_WORDS = 9;
export const MEMINFO_DROPS = 8;
export const IPPROTO_IP = 0;
export const IP_MTU_DISCOVER = 10;
/** Fragments what a path does not take whole, or refuses it with `EMSGSIZE`. */
export const IP_PMTUDISC_WANT = 1;
export const IP_PMTUDISC_DO = 2;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const SOL_UDP = 17;
/** Bytes of each datagram of a super-datagram that is sent (generic segmentation offload). */
export const UDP_SEGMENT = 103;
/** Hands several datagrams of one sender over as one (generic receive offload). */
export const UDP_GRO = 104;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITFORONE = 0x10000;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 1;
export const EPOLLOUT = 4;
export const EFD_NONBLOCK = 0x800;
export const EFD_CLOEXEC = 0x80000;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const PR_SET_TIMERSLACK = 29;

/** Messages one `sendmmsg` or `recvmmsg` takes (`UIO_MAXIOV`). */
export const MESSAGES_MAX = 1024;
/** Datagrams in one super-datagram: `UDP_MAX_SEGMENTS` before Linux 6.9. */
export const SEGMENTS_MAX = 64;
/** UDP payload of one super-datagram over IPv4: 65535 less both headers. */
export const SUPER_MAX_BYTES = 65_507;

/** Error numbers by name. */
export const ERRNO = {
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  EMFILE: 24,
  EPIPE: 32,
  ENOSYS: 38,
  EPROTO: 71,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EPERM: 1,
} as const;

const NAMES = new Map<number, string>(Object.entries(ERRNO).map(([name, value]) => [value, name]));

/** The name of an error number, such as `ENOBUFS`; `errno 7` for one that is not listed. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}
