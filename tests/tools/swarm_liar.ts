/** A peer that does not keep the rules, over any network: the seeded world's or this machine's. */
import type { NodeName } from "../../core/ids.ts";
import type { Addr, Clock, Net, Rng, TcpListener, TcpStream } from "../../core/ports.ts";
import {
  blockHashes,
  FileHasher,
  type FileShape,
  HASH_BYTES,
  pieceCount,
} from "../../core/swarm/identity.ts";
import { IndexClient } from "../../core/swarm/index_client.ts";
import {
  encodePeer,
  PEER_VERSION,
  type PeerMessage,
  PeerParser,
  PIECE_HEAD_BYTES,
  pieceFrame,
  type Span,
} from "../../core/swarm/peer_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";

/** What can be wrong with a peer. */
export const VICES = [
  "wrong-bytes",
  "sometimes-wrong",
  "wrong-layer",
  "no-pieces",
  "silent",
  "flood",
] as const;
/** One of `VICES`, or one that only somebody who plays a file finds out. */
export type Vice = typeof VICES[number] | "wrong-leaves";

/** What a hostile peer is made of. */
export interface HostileOptions {
  readonly ports: { readonly net: Net; readonly clock: Clock; readonly rng: Rng };
  readonly index: Addr;
  readonly listen: Addr;
  readonly name: string;
  /** The file that it says it has, whole. */
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly pieceBytes: number;
  readonly vice: Vice;
}

/** Announces the file and answers like a seeder, but for its vice. */
export async function listenHostile(options: HostileOptions): Promise<TcpListener> {
  const { ports, index, listen, bytes, fileName, pieceBytes } = options;
  const hasher = new FileHasher(bytes.length, pieceBytes);
  hasher.push(bytes);
  const identity = hasher.finish();
  if (identity === undefined) throw new Error("Cannot hash");
  const { shape, layer } = identity;
  const listener: TcpListener = await ports.net.listen(listen, (stream) => {
    const liar = new Liar(options, shape, layer, listener.local.port, stream);
    stream.onEvent((event) => {
      if (event.kind === "data") liar.parser.push(event.bytes);
    });
  });
  const { host, port } = listener.local;
  const peer = { name: options.name as NodeName, instance: 1, host, port };
  const client: IndexClient = new IndexClient({
    ...ports,
    to: index,
    up: () => {
      const { id, sizeBytes: size, pieceBytes: piece } = shape;
      const files = [{ id, size, piece, name: fileName, have: new Uint8Array() }];
      client.ask("ANNOUNCE", { peer, files, gone: [], reset: true, load: 0 }, () => {});
    },
    down: () => {},
  });
  client.start();
  return listener;
}

/** One connection of a hostile peer. */
class Liar {
  readonly parser: PeerParser;
  readonly #options: HostileOptions;
  readonly #shape: FileShape;
  readonly #layer: Uint8Array;
  readonly #port: number;
  readonly #stream: TcpStream;
  #answers = 0;

  constructor(
    options: HostileOptions,
    shape: FileShape,
    layer: Uint8Array,
    port: number,
    stream: TcpStream,
  ) {
    this.#options = options;
    this.#shape = shape;
    this.#layer = layer;
    this.#port = port;
    this.#stream = stream;
    this.parser = new PeerParser({
      message: (message) => this.#hear(message),
      pieceBegins: () => undefined,
      pieceEnds: () => {},
      broken: () => stream.destroy(),
    });
  }

  #hear(message: PeerMessage): void {
    const { vice } = this.#options;
    if (message.kind === "hello") this.#greet();
    else if (message.kind === "want-layer") {
      const { first, count } = message;
      const hashes = this.#layer.slice(first * HASH_BYTES, (first + count) * HASH_BYTES);
      if (vice === "wrong-layer") hashes[3] = (hashes[3] ?? 0) ^ 1;
      this.#stream.write(encodePeer({ kind: "layer", first, hashes }));
    } else if (message.kind === "want-leaves") this.#tellLeaves(message.piece);
    else if (message.kind === "request") this.#answer(message);
  }

  /** The hashes of a piece's blocks, so that each of its wrong bytes can be found at once. */
  #tellLeaves(piece: number): void {
    const { vice, bytes, pieceBytes } = this.#options;
    const hashes = blockHashes(bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes));
    if (vice === "wrong-leaves") hashes[3] = (hashes[3] ?? 0) ^ 1;
    this.#stream.write(encodePeer({ kind: "leaves", piece, hashes }));
  }

  #greet(): void {
    const { id, sizeBytes: size, pieceBytes: piece } = this.#shape;
    const hello = {
      version: PEER_VERSION,
      name: this.#options.name as NodeName,
      instance: 1,
      port: this.#port,
      file: { id, size, piece },
    };
    const bits = PieceMap.full(pieceCount(this.#shape)).bytes();
    this.#stream.write(encodePeer({ kind: "hello", hello }));
    this.#stream.write(encodePeer({ kind: "bitfield", bits }));
    this.#stream.write(encodePeer({ kind: "unchoke" }));
    if (this.#options.vice !== "flood") return;
    const one = encodePeer({ kind: "have", pieces: [0] });
    const many = new Uint8Array(20_000 * one.length);
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    this.#stream.write(many);
  }

  #answer({ piece, begin, length }: Span): void {
    const { vice, bytes, pieceBytes } = this.#options;
    if (vice === "silent") return;
    if (vice === "no-pieces") {
      return void this.#stream.write(encodePeer({ kind: "reject", piece, begin, length }));
    }
    const frame = pieceFrame({ piece, begin, length });
    const from = piece * pieceBytes + begin;
    frame.set(bytes.subarray(from, from + length), PIECE_HEAD_BYTES);
    const lie = vice === "wrong-bytes" ||
      (vice === "sometimes-wrong" && this.#answers++ % 3 === 0);
    if (lie) frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 1;
    this.#stream.write(frame);
  }
}
