/** `GET /files/ID` for players on this machine: ranges of a file, sent as far as it is here, while the rest comes. */
import type { Clock, HttpRequest, HttpResponse, HttpWriter } from "../../core/ports.ts";
import { hostKey } from "../../core/host_key.ts";
import { RateMeter } from "../../core/swarm/meter.ts";
import { typeOf } from "./media_types.ts";
import type { FileReader, Running } from "./running.ts";

/** Read and written at once. */
const CHUNK_BYTES = 256 * 1024;
/** A range of bytes, its end not included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** Reads a Range header (RFC 9110): one range; undefined to send everything, `none` when it lies outside. */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "none" | undefined {
  const match = /^bytes=(\d{0,16})-(\d{0,16})$/.exec((header ?? "").trim());
  const [first, last] = [match?.[1] ?? "", match?.[2] ?? ""];
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const from = Math.max(0, size - Number(last));
    return Number(last) === 0 ? "none" : { from, to: size };
  }
  const from = Number(first);
  const to = last === "" ? size : Math.min(size, Number(last) + 1);
  if (last !== "" && Number(last) < from) return undefined;
  return from >= size ? "none" : { from, to };
}

/** Whether a request comes from this machine's own programs and pages, not from a page of another site. */
export function isLocalRequest(request: HttpRequest): boolean {
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (hostKey(host) !== "loopback" && !/^[\d.]+$|:/.test(host)) return false;
  const site = request.headers["sec-fetch-site"];
  return site === undefined || site === "none" || site === "same-origin" || site === "same-site";
}

/** The headers of a file. */
function headersOf(running: Running): Record<string, string> {
  const type = typeOf(running.name);
  return {
    "accept-ranges": "bytes",
    "content-type": type ?? "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-disposition": `${type === undefined ? "attachment" : "inline"}; filename*=UTF-8''${
      encodeURIComponent(running.name)
    }`,
    "cache-control": "no-store",
    etag: `"${running.shape.id}"`,
  };
}

/** Answers a request for a file. `moved` is called when a reader came, went or went on to another piece. */
export function serveFile(
  running: Running,
  request: HttpRequest,
  clock: Clock,
  moved: () => void,
): HttpResponse {
  const size = running.shape.sizeBytes;
  const headers = headersOf(running);
  const range = parseRange(request.headers["range"], size);
  if (range === "none") {
    return { status: 416, headers: { ...headers, "content-range": `bytes */${size}` } };
  }
  const { from, to } = range ?? { from: 0, to: size };
  headers["content-length"] = String(to - from);
  if (range !== undefined) headers["content-range"] = `bytes ${from}-${to - 1}/${size}`;
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD") return { status, headers };
  return {
    status,
    headers,
    body: (writer) => new BodyReader(running, { from, to }, writer, clock, moved).start(),
  };
}

/** One response that follows the download. */
class BodyReader implements FileReader {
  readonly #running: Running;
  readonly #writer: HttpWriter;
  readonly #clock: Clock;
  readonly #moved: () => void;
  readonly #meter = new RateMeter(10_000);
  readonly #end: number;
  #at: number;
  #piece: number;
  #begin: number;
  #pumping = false;
  #full = false;
  #over = false;

  constructor(
    running: Running,
    range: ByteRange,
    writer: HttpWriter,
    clock: Clock,
    moved: () => void,
  ) {
    this.#running = running;
    this.#writer = writer;
    this.#clock = clock;
    this.#moved = moved;
    this.#at = range.from;
    this.#end = range.to;
    this.#piece = Math.floor(range.from / running.shape.pieceBytes);
    this.#begin = range.from % running.shape.pieceBytes;
  }

  get piece(): number {
    return this.#piece;
  }

  get begin(): number {
    return this.#begin;
  }

  get bytesPerSecond(): number {
    return this.#meter.perSecond(this.#clock.now());
  }

  start(): void {
    this.#running.reads(this);
    this.#writer.onGone(() => this.#finish());
    this.#writer.onDrain(() => {
      this.#full = false;
      this.wake();
    });
    this.#moved();
    this.wake();
  }

  wake(): void {
    if (!this.#pumping && !this.#over) void this.#running.track(this.#pump());
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      while (!this.#over && !this.#full && this.#at < this.#end) {
        const { shape, transfer } = this.#running;
        const piece = Math.floor(this.#at / shape.pieceBytes);
        if (piece !== this.#piece) {
          this.#piece = piece;
          this.#begin = 0;
          this.#moved();
        }
        const readable = transfer.readable(this.#at);
        if (readable === 0) break;
        const stop = Math.min(this.#end, this.#at + readable, this.#at + CHUNK_BYTES);
        const bytes = new Uint8Array(stop - this.#at);
        if (!await this.#running.read(this.#at, bytes)) throw new Error("the file is gone");
        if (this.#over) break;
        this.#at = stop;
        this.#meter.add(bytes.length, this.#clock.now());
        this.#full = !this.#writer.write(bytes);
      }
      if (!this.#over && this.#at >= this.#end) {
        this.#writer.end();
        this.#finish();
      }
    } catch {
      // The client sees a broken transfer; a file that is withdrawn while it is read has no other end.
      this.#writer.abort();
      this.#finish();
    } finally {
      this.#pumping = false;
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#running.readers.delete(this);
    this.#moved();
  }
}
