/** The admin endpoint's HTTP application: guards, routing, bodies, problem documents. No socket yet. */
import { type Context as HonoContext, Hono } from "hono";
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { EventHub } from "../events.ts";
import { type Log, PortError } from "../ports.ts";
import { type AdminRoute, ConfigError, UserError } from "../plugin.ts";
import { EventStreams } from "./admin_events.ts";
import {
  type AdminView,
  documentRoutes,
  eventRoute,
  jsonOf,
  ownRoutes,
  pluginRoute,
  type Route,
} from "./admin_routes.ts";
import { openApi } from "./openapi.ts";
import { steeringRoutes } from "./steering_routes.ts";
import type { NodeMetrics } from "./metrics.ts";
import { Problem, problemResponse } from "./problem.ts";

/** Largest request body: the most a config may be. */
const MAX_BODY_BYTES = 64 * 1024;
/** How long a body may take to come. */
const BODY_MS = 5_000;

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** What the application is made from. */
export interface AppOptions {
  readonly node: AdminView;
  readonly metrics: NodeMetrics;
  readonly events: EventHub;
  readonly log: Log;
  readonly token: string | undefined;
  /** Host names that requests may be for; undefined lets any. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Aborted when the endpoint stops: requests that are still under way are answered with 503 then. */
  readonly stopping: AbortSignal;
}

/** The host of `host:port` or `[v6]:port`, lower case. */
function hostOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, "");
}

/**
 * Refuses what a page of another site could make a browser send: a foreign name that resolves to this
 * machine (DNS rebinding) shows in Host, a request across sites in Origin.
 */
function checkSite(request: Request, hosts: ReadonlySet<string> | undefined): void {
  const host = request.headers.get("host") ?? "";
  if (hosts !== undefined && !hosts.has(hostOf(host))) {
    throw new Problem(421, "wrong-host", "Cannot serve this host name: use the address itself");
  }
  const origin = request.headers.get("origin");
  if (origin === null) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()) {
    throw new Problem(403, "cross-site", "Cannot serve a page of another site");
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Compares in constant time, whatever the lengths. */
function checkToken(request: Request, expected: Buffer): void {
  const given = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!timingSafeEqual(digest(given), expected)) {
    const headers = { "www-authenticate": 'Bearer realm="espalier"' };
    throw new Problem(401, "no-token", "Cannot serve without the right bearer token", {}, headers);
  }
}

/** Settles with `work`, or with a problem when the endpoint stops or time is up before. */
async function orStop<T>(work: Promise<T>, stopping: AbortSignal, withinMs?: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Problem(503, "stopping", "Cannot answer: the node stops"));
  const late = (): void => reject(new Problem(408, "too-slow", "Cannot wait for the rest"));
  const timer = withinMs === undefined ? undefined : setTimeout(late, withinMs);
  stopping.addEventListener("abort", stop, { once: true });
  if (stopping.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener("abort", stop);
  }
}

function tooLarge(): Problem {
  return new Problem(413, "too-large", `Cannot take more than ${MAX_BODY_BYTES} bytes`);
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    length += value.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(value);
  }
}

/** The JSON body of a request; undefined when it is empty. */
async function bodyOf(request: Request, stopping: AbortSignal): Promise<unknown> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  if (request.body === null) return undefined;
  const reader = request.body.getReader();
  let bytes: Buffer;
  try {
    bytes = await orStop(readAll(reader), stopping, BODY_MS);
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof Problem) throw error;
    throw new Problem(400, "broken-body", "Cannot read the body: it broke off");
  }
  if (bytes.length === 0) return undefined;
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json" && type !== "application/merge-patch+json") {
    throw new Problem(415, "not-json", "Cannot take this body: application/json expected");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Problem(400, "bad-json", "Cannot read the body: it is no JSON");
  }
}

const STATUS: Readonly<Record<string, number>> = {
  "busy": 429,
  "foreign-code": 403,
  "start-failed": 422,
  "wrong-slot": 422,
  "unknown-sink": 422,
};
/** The input is well formed, and the node is in no state to follow it. */
const CONFLICT =
  /^(interrupts|fixed-slot|is-default|changed-on-disk|not-writable|not-running|too-many.*)$|exists$/;

function statusOf({ code }: UserError): number {
  if (/(^|-)(not-found|unknown|missing)$/.test(code)) return 404;
  return STATUS[code] ?? (CONFLICT.test(code) ? 409 : 400);
}

/** What goes wrong in a handler, as the client is told; faults of the program are logged, not told. */
function asProblem(error: unknown, request: Request, log: Log): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ConfigError) {
    const issues = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
    return new Problem(422, error.code, error.message, { issues });
  }
  if (error instanceof UserError) return new Problem(statusOf(error), error.code, error.message);
  if (error instanceof PortError) return new Problem(409, error.code, error.message);
  log.error("admin request failed", {
    method: request.method,
    path: new URL(request.url).pathname,
    error,
  });
  return new Problem(500, "internal", "Cannot answer: a fault of this program; the log says more");
}

/** Mounts routes. The first of two with one method and path is served. */
function router(routes: readonly Route[], stopping: AbortSignal): Hono {
  const app = new Hono();
  const mounted = new Set<string>();
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    if (mounted.has(name)) continue;
    mounted.add(name);
    app.on(route.method.toUpperCase(), route.path, (c) => serve(route, c, stopping));
  }
  app.notFound((c) => notServed(c, routes));
  app.onError((error) => {
    throw error;
  });
  return app;
}

const CONTENT_TYPES: Readonly<Record<Route["contentType"], string>> = {
  "application/json": "application/json",
  "text/plain": "text/plain; version=0.0.4; charset=utf-8",
  "text/html": "text/html; charset=utf-8",
};

async function serve(route: Route, c: HonoContext, stopping: AbortSignal): Promise<Response> {
  const takesBody = route.method !== "get";
  const value = await orStop(
    Promise.resolve(route.handle({
      params: c.req.param(),
      query: c.req.query(),
      body: takesBody ? await bodyOf(c.req.raw, stopping) : undefined,
    }, c.req.raw)),
    stopping,
  );
  if (value instanceof Response) return value;
  const text = route.contentType === "application/json" ? jsonOf(value) : String(value);
  return new Response(text, {
    status: route.status,
    headers: { "content-type": CONTENT_TYPES[route.contentType] },
  });
}

/** 405 with what is allowed when the path is known, 404 otherwise. */
function notServed(c: HonoContext, routes: readonly Route[]): never {
  const allowed = new Set<string>();
  for (const { method, path } of routes) {
    const pattern = new RegExp(
      `^${path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:[A-Za-z0-9_]+/g, "[^/]+")}$`,
    );
    if (!pattern.test(c.req.path)) continue;
    allowed.add(method.toUpperCase());
    if (method === "get") allowed.add("HEAD");
  }
  if (allowed.size === 0) throw new Problem(404, "no-route", `Cannot find ${c.req.path}`);
  const allow = [...allowed].join(", ");
  throw new Problem(405, "wrong-method", `Cannot ${c.req.method} ${c.req.path}`, {}, { allow });
}

/** Whether this is for the dashboard's page, which holds no secret. */
function isPage(method: string, path: string): boolean {
  return (path === "/" || path === "/dashboard.js") && (method === "GET" || method === "HEAD");
}

/** Makes the application: a function from request to response that never throws. */
export function adminApp(options: AppOptions): (request: Request) => Promise<Response> {
  const { node, metrics, events, log, token, hosts, stopping } = options;
  const streams = new EventStreams({ hub: events, metrics, stopping });
  const own = [
    ...ownRoutes(node, () => metrics.text()),
    eventRoute(events, streams),
    ...node.steering === undefined ? [] : steeringRoutes(node.steering),
  ];
  const tokenDigest = token === undefined ? undefined : digest(token);
  let offered: readonly AdminRoute[] = [];
  let app: Hono | undefined;

  /** Plugins come and go: the router is made anew when what they offer has changed. */
  const current = (): Hono => {
    const now = node.routes();
    const same = now.length === offered.length && now.every((one, i) => one === offered[i]);
    if (app !== undefined && same) return app;
    offered = now;
    const routes: readonly Route[] = [
      ...own,
      ...documentRoutes(() => openApi(routes, token !== undefined)),
      ...now.map(pluginRoute),
    ];
    app = router(routes, stopping);
    return app;
  };
  /** The dashboard is read from disk or bundle by whoever first looks at it: a node's start does without. */
  const page = async (request: Request): Promise<Response> =>
    (await import("./dashboard/page.ts")).pageResponse(request, token !== undefined);
  const isOpen = (path: string): boolean => own.some((one) => one.open && one.path === path);

  return async (request) => {
    let response: Response;
    try {
      checkSite(request, hosts);
      const { pathname } = new URL(request.url);
      if (isPage(request.method, pathname)) response = await page(request);
      else {
        if (tokenDigest !== undefined && !isOpen(pathname)) checkToken(request, tokenDigest);
        response = await current().fetch(request);
      }
    } catch (error) {
      response = problemResponse(asProblem(error, request, log));
    }
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  };
}
