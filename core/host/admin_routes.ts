/** The admin endpoint's routes as data: each is one definition for validation, types and OpenAPI. */
import type { EventHub } from "../events.ts";
import { z } from "zod";
import {
  configAnswer,
  eventPageAnswer,
  neighborAnswer,
  nodeAnswer,
  pluginAnswer,
  popAnswer,
  sessionAnswer,
  streamAnswer,
  treeAnswer,
} from "../answers.ts";
import type { AdminRequest, AdminRoute } from "../plugin.ts";
import { EVENT_HEADERS, eventIdOf, type EventStreams } from "./admin_events.ts";
import type { OpenApi } from "./openapi.ts";
import { Problem } from "./problem.ts";
import type { SteeringView } from "./steering_routes.ts";
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
  /** Changes the node; undefined where it cannot be changed. */
  readonly steering?: SteeringView;
}

/** One route. `path` is written as plugins write it: `/api/v1/streams/:name`. */
export interface Route {
  readonly method: AdminRoute["method"];
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  /** Another answer than JSON of `answer`: its content type and what it holds. */
  readonly also?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly contentType: "application/json" | "text/plain" | "text/html";
  /** Whether it is answered without a token. */
  readonly open: boolean;
  /** A string for `text/plain`, a plain value for JSON, or a whole `Response`. */
  handle(request: AdminRequest, raw: Request): unknown | Promise<unknown>;
}

/** Where everything but health checks and metrics is. */
export const API = "/api/v1";

/** A route that reads. */
export function read(
  path: string,
  summary: string,
  answer: z.ZodType | undefined,
  handle: () => unknown,
): Route {
  return {
    method: "get",
    path,
    summary,
    ...(answer === undefined ? {} : { answer }),
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
  const lives = z.object({ status: z.literal("ok") });
  const isReady = z.object({ ready: z.literal(true) });
  const health = "Whether the process lives.";
  const readiness = "Whether the node is started; 503 with reasons until then.";
  return [
    { ...read("/healthz", health, lives, () => ({ status: "ok" })), open: true },
    { ...read("/readyz", readiness, isReady, ready), open: true },
  ];
}

/** A list of routes, each `[path, summary, answer, handle]`. */
function reads(list: readonly (readonly [string, string, z.ZodType, () => unknown])[]): Route[] {
  return list.map(([path, summary, answer, handle]) => read(API + path, summary, answer, handle));
}

/** One plugin, by its id or its slot. */
function pluginOf(node: AdminView, key: string): unknown {
  const all = z.array(pluginAnswer).parse(plain(node.plugins()));
  const found = all.find((one) => one.id === key) ?? all.find((one) => one.slot === key);
  if (found !== undefined) return found;
  throw new Problem(404, "not-found", `Cannot find "${key}": no plugin of that id or slot`);
}

/** The endpoint's own routes that read, and drain. */
export function ownRoutes(node: AdminView, metrics: () => Promise<string>): readonly Route[] {
  const list = z.array;
  const drain = async (): Promise<unknown> => {
    await node.drain();
    return { draining: true };
  };
  const draining = z.object({ draining: z.literal(true) });
  return [
    ...healthRoutes(node),
    ...reads([
      ["/node", "This node: name, roles, addresses, status.", nodeAnswer, () => node.node()],
      ["/neighbors", "Neighbors and their links.", list(neighborAnswer), () => node.neighbors()],
      ["/tree", "Routes to origins, subscriptions and children.", treeAnswer, () => node.tree()],
      ["/streams", "Streams of the network.", list(streamAnswer), () => node.streams()],
      ["/pops", "Relays that viewers may attach to.", list(popAnswer), () => node.pops()],
      ["/sessions", "Viewer sessions of this node.", list(sessionAnswer), () => node.sessions()],
      ["/plugins", "Running plugins, their options.", list(pluginAnswer), () => node.plugins()],
      ["/config", "The config as it runs, secrets hidden.", configAnswer, () => node.config()],
    ]),
    {
      ...read(`${API}/plugins/:slot`, "One running plugin.", pluginAnswer, () => undefined),
      params: z.object({ slot: z.string().describe("A plugin's id, or a slot's name.") }),
      handle: ({ params }) => pluginOf(node, params.slot ?? ""),
    },
    {
      ...read(`${API}/drain`, "Lets children go to others, then leaves.", draining, drain),
      method: "post",
      status: 202,
    },
    {
      ...read("/metrics", "Metrics as Prometheus text exposition.", z.string(), metrics),
      contentType: "text/plain",
    },
  ];
}

/** Schemas hold no secret, only the names of some: they are answered as they are, to any depth. */
export function asIs(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { "content-type": "application/json" } });
}

/** The endpoint's own description, for programs and for people. */
export function documentRoutes(document: () => OpenApi): readonly Route[] {
  const openapi = "This document: OpenAPI 3.1.";
  return [
    read(
      `${API}/openapi.json`,
      openapi,
      z.looseObject({ openapi: z.string() }),
      () => asIs(document()),
    ),
    {
      ...read(`${API}/docs`, "The same as a page for people.", z.string(), () => undefined),
      contentType: "text/html",
      handle: async () => (await import("./docs_page.ts")).docsResponse(document()),
    },
  ];
}

/** The events of this node: a page of JSON for `?since=`, an endless stream of them otherwise. */
export function eventRoute(hub: EventHub, streams: EventStreams): Route {
  const summary = "What happens: server-sent events (resumed by Last-Event-ID), " +
    "or a page of JSON for ?since=ID.";
  return {
    ...read(`${API}/events`, summary, eventPageAnswer, () => undefined),
    query: z.object({
      since: z.string().regex(/^\d{1,16}$/).optional()
        .describe("Events after this id; 0 gives all that is held."),
    }),
    also: { "text/event-stream": "Endless, when `since` is left out or this type is accepted." },
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
    ...read(API + route.path, route.summary, route.answer, () => undefined),
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { query: route.query }),
    ...(route.body === undefined ? {} : { body: route.body }),
    status: route.status ?? 200,
    method: route.method,
    handle: (request) => route.handle(request),
  };
}

/** What a handler gave, as JSON text. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(plain(value) ?? null);
}
