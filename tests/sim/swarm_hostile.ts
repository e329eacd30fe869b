/** Peers of the seeded world that do not keep the rules. */
import type { NodeName } from "../../core/ids.ts";
import type { TcpStream } from "../../core/ports.ts";
import { FileHasher, HASH_BYTES, pieceCount } from "../../core/swarm/identity.ts";
import { IndexClient } from "../../core/swarm/index_client.ts";
import {
  encodePeer,
  PEER_VERSION,
  PeerParser,
  PIECE_HEAD_BYTES,
  pieceFrame,
} from "../../core/swarm/peer_messages.ts";
import { PieceMap } from "../../core/swarm/piece_map.ts";
import { INDEX } from "./swarm_kit.ts";
import type { World } from "./world.ts";

/** What is wrong with a peer. */
export type Vice =
  | "wrong-bytes"
  | "sometimes-wrong"
  | "wrong-layer"
  | "no-pieces"
  | "silent"
  | "flood";

/** A hostile peer: announces the file, answers like a seeder, but for its vice. */
export async function startHostile(
  world: World,
  name: string,
  host: string,
  bytes: Uint8Array,
  pieceBytes: number,
  vice: Vice,
): Promise<void> {
  const ports = world.ports(host);
  const hasher = new FileHasher(bytes.length, pieceBytes);
  hasher.push(bytes);
  const identity = hasher.finish();
  if (identity === undefined) throw new Error("Cannot hash");
  const { shape, layer } = identity;
  const pieces = pieceCount(shape);
  const file = { id: shape.id, size: shape.sizeBytes, piece: shape.pieceBytes };
  const serve = (stream: TcpStream): void => {
    let answers = 0;
    const parser = new PeerParser({
      message(message) {
        if (message.kind === "hello") {
          const hello = {
            version: PEER_VERSION,
            name: name as NodeName,
            instance: 1,
            port: 7400,
            file,
          };
          stream.write(encodePeer({ kind: "hello", hello }));
          stream.write(encodePeer({ kind: "bitfield", bits: PieceMap.full(pieces).bytes() }));
          stream.write(encodePeer({ kind: "unchoke" }));
          if (vice === "flood") {
            const one = encodePeer({ kind: "have", pieces: [0] });
            const many = new Uint8Array(20_000 * one.length);
            for (let at = 0; at < many.length; at += one.length) many.set(one, at);
            stream.write(many);
          }
        } else if (message.kind === "want-layer") {
          const hashes = layer.slice(
            message.first * HASH_BYTES,
            (message.first + message.count) * HASH_BYTES,
          );
          if (vice === "wrong-layer") hashes[3] = (hashes[3] ?? 0) ^ 1;
          stream.write(encodePeer({ kind: "layer", first: message.first, hashes }));
        } else if (message.kind === "request") {
          const { piece, begin, length } = message;
          if (vice === "silent") return;
          if (vice === "no-pieces") {
            return void stream.write(encodePeer({ kind: "reject", piece, begin, length }));
          }
          const frame = pieceFrame({ piece, begin, length });
          const from = piece * pieceBytes + begin;
          frame.set(bytes.subarray(from, from + length), PIECE_HEAD_BYTES);
          const lie = vice === "wrong-bytes" || (vice === "sometimes-wrong" && answers++ % 3 === 0);
          if (lie) frame[frame.length - 1] = (frame[frame.length - 1] ?? 0) ^ 1;
          stream.write(frame);
        }
      },
      pieceBegins: () => undefined,
      pieceEnds: () => {},
      broken: () => stream.destroy(),
    });
    stream.onEvent((event) => {
      if (event.kind === "data") parser.push(event.bytes);
    });
  };
  await world.until(ports.net.listen({ host, port: 7400 }, serve));
  const peer = { name: name as NodeName, instance: 1, host, port: 7400 };
  const client: IndexClient = new IndexClient({
    ...ports,
    to: INDEX,
    up: () => {
      const files = [{ ...file, name: "clip.mp4", have: new Uint8Array() }];
      client.ask("ANNOUNCE", { peer, files, gone: [], reset: true, load: 0 }, () => {});
    },
    down: () => {},
  });
  client.start();
  await world.runFor(100);
}
