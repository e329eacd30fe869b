/** The argument vector that makes the picture. Pure. */
import type { Config } from "./config.ts";

const AUDIO_BITS = 96_000;
/** Share of the stream's rate that tables, headers and null packets need at least. */
const OVERHEAD_SHARE = 0.15;
/** A new viewer waits this long for a picture at most. */
const KEY_FRAME_S = 1;

/** Text for `drawtext`, inside single quotes: only what needs no escaping at any of ffmpeg's levels. */
export const plainText = (text: string): string => text.replace(/[^A-Za-z0-9 ._-]/g, " ");

/** ffmpeg's arguments; `withText` draws clock and title, which needs a font. */
export function pictureArgv(config: Config, withText: boolean): readonly string[] {
  const { width, height, rate, tone } = config;
  const videoBits = Math.floor(config.bitrate * (1 - OVERHEAD_SHARE) - AUDIO_BITS);
  const size = Math.max(12, Math.round(height / 12));
  const text = (what: string, y: string): string =>
    `drawtext=text='${what}':fontsize=${size}:fontcolor=white:box=1:boxcolor=black@0.6:` +
    `boxborderw=6:x=(w-tw)/2:y=${y}`;
  const picture = [
    `testsrc2=size=${width}x${height}:rate=${rate}`,
    ...(withText
      ? [text(plainText(config.title), "h/4"), text("%{localtime\\:%H.%M.%S}  %{n}", "h/2")]
      : []),
  ].join(",");
  return [
    config.ffmpeg,
    ...["-nostdin", "-hide_banner", "-loglevel", "error", "-re"],
    ...["-f", "lavfi", "-i", picture],
    ...["-f", "lavfi", "-i", `sine=frequency=${tone}:beep_factor=2:sample_rate=48000`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-pix_fmt", "yuv420p", "-g", String(rate * KEY_FRAME_S)],
    ...["-b:v", String(videoBits), "-maxrate", String(videoBits)],
    ...["-bufsize", String(Math.floor(videoBits / 2))],
    ...["-c:a", "aac", "-b:a", String(AUDIO_BITS), "-ac", "2"],
    ...["-f", "mpegts", "-pcr_period", "20", "-flush_packets", "1", "pipe:1"],
  ];
}
