/**
 * Control messages on a byte stream: each is preceded by its length in 4 bytes, most significant first.
 * The bootstrapper's TCP connection is made of these; `token` and `mine` are empty there, because TCP
 * has proven the addresses already.
 */
import { decode, type Decoded, encode, type Envelope, NO_COOKIE } from "./control_codec.ts";
import { type MessageType, TCP_MESSAGE_MAX_BYTES } from "./messages.ts";

/** Length of the prefix. */
export const FRAME_HEADER_BYTES = 4;

/** A message on TCP: an envelope without cookies. */
export type FramedMessage<T extends MessageType> = Omit<Envelope<T>, "token" | "mine">;

/** Puts the length before `message`. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(FRAME_HEADER_BYTES + message.length);
  new DataView(framed.buffer).setUint32(0, message.length);
  framed.set(message, FRAME_HEADER_BYTES);
  return framed;
}

/**
 * Encodes a message with its length before it.
 *
 * @throws {CodecError} as `encode` does.
 */
export function encodeFrame<T extends MessageType>(message: FramedMessage<T>): Uint8Array {
  return frame(encode({ ...message, token: NO_COOKIE, mine: NO_COOKIE }, TCP_MESSAGE_MAX_BYTES));
}

/** Decodes what a `Deframer` cut out; never throws. */
export function decodeFrame(bytes: Uint8Array): Decoded {
  return decode(bytes, TCP_MESSAGE_MAX_BYTES);
}

/** What a chunk completed. After `ok: false` the stream cannot be followed any more: close it. */
export type Deframed =
  | { readonly ok: true; readonly frames: readonly Uint8Array[] }
  | { readonly ok: false; readonly why: "too-long" | "empty" };

/**
 * Cuts a byte stream into messages, whatever the chunks it comes in. Holds no more memory than the
 * other side has really sent, however much a length promises.
 */
export class Deframer {
  readonly #maxBytes: number;
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #bodyLength = 0;
  #body: Uint8Array;
  #bodyBytes = 0;
  #broken: Deframed | undefined;

  constructor(maxBytes: number = TCP_MESSAGE_MAX_BYTES) {
    this.#maxBytes = maxBytes;
    this.#body = NO_COOKIE;
  }

  /** Bytes that wait for the rest of their message: 0 between messages. */
  get pendingBytes(): number {
    return this.#headerBytes + this.#bodyBytes;
  }

  /** Takes the next chunk; tells the messages it completed, in order. */
  push(chunk: Uint8Array): Deframed {
    if (this.#broken !== undefined) return this.#broken;
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < FRAME_HEADER_BYTES) {
        this.#header[this.#headerBytes++] = chunk[at++] ?? 0;
        if (this.#headerBytes < FRAME_HEADER_BYTES) continue;
        const why = this.#begin();
        if (why !== undefined) return this.#broken = { ok: false, why };
      } else {
        const part = chunk.subarray(at, at + this.#bodyLength - this.#bodyBytes);
        this.#append(part);
        at += part.length;
        if (this.#bodyBytes === this.#bodyLength) frames.push(this.#finish());
      }
    }
    return { ok: true, frames };
  }

  /** Reads the length; tells why it is refused. */
  #begin(): "too-long" | "empty" | undefined {
    const length = new DataView(this.#header.buffer).getUint32(0);
    if (length === 0) return "empty";
    if (length > this.#maxBytes) return "too-long";
    this.#bodyLength = length;
    this.#bodyBytes = 0;
    return undefined;
  }

  /** Doubles the buffer where it must grow: many tiny chunks cost linear time, a promise costs nothing. */
  #append(part: Uint8Array): void {
    const needed = this.#bodyBytes + part.length;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(
        Math.min(this.#bodyLength, Math.max(needed, 2 * this.#body.length)),
      );
      grown.set(this.#body.subarray(0, this.#bodyBytes));
      this.#body = grown;
    }
    this.#body.set(part, this.#bodyBytes);
    this.#bodyBytes = needed;
  }

  #finish(): Uint8Array {
    const complete = this.#body.subarray(0, this.#bodyLength);
    this.#body = NO_COOKIE;
    this.#bodyBytes = 0;
    this.#headerBytes = 0;
    return complete;
  }
}
