/** Debian's Chromium, driven by Playwright. */
import { type Browser, chromium, type Page } from "playwright-core";
import { hasProgram } from "./net.ts";

/** No GPU here, no first-run talk, and no traffic of the browser's own. */
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** A browser that is closed at the end, whatever happens. */
export async function withBrowser<T>(fn: (browser: Browser) => Promise<T>): Promise<T> {
  const path = (Deno.env.get("PATH") ?? "").split(":").find((folder) => {
    try {
      return Deno.statSync(`${folder}/chromium`).isFile;
    } catch {
      return false;
    }
  });
  if (path === undefined || !hasProgram("chromium")) throw new Error("Cannot find chromium");
  const browser = await chromium.launch({ executablePath: `${path}/chromium`, args: ARGS });
  try {
    return await fn(browser);
  } finally {
    await browser.close();
  }
}

/** What a page's video element tells. */
export interface Playback {
  readonly seconds: number;
  readonly frames: number;
  readonly dropped: number;
  readonly readyState: number;
}

/** Reads the player of a page. */
export function playback(page: Page): Promise<Playback> {
  return page.evaluate<Playback>(`(() => {
    const video = document.querySelector("video");
    const quality = video.getVideoPlaybackQuality();
    return {
      seconds: video.currentTime,
      frames: quality.totalVideoFrames,
      dropped: quality.droppedVideoFrames,
      readyState: video.readyState,
    };
  })()`);
}
