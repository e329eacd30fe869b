/** The pages: what streams there are, and the player. Markup only; what moves is `web/watch`. */
import type { StreamName } from "../../core/ids.ts";
import type { StreamInfo } from "../../core/slots.ts";
import { writeRate } from "../../core/units.ts";

/** Text that is safe between tags and in quoted attributes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/watch.js" type="module"></script>
</head>
${body}
</html>
`;
}

/** One stream as the list shows it. */
export interface ListedStream {
  readonly info: StreamInfo;
  readonly viewers: number;
  readonly running: boolean;
}

function listItem({ info: { name, title, bitrate }, viewers, running }: ListedStream): string {
  const facts = [
    ...(title === "" || title === name ? [] : [escaped(title)]),
    ...(bitrate === undefined ? [] : [writeRate(bitrate)]),
    running ? `${viewers} watching here` : "starts when somebody watches",
  ];
  return `<li><a href="/watch/${name}">${escaped(name)}</a>
<p class="soft">${facts.join(" · ")}</p>
<p class="soft"><a href="/live/${name}.ts">MPEG-TS</a> · <a href="/live/${name}/index.m3u8">HLS</a></p></li>`;
}

/** All streams. */
export function listPage(node: string, streams: readonly ListedStream[]): string {
  const list = streams.length === 0
    ? `<p class="soft">No streams are known yet.</p>`
    : `<ul>\n${streams.map(listItem).join("\n")}\n</ul>`;
  return page(
    "Live streams",
    `<body data-page="list">
<main>
<header><h1>Live streams</h1><span class="soft">at ${escaped(node)}</span></header>
${list}
</main>
</body>`,
  );
}

/** The player of one stream. */
export function watchPage(stream: StreamName, title: string): string {
  const fact = (name: string, id: string) => `<div><dt>${name}</dt><dd id="${id}">–</dd></div>`;
  return page(
    `${title} · live`,
    `<body data-page="watch" data-stream="${escaped(stream)}">
<main>
<header><h1>${escaped(title)}</h1><a class="soft" href="/">all streams</a></header>
<div class="stage">
<video id="video" playsinline muted autoplay controls></video>
<p class="note" id="note" role="status" aria-live="polite"></p>
</div>
<div class="bar">
<button id="sound" type="button" aria-pressed="false">Turn sound on</button>
<label>Player <select id="player">
<option value="auto">automatic</option>
<option value="mpegts">MPEG-TS (mpegts.js)</option>
<option value="hls">HLS (hls.js)</option>
<option value="native">HLS (browser)</option>
</select></label>
</div>
<dl>
${fact("Live latency", "latency")}
${fact("Bit rate", "bitrate")}
${fact("Dropped frames", "dropped")}
${fact("Comes from", "pop")}
${fact("Played by", "engine")}
${fact("Recoveries", "recoveries")}
</dl>
</main>
</body>`,
  );
}
