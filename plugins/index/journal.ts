/**
 * What the index keeps on disk: an append-only journal of facts, each with its length and a check sum.
 * A fact is acknowledged after the system has it on disk; facts that come while one write runs share the
 * next one and its sync. The journal is written anew, small, at each start and when it has grown. It
 * needs nothing but the Files port, so it runs in the seeded world with every crash a seed can think
 * of; a database would need a port of its own and be no safer for one writer.
 */
import { createHash } from "node:crypto";
import { decode as decodeCbor, encode as encodeCbor } from "../../core/cbor.ts";
import type { Files, WriteHandle } from "../../core/ports.ts";
import { INDEX_MESSAGES } from "../../core/swarm/index_messages.ts";
import { isPlainCbor } from "../../core/wire/cbor_shape.ts";
import type { Fact } from "./events.ts";

const CHECK_BYTES = 8;
const HEAD_BYTES = 4 + CHECK_BYTES;
const FACT_MAX_BYTES = 512 * 1024;
/** The journal is written anew when it is this long and twice as long as needed. */
const COMPACT_MIN_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly done: (error?: unknown) => void;
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest().subarray(0, CHECK_BYTES);
}

function encodeFact(fact: Fact): Uint8Array {
  const body = encodeCbor([fact.type, fact.body]);
  const bytes = new Uint8Array(HEAD_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes.set(checkOf(body), 4);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

function decodeFact(body: Uint8Array): Fact | undefined {
  if (!isPlainCbor(body)) return undefined;
  const raw: unknown = decodeCbor(body);
  if (!Array.isArray(raw)) return undefined;
  const [type, content]: readonly unknown[] = raw;
  if (type === "ANNOUNCE") {
    const parsed = INDEX_MESSAGES.ANNOUNCE.body.safeParse(content);
    return parsed.success ? { type, body: parsed.data } : undefined;
  }
  if (type !== "LEAVE") return undefined;
  const parsed = INDEX_MESSAGES.LEAVE.body.safeParse(content);
  return parsed.success ? { type, body: parsed.data } : undefined;
}

/** A journal on disk. */
export class Journal {
  readonly #files: Files;
  readonly #path: string;
  readonly #snapshot: () => readonly Fact[];
  #handle: WriteHandle | undefined;
  #waiting: Waiting[] = [];
  #work: Promise<void> | undefined;
  #bytes = 0;
  #compactedBytes = 0;
  #closed = false;

  /** `snapshot` gives all that must be kept just now, as facts. */
  constructor(files: Files, path: string, snapshot: () => readonly Fact[]) {
    this.#files = files;
    this.#path = path;
    this.#snapshot = snapshot;
  }

  /** Reads what an earlier life kept, up to the first torn fact; then writes it anew. */
  async open(fact: (fact: Fact) => void): Promise<void> {
    if (await this.#files.stat(this.#path) !== undefined) await this.#replay(fact);
    await this.#compact();
  }

  /** Keeps a fact; `done` is called once it is on disk, or with why it is not. */
  keep(fact: Fact, done: (error?: unknown) => void): void {
    if (this.#closed) return done(new Error("Cannot keep: the journal is closed"));
    this.#waiting.push({ bytes: encodeFact(fact), done });
    this.#work ??= this.#write();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#work;
    await this.#handle?.[Symbol.asyncDispose]();
    this.#handle = undefined;
  }

  async #replay(fact: (fact: Fact) => void): Promise<void> {
    await using handle = await this.#files.openRead(this.#path);
    let rest = new Uint8Array(0);
    for (let offset = 0;;) {
      const chunk = new Uint8Array(READ_BYTES);
      const length = await handle.read(offset, chunk);
      if (length <= 0) return;
      offset += length;
      const all = new Uint8Array(rest.length + length);
      all.set(rest);
      all.set(chunk.subarray(0, length), rest.length);
      const used = replayChunk(all, fact);
      if (used === undefined) return;
      rest = all.slice(used);
    }
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      let failure: unknown;
      try {
        for (const { bytes } of batch) {
          await this.#handle?.write(bytes);
          this.#bytes += bytes.length;
        }
        await this.#handle?.sync();
      } catch (error) {
        failure = error;
      }
      for (const { done } of batch) done(failure);
      const grown = this.#bytes > Math.max(COMPACT_MIN_BYTES, 2 * this.#compactedBytes);
      if (grown && failure === undefined) await this.#compact().catch(() => {});
    }
    this.#work = undefined;
  }

  /** Writes what counts now to a new file and puts it in the place of the old one. */
  async #compact(): Promise<void> {
    const fresh = await this.#files.openWrite(`${this.#path}.new`, "truncate");
    let bytes = 0;
    try {
      for (const fact of this.#snapshot()) {
        const encoded = encodeFact(fact);
        await fresh.write(encoded);
        bytes += encoded.length;
      }
      await fresh.sync();
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
    await this.#files.rename(`${this.#path}.new`, this.#path);
    const former = this.#handle;
    this.#handle = await this.#files.openWrite(this.#path, "append");
    await former?.[Symbol.asyncDispose]();
    this.#bytes = this.#compactedBytes = bytes;
  }
}

/** Reads whole facts; tells how many bytes they took, undefined when the journal ends in a torn one. */
function replayChunk(all: Uint8Array, fact: (fact: Fact) => void): number | undefined {
  const view = new DataView(all.buffer, all.byteOffset, all.length);
  let at = 0;
  while (at + HEAD_BYTES <= all.length) {
    const length = view.getUint32(at);
    if (length > FACT_MAX_BYTES) return undefined;
    if (at + HEAD_BYTES + length > all.length) break;
    const body = all.slice(at + HEAD_BYTES, at + HEAD_BYTES + length);
    const check = checkOf(body);
    if (!check.every((byte, i) => all[at + 4 + i] === byte)) return undefined;
    const read = decodeFact(body);
    if (read !== undefined) fact(read);
    at += HEAD_BYTES + length;
  }
  return at;
}
