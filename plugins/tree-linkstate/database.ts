/** All that is known of the graph: each node's own word on its links, newest only, until it ages out. */
import type { NodeName } from "../../core/ids.ts";
import type { MessageBody } from "../../core/wire/messages.ts";
import { isNewer, isSame, type Version } from "./serial.ts";

/** One end's word on a link. */
export interface LinkWord {
  readonly costUs: number;
  /** The owner takes streams from that neighbour. */
  readonly followed: boolean;
}

/** A page as it came. */
export type Page = MessageBody<"LINKSTATE">;

/** A node's newest word. */
export interface Word extends Version {
  readonly owner: NodeName;
  readonly transit: boolean;
  readonly full: boolean;
  readonly links: ReadonlyMap<NodeName, LinkWord>;
  /** As they came, to be passed on. */
  readonly pages: readonly Page[];
  readonly expiresMs: number;
}

/** Pages of a word that is not whole yet. */
interface Partial extends Version {
  readonly pages: Map<number, Page>;
  readonly untilMs: number;
}

/** What became of a page. */
export type Taken = "old" | "same" | "part" | "whole" | "refused";

/** A word whose last page does not come within this is forgotten. */
const PARTIAL_MS = 5000;

/** The words. */
export class Database {
  readonly words = new Map<NodeName, Word>();
  readonly #partials = new Map<NodeName, Partial>();
  readonly #max: number;
  /** A sum over all owners, lives and numbers: equal at two nodes that know the same. */
  sum = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** The version known of an owner. */
  version(owner: NodeName): Version | undefined {
    return this.words.get(owner);
  }

  /** Takes one page. */
  take(page: Page, nowMs: number): Taken {
    const { owner } = page;
    const known = this.words.get(owner);
    if (known !== undefined && isSame(page, known)) return "same";
    if (known !== undefined && !isNewer(page, known)) return "old";
    if (known === undefined && this.words.size >= this.#max) return "refused";
    const pages = this.#gather(page, nowMs);
    if (pages === undefined) return "refused";
    if (pages.length < page.pages) return "part";
    this.#partials.delete(owner);
    this.put(wordOf(pages, nowMs));
    return "whole";
  }

  /** Puts a whole word in the place of an older one. */
  put(word: Word): void {
    this.remove(word.owner);
    this.words.set(word.owner, word);
    this.sum = (this.sum + hashOf(word)) >>> 0;
  }

  remove(owner: NodeName): boolean {
    const word = this.words.get(owner);
    if (word === undefined) return false;
    this.sum = (this.sum - hashOf(word)) >>> 0;
    return this.words.delete(owner);
  }

  /** Forgets what has aged; whether anything has. */
  expire(nowMs: number): boolean {
    let gone = false;
    for (const { owner, expiresMs } of this.words.values()) {
      if (expiresMs <= nowMs) gone = this.remove(owner) || gone;
    }
    for (const [owner, { untilMs }] of this.#partials) {
      if (untilMs <= nowMs) this.#partials.delete(owner);
    }
    return gone;
  }

  /** All pages of a version so far, in order; undefined: no room for another half word. */
  #gather(page: Page, nowMs: number): readonly Page[] | undefined {
    if (page.pages === 1) return [page];
    let partial = this.#partials.get(page.owner);
    if (partial !== undefined && isNewer(partial, page)) return [];
    if (partial === undefined || !isSame(partial, page)) {
      if (partial === undefined && this.#partials.size >= this.#max) return undefined;
      const { life, sequence } = page;
      partial = { life, sequence, pages: new Map(), untilMs: nowMs + PARTIAL_MS };
      this.#partials.set(page.owner, partial);
    }
    partial.pages.set(page.page, page);
    return [...partial.pages.values()].sort((a, b) => a.page - b.page);
  }
}

function wordOf(pages: readonly Page[], nowMs: number): Word {
  const [first] = pages;
  if (first === undefined) throw new Error("Cannot make a word of no pages");
  const { owner, life, sequence, transit, full } = first;
  const links = new Map<NodeName, LinkWord>();
  for (const page of pages) {
    for (const [name, costUs, followed] of page.links) links.set(name, { costUs, followed });
  }
  const ttlMs = Math.min(...pages.map((page) => page.ttlMs));
  return { owner, life, sequence, transit, full, links, pages, expiresMs: nowMs + ttlMs };
}

/** FNV-1a over owner, life and number. */
function hashOf({ owner, life, sequence }: Word): number {
  const text = `${owner} ${life} ${sequence}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
