import assert from "node:assert/strict";
import { filling, mount } from "../../tests/conformance/fixture.ts";
import plugin from "./mod.ts";

const CLIP = Deno.readFileSync(new URL("../../config/clips/garden.mpegts", import.meta.url));
const CLIP_RATE = 1_100_000;

interface Push {
  readonly atMs: number;
  readonly dueMs: number;
  readonly bytes: Uint8Array;
}

/** One file played in the world for `seconds`; `meanwhile` may disturb it after 3 s. */
async function play(
  options: Record<string, unknown>,
  seconds: number,
  meanwhile?: (mounted: ReturnType<typeof mount>) => Promise<void>,
) {
  const mounted = mount({
    plugin,
    config: { files: [{ path: "/media/clip.mpegts", ...options }] },
    prepare: ({ world, host }) => world.disk(host).put("/media/clip.mpegts", CLIP),
  });
  const { world, ports } = mounted;
  const one = mounted.create();
  await one.start();
  const source = filling(mounted, "source", one.life);
  const pushes: Push[] = [];
  let ends = 0;
  const run = source.open("clip", {
    push: (bytes, dueMs) => void pushes.push({ atMs: ports.clock.now(), dueMs, bytes }),
    end: () => void ends++,
  });
  if (meanwhile !== undefined) {
    await world.runFor(3000);
    await meanwhile(mounted);
  }
  await world.runFor(seconds * 1000);
  await world.until(Promise.resolve(run[Symbol.asyncDispose]()));
  await one.stop();
  return { pushes, ends, log: world.log(), stream: source.streams()[0] };
}

/** Fails unless every window of one second holds the rate within 1 %, and the whole within 0.1 %. */
function assertConstant(pushes: readonly Push[], rate: number): void {
  let from = 0;
  let bits = 0;
  const endMs = pushes.at(-1)?.atMs ?? 0;
  for (const { atMs, bytes } of pushes) {
    bits += bytes.length * 8;
    for (let first = pushes[from]; first !== undefined && first.atMs <= atMs - 1000;) {
      bits -= first.bytes.length * 8;
      first = pushes[++from];
    }
    // The window (atMs - 1000, atMs] is whole once a second has passed.
    if (atMs - (pushes[0]?.atMs ?? 0) < 1000 || atMs === endMs) continue;
    assert.ok(Math.abs(bits / rate - 1) <= 0.01, `${bits} bits in the second before ${atMs}`);
  }
  const all = pushes.slice(0, -1).reduce((sum, one) => sum + one.bytes.length * 8, 0);
  const seconds = (endMs - (pushes[0]?.atMs ?? 0)) / 1000;
  assert.ok(
    Math.abs(all / seconds / rate - 1) <= 0.001,
    `${all / seconds} bit/s over ${seconds} s`,
  );
}

function joined(pushes: readonly Push[]): Uint8Array {
  const all = new Uint8Array(pushes.reduce((sum, one) => sum + one.bytes.length, 0));
  let at = 0;
  for (const { bytes } of pushes) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

Deno.test("a file of constant rate keeps it: 1 % in every second, 0.1 % in the long run", async () => {
  const { pushes } = await play({}, 120);
  assertConstant(pushes, CLIP_RATE);
});

Deno.test("filled up with null packets, the rate is the one that was asked for", async () => {
  const { pushes, stream } = await play({ bitrate: "2Mbit/s" }, 60);
  assertConstant(pushes, 2_000_000);
  assert.equal(stream?.bitrate, 2_000_000);
});

Deno.test("no drift: after minutes every deadline is on the grid of the first", async () => {
  const { pushes } = await play({ bitrate: "2Mbit/s" }, 300);
  const first = pushes[0]?.dueMs ?? 0;
  const last = pushes.at(-1)?.dueMs ?? 0;
  const wanted = (pushes.length - 1) * 1316 * 8000 / 2_000_000;
  assert.ok(Math.abs(last - first - wanted) < 1e-3, `${last - first - wanted} ms off`);
});

Deno.test("a slow host changes lateness and no deadline", async () => {
  const { pushes } = await play({}, 20, ({ world, host }) => {
    world.slow(host, 1);
    return Promise.resolve();
  });
  const latest = Math.max(...pushes.map(({ atMs, dueMs }) => atMs - dueMs));
  assert.ok(latest < 50, `${latest} ms late`);
  const gaps = pushes.slice(1).map(({ dueMs }, i) => dueMs - (pushes[i]?.dueMs ?? 0));
  assert.ok(Math.max(...gaps) < 11, "the schedule never moved");
});

Deno.test("after a freeze of 10 s the schedule moves on: no burst, no jump in the bytes", async () => {
  const { pushes } = await play({}, 20, async ({ world, host }) => {
    world.freeze(host);
    await world.runFor(10_000);
    world.thaw(host);
  });
  for (let i = 0, from = 0; i < pushes.length; i++) {
    const now = pushes[i]?.atMs ?? 0;
    while ((pushes[from]?.atMs ?? 0) < now) from++;
    assert.ok(i - from < 6, `${i - from + 1} pieces at once`);
  }
  const bytes = joined(pushes);
  assert.deepEqual(bytes.subarray(0, 1_000_000), CLIP.subarray(0, 1_000_000));
});

Deno.test("without loop the bytes are those of the file, and the stream ends with its last", async () => {
  const { pushes, ends, stream } = await play({ loop: false }, 30);
  assert.deepEqual(joined(pushes), CLIP);
  assert.equal(ends, 1);
  assert.equal(stream?.start, "demand");
});

Deno.test("with restamp off a loop is the file's bytes again and again", async () => {
  const { pushes } = await play({ restamp: false }, 20);
  const bytes = joined(pushes);
  assert.deepEqual(bytes.subarray(0, CLIP.length), CLIP);
  assert.deepEqual(bytes.subarray(CLIP.length, 2 * CLIP.length), CLIP);
});

Deno.test("a slow disk does not show", async () => {
  const { pushes } = await play({}, 20, ({ world, host }) => {
    world.host(host).diskDelayMs = 100;
    return Promise.resolve();
  });
  assertConstant(pushes, CLIP_RATE);
});

Deno.test("a file that vanishes is told, tried again, and goes on when it is back", async () => {
  let before = 0;
  const { pushes, log } = await play({}, 30, async ({ world, host, ports }) => {
    await world.until(ports.files.remove("/media/clip.mpegts"));
    await world.runFor(20_000);
    before = ports.clock.now();
    world.disk(host).put("/media/clip.mpegts", CLIP);
  });
  assert.ok(log.some((line) => JSON.stringify(line).includes("no such file any more")));
  assert.ok((pushes.at(-1)?.atMs ?? 0) > before + 10_000);
});

Deno.test("a file cut short while it plays ends its pass early, and no packet is torn", async () => {
  const { pushes } = await play({}, 20, ({ world, host }) => {
    world.disk(host).put("/media/clip.mpegts", CLIP.subarray(0, 400_000));
    return Promise.resolve();
  });
  for (const { bytes } of pushes) {
    for (let at = 0; at < bytes.length; at += 188) assert.equal(bytes[at], 0x47);
  }
});

Deno.test("a bit rate below the file's own stops the start and names both", async () => {
  await assert.rejects(
    play({ bitrate: "1Mbit/s" }, 1),
    /at 1Mbit\/s: the file itself has 1.1Mbit\/s/,
  );
});
