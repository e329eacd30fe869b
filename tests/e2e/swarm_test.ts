import assert from "node:assert/strict";
import { chromium, type Page } from "playwright-core";
import { until } from "../../cli/fleet.ts";
import { sameBytes } from "./clips.ts";
import { freePort, needing, run, withNet } from "./net.ts";
import { noise, SwarmNet } from "./swarm_net.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

Deno.test("two of four seeders die, then the downloader: it goes on from what was verified", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    swarm.startIndex();
    const bytes = noise(12_000_000);
    const names = ["s1", "s2", "s3", "s4"];
    for (const name of names) swarm.seeder(name, { "clip.bin": bytes }, { uploadRate: "8Mbit/s" });
    await swarm.sharing(...names);
    const options = { get: ["clip.bin"], requestTimeout: "2s" };
    const leech = swarm.peer("leech", options);
    await leech.ready();
    await swarm.transfer("leech", "a quarter", (one) => one.verifiedBytes > 3_000_000);
    net.fleet.get("s1").signal("SIGKILL");
    net.fleet.get("s2").signal("SIGKILL");
    const before = await swarm.transfer("leech", "a half", (one) => one.verifiedBytes > 6_000_000);
    leech.signal("SIGKILL");
    await leech.exited;
    const again = net.restart("leech");
    await again.ready();
    const resumed = await swarm.transfer("leech", "is there again", () => true);
    assert.ok(resumed.heldPieces >= before.heldPieces, `${resumed.heldPieces} pieces were kept`);
    const done = await swarm.transfer("leech", "complete", (one) => one.complete);
    const fetched = done.peers.reduce((sum, peer) => sum + peer.downBytes, 0);
    assert.ok(fetched <= bytes.length - 6_000_000 + 600_000, `${fetched} bytes were fetched again`);
    const got = Deno.readFileSync(`${swarm.folder("leech-down")}/clip.bin`);
    assert.equal(sameBytes(got, bytes), undefined);
  });
});

Deno.test("the index is killed: transfers go on, and it knows again what it had acknowledged", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    const index = swarm.startIndex({ store: `${net.folder}/index.journal` });
    const bytes = noise(6_000_000, 2);
    swarm.seeder("s1", { "clip.bin": bytes }, { uploadRate: "12Mbit/s" });
    await swarm.sharing("s1");
    swarm.peer("leech", { get: ["clip.bin"] });
    await swarm.transfer("leech", "has begun", (one) => one.heldPieces > 2);
    index.signal("SIGKILL");
    await index.exited;
    await swarm.transfer("leech", "complete without an index", (one) => one.complete);
    const again = net.restart("index");
    await again.ready();
    const find = ["run", "-A", MAIN, "find", "CLIP", "--index", swarm.index];
    await until("both are found again", async () => {
      const found = await run(Deno.execPath(), find);
      return /2 of 2 peers complete {2}clip\.bin/.test(found.stdout);
    }, 40_000);
  });
});

/** Writes random bytes to a port, many connections over. */
async function batter(port: number, connections: number, seed: number): Promise<void> {
  for (let i = 0; i < connections; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const bytes = noise(64 + (i * 97) % 4000, seed + i).slice();
    // Every other one looks like a message at first.
    if (i % 2 === 0) bytes.set([0, 0, 0, bytes.length & 0xff, 1 + i % 15]);
    await conn.write(bytes).catch(() => 0);
    conn.close();
  }
}

Deno.test("noise on their ports takes neither index nor peer down", async () => {
  await withNet({}, async (net) => {
    const swarm = new SwarmNet(net);
    swarm.startIndex();
    const port = freePort();
    const bytes = noise(1_000_000, 4);
    swarm.seeder("s1", { "clip.bin": bytes }, { listen: `127.0.0.1:${port}` });
    await swarm.sharing("s1");
    await Promise.all([batter(port, 300, 7), batter(swarm.indexPort, 300, 8)]);
    swarm.peer("leech", { get: ["clip.bin"] });
    await swarm.transfer("leech", "complete", (one) => one.complete);
  });
});

/** Makes a clip of about 4 Mbit/s that can be played from its beginning. */
async function makeClip(path: string, seconds: number): Promise<void> {
  const rate = [
    "-b:v",
    "4M",
    "-minrate",
    "4M",
    "-maxrate",
    "4M",
    "-bufsize",
    "2M",
    "-nal-hrd",
    "cbr",
  ];
  const made = await run("ffmpeg", [
    ..."-nostdin -loglevel error -f lavfi -i testsrc2=s=640x360:r=25".split(" "),
    ..."-vf noise=alls=40:allf=t -t".split(" "),
    String(seconds),
    ..."-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p".split(" "),
    ...rate,
    ..."-movflags +faststart -f mp4".split(" "),
    path,
  ]);
  assert.equal(made.code, 0, made.stderr);
}

/** Three seeders of 2 Mbit/s each and a peer that serves players. */
async function playing(
  swarm: SwarmNet,
  seconds: number,
): Promise<{ readonly url: string; readonly sizeBytes: number }> {
  swarm.startIndex();
  const clip = `${swarm.net.folder}/clip.mp4`;
  await makeClip(clip, seconds);
  const bytes = Deno.readFileSync(clip);
  const names = ["s1", "s2", "s3"];
  for (const name of names) swarm.seeder(name, { "clip.mp4": bytes }, { uploadRate: "2Mbit/s" });
  await swarm.sharing(...names);
  const viewer = swarm.peer("viewer", { http: "127.0.0.1:0" });
  await viewer.ready();
  const found = await run(Deno.execPath(), [
    "run",
    "-A",
    MAIN,
    "find",
    "clip",
    "--index",
    swarm.index,
  ]);
  const id = found.stdout.slice(0, 64);
  return { url: `${(await swarm.status("viewer")).http}/files/${id}`, sizeBytes: bytes.length };
}

/** What the browser test measures. */
interface Played {
  readonly startMs: number;
  readonly stalls: number;
  readonly seekMs: number;
}

/** Watches the `<video>` of a page: begins, plays 6 s, seeks to 70 %, plays on. */
async function watch(page: Page, url: string, shots: string): Promise<Played> {
  await page.addInitScript({
    content: `globalThis.heard = { stalls: 0, playingMs: -1 };
    addEventListener("playing", () => {
      if (heard.playingMs < 0) heard.playingMs = performance.now();
    }, true);
    addEventListener("waiting", ({ target }) => {
      if (heard.playingMs >= 0 && !target.seeking) heard.stalls++;
    }, true);`,
  });
  await page.goto(url);
  await page.waitForFunction("heard.playingMs >= 0", undefined, { timeout: 20_000 });
  const startMs = await page.evaluate<number>("heard.playingMs");
  await page.waitForFunction("document.querySelector('video').currentTime > 6");
  await page.screenshot({ path: `${shots}-start.png` });
  const seekMs = await page.evaluate<number>(`new Promise((done) => {
    const video = document.querySelector("video");
    const from = performance.now();
    const target = video.duration * 0.7;
    video.currentTime = target;
    const look = () => video.currentTime > target + 0.1 && !video.seeking
      ? done(performance.now() - from - 100) : requestAnimationFrame(look);
    look();
  })`);
  await page.waitForFunction(
    "document.querySelector('video').currentTime > document.querySelector('video').duration * 0.7 + 3",
  );
  await page.screenshot({ path: `${shots}-seek.png` });
  return { startMs, stalls: await page.evaluate<number>("heard.stalls"), seekMs };
}

/** Pictures for people. */
const OUT = new URL("../../out", import.meta.url).pathname;

Deno.test(
  needing(["ffmpeg", "chromium"], "a browser plays and seeks while the download runs"),
  async () => {
    await withNet({}, async (net) => {
      const swarm = new SwarmNet(net);
      const { url } = await playing(swarm, 60);
      Deno.mkdirSync(OUT, { recursive: true });
      const browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: [
          ..."--no-sandbox --headless --disable-gpu --disable-quic --no-first-run".split(" "),
          "--disable-background-networking",
          "--autoplay-policy=no-user-gesture-required",
        ],
      });
      try {
        // The pages allow no script; what the test evaluates would be one.
        const page = await browser.newPage({
          bypassCSP: true,
          viewport: { width: 900, height: 640 },
        });
        const played = await watch(page, url.replace("/files/", "/watch/"), `${OUT}/swarm-watch`);
        console.log(`      browser: ${JSON.stringify(played)}`);
        const [transfer] = (await swarm.status("viewer")).transfers;
        assert.equal(transfer?.complete, false, "the download still runs");
        await page.goto(new URL(url).origin);
        await page.screenshot({ path: `${OUT}/swarm-list.png` });
        assert.equal(await page.locator("a[href^='/watch/']").count(), 1);
        // The goal is 2 s; a busy machine gets some more before the test says no.
        assert.ok(played.startMs < 4000, `started after ${played.startMs} ms`);
        assert.ok(played.seekMs < 4000, `the seek took ${played.seekMs} ms`);
        assert.ok(played.stalls <= 1, `${played.stalls} stalls`);
      } finally {
        await browser.close();
      }
    });
  },
);

Deno.test(
  needing(["ffmpeg", "ffplay", "Xvfb"], "ffplay plays while the download runs"),
  async () => {
    await withNet({}, async (net) => {
      const swarm = new SwarmNet(net);
      const { url } = await playing(swarm, 12);
      const display = `:${90 + freePort() % 900}`;
      const screen = new Deno.Command("Xvfb", {
        args: [display, "-screen", "0", "640x480x24"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const from = performance.now();
        const args = ["-v", "error", "-autoexit", "-noborder", url];
        const played = await run("ffplay", args, {
          env: { DISPLAY: display, SDL_AUDIODRIVER: "dummy" },
        });
        const seconds = (performance.now() - from) / 1000;
        console.log(`      ffplay: a clip of 12 s took ${seconds.toFixed(1)} s`);
        assert.equal(played.code, 0, played.stderr);
        assert.ok(seconds > 10 && seconds < 20, `${seconds} s for a clip of 12 s`);
      } finally {
        screen.kill("SIGTERM");
        await screen.status;
      }
    });
  },
);
