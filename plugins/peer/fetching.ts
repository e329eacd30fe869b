/** What is asked of whom: pieces in memory, requests under way, and who is to blame for wrong bytes. */
import type { PickerView, PiecePicker, PlayHead } from "../../core/slots.ts";
import {
  BLOCK_BYTES,
  type FileShape,
  HASH_BYTES,
  isHashAt,
  merkleRoot,
  pieceCount,
  pieceLength,
  pieceWidth,
} from "../../core/swarm/identity.ts";
import type { PieceProof, PieceTarget } from "../../core/swarm/piece_proof.ts";
import type { Span } from "../../core/swarm/peer_messages.ts";
import type { PieceMap } from "../../core/swarm/piece_map.ts";
import { Assembly } from "./assembly.ts";
import { hasten, paced, rateOf, steal } from "./help.ts";
import { scatter } from "./holdings.ts";
import type { ConnectionId, Remote } from "./remote.ts";

/** What the fetcher needs. */
export interface FetcherOptions {
  readonly shape: FileShape;
  readonly held: PieceMap;
  readonly picker: PiecePicker;
  readonly random: () => number;
  /** Memory for pieces that are not yet on disk. */
  readonly bufferBytes: number;
}

/** What became of a span that arrived. */
export interface Arrival {
  /** A piece that is whole: to be proved and kept. */
  readonly whole?: { readonly assembly: Assembly; readonly target: PieceTarget };
  /** The same span asked of others: to be called off. */
  readonly cancels: readonly Request[];
  /** Who sent blocks of it that are wrong beyond doubt. */
  readonly liars: ReadonlySet<ConnectionId>;
}

/** Where a piece stands. */
const MISSING = 0;
const BEGUN = 1;
const TAKEN = 2;
const DONE = 3;
/** Pieces over the limit of memory that may be begun for readers: where one jumps to, memory may be full of others. */
const URGENT_EXTRA = 2;
const NOTHING: Arrival = { cancels: [], liars: new Set() };
/** Readers are helped with the hashes of blocks where a whole piece takes longer than this. */
const LEAVES_MIN_SECONDS = 0.05;

/** A request of one peer. */
export interface Request {
  readonly remote: Remote;
  readonly span: Span;
}

/** The requests of one download. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #shape: FileShape;
  readonly #pieces: number;
  readonly #state: Uint8Array;
  readonly #assemblies = new Map<number, Assembly>();
  /** Who was asked for the hashes of a piece's blocks. */
  readonly #leavesFrom = new Map<number, ConnectionId>();
  readonly #pool: Uint8Array[] = [];
  readonly #capacity: number;
  readonly #copies: Uint16Array;
  /** The piece layer, once it is known; nothing is asked for before. */
  layer: Uint8Array | undefined;
  #heads: readonly PlayHead[] = [];
  /** Which share of the pieces this node fetches first: its rank among those that download. */
  share: { readonly rank: number; readonly of: number } = { rank: 0, of: 1 };
  /** Something could have been asked for, but memory was full; cleared by whoever asks again. */
  starved = false;
  /** Payload that came and was of no use. */
  wastedBytes = 0;

  constructor(options: FetcherOptions) {
    const { shape, held, bufferBytes } = options;
    this.#options = options;
    this.#shape = shape;
    this.#pieces = pieceCount(shape);
    this.#state = new Uint8Array(this.#pieces);
    this.#copies = new Uint16Array(this.#pieces);
    this.#capacity = Math.max(4, Math.floor(bufferBytes / shape.pieceBytes));
    for (let piece = 0; piece < this.#pieces; piece++) {
      if (held.has(piece)) this.#state[piece] = DONE;
    }
  }

  /** Pieces that are not held and verified. */
  isMissing(piece: number): boolean {
    return this.#state[piece] !== DONE;
  }

  /** How many connected peers hold a piece. */
  countCopy(piece: number, by: 1 | -1): void {
    this.#copies[piece] = Math.max(0, (this.#copies[piece] ?? 0) + by);
  }

  /** Readers came, went or moved. Tells the requests that hold up one who waits somewhere new; they are given back. */
  read(heads: readonly PlayHead[], remotes: Iterable<Remote>): readonly Request[] {
    const before = this.#heads;
    this.#heads = heads;
    const jumped = heads.some(({ piece }) =>
      this.isMissing(piece) && !before.some((old) => old.piece === piece || old.piece + 1 === piece)
    );
    const late: Request[] = [];
    if (!jumped) return late;
    const all = [...remotes];
    for (const remote of all) {
      for (const asked of [...remote.asked.values()]) {
        const isComing = remote.arriving?.piece === asked.piece &&
          remote.arriving.begin === asked.begin;
        if (isComing || this.#isUrgent(asked.piece)) continue;
        const { piece, begin, length } = asked;
        const span = { piece, begin, length };
        remote.answer(span);
        remote.excusedBytes += length;
        this.#giveBack(span, all.filter((other) => other !== remote));
        late.push({ remote, span });
      }
    }
    return late;
  }

  /** Where in a piece the newest of its readers begins. */
  #placeIn(piece: number): number {
    return this.#heads.findLast((head) => head.piece === piece)?.begin ?? 0;
  }

  /** A reader waits for this piece, or will in a moment. */
  #isUrgent(piece: number): boolean {
    return this.#heads.some((head) => head.piece === piece || head.piece + 1 === piece);
  }

  /** Somebody reads the file. */
  get hasReaders(): boolean {
    return this.#heads.length > 0;
  }

  /** Pieces in memory now. */
  get inMemory(): number {
    return this.#assemblies.size;
  }

  /** Next requests for a peer, as far as its window goes, and no more than `most`. */
  next(remote: Remote, remotes: Iterable<Remote>, nowMs: number, most = Infinity): Span[] {
    const spans: Span[] = [];
    if (this.layer === undefined || remote.choked || remote.useful === 0) return spans;
    remote.hurry = this.#heads.length > 0;
    const windowBytes = remote.windowBytes(nowMs);
    const help = { assemblies: this.#assemblies, remotes: [...remotes], nowMs };
    const heads = paced(this.#heads, rateOf(help.remotes, nowMs) / this.#shape.pieceBytes);
    while (remote.askedBytes < windowBytes && spans.length < most) {
      const span = hasten(remote, help, (piece) => this.#isUrgent(piece)) ??
        this.#take(remote, heads, nowMs) ?? steal(remote, help);
      if (span === undefined) break;
      remote.ask(span, nowMs);
      spans.push(span);
    }
    return spans;
  }

  /** A PIECE begins: where it goes; undefined when it is of no use. */
  begins(remote: Remote, span: Span): Uint8Array | undefined {
    if (!remote.waitsFor(span)) return undefined;
    const target = this.#assemblies.get(span.piece)?.arriving(span);
    if (target !== undefined) remote.arriving = span;
    return target;
  }

  /** A PIECE is here; `kept` when its payload went where `begins` said. */
  ends(remote: Remote, span: Span, kept: boolean, remotes: Iterable<Remote>): Arrival {
    // Given back meanwhile, it went to memory that is no longer the piece's.
    const isWaitedFor = remote.arriving !== undefined;
    remote.arriving = undefined;
    const assembly = this.#assemblies.get(span.piece);
    if (!kept || !isWaitedFor || assembly === undefined) {
      this.wastedBytes += span.length;
      return NOTHING;
    }
    assembly.arrived(span, remote.info.connection);
    const cancels: Request[] = [];
    for (const other of remotes) {
      if (other === remote || !other.waitsFor(span)) continue;
      other.answer(span);
      other.excusedBytes += span.length;
      cancels.push({ remote: other, span });
    }
    const liars = assembly.check(span);
    this.#mark(assembly);
    if (!assembly.complete || this.layer === undefined) return { cancels, liars };
    const at = span.piece * HASH_BYTES;
    const hash = this.layer.slice(at, at + HASH_BYTES);
    return {
      cancels,
      liars,
      whole: { assembly, target: { width: pieceWidth(this.#shape), hash } },
    };
  }

  /** The piece whose blocks' hashes this peer is to be asked for: a reader waits for it, and it takes long. */
  wantsLeaves(remote: Remote, remotes: Iterable<Remote>, nowMs: number): number | undefined {
    if (this.layer === undefined || remote.choked) return undefined;
    const wanted = this.#heads.find(({ piece }) =>
      this.isMissing(piece) && remote.map.has(piece) && !this.#leavesFrom.has(piece)
    );
    if (wanted === undefined) return undefined;
    const seconds = this.#shape.pieceBytes / rateOf(remotes, nowMs);
    if (seconds < LEAVES_MIN_SECONDS) return undefined;
    this.#leavesFrom.set(wanted.piece, remote.info.connection);
    return wanted.piece;
  }

  /** The hashes of a piece's blocks came. Tells who sent wrong blocks, or that the hashes are wrong themselves. */
  learn(remote: Remote, piece: number, leaves: Uint8Array): ReadonlySet<ConnectionId> | "wrong" {
    const isAsked = this.#leavesFrom.get(piece) === remote.info.connection;
    if (!isAsked || !this.isMissing(piece) || this.layer === undefined) return NOTHING.liars;
    const width = pieceWidth(this.#shape);
    const blocks = Math.ceil(pieceLength(this.#shape, piece) / BLOCK_BYTES);
    const isRight = leaves.length === blocks * HASH_BYTES &&
      isHashAt(this.layer, piece, merkleRoot(leaves, width, 0));
    if (!isRight) return "wrong";
    const room = this.#hasRoom(piece);
    const assembly = this.#assemblies.get(piece) ?? (room ? this.#begin(piece) : undefined);
    const liars = assembly?.learn(leaves) ?? NOTHING.liars;
    if (assembly !== undefined) this.#mark(assembly);
    return liars;
  }

  /** Verified bytes from a place in the file on that are in memory. */
  proven(offset: number): number {
    const piece = Math.floor(offset / this.#shape.pieceBytes);
    return this.#assemblies.get(piece)?.proven(offset % this.#shape.pieceBytes) ?? 0;
  }

  /** Copies verified bytes that are in memory; false when they are not all there. */
  copy(offset: number, into: Uint8Array): boolean {
    if (this.proven(offset) < into.length) return false;
    const begin = offset % this.#shape.pieceBytes;
    const assembly = this.#assemblies.get(Math.floor(offset / this.#shape.pieceBytes));
    into.set(assembly?.bytes.subarray(begin, begin + into.length) ?? []);
    return assembly !== undefined;
  }

  /** Gives back everything a peer was asked for. */
  release(remote: Remote, remotes: Iterable<Remote>): void {
    const others = [...remotes].filter((other) => other !== remote);
    for (const span of remote.asked.values()) this.#giveBack(span, others);
    if (remote.arriving !== undefined) {
      this.#assemblies.get(remote.arriving.piece)?.move();
      this.#giveBack(remote.arriving, others);
    }
    remote.excusedBytes += remote.askedBytes;
    remote.asked.clear();
    remote.askedBytes = 0;
    remote.arriving = undefined;
    remote.current = undefined;
    const { connection } = remote.info;
    for (const assembly of this.#assemblies.values()) {
      if (assembly.owner === connection) assembly.owner = undefined;
    }
    for (const [piece, from] of this.#leavesFrom) {
      if (from === connection) this.#leavesFrom.delete(piece);
    }
  }

  /** One span will not come from this peer. */
  refuse(remote: Remote, span: Span, remotes: Iterable<Remote>): void {
    if (remote.answer(span) === undefined) return;
    this.#giveBack(span, [...remotes].filter((other) => other !== remote));
    const assembly = this.#assemblies.get(span.piece);
    if (assembly?.owner === remote.info.connection) assembly.owner = undefined;
    if (remote.current === span.piece) remote.current = undefined;
  }

  #giveBack(span: Span, others: readonly Remote[]): void {
    const assembly = this.#assemblies.get(span.piece);
    // Another peer was asked for the same: it is still under way.
    if (assembly === undefined || others.some((other) => other.waitsFor(span))) return;
    assembly.release(span);
    this.#mark(assembly);
  }

  #mark(assembly: Assembly): void {
    this.#state[assembly.piece] = assembly.freeBlocks > 0 ? BEGUN : TAKEN;
  }

  /** A piece was proved: it is on disk, or begins again. Tells who sent wrong bytes, beyond doubt. */
  proved(assembly: Assembly, { leaves, isRight }: PieceProof): readonly ConnectionId[] {
    const { piece } = assembly;
    if (isRight) {
      this.#assemblies.delete(piece);
      this.#leavesFrom.delete(piece);
      this.#state[piece] = DONE;
      if (this.#pool.length < this.#capacity) {
        this.#pool.push(new Uint8Array(assembly.bytes.buffer));
      }
      return [...assembly.guilty(leaves)];
    }
    this.wastedBytes += assembly.bytes.length;
    const senders = assembly.senders();
    assembly.restart(leaves);
    this.#mark(assembly);
    // With one sender there is no doubt; with several, the right piece will tell.
    return senders.size === 1 ? [...senders] : [];
  }

  #take(remote: Remote, heads: readonly PlayHead[], nowMs: number): Span | undefined {
    const piece = this.#choose(remote, heads, nowMs);
    if (piece === undefined) return undefined;
    const assembly = this.#assemblies.get(piece) ?? this.#begin(piece);
    assembly.owner ??= remote.info.connection;
    remote.current = piece;
    const span = assembly.take(remote.spanBytes(nowMs), this.#placeIn(piece));
    this.#mark(assembly);
    return span;
  }

  #choose(remote: Remote, heads: readonly PlayHead[], nowMs: number): number | undefined {
    const { current } = remote;
    const goesOn = current !== undefined && this.#state[current] === BEGUN;
    // Where somebody reads, every request goes where it is needed most; else a peer ends what it began.
    if (goesOn && this.#heads.length === 0 && this.#mayHelp(remote, current)) return current;
    const { picker, random } = this.#options;
    if (!this.#hasRoom(undefined) && !this.#begunFor(remote) && !this.#urgentFor(remote)) {
      this.starved = true;
      return undefined;
    }
    const view: PickerView = {
      pieces: this.#pieces,
      free: (piece) => remote.map.has(piece) && this.#isFree(piece),
      begun: (piece) => remote.map.has(piece) && this.#mayHelp(remote, piece),
      copies: (piece) => this.#copies[piece] ?? 0,
      preferred: (piece) => scatter(piece) % this.share.of === this.share.rank,
      piecesPerSecond: remote.down.perSecond(nowMs) / this.#shape.pieceBytes,
      heads,
      random,
    };
    const piece = picker.next(view);
    return piece !== undefined && (view.free(piece) || view.begun(piece)) ? piece : undefined;
  }

  /** Whether a peer could help with anything that is in memory. */
  #begunFor(remote: Remote): boolean {
    for (const piece of this.#assemblies.keys()) {
      if (remote.map.has(piece) && this.#mayHelp(remote, piece)) return true;
    }
    return false;
  }

  /** Whether a peer could begin a piece that a reader waits for. */
  #urgentFor(remote: Remote): boolean {
    return this.#heads.some((head) =>
      [head.piece, head.piece + 1].some((piece) =>
        piece < this.#pieces && remote.map.has(piece) && this.#isFree(piece)
      )
    );
  }

  /** Whether memory takes another piece: this one, or any. */
  #hasRoom(piece: number | undefined): boolean {
    const extra = piece !== undefined && this.#isUrgent(piece) ? URGENT_EXTRA : 0;
    return this.#assemblies.size < this.#capacity + extra;
  }

  /** Not begun, or begun by somebody who has gone. */
  #isFree(piece: number): boolean {
    const state = this.#state[piece];
    if (state === MISSING) {
      const room = this.#hasRoom(piece);
      if (!room) this.starved = true;
      return room;
    }
    return state === BEGUN && this.#assemblies.get(piece)?.owner === undefined;
  }

  #mayHelp(remote: Remote, piece: number): boolean {
    if (this.#state[piece] !== BEGUN) return false;
    const assembly = this.#assemblies.get(piece);
    if (assembly === undefined) return false;
    return !assembly.solo || assembly.owner === undefined ||
      assembly.owner === remote.info.connection;
  }

  #begin(piece: number): Assembly {
    // Shared memory: another thread proves and writes it without a copy.
    const buffer = this.#pool.pop() ??
      new Uint8Array(new SharedArrayBuffer(this.#shape.pieceBytes));
    const assembly = new Assembly(this.#shape, piece, buffer);
    this.#assemblies.set(piece, assembly);
    return assembly;
  }
}
