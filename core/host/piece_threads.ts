/**
 * Threads that hash pieces and write those that are right: SHA-256 costs more than all else of a fast download, and
 * a disk that makes its writers wait holds up no media. Pieces in shared memory are not copied on the way. The first
 * thread starts with the first file; until one is ready, and should it die, the work is done by whoever asks.
 */
import code from "./piece_worker.bundle.js" with { type: "text" };
import { PortError, type PortErrorCode } from "../ports.ts";
import { type PieceProof, type PieceTarget, provePiece } from "../swarm/piece_proof.ts";

/** Name of these threads, for who looks at them from outside. */
const PIECE_THREAD_NAME = "espalier-pieces";

/**
 * One hashes about 900 MB a second and costs 20 MB of memory; more than there are cores beside the main thread's
 * would wait for it.
 */
const THREADS_MAX = Math.max(1, Math.min(2, navigator.hardwareConcurrency - 1));

/** One piece for a thread. */
export interface PieceJob {
  readonly id: number;
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly target: PieceTarget;
  /** Where it is known already: there is only writing left. */
  readonly proof?: PieceProof;
}

/** With this many pieces before it at a thread, one is hashed by whoever asks; a disk is never waited for there. */
const SHARE_AT = 3;

/** To a thread. */
export type ToPieceThread = PieceJob | { readonly close: string };

/** From a thread: what became of a job. */
export type FromPieceThread =
  | { readonly ready: true }
  | { readonly id: number; readonly proof: PieceProof }
  | { readonly id: number; readonly code: PortErrorCode; readonly message: string };

/** A job that is under way. */
interface Pending {
  readonly job: PieceJob;
  readonly done: (proof: Promise<PieceProof>) => void;
  /** Does the same without a thread. */
  readonly here: () => Promise<PieceProof>;
}

/**
 * Starts a thread from the text of its own few modules: in a program of one file, that file would be read and parsed
 * whole once more by each thread, which costs 25 MB.
 */
function startWorker(): Worker {
  const entry = `data:text/javascript,${encodeURIComponent(code)}`;
  return new Worker(entry, { type: "module", name: PIECE_THREAD_NAME });
}

/** One thread. */
class PieceThread {
  readonly #worker: Worker;
  readonly pending = new Map<number, Pending>();
  state: "starting" | "ready" | "dead" = "starting";

  constructor() {
    this.#worker = startWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<FromPieceThread>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end();
    };
  }

  give(pending: Pending): void {
    this.pending.set(pending.job.id, pending);
    this.tell(pending.job);
  }

  tell(message: ToPieceThread): void {
    if (this.state !== "dead") this.#worker.postMessage(message);
  }

  #hear(message: FromPieceThread): void {
    if ("ready" in message) {
      if (this.state === "starting") this.state = "ready";
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if ("proof" in message) return pending?.done(Promise.resolve(message.proof));
    pending?.done(Promise.reject(new PortError(message.code, message.message)));
  }

  /** Ends the thread; what it has not done is done here. */
  end(): void {
    this.state = "dead";
    this.#worker.terminate();
    const left = [...this.pending.values()];
    this.pending.clear();
    for (const { done, here } of left) done(here());
  }
}

/** The threads of one process, started when there is work and ended with the last file. */
export class PieceThreads {
  readonly #threads: PieceThread[] = [];
  #files = 0;
  #ids = 0;

  /** A file is open that pieces may be written to: the first of them come soon. */
  opened(): void {
    this.#files++;
    if (this.#threads.length === 0) this.#threads.push(new PieceThread());
  }

  /** It is open no more. */
  closed(path: string): void {
    this.#files--;
    for (const thread of this.#threads) thread.tell({ close: path });
    if (this.#files === 0) { for (const thread of this.#threads.splice(0)) thread.end(); }
  }

  /** Proves a piece and writes it if it is right; `here` does the same without a thread. */
  keep(job: Omit<PieceJob, "id" | "proof">, here: () => Promise<PieceProof>): Promise<PieceProof> {
    const thread = this.#free();
    if (thread === undefined) return here();
    const id = this.#ids++;
    const { promise, resolve } = Promise.withResolvers<PieceProof>();
    if (thread.pending.size < SHARE_AT) {
      thread.give({ job: { ...job, id }, done: resolve, here });
      return promise;
    }
    const proof = provePiece(job.bytes, job.target);
    if (!proof.isRight) return Promise.resolve(proof);
    thread.give({ job: { ...job, id, proof }, done: resolve, here });
    return promise;
  }

  /** The least busy thread that works; another is started when all that do are busy. */
  #free(): PieceThread | undefined {
    const ready = this.#threads.filter(({ state }) => state === "ready")
      .sort((a, b) => a.pending.size - b.pending.size)[0];
    const starting = this.#threads.some(({ state }) => state === "starting");
    const busy = ready === undefined || ready.pending.size > 0;
    if (busy && !starting && this.#threads.length < THREADS_MAX) {
      this.#threads.push(new PieceThread());
    }
    return ready;
  }
}
