/** Keeps a stream playing: watches the picture, and begins anew when it stands still. */
import { type Engine, type EngineName, start, supported } from "./engines.ts";

/** A picture that stands still for this long, though it should move, is given up. */
const STALL_MS = 4000;
/** The first picture may take longer: a stream may have to be joined first. */
const START_MS = 12_000;
const LOOK_MS = 500;
const RETRY_FIRST_MS = 300;
const RETRY_MAX_MS = 5000;

/** What the page shows of it. */
export interface SessionView {
  readonly note: string;
  readonly engine: Engine | undefined;
  readonly recoveries: number;
  readonly droppedFrames: number;
}

/** One stream in one video element. */
export class Session {
  #engine: Engine | undefined;
  #note = "Connecting …";
  #recoveries = 0;
  #dropped = 0;
  #droppedBefore = 0;
  #retryMs = RETRY_FIRST_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #lastTime = 0;
  #movedMs = performance.now();
  #played = false;
  /** Counts starts, so that what an older player says is not heard. */
  #life = 0;

  constructor(
    readonly video: HTMLVideoElement,
    readonly stream: string,
    readonly wanted: EngineName | "auto",
  ) {}

  get view(): SessionView {
    return {
      note: this.#note,
      engine: this.#engine,
      recoveries: this.#recoveries,
      droppedFrames: this.#dropped,
    };
  }

  begin(): void {
    setInterval(() => this.#look(), LOOK_MS);
    document.addEventListener("visibilitychange", () => this.#moved());
    globalThis.addEventListener("online", () => this.#again("back online"));
    void this.#start();
  }

  async #start(): Promise<void> {
    const life = ++this.#life;
    this.#retry = undefined;
    this.#stop();
    this.#moved();
    this.#played = false;
    const able = supported(this.video);
    const name = this.wanted === "auto" ? able[0] : this.wanted;
    if (name === undefined || !able.includes(name)) {
      this.#note = "This browser can play neither MPEG-TS nor HLS.";
      return;
    }
    try {
      const engine = await start(name, this.stream, this.video, {
        failed: (why) => {
          if (life === this.#life) this.#again(why);
        },
      });
      if (life !== this.#life) return engine.stop();
      this.#engine = engine;
      await this.video.play();
    } catch (error) {
      if (life !== this.#life) return;
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.#note = "Press play.";
      } else if (!(error instanceof DOMException && error.name === "AbortError")) {
        this.#again(String(error));
      }
    }
  }

  #stop(): void {
    this.#engine?.stop();
    this.#engine = undefined;
    this.#droppedBefore = this.#dropped;
  }

  #moved(): void {
    this.#movedMs = performance.now();
  }

  /** Begins anew, soon; later each time it fails. */
  #again(why: string): void {
    if (this.#retry !== undefined) return;
    this.#life++;
    this.#recoveries++;
    this.#note = `Reconnecting … (${why})`;
    this.#retry = setTimeout(() => void this.#start(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  #look(): void {
    const { video } = this;
    const quality = video.getVideoPlaybackQuality?.();
    if (this.#played && quality !== undefined) {
      this.#dropped = Math.max(this.#dropped, this.#droppedBefore + quality.droppedVideoFrames);
    }
    const time = video.currentTime;
    if (time !== this.#lastTime) {
      this.#lastTime = time;
      this.#moved();
      if (!video.seeking && video.readyState >= 2) {
        this.#played = true;
        this.#note = "";
        this.#retryMs = RETRY_FIRST_MS;
      }
      return;
    }
    if (video.paused && this.#played || document.hidden || this.#retry !== undefined) {
      this.#moved();
      return;
    }
    if (this.#jumpHole()) return;
    const stillMs = performance.now() - this.#movedMs;
    if (this.#played && stillMs > 1000) this.#note = "Waiting for the stream …";
    if (stillMs > (this.#played ? STALL_MS : START_MS)) this.#again("no picture");
  }

  /** Media that was lost leaves a hole that the browser waits before; what is behind it can be played. */
  #jumpHole(): boolean {
    const { buffered, currentTime } = this.video;
    if (performance.now() - this.#movedMs < 800) return false;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) > currentTime + 0.01) {
        this.video.currentTime = buffered.start(i) + 0.05;
        return true;
      }
    }
    return false;
  }
}
