/** Who is served, and with what: upload slots, requests in turn, reads from disk. */
import { blockHashes, pieceLength } from "../../core/swarm/identity.ts";
import {
  PIECE_HEAD_BYTES,
  pieceFrame,
  type Span,
  SPAN_MAX_BYTES,
} from "../../core/swarm/peer_messages.ts";
import type { PeerHost } from "./host.ts";
import type { ConnectionId } from "./remote.ts";
import type { Running } from "./running.ts";
import type { Session } from "./session.ts";
import { Uploads } from "./uploads.ts";

/** Reads from disk at once. */
const READS_MAX = 4;

/** Shorter answers are made anew; longer ones use a room of the pool, which costs no fresh memory. */
const POOLED_MIN_BYTES = 64 * 1024;
/** Rooms kept for later, each as long as the longest answer. */
const POOL_MAX = 16;

/** The uploads of a peer, all files together. */
export class Serving {
  readonly #node: PeerHost;
  readonly #uploads: Uploads;
  #reads = 0;
  #round = 0;
  readonly #pool: ArrayBuffer[] = [];
  #timer: Disposable | undefined;

  constructor(node: PeerHost, total: number, perPeer: number) {
    this.#node = node;
    this.#uploads = new Uploads(total, perPeer, node.ctx.clock.now());
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** A peer asks for a span; false when it asks for too much. */
  add(connection: ConnectionId, span: Span): boolean {
    const taken = this.#uploads.add(connection, span, this.#node.ctx.clock.now());
    this.serve();
    return taken;
  }

  remove(connection: ConnectionId, span: Span | undefined): void {
    this.#uploads.remove(connection, span);
  }

  forget(connection: ConnectionId): void {
    this.#uploads.forget(connection);
  }

  /** A socket takes more. */
  drained(session: Session): void {
    this.#uploads.setBusy(session.id, session.reading > 0);
    this.serve();
  }

  /** Answers requests in turn, as far as rates, sockets and the disk allow. */
  serve(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    while (this.#node.active && this.#reads < READS_MAX) {
      const next = this.#uploads.next(this.#node.ctx.clock.now());
      if (next.kind === "idle") return;
      if (next.kind === "wait") {
        this.#timer = this.#node.ctx.clock.after(next.ms, () => this.serve());
        return;
      }
      const session = this.#node.sessions.get(next.connection);
      const running = session?.fileKey === undefined
        ? undefined
        : this.#node.running.get(session.fileKey);
      if (session === undefined || running === undefined) continue;
      this.#reads++;
      session.reading++;
      this.#uploads.setBusy(session.id, true);
      this.#node.track(running.track(this.#answer(session, running, next.span)));
    }
  }

  async #answer(
    session: Session,
    running: Running,
    span: Span,
  ): Promise<void> {
    const room = span.length < POOLED_MIN_BYTES
      ? undefined
      : this.#pool.pop() ?? new ArrayBuffer(PIECE_HEAD_BYTES + SPAN_MAX_BYTES);
    const frame = pieceFrame(span, room);
    const taken = (): void => {
      if (room !== undefined && this.#pool.length < POOL_MAX) this.#pool.push(room);
    };
    let ok = false;
    try {
      const offset = span.piece * running.shape.pieceBytes + span.begin;
      ok = await running.read(offset, frame.subarray(PIECE_HEAD_BYTES));
    } catch (error) {
      this.#node.ctx.log.warn("shared file cannot be read", { file: running.name, error });
    }
    this.#reads--;
    session.reading--;
    if (ok) {
      session.write(frame, taken);
      this.#node.up.add(span.length, this.#node.ctx.clock.now());
    } else taken();
    this.#uploads.setBusy(session.id, session.full);
    this.#node.feed(running, { kind: "served", connection: session.id, span, ok });
    this.serve();
  }

  /** Hashes the blocks of a piece for a peer; not within its rate, as they are few bytes. */
  leaves(connection: ConnectionId, piece: number): void {
    const session = this.#node.sessions.get(connection);
    const running = session?.fileKey === undefined
      ? undefined
      : this.#node.running.get(session.fileKey);
    if (session === undefined || running === undefined) return;
    const bytes = new Uint8Array(pieceLength(running.shape, piece));
    const work = running.read(piece * running.shape.pieceBytes, bytes).then(
      (ok) => {
        if (ok) session.send({ kind: "leaves", piece, hashes: blockHashes(bytes) });
      },
      (error) => {
        this.#node.ctx.log.warn("shared file cannot be read", { file: running.name, error });
      },
    );
    this.#node.track(running.track(work));
  }

  /** Gives upload slots; between rounds only where some are free. */
  choose(round: boolean): void {
    const nowMs = this.#node.ctx.clock.now();
    const all = [...this.#node.running.values()];
    const views = all.flatMap((running) => running.transfer.views(nowMs));
    const { uploadSlots } = this.#node.options;
    const taken = views.filter((view) => view.unchoked).length;
    if (!round && (taken >= uploadSlots || taken === views.length)) return;
    if (round) this.#round++;
    const choker = this.#node.ctx.use("choker");
    const chosen = new Set(choker.choose(views, uploadSlots, this.#round, nowMs));
    for (const running of all) {
      for (const { info: { connection } } of [...running.transfer.remotes.values()]) {
        this.#node.feed(running, { kind: "slot", connection, open: chosen.has(connection) });
      }
    }
  }
}
