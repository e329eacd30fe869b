/** The simulated network's ordered pairs: settings, partitions and totals. */
import { LinkModel, type LinkSettings } from "../../core/link_model.ts";
import type { Rng } from "../../core/ports.ts";
import { seededRng } from "../../core/rng.ts";

/** What went over one ordered pair of hosts. Datagrams only, but for `tcpBytes`. */
export interface PairTotals {
  packetsSent: number;
  bytesSent: number;
  packetsDelivered: number;
  bytesDelivered: number;
  tcpBytes: number;
}

/** One direction between two hosts. */
export class Link {
  readonly model: LinkModel;
  readonly rng: Rng;
  readonly totals: PairTotals = {
    packetsSent: 0,
    bytesSent: 0,
    packetsDelivered: 0,
    bytesDelivered: 0,
    tcpBytes: 0,
  };
  /** Cut by a partition, whatever the settings say. */
  blocked = false;
  /** Has settings of its own, so that a change of the default leaves it alone. */
  own = false;

  constructor(readonly from: string, readonly to: string, settings: LinkSettings, seed: number) {
    this.model = new LinkModel(settings);
    this.rng = seededRng(seed);
  }

  /** Delays of the copies that arrive; none when it is lost or cut. */
  plan(sizeBytes: number, nowMs: number): readonly number[] {
    return this.blocked ? NOTHING : this.model.plan(sizeBytes, nowMs, this.rng);
  }
}

const NOTHING: readonly number[] = [];

/** A seed for a sub-stream: names in, 32 bits out (FNV-1a with a final mix). */
export function subSeed(seed: number, ...names: readonly string[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const name of names) {
    for (let i = 0; i < name.length; i++) {
      hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
    }
    hash = Math.imul(hash ^ 0xff, 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** All ordered pairs that were used or set. */
export class Links {
  readonly #pairs = new Map<string, Map<string, Link>>();
  readonly #seed: number;
  #default: LinkSettings;
  #cuts: ((from: string, to: string) => boolean)[] = [];

  constructor(seed: number, settings: LinkSettings) {
    this.#seed = seed;
    this.#default = settings;
  }

  /** The link of an ordered pair, made on first use. A host's link to itself is perfect. */
  of(from: string, to: string): Link {
    let row = this.#pairs.get(from);
    if (row === undefined) this.#pairs.set(from, row = new Map());
    let link = row.get(to);
    if (link === undefined) {
      const settings = from === to ? LOOPBACK : this.#default;
      link = new Link(from, to, settings, subSeed(this.#seed, "link", from, to));
      link.blocked = this.#cuts.some((cut) => cut(from, to));
      row.set(to, link);
    }
    return link;
  }

  /** Every link so far. */
  *all(): Iterable<Link> {
    for (const row of this.#pairs.values()) yield* row.values();
  }

  /** Changes the settings of all links that have none of their own, those to come included. */
  changeDefault(settings: Partial<LinkSettings>): void {
    this.#default = { ...this.#default, ...settings };
    for (const link of this.all()) {
      if (!link.own && link.from !== link.to) link.model.change(settings);
    }
  }

  /** Changes one ordered pair. */
  change(from: string, to: string, settings: Partial<LinkSettings>): void {
    const link = this.of(from, to);
    link.own = true;
    link.model.change(settings);
  }

  /** Cuts all links for which `cut` is true until the result is disposed. */
  cut(cut: (from: string, to: string) => boolean): Disposable {
    const own = (from: string, to: string): boolean => from !== to && cut(from, to);
    this.#cuts.push(own);
    this.#applyCuts();
    return {
      [Symbol.dispose]: () => {
        this.#cuts = this.#cuts.filter((one) => one !== own);
        this.#applyCuts();
      },
    };
  }

  /** Takes back every cut. */
  heal(): void {
    this.#cuts = [];
    this.#applyCuts();
  }

  #applyCuts(): void {
    for (const link of this.all()) {
      link.blocked = this.#cuts.some((cut) => cut(link.from, link.to));
    }
  }
}

const LOOPBACK: LinkSettings = { ...new LinkModel({ delayMs: 0.02 }).settings };
