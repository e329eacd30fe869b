import assert from "node:assert/strict";
import type { NodeName } from "../../core/ids.ts";
import type { Addr, Ports } from "../../core/ports.ts";
import { FileHasher } from "../../core/swarm/identity.ts";
import { encodeIndex } from "../../core/swarm/index_messages.ts";
import { encodePeer, PEER_VERSION, pieceFrame } from "../../core/swarm/peer_messages.ts";
import { HOSTILE_NAMES } from "../../core/swarm/testing/hostile_names.ts";
import { stopNodes } from "./node.ts";
import { content, INDEX, same, startIndex, startPeer, statusOf } from "./swarm_kit.ts";
import { World } from "./world.ts";

/** Messages to each of index and peer; the soak sends 100,000. */
const MESSAGES = Number(Deno.env.get("SWARM_MUTATIONS") ?? 3000);
/** Sent over one connection, if it lives so long. */
const PER_CONNECTION = 25;
const SEED = "10.0.1.1";
const LEECH = "10.0.1.2";
const HOSTILE = "10.0.1.66";
const BYTES = content(600_000, 21);
const NAME = "mallory" as NodeName;

function identity() {
  const hasher = new FileHasher(BYTES.length, 65_536);
  hasher.push(BYTES);
  const found = hasher.finish();
  assert.ok(found !== undefined);
  return found;
}

function frames(): { readonly index: Uint8Array[]; readonly peer: Uint8Array[] } {
  const { shape } = identity();
  const { id, sizeBytes: size, pieceBytes: piece } = shape;
  const file = { id, size, piece, name: "clip.mp4", have: new Uint8Array() };
  const peer = { name: NAME, instance: 1, host: HOSTILE, port: 7400 };
  const hello = { version: PEER_VERSION, name: NAME, instance: 1, port: 7400 };
  return {
    index: [
      encodeIndex("ANNOUNCE", { peer, files: [file], gone: [], reset: true, load: 0 }, 1),
      encodeIndex("SEARCH", { text: "clip", limit: 50 }, 2),
      encodeIndex("SEARCH", { id, limit: 1 }, 3),
      encodeIndex("REPORT", { id, name: NAME, by: NAME, why: "stalled" }, 4),
      encodeIndex("LEAVE", { name: NAME, instance: 1 }, 5),
    ],
    peer: [
      encodePeer({ kind: "hello", hello: { ...hello, file: { id, size, piece } } }),
      encodePeer({ kind: "bitfield", bits: new Uint8Array([0xff, 0xc0]) }),
      encodePeer({ kind: "have", pieces: [1, 2] }),
      encodePeer({ kind: "interested" }),
      encodePeer({ kind: "request", piece: 1, begin: 0, length: 16_384 }),
      encodePeer({ kind: "want-layer", first: 0, count: 10 }),
      encodePeer({ kind: "layer", first: 0, hashes: new Uint8Array(320) }),
      encodePeer({ kind: "want-leaves", piece: 1 }),
      encodePeer({ kind: "leaves", piece: 1, hashes: new Uint8Array(128) }),
      pieceFrame({ piece: 2, begin: 0, length: 300 }),
    ],
  };
}

/** Sends mutated messages behind a good first one, a connection after the other. */
async function batter(world: World, ports: Ports, to: Addr, good: Uint8Array[]): Promise<void> {
  const { rng } = world;
  const [first] = good;
  for (let sent = 0; sent < MESSAGES;) {
    const stream = await world.until(ports.net.dial(to, new AbortController().signal));
    let over = false;
    stream.onEvent((event) => over ||= event.kind === "close");
    if (first !== undefined && rng.next() < 0.8) stream.write(first);
    for (let i = 0; i < PER_CONNECTION && !over; i++, sent++) {
      const bytes = (good[Math.floor(rng.next() * good.length)] ?? new Uint8Array(5)).slice();
      for (let flips = 1 + Math.floor(rng.next() * 3); flips > 0; flips--) {
        // Mostly in the body: a broken length ends the connection at once.
        const from = rng.next() < 0.9 ? Math.min(5, bytes.length - 1) : 0;
        const at = from + Math.floor(rng.next() * (bytes.length - from));
        bytes[at] = Math.floor(rng.next() * 256);
      }
      stream.write(bytes);
      if (i % 5 === 4) await world.runFor(2);
    }
    await world.runFor(20);
    await world.until(Promise.resolve(stream[Symbol.asyncDispose]()));
  }
}

Deno.test(`${MESSAGES} mutated messages each take neither index nor peer down, and change no file`, async () => {
  const world = new World({ seed: 21, link: { delayMs: 1 } });
  world.disk(SEED).put("/share/clip.mp4", BYTES);
  world.disk(SEED).put("/secret/canary.txt", "canary");
  await world.runFor(10_000);
  const index = await startIndex(world);
  const options = { pieceSize: "64KiB", helloTimeout: "500ms" };
  const seeder = await startPeer(world, "seed", SEED, options);
  await world.when("the file is shared", () => statusOf(seeder.kernel).shared === 1);
  const ports = world.ports(HOSTILE);
  const { index: toIndex, peer: toPeer } = frames();
  await batter(world, ports, INDEX, toIndex);
  await batter(world, ports, { host: SEED, port: 7400 }, toPeer);
  const { dropped } = statusOf(seeder.kernel);
  assert.ok((dropped["malformed"] ?? 0) > MESSAGES / 200, `${dropped["malformed"]} were noticed`);
  await world.runFor(3000);
  assert.ok(statusOf(seeder.kernel).connections <= 1, "nothing is left of them");
  const leech = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  const complete = () => statusOf(leech.kernel).transfers[0]?.complete === true;
  await world.when("a download completes", complete, 120_000);
  assert.ok(same(world.disk(LEECH).read("/down/clip.mp4"), BYTES));
  assert.ok(same(world.disk(SEED).read("/share/clip.mp4"), BYTES));
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("no hostile name, asked for by a peer, leads to a file", async () => {
  const world = new World({ seed: 22, link: { delayMs: 1 } });
  world.disk(SEED).put("/secret/canary.txt", "canary");
  world.disk(SEED).put("/share/clip.mp4", BYTES);
  world.disk(SEED).link("/share/canary.txt", "/secret/canary.txt");
  await world.runFor(10_000);
  const seeder = await startPeer(world, "seed", SEED, { pieceSize: "64KiB" });
  await world.when("the file is shared", () => statusOf(seeder.kernel).shared === 1);
  const ports = world.ports(HOSTILE);
  for (const lookup of [...HOSTILE_NAMES, "canary.txt", "/secret/canary.txt"]) {
    const stream = await world.until(
      ports.net.dial({ host: SEED, port: 7400 }, new AbortController().signal),
    );
    const heard: Uint8Array[] = [];
    let over = false;
    stream.onEvent((event) => {
      if (event.kind === "data") heard.push(event.bytes.slice());
      if (event.kind === "close") over = true;
    });
    stream.write(
      encodePeer({
        kind: "hello",
        hello: { version: PEER_VERSION, name: NAME, instance: 1, port: 0, lookup },
      }),
    );
    await world.when(`"${lookup}" is refused`, () => over, 10_000);
    // A BYE at most: five bytes of head and one of reason.
    const bytes = heard.reduce((sum, one) => sum + one.length, 0);
    assert.ok(bytes <= 6, `${bytes} bytes for ${JSON.stringify(lookup)}`);
    await world.until(Promise.resolve(stream[Symbol.asyncDispose]()));
  }
  await stopNodes(world, [seeder]);
});
