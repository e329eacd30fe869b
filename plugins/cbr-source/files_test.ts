import assert from "node:assert/strict";
import fc from "fast-check";
import { NAME_PATTERN } from "../../core/ids.ts";
import { filling, mount } from "../../tests/conformance/fixture.ts";
import plugin from "./mod.ts";
import { extensionOf, isInside, streamNameFor } from "./names.ts";
import { codecsIn, kindOf, lookArgv, remuxArgv } from "./remux.ts";

const CLIP = Deno.readFileSync(new URL("../../config/clips/garden.mpegts", import.meta.url));

async function started(
  config: Record<string, unknown>,
  prepare: (disk: ReturnType<ReturnType<typeof mount>["world"]["disk"]>) => void,
) {
  const mounted = mount({
    plugin,
    config,
    prepare: ({ world, host }) => prepare(world.disk(host)),
  });
  const one = mounted.create();
  await one.start();
  const source = filling(mounted, "source", one.life);
  const names = () => source.streams().map((stream) => stream.name);
  return { mounted, one, source, names, disk: mounted.world.disk(mounted.host) };
}

Deno.test("every file name gives a proper stream name, and no two the same", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 30 }), (files) => {
    const taken = new Set<string>();
    for (const file of files) {
      const name = streamNameFor(`/media/${file}.ts`, (one) => taken.has(one));
      assert.match(name, NAME_PATTERN);
      assert.ok(!taken.has(name));
      taken.add(name);
    }
  }));
});

Deno.test("names are made from file names", () => {
  const named = (path: string) => streamNameFor(path, () => false);
  assert.equal(named("/a/Évening news.mp4"), "Evening-news");
  assert.equal(named("/a/.hidden"), "hidden");
  assert.equal(named("/a/日本.ts"), "clip");
  assert.equal(extensionOf("/a.b/c"), "");
  assert.equal(isInside("/media-other/a", "/media"), false);
  assert.equal(isInside("/media/a", "/media"), true);
});

Deno.test("the folder's media files are streams; doubles are numbered, others left out", async () => {
  const { one, names } = await started({ folder: "/media" }, (disk) => {
    disk.put("/media/a b.ts", CLIP);
    disk.put("/media/a-b.mpegts", CLIP);
    disk.put("/media/film.mp4", "not looked into before it is played");
    disk.put("/media/notes.txt", "text");
    disk.put("/media/script.ts", "export const a = 1;\n".repeat(100));
    disk.put("/media/.hidden.ts", CLIP);
    disk.put("/media/sub/deep.ts", CLIP);
  });
  assert.deepEqual(names().sort(), ["a-b", "a-b-2", "film"]);
  await one.stop();
});

Deno.test("no link leads out of the folder", async () => {
  const { one, names, mounted, disk } = await started({ folder: "/media" }, (disk) => {
    disk.put("/secret/canary.ts", CLIP);
    disk.put("/media-2/beside.ts", CLIP);
    disk.put("/media/real.ts", CLIP);
    disk.link("/media/escape.ts", "/secret/canary.ts");
    disk.link("/media/up.ts", "../media-2/beside.ts");
    disk.link("/media/folder.ts", "/secret");
  });
  assert.deepEqual(names(), ["real"]);
  // A file that is swapped for a link later is found out when its next pass begins.
  const pushed: Uint8Array[] = [];
  const source = filling(mounted, "source", one.life);
  const run = source.open("real", { push: (bytes) => void pushed.push(bytes), end() {} });
  await mounted.world.runFor(1000);
  await mounted.world.until(mounted.ports.files.remove("/media/real.ts"));
  disk.link("/media/real.ts", "/secret/canary.ts");
  await mounted.world.runFor(9000);
  const count = pushed.length;
  await mounted.world.runFor(20_000);
  assert.ok(count > 0 && pushed.length === count, "nothing comes from behind the link");
  await mounted.world.until(Promise.resolve(run[Symbol.asyncDispose]()));
  await one.stop();
});

Deno.test("new files appear and removed ones go, and names of others stay", async () => {
  const { one, names, mounted, disk, source } = await started({ folder: "/media" }, (disk) => {
    disk.put("/media/b.ts", CLIP);
  });
  let changes = 0;
  source.onChange(() => changes++);
  disk.put("/media/a.ts", CLIP);
  disk.put("/media/b.mpegts", CLIP);
  await mounted.world.runFor(11_000);
  assert.deepEqual(names(), ["b", "a", "b-2"]);
  await mounted.world.until(mounted.ports.files.remove("/media/b.ts"));
  await mounted.world.runFor(11_000);
  assert.deepEqual(names(), ["a", "b-2"]);
  assert.equal(changes, 2);
  await mounted.world.runFor(11_000);
  assert.equal(changes, 2, "no change, no word");
  await one.stop();
});

Deno.test("a wrong path in the config stops the start and is named", async () => {
  const nothing = () => {};
  await assert.rejects(
    started({ folder: "/none" }, nothing),
    /Cannot offer \/none: there is no such folder/,
  );
  await assert.rejects(
    started({ files: [{ path: "/none.ts" }] }, nothing),
    /Cannot offer \/none.ts: there is no such file/,
  );
  await assert.rejects(
    started({ files: [{ path: "/x.ts" }] }, (disk) => disk.put("/x.ts", "text ".repeat(500))),
    /Cannot play \/x.ts: it is no MPEG transport stream/,
  );
  await assert.rejects(
    started({ files: [{ path: "/a.ts", name: "a" }, { path: "/b.ts", name: "a" }] }, (disk) => {
      disk.put("/a.ts", CLIP);
      disk.put("/b.ts", CLIP);
    }),
    /"a" is taken/,
  );
});

Deno.test("what ffmpeg prints tells which codecs are copied", () => {
  const lines = [
    "Input #0, matroska,webm, from 'file:/media/a.webm':",
    "  Stream #0:0(eng): Video: vp9 (Profile 0), yuv420p(tv), 640x360, 25 fps",
    "  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo",
    "  Stream #0:2: Audio: vorbis, 48000 Hz, stereo",
  ];
  const codecs = codecsIn(lines);
  assert.deepEqual(codecs, { video: "vp9", audio: "aac" });
  const argv = remuxArgv("ffmpeg", "matroska", "/media/a.webm", true, codecs).join(" ");
  assert.match(argv, /-c:v libx264 .*-c:a copy/);
  assert.match(argv, /-stream_loop -1 -protocol_whitelist file,pipe -f matroska -i file:\/media/);
  const plain = remuxArgv("ffmpeg", "mp4", "/a.mp4", false, { video: "h264", audio: "mp3" });
  assert.ok(!plain.includes("-stream_loop"));
  assert.deepEqual(plain.filter((one) => one === "copy").length, 2);
});

Deno.test("a file name never becomes an option or a protocol of ffmpeg", () => {
  const argv = lookArgv("ffmpeg", "mp4", "/media/-f http:..mp4");
  assert.equal(argv.at(-1), "file:/media/-f http:..mp4");
  assert.equal(argv[argv.indexOf("-protocol_whitelist") + 1], "file,pipe");
  assert.equal(kindOf("/a/constructor"), undefined);
  assert.equal(kindOf("/a/x.constructor"), undefined);
});

Deno.test("without ffmpeg the log names it and the file, and asks again with growing patience", async () => {
  const { one, source, mounted } = await started({ folder: "/media" }, (disk) => {
    disk.put("/media/film.mp4", "a film");
  });
  const run = source.open("film", { push() {}, end() {} });
  await mounted.world.runFor(60_000);
  const errors = mounted.world.log().filter((line) => line.level === "error");
  assert.match(errors[0]?.event ?? "", /remux of \/media\/film.mp4.*ffmpeg/);
  assert.ok(errors.length >= 4 && errors.length <= 7, `${errors.length} tries in a minute`);
  await mounted.world.until(Promise.resolve(run[Symbol.asyncDispose]()));
  await one.stop();
});

Deno.test("ffmpeg's uneven output leaves evenly, and its end is the stream's", async () => {
  const mounted = mount({
    plugin,
    config: { files: [{ path: "/film.mp4", loop: false }] },
    prepare({ world, host }) {
      world.disk(host).put("/film.mp4", "a film");
      world.programs(host).install("ffmpeg", (process) => {
        if (!process.argv.includes("pipe:1")) {
          process.errorLine("  Stream #0:0: Video: h264 (High), yuv420p");
          return process.exit({ code: 1 });
        }
        const [began, blockMs] = [world.nowMs, 200];
        const write = (n: number): void => {
          const at = n * 27_500;
          if (at >= CLIP.length) return process.exit({ code: 0 });
          process.output(CLIP.slice(at, at + 27_500));
          world.later(began + (n + 1) * blockMs, () => write(n + 1));
        };
        write(0);
      });
    },
  });
  const { world, ports } = mounted;
  const one = mounted.create();
  await one.start();
  const source = filling(mounted, "source", one.life);
  const pushes: { atMs: number; size: number }[] = [];
  let ends = 0;
  const run = source.open("film", {
    push: (bytes) => void pushes.push({ atMs: ports.clock.now(), size: bytes.length }),
    end: () => void ends++,
  });
  // In steps: what ffmpeg said is heard as a promise, which the world does not wait for.
  for (let i = 0; i < 1200; i++) await world.runFor(10);
  assert.deepEqual(world.log().filter((line) => line.level === "error"), []);
  assert.equal(pushes.reduce((sum, push) => sum + push.size, 0), CLIP.length);
  const gaps = pushes.slice(1).map(({ atMs }, i) => atMs - (pushes[i]?.atMs ?? 0));
  assert.ok(Math.max(...gaps) < 25, `a gap of ${Math.max(...gaps)} ms`);
  assert.equal(ends, 1);
  await world.until(Promise.resolve(run[Symbol.asyncDispose]()));
  await one.stop();
});
