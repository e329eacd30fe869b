/** The dashboard's page: two answers that hold no secret. Loaded when somebody first asks for it. */
import { createHash } from "node:crypto";
import script from "./page.bundle.js" with { type: "text" };

const SCRIPT_PATH = "/dashboard.js";
/** The page's own policy: its script, the API of this very endpoint, pictures that came with it, and nothing else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 26 26" fill="none" stroke="#2f8f6b" ' +
    'stroke-width="2.4" stroke-linecap="round"><path d="M13 25V3M13 20C7 20 4 17 4 12M13 20' +
    'c6 0 9-3 9-8M13 12c-4 0-6-2-6-6M13 12c4 0 6-2 6-6"/></svg>',
);

function html(secured: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Espalier</title>
<link rel="icon" href="${ICON}">
<script type="module" src="${SCRIPT_PATH}"></script>
</head>
<body data-token="${secured ? "needed" : "none"}">
<noscript>This page needs JavaScript. The same is at /api/v1/network as JSON.</noscript>
<div id="app"></div>
</body>
</html>
`;
}

const tag = `"${createHash("sha256").update(script).digest("base64url").slice(0, 22)}"`;

/** Answers `/` and the page's script. `secured`: the API behind it demands a token. */
export function pageResponse(request: Request, secured: boolean): Response {
  const isScript = new URL(request.url).pathname === SCRIPT_PATH;
  const headers = new Headers({
    "content-type": isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "cache-control": "no-cache",
  });
  if (isScript) {
    headers.set("etag", tag);
    if (request.headers.get("if-none-match") === tag) {
      return new Response(null, { status: 304, headers });
    }
  }
  const body = isScript ? script : html(secured);
  return new Response(request.method === "HEAD" ? null : body, { headers });
}
