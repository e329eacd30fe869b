/** What a file is by its name. */

/** What may be shown in a page; all else is a download, so that a stranger's file runs no script here. */
const TYPES: Readonly<Partial<Record<string, string>>> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  webm: "video/webm",
  mkv: "video/x-matroska",
  ts: "video/mp2t",
  mpegts: "video/mp2t",
  m2ts: "video/mp2t",
  mpg: "video/mpeg",
  mpeg: "video/mpeg",
  avi: "video/x-msvideo",
  ogv: "video/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  aac: "audio/aac",
  flac: "audio/flac",
  wav: "audio/wav",
};

/** The extension in lower case; empty when there is none. */
export function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

/** The media type of a file that may be shown in a page; undefined for all else. */
export function typeOf(name: string): string | undefined {
  return TYPES[extensionOf(name)];
}
