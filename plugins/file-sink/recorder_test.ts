import assert from "node:assert/strict";
import fc from "fast-check";
import { streamName } from "../../core/ids.ts";
import { chunksOf } from "../../tests/conformance/ends.ts";
import { filling, mount, type Mounted } from "../../tests/conformance/fixture.ts";
import plugin from "./mod.ts";
import { recordingName } from "./names.ts";

function sessionOf(stream: string, session = "w1") {
  const name = streamName(stream);
  assert.ok(name !== undefined);
  return { session, stream: name, title: "" };
}

async function recording(config: Record<string, unknown>, prepare?: (mounted: Mounted) => void) {
  const mounted = mount({ plugin, config, ...(prepare === undefined ? {} : { prepare }) });
  const one = mounted.create();
  await one.start();
  const sink = filling(mounted, "sink", one.life);
  const open = (session = "w1") => sink.open(sessionOf("o1/garden", session));
  const disk = mounted.world.disk(mounted.host);
  const wait = (ms: number) => mounted.world.runFor(ms);
  return { mounted, world: mounted.world, one, open, disk, wait };
}

const bytesOf = (chunks: ReturnType<typeof chunksOf>): Uint8Array =>
  Uint8Array.from(chunks.flatMap(({ payload }) => [...payload]));

Deno.test("a recording is the payloads in order, byte for byte", async () => {
  const { world, one, open, disk, wait } = await recording({ path: "/out.mpegts" });
  const session = open();
  const chunks = chunksOf(300);
  for (let i = 0; i < chunks.length; i += 3) {
    session.push(chunks.slice(i, i + 3));
    await wait(7);
  }
  await world.until(session.close());
  assert.deepEqual(disk.read("/out.mpegts"), bytesOf(chunks));
  await one.stop();
});

Deno.test("what came is in the file within moments, not only at the end", async () => {
  const { one, open, disk, wait } = await recording({ path: "/out.mpegts" });
  const session = open();
  await wait(10);
  session.push(chunksOf(2));
  await wait(250);
  assert.equal(disk.read("/out.mpegts")?.length, 2632);
  await one.stop();
});

Deno.test("the name is made from session and time, inside the folder", async () => {
  const { world, one, open, disk, mounted } = await recording({ folder: "/rec" });
  const session = open();
  session.push(chunksOf(1));
  await world.until(session.close());
  const [file] = disk.list("/rec");
  const iso = new Date(mounted.ports.clock.wall()).toISOString();
  assert.ok(file?.path.startsWith(`/rec/o1-garden-w1-${iso.slice(0, 10).replaceAll("-", "")}-`));
  await one.stop();
});

Deno.test("dates are those of the calendar", () => {
  fc.assert(fc.property(
    fc.date({ min: new Date("1970-01-01"), max: new Date("2400-01-01"), noInvalidDate: true }),
    (date) => {
      const iso = date.toISOString();
      const wanted = `${iso.slice(0, 10).replaceAll("-", "")}.${
        iso.slice(11, 19).replaceAll(":", "")
      }`;
      assert.equal(recordingName("{date}.{time}", sessionOf("o/s"), date.getTime()), wanted);
    },
  ));
});

Deno.test("no template and no session makes a path or a hidden file", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (template, session) => {
    const name = recordingName(`${template}{session}`, { ...sessionOf("o/s"), session }, 0);
    assert.match(name, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/);
    assert.ok(name.length <= 200);
  }));
  assert.equal(recordingName("../../{stream}", sessionOf("o/s"), 0), "o-s".replace("/", "-"));
});

Deno.test("a file that exists is refused, and the sink leaves the session", async () => {
  const { world, one, open, disk, wait } = await recording(
    { path: "/out.mpegts" },
    (mounted) => mounted.world.disk(mounted.host).put("/out.mpegts", "precious"),
  );
  const session = open();
  let ends = 0;
  session.onEnd(() => ends++);
  session.push(chunksOf(5));
  await wait(1000);
  assert.equal(ends, 1);
  assert.equal(new TextDecoder().decode(disk.read("/out.mpegts")), "precious");
  assert.ok(world.log().some((line) => /set overwrite or append/.test(line.event)));
  await assert.rejects(world.until(session.close()), /6580 bytes were dropped/);
  await one.stop();
});

Deno.test("overwrite replaces, append adds", async () => {
  for (const [mode, before] of [["overwrite", 0], ["append", 8]] as const) {
    const { world, one, open, disk } = await recording(
      { path: "/o", [mode]: true },
      (mounted) => mounted.world.disk(mounted.host).put("/o", "precious"),
    );
    const session = open();
    session.push(chunksOf(2));
    await world.until(session.close());
    assert.equal(disk.read("/o")?.length, before + 2632, mode);
    await one.stop();
  }
});

Deno.test("no link in the folder leads a recording out of it", async () => {
  const { world, one, open, disk, wait } = await recording(
    { folder: "/rec", name: "{name}", overwrite: true },
    (mounted) => {
      const disk = mounted.world.disk(mounted.host);
      disk.put("/secret/canary", "canary");
      disk.link("/rec/garden", "/secret/canary");
    },
  );
  const session = open();
  session.push(chunksOf(2));
  await wait(1000);
  await assert.rejects(world.until(session.close()), /a link is in its place/);
  assert.equal(new TextDecoder().decode(disk.read("/secret/canary")), "canary");
  await one.stop();
});

Deno.test("two sessions never write one file", async () => {
  const { world, one, open, disk } = await recording({ path: "/out.mpegts" });
  const [first, second] = [open("a"), open("b")];
  first.push(chunksOf(3));
  second.push(chunksOf(4, 100));
  await assert.rejects(world.until(second.close()), /another session/);
  await world.until(first.close());
  assert.deepEqual(disk.read("/out.mpegts"), bytesOf(chunksOf(3)));
  await one.stop();
});

Deno.test("a full disk is told once, counted, and recording goes on when there is room", async () => {
  const { world, one, open, disk, wait } = await recording({ path: "/out.mpegts" });
  disk.quotaBytes = 100_000;
  const session = open();
  for (let i = 0; i < 600; i++) {
    session.push(chunksOf(1, i));
    await wait(10);
  }
  assert.equal(world.log().filter((line) => line.level === "error").length, 1);
  disk.quotaBytes = Infinity;
  await wait(12_000);
  session.push(chunksOf(1, 600));
  const before = disk.read("/out.mpegts")?.length ?? 0;
  await wait(1000);
  assert.equal((disk.read("/out.mpegts")?.length ?? 0) - before, 1316);
  await assert.rejects(world.until(session.close()), /bytes were dropped/);
  await one.stop();
});

Deno.test("a slow disk fills the queue, then packets are dropped and counted, nothing else", async () => {
  const { world, one, open, disk, wait, mounted } = await recording({
    path: "/out.mpegts",
    queue: "128KiB",
  });
  const session = open();
  await wait(10);
  world.host(mounted.host).diskDelayMs = 2000;
  for (let i = 0; i < 400; i++) {
    session.push(chunksOf(1, i));
    await wait(5);
  }
  world.host(mounted.host).diskDelayMs = 0;
  const dropped = mounted.world.metrics(mounted.host);
  assert.ok(dropped !== undefined);
  await assert.rejects(world.until(session.close()), /bytes were dropped/);
  const bytes = disk.read("/out.mpegts") ?? new Uint8Array();
  assert.equal(bytes.length % 1316, 0, "whole packets only");
  assert.ok(bytes.length > 0 && bytes.length < 400 * 1316);
  await one.stop();
});

Deno.test("overwrite and append exclude each other", () => {
  assert.throws(() => plugin.check({ overwrite: true, append: true }), /append: .*exclude/);
});
