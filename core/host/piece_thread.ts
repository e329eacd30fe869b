/** A piece thread's own side: opens files by path, proves pieces, writes those that are right. */
import { provePiece } from "../swarm/piece_proof.ts";
import type { FromPieceThread, PieceJob, ToPieceThread } from "./piece_threads.ts";
import { portError } from "./port_errors.ts";

/** What a dedicated worker's global scope offers. */
interface ThreadScope {
  onmessage: ((event: MessageEvent<ToPieceThread>) => void) | null;
  postMessage(message: FromPieceThread): void;
}

const files = new Map<string, Deno.FsFile>();

function fileOf(path: string): Deno.FsFile {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = Deno.openSync(path, { write: true });
  files.set(path, file);
  return file;
}

function answerTo(job: PieceJob): FromPieceThread {
  const { id, path, offset, bytes, target } = job;
  try {
    const proof = job.proof ?? provePiece(bytes, target);
    if (!proof.isRight) return { id, proof };
    const file = fileOf(path);
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    return { id, proof };
  } catch (error) {
    const { code, message } = portError(`write ${path}`, error);
    return { id, code, message };
  }
}

/** Works until the thread is terminated. */
export function runPieceThread(): void {
  // Inside a dedicated worker the global scope is one; the types of this program know only the main thread's.
  const scope = globalThis as unknown as ThreadScope;
  scope.onmessage = ({ data }) => {
    if (!("close" in data)) return scope.postMessage(answerTo(data));
    files.get(data.close)?.close();
    files.delete(data.close);
  };
  scope.postMessage({ ready: true });
}
