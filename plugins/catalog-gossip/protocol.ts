/**
 * The catalogue by gossip: owners flood new versions of their entry, everybody passes new pages on, and
 * an exchange of digests with a random neighbor repairs what was lost.
 */
import type { NodeName, Peer } from "../../core/ids.ts";
import type { Machine } from "../../core/plugin.ts";
import type { Rng } from "../../core/ports.ts";
import type { PopInfo, StreamInfo } from "../../core/slots.ts";
import { TokenBucket } from "../../core/token_bucket.ts";
import type { CatalogRecord, MessageBody } from "../../core/wire/messages.ts";
import type { Config } from "./config.ts";
import type { Dropped, In, Out, Sent } from "./events.ts";
import { OwnEntry, type OwnState } from "./own.ts";
import { digestMessages, wantMessages } from "./pages.ts";
import { compareAge, Store } from "./store.ts";

/** Pages sent to one neighbor at once, and the pause between two such batches: 800 a second. */
const BATCH_PAGES = 16;
const BATCH_MS = 20;
/** Digest messages of one exchange; the next goes on where it ended. */
const DIGESTS_A_ROUND = 4;
/** Entries are looked at this often for those that have outlived their time. */
const SWEEP_MS = 1000;

interface Neighbor {
  peer: Peer;
  up: boolean;
  readonly bucket: TokenBucket;
  /** Owners whose pages wait to be sent to it, with the next page. Bounded by the number of owners. */
  readonly outbox: Map<NodeName, number>;
  /** Where the next digest exchange with it begins. */
  cursor: NodeName | undefined;
}

/** The brain of `catalog-gossip`. */
export class Gossip implements Machine<In, Out> {
  readonly #config: Config;
  readonly #rng: Rng;
  readonly #name: NodeName;
  readonly #own: OwnEntry;
  readonly #store: Store;
  readonly #neighbors = new Map<NodeName, Neighbor>();
  #roundMs: number | undefined;
  #sweepMs: number | undefined;
  #batchMs: number | undefined;
  #streams: readonly StreamInfo[] | undefined;
  #byName: ReadonlyMap<string, StreamInfo> | undefined;
  #pops: readonly PopInfo[] | undefined;
  #out: Out[] = [];
  /** Totals by reason. */
  readonly dropped: Record<Dropped, number> = {
    stranger: 0,
    rate: 0,
    duplicate: 0,
    old: 0,
    invalid: 0,
    "owners-full": 0,
    "bytes-full": 0,
  };

  constructor(config: Config, rng: Rng, name: NodeName, instance: number) {
    this.#config = config;
    this.#rng = rng;
    this.#name = name;
    this.#own = new OwnEntry(config, name, instance);
    this.#store = new Store(config);
  }

  get owners(): number {
    return this.#store.size;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  get streamsCut(): number {
    return this.#own.streamsCut;
  }

  get digest(): string {
    return this.#own.digest;
  }

  /** The own entry for a successor. */
  snapshot(): OwnState {
    return this.#own.snapshot();
  }

  /** Goes on with a predecessor's entry. */
  adopt(state: OwnState, nowMs: number): void {
    this.#own.adopt(state, nowMs);
  }

  get streams(): readonly StreamInfo[] {
    this.#streams ??= [...this.#own.streams, ...this.#store.streams()];
    return this.#streams;
  }

  get pops(): readonly PopInfo[] {
    if (this.#pops === undefined) {
      const { pop } = this.#own;
      this.#pops = pop === undefined ? this.#store.pops() : [pop, ...this.#store.pops()];
    }
    return this.#pops;
  }

  stream(name: string): StreamInfo | undefined {
    this.#byName ??= new Map(this.streams.map((stream) => [stream.name, stream]));
    return this.#byName.get(name);
  }

  /** When `tick` is due. */
  dueMs(): number | undefined {
    const dues = [this.#roundMs, this.#sweepMs, this.#batchMs, this.#own.dueMs]
      .filter((due) => due !== undefined);
    return dues.length === 0 ? undefined : Math.min(...dues);
  }

  handle(event: In, nowMs: number): readonly Out[] {
    this.#out = [];
    this.#step(event, nowMs);
    return this.#out;
  }

  #step(event: In, nowMs: number): void {
    switch (event.kind) {
      case "start":
        this.#own.setSelf(event.self, nowMs);
        this.#roundMs = nowMs + this.#config.antiEntropy * this.#rng.next();
        this.#sweepMs = nowMs + SWEEP_MS;
        return;
      case "self":
        if (this.#own.setSelf(event.self, nowMs)) this.#changed();
        return;
      case "neighbors":
        return this.#setNeighbors(event.neighbors, nowMs);
      case "up":
        return this.#up(event.name, nowMs);
      case "down":
        return this.#down(event.name);
      case "record":
        return this.#record(event.from, event.record, nowMs);
      case "digest":
        return this.#digestIn(event, nowMs);
      case "want":
        return this.#want(event.from, event.body.owners, nowMs);
      case "offer-streams":
        if (this.#own.setStreams(event.streams, nowMs)) this.#changed();
        return;
      case "offer-pop":
        if (this.#own.setPop(event.pop, nowMs)) this.#changed();
        return;
      case "withdraw":
        // Twice, because after this nobody is left to repair a loss.
        if (this.#own.withdraw(nowMs)) { for (const _ of [1, 2]) this.#flood(this.#own.records); }
        return this.#changed();
      case "tick":
        return this.#tick(nowMs);
    }
  }

  #changed(): void {
    this.#streams = undefined;
    this.#byName = undefined;
    this.#pops = undefined;
    if (!this.#out.some((out) => out.kind === "changed")) this.#out.push({ kind: "changed" });
  }

  // Neighbors

  #setNeighbors(
    list: readonly { readonly peer: Peer; readonly up: boolean }[],
    nowMs: number,
  ): void {
    const listed = new Set(list.map(({ peer }) => peer.name));
    for (const name of this.#neighbors.keys()) {
      if (!listed.has(name)) this.#neighbors.delete(name);
    }
    for (const { peer, up } of list) {
      const known = this.#neighbors.get(peer.name);
      if (known !== undefined) known.peer = peer;
      else {
        const rate = this.#config.messagesPerSecond;
        this.#neighbors.set(peer.name, {
          peer,
          up: false,
          bucket: new TokenBucket(rate, 2 * rate, nowMs),
          outbox: new Map(),
          cursor: undefined,
        });
      }
      if (up && known?.up !== true) this.#up(peer.name, nowMs);
    }
  }

  #up(name: NodeName, nowMs: number): void {
    const neighbor = this.#neighbors.get(name);
    if (neighbor === undefined) return;
    neighbor.up = true;
    neighbor.cursor = undefined;
    for (const body of digestMessages(this.#digests(nowMs))) {
      this.#send(neighbor, { type: "CATALOG_DIGEST", body });
    }
  }

  #down(name: NodeName): void {
    const neighbor = this.#neighbors.get(name);
    if (neighbor === undefined) return;
    neighbor.up = false;
    neighbor.outbox.clear();
  }

  /** The neighbor behind a message, if it is one and keeps its rate. */
  #sender(from: NodeName, nowMs: number): Neighbor | undefined {
    const neighbor = this.#neighbors.get(from);
    if (neighbor === undefined) {
      this.dropped.stranger++;
      return undefined;
    }
    if (neighbor.bucket.take(nowMs)) return neighbor;
    this.dropped.rate++;
    return undefined;
  }

  #send(to: Neighbor, message: Sent): void {
    this.#out.push({ kind: "send", to: to.peer, message });
  }

  // Records

  #record(from: NodeName, record: CatalogRecord, nowMs: number): void {
    const sender = this.#sender(from, nowMs);
    if (sender === undefined) return;
    if (record.owner === this.#name) return this.#ownRecord(record, nowMs);
    const put = this.#store.put(record, nowMs);
    if (!put.kept) {
      this.dropped[put.why]++;
      // It is behind: it gets what is newer, so that old entries die out at once.
      if (put.why === "old") this.#enqueue(sender, record.owner, nowMs);
      return;
    }
    for (const neighbor of this.#neighbors.values()) {
      if (neighbor.up && neighbor !== sender) {
        this.#send(neighbor, { type: "CATALOG_RECORD", body: record });
      }
    }
    if (put.changed) this.#changed();
  }

  #ownRecord(record: CatalogRecord, nowMs: number): void {
    if (compareAge(record, this.#own) > 0) this.#own.outrun(record, nowMs);
    else this.dropped.duplicate++;
    if (record.ttl > 0 && record.instance < this.#own.instance) this.#own.disown(nowMs);
  }

  /** Sends own pages to everybody, as fast as the pace lets. */
  #flood(records: readonly CatalogRecord[]): void {
    for (const neighbor of this.#neighbors.values()) {
      if (!neighbor.up) continue;
      for (const body of records.slice(0, BATCH_PAGES)) {
        this.#send(neighbor, { type: "CATALOG_RECORD", body });
      }
    }
  }

  #recordsOf(owner: NodeName, nowMs: number): readonly CatalogRecord[] {
    return owner === this.#name ? this.#own.records : this.#store.records(owner, nowMs);
  }

  #enqueue(neighbor: Neighbor, owner: NodeName, nowMs: number): void {
    if (!neighbor.up || neighbor.outbox.has(owner)) return;
    neighbor.outbox.set(owner, 0);
    this.#batchMs ??= nowMs;
  }

  /** One batch to each neighbor that waits for pages. */
  #sendBatches(nowMs: number): void {
    this.#batchMs = undefined;
    for (const neighbor of this.#neighbors.values()) {
      let left = BATCH_PAGES;
      for (const [owner, first] of neighbor.outbox) {
        const records = this.#recordsOf(owner, nowMs);
        const batch = records.slice(first, first + left);
        for (const body of batch) this.#send(neighbor, { type: "CATALOG_RECORD", body });
        left -= batch.length;
        if (first + batch.length < records.length) neighbor.outbox.set(owner, first + batch.length);
        else neighbor.outbox.delete(owner);
        if (left <= 0) break;
      }
      if (neighbor.outbox.size > 0) this.#batchMs = nowMs + BATCH_MS;
    }
  }

  // Anti-entropy

  #digests(nowMs: number): [NodeName, number, number][] {
    const all = this.#store.digests(nowMs);
    const { instance, version } = this.#own;
    if (version === 0) return all;
    const place = all.findIndex(([name]) => name > this.#name);
    all.splice(place < 0 ? all.length : place, 0, [this.#name, instance, version]);
    return all;
  }

  /** The next few digest messages for a neighbor; it is told everything in turns. */
  #round(neighbor: Neighbor, nowMs: number): MessageBody<"CATALOG_DIGEST">[] {
    const all = this.#digests(nowMs);
    const { cursor } = neighbor;
    const first = cursor === undefined ? 0 : all.findIndex(([name]) => name > cursor);
    const messages = digestMessages(first < 0 ? all : all.slice(first)).slice(0, DIGESTS_A_ROUND);
    const last = messages.at(-1);
    neighbor.cursor = last?.more === true ? last.owners.at(-1)?.[0] : undefined;
    return messages;
  }

  #digestIn(event: In & { kind: "digest" }, nowMs: number): void {
    const sender = this.#sender(event.from, nowMs);
    if (sender === undefined) return;
    const { owners } = event.body;
    const wanted: NodeName[] = [];
    for (const [owner, instance, version] of owners) {
      const mine = owner === this.#name ? this.#own : this.#store.age(owner);
      const difference = compareAge({ instance, version }, mine);
      if (difference > 0) {
        if (owner === this.#name) this.#own.outrun({ instance, version }, nowMs);
        else wanted.push(owner);
      } else if (difference < 0) this.#enqueue(sender, owner, nowMs);
      if (owner === this.#name && instance < this.#own.instance) this.#own.disown(nowMs);
    }
    this.#pushMissing(sender, owners, nowMs);
    for (const body of wantMessages(wanted)) this.#send(sender, { type: "CATALOG_WANT", body });
    if (event.answer) return;
    for (const body of this.#round(sender, nowMs)) this.#out.push({ kind: "answer", body });
  }

  /** A digest is sorted: what lies between its ends and is not in it, the sender does not have. */
  #pushMissing(
    sender: Neighbor,
    owners: MessageBody<"CATALOG_DIGEST">["owners"],
    nowMs: number,
  ): void {
    const [first, last] = [owners[0]?.[0], owners.at(-1)?.[0]];
    if (first === undefined || last === undefined) return;
    const listed = new Set(owners.map(([name]) => name));
    for (const [name] of this.#digests(nowMs)) {
      if (name > first && name < last && !listed.has(name)) this.#enqueue(sender, name, nowMs);
    }
  }

  #want(from: NodeName, owners: readonly NodeName[], nowMs: number): void {
    const sender = this.#sender(from, nowMs);
    if (sender === undefined) return;
    const all = owners.length === 0 ? this.#digests(nowMs).map(([name]) => name) : owners;
    for (const owner of all) {
      if (this.#recordsOf(owner, nowMs).length > 0) this.#enqueue(sender, owner, nowMs);
    }
  }

  #tick(nowMs: number): void {
    if (this.#own.publish(nowMs)) this.#spreadOwn(nowMs);
    if (this.#sweepMs !== undefined && this.#sweepMs <= nowMs) {
      this.#sweepMs = nowMs + SWEEP_MS;
      if (this.#store.expire(nowMs)) this.#changed();
    }
    if (this.#roundMs !== undefined && this.#roundMs <= nowMs) {
      this.#roundMs = nowMs + this.#config.antiEntropy * (0.75 + 0.5 * this.#rng.next());
      this.#exchange(nowMs);
    }
    if (this.#batchMs !== undefined && this.#batchMs <= nowMs) this.#sendBatches(nowMs);
  }

  /** A new version starts at its first page for everybody, whatever of the old one still waits. */
  #spreadOwn(nowMs: number): void {
    for (const neighbor of this.#neighbors.values()) {
      if (!neighbor.up) continue;
      neighbor.outbox.set(this.#name, 0);
      this.#batchMs = nowMs;
    }
  }

  /** Compares notes with one neighbor, drawn by lot. */
  #exchange(nowMs: number): void {
    const up = [...this.#neighbors.values()].filter((neighbor) => neighbor.up);
    const neighbor = up[Math.floor(this.#rng.next() * up.length)];
    if (neighbor === undefined) return;
    for (const body of this.#round(neighbor, nowMs)) {
      this.#send(neighbor, { type: "CATALOG_DIGEST", body });
    }
  }
}
