/** People play a file while it downloads: in a browser and in ffplay, from the beginning and after a seek. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { until } from "../../cli/fleet.ts";
import { withBrowser } from "./browser.ts";
import { needing, run, withNet } from "./net.ts";
import { withDisplay } from "./display.ts";
import { SwarmNet } from "./swarm_net.ts";

/** Pictures for people. */
const OUT = new URL("../../out/", import.meta.url).pathname;
/** Where the seek goes. */
const SEEK = 0.7;
/** The goal; a busy machine gets some more by its own environment. */
const WITHIN_MS = Number(Deno.env.get("SWARM_PLAY_WITHIN_MS") ?? 2000);

/** Makes a clip of 4 Mbit/s that can be played from its beginning. */
async function makeClip(path: string, seconds: number): Promise<void> {
  const made = await run("ffmpeg", [
    ..."-nostdin -loglevel error -f lavfi -i testsrc2=s=640x360:r=25".split(" "),
    ..."-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p".split(" "),
    ..."-b:v 4M -minrate 4M -maxrate 4M -bufsize 2M -nal-hrd cbr".split(" "),
    ...`-t ${seconds} -movflags +faststart -f mp4`.split(" "),
    path,
  ]);
  assert.equal(made.code, 0, made.stderr);
}

/** Three seeders of 2 Mbit/s each, and a peer that serves players; it downloads nothing before one asks. */
class Theater {
  readonly swarm: SwarmNet;
  readonly seconds: number;
  #id = "";
  #http = "";

  constructor(swarm: SwarmNet, seconds: number) {
    this.swarm = swarm;
    this.seconds = seconds;
  }

  async open(): Promise<this> {
    const { swarm } = this;
    swarm.startIndex();
    const clip = `${swarm.net.folder}/clip.mp4`;
    await makeClip(clip, this.seconds);
    const bytes = Deno.readFileSync(clip);
    const rate = (bytes.length * 8) / this.seconds;
    assert.ok(rate > 3.8e6 && rate < 4.2e6, `the clip has ${rate} bit/s`);
    const names = ["s1", "s2", "s3"];
    for (const name of names) swarm.seeder(name, { "clip.mp4": bytes }, { uploadRate: "2Mbit/s" });
    await swarm.sharing(...names);
    await swarm.peer("viewer", { http: "127.0.0.1:0" }).ready();
    this.#id = await until("the file to be found", () => swarm.find("clip.mp4"));
    this.#http = (await swarm.status("viewer")).http;
    return this;
  }

  get file(): string {
    return `${this.#http}/files/${this.#id}`;
  }

  get page(): string {
    return `${this.#http}/watch/${this.#id}`;
  }

  get list(): string {
    return this.#http;
  }

  /** The download runs, and lacks what is played first after the seek; single pieces come early as the rarest. */
  async isShort(): Promise<void> {
    const [transfer] = (await this.swarm.status("viewer")).transfers;
    assert.ok(transfer !== undefined);
    const { map, pieces } = transfer;
    const isHere = (piece: number) =>
      (parseInt(map.slice(2 * (piece >> 3), 2 * (piece >> 3) + 2), 16) & (0x80 >> (piece & 7))) > 0;
    const first = Math.floor(SEEK * pieces);
    const held = Array.from({ length: 8 }, (_, n) => first + n).filter(isHere);
    assert.ok(held.length <= 4, `pieces ${held} are here before the seek, of ${map}`);
  }
}

/** What a page's video element went through. */
interface Played {
  readonly startMs: number;
  readonly seekMs: number;
  /** Every time it waited, with the media that it had before it. */
  readonly waits: readonly { readonly atMs: number; readonly aheadSeconds: number }[];
}

/** With this much media before it a player waits for the processor, not for the swarm. */
const AHEAD_SECONDS = 0.5;

/** Notes when the video plays first, and when it waits after that although nobody seeks. */
const LISTEN = `globalThis.heard = { waits: [], playingMs: -1 };
addEventListener("playing", () => {
  if (heard.playingMs < 0) heard.playingMs = performance.now();
}, true);
addEventListener("waiting", ({ target }) => {
  const { currentTime, buffered, duration, seeking } = target;
  if (heard.playingMs < 0 || seeking || currentTime >= duration) return;
  const ends = [...Array(buffered.length).keys()].filter((i) => buffered.start(i) <= currentTime)
    .map((i) => buffered.end(i));
  heard.waits.push({ atMs: performance.now(), aheadSeconds: Math.max(0, ...ends) - currentTime });
}, true);`;

/** Seeks, and resolves with the milliseconds until it plays on from there. */
const SEEKING = `new Promise((done) => {
  const video = document.querySelector("video");
  const from = performance.now();
  const target = video.duration * ${SEEK};
  video.currentTime = target;
  const look = () => video.currentTime > target + 0.1 && !video.seeking
    ? done(performance.now() - from - 100) : requestAnimationFrame(look);
  look();
})`;

/** Watches the `<video>` of a page: begins, plays 6 s, seeks, plays to the end. */
async function watch(page: Page, theater: Theater): Promise<Played> {
  const plays = (test: string) =>
    page.waitForFunction(`(({ currentTime, ended }) => ${test})(document.querySelector("video"))`);
  await page.addInitScript({ content: LISTEN });
  await page.goto(theater.page);
  await page.waitForFunction("heard.playingMs >= 0", undefined, { timeout: 20_000 });
  const startMs = await page.evaluate<number>("heard.playingMs");
  await plays("currentTime > 6");
  await page.screenshot({ path: `${OUT}swarm-watch-start.png` });
  await theater.isShort();
  const seekMs = await page.evaluate<number>(SEEKING);
  await plays(`currentTime > ${SEEK * theater.seconds + 2}`);
  await page.screenshot({ path: `${OUT}swarm-watch-seek.png` });
  await plays("ended");
  const waits = await page.evaluate<Played["waits"]>("heard.waits");
  return { startMs, seekMs, waits };
}

Deno.test(
  needing(["ffmpeg", "chromium"], "a browser plays and seeks while the download runs"),
  async () => {
    await withNet({}, async (net) => {
      const theater = await new Theater(new SwarmNet(net), 40).open();
      Deno.mkdirSync(OUT, { recursive: true });
      await withBrowser(async (browser) => {
        // The pages allow no script; what the test evaluates would be one.
        const page = await browser.newPage({
          bypassCSP: true,
          viewport: { width: 900, height: 640 },
        });
        const played = await watch(page, theater);
        console.log(`      browser: ${JSON.stringify(played)}`);
        await page.goto(theater.list);
        await page.screenshot({ path: `${OUT}swarm-list.png` });
        assert.equal(await page.locator("a[href^='/watch/']").count(), 1);
        assert.ok(played.startMs < WITHIN_MS, `started after ${played.startMs} ms`);
        assert.ok(played.seekMs < WITHIN_MS, `the seek took ${played.seekMs} ms`);
        assert.deepEqual(played.waits.filter((one) => one.aheadSeconds < AHEAD_SECONDS), []);
      });
    });
  },
);

/** A ffplay of our own, and what its status line tells. */
class Player implements AsyncDisposable {
  readonly #display: string;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly begunMs = performance.now();
  /** Place of the picture that is shown, in seconds; undefined before the first and while it seeks. */
  clock: number | undefined;
  #said = "";

  constructor(display: string, url: string) {
    this.#display = display;
    this.#child = new Deno.Command("ffplay", {
      args: [..."-hide_banner -v error -stats -noborder -sync video".split(" "), url],
      env: { DISPLAY: display, SDL_AUDIODRIVER: "dummy" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stderr) {
      this.#said = (this.#said + decoder.decode(bytes, { stream: true })).slice(-1000);
      const clock = /([\d.]+|nan)\s+[AM]-[AV]:[^\r]*\r?$/.exec(this.#said)?.[1];
      if (clock !== undefined) this.clock = clock === "nan" ? undefined : Number(clock);
    }
  }

  /** Resolves when the picture is `from` seconds from the beginning or later, but no more than three. */
  async shows(from: number, withinMs: number): Promise<void> {
    const test = () => this.clock !== undefined && this.clock >= from && this.clock < from + 3;
    await until(`the picture of ${from} s`, test, withinMs, 5);
  }

  /** A right click in a window of ffplay seeks to that share of the file. */
  async seek(share: number): Promise<void> {
    const [width, y] = [640, 100];
    const act = `search --class ffplay mousemove --window %1 ${
      Math.round(share * width)
    } ${y} click 3`;
    const { code, stderr } = await run("xdotool", act.split(" "), {
      env: { DISPLAY: this.#display },
    });
    assert.equal(code, 0, stderr);
  }

  async shoot(name: string): Promise<void> {
    const args = ["-display", this.#display, "-window", "root", `${OUT}${name}`];
    const { code, stderr } = await run("import", args);
    assert.equal(code, 0, stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#reading;
  }
}

/** Plays on for some seconds of media; returns how many milliseconds longer it took. */
async function lateAfter(player: Player, from: number, seconds: number): Promise<number> {
  await player.shows(from, 5000);
  const [beganMs, began] = [performance.now(), player.clock ?? from];
  await player.shows(from + seconds, 1000 * (seconds + 5));
  return performance.now() - beganMs - 1000 * ((player.clock ?? 0) - began);
}

Deno.test(
  needing(
    ["ffmpeg", "ffplay", "Xvfb", "import", "xdotool"],
    "ffplay plays and seeks while the download runs",
  ),
  async () => {
    await withNet({}, async (net) => {
      const theater = await new Theater(new SwarmNet(net), 40).open();
      Deno.mkdirSync(OUT, { recursive: true });
      await withDisplay(async (display) => {
        await using player = new Player(display, theater.file);
        await player.shows(0, 10_000);
        const startMs = performance.now() - player.begunMs;
        const lateMs = await lateAfter(player, 0.1, 6);
        await player.shoot("swarm-ffplay-start.png");
        await theater.isShort();
        const seekAtMs = performance.now();
        await player.seek(SEEK);
        // The nearest key frame before: one comes each second.
        const place = SEEK * theater.seconds;
        await player.shows(place - 1, 10_000);
        const seekMs = performance.now() - seekAtMs;
        const lateAfterMs = await lateAfter(player, place + 0.1, 6);
        await player.shoot("swarm-ffplay-seek.png");
        console.log(`      ffplay: ${JSON.stringify({ startMs, lateMs, seekMs, lateAfterMs })}`);
        assert.ok(startMs < WITHIN_MS, `started after ${startMs} ms`);
        assert.ok(seekMs < WITHIN_MS, `the seek took ${seekMs} ms`);
        assert.ok(lateMs < 500, `6 s took ${lateMs} ms longer`);
        assert.ok(lateAfterMs < 500, `6 s took ${lateAfterMs} ms longer after the seek`);
      });
    });
  },
);
