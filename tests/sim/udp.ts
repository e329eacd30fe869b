/** UDP sockets of the seeded world. */
import { corrupt } from "../../core/link_model.ts";
import type { Addr, Plane, UdpOptions, UdpSocket } from "../../core/ports.ts";
import type { SimProcess } from "./host.ts";
import type { SimEvent } from "./queue.ts";

/** Receive buffer of a socket, as Linux has it by default (`net.core.rmem_default`). */
const RECEIVE_BUFFER_BYTES = 212_992;
/** Largest UDP payload over IPv4. */
const DATAGRAM_MAX_BYTES = 65_507;

/** What a packet takes of a receive buffer: Linux counts whole buffers, not payloads. */
function bufferBytes(payloadBytes: number): number {
  return payloadBytes <= 384 ? 768 : 2304 * Math.ceil(payloadBytes / 1984);
}

/** A socket. Sending draws its fate at once; what arrives goes through the host, which may be stalled. */
export class SimUdp implements UdpSocket {
  readonly local: Addr;
  readonly plane: Plane;
  readonly group: string | undefined;
  readonly process: SimProcess;
  /** Counted by the world: too long to send, nobody to hear, receive buffer full. */
  readonly dropped = { oversized: 0, unheard: 0, overflow: 0 };
  #receiver: ((from: Addr, bytes: Uint8Array) => void) | undefined;
  #queuedBytes = 0;
  #open = true;

  constructor(process: SimProcess, local: Addr, options: UdpOptions) {
    this.process = process;
    this.local = local;
    this.plane = options.plane;
    this.group = options.multicast?.group;
  }

  send(to: Addr, bytes: Uint8Array): void {
    const { process } = this;
    if (!this.#open || !process.alive) return;
    if (bytes.length > DATAGRAM_MAX_BYTES) {
      this.dropped.oversized++;
      return;
    }
    const members = process.host.world.groups.get(to.host);
    if (members === undefined) return this.#sendTo(to, to.host, bytes);
    for (const member of members) {
      if (member !== this && member.local.port === to.port) {
        this.#sendTo(to, member.process.host.name, bytes);
      }
    }
  }

  #sendTo(to: Addr, host: string, bytes: Uint8Array): void {
    const { world } = this.process.host;
    const link = this.process.host.linkTo(host);
    link.totals.packetsSent++;
    link.totals.bytesSent += bytes.length;
    const delays = link.plan(bytes.length, world.nowMs);
    if (delays.length === 0) {
      if (world.sniffers.length > 0) world.sniffed(this.local, to, bytes, "lost", this.plane);
      return;
    }
    const arriving = link.model.corrupted ? corrupt(bytes, link.rng) : bytes;
    for (let i = 0; i < delays.length; i++) {
      world.sendPacket(link, this.local, to, arriving, this.plane, delays[i] ?? 0);
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

  /** A packet reached the host: whether the kernel's buffer takes it. */
  admit(event: SimEvent): boolean {
    const size = bufferBytes(event.bytes.length);
    if (this.#queuedBytes + size > RECEIVE_BUFFER_BYTES) {
      this.dropped.overflow++;
      return false;
    }
    this.#queuedBytes += size;
    return true;
  }

  /** An admitted packet leaves the buffer. */
  release(event: SimEvent): void {
    this.#queuedBytes -= bufferBytes(event.bytes.length);
  }

  /** Hands a packet to the receiver; false when nobody listens. */
  deliver(from: Addr, bytes: Uint8Array): boolean {
    if (!this.#open || this.#receiver === undefined) {
      this.dropped.unheard++;
      return false;
    }
    this.#receiver(from, bytes);
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.process.host.world.settled(undefined);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#receiver = undefined;
    this.process.sockets.delete(this);
    this.process.host.unbind(this);
  }
}
