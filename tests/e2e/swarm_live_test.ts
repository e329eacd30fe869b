import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import { contiguousIn, numberedStream, sameBytes } from "./clips.ts";
import { freePort, needing, run, withNet } from "./net.ts";
import { SwarmNet } from "./swarm_net.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

Deno.test("live meets stored: an origin plays a file while its peer fetches it, and the recording is shared", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    swarm.startIndex();
    const bytes = numberedStream(7, 6, 2_000_000);
    swarm.seeder("s1", { "clip.mpegts": bytes }, { uploadRate: "4Mbit/s", watch: "200ms" });
    await swarm.sharing("s1");
    net.bootstrap();
    const peer = { listen: "127.0.0.1:0", index: swarm.index, downloads: swarm.folder("o-down") };
    net.origin("o", [
      { use: "peer", with: peer },
      {
        use: "swarm-source",
        with: { files: [{ file: "clip.mpegts", name: "film", loop: false }] },
      },
    ], { pop: true });
    await net.ready();
    const recordings = swarm.folder("recordings");
    const record = `${recordings}/film.mpegts`;
    net.viewer("v", [{ stream: "o/film" }], [
      { use: "file-sink", with: { path: record } },
    ]);
    swarm.peer("r", { folders: [recordings], watch: "1s" });
    await net.ready();
    await net.session("v", "the stream flows", (one) => one.packets > 0);
    const beside = await swarm.transfer("o", "the file comes", () => true);
    assert.equal(beside.complete, false, "it plays before it is complete");
    assert.equal((await swarm.status("r")).shared, 0, "what is still written is not shared");
    await net.session("v", "the stream ends", (one) => one.ended, 40_000);
    await until("the recording is shared", async () => (await swarm.status("r")).shared === 1);
    const recorded = Deno.readFileSync(record);
    assert.equal(contiguousIn(bytes, recorded), undefined);
    assert.ok(recorded.length > 0.9 * bytes.length, `${recorded.length} of ${bytes.length}`);
    swarm.peer("leech", { get: ["film.mpegts"] });
    await swarm.transfer("leech", "complete", (one) => one.complete);
    const got = Deno.readFileSync(`${swarm.folder("leech-down")}/film.mpegts`);
    assert.equal(sameBytes(got, recorded), undefined);
  });
});

/** Runs a command of the swarm as a terminal would show it. */
async function onTerminal(args: readonly string[]): Promise<string> {
  const line = [Deno.execPath(), ...args].map((one) => `'${one}'`).join(" ");
  const shown = await run("script", ["-qec", `stty cols 100; ${line}`, "/dev/null"]);
  assert.equal(shown.code, 0, shown.stdout);
  return shown.stdout;
}

Deno.test(
  needing(["script"], "the commands share, find and get a file, in a pipe and on a terminal"),
  async () => {
    await withNet({}, async (net) => {
      const swarm = new SwarmNet(net);
      await swarm.startIndex().ready();
      const folder = swarm.folder("shared");
      const bytes = numberedStream(9, 8, 2_000_000);
      Deno.writeFileSync(`${folder}/My Film.mpegts`, bytes);
      const command = (...args: string[]) => ["run", "-A", MAIN, ...args, "--index", swarm.index];
      const get = (...args: string[]) => run(Deno.execPath(), command("get", ...args));
      const sharing = new Deno.Command(Deno.execPath(), {
        args: command("share", folder, "--upload-rate", "8Mbit/s"),
        stdout: "piped",
        stderr: "null",
      }).spawn();
      try {
        await until("it is found", async () => {
          const found = await run(Deno.execPath(), command("find", "film"));
          return found.stdout.includes("My Film.mpegts");
        });
        const out = `${net.folder}/got.mpegts`;
        const piped = await get("My Film.mpegts", "--folder", net.folder, "--out", out);
        assert.equal(piped.code, 0, piped.stderr);
        assert.equal(piped.stdout.trim(), out);
        assert.equal(sameBytes(Deno.readFileSync(out), bytes), undefined);
        assert.ok(!/\r/.test(piped.stderr), "a pipe gets plain lines");
        const taken = await get("My Film.mpegts", "--out", out);
        assert.equal(taken.code, 2);
        assert.match(taken.stderr, /Cannot get My Film\.mpegts: .*got\.mpegts is there already/);
        const folder2 = swarm.folder("second");
        const shown = await onTerminal(command("get", "My Film.mpegts", "--folder", folder2));
        assert.match(
          shown,
          /\r.\[KMy Film\.mpegts ▕.*▏ {2}[\d.]+ % {2}\d+\/\d+ pieces {2}1 peers/,
        );
        assert.match(shown, /Mbit\/s {2}(\d\d:\d\d left|--:-- left|done)/);
        const none = await get("no such thing");
        assert.equal(none.code, 2);
        assert.match(none.stderr, /Cannot get no such thing: the index knows no such file/);
        const nobody = `127.0.0.1:${freePort()}`;
        const gone = await run(Deno.execPath(), [
          "run",
          "-A",
          MAIN,
          "find",
          "film",
          "--index",
          nobody,
        ]);
        assert.equal(gone.code, 2);
        assert.match(gone.stderr, new RegExp(`Cannot ask the index at ${nobody}`));
      } finally {
        sharing.kill("SIGTERM");
        await sharing.stdout.cancel();
        assert.equal((await sharing.status).code, 0);
      }
      assert.ok(Deno.statSync(`${folder}/.espalier/hashes`).size > 0, "its hashes are kept");
    });
  },
);
