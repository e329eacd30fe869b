/**
 * UDP by `Deno.listenDatagram`. Two properties of Deno 2.9 shape this file. Sends that are started together
 * reach the wire in *reverse* order, so one send at a time is under way (it costs the same 7 us). And
 * `receive()` without a buffer allocates 64 KiB a packet, so an own buffer is read into and copied from.
 */
import { setImmediate } from "node:timers";
import { addrKey } from "../ids.ts";
import type { Addr, Plane, UdpOptions, UdpSocket } from "../ports.ts";
import { AddrBook, type AddrEntry, familyOf, Names, netPermitted } from "./addr_book.ts";
import type { Guard } from "./deno_clock.ts";
import { demand, portError } from "./port_errors.ts";
import { raiseReceiveBuffer } from "./receive_buffer.ts";
import { delay, within } from "./waiting.ts";

/** Datagrams that wait to be sent: half a second of 20 Mbit/s to 8 children. The newest is dropped. */
const SEND_QUEUE_PACKETS = 8192;
/**
 * Sends in a row before sockets and timers get their turn. A turn receives one or two datagrams of a socket, so
 * this bounds how far sending may outrun receiving; larger saves nothing (a break costs about 10 us).
 */
const SENDS_PER_TURN = 16;
/** How long closing waits for queued datagrams: goodbyes are sent right before a socket closes. */
const FLUSH_MS = 250;
/** Largest UDP payload, rounded up. */
const RECEIVE_BUFFER_BYTES = 65_536;
/** Pause after this many receive errors in a row, so that a broken socket cannot spin. */
const ERRORS_BEFORE_PAUSE = 16;
const ERROR_PAUSE_MS = 20;

/** What the sockets of one plane count. */
export class UdpStats {
  sentPackets = 0;
  sentBytes = 0;
  receivedPackets = 0;
  receivedBytes = 0;
  sendErrors = 0;
  receiveErrors = 0;
  droppedQueue = 0;
  droppedNoReceiver = 0;
  droppedUnresolved = 0;
  droppedDenied = 0;
  /** Of the socket opened last; undefined while it is the system's default. */
  receiveBufferBytes: number | undefined;
}

/** What all sockets of a host share. */
export interface UdpShared {
  readonly book: AddrBook;
  readonly guard: Guard;
  stats(plane: Plane): UdpStats;
  /** Tells that a name has no address. */
  unresolved(host: string): void;
  /** A socket opened (`true`) or closed. */
  track(socket: DenoUdpSocket, open: boolean): void;
}

/** First in, first out, in two parallel arrays so that a queued datagram costs no object. */
class SendQueue {
  #bytes: (Uint8Array | undefined)[] = new Array(64);
  #to: (Deno.NetAddr | undefined)[] = new Array(64);
  #head = 0;
  length = 0;

  push(bytes: Uint8Array, to: Deno.NetAddr): boolean {
    if (this.length === this.#bytes.length && !this.#grow()) return false;
    const at = (this.#head + this.length) & (this.#bytes.length - 1);
    this.#bytes[at] = bytes;
    this.#to[at] = to;
    this.length += 1;
    return true;
  }

  /** Takes the oldest and hands it to `send`. */
  shift(send: (bytes: Uint8Array, to: Deno.NetAddr) => void): void {
    const at = this.#head;
    const bytes = this.#bytes[at];
    const to = this.#to[at];
    if (this.length === 0 || bytes === undefined || to === undefined) return;
    this.#bytes[at] = undefined;
    this.#to[at] = undefined;
    this.#head = (at + 1) & (this.#bytes.length - 1);
    this.length -= 1;
    send(bytes, to);
  }

  #grow(): boolean {
    const size = this.#bytes.length;
    if (size >= SEND_QUEUE_PACKETS) return false;
    const turn = <T>(old: (T | undefined)[]): (T | undefined)[] => {
      const wider: (T | undefined)[] = new Array(size * 2);
      for (let i = 0; i < size; i++) wider[i] = old[(this.#head + i) & (size - 1)];
      return wider;
    };
    this.#bytes = turn(this.#bytes);
    this.#to = turn(this.#to);
    this.#head = 0;
    return true;
  }
}

/** One bound socket. */
export class DenoUdpSocket implements UdpSocket {
  readonly local: Addr;
  readonly plane: Plane;
  readonly #conn: Deno.DatagramConn;
  readonly #shared: UdpShared;
  readonly #stats: UdpStats;
  readonly #names: Names;
  readonly #queue = new SendQueue();
  readonly #receiving: Promise<void>;
  #sending = false;
  /** Sends since the queue was last empty. */
  #run = 0;
  #receiver: ((from: Addr, bytes: Uint8Array) => void) | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(conn: Deno.DatagramConn, plane: Plane, shared: UdpShared) {
    const { hostname, port } = netAddrOf(conn.addr);
    this.#conn = conn;
    this.#shared = shared;
    this.#stats = shared.stats(plane);
    this.#names = new Names(familyOf(hostname), (host) => shared.unresolved(host));
    this.local = { host: hostname, port };
    this.plane = plane;
    this.#stats.receiveBufferBytes = raiseReceiveBuffer(this.local);
    this.#receiving = this.#receive();
    shared.track(this, true);
  }

  send(to: Addr, bytes: Uint8Array): void {
    if (this.#closing !== undefined) return;
    const entry = this.#entry(to, bytes);
    if (entry === undefined) return;
    entry.permitted ??= netPermitted(entry.addr);
    if (!entry.permitted) {
      this.#stats.droppedDenied += 1;
    } else if (!this.#sending) {
      this.#transmit(bytes, entry.net);
    } else if (!this.#queue.push(bytes, entry.net)) {
      this.#stats.droppedQueue += 1;
    }
  }

  onPacket(fn: (from: Addr, bytes: Uint8Array) => void): Disposable {
    this.#receiver = fn;
    return {
      [Symbol.dispose]: () => {
        if (this.#receiver === fn) this.#receiver = undefined;
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Where to send, or undefined while a name is being resolved: then a few datagrams wait for it. */
  #entry(to: Addr, bytes: Uint8Array): AddrEntry | undefined {
    const known = this.#shared.book.known(to.host, to.port);
    if (known !== undefined) return known;
    const host = this.#names.resolve(to.host, performance.now());
    if (host !== undefined) return this.#shared.book.entry(host, to.port);
    const held = this.#names.hold(to.host, () => {
      if (this.#names.resolve(to.host, performance.now()) !== undefined) this.send(to, bytes);
      else this.#stats.droppedUnresolved += 1;
    });
    if (!held) this.#stats.droppedUnresolved += 1;
    return undefined;
  }

  readonly #transmit = (bytes: Uint8Array, to: Deno.NetAddr): void => {
    this.#sending = true;
    this.#conn.send(bytes, to).then(this.#sent, this.#sendFailed);
  };

  readonly #sent = (length: number): void => {
    this.#stats.sentPackets += 1;
    this.#stats.sentBytes += length;
    this.#next();
  };

  /** An unreachable host or a full buffer is the network's usual life: counted, and on to the next. */
  readonly #sendFailed = (): void => {
    this.#stats.sendErrors += 1;
    this.#next();
  };

  /** Sends that succeed at once follow each other without a turn of the event loop, so a long run takes breaks. */
  #next(): void {
    if (this.#closed || this.#queue.length === 0) {
      this.#sending = false;
      this.#run = 0;
      this.#onIdle?.();
    } else if (++this.#run % SENDS_PER_TURN === 0) {
      setImmediate(this.#afterBreak);
    } else {
      this.#queue.shift(this.#transmit);
    }
  }

  readonly #afterBreak = (): void => {
    if (!this.#closed) this.#queue.shift(this.#transmit);
    else this.#sending = false;
  };

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
    let errorsInARow = 0;
    while (!this.#closed) {
      try {
        const [bytes, from] = await this.#conn.receive(buffer);
        errorsInARow = 0;
        this.#deliver(bytes, from as Deno.NetAddr);
      } catch {
        if (this.#closed) return;
        this.#stats.receiveErrors += 1;
        errorsInARow += 1;
        if (errorsInARow % ERRORS_BEFORE_PAUSE === 0) {
          await delay(ERROR_PAUSE_MS);
        }
      }
    }
  }

  #deliver(bytes: Uint8Array, from: Deno.NetAddr): void {
    if (this.#closing !== undefined) return;
    this.#stats.receivedPackets += 1;
    this.#stats.receivedBytes += bytes.length;
    if (this.#receiver === undefined) {
      this.#stats.droppedNoReceiver += 1;
      return;
    }
    try {
      this.#receiver(this.#shared.book.entry(from.hostname, from.port).addr, bytes.slice());
    } catch (error) {
      this.#shared.guard.failed("udp", error);
    }
  }

  async #close(): Promise<void> {
    if (this.#sending) {
      await within(new Promise<void>((resolve) => this.#onIdle = resolve), FLUSH_MS);
    }
    this.#closed = true;
    this.#conn.close();
    this.#shared.track(this, false);
    await this.#receiving;
  }
}

/** Deno types the address of a datagram socket as any kind of address; here it is an internet one. */
function netAddrOf(addr: Deno.Addr): Deno.NetAddr {
  if ("hostname" in addr) return addr;
  throw new TypeError("Cannot read the socket's address: it is no internet address");
}

function isMulticast(host: string): boolean {
  const first = Number(host.split(".")[0]);
  return host.includes(":") ? host.toLowerCase().startsWith("ff") : first >= 224 && first <= 239;
}

async function joinGroup(
  conn: Deno.DatagramConn,
  bind: Addr,
  { group, ttl }: NonNullable<UdpOptions["multicast"]>,
): Promise<void> {
  if (group.includes(":")) {
    // Interface 0: the system picks it by its routes. Deno offers no hop limit for IPv6 groups.
    await conn.joinMulticastV6(group, 0);
    return;
  }
  const own = bind.host.includes(":") || isMulticast(bind.host) ? "0.0.0.0" : bind.host;
  const membership = await conn.joinMulticastV4(group, own);
  if (ttl !== undefined) await membership.setTTL(ttl);
}

/**
 * Opens a socket. One that joins a group at a fixed port is bound to the group's own address, so that it
 * hears nothing else; with port 0 it is there to send, and bound as asked.
 */
export async function openUdp(
  bind: Addr,
  options: UdpOptions,
  shared: UdpShared,
): Promise<DenoUdpSocket> {
  const group = options.multicast?.group;
  const hostname = group !== undefined && bind.port !== 0 ? group : bind.host;
  const action = `open UDP ${addrKey({ host: hostname, port: bind.port })}`;
  let conn: Deno.DatagramConn | undefined;
  try {
    demand(action, { name: "net", host: addrKey({ host: hostname, port: bind.port }) });
    conn = Deno.listenDatagram({
      transport: "udp",
      hostname,
      port: bind.port,
      reuseAddress: options.reuseAddress ?? false,
      loopback: options.multicast !== undefined,
    });
    if (options.multicast !== undefined) await joinGroup(conn, bind, options.multicast);
    return new DenoUdpSocket(conn, options.plane, shared);
  } catch (error) {
    conn?.close();
    throw portError(action, error);
  }
}
