/** How ffmpeg is asked to turn another container into MPEG-TS. Pure: argument vectors and their reasons. */
import { extensionOf } from "./names.ts";

/** ffmpeg's name of the format, by extension. What is not here is no media file. */
const FORMATS: Readonly<Record<string, string>> = {
  mp4: "mp4",
  m4v: "mp4",
  mov: "mov",
  "3gp": "mp4",
  mkv: "matroska",
  webm: "matroska",
  flv: "flv",
  avi: "avi",
  mpg: "mpeg",
  mpeg: "mpeg",
  vob: "mpeg",
  m2ts: "mpegts",
};

/** Extensions of transport streams. `.m2ts` has time stamps between its packets and needs ffmpeg. */
const TRANSPORT: ReadonlySet<string> = new Set(["ts", "mpegts", "m2t", "mpg-ts", "mts"]);

/** What a file is by its name. */
export type FileKind =
  | { readonly kind: "transport" }
  | { readonly kind: "container"; readonly format: string };

/** By the file's extension; undefined when it is no media file. */
export function kindOf(path: string): FileKind | undefined {
  const extension = extensionOf(path);
  if (TRANSPORT.has(extension)) return { kind: "transport" };
  const format = Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined;
  return format === undefined ? undefined : { kind: "container", format };
}

/** Codecs that MPEG-TS carries and players expect there; all others are transcoded. */
const FITTING: Readonly<Record<"video" | "audio", ReadonlySet<string>>> = {
  video: new Set(["h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4"]),
  audio: new Set(["aac", "mp2", "mp3", "ac3", "eac3", "opus", "dts"]),
};

/** Nothing but this file, never the network, never standard input. */
const input = (format: string, path: string): readonly string[] => [
  "-protocol_whitelist",
  "file,pipe",
  "-f",
  format,
  "-i",
  `file:${path}`,
];

/** Asks ffmpeg what is in the file; it prints that on standard error and fails for want of an output. */
export function lookArgv(ffmpeg: string, format: string, path: string): readonly string[] {
  return [ffmpeg, "-nostdin", "-hide_banner", ...input(format, path)];
}

/** The first codec of each kind in what ffmpeg printed. */
export interface Codecs {
  readonly video: string | undefined;
  readonly audio: string | undefined;
}

/** Reads lines such as `Stream #0:0(und): Video: h264 (High), yuv420p`. */
export function codecsIn(lines: readonly string[]): Codecs {
  const first = (kind: string): string | undefined => {
    for (const line of lines) {
      const match = /^\s*Stream #\d+:\d+.*?: (Video|Audio): ([A-Za-z0-9_]+)/.exec(line);
      if (match?.[1] === kind) return match[2];
    }
    return undefined;
  };
  return { video: first("Video"), audio: first("Audio") };
}

/** Copies what fits MPEG-TS and transcodes the rest to H.264 and AAC. */
export function remuxArgv(
  ffmpeg: string,
  format: string,
  path: string,
  loop: boolean,
  codecs: Codecs,
): readonly string[] {
  const video = codecs.video === undefined || FITTING.video.has(codecs.video)
    ? ["-c:v", "copy"]
    : ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50"];
  const audio = codecs.audio === undefined || FITTING.audio.has(codecs.audio)
    ? ["-c:a", "copy"]
    : ["-c:a", "aac", "-b:a", "128k"];
  return [
    ffmpeg,
    "-nostdin",
    "-hide_banner",
    "-loglevel",
    "error",
    "-re",
    ...(loop ? ["-stream_loop", "-1"] : []),
    ...input(format, path),
    ...["-map", "0:v:0?", "-map", "0:a:0?", "-sn", "-dn"],
    ...video,
    ...audio,
    ...["-f", "mpegts", "-flush_packets", "1", "pipe:1"],
  ];
}
