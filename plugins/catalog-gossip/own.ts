/** This node's own entry: when it must be spread, and as which version. */
import { createHash } from "node:crypto";
import { type NodeName, originOf, type Peer, samePeer } from "../../core/ids.ts";
import type { PopInfo, StreamInfo } from "../../core/slots.ts";
import type { CatalogRecord } from "../../core/wire/messages.ts";
import type { Config } from "./config.ts";
import { paginate } from "./pages.ts";
import { type Age, compareAge } from "./store.ts";

/** Characters of a digest: 64 bits tell lists apart that nobody forges. */
const DIGEST_CHARS = 16;

/** A POP's entry without the peer. */
export type PopOffer = Omit<PopInfo, "peer">;

/** What a successor needs to go on. */
export interface OwnState extends Age {
  readonly streams: readonly StreamInfo[];
  readonly pop: PopOffer | undefined;
}

function samePop(a: PopOffer | undefined, b: PopOffer | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.children === b.children && a.maxChildren === b.maxChildren && a.closed === b.closed;
}

/** The own entry. */
export class OwnEntry implements Age {
  readonly #config: Config;
  readonly #name: NodeName;
  #instance: number;
  #version = 0;
  #self: Peer | undefined;
  #streams: readonly StreamInfo[] = [];
  #offer: PopOffer | undefined;
  /** The POP as it was spread last. */
  #spreadPop: PopOffer | undefined;
  #spreadPopMs = -Infinity;
  #records: readonly CatalogRecord[] = [];
  #publishMs: number | undefined;
  #refreshMs: number | undefined;
  #digest: string | undefined;
  /** The next version is made even if there is nothing in it. */
  #forced = false;
  /** Taken back for good: what others still offer in this node's last moments is not spread. */
  #gone = false;
  #foreign = 0;
  #cut = 0;

  constructor(config: Config, name: NodeName, instance: number) {
    this.#config = config;
    this.#name = name;
    this.#instance = instance;
  }

  get instance(): number {
    return this.#instance;
  }

  get version(): number {
    return this.#version;
  }

  /** The pages that were spread last. */
  get records(): readonly CatalogRecord[] {
    return this.#records;
  }

  get streams(): readonly StreamInfo[] {
    return this.#streams;
  }

  get pop(): PopInfo | undefined {
    return this.#offer === undefined || this.#self === undefined
      ? undefined
      : { peer: this.#self, ...this.#offer };
  }

  /** Offered streams that are not spread: they did not fit, or are not this node's own. */
  get streamsCut(): number {
    return this.#foreign + this.#cut;
  }

  /** When the entry must be spread. */
  get dueMs(): number | undefined {
    if (this.#publishMs === undefined) return this.#refreshMs;
    return Math.min(this.#publishMs, this.#refreshMs ?? Infinity);
  }

  /** Digest of the own streams. */
  get digest(): string {
    return this.#digest ??= createHash("sha256").update(JSON.stringify(
      this.#streams.map(({ name, ssrc, bitrate, title }) => [name, ssrc, bitrate ?? null, title])
        .sort((a, b) => String(a[0]) < String(b[0]) ? -1 : 1),
    )).digest("hex").slice(0, DIGEST_CHARS);
  }

  /** Tells whether what is seen of the entry changed; so do the next two. */
  setSelf(self: Peer, nowMs: number): boolean {
    const changed = this.#offer !== undefined &&
      (this.#self === undefined || !samePeer(this.#self, self));
    this.#self = self;
    if (changed) this.#publishBy(nowMs);
    return changed;
  }

  setStreams(streams: readonly StreamInfo[], nowMs: number): boolean {
    if (this.#gone) return false;
    const { digest } = this;
    this.#streams = streams.filter((stream) => originOf(stream.name) === this.#name);
    this.#foreign = streams.length - this.#streams.length;
    this.#digest = undefined;
    if (this.digest === digest) return false;
    this.#publishBy(nowMs);
    return true;
  }

  setPop(offer: PopOffer | undefined, nowMs: number): boolean {
    if (this.#gone || samePop(offer, this.#offer)) return false;
    this.#offer = offer;
    const last = this.#spreadPop;
    if (offer === undefined || last === undefined) {
      this.#publishBy(nowMs);
      return true;
    }
    const step = this.#config.popStep * offer.maxChildren;
    const worth = offer.closed !== last.closed || offer.maxChildren !== last.maxChildren ||
      Math.abs(offer.children - last.children) > step;
    if (worth) this.#publishBy(Math.max(nowMs, this.#spreadPopMs + this.#config.popGap));
    return true;
  }

  snapshot(): OwnState {
    return {
      instance: this.#instance,
      version: this.#version,
      streams: this.#streams,
      pop: this.#offer,
    };
  }

  adopt(state: OwnState, nowMs: number): void {
    if (compareAge(state, this) > 0) {
      this.#instance = state.instance;
      this.#version = state.version;
    }
    this.setStreams(state.streams, nowMs);
    this.setPop(state.pop, nowMs);
    this.#publishBy(nowMs, true);
  }

  /** Somebody has a version of this node's entry that is newer than its own: goes above it. */
  outrun(age: Age, nowMs: number): void {
    if (compareAge(age, this) <= 0) return;
    // Numbers at the end of what can be counted are no version of an honest past.
    if (age.instance >= Number.MAX_SAFE_INTEGER - 1) return;
    const wraps = age.version >= Number.MAX_SAFE_INTEGER - 1;
    this.#instance = wraps ? age.instance + 1 : age.instance;
    this.#version = wraps ? 0 : age.version;
    this.#publishBy(nowMs, true);
  }

  /** An entry of a former life goes round, and this life has none: takes it back. */
  disown(nowMs: number): void {
    if (this.#version === 0) this.#publishBy(nowMs, true);
  }

  #publishBy(atMs: number, forced = false): void {
    this.#forced ||= forced;
    this.#publishMs = Math.min(this.#publishMs ?? Infinity, atMs + this.#config.gather);
  }

  /** Makes the next version when it is due; tells whether there is one. */
  publish(nowMs: number): boolean {
    if (this.dueMs === undefined || this.dueMs > nowMs) return false;
    this.#publishMs = undefined;
    const { pop } = this;
    const empty = this.#streams.length === 0 && pop === undefined;
    const known = this.#records.some((record) => record.ttl > 0);
    const forced = this.#forced;
    this.#forced = false;
    this.#refreshMs = empty ? undefined : nowMs + this.#config.refresh;
    if (empty && !known && !forced) return false;
    this.#make(empty ? 0 : Math.ceil(this.#config.ttl / 1000), nowMs);
    return true;
  }

  /** Takes the entry back for good. */
  withdraw(nowMs: number): boolean {
    this.#gone = true;
    this.#streams = [];
    this.#offer = undefined;
    this.#digest = undefined;
    this.#publishMs = undefined;
    this.#refreshMs = undefined;
    if (!this.#records.some((record) => record.ttl > 0)) return false;
    this.#make(0, nowMs);
    return true;
  }

  #make(ttl: number, nowMs: number): void {
    this.#version++;
    const head = {
      owner: this.#name,
      instance: this.#instance,
      version: this.#version,
      ttl,
    };
    const { pop } = this;
    const { records, streamsCut } = paginate(head, this.#streams, pop, this.#config.maxPages);
    this.#records = records;
    this.#cut = streamsCut;
    this.#spreadPop = this.#offer;
    this.#spreadPopMs = nowMs;
  }
}
