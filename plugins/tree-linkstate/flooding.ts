/**
 * How words spread, as in IS-IS: each is passed on at once to all neighbors but the one it came from, and
 * digests find what was lost. A digest is a sum over everything known; neighbors whose sums differ
 * send each other the list, and ask for what they lack.
 */
import type { NodeName } from "../../core/ids.ts";
import type { LinkMessage, Saying } from "../../core/tree/events.ts";
import type { Neighbor } from "../../core/tree/neighbor.ts";
import type { Database, Page, Word } from "./database.ts";
import type { OwnWord } from "./own_word.ts";
import { isNewer, type Version } from "./serial.ts";

/** Between two digests when nothing happens: a lost word is found within this and a round trip. */
const DIGEST_MS = 2000;
/** After something was passed on, neighbors compare so soon. */
const DIGEST_SOON_MS = 250;
/** The same while they keep differing, at most. */
const DIGEST_LATER_MS = 1000;
/** A list goes to one neighbor at most so often. */
const LIST_GAP_MS = 200;
/** Bytes of entries in one list; of more owners the lists go round. */
const LIST_BYTES = 900;
const ENTRY_BYTES = 20;
const LIST_ENTRIES = 64;
const WANT_OWNERS = 16;
/** Lists that follow each other at once to a neighbor that knows nothing yet. */
const LISTS_AT_ONCE = 8;

/** What flooding counts. */
export interface FloodCounters {
  words: number;
  aged: number;
  refused: number;
  stranger: number;
  topped: number;
}

/** Passes words on for one node. */
export class Flooding {
  readonly counters: FloodCounters = { words: 0, aged: 0, refused: 0, stranger: 0, topped: 0 };
  digestAtMs: number;
  /** The wait before the next comparison while there is a difference: longer each time, short after news. */
  #soonMs = DIGEST_SOON_MS;
  readonly #listedMs = new Map<NodeName, number>();
  #listFrom = 0;

  constructor(
    readonly database: Database,
    readonly own: OwnWord,
    readonly neighbors: ReadonlyMap<NodeName, Neighbor>,
    readonly send: (to: Neighbor, saying: Saying) => void,
    nowMs: number,
  ) {
    this.digestAtMs = nowMs + DIGEST_MS;
  }

  /** Takes a message; whether the graph may have changed. */
  take(message: LinkMessage, nowMs: number): boolean {
    const neighbor = this.neighbors.get(message.from);
    if (neighbor === undefined || !neighbor.up) {
      this.counters.stranger++;
      return false;
    }
    switch (message.type) {
      case "LINKSTATE":
        return this.#onPage(message.body, neighbor, nowMs);
      case "LINKSTATE_DIGEST":
        this.#onDigest(message.body, neighbor, nowMs);
        return false;
      case "LINKSTATE_WANT":
        for (const owner of message.body.owners.slice(0, WANT_OWNERS)) {
          this.#sendWord(this.database.words.get(owner), neighbor, nowMs);
        }
        return false;
    }
  }

  /** Tells everybody a new word. */
  flood(word: Word, except: NodeName | undefined, nowMs: number): void {
    for (const neighbor of this.#up()) {
      if (neighbor.peer.name !== except) this.#sendWord(word, neighbor, nowMs);
    }
    this.#soonMs = DIGEST_SOON_MS;
    this.digestAtMs = Math.min(this.digestAtMs, nowMs + DIGEST_SOON_MS);
  }

  /** A neighbor has come up: it is compared with at once. */
  greet(neighbor: Neighbor): void {
    this.#listedMs.delete(neighbor.peer.name);
    this.send(neighbor, this.#digest());
  }

  /** Forgets a neighbor that is none any more. */
  forget(name: NodeName): void {
    this.#listedMs.delete(name);
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    if (nowMs < this.digestAtMs) return;
    this.digestAtMs = nowMs + DIGEST_MS;
    this.#soonMs = Math.min(DIGEST_LATER_MS, this.#soonMs * 2);
    const digest = this.#digest();
    for (const neighbor of this.#up()) this.send(neighbor, digest);
  }

  #onPage(page: Page, from: Neighbor, nowMs: number): boolean {
    if (page.page >= page.pages) {
      this.counters.refused++;
      return false;
    }
    if (page.owner === this.own.me) {
      if (this.own.overtake(page)) this.counters.topped++;
      return false;
    }
    const taken = this.database.take(page, nowMs);
    if (taken === "refused") this.counters.refused++;
    const word = this.database.words.get(page.owner);
    if (taken === "old") this.#sendWord(word, from, nowMs);
    if (taken !== "whole" || word === undefined) return false;
    this.counters.words++;
    this.flood(word, from.peer.name, nowMs);
    return true;
  }

  #onDigest(
    { count, sum, entries }: Extract<LinkMessage, { type: "LINKSTATE_DIGEST" }>["body"],
    from: Neighbor,
    nowMs: number,
  ): void {
    const wanted: NodeName[] = [];
    for (const [owner, life, sequence] of entries) {
      const theirs: Version = { life, sequence };
      if (owner === this.own.me) {
        if (this.own.overtake(theirs)) this.counters.topped++;
        continue;
      }
      const word = this.database.words.get(owner);
      if (word === undefined || isNewer(theirs, word)) wanted.push(owner);
      else if (isNewer(word, theirs)) this.#sendWord(word, from, nowMs);
    }
    for (let at = 0; at < wanted.length; at += WANT_OWNERS) {
      const owners = wanted.slice(at, at + WANT_OWNERS);
      this.send(from, { type: "LINKSTATE_WANT", body: { owners } });
    }
    const { words } = this.database;
    if (count === words.size && sum === this.database.sum) return;
    if (entries.length === 0) this.#list(from, count, nowMs);
    else if (entries.length === count) this.#sendMissing(entries, from, nowMs);
    this.digestAtMs = Math.min(this.digestAtMs, nowMs + this.#soonMs);
  }

  /** A whole list says what the other side lacks. */
  #sendMissing(
    entries: readonly (readonly [NodeName, number, number])[],
    to: Neighbor,
    nowMs: number,
  ): void {
    const known = new Set(entries.map(([owner]) => owner));
    let room = WANT_OWNERS;
    for (const word of this.database.words.values()) {
      if (room === 0) return;
      if (known.has(word.owner)) continue;
      this.#sendWord(word, to, nowMs);
      room--;
    }
  }

  /** Says whose words are known here, newest first, so that the other side can ask or answer. */
  #list(to: Neighbor, theirCount: number, nowMs: number): void {
    const { name } = to.peer;
    if (nowMs - (this.#listedMs.get(name) ?? -Infinity) < LIST_GAP_MS) return;
    this.#listedMs.set(name, nowMs);
    const all = [...this.database.words.values()];
    const { length } = all;
    if (length === 0) return;
    // The map's order is that of arrival: what changed last is what was lost most likely.
    const recent = all.slice(-LIST_ENTRIES / 2).reverse();
    const rest = Array.from(all, (_, i) => all[(this.#listFrom + i) % length]);
    const lists = theirCount * 2 < length ? LISTS_AT_ONCE : 2;
    const seen = new Set<Word>();
    const queue = [...recent, ...rest].filter((word): word is Word =>
      word !== undefined && !seen.has(word) && seen.add(word) !== undefined
    );
    for (let i = 0; i < lists && queue.length > 0; i++) {
      const entries: [NodeName, number, number][] = [];
      for (let room = LIST_BYTES; queue.length > 0 && entries.length < LIST_ENTRIES;) {
        const [word] = queue;
        if (word === undefined) break;
        room -= word.owner.length + ENTRY_BYTES;
        if (room < 0) break;
        entries.push([word.owner, word.life, word.sequence]);
        queue.shift();
      }
      this.#listFrom = (this.#listFrom + entries.length) % length;
      this.send(to, { ...this.#digest(entries) });
    }
  }

  #digest(entries: [NodeName, number, number][] = []): Saying {
    const { words, sum } = this.database;
    return { type: "LINKSTATE_DIGEST", body: { count: words.size, sum, entries } };
  }

  /** Sends a word's pages with what is left of its life. */
  #sendWord(word: Word | undefined, to: Neighbor, nowMs: number): void {
    const ttlMs = word === undefined ? 0 : Math.floor(word.expiresMs - nowMs) - 1;
    if (word === undefined || ttlMs < 1) return;
    for (const page of word.pages) {
      this.send(to, { type: "LINKSTATE", body: { ...page, ttlMs } });
    }
  }

  *#up(): Iterable<Neighbor> {
    for (const neighbor of this.neighbors.values()) if (neighbor.up) yield neighbor;
  }
}
