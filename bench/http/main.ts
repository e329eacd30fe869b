/**
 * What viewers of `http-sink` get: `deno task bench:http [click latency dropped readers]`. A live encoder whose
 * pictures carry the time, three nodes (origin, relay, POP), Debian's Chromium. Tells the time from a click to the
 * first picture, the latency from encoder to screen by TS, HLS and Low-Latency HLS, dropped frames over a minute,
 * and how 300 readers fare beside one that stops reading. All of it goes to `docs/http.md`, too; parts are only printed.
 */
import type { Browser, Page } from "playwright-core";
import { until } from "../../cli/fleet.ts";
import { playback, withBrowser } from "../../tests/e2e/browser.ts";
import { freePort, TestNet } from "../../tests/e2e/net.ts";
import { writePage } from "../page.ts";
import { cpuSeconds, residentMb } from "../process.ts";
import { ClockSource, READ_CLOCK } from "./clock.ts";
import type { ReaderResult } from "./readers.ts";

const CLICKS = Number(Deno.env.get("BENCH_CLICKS") ?? 20);
const LATENCY_SECONDS = Number(Deno.env.get("BENCH_LATENCY_SECONDS") ?? 20);
const DROPPED_SECONDS = Number(Deno.env.get("BENCH_DROPPED_SECONDS") ?? 60);
const READERS = Number(Deno.env.get("BENCH_READERS") ?? 300);
const READ_SECONDS = Number(Deno.env.get("BENCH_READ_SECONDS") ?? 40);
const STREAM = "o/live";

/** What was found, as rows of a table. */
const rows: (readonly [string, string])[] = [];
function tell(what: string, value: string): void {
  console.log(`${what}: ${value}`);
  rows.push([what, value]);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const share = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
    NaN;

/** Origin, relay, POP; the POP serves plain and low-latency HLS at two addresses. */
interface Scene {
  readonly net: TestNet;
  readonly plain: string;
  readonly low: string;
}

async function form(net: TestNet, sourcePort: number): Promise<Scene> {
  const [plain, low] = [freePort(), freePort()];
  const serve = (id: string, port: number, options: object) => ({
    use: "http-sink",
    id,
    with: { listen: `127.0.0.1:${port}`, linger: "600s", ...options },
  });
  net.bootstrap();
  const listen = `127.0.0.1:${sourcePort}`;
  net.origin("o", [{ use: "udp-source", with: { listen, name: "live" } }]);
  net.relay("r");
  net.pop("p", {}, [serve("plain", plain, {}), serve("low", low, { lowLatency: true })]);
  await net.ready();
  const scene = { net, plain: `http://127.0.0.1:${plain}`, low: `http://127.0.0.1:${low}` };
  for (const url of [scene.plain, scene.low]) {
    await until(
      "the stream to run at the POP",
      async () => {
        const answer = await fetch(`${url}/live/${STREAM}/index.m3u8`);
        await answer.body?.cancel();
        return answer.ok;
      },
      30_000,
      500,
    );
  }
  return scene;
}

/** From a click in the list of streams to the first picture that the browser presents. */
async function click(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(`addEventListener("DOMContentLoaded", () => {
      document.addEventListener("click", () => sessionStorage.clicked = Date.now(), true);
      document.querySelector("video")?.requestVideoFrameCallback(() => {
        window.firstFrameMs = Date.now() - Number(sessionStorage.clicked);
      });
    })`);
    await page.goto(`${url}/`);
    await page.click(`a[href="/watch/${STREAM}"]`);
    // `waitForFunction` is eval to the page, which its own policy forbids.
    return await until(
      "the first picture",
      () => page.evaluate<number | undefined>("window.firstFrameMs"),
      20_000,
      50,
    );
  } finally {
    await context.close();
  }
}

async function clicks(browser: Browser, { plain }: Scene): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < CLICKS; i++) times.push(await click(browser, plain));
  const [median, worst] = [share(times, 0.5), share(times, 1)];
  tell(
    `click to first picture, ${CLICKS} fresh browser contexts`,
    `median ${median} ms, worst ${worst} ms`,
  );
}

async function watch(browser: Browser, url: string, player: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}/watch/${STREAM}?player=${player}`);
  await until("pictures", async () => (await playback(page)).frames > 50, 40_000);
  return page;
}

/** Encoder to screen: the clock in the pictures, read as they are presented. */
async function latency(browser: Browser, url: string, player: string, name: string): Promise<void> {
  const page = await watch(browser, url, player);
  await sleep(8000);
  await page.evaluate(`(() => {
    const read = ${READ_CLOCK};
    const video = document.querySelector("video");
    window.latencies = [];
    const look = () => {
      const value = read(video);
      if (value !== undefined) window.latencies.push((Date.now() % 2 ** 32) - value);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  })()`);
  await sleep(LATENCY_SECONDS * 1000);
  const values = await page.evaluate<number[]>("window.latencies");
  tell(
    `${name}: encoder to screen`,
    `median ${share(values, 0.5)} ms, 95 % within ${
      share(values, 0.95)
    } ms (${values.length} pictures)`,
  );
  await page.close();
}

async function dropped(browser: Browser, { plain, low }: Scene): Promise<void> {
  for (const [url, player] of [[plain, "mpegts"], [low, "hls"]] as const) {
    const page = await watch(browser, url, player);
    await sleep(5000);
    const before = await playback(page);
    await sleep(DROPPED_SECONDS * 1000);
    const after = await playback(page);
    const [frames, lost] = [after.frames - before.frames, after.dropped - before.dropped];
    tell(
      `${player}: pictures dropped in ${DROPPED_SECONDS} s`,
      `${lost} of ${frames}; ${(after.seconds - before.seconds).toFixed(1)} s played`,
    );
    await page.close();
  }
}

async function readers({ net, plain }: Scene): Promise<void> {
  const node = net.fleet.get("p");
  const { port } = new URL(plain);
  const path = `/live/${STREAM}.ts`;
  const dead = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await dead.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
  const before = { mb: residentMb(node.pid), cpu: cpuSeconds(node.pid) };
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", new URL("readers.ts", import.meta.url).pathname],
      ...[port, path, String(READERS), String(READ_SECONDS)],
    ],
    stdout: "piped",
  }).spawn();
  let peakMb = 0;
  const timer = setInterval(() => peakMb = Math.max(peakMb, residentMb(node.pid)), 500);
  const { stdout } = await child.output();
  clearInterval(timer);
  const cpu = (cpuSeconds(node.pid) - before.cpu) / READ_SECONDS;
  // The shape of our own output.
  const results = JSON.parse(new TextDecoder().decode(stdout)) as ReaderResult[];
  const bytes = results.map((one) => one.bytes);
  const pauses = results.map((one) => one.pauseMs);
  const mbit = (value: number) => (value * 8 / 1e6 / READ_SECONDS).toFixed(2);
  tell(
    `${READERS} readers of \`.ts\` for ${READ_SECONDS} s`,
    `${mbit(share(bytes, 0))} to ${mbit(share(bytes, 1))} Mbit/s each; longest pause: median ${
      Math.round(share(pauses, 0.5))
    } ms, worst ${Math.round(share(pauses, 1))} ms`,
  );
  const slow = async (what: string) =>
    await net.metric("p", "http_sink_slow_total", `what="${what}"`);
  tell(
    "beside one that stopped reading",
    `${await slow("skips")} skip(s), ${await slow("stalled")} closed`,
  );
  tell(
    "the POP meanwhile",
    `${Math.round(before.mb)} MiB before, ${Math.round(peakMb)} MiB at most; ${
      (100 * cpu).toFixed(0)
    } % of a core`,
  );
  dead.close();
}

const wanted = Deno.args.length > 0 ? Deno.args : ["click", "latency", "dropped", "readers"];
const net = new TestNet({ neighbors: { o: ["r"], r: ["p"] } });
const sourcePort = freePort();
const source = new ClockSource(sourcePort);
try {
  const scene = await form(net, sourcePort);
  if (wanted.some((one) => one !== "readers")) {
    await withBrowser(async (browser) => {
      if (wanted.includes("click")) await clicks(browser, scene);
      if (wanted.includes("latency")) {
        await latency(browser, scene.plain, "mpegts", "MPEG-TS");
        await latency(browser, scene.plain, "hls", "HLS");
        await latency(browser, scene.low, "hls", "Low-Latency HLS");
      }
      if (wanted.includes("dropped")) await dropped(browser, scene);
    });
  }
  if (wanted.includes("readers")) await readers(scene);
  if (Deno.args.length === 0) {
    await writePage(
      new URL("../../docs/http.md", import.meta.url),
      `# Watching over HTTP, measured

\`deno task bench:http\`: a live encoder whose pictures carry the time (H.264 at a constant 2 Mbit/s, 25 pictures a
second, a key frame every 2 s, AAC), an origin, a relay and a POP with \`http-sink\`, and Debian's Chromium, all on one
machine of ${navigator.hardwareConcurrency} cores. Encoder to screen is what the clock in the picture says when the browser presents it: encoding,
three nodes, the player's buffer and decoding together.

| what | measured |
|---|---|
${rows.map(([what, value]) => `| ${what} | ${value} |`).join("\n")}

HLS plays three target durations (2 s each) behind the end of its playlist, as RFC 8216 demands; Low-Latency HLS three parts of
400 ms. MPEG-TS is held 0.6 s behind, which covers a failover.
`,
    );
  }
  net.passed = true;
} finally {
  await source[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
}
