/** What the rig's main thread sends and receives itself on the sockets of generator and sink: handshakes and feedback. */
import {
  Arena,
  CMSG_BYTES,
  CONTROLLEN_AT,
  hostOf,
  IOVEC_BYTES,
  IP_PKTINFO,
  IPPROTO_IP,
  libc,
  MMSGHDR,
  MSG_DONTWAIT,
  MSG_LEN_AT,
  SOCKADDR_BYTES,
  writeAddr,
} from "./libc.ts";

const BYTES = 2048;
const BATCH = 64;

/** One datagram at a time, from a chosen source address where wanted. */
export class Mail {
  readonly #arena = new Arena(8192);
  readonly #head = this.#arena.take(MMSGHDR.bytes);
  readonly #iovec = this.#arena.take(IOVEC_BYTES);
  readonly #name = this.#arena.take(SOCKADDR_BYTES);
  readonly #control = this.#arena.take(64);
  readonly #data = this.#arena.take(BYTES);

  constructor(readonly fd: number) {
    const { view } = this.#arena;
    this.#arena.point(this.#head + MMSGHDR.name, this.#name);
    view.setUint32(this.#head + MMSGHDR.namelen, SOCKADDR_BYTES, true);
    this.#arena.point(this.#head + MMSGHDR.iov, this.#iovec);
    view.setUint32(this.#head + MMSGHDR.iovlen, 1, true);
    this.#arena.point(this.#head + MMSGHDR.control, this.#control);
    this.#arena.point(this.#iovec, this.#data);
    view.setBigUint64(this.#control, BigInt(CMSG_BYTES + 12), true);
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
    view.setUint32(this.#head + CONTROLLEN_AT, from === undefined ? 0 : CMSG_BYTES + 16, true);
    libc.sendmmsg(this.fd, this.#arena.from(this.#head), 1, MSG_DONTWAIT);
  }
}

/** Everything that waits in a socket, without waiting for more. */
export class MailBox {
  readonly #arena = new Arena(
    BATCH * (MMSGHDR.bytes + IOVEC_BYTES + SOCKADDR_BYTES + BYTES) + 1024,
  );
  readonly #heads = this.#arena.take(BATCH * MMSGHDR.bytes);
  readonly #iovecs = this.#arena.take(BATCH * IOVEC_BYTES);
  readonly #names = this.#arena.take(BATCH * SOCKADDR_BYTES);
  readonly #data = this.#arena.take(BATCH * BYTES);

  constructor(readonly fd: number) {
    for (let at = 0; at < BATCH; at++) {
      const head = this.#heads + at * MMSGHDR.bytes;
      this.#arena.point(head + MMSGHDR.name, this.#names + at * SOCKADDR_BYTES);
      this.#arena.point(head + MMSGHDR.iov, this.#iovecs + at * IOVEC_BYTES);
      this.#arena.view.setUint32(head + MMSGHDR.iovlen, 1, true);
      this.#arena.point(this.#iovecs + at * IOVEC_BYTES, this.#data + at * BYTES);
      this.#arena.view.setUint32(this.#iovecs + at * IOVEC_BYTES + 8, BYTES, true);
    }
  }

  /** Hands out what is there. */
  take(hand: (bytes: Uint8Array, from: { host: string; port: number }) => void): void {
    const { view, bytes } = this.#arena;
    for (;;) {
      for (let at = 0; at < BATCH; at++) {
        view.setUint32(this.#heads + at * MMSGHDR.bytes + MMSGHDR.namelen, SOCKADDR_BYTES, true);
      }
      const heads = this.#arena.from(this.#heads);
      const got = libc.recvmmsg(this.fd, heads, BATCH, MSG_DONTWAIT, null);
      for (let at = 0; at < got; at++) {
        const length = view.getUint32(this.#heads + at * MMSGHDR.bytes + MSG_LEN_AT, true);
        const data = this.#data + at * BYTES;
        const name = this.#names + at * SOCKADDR_BYTES;
        hand(bytes.slice(data, data + length), {
          host: hostOf(view.getUint32(name + 4)),
          port: view.getUint16(name + 2),
        });
      }
      if (got < BATCH) return;
    }
  }
}
