/** Small pictures of streams that run here, made by ffmpeg when somebody looks: one at a time, and kept. */
import type { Ssrc, StreamName } from "../../core/ids.ts";
import { type Child, type Clock, type Log, PortError, type Spawn } from "../../core/ports.ts";
import type { Catalog, Datapath } from "../../core/slots.ts";

/** Longest that one picture may take: two seconds to the next key frame, and a slow machine. */
const PICTURE_MS = 8000;
/** ffmpeg is fed this much of a stream at most: 4 s at 16 Mbit/s. */
const FEED_BYTES = 8 * 1024 ** 2;
/** A picture of 320 points across takes about 15 KiB. */
const PICTURE_BYTES = 256 * 1024;
/** Pictures kept. */
const PICTURES_MAX = 32;

const ARGV = [
  ...["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"],
  ...["-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"],
  ...["-an", "-sn", "-dn", "-frames:v", "1", "-vf", "scale=320:-2", "-q:v", "5"],
  ...["-f", "mjpeg", "pipe:1"],
] as const;

/** What is told of a stream's picture: `jpeg` in base64, or why there is none. */
export interface Thumbnail {
  readonly stream: string;
  readonly jpeg?: string;
  readonly ageMs?: number;
  readonly why?: "off" | "not-here" | "no-ffmpeg" | "no-picture" | "busy";
}

/** What pictures are made from. */
export interface ThumbnailNeeds {
  readonly clock: Clock;
  readonly spawn: Spawn;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly datapath: Datapath;
  readonly everyMs: number;
}

interface Kept {
  readonly jpeg: string | undefined;
  readonly atMs: number;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The pictures of one node. */
export class Thumbnails {
  readonly #needs: ThumbnailNeeds;
  readonly #kept = new Map<StreamName, Kept>();
  #making: { readonly stream: StreamName; readonly picture: Promise<void> } | undefined;
  #stopMaking: (() => void) | undefined;
  #noFfmpeg = false;
  #stopped = false;
  /** Pictures made, and attempts that gave none. */
  readonly counts = { made: 0, failed: 0 };

  constructor(needs: ThumbnailNeeds) {
    this.#needs = needs;
  }

  /** The picture of a stream, at most `everyMs` old where that can be had. */
  async get(stream: StreamName): Promise<Thumbnail> {
    const { clock, catalog, everyMs } = this.#needs;
    const ssrc = catalog.stream(stream)?.ssrc;
    if (ssrc === undefined || !this.#runs(ssrc)) return { stream, why: "not-here" };
    const kept = this.#kept.get(stream);
    if (kept === undefined || clock.now() - kept.atMs >= everyMs) {
      if (this.#noFfmpeg) return { stream, why: "no-ffmpeg" };
      this.#begin(stream, ssrc);
      // Whoever has an older picture is not kept waiting for the next.
      if (kept?.jpeg === undefined && this.#making?.stream === stream) await this.#making.picture;
    }
    return this.#tell(stream);
  }

  /** Stops what is under way; idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopMaking?.();
    await this.#making?.picture;
    this.#kept.clear();
  }

  #runs(ssrc: Ssrc): boolean {
    return this.#needs.datapath.position(ssrc).head !== undefined;
  }

  #tell(stream: StreamName): Thumbnail {
    const kept = this.#kept.get(stream);
    if (kept === undefined) return { stream, why: this.#noFfmpeg ? "no-ffmpeg" : "busy" };
    if (kept.jpeg === undefined) return { stream, why: "no-picture" };
    return { stream, jpeg: kept.jpeg, ageMs: Math.round(this.#needs.clock.now() - kept.atMs) };
  }

  #begin(stream: StreamName, ssrc: Ssrc): void {
    if (this.#making !== undefined || this.#stopped) return;
    const picture = this.#make(ssrc).then((jpeg) => {
      this.#making = undefined;
      if (this.#noFfmpeg || this.#stopped) return;
      if (jpeg === undefined) this.counts.failed++;
      else this.counts.made++;
      this.#kept.delete(stream);
      this.#kept.set(stream, { jpeg, atMs: this.#needs.clock.now() });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > PICTURES_MAX && oldest !== undefined) this.#kept.delete(oldest);
    });
    this.#making = { stream, picture };
  }

  #spawn(): Child | undefined {
    try {
      return this.#needs.spawn(ARGV, { stdin: true, stdout: true });
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      this.#noFfmpeg = true;
      this.#needs.log.info("no thumbnails: ffmpeg cannot be run", { why: error.message });
      return undefined;
    }
  }

  /** Feeds the stream, from what the ring holds on, until ffmpeg has its picture. */
  async #make(ssrc: Ssrc): Promise<string | undefined> {
    const child = this.#spawn();
    if (child === undefined) return undefined;
    const { clock, datapath } = this.#needs;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let fed = 0;
    const exited = Promise.withResolvers<void>();
    this.#stopMaking = () => child.kill("SIGKILL");
    const held = [
      child.onExit(() => exited.resolve()),
      child.onOutput((chunk) => {
        bytes += chunk.length;
        if (bytes <= PICTURE_BYTES) chunks.push(chunk);
        else child.kill("SIGKILL");
      }),
      clock.after(PICTURE_MS, () => child.kill("SIGKILL")),
      datapath.receive({ ssrc, budgetMs: 200, pace: "asap", from: 0 }, (event) => {
        if (event.kind === "end") return child.closeInput();
        for (const { payload } of event.chunks) {
          fed += payload.length;
          if (fed <= FEED_BYTES) child.write(payload);
        }
        if (fed > FEED_BYTES) child.closeInput();
      }),
    ];
    await exited.promise;
    this.#stopMaking = undefined;
    for (const one of held) one[Symbol.dispose]();
    await child[Symbol.asyncDispose]();
    return bytes === 0 || bytes > PICTURE_BYTES ? undefined : base64(joined(chunks, bytes));
  }
}
