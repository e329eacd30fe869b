/**
 * Raises a UDP socket's receive buffer. Linux gives 208 KiB by default, which is 92 datagrams of video: a pause of
 * 46 ms at 20 Mbit/s loses packets. Deno has no call for it (`setRecvBufferSize` of `node:dgram` sets nothing), so
 * libc is asked directly, where the program was started with --allow-ffi; elsewhere the default stays, and
 * `net.core.rmem_default` is the way to a larger one.
 */
import type { Addr } from "../ports.ts";
import { libcPaths } from "./linux/libc.ts";

/** Two seconds of 16 Mbit/s; the system caps it at `net.core.rmem_max`. */
const WANTED_BYTES = 4 * 1024 * 1024;
/** File handles that are looked at; the socket was opened just now, so its number is low. */
const MAX_HANDLE = 4096;
// Constants of Linux, the same on every architecture that Deno runs on.
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_RCVBUF = 8;
const SOCK_DGRAM = 2;

const SYMBOLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

function openLibc(): Libc | undefined {
  if (Deno.build.os !== "linux") return undefined;
  for (const path of libcPaths(Deno.build.arch, Deno.build.env)) {
    if (Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") continue;
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch {
      // Another distribution has it under the next name.
    }
  }
  return undefined;
}

function option(libc: Libc, handle: number, name: number): number | undefined {
  const value = new Int32Array(1);
  const length = new Uint32Array([4]);
  const result = libc.symbols.getsockopt(handle, SOL_SOCKET, name, value, length);
  return result === 0 ? value[0] : undefined;
}

/** Whether a handle is a datagram socket that is bound to a port. */
function isBoundTo(
  libc: Libc,
  handle: number,
  port: number,
  name: Uint8Array<ArrayBuffer>,
): boolean {
  const length = new Uint32Array([name.length]);
  if (libc.symbols.getsockname(handle, name, length) !== 0) return false;
  // IPv4 and IPv6 names both begin with two bytes of family and the port in network order.
  const bound = (name[2] ?? 0) * 256 + (name[3] ?? 0);
  return bound === port && option(libc, handle, SO_TYPE) === SOCK_DGRAM;
}

/**
 * Raises the receive buffer of the socket bound to `local`. Gives its bytes as the system counts them (twice what
 * was asked, with its own overhead), or undefined where nothing could be done.
 */
export function raiseReceiveBuffer(local: Addr): number | undefined {
  const libc = openLibc();
  if (libc === undefined) return undefined;
  const name = new Uint8Array(128);
  try {
    for (let handle = 3; handle < MAX_HANDLE; handle++) {
      if (!isBoundTo(libc, handle, local.port, name)) continue;
      const before = option(libc, handle, SO_RCVBUF) ?? 0;
      const wanted = new Int32Array([WANTED_BYTES]);
      libc.symbols.setsockopt(handle, SOL_SOCKET, SO_RCVBUF, wanted, 4);
      const after = option(libc, handle, SO_RCVBUF) ?? 0;
      // A socket that shares the port and was raised before leaves the search open.
      if (after !== before) return after;
    }
    return undefined;
  } finally {
    libc.close();
  }
}
