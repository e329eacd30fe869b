/** HTTP servers of the seeded world: requests are function calls, bodies are read as fast as they are written. */
import {
  type Addr,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type HttpWriter,
  PortError,
} from "../../core/ports.ts";
import type { SimHost, SimProcess } from "./host.ts";

/** What answers requests. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** The http port of one process. */
export function simHttp(process: SimProcess): Http {
  const { host } = process;
  return {
    request: (ask, signal) => {
      if (signal?.aborted === true) {
        return Promise.reject(new PortError("closed", `Cannot ask ${ask.url}: it was given up`));
      }
      return host.world.settled(() => {
        if (host.outside !== undefined) return host.outside(ask);
        throw new PortError("refused", `Cannot ask ${ask.url}: nobody listens there`);
      });
    },
    serve: (bind, handler) =>
      host.world.settled(() => {
        const port = bind.port !== 0 ? bind.port : host.freePort((p) => host.http.has(p));
        if (host.http.has(port)) {
          throw new PortError("address-in-use", `Cannot serve HTTP on ${port}: it is in use`);
        }
        const server = { process, handler };
        host.http.set(port, server);
        return {
          local: host.ownAddr(bind, port),
          [Symbol.asyncDispose]: () => {
            if (host.http.get(port) === server) host.http.delete(port);
            return host.world.settled(undefined);
          },
        };
      }),
  };
}

/** What a request got so far. */
export class SimReply {
  readonly chunks: Uint8Array[] = [];
  state: "open" | "ended" | "aborted" | "left" = "open";
  /** While false `write` answers false, and what is written waits. */
  taking = true;
  queuedBytes = 0;
  drain: (() => void) | undefined;
  gone: (() => void) | undefined;
  response: HttpResponse | undefined;

  /** Everything read so far. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** Takes everything that waits, and whatever comes from here on. */
  take(): void {
    this.taking = true;
    this.queuedBytes = 0;
    this.drain?.();
  }

  /** The client hangs up. */
  leave(): void {
    if (this.state !== "open") return;
    this.state = "left";
    this.gone?.();
  }

  writer(): HttpWriter {
    const end = (state: "ended" | "aborted") => () => {
      if (this.state === "open") this.state = state;
    };
    const queued = () => this.queuedBytes;
    return {
      write: (bytes) => {
        if (this.state !== "open") return false;
        this.chunks.push(bytes);
        if (!this.taking) this.queuedBytes += bytes.length;
        return this.taking;
      },
      get queuedBytes() {
        return queued();
      },
      onDrain: (fn) => {
        this.drain = fn;
        return { [Symbol.dispose]: () => void (this.drain = undefined) };
      },
      onGone: (fn) => {
        this.gone = fn;
        return { [Symbol.dispose]: () => void (this.gone = undefined) };
      },
      end: end("ended"),
      abort: end("aborted"),
    };
  }
}

/** Asks a server on a simulated host; the reply fills while the world runs. */
export async function httpGet(
  host: SimHost,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<SimReply> {
  const server = host.http.get(port);
  if (server === undefined) throw new Error(`Nobody serves HTTP on ${host.name}:${port}`);
  const url = new URL(path, "http://sim");
  const remote: Addr = { host: "127.0.0.1", port: 50_000 };
  const reply = new SimReply();
  reply.response = await server.handler({
    method,
    path: url.pathname.split("/").filter((part) => part !== "").map(decodeURIComponent),
    query: Object.fromEntries(url.searchParams),
    headers,
    remote,
  });
  const { body } = reply.response;
  if (body instanceof Function) body(reply.writer());
  else {
    if (body !== undefined) {
      reply.chunks.push(typeof body === "string" ? new TextEncoder().encode(body) : body);
    }
    reply.state = "ended";
  }
  return reply;
}
