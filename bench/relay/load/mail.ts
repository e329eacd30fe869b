/** What the rig's main thread sends and receives itself on the sockets of generator and sink: handshakes and feedback. */
import {
  Arena,
  CMSG,
  HEAD,
  hostOf,
  IOVEC,
  IP_PKTINFO,
  IPPROTO_IP,
  libc,
  MSG_DONTWAIT,
  SOCKADDR,
  writeAddr,
} from "./libc.ts";

const BYTES = 2048;
const BATCH = 64;

/** One datagram at a time, from a chosen source address where wanted. */
export class Mail {
  readonly #arena = new Arena(8192);
  readonly #head = this.#arena.take(HEAD.size);
  readonly #iovec = this.#arena.take(IOVEC.size);
  readonly #name = this.#arena.take(SOCKADDR.v4.size);
  readonly #control = this.#arena.take(64);
  readonly #data = this.#arena.take(BYTES);

  constructor(readonly fd: number) {
    const { view } = this.#arena;
    this.#arena.point(this.#head + HEAD.name, this.#name);
    view.setUint32(this.#head + HEAD.nameLength, SOCKADDR.v4.size, true);
    this.#arena.point(this.#head + HEAD.vector, this.#iovec);
    view.setUint32(this.#head + HEAD.vectorCount, 1, true);
    this.#arena.point(this.#head + HEAD.control, this.#control);
    this.#arena.point(this.#iovec, this.#data);
    view.setBigUint64(this.#control, BigInt(CMSG.data + 12), true);
    view.setInt32(this.#control + 8, IPPROTO_IP, true);
    view.setInt32(this.#control + 12, IP_PKTINFO, true);
  }

  /** Sends; `from` is the IPv4 address it leaves from, the socket's own when undefined. */
  send(bytes: Uint8Array, to: number, port: number, from?: number): void {
    const { view } = this.#arena;
    this.#arena.bytes.set(bytes, this.#data);
    view.setUint32(this.#iovec + 8, bytes.length, true);
    writeAddr(view, this.#name, to, port);
    view.setUint32(this.#control + 20, from ?? 0);
    view.setUint32(this.#head + HEAD.controlLength, from === undefined ? 0 : CMSG.data + 16, true);
    libc.sendmmsg(this.fd, this.#arena.address(this.#head), 1, MSG_DONTWAIT);
  }
}

/** Everything that waits in a socket, without waiting for more. */
export class MailBox {
  readonly #arena = new Arena(
    BATCH * (HEAD.size + IOVEC.size + SOCKADDR.v4.size + BYTES) + 1024,
  );
  readonly #heads = this.#arena.take(BATCH * HEAD.size);
  readonly #iovecs = this.#arena.take(BATCH * IOVEC.size);
  readonly #names = this.#arena.take(BATCH * SOCKADDR.v4.size);
  readonly #data = this.#arena.take(BATCH * BYTES);

  constructor(readonly fd: number) {
    for (let at = 0; at < BATCH; at++) {
      const head = this.#heads + at * HEAD.size;
      this.#arena.point(head + HEAD.name, this.#names + at * SOCKADDR.v4.size);
      this.#arena.point(head + HEAD.vector, this.#iovecs + at * IOVEC.size);
      this.#arena.view.setUint32(head + HEAD.vectorCount, 1, true);
      this.#arena.point(this.#iovecs + at * IOVEC.size, this.#data + at * BYTES);
      this.#arena.view.setUint32(this.#iovecs + at * IOVEC.size + 8, BYTES, true);
    }
  }

  /** Hands out what is there. */
  take(hand: (bytes: Uint8Array, from: { host: string; port: number }) => void): void {
    const { view, bytes } = this.#arena;
    for (;;) {
      for (let at = 0; at < BATCH; at++) {
        view.setUint32(this.#heads + at * HEAD.size + HEAD.nameLength, SOCKADDR.v4.size, true);
      }
      const heads = this.#arena.address(this.#heads);
      const got = libc.recvmmsg(this.fd, heads, BATCH, MSG_DONTWAIT);
      for (let at = 0; at < got; at++) {
        const length = view.getUint32(this.#heads + at * HEAD.size + HEAD.length, true);
        const data = this.#data + at * BYTES;
        const name = this.#names + at * SOCKADDR.v4.size;
        hand(bytes.slice(data, data + length), {
          host: hostOf(view.getUint32(name + 4)),
          port: view.getUint16(name + 2),
        });
      }
      if (got < BATCH) return;
    }
  }
}
