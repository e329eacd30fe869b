/** One table of messages through `sendmmsg`, with an honest account of what the kernel says to it. */
import { ERRNO, errnoName, MESSAGES_MAX } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { KernelClock } from "./poller.ts";
import type { LinuxUdpSocket } from "./socket.ts";

/** A full send buffer or queue is waited for so long at most: ten times this. */
const FULL_WAIT_MS = 0.2;
const FULL_WAITS = 10;

/** What sending counted. */
export class TransmitCounts {
  calls = 0;
  messages = 0;
  datagrams = 0;
  /** Times a full buffer was waited for. */
  waits = 0;
  /** Datagrams dropped because it stayed full. */
  dropped = 0;
  /** Datagrams that the kernel refused, by error. */
  readonly errors = new Map<string, number>();
  /** Super-datagrams that were refused as such and went out one by one. */
  refusedSegments = 0;

  get failed(): number {
    let sum = 0;
    for (const count of this.errors.values()) sum += count;
    return sum;
  }

  fail(errno: number, datagrams: number): void {
    const name = errnoName(errno);
    this.errors.set(name, (this.errors.get(name) ?? 0) + datagrams);
  }
}

/** What a table tells of its messages. */
export interface TransmitView {
  /** Datagrams in message `index`. */
  datagrams(index: number): number;
  /** Message `index` is a super-datagram that was refused as such: true when it will go out in another way. */
  refused(index: number, errno: number): boolean;
}

function isFull(errno: number): boolean {
  return errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS || errno === ERRNO.ENOMEM;
}

/** What a device, a route or an old kernel answers to a super-datagram that it cannot take. */
function isRefusal(errno: number): boolean {
  return errno === ERRNO.EIO || errno === ERRNO.EINVAL || errno === ERRNO.EMSGSIZE ||
    errno === ERRNO.EOPNOTSUPP || errno === ERRNO.ENOPROTOOPT;
}

/** An error that an earlier datagram caused: this one was not looked at. */
function isPending(errno: number): boolean {
  return errno === ERRNO.ECONNREFUSED || errno === ERRNO.EHOSTUNREACH ||
    errno === ERRNO.ENETUNREACH || errno === ERRNO.EHOSTDOWN || errno === ERRNO.EPROTO;
}

/** Sends the first `count` messages of a table; returns when each has been sent, refused or dropped. */
export function transmit(
  socket: LinuxUdpSocket,
  messages: Messages,
  count: number,
  view: TransmitView,
  counts: TransmitCounts,
  clock: KernelClock,
): void {
  let waits = 0;
  let retriedAt = -1;
  for (let at = 0; at < count;) {
    const sent = socket.send(messages, at, Math.min(count - at, MESSAGES_MAX));
    counts.calls++;
    if (sent > 0) {
      for (let index = at; index < at + sent; index++) counts.datagrams += view.datagrams(index);
      counts.messages += sent;
      at += sent;
      waits = 0;
      continue;
    }
    const errno = -sent;
    if (errno === ERRNO.EINTR) continue;
    if (isFull(errno) && waits++ < FULL_WAITS) {
      counts.waits++;
      clock.sleep(FULL_WAIT_MS);
    } else if (isFull(errno)) {
      for (let index = at; index < count; index++) counts.dropped += view.datagrams(index);
      return;
    } else if (isPending(errno) && retriedAt !== at) {
      retriedAt = at;
    } else {
      const datagrams = view.datagrams(at);
      const isElsewhere = datagrams > 1 && isRefusal(errno) && view.refused(at, errno);
      if (isElsewhere) counts.refusedSegments++;
      else counts.fail(errno, datagrams);
      at++;
    }
  }
}
