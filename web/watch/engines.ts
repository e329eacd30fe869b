/** The ways to play a stream, behind one interface. */
import type Hls from "hls.js";
import { mpegts } from "./mpegts.ts";

/** A name that `?player=` takes. */
export type EngineName = "mpegts" | "hls" | "native";

/** A running player. */
export interface Engine {
  readonly name: EngineName;
  readonly label: string;
  /** Seconds behind the live edge; undefined while unknown. */
  latency(): number | undefined;
  stop(): void;
}

/** What a player tells. */
export interface EngineEvents {
  /** It cannot go on by itself. */
  readonly failed: (why: string) => void;
}

/** How far behind the live edge MPEG-TS is played: covers a failover and the browser's own unevenness. */
const TARGET_SECONDS = 0.6;
const MAX_SECONDS = 1.4;
/** Further than this it jumps instead of playing faster. */
const JUMP_SECONDS = 4;
/** The same for HLS, whose segments are seconds long. */
const HLS_JUMP_SECONDS = 20;

/** Seconds from the playing position to the end of what is there. */
export function buffered(video: HTMLVideoElement): number {
  const { buffered } = video;
  return buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - video.currentTime;
}

/** Which players this browser can run, best first. */
export function supported(video: HTMLVideoElement): EngineName[] {
  const names: EngineName[] = [];
  if (mpegts.getFeatureList().mseLivePlayback) names.push("mpegts");
  if ("MediaSource" in window || "ManagedMediaSource" in window) names.push("hls");
  if (video.canPlayType("application/vnd.apple.mpegurl") !== "") names.push("native");
  return names;
}

/** Starts a player. */
export function start(
  name: EngineName,
  stream: string,
  video: HTMLVideoElement,
  events: EngineEvents,
): Promise<Engine> {
  const base = new URL(`/live/${stream}`, location.href).href;
  if (name === "mpegts") return Promise.resolve(startMpegts(`${base}.ts`, video, events));
  if (name === "hls") return startHls(`${base}/index.m3u8`, video, events);
  return Promise.resolve(startNative(`${base}/index.m3u8`, video));
}

function startMpegts(url: string, video: HTMLVideoElement, events: EngineEvents): Engine {
  const player = mpegts.createPlayer({ type: "mpegts", isLive: true, url }, {
    enableWorker: false,
    enableStashBuffer: false,
    liveBufferLatencyChasing: false,
    liveSync: true,
    liveSyncTargetLatency: TARGET_SECONDS,
    liveSyncMaxLatency: MAX_SECONDS,
    liveSyncPlaybackRate: 1.1,
    autoCleanupSourceBuffer: true,
    autoCleanupMaxBackwardDuration: 30,
    autoCleanupMinBackwardDuration: 10,
  });
  player.on(mpegts.Events.ERROR, (kind: string, detail: string) => {
    events.failed(`${kind}: ${detail}`);
  });
  player.on(mpegts.Events.LOADING_COMPLETE, () => events.failed("the server ended the stream"));
  player.attachMediaElement(video);
  player.load();
  const begin = beginEarly(video);
  const jump = setInterval(() => {
    const { buffered: ranges } = video;
    if (ranges.length === 0 || video.paused || buffered(video) < JUMP_SECONDS) return;
    video.currentTime = ranges.end(ranges.length - 1) - TARGET_SECONDS;
  }, 1000);
  return {
    name: "mpegts",
    label: "MPEG-TS",
    latency: () => video.buffered.length === 0 ? undefined : Math.max(0, buffered(video)),
    stop: () => {
      clearInterval(jump);
      begin[Symbol.dispose]();
      player.destroy();
    },
  };
}

/**
 * Sound and pictures seldom begin at the very same time, and a browser waits at 0 for what begins at 0.05: goes there
 * as soon as something is there.
 */
function beginEarly(video: HTMLVideoElement): Disposable {
  const timer = setInterval(() => {
    const { buffered, currentTime } = video;
    if (buffered.length === 0) return;
    clearInterval(timer);
    const first = buffered.start(0);
    if (currentTime < first) video.currentTime = first;
  }, 10);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

let library: Promise<typeof Hls> | undefined;

/** hls.js, fetched when it is first needed. */
function loadHls(): Promise<typeof Hls> {
  const url = new URL("/assets/hls.js", location.href).href;
  library ??= import(url).then((module: { readonly default: typeof Hls }) => module.default);
  return library;
}

async function startHls(
  url: string,
  video: HTMLVideoElement,
  events: EngineEvents,
): Promise<Engine> {
  const Library = await loadHls();
  if (!Library.isSupported()) throw new Error("this browser cannot run hls.js");
  const hls = new Library({
    enableWorker: false,
    lowLatencyMode: true,
    liveDurationInfinity: true,
    backBufferLength: 30,
    maxLiveSyncPlaybackRate: 1.1,
  });
  hls.on(Library.Events.ERROR, (_event, { fatal, type, details }) => {
    if (fatal) events.failed(`${type}: ${details}`);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  const jump = setInterval(() => {
    const { liveSyncPosition } = hls;
    if (video.paused || liveSyncPosition === null || hls.latency < HLS_JUMP_SECONDS) return;
    video.currentTime = liveSyncPosition;
  }, 1000);
  let lowLatency = false;
  hls.on(Library.Events.LEVEL_LOADED, (_event, { details }) => {
    lowLatency = details.partList !== null && details.partList !== undefined;
  });
  return {
    name: "hls",
    get label() {
      return lowLatency ? "Low-Latency HLS" : "HLS";
    },
    latency: () => hls.latency > 0 ? hls.latency : undefined,
    stop: () => {
      clearInterval(jump);
      hls.destroy();
    },
  };
}

function startNative(url: string, video: HTMLVideoElement): Engine {
  video.src = url;
  return {
    name: "native",
    label: "HLS of the browser",
    latency: () => {
      const { seekable } = video;
      return seekable.length === 0
        ? undefined
        : Math.max(0, seekable.end(seekable.length - 1) - video.currentTime);
    },
    stop: () => {
      video.removeAttribute("src");
      video.load();
    },
  };
}
