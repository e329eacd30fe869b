/** The local HTTP server: the list of files, and files themselves. */
import type { HttpRequest, HttpResponse } from "../../core/ports.ts";
import { fileId } from "../../core/swarm/identity.ts";
import { isLocalRequest, serveFile } from "./http_files.ts";
import type { PeerNode } from "./node.ts";
import type { Running } from "./running.ts";

/** How long a file that is not here yet is looked for. */
const RESOLVE_TRIES = 250;
const RESOLVE_MS = 20;

function plain(status: number, text: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}

/** Answers the requests of players on this machine. */
export function httpHandler(
  node: PeerNode,
): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "only GET");
    if (!isLocalRequest(request)) return plain(403, "not for pages of other sites");
    const [first, second] = request.path;
    if (first !== "files" || request.path.length > 2) return plain(404, "no such path");
    if (second === undefined) {
      const body = JSON.stringify({ files: listOf(node) });
      return { status: 200, headers: { "content-type": "application/json" }, body };
    }
    const id = fileId(second);
    if (id === undefined) return plain(404, "no such file");
    const running = node.open(id) ?? await wanted(node, second);
    if (running === undefined) return plain(404, "nobody is known to have this file");
    return serveFile(running, request, node.ctx.clock, () => moved(node, running));
  };
}

function listOf(node: PeerNode): object[] {
  const shared = node.library.list().map(({ shape, name }) => ({
    id: shape.id,
    name,
    sizeBytes: shape.sizeBytes,
    complete: true,
  }));
  const open = [...node.running.values()].filter((one) => one.part !== undefined)
    .map(({ shape, name }) => ({
      id: shape.id,
      name,
      sizeBytes: shape.sizeBytes,
      complete: false,
    }));
  return [...shared, ...open];
}

/** Begins the download of a file that a player asks for. */
async function wanted(node: PeerNode, what: string): Promise<Running | undefined> {
  const id = fileId(what);
  if (node.options.downloads === undefined || id === undefined) return undefined;
  node.downloads.want(what);
  for (let tries = 0; tries < RESOLVE_TRIES && node.active; tries++) {
    await new Promise<void>((resolve) => node.ctx.clock.after(RESOLVE_MS, resolve));
    const running = node.running.get(id);
    if (running !== undefined) return running;
  }
  return undefined;
}

/** Readers moved: the picker looks where they are now. */
function moved(node: PeerNode, running: Running): void {
  const { pieceBytes } = running.shape;
  running.transfer.heads = [...running.readers].map((reader) => ({
    piece: reader.piece,
    piecesPerSecond: reader.bytesPerSecond / pieceBytes,
  }));
  node.feed(running, { kind: "turn" });
}
