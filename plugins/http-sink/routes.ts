/** Which request gets what. */
import { hostKey } from "../../core/host_key.ts";
import { type NodeName, type StreamName, streamName } from "../../core/ids.ts";
import type { Clock, HttpRequest, HttpResponse } from "../../core/ports.ts";
import type { Catalog, Exchange } from "../../core/slots.ts";
import hlsScript from "./hls.bundle.js" with { type: "text" };
import type { Entry } from "./entry.ts";
import type { Hub, Refusal } from "./hub.ts";
import styles from "./page.css" with { type: "text" };
import { listPage, watchPage } from "./pages.ts";
import { servePlaylist, serveSegment } from "./segment_routes.ts";
import watchScript from "./watch.bundle.js" with { type: "text" };

/** What answers need. */
export interface RouteNeeds {
  readonly node: NodeName;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly exchange: Exchange;
  readonly hub: Hub;
}

/** Pages load nothing from elsewhere; players put pictures together in blobs. */
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'",
};

const ASSETS: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
  "watch.js": { type: "text/javascript; charset=utf-8", body: watchScript },
  "hls.js": { type: "text/javascript; charset=utf-8", body: hlsScript },
  "page.css": { type: "text/css; charset=utf-8", body: styles },
};

const REFUSALS: Readonly<Record<Refusal, readonly [number, string]>> = {
  unknown: [404, "nobody offers this stream"],
  full: [503, "too many viewers"],
  address: [503, "too many viewers of one address"],
  bitrate: [503, "no bit rate left"],
  streams: [503, "too many streams"],
};
/** When a refused viewer may try again. */
const RETRY_SECONDS = "2";

function plain(status: number, text: string): HttpResponse {
  return {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      ...(status === 503 ? { "retry-after": RETRY_SECONDS } : {}),
    },
    body: `${text}\n`,
  };
}

function json(body: object): HttpResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(body),
  };
}

const refusal = (why: Refusal): HttpResponse => plain(...REFUSALS[why]);

/** Answers requests. */
export class Routes {
  constructor(readonly needs: RouteNeeds) {}

  /** The whole answer, with the headers that every answer has. */
  async answer(request: HttpRequest): Promise<HttpResponse> {
    const common = { "x-content-type-options": "nosniff", ...this.#cors(request) };
    if (request.method === "OPTIONS") {
      const allow = {
        "access-control-allow-methods": "GET, HEAD",
        "access-control-max-age": "600",
      };
      return { status: 204, headers: { ...common, ...allow } };
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { ...plain(405, "only GET"), headers: { ...common, allow: "GET, HEAD" } };
    }
    const { status, headers, body } = await this.#route(request);
    const all = { status, headers: { ...headers, ...common } };
    return request.method === "HEAD" || body === undefined ? all : { ...all, body };
  }

  #cors({ headers }: HttpRequest): Record<string, string> {
    const allowed: readonly string[] = this.needs.hub.options.cors;
    const expose = { "access-control-expose-headers": "retry-after" };
    if (allowed.includes("*")) return { "access-control-allow-origin": "*", ...expose };
    const origin = headers["origin"];
    const vary = allowed.length === 0 ? {} : { vary: "origin" };
    return origin !== undefined && allowed.includes(origin)
      ? { "access-control-allow-origin": origin, ...vary, ...expose }
      : vary;
  }

  #route(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const [first, second, third, fourth, ...more] = request.path;
    if (first === undefined) return this.#list();
    if (more.length > 0) return plain(404, "no such path");
    if (first === "streams.json" && second === undefined) return json(this.#streams());
    if (first === "assets" && third === undefined) return this.#asset(second, request);
    if (second === undefined || third === undefined) return plain(404, "no such path");
    if (first === "watch" && fourth === undefined) return this.#watch(`${second}/${third}`);
    if (first !== "live") return plain(404, "no such path");
    if (fourth === undefined) {
      const stream = third.endsWith(".ts")
        ? streamName(`${second}/${third.slice(0, -3)}`)
        : undefined;
      return stream === undefined ? plain(404, "no such path") : this.#ts(stream, request);
    }
    const stream = streamName(`${second}/${third}`);
    if (stream === undefined) return plain(404, "no such stream");
    if (fourth === "status.json") return json(this.#status(stream));
    return this.#hls(stream, fourth, request);
  }

  // --- pages --------------------------------------------------------------------------------------

  #list(): HttpResponse {
    const { catalog, hub, node } = this.needs;
    const streams = catalog.streams().map((info) => {
      const entry = hub.entries.get(info.name);
      const viewers = (entry?.channel.clients.size ?? 0) + (entry?.viewers.size ?? 0);
      return { info, viewers, running: (entry?.feeds.length ?? 0) > 0 };
    });
    streams.sort((a, b) => a.info.name < b.info.name ? -1 : 1);
    return { status: 200, headers: PAGE_HEADERS, body: listPage(node, streams) };
  }

  #streams(): object {
    const { catalog, hub, node } = this.needs;
    const streams = catalog.streams().map(({ name, title, bitrate }) => ({
      name,
      title,
      bitrate,
      viewers: (hub.entries.get(name)?.channel.clients.size ?? 0) +
        (hub.entries.get(name)?.viewers.size ?? 0),
    }));
    return { node, streams };
  }

  #watch(text: string): HttpResponse {
    const stream = streamName(text);
    if (stream === undefined) return plain(404, "no such stream");
    // A page of a stream that is not there yet is no error: its player waits for it.
    const title = this.needs.catalog.stream(stream)?.title ?? "";
    const body = watchPage(stream, title === "" ? stream : title);
    return { status: 200, headers: PAGE_HEADERS, body };
  }

  #asset(name: string | undefined, request: HttpRequest): HttpResponse {
    const asset = name !== undefined && Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) return plain(404, "no such path");
    const etag = `"${asset.body.length}-${checksum(asset.body)}"`;
    const headers = { "content-type": asset.type, "cache-control": "no-cache", etag };
    if (request.headers["if-none-match"] === etag) return { status: 304, headers };
    return { status: 200, headers, body: asset.body };
  }

  #status(stream: StreamName): object {
    const { hub, node, clock, exchange } = this.needs;
    const entry = hub.entries.get(stream);
    const session = entry?.feeds[0]?.session;
    const subscription = exchange.subscriptions().find((one) =>
      one.stream === stream && one.session === session
    );
    return {
      node,
      parents: subscription?.parents ?? [],
      state: subscription?.state ?? "idle",
      lowLatency: hub.options.lowLatency,
      viewers: (entry?.channel.clients.size ?? 0) + (entry?.viewers.size ?? 0),
      ...entry?.channel.status(clock.now()),
    };
  }

  // --- streams ------------------------------------------------------------------------------------

  async #ts(stream: StreamName, request: HttpRequest): Promise<HttpResponse> {
    const { hub, clock } = this.needs;
    const headers = {
      "content-type": "video/mp2t",
      "cache-control": "no-store",
      // Proxies such as nginx would hold it back otherwise.
      "x-accel-buffering": "no",
    };
    if (request.method === "HEAD") {
      const known = hub.entries.has(stream) || hub.needs.known(stream);
      return known ? { status: 200, headers } : refusal("unknown");
    }
    const address = hostKey(request.remote.host);
    const entry = hub.ask(stream);
    if (typeof entry === "string") return refusal(entry);
    const why = hub.admit(entry, address);
    if (why !== undefined) return refusal(why);
    const held = hub.countAddress(address);
    if (!await entry.when(() => entry.channel.ready, hub.options.wait, clock)) {
      held[Symbol.dispose]();
      return plain(503, "the stream does not flow yet");
    }
    return {
      status: 200,
      headers,
      body: (writer) => {
        const client = entry.channel.join(writer, held, clock.now());
        writer.onGone(() => entry.channel.leave(client));
      },
    };
  }

  async #hls(stream: StreamName, name: string, request: HttpRequest): Promise<HttpResponse> {
    const { hub, clock } = this.needs;
    const isPlaylist = name === "index.m3u8";
    const entry = isPlaylist ? hub.ask(stream) : hub.entries.get(stream);
    if (entry === undefined) return plain(404, "no such segment");
    if (typeof entry === "string") return refusal(entry);
    const address = hostKey(request.remote.host);
    const viewer = `${address} ${(request.headers["user-agent"] ?? "").slice(0, 100)}`;
    if (!entry.viewers.has(viewer)) {
      if (!isPlaylist) return await this.#segment(entry, name);
      const why = hub.admit(entry, address);
      if (why !== undefined) return refusal(why);
    }
    entry.seen(viewer, clock.now());
    if (!isPlaylist) return await this.#segment(entry, name);
    const answer = await servePlaylist(entry, request.query, hub.options.wait, clock);
    return answer.status === 503
      ? { ...answer, headers: { ...answer.headers, "retry-after": RETRY_SECONDS } }
      : answer;
  }

  async #segment(entry: Entry, name: string): Promise<HttpResponse> {
    const { hub, clock } = this.needs;
    const answer = await serveSegment(entry, name, clock);
    if (answer.body instanceof Uint8Array) {
      hub.totals.out.add(answer.body.length, clock.now());
    }
    return answer;
  }
}

/** Tells versions of a text apart (FNV-1a). */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}
