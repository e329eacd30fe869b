/** The local HTTP server: pages, the list of files, and files themselves. */
import type { HttpRequest, HttpResponse } from "../../core/ports.ts";
import { fileId, pieceCount } from "../../core/swarm/identity.ts";
import { STRIP_COLUMNS, stripOf } from "../../core/swarm/strip.ts";
import { isLocalRequest, serveFile } from "./http_files.ts";
import type { PeerHost } from "./host.ts";
import { expectPlayer, obtain, readersMoved } from "./obtain.ts";
import { type FileView, listPage, stripPage, watchPage } from "./pages.ts";
import type { Running } from "./running.ts";

function plain(status: number, text: string): HttpResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: `${text}\n` };
}

/** Answers the requests of players on this machine. */
export function httpHandler(
  node: PeerHost,
): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "only GET");
    if (!isLocalRequest(request)) return plain(403, "not for pages of other sites");
    const [first, second] = request.path;
    if (first === undefined) return listPage(node.ctx.self.name, listOf(node));
    if (request.path.length > 2 || !["files", "watch", "strip"].includes(first)) {
      return plain(404, "no such path");
    }
    if (second === undefined) {
      if (first !== "files") return plain(404, "no such path");
      const body = JSON.stringify({ files: listOf(node) });
      return { status: 200, headers: { "content-type": "application/json" }, body };
    }
    if (fileId(second) === undefined) return plain(404, "no such file");
    const running = await obtain(node, second);
    if (running === undefined) return plain(404, "nobody is known to have this file");
    if (first === "files") {
      return serveFile(running, request, node.ctx.clock, () => readersMoved(node, running));
    }
    if (first === "watch") expectPlayer(node, running);
    const file = viewOf(running, node.ctx.clock.now());
    return first === "strip" ? stripPage(file) : watchPage(file, request.headers["host"] ?? "");
  };
}

function viewOf({ shape, name, part, transfer }: Running, nowMs: number): FileView {
  const remotes = [...transfer.remotes.values()];
  return {
    id: shape.id,
    name,
    sizeBytes: shape.sizeBytes,
    complete: part === undefined,
    strip: stripOf(transfer.held),
    heldPieces: transfer.held.held,
    pieces: transfer.pieces,
    peers: remotes.length,
    downBytesPerSecond: remotes.reduce((sum, { down }) => sum + down.perSecond(nowMs), 0),
  };
}

/** Files that download first, then those that are shared. */
function listOf(node: PeerHost): FileView[] {
  const nowMs = node.ctx.clock.now();
  const open = [...node.running.values()].filter((one) => one.part !== undefined)
    .map((one) => viewOf(one, nowMs));
  const shared = node.library.list().map(({ shape, name }) => {
    const pieces = pieceCount(shape);
    const { id, sizeBytes } = shape;
    const strip = "f".repeat(Math.min(pieces, STRIP_COLUMNS));
    const still = { peers: 0, downBytesPerSecond: 0, complete: true };
    return { id, name, sizeBytes, strip, heldPieces: pieces, pieces, ...still };
  });
  return [...open, ...shared];
}
