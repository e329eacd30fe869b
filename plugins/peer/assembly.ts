/** One piece on its way: which of its blocks are asked for, on the way or here, and who sent them. */
import {
  BLOCK_BYTES,
  blockHashes,
  type FileShape,
  HASH_BYTES,
  isHashAt,
  pieceLength,
} from "../../core/swarm/identity.ts";
import type { Span } from "../../core/swarm/peer_messages.ts";

/** Where a block is. */
const FREE = 0;
const ASKED = 1;
const ARRIVING = 2;
const HERE = 3;
/** Here, and verified on its own. */
const PROVEN = 4;

/** What a piece looked like that proved wrong, to find out later who made it so. */
export interface Evidence {
  readonly leaves: Uint8Array;
  readonly senders: readonly number[];
}

/** A piece in memory. */
export class Assembly {
  readonly piece: number;
  #bytes: Uint8Array;
  readonly #state: Uint8Array;
  readonly #senders: number[];
  #here = 0;
  #leaves: Uint8Array | undefined;
  #free: number;
  /** The one connection that may work on it; undefined: any. After a wrong piece blame must be clear. */
  solo = false;
  /** The connection that works on it now; others help only where the picker says so. */
  owner: number | undefined;
  evidence: Evidence[] = [];

  constructor(shape: FileShape, piece: number, buffer: Uint8Array) {
    this.piece = piece;
    this.#bytes = buffer.subarray(0, pieceLength(shape, piece));
    const blocks = Math.ceil(this.#bytes.length / BLOCK_BYTES);
    this.#state = new Uint8Array(blocks);
    this.#senders = new Array<number>(blocks).fill(-1);
    this.#free = blocks;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Blocks that nobody has been asked for. */
  get freeBlocks(): number {
    return this.#free;
  }

  get complete(): boolean {
    return this.#here === this.#state.length;
  }

  /** Takes the first run of free blocks, at most `bytes` long; from that place on, if there are any. */
  take(bytes: number, place = 0): Span | undefined {
    const after = this.#state.indexOf(FREE, Math.floor(place / BLOCK_BYTES));
    const from = after < 0 ? this.#state.indexOf(FREE) : after;
    if (from < 0) return undefined;
    let to = from;
    const most = Math.max(1, Math.floor(bytes / BLOCK_BYTES));
    while (to < this.#state.length && to - from < most && this.#state[to] === FREE) {
      this.#state[to++] = ASKED;
    }
    this.#free -= to - from;
    const begin = from * BLOCK_BYTES;
    const length = Math.min(to * BLOCK_BYTES, this.bytes.length) - begin;
    return { piece: this.piece, begin, length };
  }

  /** Gives blocks back that were asked for or were arriving. */
  release(span: Span): void {
    const [first, end] = blocksOf(span);
    for (let block = first; block < end; block++) {
      const state = this.#state[block];
      if (state !== ASKED && state !== ARRIVING) continue;
      this.#state[block] = FREE;
      this.#free++;
    }
  }

  /**
   * Takes new memory, with all that is here: what still comes to the old one, from somebody who is not waited for
   * any more, does no harm there.
   */
  move(): void {
    const moved = new Uint8Array(new SharedArrayBuffer(this.#bytes.buffer.byteLength));
    moved.set(this.#bytes);
    this.#bytes = moved.subarray(0, this.#bytes.length);
  }

  /** Whether every block of a span is still waited for. */
  isAsked(span: Span): boolean {
    const [first, end] = blocksOf(span);
    for (let block = first; block < end; block++) if (this.#state[block] !== ASKED) return false;
    return true;
  }

  /** A span's payload begins: where it goes; undefined when it is here, or another's is arriving. */
  arriving(span: Span): Uint8Array | undefined {
    const [first, end] = blocksOf(span);
    for (let block = first; block < end; block++) {
      if (this.#state[block] !== ASKED && this.#state[block] !== FREE) return undefined;
    }
    for (let block = first; block < end; block++) {
      if (this.#state[block] === FREE) this.#free--;
      this.#state[block] = ARRIVING;
    }
    return this.bytes.subarray(span.begin, span.begin + span.length);
  }

  /** A span is here, from this connection. */
  arrived(span: Span, connection: number): void {
    const [first, end] = blocksOf(span);
    for (let block = first; block < end; block++) {
      this.#state[block] = HERE;
      this.#senders[block] = connection;
      this.#here++;
    }
  }

  /** The hashes of its blocks are known: what is here is verified now. Tells who sent wrong blocks. */
  learn(leaves: Uint8Array): ReadonlySet<number> {
    this.#leaves = leaves;
    return this.check({ begin: 0, length: this.#bytes.length });
  }

  /** Verifies blocks that came, where their hashes are known; wrong ones are free again. Tells who sent them. */
  check(span: Pick<Span, "begin" | "length">): ReadonlySet<number> {
    const liars = new Set<number>();
    if (this.#leaves === undefined) return liars;
    const [first, end] = blocksOf(span);
    for (let block = first; block < end; block++) {
      if (this.#state[block] !== HERE) continue;
      const bytes = this.#bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
      if (isHashAt(this.#leaves, block, blockHashes(bytes))) {
        this.#state[block] = PROVEN;
        continue;
      }
      liars.add(this.#senders[block] ?? -1);
      this.#senders[block] = -1;
      this.#state[block] = FREE;
      this.#here--;
      this.#free++;
    }
    return liars;
  }

  /** Verified bytes in a row from a place in the piece on. */
  proven(begin: number): number {
    let block = Math.floor(begin / BLOCK_BYTES);
    while (this.#state[block] === PROVEN) block++;
    return Math.max(0, Math.min(block * BLOCK_BYTES, this.#bytes.length) - begin);
  }

  /** Everybody who sent a part. */
  senders(): ReadonlySet<number> {
    return new Set(this.#senders);
  }

  /** Begins again from nothing, and remembers what was wrong. */
  restart(leaves: Uint8Array): void {
    this.evidence.push({ leaves, senders: [...this.#senders] });
    this.#state.fill(FREE);
    this.#senders.fill(-1);
    this.#here = 0;
    this.#free = this.#state.length;
    this.owner = undefined;
    this.solo = true;
  }

  /** With the hashes of the right blocks known: who sent blocks that differ from them. */
  guilty(right: Uint8Array): ReadonlySet<number> {
    const found = new Set<number>();
    for (const { leaves, senders } of this.evidence) {
      senders.forEach((sender, block) => {
        for (let i = block * HASH_BYTES; i < (block + 1) * HASH_BYTES; i++) {
          if (leaves[i] !== right[i]) found.add(sender);
        }
      });
    }
    return found;
  }
}

/** First block of a span, and the one after its last. */
function blocksOf(span: Pick<Span, "begin" | "length">): readonly [number, number] {
  const first = span.begin / BLOCK_BYTES;
  return [first, first + Math.ceil(span.length / BLOCK_BYTES)];
}
