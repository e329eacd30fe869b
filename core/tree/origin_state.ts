/** What a node knows of one origin: the neighbors' announcements, the best it said itself, its parent. */
import type { NodeName } from "../ids.ts";
import type { OriginSnapshot, Route } from "../slots.ts";
import type { MessageBody } from "../wire/messages.ts";
import { type Distance, isBetter } from "./distance.ts";

/** A neighbor's last word on an origin. */
export interface Entry extends Distance {
  /** The neighbor's life that said it. */
  readonly instance: number;
  /** From the origin to the neighbor. */
  readonly path: readonly NodeName[];
  readonly full: boolean;
  /** When its sequence number was first heard here, from anybody: what it is worth ages with that. */
  readonly bornMs: number;
}

/** The number of the last message about this origin from one neighbor. */
interface LastMessage {
  readonly instance: number;
  readonly seq: number;
  readonly atMs: number;
}

/** A lower number than the last is an overtaken message if it is this near and this soon; else a new count. */
const OVERTAKEN_SEQS = 4096;
const OVERTAKEN_MS = 5000;
/** A node that is said to be lost is avoided for so long: by then keepalive has found out at everybody's. */
const RUMOR_MS = 1500;

/** One origin. */
export class OriginState {
  epoch: number;
  digest = "";
  #digestSequence = -1;
  readonly entries = new Map<NodeName, Entry>();
  readonly #last = new Map<NodeName, LastMessage>();
  /** Feasibility distance: the best that was ever announced here in this epoch. */
  best: Distance | undefined;
  /** Somebody lost its way with this node; ways through it are the last choice until then. */
  rumor: { readonly name: NodeName; readonly untilMs: number } | undefined;
  /** The neighbor followed. */
  parent: NodeName | undefined;
  /** Since when some other way is better by the hysteresis, and by a little. */
  betterSinceMs: number | undefined;
  slightlySinceMs: number | undefined;
  /** What neighbors were told last; undefined: that there is no way. */
  advertised: MessageBody<"BUILDTREE"> | undefined;
  advertisedMs = -Infinity;
  /** When what changed is to be told. */
  flushAtMs = Infinity;
  withdrawsLeft = 0;
  withdrawAtMs = Infinity;
  /** When to choose again though nothing happens. */
  lookAtMs = Infinity;
  /** No way: when to ask next, the wait after that, and the least sequence number that would help. */
  seekAtMs = Infinity;
  seekGapMs = 0;
  wanted = 0;
  /** The last SEEK passed on, so that copies of it are not. */
  passedSequence = -1;
  passedMs = -Infinity;
  touchedMs: number;
  /** The routes as listeners know them, and their fingerprint. */
  routes: readonly Route[] = [];
  shown = "";
  #newest = -1;
  #newestMs = -Infinity;
  #blamedMs = -Infinity;

  constructor(readonly origin: NodeName, epoch: number, nowMs: number) {
    this.epoch = epoch;
    this.touchedMs = nowMs;
  }

  /** Another life of the origin: nothing of the former one holds. */
  begin(epoch: number): void {
    this.epoch = epoch;
    this.entries.clear();
    this.best = undefined;
    this.parent = undefined;
    this.advertised = undefined;
    this.flushAtMs = Infinity;
    this.withdrawsLeft = 0;
    this.seekAtMs = Infinity;
    this.betterSinceMs = undefined;
    this.slightlySinceMs = undefined;
    this.#digestSequence = -1;
    this.#newest = -1;
    this.#newestMs = -Infinity;
    this.passedSequence = -1;
  }

  /** Takes note that a node is lost, as a neighbor says. The same rumor again does not last longer. */
  hear(name: NodeName, nowMs: number): void {
    const known = this.rumor?.name === name && nowMs < this.rumor.untilMs;
    if (!known) this.rumor = { name, untilMs: nowMs + RUMOR_MS };
  }

  /** Takes note that a node is lost, as this node found: its way led through it. */
  blame(name: NodeName, nowMs: number): void {
    this.rumor = { name, untilMs: nowMs + RUMOR_MS };
    this.#blamedMs = nowMs;
  }

  /** Whether the rumor began here, so that this node has to look for other ways. */
  get blames(): boolean {
    return this.rumor !== undefined && this.rumor.untilMs === this.#blamedMs + RUMOR_MS;
  }

  /** When the rumor dies; Infinity when there is none. */
  rumorEndMs(nowMs: number): number {
    return this.rumor !== undefined && nowMs < this.rumor.untilMs ? this.rumor.untilMs : Infinity;
  }

  /** Who is said to be lost, as messages carry it. */
  lostAt(nowMs: number): { readonly lost?: NodeName } {
    const { rumor } = this;
    return rumor !== undefined && nowMs < rumor.untilMs ? { lost: rumor.name } : {};
  }

  /** Whether this path leads through a node that is said to be lost. */
  isDoubtful(path: readonly NodeName[], nowMs: number): boolean {
    const { rumor } = this;
    return rumor !== undefined && nowMs < rumor.untilMs && path.includes(rumor.name);
  }

  /** Whether a message from a neighbor is the newest so far about this origin; takes note of it. */
  inOrder(from: NodeName, instance: number, seq: number, nowMs: number): boolean {
    const last = this.#last.get(from);
    const overtaken = last !== undefined && last.instance === instance && seq < last.seq &&
      last.seq - seq < OVERTAKEN_SEQS && nowMs - last.atMs < OVERTAKEN_MS;
    if (overtaken || (last !== undefined && instance < last.instance)) return false;
    this.#last.set(from, { instance, seq, atMs: nowMs });
    return true;
  }

  /** Forgets a neighbor's numbers with the neighbor. */
  forgetOrder(from: NodeName): void {
    this.#last.delete(from);
  }

  /** Neighbors whose numbers are remembered. */
  get senders(): number {
    return this.#last.size;
  }

  /** Whether this neighbor's numbers are remembered. */
  knows(from: NodeName): boolean {
    return this.#last.has(from);
  }

  /** Takes a neighbor's announcement. */
  learn(from: NodeName, instance: number, body: MessageBody<"BUILDTREE">, nowMs: number): void {
    const { sequence, path, costUs, full, digest } = body;
    if (sequence > this.#newest) {
      this.#newest = sequence;
      this.#newestMs = nowMs;
    }
    const known = this.entries.get(from)?.bornMs;
    const bornMs = sequence === this.#newest ? this.#newestMs : known ?? this.#newestMs;
    this.entries.set(from, { instance, sequence, path, costUs, full, bornMs });
    if (sequence >= this.#digestSequence) {
      this.digest = digest;
      this.#digestSequence = sequence;
    }
  }

  /** Before anything is announced: from now on nobody worse is followed. */
  commit(distance: Distance): void {
    if (this.best === undefined || isBetter(distance, this.best)) {
      this.best = { sequence: distance.sequence, costUs: distance.costUs };
    }
  }

  /** As plain data, for a successor of whatever algorithm. */
  snapshot(nowMs: number): OriginSnapshot {
    return {
      origin: this.origin,
      epoch: this.epoch,
      digest: this.digest,
      feasibility: this.best,
      parent: this.parent,
      announced: this.advertised,
      offers: [...this.entries].map(([from, entry]) => {
        const { instance, sequence, costUs, path, full, bornMs } = entry;
        return { from, instance, sequence, costUs, path, full, ageMs: nowMs - bornMs };
      }),
      heard: [...this.#last].map(([from, { instance, seq }]) => ({ from, instance, seq })),
    };
  }

  /** Continues a predecessor's knowledge of one origin; what it has announced stays binding. */
  static adopt(from: OriginSnapshot, nowMs: number): OriginState {
    const state = new OriginState(from.origin, from.epoch, nowMs);
    state.digest = from.digest;
    state.best = from.feasibility;
    state.parent = from.parent;
    state.advertised = from.announced;
    state.advertisedMs = from.announced === undefined ? -Infinity : nowMs;
    for (const { from: name, ageMs, ...rest } of from.offers) {
      state.entries.set(name, { ...rest, bornMs: nowMs - ageMs });
      if (rest.sequence > state.#newest) {
        [state.#newest, state.#newestMs] = [rest.sequence, nowMs - ageMs];
      }
    }
    state.#digestSequence = state.#newest;
    for (const { from: name, instance, seq } of from.heard) {
      state.#last.set(name, { instance, seq, atMs: nowMs });
    }
    return state;
  }
}
