import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { CLIP, contiguousIn, numberedStream, sameBytes } from "./clips.ts";
import { needing, run, TestNet, type Use, withNet } from "./net.ts";

const DIAMOND = {
  o: ["a1", "b1"],
  a1: ["a2"],
  b1: ["b2"],
  a2: ["b2"],
  v: ["a2", "b2"],
  w: ["a2", "b2"],
};

const recordTo = (path: string): Use => ({
  use: "file-sink",
  id: "record",
  with: { path, overwrite: true },
});
const fileSource = (path: string, more: object = {}): Use => ({
  use: "cbr-source",
  with: { files: [{ path, name: "clip", ...more }] },
});

/** Bootstrapper, origin, and two paths of two relays. */
async function diamond(net: TestNet, source: Use): Promise<void> {
  net.bootstrap();
  net.origin("o", [source]);
  for (const name of ["a1", "b1"]) net.relay(name);
  for (const name of ["a2", "b2"]) net.pop(name);
  await net.ready();
}

Deno.test("a file through the diamond is recorded byte for byte", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    await diamond(net, fileSource(CLIP, { loop: false }));
    const out = `${net.folder}/out.mpegts`;
    const viewer = net.viewer("v", [{ stream: "o/clip" }], [recordTo(out)], { whenDone: "exit" });
    await until("the viewer to see the stream's end", () => !viewer.alive, 60_000);
    assert.equal((await viewer.exited).code, 0);
    assert.equal(sameBytes(await Deno.readFile(out), await Deno.readFile(CLIP)), undefined);
  });
});

Deno.test("a viewer that joins while the stream runs records it byte for byte from there on", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const source = numberedStream(7, 60, 2_000_000);
    await Deno.writeFile(`${net.folder}/source.mpegts`, source);
    await diamond(net, fileSource(`${net.folder}/source.mpegts`, { loop: false, start: "always" }));
    const out = `${net.folder}/out.mpegts`;
    const viewer = net.viewer("v", [{ stream: "o/clip" }], [recordTo(out)]);
    await net.session("v", "to have received 2,000 packets", (one) => one.packets > 2000);
    assert.equal((await viewer.stop()).code, 0);
    assert.equal(contiguousIn(source, await Deno.readFile(out)), undefined);
  });
});

Deno.test("three streams, four viewers on one host: each sink has exactly its stream", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    const files = [1, 2, 3].map((tag) => {
      const path = `${net.folder}/s${tag}.mpegts`;
      Deno.writeFileSync(path, numberedStream(tag, 6, 1_000_000 + tag * 300_000));
      return { path, name: `s${tag}`, loop: false };
    });
    await diamond(net, { use: "cbr-source", with: { files } });
    const watched = [1, 2, 3, 1];
    net.viewer(
      "v",
      watched.map((tag, n) => ({ id: `w${n}`, stream: `o/s${tag}`, sinks: [`f${n}`] })),
      watched.map((_tag, n) => ({
        use: "file-sink",
        id: `f${n}`,
        with: { path: `${net.folder}/w${n}.mpegts`, overwrite: true },
      })),
    );
    await until(
      "every session to end",
      async () => {
        const sessions = await net.sessions("v");
        return sessions.length === watched.length && sessions.every((one) => one.ended);
      },
      40_000,
    );
    for (const [n, tag] of watched.entries()) {
      const [got, sent] = [`w${n}`, `s${tag}`].map((name) =>
        Deno.readFileSync(`${net.folder}/${name}.mpegts`)
      );
      assert.ok(got !== undefined && sent !== undefined);
      // The fourth viewer may join a stream that the first one started.
      const wrong = n === 3 ? contiguousIn(sent, got) : sameBytes(got, sent);
      assert.equal(wrong, undefined, `sink ${n}`);
    }
  });
});

Deno.test("no media flows without a viewer, and none after the last one has left", async () => {
  await withNet({ neighbors: DIAMOND }, async (net) => {
    await diamond(net, fileSource(CLIP));
    const relays = ["o", "a1", "b1", "a2", "b2"];
    const mediaOut = async () => {
      const counts = await Promise.all(
        relays.map((name) => net.metric(name, "media_packets_total", "out")),
      );
      return counts.reduce((sum, one) => sum + one, 0);
    };
    assert.equal(await mediaOut(), 0, "media before the first viewer");
    const viewer = net.viewer("v", [{ stream: "o/clip" }], [{ use: "stats-sink" }]);
    await net.session("v", "to receive", (one) => one.packets > 200);
    assert.ok(await mediaOut() > 0);
    await viewer.stop();
    let before = -1;
    await until(
      "all links to be quiet",
      async () => {
        const now = await mediaOut();
        const quiet = now === before;
        before = now;
        return quiet;
      },
      20_000,
      1500,
    );
  });
});

Deno.test(
  needing(
    ["ffmpeg", "ffprobe"],
    "ffmpeg's own live stream arrives three relays deep without an error line",
  ),
  async () => {
    await withNet({ neighbors: { o: ["r1"], r1: ["r2"], r2: ["r3"], r3: ["v"] } }, async (net) => {
      const port = 20_000 + Math.floor(net.bootstrapPort % 20_000);
      net.bootstrap();
      net.origin("o", [{ use: "udp-source", with: { listen: `127.0.0.1:${port}`, name: "live" } }]);
      net.relay("r1");
      net.relay("r2");
      net.pop("r3");
      const out = `${net.folder}/out.mpegts`;
      const viewer = net.viewer("v", [{ stream: "o/live" }], [recordTo(out)]);
      await net.ready();
      const mp4 = `${net.folder}/clip.mp4`;
      const remux = await run("ffmpeg", [
        "-v",
        "error",
        "-i",
        CLIP,
        "-c",
        "copy",
        "-bsf:a",
        "aac_adtstoasc",
        mp4,
      ]);
      assert.equal(remux.stderr, "");
      await net.session("v", "to be joined", (one) => one.parents?.[0] === "r3");
      const url = `udp://127.0.0.1:${port}?pkt_size=1316`;
      const feed = await run("ffmpeg", [
        "-v",
        "error",
        "-re",
        "-i",
        mp4,
        "-c",
        "copy",
        "-f",
        "mpegts",
        url,
      ]);
      assert.equal(feed.stderr, "");
      const direct = `${net.folder}/direct.mpegts`;
      await run("ffmpeg", ["-v", "error", "-i", mp4, "-c", "copy", "-f", "mpegts", direct]);
      const { size } = await Deno.stat(direct);
      const { lost } = await net.session(
        "v",
        "to have all of it",
        (one) => one.sinks.some((sink) => Number(sink.bytes) >= size),
      );
      assert.equal(lost, 0);
      await viewer.stop();
      const probe = await run("ffprobe", [
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name",
        out,
      ]);
      assert.match(probe.stdout, /h264[\s\S]*aac/);
      const decode = await run("ffmpeg", ["-v", "error", "-i", out, "-f", "null", "-"]);
      assert.equal(probe.stderr + decode.stderr, "");
    });
  },
);
