/** UDP sockets by the C library: not blocking, many datagrams a call. */
import { addrKey } from "../../ids.ts";
import { type Addr, PortError, type PortErrorCode } from "../../ports.ts";
import {
  AF_INET,
  AF_INET6,
  ERRNO,
  errnoName,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_PMTUDISC_WANT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  MEMINFO_DROPS,
  MEMINFO_WORDS,
  MSG_DONTWAIT,
  SO_MEMINFO,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from "./layout.ts";
import type { Libc } from "./libc.ts";
import { Block } from "./memory.ts";
import type { Messages } from "./messages.ts";
import { type Family, familyOfHost, readSockaddr, writeSockaddr } from "./sockaddr.ts";

const CODES = new Map<number, PortErrorCode>([
  [ERRNO.EADDRINUSE, "address-in-use"],
  [ERRNO.EADDRNOTAVAIL, "address-not-available"],
  [ERRNO.EACCES, "denied"],
  [ERRNO.EPERM, "denied"],
  [ERRNO.EMFILE, "full"],
]);

/** The error of a call that gave `-errno`. */
export function callError(action: string, result: number): PortError {
  const name = errnoName(-result);
  return new PortError(CODES.get(-result) ?? "io", `Cannot ${action}: ${name}`);
}

/** What a socket is opened with. */
export interface LinuxUdpOptions {
  /** Wanted buffers, in bytes; the system caps them at `net.core.rmem_max` and `wmem_max`. */
  readonly receiveBytes?: number;
  readonly sendBytes?: number;
  /** Hands in several datagrams as one, where they come so. */
  readonly gro?: boolean;
  /** Several sockets share the port, each gets a part of the flows. */
  readonly reusePort?: boolean;
}

/** One bound, unconnected socket. Belongs to the thread of its `Libc`. */
export class LinuxUdpSocket {
  readonly local: Addr;
  readonly family: Family;
  readonly handle: number;
  /** Buffers as the system counts them: about twice what was asked, with its own overhead. */
  readonly receiveBytes: number;
  readonly sendBytes: number;
  /** The kernel hands in super-datagrams. */
  readonly gro: boolean;
  /** The kernel takes super-datagrams. */
  readonly gso: boolean;
  readonly #libc: Libc;
  readonly #memory = new Uint32Array(new ArrayBuffer(4 * MEMINFO_WORDS));
  #open = true;
  /**
   * Over IPv4 datagrams go out whole or not at all: what may be fragmented needs a number of its own, and drawing that is
   * one part in forty of what a datagram costs. The first that a path does not take whole ends this.
   */
  #isWhole = false;

  /** Opens and binds. Port 0 is resolved in `local`. Throws `PortError`. */
  constructor(libc: Libc, bind: Addr, options: LinuxUdpOptions = {}) {
    const action = `open UDP ${addrKey(bind)}`;
    const family = familyOfHost(bind.host.split("%")[0] ?? "");
    if (family === undefined) {
      throw new PortError("address-not-available", `Cannot ${action}: the host is a name`);
    }
    const handle = libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (handle < 0) throw callError(action, handle);
    this.#libc = libc;
    this.handle = handle;
    this.family = family;
    try {
      this.#configure(bind, options);
      this.local = this.#bind(action, bind);
    } catch (error) {
      this.close();
      throw error;
    }
    this.receiveBytes = Math.max(0, libc.option(handle, SOL_SOCKET, SO_RCVBUF));
    this.sendBytes = Math.max(0, libc.option(handle, SOL_SOCKET, SO_SNDBUF));
    this.gro = libc.option(handle, SOL_UDP, UDP_GRO) > 0;
    this.gso = libc.option(handle, SOL_UDP, UDP_SEGMENT) >= 0;
  }

  #configure(bind: Addr, { receiveBytes, sendBytes, gro, reusePort }: LinuxUdpOptions): void {
    const set = (level: number, name: number, value: number) =>
      this.#libc.setOption(this.handle, level, name, value);
    if (receiveBytes !== undefined) set(SOL_SOCKET, SO_RCVBUF, receiveBytes);
    if (sendBytes !== undefined) set(SOL_SOCKET, SO_SNDBUF, sendBytes);
    if (gro === true) set(SOL_UDP, UDP_GRO, 1);
    if (reusePort === true) {
      set(SOL_SOCKET, SO_REUSEADDR, 1);
      set(SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (this.family === AF_INET) {
      this.#isWhole = set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO) >= 0;
    }
    if (this.family === AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, bind.host === "::" ? 0 : 1);
  }

  #bind(action: string, bind: Addr): Addr {
    const block = new Block(this.#libc, SOCKADDR.size + 8);
    const length = writeSockaddr(block.bytes, 0, bind, this.family);
    const bound = this.#libc.bind(this.handle, block.address, length);
    if (bound < 0) throw callError(action, bound);
    block.setInt(SOCKADDR.size, SOCKADDR.size);
    const named = this.#libc.getsockname(
      this.handle,
      block.address,
      block.address + SOCKADDR.size,
    );
    if (named < 0) throw callError(action, named);
    return readSockaddr(block.bytes, 0);
  }

  /** Sends messages `first` to `first + count`; returns how many went, or `-errno` when the first did not. */
  send(messages: Messages, first: number, count: number): number {
    const sent = this.#libc.sendmmsg(this.handle, messages.addressOf(first), count, MSG_DONTWAIT);
    if (sent !== -ERRNO.EMSGSIZE || !this.#isWhole) return sent;
    this.#isWhole = false;
    this.#libc.setOption(this.handle, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
    return this.send(messages, first, count);
  }

  /** Receives up to `count` messages; returns how many came, or `-errno` (`EAGAIN`: none). */
  receive(messages: Messages, first: number, count: number): number {
    return this.#libc.recvmmsg(this.handle, messages.addressOf(first), count, MSG_DONTWAIT);
  }

  /** Datagrams that came while the receive buffer was full; undefined where the kernel does not tell. */
  drops(): number | undefined {
    const result = this.#libc.options(this.handle, SOL_SOCKET, SO_MEMINFO, this.#memory);
    return result < 0 ? undefined : this.#memory[MEMINFO_DROPS];
  }

  /** Closes it; a second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.closeHandle(this.handle);
  }
}
