/** Sources and sinks with the real ffmpeg, ffplay, disk and clock. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import cbrSource from "../../plugins/cbr-source/mod.ts";
import ffplaySink from "../../plugins/ffplay-sink/mod.ts";
import fileSink from "../../plugins/file-sink/mod.ts";
import testSource from "../../plugins/test-source/mod.ts";
import udpSource from "../../plugins/udp-source/mod.ts";
import { chunksOf } from "../conformance/ends.ts";
import { CLIP, sameBytes } from "./clips.ts";
import { lacks, named, realSink, realSource } from "./ends_rig.ts";
import { freePort } from "./net.ts";
import { joined } from "./rist_rig.ts";

const noFfmpeg = lacks("ffmpeg");
const noFfplay = lacks("ffplay");

function test(name: string, missing: string | undefined, fn: () => Promise<void>): void {
  const why = missing === undefined ? "" : ` (ignored: ${missing})`;
  Deno.test({ name: `${name}${why}`, ignore: missing !== undefined, fn });
}

async function ffmpeg(...args: string[]): Promise<string> {
  const { code, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-nostdin", "-hide_banner", "-loglevel", "warning", "-y", ...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.equal(code, 0, said);
  return said;
}

/** Collects what a source pushes. */
function collector() {
  const pieces: Uint8Array[] = [];
  const times: number[] = [];
  let ends = 0;
  return {
    output: {
      push(bytes: Uint8Array) {
        pieces.push(bytes);
        times.push(performance.now());
      },
      end: () => void ends++,
    },
    times,
    bytes: () => joined(pieces),
    size: () => pieces.reduce((sum, one) => sum + one.length, 0),
    ended: () => ends > 0,
  };
}

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "espalier-ends-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("a file on the real clock takes the time its own clock says", undefined, async () => {
  await using source = await realSource(cbrSource, { files: [{ path: CLIP, loop: false }] });
  const got = collector();
  await using _run = source.it.open("garden", got.output);
  await until("the end", got.ended, 20_000);
  assert.equal(sameBytes(got.bytes(), await Deno.readFile(CLIP)), undefined);
  const tookMs = (got.times.at(-1) ?? 0) - (got.times[0] ?? 0);
  assert.ok(tookMs > 7900 && tookMs < 8500, `${tookMs} ms for 8 s`);
});

for (
  const [what, name, codecs] of [
    ["copied from MP4", "film.mp4", ["-c", "copy", "-bsf:a", "aac_adtstoasc"]],
    ["transcoded from WebM", "film.webm", ["-t", "3", "-c:v", "libvpx", "-c:a", "libvorbis"]],
  ] as const
) {
  test(
    `another container is ${what}, and its end is the stream's`,
    noFfmpeg,
    () =>
      inFolder(async (folder) => {
        await ffmpeg("-t", "4", "-i", CLIP, ...codecs, `${folder}/${name}`);
        await using source = await realSource(cbrSource, { folder, loop: false });
        const got = collector();
        await using _run = source.it.open("film", got.output);
        await until("the end", got.ended, 30_000);
        const path = `${folder}/out.mpegts`;
        await Deno.writeFile(path, got.bytes());
        assert.equal(await ffmpeg("-i", path, "-f", "null", "-"), "");
        const errors = source.ports.log.lines.filter((line) => line.level === "error");
        assert.deepEqual(errors, []);
      }),
  );
}

test(
  "ffmpeg's stream over UDP comes through unchanged, as does its RTP",
  noFfmpeg,
  () =>
    inFolder(async (folder) => {
      // What ffmpeg itself makes of the clip is what must arrive.
      const clip = ["-t", "2", "-i", CLIP, "-c", "copy"];
      await ffmpeg(...clip, "-f", "mpegts", `${folder}/wanted.mpegts`);
      const wanted = await Deno.readFile(`${folder}/wanted.mpegts`);
      for (const rtp of [false, true]) {
        const port = freePort();
        await using source = await realSource(udpSource, { listen: `127.0.0.1:${port}` });
        const got = collector();
        await using _run = source.it.open("live", got.output);
        const to = rtp
          ? ["-f", "rtp_mpegts", `rtp://127.0.0.1:${port}?pkt_size=1328`]
          : ["-f", "mpegts", `udp://127.0.0.1:${port}?pkt_size=1316`];
        await ffmpeg("-re", ...clip, ...to);
        // ffmpeg keeps the last, unfilled RTP packet to itself, and fills others in its own way.
        const size = rtp ? wanted.length - 2 * 1316 : wanted.length;
        await until("all of it", () => got.size() >= size, 5000);
        if (!rtp) assert.equal(sameBytes(got.bytes(), wanted), undefined);
        const path = `${folder}/out.mpegts`;
        await Deno.writeFile(path, got.bytes());
        assert.equal(await ffmpeg("-t", "1.5", "-i", path, "-f", "null", "-"), "");
      }
    }),
);

test(
  "the test picture is a clean stream of constant rate",
  noFfmpeg,
  () =>
    inFolder(async (folder) => {
      await using source = await realSource(testSource, {});
      const got = collector();
      await using run = source.it.open("test", got.output);
      await until("4 s of picture", () => got.size() > 1_000_000, 20_000);
      await run[Symbol.asyncDispose]();
      const path = `${folder}/out.mpegts`;
      await Deno.writeFile(path, got.bytes());
      // It was stopped in the middle of a picture, and of sound that is muxed ahead: what lies well before counts.
      const probe = ["-probesize", "300k", "-analyzeduration", "1M"];
      assert.equal(await ffmpeg(...probe, "-t", "2", "-i", path, "-f", "null", "-"), "");
      const tookMs = (got.times.at(-1) ?? 0) - (got.times[0] ?? 0);
      const rate = got.size() * 8000 / tookMs;
      // The machine that runs this may be busy: the bounds are those of a live encoder, not of the pacing.
      assert.ok(rate > 1_600_000 && rate < 2_400_000, `${rate} bit/s`);
    }),
);

test(
  "without a display ffplay is one clear line, and nothing is started again",
  noFfplay,
  async () => {
    await using sink = await realSink(ffplaySink, { videoDrivers: "none-such" });
    const session = sink.it.open({ session: "w1", stream: named("o1/garden"), title: "" });
    const clip = await Deno.readFile(CLIP);
    session.push([{
      payload: clip.subarray(0, 1316 * 300),
      sequence: 1,
      timestamp: 0,
      lostBefore: 0,
    }]);
    const lines = () => sink.ports.log.lines.filter((line) => line.level === "error");
    await until("the line", () => lines().length > 0, 10_000);
    assert.match(lines()[0]?.event ?? "", /no display is there/);
    await session.close();
    assert.equal(lines().length, 1);
  },
);

test(
  "not even a link that leads nowhere yet takes a recording out of its folder",
  undefined,
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/rec`);
      await Deno.symlink(`${folder}/canary`, `${folder}/rec/garden`);
      await using sink = await realSink(fileSink, {
        folder: `${folder}/rec`,
        name: "{name}",
        overwrite: true,
      });
      const session = sink.it.open({ session: "w1", stream: named("o1/garden"), title: "" });
      session.push(chunksOf(2));
      await assert.rejects(session.close());
      await assert.rejects(Deno.stat(`${folder}/canary`), Deno.errors.NotFound);
    }),
);
