/** The entries of all other owners: whole ones that are seen, and those whose pages still come in. */
import { type NodeName, originOf } from "../../core/ids.ts";
import type { PopInfo, StreamInfo } from "../../core/slots.ts";
import { bodyBytes } from "../../core/wire/control_codec.ts";
import type { CatalogRecord } from "../../core/wire/messages.ts";

/** Pages of a set that stays incomplete are forgotten after this; anti-entropy asks for them again. */
const INCOMPLETE_MS = 10_000;
/** No entry may live longer than this without a newer version, whatever its owner says. */
const TTL_MAX_MS = 600_000;
/** An entry with less than this left to live is passed on no more. */
const PASS_ON_MS = 1_000;

/** Limits of the store. */
export interface StoreLimits {
  readonly maxOwners: number;
  readonly maxPages: number;
  readonly maxBytes: number;
  /** How long an entry that was taken back is remembered. */
  readonly ttl: number;
}

/** Which of two entries of one owner is newer. */
export interface Age {
  readonly instance: number;
  readonly version: number;
}

/** Positive when `a` is newer than `b`. */
export function compareAge(a: Age, b: Age | undefined): number {
  if (b === undefined) return 1;
  return a.instance - b.instance || a.version - b.version;
}

interface PageSet extends Age {
  readonly pages: (CatalogRecord | undefined)[];
  missing: number;
  bytes: number;
  readonly withdrawn: boolean;
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Owner {
  whole: PageSet | undefined;
  incoming: PageSet | undefined;
  /** What is seen of the whole set, to tell a change from a refresh. */
  content: string;
}

/** Why a page was not kept. */
export type Refused = "duplicate" | "old" | "owners-full" | "bytes-full" | "invalid";

/** What became of a page. */
export type Put =
  | { readonly kept: false; readonly why: Refused }
  /** `changed`: what is seen of the catalogue is another. */
  | { readonly kept: true; readonly whole: boolean; readonly changed: boolean };

/** The table. */
export class Store {
  readonly #limits: StoreLimits;
  readonly #owners = new Map<NodeName, Owner>();
  #bytes = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#owners.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The newest whole entry's age. */
  age(owner: NodeName): Age | undefined {
    return this.#owners.get(owner)?.whole;
  }

  put(record: CatalogRecord, nowMs: number): Put {
    if (!this.#valid(record)) return { kept: false, why: "invalid" };
    const known = this.#owners.get(record.owner);
    const againstWhole = compareAge(record, known?.whole);
    if (againstWhole <= 0) return { kept: false, why: againstWhole === 0 ? "duplicate" : "old" };
    const againstIncoming = compareAge(record, known?.incoming);
    if (againstIncoming < 0) return { kept: false, why: "old" };
    if (known === undefined && this.#owners.size >= this.#limits.maxOwners) {
      return { kept: false, why: "owners-full" };
    }
    const bytes = bodyBytes("CATALOG_RECORD", record);
    if (this.#bytes + bytes > this.#limits.maxBytes) return { kept: false, why: "bytes-full" };
    const owner = known ?? { whole: undefined, incoming: undefined, content: "" };
    if (againstIncoming > 0) {
      this.#release(owner.incoming);
      owner.incoming = this.#begin(record, nowMs);
    }
    const set = owner.incoming;
    if (set === undefined || set.pages.length !== record.pages) {
      return { kept: false, why: "invalid" };
    }
    if (set.pages[record.page] !== undefined) return { kept: false, why: "duplicate" };
    this.#owners.set(record.owner, owner);
    set.pages[record.page] = record;
    set.missing--;
    set.bytes += bytes;
    this.#bytes += bytes;
    return { kept: true, whole: set.missing === 0, changed: this.#complete(owner, set) };
  }

  /** Every entry that may be told of, sorted by owner. */
  digests(nowMs: number): [NodeName, number, number][] {
    const all: [NodeName, number, number][] = [];
    for (const [name, { whole }] of this.#owners) {
      if (whole === undefined || !this.#passable(whole, nowMs)) continue;
      all.push([name, whole.instance, whole.version]);
    }
    return all.sort((a, b) => a[0] < b[0] ? -1 : 1);
  }

  /** The pages of an owner as they may be passed on: with the time they have left. */
  records(name: NodeName, nowMs: number): readonly CatalogRecord[] {
    const whole = this.#owners.get(name)?.whole;
    if (whole === undefined) return [];
    // Asked for by name, an entry taken back is told as long as it is remembered.
    if (!whole.withdrawn && !this.#passable(whole, nowMs)) return [];
    const ttl = whole.withdrawn ? 0 : Math.floor((whole.untilMs - nowMs) / 1000);
    return whole.pages.flatMap((page) => page === undefined ? [] : { ...page, ttl });
  }

  owners(): readonly NodeName[] {
    return [...this.#owners.keys()];
  }

  /** Lets go what has outlived its time; tells whether what is seen changed. */
  expire(nowMs: number): boolean {
    let changed = false;
    for (const [name, owner] of this.#owners) {
      const { incoming, whole } = owner;
      if (incoming !== undefined && nowMs - incoming.sinceMs >= INCOMPLETE_MS) {
        this.#release(incoming);
        owner.incoming = undefined;
      }
      if (whole !== undefined && whole.untilMs <= nowMs) {
        this.#release(whole);
        owner.whole = undefined;
        changed ||= !whole.withdrawn;
      }
      if (owner.whole === undefined && owner.incoming === undefined) this.#owners.delete(name);
    }
    return changed;
  }

  streams(): StreamInfo[] {
    const all: StreamInfo[] = [];
    for (const { whole } of this.#owners.values()) {
      if (whole === undefined || whole.withdrawn) continue;
      for (const page of whole.pages) {
        for (const { name, ssrc, bitrate, title } of page?.streams ?? []) {
          all.push({ name, ssrc, bitrate, title });
        }
      }
    }
    return all;
  }

  pops(): PopInfo[] {
    const all: PopInfo[] = [];
    for (const { whole } of this.#owners.values()) {
      const pop = whole?.withdrawn === false ? whole.pages[0]?.pop : undefined;
      if (pop !== undefined) all.push(pop);
    }
    return all;
  }

  /** Nobody speaks for another: streams and POP must be the owner's own. */
  #valid(record: CatalogRecord): boolean {
    const { owner, page, pages, pop, streams } = record;
    return page < pages && pages <= this.#limits.maxPages &&
      (pop === undefined || (page === 0 && pop.peer.name === owner)) &&
      streams.every((stream) => originOf(stream.name) === owner);
  }

  #begin(record: CatalogRecord, nowMs: number): PageSet {
    const withdrawn = record.ttl === 0;
    const lifeMs = withdrawn ? this.#limits.ttl : Math.min(TTL_MAX_MS, record.ttl * 1000);
    return {
      instance: record.instance,
      version: record.version,
      pages: Array.from({ length: record.pages }, () => undefined),
      missing: record.pages,
      bytes: 0,
      withdrawn,
      sinceMs: nowMs,
      untilMs: nowMs + lifeMs,
    };
  }

  /** A set with all its pages takes the place of the one before; tells whether that shows. */
  #complete(owner: Owner, set: PageSet): boolean {
    if (set.missing > 0) return false;
    this.#release(owner.whole);
    owner.whole = set;
    owner.incoming = undefined;
    const content = set.withdrawn
      ? ""
      : JSON.stringify(set.pages.map((page) => [page?.streams, page?.pop]));
    const changed = content !== owner.content;
    owner.content = content;
    return changed;
  }

  /** One taken back is told of for a third of its memory only, or it would go round for ever. */
  #passable(set: PageSet, nowMs: number): boolean {
    return set.withdrawn
      ? nowMs - set.sinceMs < this.#limits.ttl / 3
      : set.untilMs - nowMs >= PASS_ON_MS;
  }

  #release(set: PageSet | undefined): void {
    if (set !== undefined) this.#bytes -= set.bytes;
  }
}
