/** This node's own word: what it says of its links, when it says it anew, and how it is cut into pages. */
import type { NodeName } from "../../core/ids.ts";
import type { LinkWord, Page, Word } from "./database.ts";
import { isNewer, isSame, nextSerial, type Version } from "./serial.ts";

/** Changes within this time are told together. */
const COALESCE_MS = 20;
/** Between two words at least: five a second while links come and go. */
const WORD_GAP_MS = 200;
/** The same when nothing but costs has moved. */
const COST_GAP_MS = 2000;
/** A cost that moved by less is told with the next refresh. */
const COST_SHARE = 0.05;
const COST_MIN_US = 100;
/** A word lives for so many refreshes. */
export const LIFE_REFRESHES = 3.5;
/** Bytes of links in one page; the rest of the 1200 is for the envelope and its tags. */
const PAGE_BYTES = 850;
/** CBOR around a link: array, text, cost and flag. */
const LINK_BYTES = 12;
const PAGE_LINKS = 64;
const PAGES_MAX = 32;

/** What is to be said now. */
export interface Content {
  /** Whether others need to know of this node at all: viewers carry nothing for anybody. */
  readonly active: boolean;
  readonly transit: boolean;
  readonly full: boolean;
  readonly links: ReadonlyMap<NodeName, LinkWord>;
}

/** The word and its renewal. */
export class OwnWord {
  #life: number;
  #sequence: number;
  #told: Content | undefined;
  #toldMs = -Infinity;
  #dueMs = Infinity;
  /** Somebody holds a word that has to be topped. */
  #overtaken = false;

  constructor(
    readonly me: NodeName,
    life: number,
    readonly refreshMs: number,
    sequence = 0,
  ) {
    this.#life = life;
    this.#sequence = sequence;
  }

  /** When a new word is due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Compares what is with what was said, and plans. */
  plan(content: Content, mustHear: (neighbor: NodeName) => boolean, nowMs: number): void {
    const told = this.#told;
    const active = content.active || told?.active === true || this.#overtaken;
    if (!active) return;
    const gapMs = told === undefined || this.#overtaken
      ? WORD_GAP_MS
      : gapOf(told, content, mustHear);
    const refreshAtMs = content.active ? this.#toldMs + this.refreshMs : Infinity;
    // What is planned already is not put off by the next change.
    if (gapMs !== undefined) {
      this.#dueMs = Math.min(this.#dueMs, Math.max(nowMs + COALESCE_MS, this.#toldMs + gapMs));
    } else if (this.#dueMs > nowMs) this.#dueMs = refreshAtMs;
  }

  /** The due word. */
  speak(content: Content, nowMs: number): Word {
    this.#sequence = nextSerial(this.#sequence);
    const said = content.active ? content : { ...content, transit: false, links: new Map() };
    this.#overtaken = false;
    this.#told = content;
    this.#toldMs = nowMs;
    this.#dueMs = content.active ? nowMs + this.refreshMs : Infinity;
    const lifeMs = Math.round(this.refreshMs * LIFE_REFRESHES);
    const version = { owner: this.me, life: this.#life, sequence: this.#sequence };
    const { transit, full, links } = said;
    const pages = cut(links).map((part, page, all): Page => ({
      ...version,
      page,
      pages: all.length,
      ttlMs: lifeMs,
      transit,
      full,
      links: [...part],
    }));
    return { ...version, transit, full, links, pages, expiresMs: nowMs + lifeMs };
  }

  /**
   * Somebody holds a word in this node's name that it has not said in this life: a former life's, perhaps one
   * with a clock ahead. It is topped, so that this life is heard. True when there is something to say.
   */
  overtake(version: Version): boolean {
    const own = { life: this.#life, sequence: this.#sequence };
    if (isSame(version, own) || !isNewer(version, own)) return false;
    this.#life = version.life;
    this.#sequence = version.sequence;
    this.#overtaken = true;
    return true;
  }
}

/** How long after the last word the difference may be told; undefined: there is none worth a word. */
function gapOf(
  told: Content,
  now: Content,
  mustHear: (neighbor: NodeName) => boolean,
): number | undefined {
  if (told.active !== now.active || told.transit !== now.transit || told.full !== now.full) {
    return WORD_GAP_MS;
  }
  if (told.links.size !== now.links.size) return WORD_GAP_MS;
  let moved = false;
  for (const [name, { costUs, followed }] of now.links) {
    const before = told.links.get(name);
    if (before === undefined) return WORD_GAP_MS;
    const off = Math.abs(before.costUs - costUs);
    moved ||= off > Math.max(COST_MIN_US, before.costUs * COST_SHARE) ||
      (before.followed !== followed && mustHear(name));
  }
  return moved ? COST_GAP_MS : undefined;
}

type Told = Page["links"][number];

/** Cuts the links into pages that fit into a datagram; there is always one. */
function cut(links: ReadonlyMap<NodeName, LinkWord>): readonly (readonly Told[])[] {
  const pages: Told[][] = [[]];
  let room = PAGE_BYTES;
  for (const [name, { costUs, followed }] of links) {
    const bytes = name.length + LINK_BYTES;
    let page = pages.at(-1) ?? [];
    if (bytes > room || page.length >= PAGE_LINKS) {
      if (pages.length >= PAGES_MAX) break;
      pages.push(page = []);
      room = PAGE_BYTES;
    }
    page.push([name, Math.round(costUs), followed]);
    room -= bytes;
  }
  return pages;
}
