/** People watch: players and a real browser, three hops from the origin, while a relay dies. */
import assert from "node:assert/strict";
import { until } from "../../cli/fleet.ts";
import type { Page } from "playwright-core";
import { playlistFaults, readPlaylist } from "../tools/hls_rules.ts";
import { playback, withBrowser } from "./browser.ts";
import { freePort, needing, run, type TestNet, withNet } from "./net.ts";

const OUT = new URL("../../out/", import.meta.url).pathname;
const CLIPS = new URL("../../config/clips", import.meta.url).pathname;
const STREAM = "o/garden";
/** Media that is read or watched at each stage; a minute in `deno task soak`. */
const SECONDS = Number(Deno.env.get("WATCH_SECONDS") ?? 4);

/** o, two relays side by side, the POP p, and the viewer v that serves HTTP: three hops. */
async function form(net: TestNet, options: object): Promise<string> {
  const port = freePort();
  net.bootstrap();
  net.origin("o", [{ use: "cbr-source", with: { folder: CLIPS } }]);
  for (const name of ["r1", "r2"]) net.relay(name);
  net.pop("p");
  const sink = { use: "http-sink", with: { listen: `127.0.0.1:${port}`, ...options } };
  net.viewer("v", [], [sink]);
  await net.ready();
  const url = `http://127.0.0.1:${port}`;
  await until("the stream to be known", async () => {
    const answer = await fetch(`${url}/streams.json`);
    return (await answer.text()).includes(STREAM);
  });
  return url;
}

const NEIGHBORS = { neighbors: { o: ["r1", "r2"], p: ["r1", "r2"], v: ["p"] } };

/** ffmpeg and ffprobe say nothing, since nothing is wrong. */
async function readsCleanly(url: string): Promise<void> {
  const decode = ["-v", "warning", "-i", url, "-t", String(SECONDS), "-f", "null", "-"];
  const decoded = await run("ffmpeg", ["-nostdin", ...decode]);
  assert.deepEqual([decoded.code, decoded.stderr], [0, ""], url);
  const show = ["-show_entries", "stream=codec_name", "-of", "csv=p=0", "-i", url];
  const probed = await run("ffprobe", ["-v", "warning", ...show]);
  assert.deepEqual([probed.code, probed.stderr], [0, ""], url);
  assert.match(probed.stdout, /h264[\s\S]*aac/, url);
}

Deno.test({
  ...needing(["ffmpeg", "ffprobe"], "ffmpeg and ffprobe read TS and HLS without a word"),
  fn: async () => {
    await withNet(NEIGHBORS, async (net) => {
      const url = `${await form(net, { lowLatency: true })}/live/${STREAM}`;
      const from = await fetch(`${url}/index.m3u8`);
      assert.deepEqual(playlistFaults(await from.text()), []);
      await Promise.all([readsCleanly(`${url}.ts`), readsCleanly(`${url}/index.m3u8`)]);
      const text = await (await fetch(`${url}/index.m3u8`)).text();
      assert.deepEqual(playlistFaults(text), []);
      const [segment] = readPlaylist(text).segments;
      const answer = await fetch(`${url}/${segment?.uri}`);
      assert.equal(answer.headers.get("content-type"), "video/mp2t");
      assert.equal((await answer.bytes()).length % 188, 0);
    });
  },
});

/** A page that plays; what it says in the console and what it throws is kept. */
class Watching {
  readonly faults: string[] = [];

  private constructor(readonly page: Page, readonly player: string) {
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.faults.push(message.text());
    });
  }

  static async open(page: Page, url: string, player: string): Promise<Watching> {
    const one = new Watching(page, player);
    await page.goto(`${url}/watch/${STREAM}?player=${player}`);
    // Gone after a reload.
    await page.evaluate("window.sameLife = true");
    await one.plays("begin");
    return one;
  }

  /** Waits until some seconds more were played and decoded. */
  async plays(what: string): Promise<void> {
    const before = await playback(this.page);
    await until(
      `${this.player}: ${what}`,
      async () => {
        const now = await playback(this.page);
        return now.seconds - before.seconds >= SECONDS && now.frames - before.frames > 20 * SECONDS;
      },
      40_000 + 2000 * SECONDS,
      200,
    );
    assert.equal(await this.page.evaluate("window.sameLife"), true, "the page was not reloaded");
  }

  async shoot(name: string): Promise<void> {
    await Deno.mkdir(OUT, { recursive: true });
    await this.page.screenshot({ path: `${OUT}watch-${this.player}-${name}.png` });
  }
}

Deno.test({
  ...needing(
    ["chromium"],
    "a browser plays by mpegts.js and by HLS, and plays on when a relay is killed",
  ),
  // Playwright keeps pipes of its own until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await withNet(NEIGHBORS, async (net) => {
      const url = await form(net, { lowLatency: true });
      await withBrowser(async (browser) => {
        const light = await browser.newPage({ colorScheme: "light" });
        const phone = { width: 390, height: 780 };
        const dark = await browser.newPage({ colorScheme: "dark", viewport: phone });
        const pages = await Promise.all([
          Watching.open(light, url, "mpegts"),
          Watching.open(dark, url, "hls"),
        ]);
        await Promise.all(pages.map((one) => one.shoot("before")));
        const relay = await net.parentOf("p", STREAM);
        net.fleet.get(relay ?? "").signal("SIGKILL");
        await Promise.all(pages.map((one) => one.plays("play on")));
        await Promise.all(pages.map((one) => one.shoot("after")));
        for (const { page, faults } of pages) {
          assert.deepEqual(faults, []);
          assert.equal(await page.textContent("#recoveries"), "0", "the kill was not even seen");
          assert.match(await page.textContent("#pop") ?? "", /^v ← p$/);
        }
        const list = await browser.newPage();
        await list.goto(`${url}/`);
        assert.match(await list.textContent("main") ?? "", /o\/garden[\s\S]*2 watching here/);
      });
    });
  },
});
