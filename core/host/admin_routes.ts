/** The admin endpoint's routes as data, and the OpenAPI 3.1 document that follows from them. */
import type { EventHub } from "../events.ts";
import type { AdminRequest, AdminRoute } from "../plugin.ts";
import { EVENT_HEADERS, eventIdOf, type EventStreams } from "./admin_events.ts";
import { Problem } from "./problem.ts";
import { plain } from "./secrets.ts";

/** What the admin endpoint shows of a node: functions that give plain data, read at each request. */
export interface AdminView {
  /** Name, version and the like. */
  node(): unknown;
  neighbors(): unknown;
  tree(): unknown;
  streams(): unknown;
  pops(): unknown;
  sessions(): unknown;
  plugins(): unknown;
  /** The config as it runs; the endpoint hides secrets. */
  config(): unknown;
  /** Why the node is not ready; empty when it is. */
  notReady(): readonly string[];
  /** Begins to leave; resolves when the leaving is under way. */
  drain(): void | Promise<void>;
  /** What plugins offer just now. */
  routes(): readonly AdminRoute[];
}

/** One route. `path` is written as plugins write it: `/api/v1/streams/:name`. */
export interface Route {
  readonly method: AdminRoute["method"];
  readonly path: string;
  readonly summary: string;
  /** What a good answer holds. */
  readonly answers: string;
  readonly status: number;
  readonly contentType: "application/json" | "text/plain";
  /** Whether it is answered without a token. */
  readonly open: boolean;
  /** A string for `text/plain`, a plain value for JSON, or a whole `Response`. */
  handle(request: AdminRequest, raw: Request): unknown | Promise<unknown>;
}

const API = "/api/v1";

function read(path: string, summary: string, answers: string, handle: () => unknown): Route {
  return {
    method: "get",
    path,
    summary,
    answers,
    status: 200,
    contentType: "application/json",
    open: false,
    handle,
  };
}

/** The health checks, which need no token. */
function healthRoutes(node: AdminView): readonly Route[] {
  const ready = (): unknown => {
    const reasons = node.notReady();
    if (reasons.length === 0) return { ready: true };
    throw new Problem(503, "not-ready", `Not ready: ${reasons.join("; ")}`, { reasons });
  };
  return [
    {
      ...read("/healthz", "Whether the process lives.", "It does.", () => ({ status: "ok" })),
      open: true,
    },
    {
      ...read(
        "/readyz",
        "Whether the node is started; 503 with reasons until then.",
        "It is.",
        ready,
      ),
      open: true,
    },
  ];
}

/** The endpoint's own routes. */
export function ownRoutes(node: AdminView, metrics: () => Promise<string>): readonly Route[] {
  return [
    ...healthRoutes(node),
    read(`${API}/node`, "This node.", "Name, roles, addresses, status.", () => node.node()),
    read(
      `${API}/neighbors`,
      "Neighbors and the measured quality of their links.",
      "A list.",
      () => node.neighbors(),
    ),
    read(
      `${API}/tree`,
      "Routes to every origin, subscriptions and children.",
      "The tree.",
      () => node.tree(),
    ),
    read(
      `${API}/streams`,
      "Streams of the network.",
      "A list, with counters where they run.",
      () => node.streams(),
    ),
    read(`${API}/pops`, "Relays that viewers may attach to.", "A list.", () => node.pops()),
    read(`${API}/sessions`, "Viewer sessions of this node.", "A list.", () => node.sessions()),
    read(`${API}/plugins`, "Running plugins.", "A list with options.", () => node.plugins()),
    read(
      `${API}/config`,
      "The config as it runs, secrets hidden.",
      "The config.",
      () => node.config(),
    ),
    {
      ...read(
        `${API}/drain`,
        "Lets children go to others, then leaves.",
        "It has begun.",
        async () => {
          await node.drain();
          return { draining: true };
        },
      ),
      method: "post",
      status: 202,
    },
    {
      ...read("/metrics", "Metrics.", "Prometheus text exposition.", metrics),
      contentType: "text/plain",
    },
  ];
}

/** The events of this node: a page of JSON for `?since=`, an endless stream of them otherwise. */
export function eventRoute(hub: EventHub, streams: EventStreams): Route {
  const summary = "What happens: server-sent events (resumed by Last-Event-ID), " +
    "or a page of JSON for ?since=ID.";
  return {
    ...read(`${API}/events`, summary, "Events, oldest first.", () => undefined),
    handle: ({ query }, raw) => {
      const since = eventIdOf(query.since, "since");
      const follows = (raw.headers.get("accept") ?? "").includes("text/event-stream");
      if (since !== undefined && !follows) return hub.page(since);
      // Nobody reads the body of a HEAD.
      if (raw.method === "HEAD") return new Response(null, { headers: EVENT_HEADERS });
      const seen = raw.headers.get("last-event-id") ?? undefined;
      return streams.open(eventIdOf(seen, "Last-Event-ID") ?? since);
    },
  };
}

/** A plugin's route under `/api/v1`; what it gives is copied, secrets hidden. */
export function pluginRoute(route: AdminRoute): Route {
  return {
    ...read(API + route.path, route.summary, "What the plugin says.", () => undefined),
    method: route.method,
    handle: (request) => route.handle(request),
  };
}

/** Names of the parameters in a path. */
function parametersOf(path: string): readonly string[] {
  return [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map((match) => match[1] ?? "");
}

function operation(route: Route): Record<string, unknown> {
  const problem = { $ref: "#/components/responses/problem" };
  const takesBody = route.method === "post" || route.method === "put";
  return {
    summary: route.summary,
    operationId: `${route.method}${route.path.replaceAll(/[^A-Za-z0-9]+/g, "_")}`,
    parameters: parametersOf(route.path).map((name) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
    })),
    ...(takesBody ? { requestBody: { content: { "application/json": { schema: {} } } } } : {}),
    ...(route.open ? { security: [] } : {}),
    responses: {
      [route.status]: {
        description: route.answers,
        content: {
          [route.contentType]: {
            schema: route.contentType === "text/plain" ? { type: "string" } : {},
          },
        },
      },
      default: problem,
    },
  };
}

const PROBLEM_SCHEMA = {
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", description: "Stable, for programs." },
  },
} as const;

/** The OpenAPI 3.1 document of some routes; the first of two with one method and path counts. */
export function openApi(routes: readonly Route[], secured: boolean): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([A-Za-z0-9_]+)/g, "{$1}");
    const at = paths[path] ??= {};
    at[route.method] ??= operation(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Espalier admin", version: "1" },
    paths,
    ...(secured ? { security: [{ bearer: [] }] } : {}),
    components: {
      ...(secured ? { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } } : {}),
      responses: {
        problem: {
          description: "What is wrong (RFC 9457).",
          content: { "application/problem+json": { schema: PROBLEM_SCHEMA } },
        },
      },
    },
  };
}

/** What a handler gave, as JSON text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(plain(value) ?? null);
}
