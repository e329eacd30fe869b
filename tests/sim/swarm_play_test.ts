/** A player on the machine of a peer that downloads: how soon it has what it needs. */
import assert from "node:assert/strict";
import { FileHasher, PIECE_MIN_BYTES } from "../../core/swarm/identity.ts";
import { httpGet, type SimReply } from "./http.ts";
import { type SimNode, stopNodes } from "./node.ts";
import { seedList, seeds } from "./seeds.ts";
import { startHostile } from "./swarm_hostile.ts";
import { content, same, startIndex, startPeer, statusOf } from "./swarm_kit.ts";
import type { Vice } from "../tools/swarm_liar.ts";
import { World } from "./world.ts";

const VIEWER = "10.0.2.1";
/**
 * Chromium plays a file when it has measured its rate, which takes five entries of 100 kB or more: with what comes
 * in pieces of 256 KiB the third of them.
 */
const START_BYTES = 3 * PIECE_MIN_BYTES;
/** After a seek it goes on with an eighth of a second. */
const SEEK_BYTES = 64 * 1024;
/** A page asks for its video this long after it was asked for itself. */
const PAGE_MS = 200;

/** A file, those who seed it, and a peer that plays it. */
interface House {
  readonly world: World;
  readonly bytes: Uint8Array;
  readonly viewer: SimNode;
  readonly nodes: readonly SimNode[];
  readonly get: (path: string, range?: string) => Promise<SimReply>;
}

const SIZE_BYTES = 12_000_000;

/** Opens a house whose seeders have these rates, and perhaps one of a vice. */
async function open(
  seed: number,
  rates: readonly string[],
  { vice, pieceBytes = PIECE_MIN_BYTES }: { vice?: Vice; pieceBytes?: number } = {},
): Promise<House> {
  const world = new World({ seed, link: { delayMs: 5 } });
  const bytes = content(SIZE_BYTES, seed);
  const nodes = [await startIndex(world)];
  for (const [i, uploadRate] of rates.entries()) {
    const host = `10.0.1.${i + 1}`;
    world.disk(host).put("/share/clip.mp4", bytes);
    const pieceSize = `${pieceBytes / 1024}KiB`;
    nodes.push(await startPeer(world, `s${i}`, host, { uploadRate, pieceSize }));
  }
  await world.when(
    "all share",
    () => nodes.slice(1).every(({ kernel }) => statusOf(kernel).shared === 1),
  );
  if (vice !== undefined) await startHostile(world, "liar", "10.0.1.9", bytes, pieceBytes, vice);
  const viewer = await startPeer(world, "viewer", VIEWER, { http: "127.0.0.1:8400" });
  nodes.push(viewer);
  await world.runFor(2000);
  const hasher = new FileHasher(bytes.length, pieceBytes);
  hasher.push(bytes);
  const id = hasher.finish()?.shape.id;
  const get = (path: string, range?: string) => {
    const headers = { host: "127.0.0.1", ...range === undefined ? {} : { range } };
    return world.until(httpGet(world.host(VIEWER), 8400, `/${path}/${id}`, headers));
  };
  return { world, bytes, viewer, nodes, get };
}

/** Milliseconds until so many bytes of a reply are here, counted from `sinceMs`. */
async function untilHere(house: House, reply: SimReply, count: number, sinceMs: number) {
  const has = () => reply.chunks.reduce((sum, { length }) => sum + length, 0) >= count;
  await house.world.when(`${count} bytes are here`, has, 20_000);
  return house.world.nowMs - sinceMs;
}

/** Bytes a second that a player of 4 Mbit/s takes once it has begun. */
const PLAYS_BYTES = 500_000;

/** Plays on for some time; what comes must stay before what is played. */
async function playOn(house: House, reply: SimReply, ms: number): Promise<void> {
  const begunMs = house.world.nowMs;
  for (let playedMs = 0; playedMs < ms; playedMs = house.world.nowMs - begunMs) {
    await house.world.runFor(20);
    const lead = reply.bytes().length - (playedMs * PLAYS_BYTES) / 1000;
    assert.ok(lead > 0, `it waits ${playedMs} ms after it began`);
  }
}

/** Plays from a page, and seeks after some seconds; how long both took. */
async function play(house: House): Promise<{ startMs: number; seekMs: number }> {
  const { world, bytes, get } = house;
  const askedMs = world.nowMs;
  await get("watch");
  await world.runFor(PAGE_MS);
  const reply = await get("files", "bytes=0-");
  const startMs = await untilHere(house, reply, START_BYTES, askedMs);
  assert.ok(same(reply.bytes(), bytes.subarray(0, reply.bytes().length)));
  await playOn(house, reply, 2500);
  reply.leave();
  const soughtMs = world.nowMs;
  const from = 9_000_000;
  const there = await get("files", `bytes=${from}-`);
  const seekMs = await untilHere(house, there, SEEK_BYTES, soughtMs);
  await playOn(house, there, 2500);
  assert.ok(same(there.bytes(), bytes.subarray(from, from + there.bytes().length)));
  there.leave();
  return { startMs, seekMs };
}

/** Plays in a house, within these times. */
async function playsWithin(house: House, startMaxMs: number, seekMaxMs: number): Promise<void> {
  const { startMs, seekMs } = await play(house);
  assert.ok(startMs < startMaxMs, `started after ${startMs} ms`);
  assert.ok(seekMs < seekMaxMs, `the seek took ${seekMs} ms`);
}

Deno.test("a page plays within 1.5 s from three seeders that are little faster than the file", async () => {
  await seeds(5, async (seed) => {
    const house = await open(seed, ["2Mbit/s", "2Mbit/s", "2Mbit/s"]);
    await playsWithin(house, 1500, 1000);
    await stopNodes(house.world, house.nodes);
  });
});

Deno.test("a seeder that is far slower than others holds up no player", async () => {
  await seeds(5, async (seed) => {
    const house = await open(seed, ["200kbit/s", "3Mbit/s", "3Mbit/s"]);
    await playsWithin(house, 1700, 1200);
    await stopNodes(house.world, house.nodes);
  });
});

Deno.test("a seeder that never answers holds up no player", async () => {
  await seeds(5, async (seed) => {
    const house = await open(seed, ["3Mbit/s", "3Mbit/s"], { vice: "silent" });
    await playsWithin(house, 2000, 1200);
    await stopNodes(house.world, house.nodes);
  });
});

Deno.test("a file of large pieces plays before the first of them is whole", async () => {
  await seeds(3, async (seed) => {
    const pieceBytes = 4 * 1024 * 1024;
    const house = await open(seed, ["2Mbit/s", "2Mbit/s", "2Mbit/s"], { pieceBytes });
    await playsWithin(house, 1500, 1000);
    await stopNodes(house.world, house.nodes);
  });
});

const LIES: readonly (readonly [Vice, string])[] = [
  ["sometimes-wrong", "wrong-bytes"],
  ["wrong-leaves", "wrong-layer"],
];
for (const [vice, why] of LIES) {
  Deno.test(`a player gets nothing of what a peer of vice "${vice}" sends, and plays in time`, async () => {
    let named = 0;
    await seeds(4, async (seed) => {
      const house = await open(seed, ["3Mbit/s", "3Mbit/s"], { vice, pieceBytes: 1024 * 1024 });
      await playsWithin(house, 1700, 1200);
      for (const banned of statusOf(house.viewer.kernel).banned) {
        assert.deepEqual([banned.name, banned.why], ["liar", why]);
        named++;
      }
      await stopNodes(house.world, house.nodes);
    });
    // A peer that is never asked for the hashes has no chance to lie.
    assert.ok(vice === "wrong-leaves" ? named > 0 : named === seedList(4).length, `${named} times`);
  });
}

Deno.test("many slow seeders help one reader, also after it rushed through what was here", async () => {
  await seeds(3, async (seed) => {
    const house = await open(seed, Array.from({ length: 8 }, () => "750kbit/s"));
    const { world, bytes, viewer, get } = house;
    const first = await get("files", "bytes=0-");
    await untilHere(house, first, 4_000_000, world.nowMs);
    first.leave();
    const againMs = world.nowMs;
    const again = await get("files", "bytes=0-");
    const heldBytes = (statusOf(viewer.kernel).transfers[0]?.heldPieces ?? 0) * PIECE_MIN_BYTES;
    const tookMs = await untilHere(house, again, 9_000_000, againMs);
    assert.ok(heldBytes < 5_000_000, `${heldBytes} were here when 4 MB were read`);
    const boundMs = (9_000_000 - heldBytes) / 750;
    assert.ok(tookMs < 1.4 * boundMs, `${tookMs} ms, ${boundMs} at best`);
    assert.ok(same(again.bytes(), bytes.subarray(0, again.bytes().length)));
    again.leave();
    await stopNodes(world, house.nodes);
  });
});
