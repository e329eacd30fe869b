import assert from "node:assert/strict";
import type { StoredFiles } from "../../core/slots.ts";
import { FileHasher } from "../../core/swarm/identity.ts";
import { httpGet } from "./http.ts";
import { type SimNode, stopNodes } from "./node.ts";
import { seedList, seeds } from "./seeds.ts";
import { catching, content, makePeer, same, startIndex, startPeer, statusOf } from "./swarm_kit.ts";
import type { Vice } from "../tools/swarm_liar.ts";
import { startHostile } from "./swarm_hostile.ts";
import { World } from "./world.ts";

const PIECE = 64 * 1024;
const SEED = "10.0.1.1";
const LEECH = "10.0.1.2";

const completeOf = (node: SimNode) => statusOf(node.kernel).transfers[0]?.complete === true;
const heldOf = (node: SimNode) => statusOf(node.kernel).transfers[0]?.heldPieces ?? 0;

/** An index and a seeder of one file. */
async function seeded(world: World, bytes: Uint8Array, options: Record<string, unknown> = {}) {
  world.disk(SEED).put("/share/clip.mp4", bytes);
  const index = await startIndex(world);
  const seeder = await startPeer(world, "seed", SEED, { pieceSize: "64KiB", ...options });
  await world.when("the file is shared", () => statusOf(seeder.kernel).shared === 1);
  await world.runFor(500);
  return { index, seeder };
}

Deno.test("a file goes from one peer to another, found by name; nothing is left after stop", async () => {
  const world = new World({ seed: 1 });
  const bytes = content(700_000, 1);
  const { index, seeder } = await seeded(world, bytes);
  const leech = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  await world.when("it is complete", () => completeOf(leech));
  assert.ok(same(world.disk(LEECH).read("/down/clip.mp4"), bytes));
  await stopNodes(world, [leech, seeder, index]);
  for (const host of ["10.0.0.1", SEED, LEECH]) {
    assert.equal(world.timers(host), 0, `timers of ${host}`);
    assert.equal(world.sockets(host), 0, `sockets of ${host}`);
  }
});

const VICES: readonly (readonly [Vice, string])[] = [
  ["wrong-bytes", "wrong-bytes"],
  ["sometimes-wrong", "wrong-bytes"],
  ["wrong-layer", "wrong-layer"],
  ["no-pieces", "false-claims"],
  ["silent", "stalled"],
  ["flood", "flood"],
];
for (const [vice, why] of VICES) {
  Deno.test(`a peer of vice "${vice}" is dropped and named, and the download completes`, async () => {
    let named = 0;
    await seeds(4, async (seed) => {
      const world = new World({ seed });
      const bytes = content(2_000_000, seed);
      const { index, seeder } = await seeded(world, bytes, { uploadRate: "3Mbit/s" });
      await startHostile(world, "liar", "10.0.1.9", bytes, PIECE, vice);
      const leech = await startPeer(world, "leech", LEECH, {
        get: ["clip.mp4"],
        requestTimeout: "1s",
      });
      await world.when("it is complete", () => completeOf(leech), 120_000);
      assert.ok(same(world.disk(LEECH).read("/down/clip.mp4"), bytes));
      const { banned } = statusOf(leech.kernel);
      assert.deepEqual(banned.filter((one) => one.name !== "liar" || one.why !== why), []);
      if (banned.length > 0) {
        named++;
        await world.when(
          "the index hears of it",
          () => statusOf<{ reports: number }>(index.kernel).reports === 1,
        );
      }
      await stopNodes(world, [leech, seeder, index]);
    });
    // A layer is asked of one peer only: the liar may be lucky, but not every time.
    assert.ok(vice === "wrong-layer" ? named > 0 : named === seedList(4).length, `${named} times`);
  });
}

Deno.test("a downloader that is killed goes on from what was verified", async () => {
  const world = new World({ seed: 4 });
  const bytes = content(4_000_000, 4);
  const { index, seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  const sentBefore = () => world.metrics(SEED).value("peer_sent_bytes_total");
  await world.runFor(2500);
  world.kill(LEECH);
  const leech = await startPeer(world, "leech", LEECH, {});
  const resumed = heldOf(leech);
  assert.ok(resumed > 10, `${resumed} pieces were kept`);
  await world.when("it is complete", () => completeOf(leech), 60_000);
  assert.ok(same(world.disk(LEECH).read("/down/clip.mp4"), bytes));
  // What was under way when it died is all that goes twice.
  assert.ok(sentBefore() < bytes.length * 1.15, `${sentBefore()} bytes were sent`);
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("a full disk holds a download up, and with room again it goes on by itself", async () => {
  const world = new World({ seed: 15 });
  const bytes = content(4_000_000, 15);
  const { index, seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  const disk = world.disk(LEECH);
  disk.quotaBytes = 1_500_000;
  const leech = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"], buffer: "1MiB" });
  const waiting = () => world.metrics(LEECH).value("peer_downloads_waiting");
  await world.when("it waits", () => waiting() === 1, 10_000);
  assert.match(statusOf(leech.kernel).transfers[0]?.error ?? "", /the disk is full/);
  await world.runFor(5000);
  const held = heldOf(leech);
  await world.runFor(60_000);
  assert.equal(heldOf(leech), held, "nothing is fetched that cannot be kept");
  const errors = world.metrics(LEECH).value("peer_disk_errors_total");
  assert.ok(errors > 3 && errors < 60, `${errors} tries in a minute`);
  disk.quotaBytes = Infinity;
  await world.when("it is complete", () => completeOf(leech), 60_000);
  assert.ok(same(disk.read("/down/clip.mp4"), bytes));
  assert.equal(waiting(), 0);
  assert.deepEqual(statusOf(leech.kernel).banned, []);
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("a download on a full disk can be stopped, and goes on from what is there", async () => {
  const world = new World({ seed: 16 });
  const bytes = content(4_000_000, 16);
  const { index, seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  const disk = world.disk(LEECH);
  disk.quotaBytes = 1_500_000;
  const first = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  await world.when("it waits", () => statusOf(first.kernel).transfers[0]?.error !== undefined);
  const held = heldOf(first);
  await stopNodes(world, [first]);
  assert.equal(world.timers(LEECH), 0);
  const second = await startPeer(world, "leech", LEECH);
  assert.equal(heldOf(second), held);
  await world.runFor(3000);
  disk.quotaBytes = Infinity;
  await world.when("it is complete", () => completeOf(second), 60_000);
  assert.ok(same(disk.read("/down/clip.mp4"), bytes));
  await stopNodes(world, [second, seeder, index]);
});

Deno.test("the index dies and comes back: transfers go on, announcements return by themselves", async () => {
  const world = new World({ seed: 5 });
  const bytes = content(4_000_000, 5);
  const { seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  const leech = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  await world.runFor(1500);
  world.kill("10.0.0.1");
  const before = heldOf(leech);
  await world.runFor(1500);
  assert.ok(heldOf(leech) > before + 5, "the transfer goes on");
  const index = await startIndex(world);
  await world.when(
    "both announce again",
    () => statusOf<{ peers: number }>(index.kernel).peers === 2,
    30_000,
  );
  await world.when("it is complete", () => completeOf(leech), 60_000);
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("an index with a store knows after a kill what it acknowledged", async () => {
  const world = new World({ seed: 6 });
  const bytes = content(300_000, 6);
  world.disk(SEED).put("/share/clip.mp4", bytes);
  const first = await startIndex(world, { store: "/index.journal" });
  const seeder = await startPeer(world, "seed", SEED, { pieceSize: "64KiB" });
  const announced = () => statusOf<{ announcements: number }>(first.kernel).announcements === 1;
  await world.when("the file is announced", announced, 20_000);
  world.crash(SEED);
  world.kill("10.0.0.1");
  const index = await startIndex(world, { store: "/index.journal" });
  assert.equal(statusOf<{ announcements: number }>(index.kernel).announcements, 1);
  await world.runFor(40_000);
  assert.equal(statusOf<{ peers: number }>(index.kernel).peers, 0, "its lease has run out");
  await stopNodes(world, [index]);
  assert.ok(seeder);
});

Deno.test("the hand-written table leads to a peer that knows no index", async () => {
  const world = new World({ seed: 7 });
  const bytes = content(500_000, 7);
  world.disk(SEED).put("/share/clip.mp4", bytes);
  const index = await startIndex(world, { static: { "clip.mp4": [`${SEED}:7400`] } });
  const seeder = await startPeer(world, "seed", SEED, { index: "10.9.9.9:1", pieceSize: "64KiB" });
  const leech = await startPeer(world, "leech", LEECH, { get: ["clip.mp4"] });
  await world.when("it is complete", () => completeOf(leech), 60_000);
  assert.ok(same(world.disk(LEECH).read("/down/clip.mp4"), bytes));
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("the same bytes under another name are found by it, although most holders use the first", async () => {
  const world = new World({ seed: 14 });
  const bytes = content(300_000, 14);
  const { index, seeder } = await seeded(world, bytes);
  world.disk("10.0.1.3").put("/share/clip.mp4", bytes);
  world.disk("10.0.1.4").put("/share/film.mp4", bytes);
  const second = await startPeer(world, "second", "10.0.1.3", { pieceSize: "64KiB" });
  const other = await startPeer(world, "other", "10.0.1.4", { pieceSize: "64KiB" });
  await world.when(
    "all three announce it",
    () => statusOf<{ announcements: number }>(index.kernel).announcements === 3,
    20_000,
  );
  const leech = await startPeer(world, "leech", LEECH, { get: ["film.mp4"] });
  await world.when("it is complete", () => completeOf(leech));
  assert.ok(same(world.disk(LEECH).read("/down/film.mp4"), bytes));
  await stopNodes(world, [leech, other, second, seeder, index]);
});

Deno.test("files appear, change and go: the index follows", async () => {
  const world = new World({ seed: 8 });
  const index = await startIndex(world);
  const peer = await startPeer(world, "seed", SEED, { watch: "1s" });
  const files = () => statusOf<{ files: number }>(index.kernel).files;
  world.disk(SEED).put("/share/sub/a.ts", content(100_000, 1));
  await world.when("it is announced", () => files() === 1, 10_000);
  world.disk(SEED).put("/share/sub/a.ts", content(100_000, 2));
  await world.when("the old one is withdrawn", () => files() === 0, 5000);
  await world.when("the new one is announced", () => files() === 1, 10_000);
  world.disk(SEED).remove("/share/sub/a.ts");
  await world.when("it is withdrawn", () => files() === 0, 10_000);
  await stopNodes(world, [peer, index]);
});

Deno.test("nothing outside a shared folder is shared, whatever links say", async () => {
  const world = new World({ seed: 9 });
  const index = await startIndex(world);
  world.disk(SEED).put("/secret/canary.txt", "canary");
  world.disk(SEED).put("/share/good.ts", "good");
  world.disk(SEED).link("/share/bad.ts", "/secret/canary.txt");
  world.disk(SEED).link("/share/up", "/secret");
  world.disk(SEED).link("/share/loop", "/share");
  world.disk(SEED).put("/share/.hidden.ts", "hidden");
  const peer = await startPeer(world, "seed", SEED, { watch: "500ms" });
  await world.runFor(3000);
  assert.equal(statusOf(peer.kernel).shared, 1);
  await stopNodes(world, [peer, index]);
});

Deno.test("a player reads a range while the file downloads, and gets exactly those bytes", async () => {
  const world = new World({ seed: 10 });
  const bytes = content(6_000_000, 10);
  const { index, seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  const leech = await startPeer(world, "leech", LEECH, {
    get: ["clip.mp4"],
    http: "127.0.0.1:8400",
  });
  await world.when("it has begun", () => heldOf(leech) > 0);
  const hasher = new FileHasher(bytes.length, PIECE);
  hasher.push(bytes);
  const id = hasher.finish()?.shape.id;
  const get = (headers: Record<string, string>) =>
    world.until(
      httpGet(world.host(LEECH), 8400, `/files/${id}`, { host: "127.0.0.1", ...headers }),
    );
  const startMs = world.nowMs;
  const reply = await get({ range: "bytes=4200000-4299999" });
  assert.equal(reply.response?.status, 206);
  await world.when("the range is here", () => reply.state === "ended", 3000);
  assert.ok(world.nowMs - startMs < 1500, `${world.nowMs - startMs} ms for a seek`);
  assert.ok(same(reply.bytes(), bytes.subarray(4_200_000, 4_300_000)));
  assert.ok(!completeOf(leech));
  const whole = await get({});
  await world.when("everything is here", () => whole.state === "ended", 60_000);
  assert.ok(same(whole.bytes(), bytes));
  assert.equal((await get({ range: "bytes=6000000-" })).response?.status, 416);
  assert.equal((await get({ host: "evil.example" })).response?.status, 403);
  assert.equal((await get({ "sec-fetch-site": "cross-site" })).response?.status, 403);
  await stopNodes(world, [leech, seeder, index]);
});

Deno.test("a restart does not hash again what has not changed", async () => {
  const world = new World({ seed: 11 });
  const bytes = content(3_000_000, 11);
  world.disk(SEED).put("/share/a.ts", bytes);
  world.disk(SEED).put("/share/b.ts", content(1000, 12));
  await world.runFor(10_000);
  const first = await startPeer(world, "seed", SEED, { hashes: "/keep/hashes" });
  await world.when("both are shared", () => statusOf(first.kernel).shared === 2);
  await world.runFor(5000);
  const ids = (node: SimNode) =>
    node.kernel.adminRoutes().find(({ path }) => path === "/swarm/files")
      ?.handle({ params: {}, query: {}, body: undefined });
  const before = ids(first);
  world.kill(SEED);
  // The bytes are others, size and time are not: only who hashes again could tell.
  world.disk(SEED).tamper("/share/a.ts", content(3_000_000, 13));
  world.disk(SEED).put("/share/b.ts", content(1000, 14));
  await world.runFor(10_000);
  const second = await startPeer(world, "seed", SEED, { hashes: "/keep/hashes" });
  await world.when("both are shared again", () => statusOf(second.kernel).shared === 2);
  const after = ids(second);
  assert.ok(Array.isArray(before) && Array.isArray(after));
  const idOf = (list: { name: string; id: string }[], name: string) =>
    list.find((one) => one.name === name)?.id;
  assert.equal(idOf(after, "a.ts"), idOf(before, "a.ts"), "known from before");
  assert.notEqual(idOf(after, "b.ts"), idOf(before, "b.ts"), "changed, so hashed again");
  await stopNodes(world, [second]);
  for (const damaged of [new Uint8Array(), content(5000, 1), new Uint8Array([0x82, 1, 0x80, 7])]) {
    world.disk(SEED).put("/keep/hashes", damaged);
    const third = await startPeer(world, "seed", SEED, { hashes: "/keep/hashes" });
    await world.when("both are shared all the same", () => statusOf(third.kernel).shared === 2);
    await stopNodes(world, [third]);
  }
});

Deno.test("a file that is written to is not shared before it rests", async () => {
  const world = new World({ seed: 12 });
  world.disk(SEED).put("/share/film.ts", content(1000, 1));
  const peer = await startPeer(world, "seed", SEED, { watch: "1s" });
  for (let size = 2000; size < 12_000; size += 1000) {
    await world.runFor(500);
    world.disk(SEED).put("/share/film.ts", content(size, 1));
    assert.equal(statusOf(peer.kernel).shared, 0, `at ${size} bytes`);
  }
  await world.when("it is shared", () => statusOf(peer.kernel).shared === 1, 5000);
  await stopNodes(world, [peer]);
});

Deno.test("a source of the same node reads a file in order while it downloads", async () => {
  const world = new World({ seed: 13 });
  const bytes = content(4_000_000, 13);
  const { index, seeder } = await seeded(world, bytes, { uploadRate: "8Mbit/s" });
  const offered: StoredFiles[] = [];
  const leech = makePeer(world, "leech", LEECH, {}, [catching(offered)]);
  await world.until(leech.kernel.start());
  await world.runFor(500);
  const abort = new AbortController();
  const [files] = offered;
  assert.ok(files !== undefined, "the peer offers its files to the source");
  const file = await world.until(files.open("clip.mp4", abort.signal));
  assert.ok(file !== undefined);
  const reader = file.reader();
  const got = new Uint8Array(bytes.length);
  let filled = 0;
  const work = (async () => {
    for (;;) {
      const part = got.subarray(filled, filled + 100_000);
      const length = await reader.read(filled, part, abort.signal);
      if (length === 0) return;
      filled += length;
    }
  })();
  await world.when("half is read", () => filled > bytes.length / 2, 20_000);
  assert.ok(!completeOf(leech), "it reads before the file is complete");
  await world.until(work, 20_000);
  assert.ok(same(got, bytes));
  await world.until(Promise.resolve(reader[Symbol.asyncDispose]()));
  assert.equal(await world.until(files.open("no such file", abort.signal), 20_000), undefined);
  await stopNodes(world, [leech, seeder, index]);
});

/** Half of the peers die or come late; as long as one full copy lives everybody ends with the file. */
async function churn(seed: number): Promise<void> {
  const peers = 40;
  const world = new World({ seed, link: { delayMs: 5 } });
  const bytes = content(512 * 1024, seed);
  world.disk(SEED).put("/share/clip.mp4", bytes);
  const index = await startIndex(world);
  const options = { uploadRate: "20Mbit/s", requestTimeout: "2s", maxPeersPerFile: 10 };
  const seeder = await startPeer(world, "seed", SEED, { ...options, pieceSize: "16KiB" });
  await world.runFor(1000);
  const nodes = new Map<string, SimNode>();
  const start = async (i: number): Promise<void> => {
    const host = `10.0.2.${i}`;
    nodes.set(host, await startPeer(world, `p${i}`, host, { ...options, get: ["clip.mp4"] }));
  };
  for (let i = 0; i < peers; i++) await start(i);
  for (let i = 0; i < peers; i += 2) {
    await world.runFor(world.rng.next() * 150);
    const host = `10.0.2.${i}`;
    if (world.rng.next() < 0.5) world.crash(host);
    else world.kill(host);
    nodes.delete(host);
    // Some come back, with what they had.
    if (world.rng.next() < 0.5) await start(i);
  }
  await world.when(
    "every living peer completes",
    () => [...nodes.values()].every(completeOf),
    120_000,
  );
  let wasted = 0;
  for (const [host, node] of nodes) {
    assert.ok(same(world.disk(host).read("/down/clip.mp4"), bytes), host);
    wasted += statusOf(node.kernel).transfers[0]?.wastedBytes ?? 0;
    assert.deepEqual(statusOf(node.kernel).banned.filter((one) => one.why !== "stalled"), []);
  }
  const average = 1 + wasted / (bytes.length * nodes.size);
  assert.ok(average <= 1.1, `each piece was fetched ${average.toFixed(3)} times`);
  await stopNodes(world, [...nodes.values(), seeder, index]);
}

Deno.test("40 peers, half of them dying: everybody who lives completes", async () => {
  await seeds(Number(Deno.env.get("SWARM_SEEDS") ?? 4), churn, 100);
});
