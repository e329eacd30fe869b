/** Where parity meets a stream: what is kept is covered for the children, what is missing is rebuilt. */
import { rtpTimestamp } from "../wire/rtp.ts";
import type { FecOptions } from "./api.ts";
import type { Children } from "./children.ts";
import { FecDecoder, FecEncoder, type RebuiltSink } from "./recovery/fec.ts";
import type { Ring } from "./ring.ts";

/** Parity of one stream at one hop; a node whose parent sends parity uses it whatever its own recovery is. */
export class ParityStage {
  readonly ssrc: number;
  readonly ring: Ring;
  readonly children: Children;
  readonly #encoder: FecEncoder | undefined;
  #decoder: FecDecoder | undefined;

  constructor(ssrc: number, ring: Ring, children: Children, options: FecOptions | undefined) {
    this.ssrc = ssrc;
    this.ring = ring;
    this.children = children;
    this.#encoder = options === undefined ? undefined : new FecEncoder(ssrc, options);
  }

  /** A packet was kept and forwarded. */
  stored(number: number, bytes: Uint8Array, isMissing: boolean, sink: RebuiltSink): void {
    if (this.#encoder !== undefined && this.children.live.length > 0) {
      this.#encoder.add(number, bytes, rtpTimestamp(bytes), this.#emit);
    }
    if (isMissing) this.#decoder?.stored(number, sink);
  }

  /** The worst loss that children report. */
  adapt(loss: number): void {
    this.#encoder?.adapt(loss);
  }

  readonly #emit = (parity: Uint8Array): void => {
    const { live } = this.children;
    this.children.out.send(parity, live);
    this.children.bytesOut += parity.length * live.length;
  };

  /** A parity packet came; false when it is none. */
  receive(bytes: Uint8Array, sink: RebuiltSink): boolean {
    this.#decoder ??= new FecDecoder(this.ssrc, this.ring);
    return this.#decoder.receive(bytes, sink);
  }
}
