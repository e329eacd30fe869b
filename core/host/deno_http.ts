/** HTTP servers by `Deno.serve`: streamed bodies with backpressure, and word of clients that leave. */
import { addrKey } from "../ids.ts";
import type {
  Addr,
  Http,
  HttpOptions,
  HttpRequest,
  HttpResponse,
  HttpServer,
  HttpWriter,
} from "../ports.ts";
import { httpRequest } from "./deno_http_client.ts";
import type { Guard } from "./deno_clock.ts";
import { demand, portError } from "./port_errors.ts";

const MAX_REQUESTS = 64;
const HIGH_BYTES = 1024 * 1024;
/** Longest path and query that is looked at. */
const URL_MAX_CHARS = 4096;

/** Longest piece that waiting bytes are joined to: a slow client costs fewer turns. */
const JOIN_BYTES = 64 * 1024;

/** A body was broken off on purpose: nothing failed here. */
class BrokenOff extends Error {
  override name = "BrokenOff";
}

/** One body on its way to a client. */
class BodyStream implements HttpWriter {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #guard: Guard;
  readonly #highBytes: number;
  readonly #onClosed: () => void;
  readonly #queue: Uint8Array[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wanted: (() => void) | undefined;
  #queuedBytes = 0;
  #full = false;
  #state: "open" | "ending" | "closed" = "open";
  #drain: (() => void) | undefined;
  #gone: (() => void) | undefined;

  constructor(guard: Guard, highBytes: number, onClosed: () => void) {
    this.#guard = guard;
    this.#highBytes = highBytes;
    this.#onClosed = onClosed;
    // Nothing is pulled ahead of the client: what waits, waits here, where it is counted.
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#pull(),
      cancel: () => this.leave("client"),
    }, { highWaterMark: 0 });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state !== "open") return false;
    if (bytes.length === 0) return !this.#full;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#full ||= this.#queuedBytes >= this.#highBytes;
    this.#wake();
    return !this.#full;
  }

  onDrain(fn: () => void): Disposable {
    this.#drain = fn;
    return {
      [Symbol.dispose]: () => {
        if (this.#drain === fn) this.#drain = undefined;
      },
    };
  }

  onGone(fn: () => void): Disposable {
    this.#gone = fn;
    return {
      [Symbol.dispose]: () => {
        if (this.#gone === fn) this.#gone = undefined;
      },
    };
  }

  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#wake();
  }

  abort(): void {
    if (this.#close()) {
      this.#controller?.error(new BrokenOff("Cannot go on: the body was given up"));
    }
  }

  /** The client left, or the server stops. */
  leave(why: "client" | "server"): void {
    const tell = this.#state === "open";
    if (!this.#close()) return;
    try {
      if (why === "client") this.#controller?.close();
      else this.#controller?.error(new BrokenOff("Cannot go on: the server stops"));
    } catch {
      // A stream that was canceled takes neither end nor error.
    }
    if (tell) this.#call(this.#gone);
  }

  #close(): boolean {
    if (this.#state === "closed") return false;
    this.#state = "closed";
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#onClosed();
    this.#wake();
    return true;
  }

  #wake(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  async #pull(): Promise<void> {
    while (this.#queue.length === 0 && this.#state === "open") {
      await new Promise<void>((resolve) => this.#wanted = resolve);
    }
    const bytes = this.#take();
    if (bytes !== undefined) {
      this.#queuedBytes -= bytes.length;
      this.#controller?.enqueue(bytes);
      if (this.#full && this.#queuedBytes <= this.#highBytes / 2) {
        this.#full = false;
        if (this.#state === "open") this.#call(this.#drain);
      }
    } else if (this.#state === "ending") {
      this.#close();
      this.#controller?.close();
    }
  }

  /** The oldest bytes that wait; many small pieces as one. */
  #take(): Uint8Array | undefined {
    let [count, size] = [0, 0];
    for (const { length } of this.#queue) {
      if (count > 0 && size + length > JOIN_BYTES) break;
      count++;
      size += length;
    }
    if (count <= 1) return this.#queue.shift();
    const joined = new Uint8Array(size);
    let at = 0;
    for (const piece of this.#queue.splice(0, count)) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  #call(fn: (() => void) | undefined): void {
    try {
      fn?.();
    } catch (error) {
      this.#guard.failed("http body", error);
    }
  }
}

function requestOf(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) {
  if (request.url.length > URL_MAX_CHARS) return undefined;
  const url = new URL(request.url);
  const { hostname: host, port } = info.remoteAddr;
  try {
    const asked: HttpRequest = {
      method: request.method,
      path: url.pathname.split("/").filter((part) => part !== "").map(decodeURIComponent),
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(request.headers),
      remote: { host, port },
    };
    return asked;
  } catch {
    return undefined;
  }
}

/** A plain answer of the server's own. */
function plain(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain" } });
}

/** One server. */
class Server implements HttpServer {
  readonly local: Addr;
  readonly #guard: Guard;
  readonly #handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
  readonly #options: HttpOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #bodies = new Set<BodyStream>();
  readonly #abort = new AbortController();
  #open = 0;

  constructor(
    bind: Addr,
    handler: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
    options: HttpOptions,
    guard: Guard,
  ) {
    this.#guard = guard;
    this.#handler = handler;
    this.#options = options;
    this.#server = Deno.serve({
      hostname: bind.host,
      port: bind.port,
      signal: this.#abort.signal,
      onListen: () => {},
      onError: (error) => {
        if (!(error instanceof BrokenOff)) guard.failed("http", error);
        return plain(500, "internal error");
      },
    }, (request, info) => this.#answer(request, info));
    const { hostname, port } = this.#server.addr;
    this.local = { host: hostname, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const body of [...this.#bodies]) body.leave("server");
    this.#abort.abort();
    await this.#server.finished;
  }

  async #answer(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    if (this.#open >= (this.#options.maxRequests ?? MAX_REQUESTS)) {
      return plain(503, "too many requests at once");
    }
    const asked = requestOf(request, info);
    if (asked === undefined) return plain(400, "bad request");
    this.#open++;
    let streams = false;
    try {
      const { status, headers = {}, body } = await this.#handler(asked);
      const init = { status, headers: { ...headers } };
      if (!(body instanceof Function)) return new Response(body?.slice() ?? null, init);
      streams = true;
      return new Response(this.#stream(info, body), init);
    } finally {
      if (!streams) this.#open--;
    }
  }

  #stream(
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
    fill: (writer: HttpWriter) => void,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const body = new BodyStream(this.#guard, this.#options.highBytes ?? HIGH_BYTES, () => {
      this.#open--;
      this.#bodies.delete(body);
    });
    this.#bodies.add(body);
    // Rejects when the client went before the body's end.
    info.completed.catch(() => body.leave("client"));
    fill(body);
    return body.stream;
  }
}

/** The Http port of this machine. */
export function denoHttp(guard: Guard): Http {
  return {
    request: httpRequest,
    // Opening fails at once or not at all, but callers await it as they do every port.
    serve: async (bind, handler, options = {}) => {
      const action = `serve HTTP on ${addrKey(bind)}`;
      try {
        demand(action, { name: "net", host: addrKey(bind) });
        return await Promise.resolve(new Server(bind, handler, options, guard));
      } catch (error) {
        throw portError(action, error);
      }
    },
  };
}
