/** The admin endpoint: an HTTP server of a few routes, on loopback or behind a token. */
import { addrKey } from "../ids.ts";
import type { EventHub } from "../events.ts";
import { type Addr, type Log, PortError } from "../ports.ts";
import { UserError } from "../plugin.ts";
import { adminApp } from "./admin_app.ts";
import type { AdminView } from "./admin_routes.ts";
import type { NodeMetrics } from "./metrics.ts";
import { demand, portError } from "./port_errors.ts";
import { delay, within } from "./waiting.ts";

export type { AdminView } from "./admin_routes.ts";

/** How long stopping waits for answers under way, each of which `stopping` makes a short one. */
const ANSWER_MS = 300;
/** The time an answer takes from the handler to the socket. */
const FLUSH_MS = 20;

/** What the endpoint is made from. */
export interface AdminOptions {
  readonly listen: Addr;
  readonly token?: string;
  readonly node: AdminView;
  readonly metrics: NodeMetrics;
  readonly events: EventHub;
  readonly log: Log;
}

/** The endpoint. */
export interface Admin {
  /** Listens; gives the bound address. Throws a `UserError` when the port cannot be had. */
  start(): Promise<Addr>;
  /** Idempotent; takes half a second at most, whatever clients do. */
  stop(): Promise<void>;
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Names under which a loopback endpoint may be asked. */
function loopbackHosts(listen: Addr): ReadonlySet<string> {
  const own = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  return new Set(["localhost", "127.0.0.1", "[::1]", own.toLowerCase()]);
}

/** Makes the endpoint. Throws a `UserError` when it would be open to others without a token. */
export function createAdmin(options: AdminOptions): Admin {
  const { listen, token, log } = options;
  const local = isLoopback(listen.host);
  if (!local && (token === undefined || token === "")) {
    throw new UserError(
      "admin-token",
      `Cannot open the admin endpoint on ${addrKey(listen)}: off loopback it needs admin.token`,
    );
  }
  const stopping = new AbortController();
  const closing = new AbortController();
  const active = new Set<Promise<Response>>();
  const answer = adminApp({
    ...options,
    token,
    hosts: local ? loopbackHosts(listen) : undefined,
    stopping: stopping.signal,
  });
  const handle = (request: Request): Promise<Response> => {
    const response = answer(request);
    active.add(response);
    return response.finally(() => active.delete(response));
  };
  let server: Deno.HttpServer<Deno.NetAddr> | undefined;
  let stopped: Promise<void> | undefined;
  /** Answers what is under way, then closes every connection: a shutdown would wait for slow bodies for ever. */
  const shutDown = async (running: Deno.HttpServer): Promise<void> => {
    stopping.abort();
    if (active.size > 0) {
      await within(Promise.allSettled(active), ANSWER_MS);
      await delay(FLUSH_MS);
    }
    closing.abort();
    await within(running.finished, ANSWER_MS / 3);
  };
  return {
    // deno-lint-ignore require-await -- a server that cannot listen rejects
    async start() {
      if (server !== undefined || stopped !== undefined) {
        throw new Error("Cannot start the admin endpoint: it was started or stopped before");
      }
      server = open(listen, handle, closing.signal);
      const { hostname, port } = server.addr;
      log.info("admin endpoint open", { address: addrKey({ host: hostname, port }) });
      return { host: hostname, port };
    },
    stop() {
      stopped ??= server === undefined ? Promise.resolve() : shutDown(server);
      return stopped;
    },
  };
}

function open(
  listen: Addr,
  handle: (request: Request) => Promise<Response>,
  signal: AbortSignal,
): Deno.HttpServer<Deno.NetAddr> {
  const action = `open the admin endpoint on ${addrKey(listen)}`;
  try {
    demand(action, { name: "net", host: addrKey(listen) });
    return Deno.serve(
      { hostname: listen.host, port: listen.port, signal, onListen: () => {} },
      handle,
    );
  } catch (error) {
    const { code, message } = error instanceof PortError ? error : portError(action, error);
    throw new UserError(code, message, { cause: error });
  }
}
