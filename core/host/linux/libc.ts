/**
 * The C library's socket calls. Nothing but libc's own path needs `--allow-ffi`: addresses come from `memmove`, which
 * returns what it is given, and not from `Deno.UnsafePointer`, which wants the permission for every library.
 *
 * A call blocks its thread. `errno` belongs to that thread, so each thread opens its own `Libc`.
 */
import {
  AF_INET,
  ERRNO,
  type Layout,
  layoutOf,
  PR_SET_TIMERSLACK,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "./layout.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "usize", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  getsockname: { parameters: ["i32", "usize", "usize"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "usize", "u32", "i32", "usize"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "usize"], result: "i32" },
  epoll_wait: { parameters: ["i32", "usize", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "usize", "usize"], result: "isize" },
  write: { parameters: ["i32", "usize", "usize"], result: "isize" },
  nanosleep: { parameters: ["usize", "usize"], result: "i32" },
  prctl: { parameters: ["i32", "usize", "usize", "usize", "usize"], result: "i32" },
  clock_gettime: { parameters: ["i32", "usize"], result: "i32" },
  memmove: { parameters: ["buffer", "buffer", "usize"], result: "usize" },
  peek: { name: "memmove", parameters: ["buffer", "usize", "usize"], result: "usize" },
  errno: { name: "__errno_location", parameters: [], result: "usize" },
} as const;
const SENDMMSG = {
  sendmmsg: { parameters: ["i32", "usize", "u32", "i32"], result: "i32" },
} as const;
const SYSCALL = {
  syscall: { parameters: ["i32", "i32", "usize", "u32", "i32"], result: "i32" },
} as const;

type SendMessages = (handle: number, messages: number, count: number, flags: number) => number;

/** Where distributions keep the C library of an architecture; `env` is the one that Deno is built for. */
export function libcPaths(arch: string, env: string | undefined): readonly string[] {
  if (env === "musl") {
    return [`/lib/ld-musl-${arch}.so.1`, `/lib/libc.musl-${arch}.so.1`, `libc.musl-${arch}.so.1`];
  }
  // The bare name is for a permission that names no path. A library other than the process's own must not be loaded.
  return [`/lib/${arch}-linux-gnu/libc.so.6`, "/lib64/libc.so.6", "libc.so.6"];
}

/** Calls of the C library; each gives a result of at least 0, or the error number, negated. */
export class Libc {
  readonly layout: Layout;
  /** Which file it is. */
  readonly path: string;
  readonly #calls: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #sending: { close(): void };
  readonly #sendMessages: SendMessages;
  readonly #errnoAddress: bigint;
  readonly #errno = new Int32Array(new ArrayBuffer(64));
  readonly #value = new Int32Array(new ArrayBuffer(64));
  readonly #length = new Uint32Array(new ArrayBuffer(64));

  /** Opens a file. `raw` goes around the library's own `sendmmsg`. Throws what `Deno.dlopen` throws. */
  constructor(path: string, layout: Layout, raw: boolean) {
    this.path = path;
    this.layout = layout;
    this.#calls = Deno.dlopen(path, SYMBOLS);
    if (raw) {
      const library = Deno.dlopen(path, SYSCALL);
      const { syscall } = library.symbols;
      const number = layout.syscalls.sendmmsg;
      this.#sending = library;
      this.#sendMessages = (handle, messages, count, flags) =>
        syscall(number, handle, BigInt(messages), count, flags);
    } else {
      const library = Deno.dlopen(path, SENDMMSG);
      this.#sending = library;
      const { sendmmsg } = library.symbols;
      this.#sendMessages = (handle, messages, count, flags) =>
        sendmmsg(handle, BigInt(messages), count, flags);
    }
    this.#errnoAddress = this.#calls.symbols.errno();
  }

  /** Unloads it; sockets stay as they are. */
  unload(): void {
    this.#calls.close();
    this.#sending.close();
  }

  /** The address of the first byte. Valid while the buffer is referred to; small buffers must own an `ArrayBuffer`. */
  addressOf(bytes: Uint8Array<ArrayBuffer>): number {
    return Number(this.#calls.symbols.memmove(bytes, bytes, 0n));
  }

  #checked(result: number): number {
    if (result >= 0) return result;
    this.#calls.symbols.peek(this.#errno, this.#errnoAddress, 4n);
    return -(this.#errno[0] ?? 0);
  }

  socket(family: number, type: number): number {
    return this.#checked(this.#calls.symbols.socket(family, type, 0));
  }

  bind(handle: number, address: number, length: number): number {
    return this.#checked(this.#calls.symbols.bind(handle, BigInt(address), length));
  }

  closeHandle(handle: number): number {
    return this.#checked(this.#calls.symbols.close(handle));
  }

  /** `address` and `length` are addresses of memory. */
  getsockname(handle: number, address: number, length: number): number {
    return this.#checked(this.#calls.symbols.getsockname(handle, BigInt(address), BigInt(length)));
  }

  /** An option that is one number; negative when it cannot be read. */
  option(handle: number, level: number, name: number): number {
    this.#length[0] = 4;
    const { getsockopt } = this.#calls.symbols;
    const result = this.#checked(getsockopt(handle, level, name, this.#value, this.#length));
    return result < 0 ? result : this.#value[0] ?? 0;
  }

  /** Reads an option of several words into `words`. */
  options(handle: number, level: number, name: number, words: Uint32Array<ArrayBuffer>): number {
    this.#length[0] = words.byteLength;
    const { getsockopt } = this.#calls.symbols;
    return this.#checked(getsockopt(handle, level, name, words, this.#length));
  }

  /** Sets an option that is one number. */
  setOption(handle: number, level: number, name: number, value: number): number {
    this.#value[0] = value;
    return this.#checked(this.#calls.symbols.setsockopt(handle, level, name, this.#value, 4));
  }

  /** Sets how long a blocking receive waits. */
  setReceiveTimeout(handle: number, name: number, ms: number): number {
    const time = new Uint32Array(new ArrayBuffer(this.layout.time.size));
    time[this.layout.time.seconds >>> 2] = Math.floor(ms / 1000);
    time[this.layout.time.fraction >>> 2] = Math.round(ms % 1000 * 1000);
    const { setsockopt } = this.#calls.symbols;
    return this.#checked(setsockopt(handle, SOL_SOCKET, name, time, time.byteLength));
  }

  sendmmsg(handle: number, messages: number, count: number, flags: number): number {
    return this.#checked(this.#sendMessages(handle, messages, count, flags));
  }

  recvmmsg(handle: number, messages: number, count: number, flags: number): number {
    return this.#checked(this.#calls.symbols.recvmmsg(handle, BigInt(messages), count, flags, 0n));
  }

  epollCreate(flags: number): number {
    return this.#checked(this.#calls.symbols.epoll_create1(flags));
  }

  epollControl(epoll: number, operation: number, handle: number, event: number): number {
    return this.#checked(this.#calls.symbols.epoll_ctl(epoll, operation, handle, BigInt(event)));
  }

  epollWait(epoll: number, events: number, count: number, timeoutMs: number): number {
    return this.#checked(this.#calls.symbols.epoll_wait(epoll, BigInt(events), count, timeoutMs));
  }

  eventfd(flags: number): number {
    return this.#checked(this.#calls.symbols.eventfd(0, flags));
  }

  read(handle: number, address: number, length: number): number {
    return this.#checked(Number(this.#calls.symbols.read(handle, BigInt(address), BigInt(length))));
  }

  write(handle: number, address: number, length: number): number {
    return this.#checked(
      Number(this.#calls.symbols.write(handle, BigInt(address), BigInt(length))),
    );
  }

  /** `time` is the address of a `timespec`. */
  /** How much later than asked for the calling thread may be woken, in nanoseconds: `PR_SET_TIMERSLACK`. */
  setTimerSlack(ns: number): number {
    return this.#checked(this.#calls.symbols.prctl(PR_SET_TIMERSLACK, BigInt(ns), 0n, 0n, 0n));
  }

  nanosleep(time: number): number {
    return this.#checked(this.#calls.symbols.nanosleep(BigInt(time), 0n));
  }

  clockGettime(clock: number, time: number): number {
    return this.#checked(this.#calls.symbols.clock_gettime(clock, BigInt(time)));
  }
}

/** A C library, or why there is none: for people. */
export type LibcFound = { readonly libc: Libc } | { readonly missing: string };

/** Whether a library's calls do what is expected: a socket comes and goes, and an error is told by its number. */
function works(libc: Libc): boolean {
  const handle = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC);
  // Never twice: another thread may have been given the same number meanwhile.
  return handle >= 0 && libc.closeHandle(handle) === 0 && libc.closeHandle(-1) === -ERRNO.EBADF;
}

/** Opens the C library of this process. */
export function openLibc(): LibcFound {
  const { os, arch, env } = Deno.build;
  if (os !== "linux") return { missing: `this system is ${os}, not Linux` };
  const layout = layoutOf(arch);
  if (layout === undefined) return { missing: `no struct layout is known for ${arch}` };
  let missing = "";
  for (const path of libcPaths(arch, env)) {
    if (Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") {
      missing ||= `--allow-ffi=${path} is not given`;
      continue;
    }
    try {
      const libc = new Libc(path, layout, env === "musl");
      if (works(libc)) return { libc };
      libc.unload();
      missing = `${path} does not answer as the C library of this process`;
    } catch (error) {
      missing = error instanceof Error ? error.message : String(error);
    }
  }
  return { missing };
}
