/**
 * Pages of the peer's own HTTP server: the list of files with their piece strips, and a player. They hold
 * no script, so that a name from a stranger can never become one; what moves is a frame that loads anew.
 */
import type { HttpResponse } from "../../core/ports.ts";
import type { FileId } from "../../core/swarm/identity.ts";
import { extensionOf, typeOf } from "./media_types.ts";

/** A file as pages show it. */
export interface FileView {
  readonly id: FileId;
  readonly name: string;
  readonly sizeBytes: number;
  readonly complete: boolean;
  /** As `stripOf` makes it. */
  readonly strip: string;
  readonly heldPieces: number;
  readonly pieces: number;
  readonly peers: number;
  readonly downBytesPerSecond: number;
}

/** What a browser plays by itself in a `<video>`. */
const IN_BROWSER = new Set([
  "mp4",
  "m4v",
  "mov",
  "webm",
  "ogv",
  "mp3",
  "m4a",
  "ogg",
  "opus",
  "wav",
  "flac",
  "aac",
]);
/** How often what moves is loaded anew, in seconds. */
const REFRESH_SECONDS = 2;

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2421, #e6ece9); --soft: light-dark(#5c6a64, #97a59f);
  --line: light-dark(#d8dfdb, #2c3632); --leaf: light-dark(#2f7d4f, #5fbf86); --ground: light-dark(#fbfcfb, #141917); }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.2rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
a { color: var(--leaf); }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .7rem 0; border-top: 1px solid var(--line); }
.name { font-weight: 600; overflow-wrap: anywhere; }
.facts { color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 12px; margin: .35rem 0; border-radius: 3px; background: var(--line); }
svg rect { fill: var(--leaf); }
video { width: 100%; max-height: 75vh; background: #000; border-radius: 4px; }
iframe { border: 0; width: 100%; height: 5rem; }
code { overflow-wrap: anywhere; }
`;

/** No script, nothing from elsewhere, framed by this server's own pages only. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; frame-src 'self'; " +
  "frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/** Text made safe for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (char) => names[char] ?? char);
}

function page(title: string, refresh: boolean, body: string): HttpResponse {
  const again = refresh ? `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : "";
  return {
    status: 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
    body: `<!doctype html><html lang="en"><meta charset="utf-8">` +
      `<meta name="viewport" content="width=device-width">${again}` +
      `<title>${escapeHtml(title)}</title><style>${STYLE}</style>${body}</html>`,
  };
}

/** The strip as a picture. */
function drawn(strip: string): string {
  const bars = [...strip].map((digit, i) => {
    const share = parseInt(digit, 16) / 15;
    return share === 0
      ? ""
      : `<rect x="${i}" width="1.02" height="1" opacity="${share.toFixed(2)}"/>`;
  });
  return `<svg viewBox="0 0 ${
    Math.max(1, strip.length)
  } 1" preserveAspectRatio="none" role="img" ` +
    `aria-label="pieces held">${bars.join("")}</svg>`;
}

function facts(file: FileView): string {
  const mega = (bytes: number) => (bytes / 1e6).toFixed(1);
  const pieces = `${file.heldPieces} of ${file.pieces} pieces`;
  const text = file.complete
    ? `${mega(file.sizeBytes)} MB, complete`
    : `${mega(file.sizeBytes)} MB, ${pieces}, ${file.peers} peers, ` +
      `${((file.downBytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s`;
  return `<div class="facts">${text}</div>`;
}

/** Every file, with where it can be played. */
export function listPage(node: string, files: readonly FileView[]): HttpResponse {
  const items = files.map((file) =>
    `<li><div class="name">${escapeHtml(file.name)}</div>${drawn(file.strip)}${facts(file)}` +
    `<a href="/watch/${file.id}">play</a> · <a href="/files/${file.id}">file</a></li>`
  );
  const body = items.length === 0 ? "<p>No file is here yet.</p>" : `<ul>${items.join("")}</ul>`;
  return page(`${node}: files`, true, `<h1>${escapeHtml(node)}</h1>${body}`);
}

/** One file in a player; what no browser plays gets the line for a player that does. */
export function watchPage(file: FileView, host: string): HttpResponse {
  const url = `/files/${file.id}`;
  const extension = extensionOf(file.name);
  const player = typeOf(file.name) !== undefined && IN_BROWSER.has(extension)
    ? `<video src="${url}" controls autoplay preload="auto"></video>`
    : `<p>No browser plays this by itself: <code>ffplay http://${
      escapeHtml(host)
    }${url}</code></p>`;
  const strip = `<iframe src="/strip/${file.id}" title="pieces"></iframe>`;
  return page(
    file.name,
    false,
    `<h1>${escapeHtml(file.name)}</h1>${player}${strip}<a href="/">all files</a>`,
  );
}

/** The strip alone, which loads itself anew. */
export function stripPage(file: FileView): HttpResponse {
  return page(file.name, !file.complete, `${drawn(file.strip)}${facts(file)}`);
}
